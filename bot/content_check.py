"""`kinderrechten check`: everything that reviewed content must be, checked at once, with file and line.

Reading levels, completeness, known articles and contacts, enough training questions, no question in two topics, help
in every answer where somebody may be unsafe, a rule for every intent.
"""
from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path
from statistics import mean

import yaml

from bot.knowledge.library import Knowledge, read_knowledge
from bot.knowledge.model import AUDIENCES, Topic
from bot.knowledge.readability import measure
from bot.knowledge.yaml_files import Problem, YamlFile
from bot.nlu_data import NLU_DIR, read_questions, same
from bot.settings import ROOT

# The reading levels that we promise (Flesch-Douma, higher is easier).
FLOOR = {"kind": 65.0, "ouder": 45.0}
AVERAGE = {"kind": 75.0, "ouder": 60.0}
WORDS_PER_SENTENCE = {"kind": 12.0, "ouder": 16.0}
MIN_QUESTIONS = {"topic": 40, "other": 20}
# Only emergency numbers may stand inside a text; every other number stands on a contact, where it can be switched off.
_PHONE_IN_TEXT = re.compile(r"\b0[89]00[- ]?\d{2,}|\b0\d{2,3}[- ]\d{6,7}\b|\b0\d{9}\b")
_MARKUP = re.compile(r"<[a-z/]|\*\*|\]\(|https?://")
# Such words promise an outcome.
_PROMISE = re.compile(r"\b(wij beloven|ik beloof|gegarandeerd|komt (?:zeker|vast) goed|blijft altijd geheim)\b", re.IGNORECASE)


class ContentCheck:
    """One run of the check over a project's content."""

    def __init__(self, root: Path = ROOT):
        self.root = root
        self.knowledge: Knowledge
        self.knowledge, problems = read_knowledge(root / "data" / "knowledge")
        self.problems: list[Problem] = list(problems)
        self._files: dict[str, YamlFile] = {}

    def _complain(self, file: str, path: tuple, what: str) -> None:
        if file not in self._files:
            self._files[file] = YamlFile(self.root / file, self.root)
        self.problems.append(Problem(file, self._files[file].line_of(path), what))

    @staticmethod
    def _file(topic: Topic) -> str:
        return f"data/knowledge/topics/{topic.theme}/{topic.topic}.yml"

    def answers(self) -> None:
        """Reading level, help, phone numbers and promises of every answer."""
        scores: dict[str, list[float]] = defaultdict(list)
        for topic in self.knowledge.topics.values():
            file = self._file(topic)
            for audience in AUDIENCES:
                shown = topic.shown_texts(audience)
                for name, text in shown.items():
                    path = (audience, name) if name in ("text", "simple", "more", "steps") else (
                        {"gives": ("articles",), "by_age": ("by_age",)}.get(name, ("law",)))
                    level = measure(text)
                    scores[audience].append(level.score)
                    if level.score < FLOOR[audience]:
                        self._complain(file, path, f"{audience}.{name}: reading level {level.score:.0f}, at least "
                                                   f"{FLOOR[audience]:.0f} is needed")
                    if _PHONE_IN_TEXT.search(text):
                        self._complain(file, path, f"{audience}.{name}: a phone number stands in the text; put it on "
                                                   "a contact")
                    if _MARKUP.search(text):
                        self._complain(file, path, f"{audience}.{name}: texts are plain, without markup or addresses")
                    if _PROMISE.search(text):
                        self._complain(file, path, f"{audience}.{name}: a text promises nothing")
                whole = measure("\n\n".join(shown.values()))
                if whole.words_per_sentence > WORDS_PER_SENTENCE[audience]:
                    self._complain(file, (audience,), f"{audience}: {whole.words_per_sentence:.1f} words a sentence, at "
                                                      f"most {WORDS_PER_SENTENCE[audience]:.0f}")
                self._help(topic, audience, file)
        for audience, found in scores.items():
            if found and mean(found) < AVERAGE[audience]:
                self.problems.append(Problem("data/knowledge/topics", 0, f"the texts for '{audience}' average "
                                     f"{mean(found):.0f}, at least {AVERAGE[audience]:.0f} is needed"))
        self.scores = {audience: mean(found) for audience, found in scores.items() if found}

    def _help(self, topic: Topic, audience: str, file: str) -> None:
        reachable = [c for c in topic.contacts.of(audience) if c in self.knowledge.contacts
                     and (self.knowledge.contacts[c].tel or self.knowledge.contacts[c].chat)]
        any_way = [c for c in topic.contacts.of(audience) if c in self.knowledge.contacts
                   and self.knowledge.contacts[c].reachable]
        if (topic.urgency != "none" or topic.deadline) and not reachable:
            self._complain(file, ("contacts", audience), f"urgency '{topic.urgency}' or a deadline needs a contact that can be called "
                                                         "or chatted with")
        elif not any_way:
            self._complain(file, ("contacts", audience), "no contact can be reached")
        texts = topic.texts(audience)
        if topic.urgency != "none" and audience == "kind" and not re.search(
                r"\b11[23]\b", " ".join([texts.text, texts.simple, *texts.steps])):
            self._complain(file, (audience, "text"), f"urgency '{topic.urgency}': the child is not told to call 112 (or 113)")

    def catalogue(self) -> None:
        """Every topic is an intent with a rule, and the other way round."""
        domain = YamlFile(self.root / "domain.yml", self.root)
        self.problems += domain.problems
        intents = set((domain.data or {}).get("intents") or [])
        ruled: Counter[str] = Counter()
        for path in sorted((self.root / "data" / "stories").glob("*.yml")):
            for rule in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("rules") or []:
                ruled.update(step["intent"] for step in rule["steps"] if "intent" in step)
        for name in self.knowledge.topics:
            if name not in intents:
                domain.complain(("intents",), f"the topic '{name}' is not among the intents")
        for name in sorted(intents):
            if ruled[name] != 1:
                domain.complain(("intents",), f"the intent '{name}' has {ruled[name]} rules in data/stories, not one")
            is_topic = not name.startswith(("gesprek_", "thema_")) and name not in ("buiten_bereik", "sos")
            if is_topic and name not in self.knowledge.topics:
                domain.complain(("intents",), f"the intent '{name}' has no answer in data/knowledge/topics")
        for name, response in ((domain.data or {}).get("responses") or {}).items():
            for index, variant in enumerate(response):
                audience = "ouder" if variant.get("condition") else "kind"
                score = measure(variant.get("text", "")).score
                if score < FLOOR[audience]:
                    domain.complain(("responses", name, index), f"{name}: reading level {score:.0f}")
        self.problems += [p for p in domain.problems if p not in self.problems]
        self.intents = intents

    def ages(self) -> None:
        """Each row of `by_age` names the age that it is about, and is easy by itself."""
        for topic in self.knowledge.topics.values():
            for index, row in enumerate(topic.by_age):
                for audience in AUDIENCES:
                    text = row.of(audience)
                    path = ("by_age", index, audience)
                    if measure(text).score < FLOOR[audience]:
                        self._complain(self._file(topic), path, f"by_age: reading level {measure(text).score:.0f}")
                    if not re.search(r"\b(1\d|2[0-3])(e|\b)", text):
                        self._complain(self._file(topic), path, "by_age: the text does not say which age it is about")

    def languages(self) -> None:
        """Every language has its sentences, and names contacts that exist."""
        for code, language in self.knowledge.languages.items():
            for audience in AUDIENCES:
                for contact in language.contacts.of(audience):
                    if contact not in self.knowledge.contacts:
                        self._complain("data/knowledge/languages.yml", ("languages",), f"{code}: no contact '{contact}'")
                    elif audience not in self.knowledge.contacts[contact].for_whom:
                        self._complain("data/knowledge/languages.yml", ("languages",),
                                       f"{code}: '{contact}' is not for '{audience}'")

    def phrases(self) -> None:
        """The reading level of the small texts and the articles."""
        for name, phrase in self.knowledge.phrases.items():
            for audience in AUDIENCES:
                if name.startswith("gesprek_"):
                    continue
                score = measure(phrase.of(audience)).score
                if score < FLOOR[audience]:
                    self._complain("data/knowledge/phrases.yml", ("phrases", name),
                                   f"{name}.{audience}: reading level {score:.0f}")
        for index, article in enumerate(self.knowledge.articles.values()):
            if measure(article.child).score < FLOOR["kind"]:
                self._complain("data/knowledge/articles.yml", ("articles", index, "child"),
                               f"{article.ref}: reading level {measure(article.child).score:.0f}")
        expected = [f"IVRK {n}" for n in range(1, 55)] + ["IVRK OPSC", "IVRK OPAC", "IVRK OP3", "IVRK GC25"]
        for ref in expected:
            if ref not in self.knowledge.articles:
                self.problems.append(Problem("data/knowledge/articles.yml", 0, f"'{ref}' is missing"))

    def questions(self) -> None:
        """Enough training questions, none in two topics, none twice."""
        questions = read_questions(self.root / "data" / "nlu")
        self.question_count = len(questions)
        counts = Counter(q.intent for q in questions)
        first: dict[str, tuple[str, str, int]] = {}
        for q in questions:
            if q.intent not in self.intents:
                self.problems.append(Problem(q.file, q.line, f"the intent '{q.intent}' is not in domain.yml"))
            if Path(q.file).stem != q.intent:
                self.problems.append(Problem(q.file, q.line, f"a question of '{q.intent}' stands in another topic's file"))
            before = first.setdefault(same(q.text), (q.intent, q.file, q.line))
            if before[1:] != (q.file, q.line):
                where = f"{before[1]}:{before[2]}"
                what = "stands twice, see" if before[0] == q.intent else "also stands in another topic, at"
                self.problems.append(Problem(q.file, q.line, f"this question {what} {where}"))
        for name in sorted(self.intents - {"nlu_fallback", "sos"}):
            least = MIN_QUESTIONS["topic" if name in self.knowledge.topics else "other"]
            if counts[name] < least:
                self.problems.append(Problem(f"{NLU_DIR.relative_to(ROOT)}", 0,
                                             f"'{name}' has {counts[name]} training questions, at least {least} are needed"))


def check_all(root: Path = ROOT) -> tuple[list[Problem], str]:
    """All problems, sorted by file and line, and one line that sums up what was checked."""
    check = ContentCheck(root)
    check.answers()
    check.catalogue()
    check.phrases()
    check.ages()
    check.languages()
    check.questions()
    levels = ", ".join(f"{audience} {score:.0f}" for audience, score in check.scores.items())
    summary = (f"Checked {len(check.knowledge.topics)} topics, {len(check.knowledge.articles)} articles, "
               f"{len(check.knowledge.contacts)} contacts and {check.question_count} training questions. "
               f"Average reading level (Flesch-Douma): {levels}.")
    return sorted(set(check.problems)), summary
