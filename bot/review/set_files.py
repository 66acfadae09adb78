"""Reads a test set as volunteers make it: CSV or TSV, from Excel or by hand. All mistakes at once, with row numbers."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Mapping

from bot.review.questions import tidy

MAX_ROWS = 5000
MAX_QUESTION = 1000
_QUESTION = {"vraag", "question", "text", "tekst"}
_TOPIC = {"onderwerp", "topic", "expected topic", "verwacht onderwerp", "intent"}
_AUDIENCE = {"voor", "audience", "lezer", "wie"}


@dataclass(frozen=True)
class Mistake:
    """What is wrong in a row (1-based; 0: the file as a whole), as a Dutch sentence."""

    row: int
    what: str


@dataclass(frozen=True)
class Uploaded:
    """The usable rows (row, question, topic, audience), what was wrong, and what was noticed but does no harm."""

    cases: list[tuple[int, str, str, str]]
    mistakes: list[Mistake]
    notes: list[Mistake]


def _decode(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252")  # how Excel writes CSV on a Dutch Windows computer


def _delimiter(text: str) -> str:
    """The sign between the columns: the one that most of the first rows have outside quotes."""
    sample = text.splitlines()[:50]
    if sample and sample[0].lower().startswith("sep=") and len(sample[0].strip()) == 5:
        return sample[0].strip()[4]
    best, most = ";", 0
    for sign in ("\t", ";", ","):
        rows = list(csv.reader(io.StringIO("\n".join(sample)), delimiter=sign))
        found = sum(len(row) > 1 for row in rows)
        # A comma is also a sign in questions; a tab or a semicolon hardly ever is.
        if found > most:
            best, most = sign, found
    return best


def _columns(row: list[str]) -> dict[str, int] | None:
    """Which column holds what, when the first row says so."""
    names = [cell.strip().lower() for cell in row]
    question = next((i for i, name in enumerate(names) if name in _QUESTION), None)
    topic = next((i for i, name in enumerate(names) if name in _TOPIC), None)
    if question is None or topic is None:
        return None
    audience = next((i for i, name in enumerate(names) if name in _AUDIENCE), -1)
    return {"question": question, "topic": topic, "audience": audience}


def read_upload(data: bytes, topics: Mapping[str, str]) -> Uploaded:
    """The test set in an uploaded file.

    Args:
        topics: every accepted way to name a topic (lower case) -> the topic's name.
    """
    if data[:4] == b"PK\x03\x04" or data[:4] == b"\xd0\xcf\x11\xe0":
        return Uploaded(
            [],
            [Mistake(0, "Dit is een Excel-bestand. Kies in Excel: Opslaan als, CSV (UTF-8), en laad dat bestand.")],
            [],
        )
    try:
        text = _decode(data).replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        return Uploaded([], [Mistake(0, "Dit bestand is geen tekst. Sla het op als CSV (UTF-8).")], [])
    if "\0" in text:
        return Uploaded([], [Mistake(0, "Dit bestand is geen tekst. Sla het op als CSV (UTF-8).")], [])
    sign = _delimiter(text)
    cases: list[tuple[int, str, str, str]] = []
    mistakes: list[Mistake] = []
    notes: list[Mistake] = []
    seen: dict[str, int] = {}
    columns: dict[str, int] | None = None
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=sign, strict=False))
    except csv.Error:
        return Uploaded(
            [], [Mistake(0, "Dit bestand kan niet gelezen worden. Kijk of alle aanhalingstekens weer dicht zijn.")], []
        )
    for number, row in enumerate(rows, 1):
        if not any(cell.strip() for cell in row) or (number == 1 and row[0].lower().startswith("sep=")):
            continue
        if columns is None:
            columns = _columns(row)
            if columns is not None:
                continue
            columns = {"question": 0, "topic": 1, "audience": -1}
        if len(row) <= max(columns["question"], columns["topic"]):
            mistakes.append(Mistake(number, "Er is maar één kolom. Nodig zijn een vraag en een onderwerp."))
            continue
        question, wanted = tidy(row[columns["question"]]), " ".join(row[columns["topic"]].split())
        audience = row[columns["audience"]].strip().lower() if 0 <= columns["audience"] < len(row) else ""
        if not question:
            mistakes.append(Mistake(number, "De vraag is leeg."))
        elif len(question) > MAX_QUESTION:
            mistakes.append(Mistake(number, f"De vraag is langer dan {MAX_QUESTION} tekens."))
        elif not wanted:
            mistakes.append(Mistake(number, "Het onderwerp is leeg."))
        elif wanted.lower() not in topics:
            mistakes.append(Mistake(number, f"Het onderwerp '{wanted[:60]}' bestaat niet."))
        elif audience not in ("", "kind", "ouder"):
            mistakes.append(Mistake(number, "Bij 'voor' mag kind, ouder of niets staan."))
        else:
            first = seen.setdefault(question.lower(), number)
            if first != number:
                notes.append(Mistake(number, f"Deze vraag staat ook op rij {first}."))
            cases.append((number, question, topics[wanted.lower()], audience))
    if len(cases) > MAX_ROWS:
        mistakes.append(Mistake(0, f"Een testset heeft hooguit {MAX_ROWS} vragen; dit zijn er {len(cases)}."))
    if not cases and not mistakes:
        mistakes.append(Mistake(0, "Er staat geen vraag in dit bestand."))
    return Uploaded(cases, mistakes, notes)
