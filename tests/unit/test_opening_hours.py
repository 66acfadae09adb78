from datetime import UTC, datetime

import pytest

from bot.knowledge.opening_hours import AMSTERDAM, contact_is_open, is_open, next_opening

HOURS_RAW = [{"days": ["mo", "tu", "we", "th", "fr"], "from": "09:00", "to": "17:00"}]


@pytest.fixture()
def hours():
    from bot.knowledge.model import Hours

    return [Hours.parse_obj(row) for row in HOURS_RAW]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM)


@pytest.mark.parametrize(("moment", "expected"), [
    ("2026-11-23T09:00", True), ("2026-11-23T16:59", True), ("2026-11-23T17:00", False), ("2026-11-22T12:00", False),
])
def test_week(hours, moment, expected):
    assert is_open(hours, at(moment)) is expected


def test_public_holiday_only_matters_where_it_closes(hours):
    kings_day = at("2026-04-27T12:00")  # a Monday
    assert is_open(hours, kings_day, closed_on_holidays=True) is False
    assert is_open(hours, kings_day, closed_on_holidays=False) is True


def test_unknown_hours_claim_nothing():
    assert is_open(None, at("2026-11-23T12:00")) is None
    assert next_opening(None, at("2026-11-23T12:00")) is None


def test_next_opening_in_dutch(hours):
    assert next_opening(hours, at("2026-11-23T08:00")) == "vandaag om 09.00 uur"
    assert next_opening(hours, at("2026-11-23T18:00")) == "morgen om 09.00 uur"
    assert next_opening(hours, at("2026-11-20T18:00")) == "maandag om 09.00 uur"
    assert next_opening(hours, at("2026-11-23T12:00")) is None


def test_summer_time_is_dutch_time(hours):

    assert is_open(hours, datetime(2026, 7, 6, 7, 30, tzinfo=UTC)) is True  # 09:30 in Amsterdam
    assert is_open(hours, datetime(2026, 1, 5, 8, 30, tzinfo=UTC)) is True
    assert is_open(hours, datetime(2026, 1, 5, 7, 30, tzinfo=UTC)) is False


def test_real_contacts(knowledge):
    night, day = at("2026-11-24T03:00"), at("2026-11-24T12:00")
    assert contact_is_open(knowledge.contacts["alarmnummer"], night) is True
    assert contact_is_open(knowledge.contacts["kindertelefoon"], night) is False
    assert contact_is_open(knowledge.contacts["kindertelefoon"], day) is True
