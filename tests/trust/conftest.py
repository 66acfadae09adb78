"""Shared by the trust tests: the application in this process with the real model, and a real server process."""
from __future__ import annotations

import asyncio
import secrets
from contextlib import asynccontextmanager

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from bot.settings import Settings
from bot.store.database import engine, make_engine, upgrade
from bot.web.app import create_app
from tests.trust.servers import POSTGRES, Server


@asynccontextmanager
async def application(load, chosen: Settings):
    """The application, started, and a client for it. `load` makes the assistant."""
    app = create_app(chosen, load=load)
    async with app.router.lifespan_context(app):
        while app.state.assistant is None and app.state.problem is None:
            await asyncio.sleep(0.01)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False),
                                     base_url="http://test", timeout=30) as http:
            yield app, http


@pytest.fixture()
def chosen(tmp_path) -> Settings:
    return Settings(database_url=f"sqlite:///{tmp_path / 'test.db'}")


@pytest_asyncio.fixture()
async def running(assistant, chosen):
    """(app, client) with the real assistant."""
    async with application(lambda: assistant, chosen) as both:
        yield both


@pytest_asyncio.fixture()
async def client(running):
    return running[1]


async def begin(client, audience=None) -> str:
    answer = await client.post("/api/conversations", json={"audience": audience})
    assert answer.status_code == 201, answer.text
    return answer.json()["conversation"]


@pytest.fixture()
def postgres():
    """A migrated schema of our own in the test database."""
    name = f"krw_{secrets.token_hex(6)}"
    admin = make_engine(POSTGRES)
    with admin.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    url = f"{POSTGRES}{'&' if '?' in POSTGRES else '?'}options=-csearch_path%3D{name}"
    upgrade(url)
    yield url
    engine(url).dispose()
    with admin.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
    admin.dispose()


@pytest.fixture(scope="session")
def watched(trained_model, tmp_path_factory):
    """A real server process at log level DEBUG that writes down whom it talks to."""
    folder = tmp_path_factory.mktemp("watched")
    server = Server(folder, watch=folder / "connections.txt", KRW_LOG_LEVEL="DEBUG", KRW_LOG_FORMAT="json",
                    KRW_MODEL=trained_model.name, KRW_MODEL_DIR=str(trained_model.parent))
    upgrade(server.environment["KRW_DATABASE_URL"])
    with server.start().wait():
        yield server
