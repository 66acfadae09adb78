"""Questions that volunteers propose: what they may look like, and which present questions are nearly the same."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import fuzz, process

from bot.nlu_data import read_questions, same
from bot.settings import ROOT

MAX_LENGTH = 1000
# The blind sets' own rule (tests/content): from here on a test question is "nearly" a training question.
TOO_NEAR = 92
NEAR = 80


class QuestionError(ValueError):
    """A question that cannot become data; the message is a Dutch sentence."""


@dataclass(frozen=True)
class Near:
    """A present question that resembles another one. `score` 0 to 100; `where` is training or test."""

    text: str
    topic: str
    where: str
    score: float


def tidy(text: str) -> str:
    """`text` on one line, without signs that cannot be seen."""
    text = "".join(
        " " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c
        for c in text
        if unicodedata.category(c) not in ("Cf", "Cs") or c == "\u200d"
    )
    return " ".join(unicodedata.normalize("NFC", text).split())


def checked(text: str) -> str:
    """`text`, tidied, when it can stand in the training and test files.

    Raises:
        QuestionError: it is empty or too long, or has signs with a meaning of their own in those files.
    """
    text = tidy(text)
    if not any(c.isalnum() for c in text):
        raise QuestionError("De vraag is leeg.")
    if len(text) > MAX_LENGTH:
        raise QuestionError(f"De vraag is langer dan {MAX_LENGTH} tekens.")
    if any(sign in text for sign in "[]{}\\"):
        raise QuestionError(
            "Haal de tekens [ ] { } en \\ uit de vraag: die hebben in de bestanden een eigen betekenis."
        )
    if text[0] in "/#":
        raise QuestionError("Een vraag kan niet met / of # beginnen.")
    return text


class KnownQuestions:
    """All present questions, for looking up what is nearly the same."""

    def __init__(self, root: Path = ROOT):
        self._rows: list[tuple[str, str, str]] = [
            (q.text, q.intent, "training") for q in read_questions(root / "data" / "nlu")
        ]
        for file in sorted((root / "tests" / "nlu").glob("*.tsv")):
            for line in file.read_text(encoding="utf-8").splitlines():
                cells = line.split("\t")
                if len(cells) > 1 and not line.startswith("#"):
                    self._rows.append((cells[0], cells[1], "regression" if file.name == "regression.tsv" else "test"))
        self._keys = [same(text) for text, _, _ in self._rows]

    def near(self, text: str, least: float = NEAR, limit: int = 3) -> list[Near]:
        """The present questions that are most like `text`, likest first."""
        found = process.extract(same(text), self._keys, scorer=fuzz.ratio, score_cutoff=least, limit=limit)
        return [Near(*self._rows[index], score=score) for _, score, index in found]

    def objection(self, text: str, kind: str) -> str | None:
        """Why `text` cannot become a question of this kind, as a Dutch sentence; None when it can.

        A training question may not stand in the training data yet, and no test question may be nearly a training
        question: then the test would measure memory.
        """
        short = len(same(text).split()) <= 3
        for near in self.near(text, TOO_NEAR, 20):
            exact = same(near.text) == same(text)
            if kind == "training" and near.where == "training" and exact:
                return f"Deze vraag staat al bij de oefenvragen, onder {near.topic}."
            if kind == "training" and near.where != "training" and (exact or not short):
                return "Deze vraag lijkt te veel op een testvraag. Dan meet de test niets meer."
            if kind == "regression" and near.where == "training" and (exact or not short):
                return "Deze vraag lijkt te veel op een oefenvraag. Een controlevraag moet nieuw zijn voor het model."
            if kind == "regression" and near.where != "training" and exact:
                return "Deze vraag staat al bij de testvragen."
        return None

    def counts(self) -> dict[str, int]:
        """How many training questions each topic has."""
        counts: dict[str, int] = {}
        for _, topic, where in self._rows:
            if where == "training":
                counts[topic] = counts.get(topic, 0) + 1
        return counts

    def of_topic(self, topic: str) -> list[str]:
        return [text for text, name, where in self._rows if name == topic and where == "training"]


_read: dict[Path, tuple[tuple, KnownQuestions]] = {}


def known_questions(root: Path = ROOT) -> KnownQuestions:
    """The present questions, read again only when a file has changed."""
    files = sorted([*(root / "data" / "nlu").glob("**/*.yml"), *(root / "tests" / "nlu").glob("*.tsv")])
    stamp = tuple((str(f), (s := f.stat()).st_mtime_ns, s.st_size) for f in files)
    held = _read.get(root)
    if held is None or held[0] != stamp:
        held = (stamp, KnownQuestions(root))
        _read[root] = held
    return held[1]
