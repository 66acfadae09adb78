"""The check at start: a model that does not recognise twenty plain questions is not served.

The questions are in `data/selfcheck.yml`, those about danger first. A file that is half a model, or a model of other
data, does not get past them; the help card stays.
"""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.settings import ROOT

SELFCHECK_FILE = ROOT / "data" / "selfcheck.yml"


class SelfCheckFailed(RuntimeError):
    """The model is not fit to be served; the message names the questions, which are our own."""


@dataclass(frozen=True)
class Canary:
    """One question and what must come of it: the type of the message, its topic, or one of several topics."""

    text: str
    expect: tuple[str, ...]
    crisis: bool


def canaries(path: Path = SELFCHECK_FILE) -> list[Canary]:
    """The questions, those about danger first."""
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = [Canary(row["text"], tuple(row["expect"]), kind == "crisis")
             for kind in ("crisis", "others") for row in rows[kind]]
    if not any(c.crisis for c in found):
        raise SelfCheckFailed("data/selfcheck.yml holds no question about danger.")
    return found


def _fits(canary: Canary, messages: list[dict[str, Any]]) -> bool:
    first = messages[0]
    if canary.crisis:
        return first["type"] == "crisis" and first.get("topic") in canary.expect
    named = {m.get("topic") for m in messages} | {m.get("act") for m in messages} | {m["type"] for m in messages}
    offered = {c.get("topic") for m in messages if m["type"] == "choose" for c in m["choices"]}
    return bool(set(canary.expect) & (named | offered)) and first["type"] != "crisis"


async def self_check(assistant: Any, questions: list[Canary] | None = None) -> int:
    """Asks every question; returns how many.

    Raises:
        SelfCheckFailed: a question about danger was not seen, or more than one of the others was wrong.
    """
    questions = canaries() if questions is None else questions
    wrong: list[Canary] = []
    for canary in questions:
        turn = await assistant.ask(canary.text)
        # The rules answer when the model fails; that is good for a child and no proof of a model.
        failed = (turn.parse.get("intent") or {}).get("name") is None
        if failed or not _fits(canary, turn.messages):
            wrong.append(canary)
            if canary.crisis:
                break
    if any(c.crisis for c in wrong) or len(wrong) > 1:
        shown = "; ".join(f"'{c.text}' should be {' or '.join(c.expect)}" for c in wrong)
        raise SelfCheckFailed(f"The model {assistant.model_name} failed the check at start: {shown}. Serve an older "
                              "one with KRW_MODEL, or make a new one with: make train")
    return len(questions)
