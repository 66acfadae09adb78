"""Which language a message is in, when it is surely not Dutch.

Other alphabets are recognised by their letters. For the Latin alphabet, small words and a few everyday words of each
language (spaCy's lists of stop words and `data/lexicon/languages.yml`) are counted against Dutch ones. Made for short
messages, and to leave Dutch alone: typing mistakes, street language, Flemish, a foreign word in a Dutch sentence.
Measured against lingua and py3langid in docs/adr/0006-languages.md. Nothing typed is kept.
"""
from __future__ import annotations

import importlib
import re
import unicodedata
from functools import lru_cache
from pathlib import Path

import yaml

from bot.nlu.dutch_text import dutch
from bot.nlu.normalise import clean
from bot.settings import ROOT

LANGUAGES_FILE = ROOT / "data" / "lexicon" / "languages.yml"

# The languages with a sentence of their own; "other" is anything else that is surely not Dutch.
LANGUAGES = ("en", "tr", "ar", "uk", "pl", "fa", "ti", "so", "other")
# spaCy's stop words that are used, by the language they count for. It has none for Somali.
_STOP_WORDS = {"en": ("en",), "tr": ("tr",), "pl": ("pl",), "other": ("fr", "de", "es", "pt", "it", "ro", "hu")}

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_FOLD = str.maketrans({"ł": "l", "ı": "i", "đ": "d", "ø": "o", "ß": "ss", "’": "'"})

_ARABIC = re.compile("[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_ETHIOPIC = re.compile("[\u1200-\u139f\u2d80-\u2ddf]")
_LATIN = re.compile("[A-Za-z\u00aa-\u024f\u1e00-\u1eff]")

# Letters and small words that tell languages of one alphabet apart.
_PERSIAN = re.compile(r"[پچژگ]|[\u06cc\u06a9]"
                      r"|\b(?:من|ما|را|است|که|از|این|برای|هستم|می|نمی|آیا|خانه|چه|به|در|شده|شد|بود|کرد|دارم|هم|با)\b")
_URDU_PASHTO_KURDISH = re.compile("[ٹڈڑےںټډړښېځڅڼۆێڕڵە]")
_ARABIC_ONLY = re.compile(r"[ةىيكأإئؤ]|\b(?:في|من|على|هل|ما|لا|أنا|انا|هذا|ماذا|ابي|امي)\b")
_UKRAINIAN = re.compile("[іїєґІЇЄҐ]")
_NOT_UKRAINIAN = re.compile("[ыэёъўЫЭЁЪЎђјљњћџЂЈЉЊЋЏѓќ]")
# Words that only one of the two neighbours has; Russian verbs end in a hard t.
_UKRAINIAN_WORDS = frozenset((
    "та", "що", "як", "чи", "де", "але", "мене", "мені", "мій", "моє", "мого", "ми", "вони", "вона", "тато", "тата",
    "тату", "мамо", "можна", "треба", "потрібен", "потрібна", "буде", "ласка", "допоможіть", "дуже", "сьогодні",
    "дому", "вдома", "школи", "був", "робити", "забрали", "скільки", "чоловік"))
_RUSSIAN_WORDS = frozenset((
    "что", "как", "меня", "мне", "мой", "моё", "мы", "вы", "они", "она", "папа", "можно", "могу", "нужно", "нужен",
    "хочет", "пожалуйста", "помогите", "очень", "сегодня", "дома", "школе", "был", "и", "или", "где", "если", "его",
    "с"))
_UKRAINIAN_VERB = re.compile(r"\w{2}ти\b")
_RUSSIAN_VERB = re.compile(r"\w(?:ет|ит|ют|ят|ут)\b")
_AMHARIC = re.compile("[አኝጭሽቸ]|ነው|አለ|ውስጥ|እኔ")
_TIGRINYA = re.compile("[ኣቐቑቒቓቕኸኹኺኻኽ]|እዩ|እየ|ካብ|ናብ|ዶ|ኣብ|ድዩ|ኢና|የለን|ክኸ")


def fold(word: str) -> str:
    """`word` in lower case without accents, as people type on a phone."""
    if word.isascii():
        return word.lower()
    word = word.lower().translate(_FOLD)
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


class Words:
    """The word lists, compiled once."""

    def __init__(self, path: Path = LANGUAGES_FILE) -> None:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        from spacy.lang.nl.stop_words import STOP_WORDS

        # Forms and lemmas of Dutch, from spaCy's lookup table.
        self._forms = dutch().get_pipe("lemmatizer").lookups.get_table("lemma_lookup")
        self._lemmas = frozenset(self._forms.values())
        self.neutral = {fold(str(w)) for w in data["neutral"]}
        self.dutch = ({fold(str(w)) for w in data["dutch"]} | {fold(w) for w in STOP_WORDS}) - {"i"}
        self.words: dict[str, set[str]] = {}
        for code, own in data["words"].items():
            listed = {fold(part) for phrase in own for part in str(phrase).split()}
            for source in _STOP_WORDS.get(code, ()):
                stop = importlib.import_module(f"spacy.lang.{source}.stop_words").STOP_WORDS
                listed |= {w for w in map(fold, stop) if len(w) > 1 and not self.is_dutch(w)}
            self.words[code] = listed - self.neutral - self.dutch
        self._codes: dict[str, list[str]] = {}
        for code, own in self.words.items():
            for word in own:
                self._codes.setdefault(word, []).append(code)
        self.endings = {code: tuple(ends) for code, ends in data["endings"].items() if ends}
        # Letters that Dutch has not, so none of ASCII.
        self.letters = {code: frozenset(letters) for code, letters in data["letters"].items()}

    def is_dutch(self, word: str) -> bool:
        return word in self.dutch or word in self._forms or word in self._lemmas

    def signs(self, typed: str, word: str, known: bool) -> dict[str, float]:
        """How much one word speaks for each language; `known`: it is a Dutch word."""
        found = dict.fromkeys(self._codes.get(word, ()), 1.0)
        if not typed.isascii():
            found |= {code: 1.0 for code, letters in self.letters.items() if not letters.isdisjoint(typed)}
        if known or word in self.neutral:
            return found
        if len(word) >= 5:
            # A long ending is a whole verb form ("-iyorum"): as good as two words.
            found |= {code: 2.0 if len(word) >= 7 and any(len(end) >= 4 and word.endswith(end) for end in ends) else 1.0
                      for code, ends in self.endings.items() if word.endswith(ends)}
        if len(word) >= 3 and (re.search(r"q(?!u)", word) or re.match(r"x[aeiou]", word)):
            found["so"] = max(1.0, found.get("so", 0.0))
        return found


@lru_cache(maxsize=1)
def _words() -> Words:
    return Words()


def _other_alphabet(text: str, letters: int) -> str | None:
    """The language of a text that is mostly in another alphabet, or None."""
    for alphabet, tell in ((_ARABIC, _arabic), (_CYRILLIC, _cyrillic), (_ETHIOPIC, _ethiopic)):
        count = len(alphabet.findall(text))
        if count >= 3 and count * 2 > letters:
            return tell(text)
    foreign = sum(1 for c in text if c.isalpha() and not _LATIN.match(c))
    return "other" if foreign >= 2 and foreign * 2 > letters else None


def _arabic(text: str) -> str:
    if len(_URDU_PASHTO_KURDISH.findall(text)) >= 1:
        return "other"
    return "fa" if len(_PERSIAN.findall(text)) > len(_ARABIC_ONLY.findall(text)) else "ar"


def _cyrillic(text: str) -> str:
    words = [w.lower() for w in _WORD.findall(text)]
    ukrainian = (2 * len(_UKRAINIAN.findall(text)) + sum(w in _UKRAINIAN_WORDS for w in words)
                 + len(_UKRAINIAN_VERB.findall(text)))
    other = (2 * len(_NOT_UKRAINIAN.findall(text)) + sum(w in _RUSSIAN_WORDS for w in words)
             + len(_RUSSIAN_VERB.findall(text)))
    return "uk" if ukrainian > other else "other"


def _ethiopic(text: str) -> str:
    return "other" if len(_AMHARIC.findall(text)) > len(_TIGRINYA.findall(text)) else "ti"


def language_of(text: str) -> str | None:
    """The language of `text` as one of LANGUAGES, or None for Dutch and whenever it is not sure.

    Words of the Latin alphabet must be at least two, and clearly outweigh the Dutch ones.
    """
    text = clean(text)
    letters = 0 if text.isascii() else sum(c.isalpha() for c in text)
    if letters >= 2 and letters > len(_LATIN.findall(text)):
        found = _other_alphabet(text, letters)
        if found:
            return found
    return _latin(_WORD.findall(text.lower()))


def _latin(typed: list[str]) -> str | None:
    if len(typed) < 2:
        return None
    lists = _words()
    counts: dict[str, float] = {}
    dutch_words = unknown = 0.0
    hits: set[str] = set()
    for original in typed:
        word = fold(original)
        if len(word) < 2:
            continue
        known = lists.is_dutch(word)
        signs = lists.signs(original, word, known)
        if signs:
            # The same word again adds nothing.
            for code, weight in signs.items() if word not in hits else ():
                counts[code] = counts.get(code, 0.0) + weight
            hits.add(word)
        elif word in lists.neutral:
            continue
        elif word in lists.dutch:
            dutch_words += 1.0
        elif known:
            dutch_words += 0.6
        else:
            unknown += 1.0
    if not counts:
        return None
    # A language of ours wins from "other" when they are level: its list is shorter.
    best = max(counts, key=lambda code: (counts[code], code != "other"))
    score = counts[best]
    if score < 2 or score <= 1.6 * dutch_words:
        return None
    return best if score >= 0.34 * (score + dutch_words + unknown) else None
