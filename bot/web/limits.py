"""How much one address and one conversation may ask. No address is kept.

An address is turned into a keyed hash. The key is random, is in this process's memory only, and is made anew every
day; with it everything counted before is forgotten. So nobody can find out, not even we, who was here yesterday.
The bounds are wide: a whole school often comes from one address.
"""
from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from datetime import date
from typing import Callable

from bot.knowledge.opening_hours import now_in_amsterdam


def _today() -> date:
    return now_in_amsterdam().date()


class Limiter:
    """Token buckets by keyed hash.

    Args:
        per_minute: how many a minute in the long run; 0 switches the limit off.
        burst: how many at once.
        most: how many buckets are held; the one that was not used for longest goes first.
        clock: seconds that never go back.
        today: the day; when it changes, key and buckets are thrown away.
    """

    def __init__(self, per_minute: float, burst: int, most: int = 20_000,
                 clock: Callable[[], float] = time.monotonic, today: Callable[[], date] = _today):
        self._rate, self._burst, self._most = per_minute / 60, float(burst), most
        self._clock, self._today = clock, today
        self._buckets: OrderedDict[bytes, tuple[float, float]] = OrderedDict()
        self._day: date | None = None
        self._key = b""

    def _hashed(self, who: str) -> bytes:
        day = self._today()
        if day != self._day:
            self._day, self._key = day, secrets.token_bytes(32)
            self._buckets.clear()
        return hmac.digest(self._key, who.encode("utf-8", "surrogatepass"), hashlib.sha256)[:16]

    def wait(self, who: str) -> float:
        """Counts one request of `who`. Returns 0 when it may go on, otherwise how many seconds to wait."""
        if self._rate <= 0:
            return 0.0
        key, now = self._hashed(who), self._clock()
        left, last = self._buckets.get(key, (self._burst, now))
        left = min(self._burst, left + (now - last) * self._rate)
        allowed = left >= 1
        self._buckets[key] = (left - 1 if allowed else left, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._rate


class Limits:
    """The limits of the chat.

    Args:
        per_minute: requests of one address a minute, in the long run.
    """

    def __init__(self, per_minute: int):
        self.address = Limiter(per_minute, burst=max(1, per_minute // 2))
        # A new conversation takes memory for half an hour.
        self.starts = Limiter(per_minute / 4, burst=max(1, per_minute // 8))
        # Nobody types faster; a program does.
        self.conversation = Limiter(60 if per_minute else 0, burst=20)
