"""Replaces one text or the sign-off in an answer's file, and leaves every other line as it is."""

from __future__ import annotations

import json
import re
import textwrap

import yaml

from bot.review.nlu_files import FileProblem

WIDTH = 120


def _block_end(lines: list[str], start: int, indent: int) -> int:
    """The first line after `start` that does not belong to it: indented by `indent` or less, and not empty."""
    end = start + 1
    while end < len(lines):
        line = lines[end]
        # A list may stand at its key's own indentation.
        item = line.startswith(" " * indent + "- ")
        if line.strip() and not item and len(line) - len(line.lstrip(" ")) <= indent:
            break
        end += 1
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    return end


def _key_line(lines: list[str], key: str, indent: int, start: int, end: int) -> int:
    pattern = re.compile(rf"^ {{{indent}}}{re.escape(key)}:")
    found = [i for i in range(start, end) if pattern.match(lines[i])]
    if len(found) != 1:
        raise FileProblem(f"the key '{key}' was not found exactly once")
    return found[0]


def _plain(text: str) -> str:
    """`text` as a YAML value on one line; in quotes where it needs them."""
    try:
        fine = yaml.safe_load(f"- {text}") == [text]
    except yaml.YAMLError:
        fine = False
    return text if fine else json.dumps(text, ensure_ascii=False)


def _wrapped(paragraph: str, indent: int) -> list[str]:
    """One line a sentence where they fit, as the files have it; a long sentence is folded."""
    lines: list[str] = []
    for sentence in re.split(r"(?<=[.!?…])\s+", paragraph):
        if lines and indent + len(lines[-1]) + 1 + len(sentence) <= WIDTH - 10:
            lines[-1] += " " + sentence
        else:
            lines += textwrap.wrap(sentence, WIDTH - indent, break_long_words=False, break_on_hyphens=False)
    return lines


def with_text(source: str, audience: str, field: str, text: str) -> str:
    """The file's text with another text (paragraphs) or other steps (one a line) for this reader.

    Raises:
        FileProblem: the file is not built as expected.
    """
    newline = "\r\n" if "\r\n" in source else "\n"
    lines = source.splitlines()
    top = _key_line(lines, audience, 0, 0, len(lines))
    end = _block_end(lines, top, 0)
    start = _key_line(lines, field, 2, top + 1, end)
    stop = min(_block_end(lines, start, 2), end)
    if field == "steps":
        new = ["  steps:"] + [f"    - {_plain(step)}" for step in text.split("\n")]
    else:
        new = [f"  {field}: |-"]
        for number, paragraph in enumerate(text.split("\n\n")):
            new += [""] * bool(number) + ["    " + line for line in _wrapped(paragraph, 4)]
    changed = lines[:start] + new + lines[stop:]
    return newline.join(changed) + (newline if source.endswith("\n") else "")


def with_sign_off(source: str, name: str, date: str, digest: str) -> str:
    """The file's text with this sign-off.

    Raises:
        FileProblem: the file is not built as expected.
    """
    newline = "\r\n" if "\r\n" in source else "\n"
    lines = source.splitlines()
    start = _key_line(lines, "legal_review", 0, 0, len(lines))
    end = _block_end(lines, start, 0)
    new = [
        "legal_review:",
        f"  name: {json.dumps(name, ensure_ascii=False)}",
        f'  date: "{date}"',
        f"  digest: {digest}",
    ]
    return newline.join(lines[:start] + new + lines[end:]) + (newline if source.endswith("\n") else "")
