"""Several processes with one Redis and one PostgreSQL: any of them serves any conversation; one is killed meanwhile."""
from __future__ import annotations

import asyncio
import itertools
import shutil
import signal
from collections import Counter

import httpx
import pytest
import redis
from sqlalchemy import text

from bot.assistant import Assistant
from bot.settings import Settings
from bot.store.database import make_engine
from tests.trust.servers import REDIS, Server

TALK = (("Mijn vader slaat mij. Mag dat?", "geweld_thuis"), ("ik word gepest op school", "geweld_pesten"),
        ("mijn ouders gaan scheiden bij wie moet ik wonen", "algemeen_scheiding"))


class RoundRobin:
    """A tiny load balancer: each request to the next server; when one does not answer, to the one after it."""

    def __init__(self, urls: list[str]):
        self._turns = itertools.cycle(range(len(urls)))
        self._clients = [httpx.AsyncClient(base_url=url, timeout=30) for url in urls]
        self.retried = 0

    async def post(self, path: str, json: dict) -> httpx.Response:
        for _ in range(60):
            client = self._clients[next(self._turns)]
            try:
                answer = await client.post(path, json=json)
            except httpx.TransportError:
                self.retried += 1
                await asyncio.sleep(0.02)
                continue
            # A server that is starting says so; another one can.
            if answer.status_code == 503 and answer.json()["type"].endswith("starting"):
                await asyncio.sleep(0.02)
                continue
            return answer
        raise AssertionError("no server answers")

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()


def _models(servers: list[Server]) -> list[str]:
    """The model that each serves."""
    return [httpx.get(server.url + "/health/ready", timeout=30).json()["model"] for server in servers]


async def test_three_processes_one_is_killed_and_comes_back_with_a_new_model(trained_model, tmp_path, postgres):
    store = redis.Redis.from_url(REDIS, decode_responses=True)
    store.flushdb()
    models = tmp_path / "models"
    models.mkdir()
    shutil.copy(trained_model, models / "one.tar.gz")
    shutil.copy(trained_model, models / "two.tar.gz")
    (models / "half.tar.gz").write_bytes(trained_model.read_bytes()[:1_000_000])
    servers = [Server(tmp_path / str(number), KRW_REDIS_URL=REDIS, KRW_DATABASE_URL=postgres, KRW_MODEL_DIR=str(models),
                      KRW_MODEL="one.tar.gz", KRW_RATE_PER_MINUTE="0", KRW_MAX_TURNS="100000") for number in range(3)]
    crowd = RoundRobin([server.url for server in servers])
    answered, wrong, stop = Counter(), [], asyncio.Event()

    async def child(number: int) -> str:
        """Talks until it is told to stop; every answer must be the one to its question."""
        started = await crowd.post("/api/conversations", {})
        assert started.status_code == 201, started.text
        token = started.json()["conversation"]
        path = f"/api/conversations/{token}/messages"
        for question, topic in itertools.cycle(TALK):
            answer = await crowd.post(path, {"text": question})
            if answer.status_code != 200 or topic not in {m.get("topic") for m in answer.json()["messages"]}:
                wrong.append((answer.status_code, question, answer.text[:200]))
            answered[token] += 1
            # What "easier" is about shows that the last question was kept, in order, wherever it was answered.
            answer = await crowd.post(path, {"choice": "gesprek_makkelijker"})
            if answer.status_code != 200 or topic not in {m.get("topic") for m in answer.json()["messages"]}:
                wrong.append((answer.status_code, "makkelijker", answer.text[:200]))
            answered[token] += 1
            if stop.is_set():
                return token
            await asyncio.sleep(0.6)

    async def has(seconds: float, condition) -> None:
        for _ in range(int(seconds * 10)):
            if condition():
                return
            await asyncio.sleep(0.1)
        raise AssertionError("it did not come in time")

    try:
        for server in servers:
            server.start()
        for server in servers:
            await asyncio.to_thread(server.wait)
        children = [asyncio.create_task(child(number)) for number in range(8)]
        await has(120, lambda: sum(answered.values()) > 40)
        await asyncio.to_thread(servers[0].stop, signal.SIGKILL)
        at_kill = sum(answered.values())
        await has(120, lambda: sum(answered.values()) > at_kill + 40)
        # An upgrade to a model that is no good: that process serves nobody, the others go on.
        servers[0].environment["KRW_MODEL"] = "half.tar.gz"
        servers[0].start()
        with pytest.raises(RuntimeError, match="cannot be used"):
            await asyncio.to_thread(servers[0].wait)
        await asyncio.to_thread(servers[0].stop)
        servers[0].environment["KRW_MODEL"] = "two.tar.gz"
        servers[0].start()
        await asyncio.to_thread(servers[0].wait)
        at_return = sum(answered.values())
        await has(120, lambda: sum(answered.values()) > at_return + 40)
        assert await asyncio.to_thread(_models, servers) == ["two.tar.gz", "one.tar.gz", "one.tar.gz"]
        # And back to the older one, with an ordinary stop.
        await asyncio.to_thread(servers[0].stop)
        servers[0].environment["KRW_MODEL"] = "one.tar.gz"
        servers[0].start()
        await asyncio.to_thread(servers[0].wait)
        at_return = sum(answered.values())
        await has(120, lambda: sum(answered.values()) > at_return + 40)
        stop.set()
        tokens = await asyncio.gather(*children)
        assert await asyncio.to_thread(_models, servers) == ["one.tar.gz"] * 3
        assert not wrong, wrong[:3]
        assert crowd.retried > 0, "nobody noticed the killed process, so this test proves nothing"
        # Each answered message counted once; a message whose server died before it answered may have been counted too.
        reader = Assistant(trained_model, chosen=Settings(redis_url=REDIS))
        counted = 0
        for token in tokens:
            turns = int((await reader.store.retrieve(token)).get_slot("turns"))
            assert answered[token] <= turns <= answered[token] + 2, (turns, answered[token])
            counted += turns
        assert counted <= sum(answered.values()) + crowd.retried
    finally:
        await crowd.close()
        for server in servers:
            server.stop()
        store.flushdb()
    with make_engine(postgres).connect() as connection:
        (total,) = connection.execute(text("SELECT SUM(count) FROM daily_count")).fetchone()
    # All but what the killed process had not yet written (it writes once a minute).
    assert 0 < total <= counted


async def test_one_turn_at_a_time_in_a_conversation(trained_model):
    """Two processes' worth of assistants on one Redis: no turn is lost when they answer one conversation at once."""
    redis.Redis.from_url(REDIS).flushdb()
    one, two = (Assistant(trained_model, chosen=Settings(redis_url=REDIS)) for _ in range(2))
    token, _ = await one.start()
    await asyncio.gather(*(who.reply(token, text="hallo") for who in (one, two) * 10))
    assert int((await one.store.retrieve(token)).get_slot("turns")) == 20
    await asyncio.gather(one.reply(token, text="hallo"), two.forget(token))
    redis.Redis.from_url(REDIS).flushdb()


async def test_a_lock_whose_owner_died_is_free_again(trained_model, monkeypatch):
    from bot import conversations
    from bot.web.queue import PATIENCE

    redis.Redis.from_url(REDIS).flushdb()
    assistant = Assistant(trained_model, chosen=Settings(redis_url=REDIS))
    token, _ = await assistant.start()
    dead = assistant._agent.lock_store
    dead.red.lock(dead.key_prefix + token, timeout=0.5).acquire()
    turn = await assistant.reply(token, text="Mijn vader slaat mij. Mag dat?")
    assert "geweld_thuis" in {m.get("topic") for m in turn.messages}
    assert conversations._LOCK_LIVES < conversations._LOCK_WAIT < PATIENCE
    await assistant.forget(token)
