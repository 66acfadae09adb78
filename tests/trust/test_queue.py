"""The queue before the model: bounded, danger first, never a hang."""
from __future__ import annotations

import asyncio
import threading
import time

import pytest

from bot.assistant import Turn
from bot.knowledge.library import knowledge
from bot.knowledge.messages import Messages
from bot.settings import Settings
from bot.web.queue import Busy, Worker, WorkingAssistant, in_danger
from tests.trust.conftest import application, begin


class Gate:
    """A job that keeps the thread busy until it is opened."""

    def __init__(self):
        self.entered, self.opened = threading.Event(), threading.Event()

    async def __call__(self) -> None:
        self.entered.set()
        assert self.opened.wait(20)


@pytest.fixture()
def worker():
    made = []

    def make(**values) -> Worker:
        made.append(Worker(**values))
        return made[-1]

    yield make
    for one in made:
        one.stop()


async def held(worker: Worker) -> tuple[Gate, asyncio.Task]:
    gate = Gate()
    task = asyncio.create_task(worker.run(gate))
    await asyncio.to_thread(gate.entered.wait, 10)
    return gate, task


async def test_urgent_jobs_go_first_and_equal_ones_in_order(worker):
    thread = worker()
    gate, first = await held(thread)
    done = []

    def job(name):
        async def work():
            done.append(name)
        return work

    tasks = []
    for name in ("a", "b", "c"):
        tasks.append(asyncio.create_task(thread.run(job(name))))
        await asyncio.sleep(0)
    tasks.append(asyncio.create_task(thread.run(job("danger"), urgent=True)))
    await asyncio.sleep(0)
    gate.opened.set()
    await asyncio.gather(first, *tasks)
    assert done == ["danger", "a", "b", "c"]


async def test_a_full_queue_refuses_at_once_but_urgent_jobs_still_fit(worker):
    thread = worker(most_waiting=5)
    gate, first = await held(thread)

    async def nothing():
        return 1

    tasks = [asyncio.create_task(thread.run(nothing)) for _ in range(5)]
    await asyncio.sleep(0)
    began = time.monotonic()
    with pytest.raises(Busy):
        await thread.run(nothing)
    assert time.monotonic() - began < 1
    urgent = [asyncio.create_task(thread.run(nothing, urgent=True)) for _ in range(15)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await thread.run(nothing, urgent=True)
    gate.opened.set()
    assert await asyncio.gather(*tasks, *urgent) == [1] * 20
    await first


async def test_nobody_waits_for_ever_for_a_thread_that_hangs(worker):
    thread = worker(patience=0.2)
    gate, first = await held(thread)

    async def nothing():
        return 1

    with pytest.raises(Busy):
        await asyncio.wait_for(thread.run(nothing), 5)
    gate.opened.set()
    with pytest.raises(Busy):
        await first
    # And it goes on afterwards.
    assert await thread.run(nothing) == 1


async def test_work_for_somebody_who_is_gone_is_not_done(worker):
    thread = worker()
    gate, first = await held(thread)
    done = []

    async def job():
        done.append(1)

    task = asyncio.create_task(thread.run(job))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    gate.opened.set()
    await first
    assert done == []


async def test_an_error_belongs_to_whoever_asked(worker):
    thread = worker()

    async def broken():
        raise KeyError("x")

    async def fine():
        return 2

    with pytest.raises(KeyError):
        await thread.run(broken)
    assert await thread.run(fine) == 2


def test_what_the_rules_call_danger():
    assert in_danger("ik wil dood") and in_danger("s o s") and not in_danger("wanneer is het herfstvakantie")


class Slow:
    """An assistant that takes `seconds` of its thread for a turn, and notes the order."""

    model_name = "slow"

    def __init__(self, seconds: float):
        self.seconds, self.order = seconds, []
        self.store = self

    async def start(self, audience=None):
        return "token-" + str(len(self.order)), [Messages(knowledge(), "kind").welcome()]

    async def retrieve(self, token):
        return object()

    async def forget(self, token):
        self.order.append("forget")

    async def reply(self, token, text=None, choice=None):
        time.sleep(self.seconds)
        self.order.append(text)
        return Turn([Messages(knowledge(), "kind").out_of_scope()], {"intent": {"name": "x", "confidence": 1.0}})


async def test_past_capacity_it_sheds_load_and_serves_danger_first(tmp_path):
    slow = Slow(0.05)
    chosen = Settings(database_url=f"sqlite:///{tmp_path / 'test.db'}", max_waiting=10, rate_per_minute=0)
    async with application(lambda: slow, chosen) as (app, client):
        def say(text):
            return client.post("/api/conversations/abc/messages", json={"text": text})

        many = [asyncio.create_task(say(f"vraag {number}")) for number in range(60)]
        await asyncio.sleep(0.1)
        began = time.monotonic()
        live, page = await asyncio.gather(client.get("/health/live"), client.get("/api/help"))
        assert live.status_code == page.status_code == 200 and time.monotonic() - began < 0.5
        crisis = [asyncio.create_task(say("ik wil dood")) for _ in range(8)]
        answers = await asyncio.gather(*many, *crisis)
    refused = [a for a in answers if a.status_code == 503]
    assert len(refused) >= 40 and {a.status_code for a in answers} == {200, 503}
    for answer in refused:
        assert answer.json()["contacts"][0]["tel"] == "112" and "Even geduld" in answer.json()["message"]
        assert int(answer.headers["retry-after"]) >= 1
    assert all(a.status_code == 200 for a in answers[60:])
    asked = [number for number, text in enumerate(slow.order) if text == "ik wil dood"]
    last_other = max(number for number, text in enumerate(slow.order) if text != "ik wil dood")
    assert asked and max(asked) < last_other, slow.order


async def test_a_crisis_is_answered_while_the_model_is_still_loading(tmp_path):
    opened = threading.Event()

    def load():
        opened.wait(20)
        return Slow(0)

    import httpx

    from bot.web.app import create_app

    app = create_app(Settings(database_url=f"sqlite:///{tmp_path / 'test.db'}"), load=load)
    async with app.router.lifespan_context(app), httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://test") as client:
        answer = await client.post("/api/conversations/abc/messages", json={"text": "ik wil dood"})
        assert answer.status_code == 200 and answer.json()["messages"][0]["topic"] == "crisis_suicide"
        answer = await client.post("/vraag", data={"text": "help mijn vader heeft een mes"})
        assert answer.status_code == 200 and "112" in answer.text
        assert (await client.post("/api/conversations/abc/messages", json={"text": "hallo"})).status_code == 503
        opened.set()


async def test_erasing_is_served_before_those_who_wait(worker):
    slow = Slow(0.02)
    working = WorkingAssistant(slow)
    try:
        tasks = [asyncio.create_task(working.reply("a", text="vraag")) for _ in range(10)]
        await asyncio.sleep(0.01)
        await working.forget("a")
        assert len([o for o in slow.order if o != "forget"]) < 10
        await asyncio.gather(*tasks)
    finally:
        working.stop()


async def test_a_full_memory_asks_to_wait_instead_of_growing(tmp_path, trained_model):
    from bot.assistant import Assistant
    from bot.conversations import MemoryConversations

    small = Assistant(trained_model, store=MemoryConversations(limit=3))
    async with application(lambda: small, Settings(database_url=f"sqlite:///{tmp_path / 'test.db'}")) as (_, client):
        tokens = [await begin(client) for _ in range(3)]
        refused = await client.post("/api/conversations")
        assert refused.status_code == 503 and refused.json()["contacts"]
        assert (await client.post(f"/api/conversations/{tokens[0]}/messages", json={"text": "hallo"})).status_code == 200
        assert len(small.store._held) == 3
