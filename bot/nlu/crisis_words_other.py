"""Danger in another language: clear sentences only, so that help comes first there too.

The phrases are data: `data/lexicon/crisis_other_languages.yml`. They are looked for in every message, whatever the
language detector says: a short cry for help is the last thing that should depend on it. Nothing typed is kept.
"""
from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from bot.nlu.crisis_rules import TOPICS, CrisisFinding
from bot.nlu.language import fold
from bot.nlu.normalise import clean
from bot.settings import ROOT

OTHER_LANGUAGES_FILE = ROOT / "data" / "lexicon" / "crisis_other_languages.yml"
# How many words before a phrase a "not" may stand.
_NOT_REACH = 2


def _folded(text: str) -> str:
    """`text` folded, with signs as spaces and one space on each side."""
    text = unicodedata.normalize("NFKC", clean(text).replace("\u200c", " "))
    return " " + re.sub(r"[^\w']+", " ", fold(text)).strip() + " "


def _pattern(phrase: str) -> str:
    """A phrase of the file as a regular expression on folded text; linear, since each gap is bounded."""
    parts = []
    for part in phrase.split(" .. "):
        words = [re.escape(_folded(word.rstrip("*")).strip()) + (r"\w*" if word.endswith("*") else "")
                 for word in part.split()]
        parts.append(" ".join(words))
    return " (?:[^ ]+ ){0,4}?".join(parts)


@dataclass(frozen=True)
class _Language:
    """The compiled phrases of one language: (topic, level, expression, the words that its phrases begin with).

    Where a phrase begins with part of a word there are no such words: the expression is always tried.
    """

    phrases: tuple[tuple[str, str, re.Pattern, frozenset[str]], ...]
    not_before: re.Pattern | None
    story: re.Pattern | None


def _begins(phrases: list[str]) -> frozenset[str]:
    first = [str(phrase).split()[0] for phrase in phrases]
    if any(word.endswith("*") for word in first):
        return frozenset()
    # A sign inside a word ("can't") may part it.
    return frozenset(_folded(word).split()[0] for word in first)


def _any(phrases: list[str]) -> re.Pattern | None:
    return re.compile(" (?:" + "|".join(_pattern(str(p)) for p in phrases) + ")(?= )") if phrases else None


@lru_cache(maxsize=1)
def _languages(path: Path = OTHER_LANGUAGES_FILE) -> tuple[_Language, ...]:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = []
    for rows in data.values():
        phrases = [(topic, level, expression, _begins(rows[topic][level])) for topic in TOPICS for level in ("sure", "maybe")
                   if (expression := _any(rows.get(topic, {}).get(level) or []))]
        not_before = rows.get("not") and re.compile(
            " (?:" + "|".join(_pattern(str(word)) for word in rows["not"]) + f") (?:[^ ]+ ){{0,{_NOT_REACH - 1}}}$")
        found.append(_Language(tuple(phrases), not_before or None, _any(rows.get("story") or [])))
    return tuple(found)


def find_other(text: str) -> CrisisFinding:
    """What the phrases find in `text`: the first sure one, else the first maybe, else nothing."""
    folded = _folded(text)
    words = set(folded.split())
    maybe = CrisisFinding()
    for language in _languages():
        for topic, level, expression, begins in language.phrases:
            if begins and begins.isdisjoint(words):
                continue
            match = expression.search(folded)
            if not match:
                continue
            if language.not_before and language.not_before.search(folded[:match.start() + 1]):
                continue
            found = match.group(0).split()
            if language.story and language.story.search(folded):
                return CrisisFinding(words=found, excused=True)
            if level == "sure":
                return CrisisFinding(level, topic, found)
            if maybe.level is None:
                maybe = CrisisFinding(level, topic, found)
    return maybe
