"""What happens outside, from daily counts. No count under five is shown, and none can be worked out.

A cell under five, zero too, is "fewer than five". A day's total is a lower bound: the cells that are shown, plus the
others together where they are five or more. So a total minus its cells never gives a small number away.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Iterable, Optional

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store.models import DailyCount

LEAST = 5
QUESTIONS = ("answered", "choices", "not_understood", "crisis")
KINDS = (*QUESTIONS, "helpful", "not_helpful")


@dataclass(frozen=True)
class Line:
    """One day and theme. None means fewer than five."""

    day: date
    theme: str
    total: Optional[int]
    cells: dict[str, Optional[int]]


def shown(count: int) -> Optional[int]:
    return count if count >= LEAST else None


def _total(counts: dict[str, int]) -> Optional[int]:
    seen = sum(n for kind in QUESTIONS if (n := counts.get(kind, 0)) >= LEAST)
    rest = sum(n for kind in QUESTIONS if (n := counts.get(kind, 0)) < LEAST)
    return shown(seen + (rest if rest >= LEAST else 0))


def lines(rows: Iterable[DailyCount]) -> list[Line]:
    """One line a day and theme, newest day first."""
    found: dict[tuple[date, str], dict[str, int]] = defaultdict(dict)
    for row in rows:
        found[(row.day, row.theme)][row.what] = row.count
    made = [
        Line(day, theme, _total(counts), {kind: shown(counts.get(kind, 0)) for kind in KINDS})
        for (day, theme), counts in found.items()
    ]
    return sorted(made, key=lambda line: (-line.day.toordinal(), line.theme))


def per_day(made: Iterable[Line]) -> list[tuple[date, int]]:
    """Questions a day, at least: the sum of the totals that are shown; oldest day first, days without any left out."""
    days: dict[date, int] = defaultdict(int)
    for line in made:
        days[line.day] += line.total or 0
    return sorted((day, n) for day, n in days.items() if n)


def per_kind(made: Iterable[Line]) -> list[tuple[str, int]]:
    """What happened over all days, at least: the sum of the cells that are shown."""
    kinds = dict.fromkeys(KINDS, 0)
    for line in made:
        for kind, n in line.cells.items():
            kinds[kind] += n or 0
    return list(kinds.items())


def read(db: Session, today: date, days: int) -> list[Line]:
    query = select(DailyCount).where(DailyCount.day > today - timedelta(days=days), DailyCount.day <= today)
    return lines(db.execute(query).scalars())
