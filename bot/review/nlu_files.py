"""Adds questions to the training and regression files, and leaves every other byte as it is."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Callable, Iterable

from bot.nlu_data import same

VOICE = "vrijwilliger"
REGRESSION = Path("tests") / "nlu" / "regression.tsv"
_BLOCK = re.compile(r"^- intent:\s*(\S+)\s*$")
_ITEM = "    - "


class FileProblem(RuntimeError):
    """A file that cannot be changed safely; the message names it."""


def write_whole(path: Path, text: str) -> None:
    """Replaces a file in one step: a reader sees the old or the new one, never half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.chmod(name, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_exactly(path: Path) -> str:
    """The text of a file with its own line ends."""
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


def _order(text: str) -> tuple[str, str]:
    return (text.casefold(), text)


def _place(lines: list[str], start: int, end: int, new: str, item_of: Callable[[str], str]) -> int:
    """Where `new` goes among lines[start:end], which are sorted."""
    for index in range(start, end):
        if _order(item_of(lines[index])) > _order(new):
            return index
    return end


def _own_block(lines: list[str], intent: str) -> tuple[int, int] | None:
    """The first and last+1 line of the questions in this intent's block of volunteers; None when there is none."""
    for index, line in enumerate(lines):
        found = _BLOCK.match(line.rstrip("\r\n"))
        if not found or found.group(1) != intent:
            continue
        end = next((i for i in range(index + 1, len(lines)) if lines[i].startswith("- ")), len(lines))
        header = next((i for i in range(index + 1, end) if lines[i].strip().startswith("examples:")), None)
        if header is None or not any(re.search(rf"voice:\s*{VOICE}\b", lines[i]) for i in range(index + 1, header)):
            continue
        last = header + 1
        while last < end and lines[last].startswith(_ITEM):
            last += 1
        return header + 1, last
    return None


def with_questions(text: str, intent: str, questions: Iterable[str]) -> tuple[str, list[str]]:
    """An NLU file's text with these questions in the volunteers' block, and those that were really added.

    Questions that stand in the file already (but for case, spaces and signs) are not added again.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    present = {
        same(line.strip()[2:])
        for line in lines
        if line.strip().startswith("- ") and not _BLOCK.match(line.rstrip("\r\n"))
    }
    added = []
    for question in sorted(questions, key=_order):
        if same(question) in present:
            continue
        present.add(same(question))
        added.append(question)
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += newline
        block = _own_block(lines, intent)
        if block is None:
            lines += [
                f"- intent: {intent}{newline}",
                f"  metadata: {{voice: {VOICE}}}{newline}",
                f"  examples: |{newline}",
            ]
            block = (len(lines), len(lines))
        at = _place(lines, *block, question, lambda line: line[len(_ITEM) :].rstrip("\r\n"))
        lines.insert(at, f"{_ITEM}{question}{newline}")
    return "".join(lines), added


def nlu_file(root: Path, intent: str) -> Path:
    """The file that holds this intent's questions.

    Raises:
        FileProblem: there is none.
    """
    found = sorted((root / "data" / "nlu").glob(f"*/{intent}.yml"))
    if not found and intent == "buiten_bereik":
        found = sorted((root / "data" / "nlu").glob("**/buiten_bereik.yml"))
    if not found:
        raise FileProblem(f"there is no data/nlu/*/{intent}.yml")
    return found[0]


def with_regression(text: str, rows: Iterable[tuple[str, str, str]]) -> tuple[str, list[str]]:
    """The regression set's text with these rows (question, topic, audience), sorted by topic, and what was added."""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    present = {same(line.split("\t")[0]) for line in lines if line.strip() and not line.startswith("#")}

    def key(line: str) -> tuple:
        cells = line.rstrip("\r\n").split("\t")
        return (cells[1] if len(cells) > 1 else "", _order(cells[0]))

    added = []
    for question, topic, audience in sorted(rows, key=lambda row: (row[1], _order(row[0]))):
        if same(question) in present:
            continue
        present.add(same(question))
        added.append(question)
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += newline
        line = f"{question}\t{topic}\t\t{audience}\t{VOICE}{newline}"
        at = next(
            (
                i
                for i, old in enumerate(lines)
                if old.strip()
                and not old.startswith("#")
                and not old.startswith("text\ttopic")
                and key(old) > key(line)
            ),
            len(lines),
        )
        lines.insert(at, line)
    return "".join(lines), added
