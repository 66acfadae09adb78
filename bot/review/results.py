"""What a run of a test set says: accuracy per theme and topic, confusions, failures, and two runs side by side."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Sequence

from bot.evaluation.metrics import Share, confusions, per_label, share
from bot.knowledge.library import knowledge
from bot.store.models import TestResult


def theme_of(topic: str) -> str:
    """The theme's title for people."""
    found = knowledge().topics.get(topic)
    return knowledge().themes[found.theme].title.kind if found else "Anders"


@dataclass(frozen=True)
class Measured:
    """The numbers of one run. `topics`: name -> n, precision, recall, f1."""

    all: Share
    themes: list[tuple[str, Share]]
    topics: dict[str, dict[str, float]]
    confusions: list[tuple[str, str, int]]
    failures: list[TestResult]


def measured(rows: Sequence[TestResult]) -> Measured:
    """The numbers of a run's results."""
    by_theme: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        by_theme[theme_of(row.case.topic)].append(row.got == row.case.topic)
    truth, got = [r.case.topic for r in rows], [r.got for r in rows]
    return Measured(
        all=share(t == g for t, g in zip(truth, got, strict=True)),
        themes=sorted(((name, share(hits)) for name, hits in by_theme.items()), key=lambda item: item[1].value),
        topics=dict(sorted(per_label(truth, got).items(), key=lambda item: (item[1]["f1"], item[0]))),
        confusions=confusions(truth, got),
        failures=[r for r in rows if r.got != r.case.topic],
    )


@dataclass(frozen=True)
class Compared:
    """Two runs of one set. `better` and `worse` are (result before, result now); `topics` are those that changed."""

    before: Measured
    now: Measured
    better: list[tuple[TestResult, TestResult]]
    worse: list[tuple[TestResult, TestResult]]
    themes: list[tuple[str, Share, Share]]
    topics: list[tuple[str, dict[str, float], dict[str, float]]]
    questions: int


def compared(before: Sequence[TestResult], now: Sequence[TestResult]) -> Compared:
    """Compares the questions that both runs have a result for."""
    first = {row.case_id: row for row in before}
    pairs = [(first[row.case_id], row) for row in now if row.case_id in first]
    old, new = measured([a for a, _ in pairs]), measured([b for _, b in pairs])
    themes_before = dict(old.themes)
    return Compared(
        old,
        new,
        better=[(a, b) for a, b in pairs if a.got != a.case.topic and b.got == b.case.topic],
        worse=[(a, b) for a, b in pairs if a.got == a.case.topic and b.got != b.case.topic],
        themes=[(name, themes_before[name], value) for name, value in new.themes],
        # Both have the same topics: those of the questions.
        topics=sorted(
            ((name, old.topics[name], now) for name, now in new.topics.items() if now["f1"] != old.topics[name]["f1"]),
            key=lambda row: (row[2]["f1"] - row[1]["f1"], row[0]),  # what got worse first
        ),
        questions=len(pairs),
    )
