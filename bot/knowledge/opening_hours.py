"""Whether somebody can be reached now: Dutch time, Dutch public holidays."""
from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from bot.knowledge.model import Contact, OpeningHours

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
_DAY_NAMES = {
    "mo": "maandag", "tu": "dinsdag", "we": "woensdag", "th": "donderdag",
    "fr": "vrijdag", "sa": "zaterdag", "su": "zondag",
}


@lru_cache(maxsize=8)
def _public_holidays(year: int) -> frozenset:
    return frozenset(holidays.country_holidays("NL", years=year))


def prepare() -> None:
    """Reads this year's public holidays, so that nobody's first answer waits for it: the package loads all countries."""
    _public_holidays(now_in_amsterdam().year)


def now_in_amsterdam() -> datetime:
    return datetime.now(AMSTERDAM)


def _spans(hours: OpeningHours | None, day: datetime, closed_on_holidays: bool) -> list[tuple[str, str]]:
    if not hours or hours == "24/7":
        return []
    if closed_on_holidays and day.date() in _public_holidays(day.year):
        return []
    name = _DAYS[day.weekday()]
    return sorted((span.start, span.end) for span in hours if name in span.days)


def is_open(hours: OpeningHours | None, now: datetime, closed_on_holidays: bool = False) -> bool | None:
    """True or False at `now` (aware datetime), None when the opening hours are not known."""
    if hours is None:
        return None
    if hours == "24/7":
        return True
    local = now.astimezone(AMSTERDAM)
    clock = local.strftime("%H:%M")
    return any(start <= clock < end for start, end in _spans(hours, local, closed_on_holidays))


def next_opening(hours: OpeningHours | None, now: datetime, closed_on_holidays: bool = False) -> str | None:
    """When a closed contact opens, as Dutch words ("morgen om 09.00 uur"), or None when open or not known."""
    if hours is None or hours == "24/7" or is_open(hours, now, closed_on_holidays):
        return None
    local = now.astimezone(AMSTERDAM)
    clock = local.strftime("%H:%M")
    for ahead in range(15):
        day = local + timedelta(days=ahead)
        for start, _ in _spans(hours, day, closed_on_holidays):
            if ahead == 0 and start <= clock:
                continue
            word = "vandaag" if ahead == 0 else "morgen" if ahead == 1 else _DAY_NAMES[_DAYS[day.weekday()]]
            return f"{word} om {start.replace(':', '.')} uur"
    return None


def contact_is_open(contact: Contact, now: datetime) -> bool | None:
    """Whether the phone (or, without one, the chat) of `contact` is answered at `now`."""
    hours = contact.hours if contact.hours is not None else (None if contact.phone else contact.chat_hours)
    return is_open(hours, now, contact.closed_on_holidays)
