"""The console on SQLite and on PostgreSQL: every test that asks for `url` runs on both."""
from __future__ import annotations

import os
import secrets
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from bot.knowledge.library import Knowledge, load_knowledge, use_knowledge
from bot.settings import Settings
from bot.store import accounts
from bot.store.database import session, upgrade
from bot.web.app import create_app
from tests.console.stand_in import StandIn

POSTGRES = os.environ.get("TEST_DATABASE_URL", "postgresql://127.0.0.1:5432/test")


@lru_cache(maxsize=1)
def _read() -> Knowledge:
    return load_knowledge()


def fresh_content() -> Knowledge:
    """The content with dictionaries of its own."""
    read = _read()
    return replace(read, topics=dict(read.topics), contacts=dict(read.contacts))


PASSPHRASE = "vier gewone woorden hier"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path: Path):
    """An empty, migrated database. On PostgreSQL a schema of its own, dropped afterwards."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path / 'console.db'}"
        upgrade(address)
        yield address
        return
    schema = f"t_{secrets.token_hex(6)}"
    server = create_engine(POSTGRES, future=True)
    try:
        with server.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
    except OperationalError:
        pytest.fail(f"PostgreSQL does not answer at {server.url!r}. tests/console/compose.yml starts one and says how.", False)
    address = f"{POSTGRES}{'&' if '?' in POSTGRES else '?'}options=-csearch_path%3D{schema}"
    upgrade(address)
    yield address
    from bot.store.database import engine

    engine(address).dispose()
    with server.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    server.dispose()


@pytest.fixture()
def content():
    """The content as it is in the files, read once; again after the test, whatever the test did to it."""
    use_knowledge(fresh_content())
    yield
    use_knowledge(fresh_content())


@pytest.fixture()
def application(url, content, tmp_path):
    """The application with a stand-in for the model, which is there at once."""
    app = create_app(Settings(database_url=url, model_dir=tmp_path / "models"), load=StandIn)
    app.state.assistant = StandIn()
    return app


@pytest.fixture()
def someone(url, application):
    """Makes an account with a passphrase and signs in; gives a client that keeps the cookie."""
    clients = []

    async def make(name: str, role: str = "tester") -> httpx.AsyncClient:
        with session(url) as db:
            _, token = accounts.add_volunteer(db, name, role)
        with session(url) as db:
            accounts.set_passphrase(db, token, PASSPHRASE, PASSPHRASE)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(application, raise_app_exceptions=False),
                                   base_url="http://test")
        clients.append(client)
        answer = await client.post("/vrijwilligers/inloggen", data={"name": name, "passphrase": PASSPHRASE})
        assert answer.status_code == 303, answer.text
        return client

    return make
