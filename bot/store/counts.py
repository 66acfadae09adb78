"""Counts what happens, without anything about a person.

Counting never delays or breaks an answer: counts are added up in memory and written every so often; a database that
is down costs counts, not answers.
"""
from __future__ import annotations

import logging
import threading
from collections import Counter
from datetime import date
from typing import Any, Iterable

from sqlalchemy import select

from bot.knowledge.opening_hours import now_in_amsterdam
from bot.store.database import session
from bot.store.models import DailyCount

logger = logging.getLogger(__name__)
_MAX_WAITING = 10_000


def kind_of_turn(messages: Iterable[dict[str, Any]]) -> tuple[str, str] | None:
    """(theme, what happened) of one turn, or None for small talk."""
    for message in messages:
        if message["type"] == "crisis":
            return message["theme"], "crisis"
        if message["type"] == "answer" and not message.get("part"):
            return message["theme"], "answered"
        if message["type"] == "choose" and not message.get("theme"):
            return "-", "not_understood" if message.get("act") == "unsure_again" else "choices"
        if message["type"] == "out_of_scope":
            return "-", "not_understood"
    return None


class Counts:
    """Counts per day and theme, held in memory until `flush`."""

    def __init__(self, url: str | None = None):
        self._url = url
        self._lock = threading.Lock()
        self._waiting: Counter[tuple[date, str, str]] = Counter()

    def turn(self, messages: Iterable[dict[str, Any]]) -> None:
        found = kind_of_turn(messages)
        if found:
            self._add(*found)

    def helpful(self, yes: bool, theme: str = "-") -> None:
        self._add(theme, "helpful" if yes else "not_helpful")

    def waiting(self) -> int:
        """How many numbers wait to be written."""
        with self._lock:
            return len(self._waiting)

    def _add(self, theme: str, what: str) -> None:
        with self._lock:
            if len(self._waiting) < _MAX_WAITING:
                self._waiting[(now_in_amsterdam().date(), theme, what)] += 1

    def flush(self) -> bool:
        """Writes what waits; returns whether it was written. What could not be written waits on."""
        with self._lock:
            todo, self._waiting = self._waiting, Counter()
        if not todo:
            return True
        try:
            with session(self._url) as open_session:
                for (day, theme, what), number in sorted(todo.items()):
                    query = select(DailyCount).where(DailyCount.day == day, DailyCount.theme == theme,
                                                     DailyCount.what == what).with_for_update()
                    row = open_session.execute(query).scalar_one_or_none()
                    if row is None:
                        open_session.add(DailyCount(day=day, theme=theme, what=what, count=number))
                    else:
                        row.count += number
            return True
        except Exception as error:  # noqa: BLE001 - a driver's own errors are not all wrapped; no count may be lost
            logger.warning("Counts could not be written: %s", type(error).__name__)
            with self._lock:
                self._waiting.update(todo)
            return False
