"""Test sets: tab-separated files with text, topic, also, audience and (for our own) voice."""
from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable

from bot.settings import ROOT

BLIND_DIR = ROOT / "tests" / "nlu"
COLUMNS = ("text", "topic", "also", "audience", "voice")


class SetError(ValueError):
    """A test set that cannot be used; the message names every row that is wrong."""


@dataclass(frozen=True)
class Case:
    """One test question. `kind` is topic, crisis, lookalike, offtopic, smalltalk or language."""

    text: str
    topic: str
    also: tuple[str, ...]
    audience: str
    voice: str
    kind: str
    source: str

    @property
    def accepted(self) -> tuple[str, ...]:
        return (self.topic, *self.also)


def _kind(topic: str, name: str) -> str:
    if name.startswith("lookalikes"):
        return "lookalike"
    if name.startswith("languages"):
        return "language"
    if topic.startswith("crisis_"):
        return "crisis"
    if topic == "buiten_bereik":
        return "offtopic"
    if topic.startswith(("gesprek_", "thema_")):
        return "smalltalk"
    return "topic"


def read_set(path: Path, known: Iterable[str]) -> list[Case]:
    """The cases of one file; a first row with the column names is allowed.

    Raises:
        SetError: with file and row of everything that is wrong.
    """
    known = set(known)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SetError(f"There is no file {path}.") from None
    except UnicodeDecodeError:
        raise SetError(f"{path} is not UTF-8 text. Save it as UTF-8 and try again.") from None
    cases, wrong = [], []
    for number, row in enumerate(csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE), 1):
        if not any(cell.strip() for cell in row) or row[0].startswith("#") or (number == 1 and row[:2] == ["text", "topic"]):
            continue
        cells = [cell.strip() for cell in row] + [""] * (len(COLUMNS) - len(row))
        question, topic, also, audience, voice = cells[:5]
        others = tuple(also.replace(",", " ").split())
        if len(row) < 2 or not question or not topic:
            wrong.append(f"{path.name}:{number}: at least a question and a topic are needed, with a tab between them")
        elif unknown := [name for name in (topic, *others) if name not in known]:
            wrong.append(f"{path.name}:{number}: unknown topic {', '.join(unknown)}")
        elif audience not in ("", "kind", "ouder", "ander"):
            wrong.append(f"{path.name}:{number}: audience must be kind, ouder, ander or empty")
        else:
            cases.append(Case(question, topic, others, audience, voice or "-", _kind(topic, path.name), path.stem))
    if wrong:
        raise SetError("\n".join(wrong))
    if not cases:
        raise SetError(f"{path} holds no question.")
    return cases


def blind_sets(known: Iterable[str], folder: Path = BLIND_DIR) -> list[Case]:
    """All blind test questions of the project."""
    known = set(known)
    return [case for path in sorted(folder.glob("*.tsv")) for case in read_set(path, known)]
