"""The real thing is broken while conversations go on. A person in crisis still gets help; others an answer or the help card."""
from __future__ import annotations

import asyncio
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import tarfile
import threading
import time
from contextlib import contextmanager

import httpx
import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import make_url

from bot.assistant import Assistant, newest_model
from bot.knowledge import library
from bot.operations.reload import reload_knowledge
from bot.operations.selfcheck import Canary, SelfCheckFailed, canaries, self_check
from bot.settings import ROOT, Settings
from bot.store.counts import Counts
from bot.store.database import engine, make_engine, upgrade
from tests.trust.cable import Cable
from tests.trust.conftest import application, begin
from tests.trust.servers import Server, free_port
from tests.trust.volunteers import Judge, judges, signed_in


async def still_helps(client, token: str | None = None) -> dict:
    """Somebody in danger gets help and somebody else an answer or the help card. Gives the other's last message."""
    token = token or await begin(client)
    answer = await client.post(f"/api/conversations/{token}/messages", json={"text": "ik wil dood"})
    assert answer.status_code == 200 and answer.json()["messages"][0]["type"] == "crisis", answer.text
    assert {"113", "112"} & {c["phone"] for c in answer.json()["messages"][0]["contacts"]}
    answer = await client.post(f"/api/conversations/{token}/messages", json={"text": "Mijn vader slaat mij. Mag dat?"})
    assert answer.status_code == 200
    messages = answer.json()["messages"]
    assert any(m["contacts"] for m in messages)
    return messages[-1]


# -- the database


@contextmanager
def gone(file):
    # Its place is taken by a file that is no database.
    engine(f"sqlite:///{file}").dispose()
    away = file.with_name("away")
    away.mkdir()
    for part in file.parent.glob(f"{file.name}*"):
        part.rename(away / part.name)
    file.write_bytes(b"no database at all" * 100)
    yield
    engine(f"sqlite:///{file}").dispose()
    for part in (away / file.name, *away.glob(f"{file.name}-*")):
        part.rename(file.with_name(part.name))


@contextmanager
def locked(file):
    lock = sqlite3.connect(file, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    yield
    lock.execute("ROLLBACK")
    lock.close()


@contextmanager
def read_only(file):
    # Root may write anywhere, so SQLite itself is told that it may not.
    pool = engine(f"sqlite:///{file}")

    def forbid(connection, _record, _proxy) -> None:
        connection.execute("PRAGMA query_only=ON")

    event.listen(pool, "checkout", forbid)
    yield
    event.remove(pool, "checkout", forbid)
    pool.dispose()


@contextmanager
def full_disk(_file):
    # The kernel refuses every byte that would make a file longer than this.
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def _counted(client, app, judge) -> tuple[bool, bool]:
    """While children go on: writes the counts and judges an answer. Whether each was written."""
    written, kept, _ = await asyncio.gather(asyncio.to_thread(app.state.counts.flush), judges(client, judge),
                                            still_helps(client))
    return written, kept


@pytest.mark.parametrize("broken", [gone, locked, read_only, full_disk])
async def test_the_database(assistant, tmp_path, broken):
    file = tmp_path / "test.db"
    url = f"sqlite:///{file}"
    upgrade(url)
    async with application(lambda: assistant, Settings(database_url=url)) as (app, client):
        counts: Counts = app.state.counts
        judge = await signed_in(client, url)
        await still_helps(client)
        assert counts.flush() and counts.waiting() == 0
        assert await judges(client, judge)
        with broken(file):
            assert (await still_helps(client))["type"] == "answer"
            assert await _counted(client, app, judge) == (False, False)
            assert (await still_helps(client))["type"] == "answer"
        assert counts.waiting() == 2
        # Whole again: what waited is written, nothing is lost and nothing is there twice.
        assert counts.flush() and counts.waiting() == 0
        assert await judges(client, judge)
    with sqlite3.connect(file) as database:
        rows = dict(database.execute("SELECT what, SUM(count) FROM daily_count GROUP BY what"))
    assert rows == {"crisis": 4, "answered": 4}
    assert judge.stored() == judge.kept == ["notitie 1", "notitie 3"]


async def test_a_lock_that_does_not_last_costs_a_volunteer_nothing(assistant, tmp_path):
    file = tmp_path / "test.db"
    url = f"sqlite:///{file}"
    upgrade(url)
    async with application(lambda: assistant, Settings(database_url=url)) as (_, client):
        judge = await signed_in(client, url)
        with locked(file):
            waits = asyncio.create_task(judges(client, judge))
            await asyncio.sleep(0.5)
            assert not waits.done()
        assert await waits
    assert judge.stored() == judge.kept == ["notitie 1"]


async def test_postgresql_gone_and_back(assistant, postgres):
    address = make_url(postgres)
    cable = await Cable(address.host or "127.0.0.1", address.port or 5432).plug_in()
    url = address.set(host="127.0.0.1", port=cable.port).render_as_string(hide_password=False)
    async with application(lambda: assistant, Settings(database_url=url)) as (app, client):
        # The account is made over the real address: that call would hold up the relay, which lives in this thread.
        judge = await asyncio.to_thread(Judge, postgres)
        assert (await client.post("/vrijwilligers/inloggen", data=await asyncio.to_thread(judge.account))).status_code == 303
        judge.shown(await client.post("/vrijwilligers/proberen", data={"question": "ik word gepest", "audience": "kind"}))
        await still_helps(client)
        assert await _counted(client, app, judge) == (True, True)
        await cable.pull_out()
        assert await _counted(client, app, judge) == (False, False)
        assert (await still_helps(client))["type"] == "answer"
        await cable.plug_in()
        assert await _counted(client, app, judge) == (True, True)
        await asyncio.to_thread(app.state.counts.flush)
    await cable.pull_out()
    engine(url).dispose()
    own = make_engine(postgres)
    with own.connect() as connection:
        rows = dict(connection.execute(text("SELECT what, SUM(count) FROM daily_count GROUP BY what")).fetchall())
    own.dispose()
    assert rows == {"crisis": 5, "answered": 5}
    assert judge.stored() == judge.kept == ["notitie 1", "notitie 3"]


# -- the model


@pytest.mark.parametrize("broken", ["corrupt", "half", "empty", "other_version", "not_there"])
async def test_a_model_that_cannot_be_used_is_refused_and_the_help_card_stays(trained_model, tmp_path, broken, caplog):
    folder = tmp_path / "models"
    folder.mkdir()
    file = folder / "model.tar.gz"
    whole = trained_model.read_bytes()
    if broken == "corrupt":
        middle = len(whole) // 2
        file.write_bytes(whole[:middle] + os.urandom(5000) + whole[middle + 5000:])
    elif broken == "half":
        file.write_bytes(whole[: len(whole) // 2])
    elif broken == "empty":
        file.write_bytes(b"")
    elif broken == "other_version":
        with tarfile.open(trained_model) as archive:
            archive.extractall(tmp_path / "open", filter="data")
        metadata = tmp_path / "open" / "metadata.json"
        known = metadata.read_text()
        assert '"rasa_open_source_version": "3.6' in known
        metadata.write_text(known.replace('"rasa_open_source_version": "3.6', '"rasa_open_source_version": "2.8'))
        with tarfile.open(file, "w:gz") as archive:
            archive.add(tmp_path / "open", arcname=".")
    chosen = Settings(database_url=f"sqlite:///{tmp_path / 'test.db'}", model_dir=folder)
    async with application(lambda: Assistant(chosen=chosen), chosen) as (app, client):
        assert app.state.assistant is None and "make train" in app.state.problem
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.get("/health/ready")).json()["status"] == "failed"
        assert (await client.get("/api/help")).json()["contacts"][0]["tel"] == "112"
        assert "tel:112" in (await client.get("/")).text
        answer = await client.post("/api/conversations/abc/messages", json={"text": "ik wil dood"})
        assert answer.status_code == 200 and answer.json()["messages"][0]["type"] == "crisis"
        assert (await client.post("/api/conversations")).status_code == 503
    assert "Traceback" not in caplog.text


def test_an_older_model_can_be_chosen(trained_model, tmp_path):
    for name in ("old.tar.gz", "new.tar.gz"):
        shutil.copy(trained_model, tmp_path / name)
    os.utime(tmp_path / "old.tar.gz", (1, 1))
    from bot.assistant import chosen_model

    assert newest_model(tmp_path).name == "new.tar.gz"
    assert chosen_model(Settings(model_dir=tmp_path, model="old.tar.gz")).name == "old.tar.gz"
    with pytest.raises(FileNotFoundError, match="KRW_MODEL"):
        chosen_model(Settings(model_dir=tmp_path, model="gone.tar.gz"))


# -- the check at start


async def test_the_present_model_passes_all_canaries(assistant):
    assert await self_check(assistant) == 20
    assert sum(c.crisis for c in canaries()) >= 10


async def test_a_model_that_misses_danger_is_not_served(assistant, tmp_path, monkeypatch):
    blind = [Canary("hoe laat is het", ("crisis_suicide",), True)]
    with pytest.raises(SelfCheckFailed, match="KRW_MODEL"):
        await self_check(assistant, blind)
    wrong = [Canary("hallo", ("wonen_dakloos",), False)] * 2
    with pytest.raises(SelfCheckFailed):
        await self_check(assistant, wrong)
    assert await self_check(assistant, wrong[:1]) == 1, "one of the others may be wrong"


async def test_a_model_that_only_fails_is_not_served(trained_model):
    broken = Assistant(trained_model)

    async def fail(_text):
        raise RuntimeError

    broken.understand = fail
    with pytest.raises(SelfCheckFailed):
        await self_check(broken)


# -- inside a turn


async def test_a_graph_component_that_raises(trained_model, chosen, monkeypatch, caplog):
    from bot.nlu.topic_classifier import TopicClassifier

    works, broken = TopicClassifier.process, []

    def process(self, messages):
        if broken:
            raise ValueError("kanarie in de fout: " + str(messages[0].data))
        return works(self, messages)

    # Before loading: Rasa's graph keeps the function it finds then.
    monkeypatch.setattr(TopicClassifier, "process", process)
    own = Assistant(trained_model)
    async with application(lambda: own, chosen) as (_, client):
        token = await begin(client)
        broken.append(True)
        assert "112" in {c["tel"] for c in (await still_helps(client, token))["contacts"]}
        assert "krw_failed_turns_total 2.0" in (await client.get("/metrics")).text
        broken.clear()
        assert (await still_helps(client, token))["type"] == "answer"
    assert "kanarie" not in caplog.text and "slaat" not in caplog.text


async def test_an_action_that_raises(trained_model, chosen, monkeypatch, caplog):
    from rasa_sdk.executor import ActionExecutor

    own = Assistant(trained_model)
    async with application(lambda: own, chosen) as (_, client):
        token = await begin(client)

        async def broken(self, call):
            raise ValueError("kanarie " + str(call)[:50])

        monkeypatch.setattr(ActionExecutor, "run", broken)
        assert "112" in {c["tel"] for c in (await still_helps(client, token))["contacts"]}
        monkeypatch.undo()
        assert (await still_helps(client, token))["type"] == "answer"
    assert "kanarie" not in caplog.text


async def test_even_the_rules_may_fail(chosen, trained_model, monkeypatch):
    """Nothing works any more: the numbers are shown to everybody."""
    own = Assistant(trained_model)
    async with application(lambda: own, chosen) as (_, client):
        token = await begin(client)
        from bot.nlu.crisis_rules import CrisisRules

        def broken(self, doc):
            raise RuntimeError

        monkeypatch.setattr(CrisisRules, "find", broken)
        answer = await client.post(f"/api/conversations/{token}/messages", json={"text": "ik wil dood"})
        assert answer.status_code == 200
        assert [c["tel"] for c in answer.json()["messages"][0]["contacts"]][0] == "112"


@pytest.mark.parametrize("jump", [-86400 * 365, 86400 * 365, 3600])
async def test_a_clock_that_jumps(trained_model, chosen, monkeypatch, jump):
    own = Assistant(trained_model)
    real = time.time
    async with application(lambda: own, chosen) as (_, client):
        token = await begin(client)
        await still_helps(client, token)
        monkeypatch.setattr(time, "time", lambda: real() + jump)
        assert (await still_helps(client, token))["type"] == "answer"
        monkeypatch.undo()
        assert (await still_helps(client, token))["type"] == "answer", "the conversation was lost when the clock went back"


# -- the content


def test_content_with_a_mistake_is_refused_and_the_last_good_one_stays(tmp_path, knowledge):
    folder = tmp_path / "data" / "knowledge"
    shutil.copytree(ROOT / "data" / "knowledge", folder)
    library.use_knowledge(library.load_knowledge(folder).without_contacts(["kindertelefoon"]))
    good = library.knowledge()
    topic = next((folder / "topics" / "geweld").glob("geweld_thuis.yml"))
    right = topic.read_text(encoding="utf-8")
    try:
        for broken in (right[: len(right) // 2] + "\n  : [", "", right.replace("geweld_thuis", "iets_anders"), "\x00\x01"):
            topic.write_text(broken, encoding="utf-8")
            assert reload_knowledge(good.topics, folder), broken[:30]
            assert library.knowledge() is good
        topic.unlink()
        assert any("geweld_thuis" in problem for problem in reload_knowledge(good.topics, folder))
        assert library.knowledge() is good
        topic.write_text(right, encoding="utf-8")
        assert reload_knowledge(good.topics, folder) == []
        assert library.knowledge() is not good and library.knowledge().switched_off == {"kindertelefoon"}
        shutil.rmtree(folder)
        assert reload_knowledge(good.topics, folder) and library.knowledge().topics
    finally:
        library.use_knowledge(knowledge)


# -- the process


def test_killed_and_started_again_and_content_reloaded_by_signal(trained_model, tmp_path):
    """SIGKILL in the middle of conversations; what was counted and written is there, and it serves again."""
    with Server(tmp_path, KRW_MODEL=trained_model.name, KRW_MODEL_DIR=str(trained_model.parent)) as server:
        upgrade(server.environment["KRW_DATABASE_URL"])
        server.start().wait()
        with httpx.Client(base_url=server.url, timeout=20) as http:
            token = http.post("/api/conversations").json()["conversation"]
            path = f"/api/conversations/{token}/messages"
            assert http.post(path, json={"text": "Mijn vader slaat mij. Mag dat?"}).status_code == 200
            server.process.send_signal(signal.SIGHUP)
            until = time.monotonic() + 20
            while 'krw_content_reloads_total{outcome="done"} 1.0' not in http.get("/metrics").text:
                assert time.monotonic() < until
                time.sleep(0.05)
            assert http.post(path, json={"choice": "gesprek_bellen"}).status_code == 200
        # A volunteer is at work when it is killed.
        judge = Judge(server.environment["KRW_DATABASE_URL"])
        works = threading.Thread(target=_judge_until_it_is_gone, args=(server.url, judge))
        works.start()
        until = time.monotonic() + 60
        while len(judge.kept) < 5:
            assert works.is_alive() and time.monotonic() < until
            time.sleep(0.01)
        assert server.stop(signal.SIGKILL) == -signal.SIGKILL
        works.join(30)
        server.start().wait()
        with httpx.Client(base_url=server.url, timeout=20) as http:
            # Conversations in memory are gone, by design; a new one begins.
            assert http.post(path, json={"text": "hallo"}).status_code == 404
            token = http.post("/api/conversations").json()["conversation"]
            answer = http.post(f"/api/conversations/{token}/messages", json={"text": "ik wil dood"})
            assert answer.json()["messages"][0]["type"] == "crisis"
        # An ordinary stop writes what was counted.
        assert server.stop() in (0, -signal.SIGTERM)
    with sqlite3.connect(tmp_path / "test.db") as database:
        assert database.execute("SELECT SUM(count) FROM daily_count WHERE what = 'crisis'").fetchone() == (1,)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    # All that was said to be kept is there once; the one that was on its way may be.
    stored = judge.stored()
    assert stored[:len(judge.kept)] == judge.kept and len(stored) <= len(judge.kept) + 1


def _judge_until_it_is_gone(url: str, judge: Judge) -> None:
    with httpx.Client(base_url=url, timeout=20) as http:
        assert http.post("/vrijwilligers/inloggen", data=judge.account()).status_code == 303
        judge.shown(http.post("/vrijwilligers/proberen", data={"question": "ik word gepest", "audience": "kind"}))
        while True:
            try:
                judge.judged(http.post("/vrijwilligers/oordeel", data=judge.form()))
            except httpx.TransportError:
                return


# -- Redis


@pytest.fixture()
def own_redis(tmp_path):
    """A Redis of our own that a test may kill."""
    port = free_port()

    def start() -> subprocess.Popen:
        process = subprocess.Popen(["redis-server", "--port", str(port), "--save", "", "--appendonly", "no", "--bind",
                                    "127.0.0.1", "--dir", str(tmp_path)], stdout=subprocess.DEVNULL)
        import redis

        until = time.monotonic() + 10
        while True:
            try:
                redis.Redis(port=port).ping()
                return process
            except redis.ConnectionError:
                assert time.monotonic() < until
                time.sleep(0.02)

    running = [start()]
    yield port, running, start
    running[-1].kill()
    running[-1].wait()


async def test_redis_gone_and_back(trained_model, tmp_path, own_redis, monkeypatch):
    import redis

    from bot import conversations

    monkeypatch.setattr(conversations, "_REDIS_AGAIN", 0.2)
    port, running, start = own_redis
    url = f"redis://127.0.0.1:{port}/0"
    chosen = Settings(database_url=f"sqlite:///{tmp_path / 'test.db'}", redis_url=url)
    own = Assistant(trained_model, chosen=chosen)
    async with application(lambda: own, chosen) as (_, client):
        token, erased = await begin(client), await begin(client)
        assert (await still_helps(client, token))["type"] == "answer"
        running[-1].kill()
        running[-1].wait()
        # Answers go on, in this process's memory; erasing is remembered.
        assert (await still_helps(client, token))["type"] == "answer"
        assert (await still_helps(client))["type"] == "answer"
        assert (await client.delete(f"/api/conversations/{erased}")).status_code == 204
        assert own.store._to_delete == {erased}
        running.append(start())
        left = redis.Redis(port=port, decode_responses=True)
        left.set("tracker:" + erased, own.store.serialise_tracker(await own.store._standby.create_tracker("x")))
        time.sleep(0.25)
        assert (await still_helps(client, token))["type"] == "answer"
        assert left.get("tracker:" + token) and not left.get("tracker:" + erased) and not own.store._to_delete
        # It lives in Redis again and nowhere else.
        assert token not in own.store._standby._held
