"""The short form of `make load`: simulated children on a real server, and a server that is asked for too much."""
from __future__ import annotations

import asyncio
import time

import httpx

from bot.evaluation.load import Result, run


async def test_children_typing_get_answers_quickly_without_an_error(watched):
    began = time.monotonic()
    result = await run(watched.url, children=12, seconds=8, pace=0.25)
    assert not result.errors and not result.turned_away, result.text(time.monotonic() - began, None)
    assert len(result.seconds) > 20 and result.share(.5) < 500, result.text(time.monotonic() - began, None)


async def test_past_capacity_it_answers_or_asks_to_wait_and_memory_stays_flat(watched):
    """600 messages at once from 200 people: an answer or "even geduld", no hang; a crisis is always answered."""
    before = watched.memory()
    limits = httpx.Limits(max_connections=250)
    async with httpx.AsyncClient(base_url=watched.url, timeout=60, limits=limits) as http:
        async def one(number: int) -> tuple[str, httpx.Response]:
            headers = {"X-Forwarded-For": f"10.9.{number // 250}.{number % 250 + 1}"}
            if number % 4 == 0:
                return "start", await http.post("/api/conversations", json={}, headers=headers)
            text, kind = ("ik wil dood", "crisis") if number % 10 == 1 else ("ik word gepest", "other")
            return kind, await http.post("/vraag", data={"text": text}, headers=headers)

        answers = await asyncio.gather(*(one(number) for number in range(600)))
        assert (await http.get("/health/ready")).status_code == 200
    assert {answer.status_code for _, answer in answers} <= {200, 201, 503}
    for kind, answer in answers:
        if kind == "crisis":
            assert answer.status_code == 200 and "113" in answer.text
        elif answer.status_code == 503:
            assert "Even geduld" in answer.text and "112" in answer.text
    assert watched.memory() - before < 120


def test_the_numbers_are_what_they_say():
    result = Result(seconds=[number / 1000 for number in range(1, 101)])
    assert 94 <= result.share(.95) <= 97 and result.share(.5) < 60
    result.errors["500"] += 2
    assert "2 errors" in result.text(10, (100, 110)) and "100 -> 110 MB" in result.text(10, (100, 110))
