"""Rules that recognise a person in danger on normalised Dutch text: made to miss as little as possible.

The words and patterns are data: `data/lexicon/crisis.yml`, which volunteers can read. spaCy's `PhraseMatcher` finds
the words and fixed phrases in one pass; a pattern is then a row of steps ("WIL ..4 DOOD": a word of WIL, at most four
other words, a word of DOOD, in one sentence). The rows are walked from left to right with a set of positions, so the
time is linear in the text. spaCy's `Matcher` was not used for the gaps: it keeps a state for each way to fill an
optional token, which doubles with every token of a gap.

Exceptions ("not", long ago, an idiom, a film, a school project) take a match back; a sign of now beside it keeps it.
"""
from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import AbstractSet, Iterable, Iterator

import yaml
from rapidfuzz import process
from rapidfuzz.distance import OSA
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc

from bot.nlu.dutch_text import dutch
from bot.nlu.normalise import written_dutch
from bot.settings import ROOT

CRISIS_FILE = ROOT / "data" / "lexicon" / "crisis.yml"

TOPICS = ("crisis_suicide", "crisis_gevaar", "crisis_weggelopen")
_UNKNOWN = "_"
_SENTENCE_END = frozenset(".?!…")
_CLAUSE_END = frozenset(",;:-–—()")
# Key words this long may have one wrong letter; shorter ones are too close to other words ("dood", "door").
_FUZZY_LENGTH = 6
_SPLIT_LENGTH, _SPLIT_MAX = 7, 40

# What a sentence that is typed without spaces begins with; other compounds are ordinary Dutch ("asielzoeker").
_GLUED = frozenset({"ik", "help", "hij", "ze", "zij", "wil", "niet", "geen", "er", "stop"})

_SOS = re.compile(r"(?<!\w)s\W{0,3}o\W{0,3}s(?!\w)(?!\W{0,2}(?:kinderdorp|piet|tasje|sleutelhanger))")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class CrisisFinding:
    """What the rules found. `words` are shown to a volunteer, never to the person who typed them.

    Attributes:
        level: "sure", "maybe" or None.
        topic: the crisis topic, where the rule knows it.
        excused: past, idiom, film, homework: it looks like a crisis and is none.
        sos: the safe word was typed.
    """

    level: str | None = None
    topic: str | None = None
    words: list[str] = field(default_factory=list)
    excused: bool = False
    sos: bool = False


@dataclass(frozen=True)
class Step:
    """One place in a row: a word of one of `groups`, after at most `gap` other words."""

    groups: frozenset[str]
    gap: int


@dataclass(frozen=True)
class Pattern:
    """One pattern or exception of the data file; `rows` are alternatives."""

    name: str
    kind: str
    rows: tuple[tuple[Step, ...], ...]
    topic: str | None = None
    level: str | None = None
    also: tuple[frozenset[str], ...] = ()
    unless: frozenset[str] = frozenset()
    not_between: frozenset[str] = frozenset()
    one_clause: bool = False
    negation: bool = True
    match: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()


class PatternIndex:
    """Patterns in order, found by the groups of words that their rows begin with: most begin with words that a message
    does not have.
    """

    def __init__(self, patterns: list[Pattern]) -> None:
        self._patterns = patterns
        # First group of a row → (number of the pattern, of the row, groups of which one each must be there as well).
        self._begins: dict[str, list[tuple[int, int, tuple[frozenset[str], ...]]]] = {}
        for number, pattern in enumerate(patterns):
            for place, row in enumerate(pattern.rows):
                needs = (*(step.groups for step in row[1:]), *pattern.also)
                for group in row[0].groups:
                    self._begins.setdefault(group, []).append((number, place, needs))

    def __iter__(self) -> Iterator[Pattern]:
        return iter(self._patterns)

    def possible(self, present: AbstractSet[str]) -> Iterator[tuple[Pattern, list[tuple[Step, ...]]]]:
        """The patterns with a row for all of whose steps a group is `present`, and these rows; both in the file's order."""
        found = set()
        for group in present:
            for number, place, needs in self._begins.get(group, ()):
                for groups in needs:
                    if groups.isdisjoint(present):
                        break
                else:
                    found.add((number, place))
        for number, places in groupby(sorted(found), key=itemgetter(0)):
            pattern = self._patterns[number]
            if pattern.unless.isdisjoint(present):
                yield pattern, [pattern.rows[place] for _, place in places]


@dataclass(frozen=True)
class Match:
    """A pattern found: the spans (first word, word after the last) of its steps."""

    pattern: Pattern
    spans: tuple[tuple[int, int], ...]

    @property
    def start(self) -> int:
        return self.spans[0][0]

    @property
    def end(self) -> int:
        return self.spans[-1][1]

    def places(self) -> set[int]:
        """The words its steps stand on."""
        return {place for start, end in self.spans for place in range(start, end)}


@dataclass
class Message:
    """A message as the rules see it: its words, their sentence and clause, and where each group of words occurs."""

    words: list[str]
    shown: list[str]
    sentences: list[int]
    clauses: list[int]
    found: dict[str, dict[int, list[int]]] = field(default_factory=dict)
    _places: dict[str, frozenset[int]] = field(default_factory=dict)

    def places(self, group: str) -> frozenset[int]:
        """All words that belong to an occurrence of `group`; `found` is complete by then."""
        if group not in self._places:
            self._places[group] = frozenset(
                place for start, ends in self.found.get(group, {}).items() for place in range(start, max(ends)))
        return self._places[group]

    def has(self, groups: Iterable[str], outside: AbstractSet[int] = frozenset()) -> bool:
        """Whether one of `groups` occurs, with a word that is not in `outside`."""
        return any(not self.places(group) <= outside for group in groups if group in self.found)


def fold(word: str) -> str:
    """The sound of a word as children spell it: "doot" and "dood", "klom" and "klomm", "vegten" and "vechten"."""
    word = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    for typed, sound in (("ij", "ei"), ("y", "ei"), ("sch", "sg"), ("ch", "g"), ("ck", "k"), ("ph", "f"), ("tie", "sie"),
                         ("dt", "t"), ("d", "t"), ("z", "s"), ("v", "f"), ("ou", "au"), ("c", "k"), ("x", "ks"), ("b", "p")):
        word = word.replace(typed, sound)
    single = "".join(c for i, c in enumerate(word) if i == 0 or c != word[i - 1])
    return single[:-1] if single.endswith("en") and len(single) > 4 else single


class Lexicon:
    """The data file, compiled once: groups of words for spaCy's PhraseMatcher, patterns as rows of steps."""

    def __init__(self, path: Path = CRISIS_FILE) -> None:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        self._raw: dict[str, list[str]] = data["words"]
        self.phrases: dict[str, set[tuple[str, ...]]] = {}
        for group in self._raw:
            self.phrases[group] = self._phrases_of(group, ())
        self.patterns = PatternIndex([self._pattern(entry, "crisis") for entry in data["patterns"]])
        self.excuses = PatternIndex([self._pattern(entry, entry["kind"]) for entry in data["exceptions"]])
        self.vocabulary = {word for phrases in self.phrases.values() for phrase in phrases for word in phrase}
        self._misspelt = sorted({word for text in data["misspelt"] for phrase in _written_phrases(text)
                                 for word in phrase if len(word) >= _FUZZY_LENGTH} & self.vocabulary)
        self._folded: dict[str, str] = {}
        for word in sorted(self.vocabulary):
            if len(word) >= 4:
                self._folded.setdefault(fold(word), word)
        self._known_lemmas = dutch().get_pipe("lemmatizer").lookups.get_table("lemma_lookup")
        self._lemmas = frozenset(self._known_lemmas.values())
        self.matcher = PhraseMatcher(dutch().vocab, attr="ORTH")
        for group, phrases in self.phrases.items():
            self.matcher.add(group, [Doc(dutch().vocab, words=list(phrase)) for phrase in sorted(phrases)])
        self.names = {dutch().vocab.strings[group]: group for group in self.phrases}

    def _phrases_of(self, group: str, seen: tuple[str, ...]) -> set[tuple[str, ...]]:
        """The phrases of a group; a name in capitals in its list stands for that group's phrases."""
        if group in seen:
            raise ValueError(f"crisis.yml: {group} contains itself")
        phrases: set[tuple[str, ...]] = set()
        for entry in self._raw[group]:
            entry = str(entry)
            if entry in self._raw and entry.isupper():
                phrases |= self._phrases_of(entry, (*seen, group))
            else:
                phrases |= _written_phrases(entry)
        return phrases

    def _groups(self, text: str) -> frozenset[str]:
        """The groups "WIL|HOOP|graag" stands for; a word that is no group's name becomes a group of itself."""
        groups = set()
        for name in text.split("|"):
            if name not in self._raw:
                if name.isupper() and len(name) > 2:
                    raise ValueError(f"crisis.yml: there is no group {name}")
                self.phrases.setdefault(name, _written_phrases(name))
            groups.add(name)
        return frozenset(groups)

    def _row(self, text: str) -> tuple[Step, ...]:
        """"WIL ..4 DOOD" as steps."""
        steps: list[Step] = []
        gap = 0
        for part in text.split():
            if part.startswith(".."):
                gap = int(part[2:])
            else:
                steps.append(Step(self._groups(part), gap))
                gap = 0
        return tuple(steps)

    def _pattern(self, entry: dict, kind: str) -> Pattern:
        rows = [self._row(str(text)) for text in entry["say"]]
        return Pattern(
            name=entry["name"], kind=kind, rows=tuple(rows), topic=entry.get("topic"), level=entry.get("level"),
            also=tuple(self._groups(text) for text in entry.get("also", [])),
            unless=frozenset().union(*(self._groups(text) for text in entry.get("unless", []))),
            not_between=frozenset().union(*(self._groups(text) for text in entry.get("not_between", []))),
            one_clause=entry.get("one_clause", False), negation=entry.get("negation", True),
            match=tuple(entry.get("match", [])), leave=tuple(entry.get("leave", [])))

    def _is_dutch(self, word: str) -> bool:
        return word in self._known_lemmas or word in self._lemmas

    def correct(self, word: str) -> list[str]:
        """The lexicon's word(s) that `word` is, or a blank for a word that no rule knows. Nothing typed is kept."""
        if word in self.vocabulary:
            return [word]
        if len(word) < 4 or _DIGIT.search(word) or self._is_dutch(word):
            return [_UNKNOWN]
        folded = self._folded.get(fold(word))
        if folded:
            return [folded]
        if len(word) >= _FUZZY_LENGTH:
            near = process.extractOne(word, self._misspelt, scorer=OSA.distance, score_cutoff=1)
            if near:
                return [near[0]]
        return self._split(word) or [_UNKNOWN]

    def _split(self, word: str) -> list[str]:
        """"ikwildood" as three words, when it is made of the lexicon's words and nothing else."""
        if not _SPLIT_LENGTH <= len(word) <= _SPLIT_MAX:
            return []
        best: list[list[str] | None] = [[]] + [None] * len(word)
        for end in range(2, len(word) + 1):
            for start in range(max(0, end - 16), end - 1):
                piece = word[start:end]
                before = best[start]
                if before is not None and piece in self.vocabulary:
                    if best[end] is None or len(before) + 1 < len(best[end]):
                        best[end] = before + [piece]
        pieces = best[-1] or []
        return pieces if pieces and pieces[0] in _GLUED else []


def _written_phrases(text: str) -> set[tuple[str, ...]]:
    """A phrase of the data file as it looks after normalisation; "weggelopen" also as "weg gelopen"."""
    words = tuple(_words_of(dutch()(written_dutch(text))))
    if not words:
        words = tuple(text)
    phrases = {words}
    for prefix in ("weg", "dood", "zelf", "vast", "neer"):
        if len(words) == 1 and words[0].startswith(prefix) and len(words[0]) - len(prefix) >= 4:
            phrases.add((prefix, words[0][len(prefix):]))
    return phrases


def _words_of(doc: Doc) -> list[str]:
    return [token.text for token in doc if any(char.isalnum() for char in token.text)]


class CrisisRules:
    """Finds danger in a spaCy document of normalised Dutch."""

    def __init__(self, lexicon: Lexicon | None = None) -> None:
        self.lexicon = lexicon or Lexicon()

    def find(self, doc: Doc) -> CrisisFinding:
        """What the rules find in the message; the same text always gives the same finding."""
        if _SOS.search(doc.text):
            return CrisisFinding("sure", "crisis_gevaar", ["sos"], sos=True)
        message = self._message(doc)
        if not message.found:
            return CrisisFinding()
        matches = self._matches(message, self.lexicon.patterns)
        if not matches:
            return CrisisFinding()
        excuses = self._matches(message, self.lexicon.excuses)
        negated = [match for match in matches if self._negated(message, match)]
        denied = {place for match in negated for place in match.places()}
        void = {id(match) for match in negated}
        # "ik wil niet dood": what is denied takes the weaker patterns on the same words with it.
        kept = [match for match in matches if id(match) not in void
                and not (match.pattern.level == "maybe" and match.places() <= denied)]
        genuine = [match for match in kept if not any(self._excuses(message, match, e) for e in excuses)]
        if genuine:
            return self._finding(message, genuine, excuses)
        return CrisisFinding(words=_shown(message, matches), excused=bool(excuses) or not kept)

    def _message(self, doc: Doc) -> Message:
        message = Message([], [], [], [])
        sentence = clause = 0
        for token in doc:
            text = token.text
            if text.isalnum() or any(char.isalnum() for char in text):
                corrected = self.lexicon.correct(text)
                message.words += corrected
                message.shown += [text] * len(corrected)
            else:
                for char in text:
                    sentence += char in _SENTENCE_END
                    clause += char in _SENTENCE_END or char in _CLAUSE_END
                    if char in self.lexicon.vocabulary:
                        message.words.append(char)
                        message.shown.append(char)
            new = len(message.words) - len(message.sentences)
            message.sentences += [sentence] * new
            clause += text in ("en", "maar", "want", "omdat", "dus")
            message.clauses += [clause] * new
        self._find_words(message)
        return message

    def _find_words(self, message: Message) -> None:
        """Fills `found` with spaCy's PhraseMatcher, in one pass."""
        written = Doc(dutch().vocab, words=message.words)
        for key, start, end in self.lexicon.matcher(written):
            if message.sentences[start] == message.sentences[end - 1]:
                message.found.setdefault(self.lexicon.names[key], {}).setdefault(start, []).append(end)

    def _matches(self, message: Message, patterns: PatternIndex) -> list[Match]:
        matches = []
        for pattern, rows in patterns.possible(set(message.found)):
            found = [Match(pattern, spans) for row in rows for spans in self._walk(message, row, pattern.not_between)]
            if pattern.one_clause:
                found = [m for m in found if message.clauses[m.start] == message.clauses[m.end - 1]]
            matches += [m for m in found if all(message.has(groups, m.places()) for groups in pattern.also)]
        return matches

    @staticmethod
    def _walk(message: Message, row: tuple[Step, ...], not_between: frozenset[str]) -> list[tuple[tuple[int, int], ...]]:
        """The places where `row` occurs. One path is kept for each place where a step can end."""
        first = row[0]
        paths = {end: ((start, end),) for group in first.groups
                 for start, ends in message.found.get(group, {}).items() for end in ends}
        blocked = {place for group in not_between for place in message.places(group)} if not_between else set()
        for step in row[1:]:
            longer: dict[int, tuple[tuple[int, int], ...]] = {}
            for end, path in paths.items():
                for start in range(end, min(end + step.gap + 1, len(message.words))):
                    if message.sentences[start] != message.sentences[end - 1] or (start > end and start - 1 in blocked):
                        break
                    for group in step.groups:
                        for stop in message.found.get(group, {}).get(start, ()):
                            longer[stop] = (*path, (start, stop))
            paths = longer
        return list(paths.values())

    @staticmethod
    def _negated(message: Message, match: Match) -> bool:
        """Whether "not" stands in the match ("ik wil niet dood"), just before it, or ends the sentence after it."""
        if not match.pattern.negation:
            return False
        no = message.places("NEG")
        if not no:
            return False
        own = match.places()
        turned = message.places("MAAR")
        inside = [p for p in range(match.start, match.end) if p in no and p not in own]
        if any(not turned & set(range(place, match.end)) for place in inside):
            return True
        same = message.sentences
        before = match.start - 1
        if before >= 0 and before in no and same[before] == same[match.start] \
                and match.start not in message.places("ONDERWERP"):
            return True
        after = match.end
        last = after + 1 >= len(same) or same[after + 1] != same[match.start]
        return after < len(same) and after in no and same[after] == same[match.start] and last

    @staticmethod
    def _excuses(message: Message, match: Match, excuse: Match) -> bool:
        """Whether the exception takes this match back.

        An idiom takes its own words. What is past is a crisis when something is said of now, or when the match itself
        is in the present tense. A story (film, school, news) does not cover one's own wish, or what happens now, in
        another clause.
        """
        kind = excuse.pattern.kind
        if kind == "idiom":
            return bool(match.places() & excuse.places())
        own = match.places()
        if kind == "past":
            now = (message.places("NU") | message.places("NOG_STEEDS")) - message.places("VOORBIJ") - excuse.places()
            return not now and not own & message.places("TEGENWOORDIG")
        if message.places("ECHT_GEMEEND") - excuse.places():
            return False
        clause = message.clauses[match.start]
        in_clause = {p for p, c in enumerate(message.clauses) if c == clause}
        apart = not in_clause & excuse.places()
        near = set(range(match.start - 3, match.end)) & in_clause
        personal = bool(near & message.places("EIGEN")) and match.pattern.topic != "crisis_gevaar"
        return not (apart and (personal or in_clause & message.places("NU")))

    def _finding(self, message: Message, matches: list[Match], excuses: list[Match]) -> CrisisFinding:
        joke = "GRAP" in message.found and "ECHT_GEMEEND" not in message.found
        levels = {id(m): "maybe" if joke and m.pattern.topic == "crisis_suicide" else m.pattern.level for m in matches}
        level = "sure" if "sure" in levels.values() else "maybe"
        strongest = [m for m in matches if levels[id(m)] == level]
        names = {topic: {m.pattern.name for m in strongest if m.pattern.topic == topic} for topic in TOPICS}
        topic = max(TOPICS, key=lambda name: len(names[name]))
        return CrisisFinding(level, topic, _shown(message, strongest), excused=False)


def _shown(message: Message, matches: list[Match]) -> list[str]:
    """The matched words in the order of the message."""
    places = sorted({place for match in matches for place in match.places()})
    words = [message.shown[place] for place in places]
    return [word for i, word in enumerate(words) if i == 0 or word != words[i - 1]]


@lru_cache(maxsize=1)
def crisis_rules() -> CrisisRules:
    """The shared rules: the data file is read and compiled once."""
    return CrisisRules()
