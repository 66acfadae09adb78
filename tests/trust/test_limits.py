"""Limits by keyed hash, forgotten every day."""
from __future__ import annotations

from datetime import date

from bot.assistant import Assistant
from bot.settings import Settings
from bot.web.limits import Limiter
from tests.trust.conftest import application, begin


class Times:
    def __init__(self):
        self.now, self.day = 0.0, date(2026, 11, 23)

    def limiter(self, **values) -> Limiter:
        values = {"per_minute": 60, "burst": 3, **values}
        return Limiter(clock=lambda: self.now, today=lambda: self.day, **values)


def test_a_burst_goes_through_then_it_waits_then_it_goes_again():
    times = Times()
    limiter = times.limiter()
    assert [limiter.wait("a") for _ in range(3)] == [0, 0, 0]
    assert 0 < limiter.wait("a") <= 1
    assert limiter.wait("b") == 0
    times.now += 1.01
    assert limiter.wait("a") == 0
    assert limiter.wait("a") > 0


def test_a_clock_that_stands_still_or_zero_gives_no_more_than_the_burst():
    limiter = Times().limiter()
    assert sum(limiter.wait("a") == 0 for _ in range(50)) == 3
    assert all(Times().limiter(per_minute=0).wait("a") == 0 for _ in range(50))


def test_no_address_is_held_and_the_key_is_forgotten_daily():
    times = Times()
    limiter = times.limiter()
    limiter.wait("203.0.113.7")
    (before,) = limiter._buckets
    assert b"203" not in before and "203.0.113.7" not in repr(vars(limiter))
    key = limiter._key
    assert len(key) == 32
    times.day = date(2026, 11, 24)
    limiter.wait("203.0.113.7")
    (after,) = limiter._buckets
    assert limiter._key != key and after != before, "yesterday's and today's visitor can be linked"
    assert Times().limiter()._hashed("203.0.113.7") != after, "another process has the same key"


def test_the_number_of_buckets_is_bounded_and_whoever_is_active_stays():
    limiter = Times().limiter(most=100)
    for number in range(1000):
        limiter.wait("active")
        limiter.wait(str(number))
    assert len(limiter._buckets) == 100 and limiter._hashed("active") in limiter._buckets


async def test_too_many_messages_are_turned_away_kindly_and_a_crisis_never(assistant, tmp_path):
    chosen = Settings(database_url=f"sqlite:///{tmp_path / 'test.db'}", rate_per_minute=60)
    async with application(lambda: assistant, chosen) as (app, client):
        token = await begin(client)
        answers = [await client.post(f"/api/conversations/{token}/messages", json={"text": "hallo"}) for _ in range(60)]
        refused = [a for a in answers if a.status_code == 429]
        assert refused and answers[0].status_code == 200 and {a.status_code for a in answers} == {200, 429}
        problem = refused[-1].json()
        assert "Even geduld" in problem["message"] and problem["contacts"][0]["tel"] == "112"
        assert int(refused[-1].headers["retry-after"]) >= 1
        crisis = await client.post(f"/api/conversations/{token}/messages", json={"text": "ik wil dood"})
        assert crisis.status_code == 200 and crisis.json()["messages"][0]["type"] == "crisis"
        page = await client.post("/vraag", data={"text": "ik wil dood"})
        assert page.status_code == 200 and "113" in page.text
        page = await client.post("/vraag", data={"text": "hallo"})
        assert page.status_code == 429 and "Even geduld" in page.text and "tel:112" in page.text
        assert 'krw_shed_total{why="limit"}' in (await client.get("/metrics")).text


async def test_a_proxy_may_name_the_visitor_only_when_it_is_trusted(chosen):
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

    seen = []

    async def inner(scope, receive, send):
        seen.append(scope["client"][0])

    trusted = ProxyHeadersMiddleware(inner, trusted_hosts=chosen.trusted_proxies)
    for address in ("127.0.0.1", "198.51.100.1"):
        await trusted({"type": "http", "client": (address, 1), "scheme": "http",
                       "headers": [(b"x-forwarded-for", b"203.0.113.7")]}, None, None)
    assert seen == ["203.0.113.7", "198.51.100.1"]


async def test_a_conversation_has_an_end_and_a_crisis_is_answered_after_it(trained_model, tmp_path):
    chosen = Settings(database_url=f"sqlite:///{tmp_path / 'test.db'}", max_turns=3)
    own = Assistant(trained_model, chosen=chosen)
    async with application(lambda: own, chosen) as (_, client):
        token = await begin(client)
        path = f"/api/conversations/{token}/messages"
        assert [(await client.post(path, json={"text": "hallo"})).status_code for _ in range(5)] == [200] * 3 + [409] * 2
        assert (await client.post("/api/conversations/abc/messages", json={"text": "hallo"})).status_code == 404
        for over in (path, "/api/conversations/abc/messages"):
            answer = await client.post(over, json={"text": "ik wil dood"})
            assert answer.status_code == 200 and answer.json()["messages"][0]["type"] == "crisis"
        assert int((await own.store.retrieve(token)).get_slot("turns")) == 3
        # On the plain page a new conversation begins by itself.
        page = await client.post("/vraag", data={"text": "Mijn vader slaat mij. Mag dat?", "token": token})
        assert page.status_code == 200 and "Veilig Thuis" in page.text
