"""The database: engine, sessions and migrations. SQLite by default, PostgreSQL in production.

What is kept: volunteers' work and counts. Never what a child typed.
"""
from __future__ import annotations

from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Iterator

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.settings import settings

MIGRATIONS = Path(__file__).parent / "migrations"


class StoreError(RuntimeError):
    """The database cannot be used; the message says what to do and holds no secrets."""


def make_engine(url: str) -> Engine:
    """An engine for `url`; for SQLite with foreign keys, a write-ahead log and patience when locked."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, future=True, connect_args={"timeout": 10, "check_same_thread": False})

        @event.listens_for(engine, "connect")
        def _set_up(connection, _record) -> None:  # noqa: ANN001
            # The driver would begin a transaction at the first write only; see _begin.
            connection.isolation_level = None
            cursor = connection.cursor()
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.close()

        @event.listens_for(engine, "begin")
        def _begin(connection) -> None:  # noqa: ANN001
            # The lock comes before the first read: what was read cannot have changed when it is written.
            connection.exec_driver_sql("BEGIN IMMEDIATE")

        return engine
    return create_engine(url, future=True, pool_pre_ping=True, pool_size=5, max_overflow=5)


@lru_cache(maxsize=4)
def engine(url: str | None = None) -> Engine:
    """The engine of this process."""
    return make_engine(url or settings().database_url)


@contextmanager
def session(url: str | None = None) -> Iterator[Session]:
    """A session that commits at the end, or rolls back when anything failed."""
    with Session(engine(url), future=True) as open_session, open_session.begin():
        yield open_session


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    return config


def upgrade(url: str | None = None, revision: str = "head") -> str:
    """Brings the database to `revision` and says what it did.

    Raises:
        StoreError: it cannot be reached or written.
    """
    url = url or settings().database_url
    config = _config(url)
    shown = make_url(url).render_as_string(hide_password=True)
    try:
        before = current_revision(url)
        command.upgrade(config, revision)
        after = current_revision(url)
    except (SQLAlchemyError, OSError) as error:
        raise StoreError(f"The database {shown} cannot be used: {type(error).__name__}. "
                         "Check KRW_DATABASE_URL and whether the database runs.") from None
    return f"Database is up to date ({after})." if before == after else f"Database brought from {before} to {after}."


def current_revision(url: str | None = None) -> str | None:
    """The revision of the database, None when it is empty."""
    with engine(url or settings().database_url).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    return ScriptDirectory.from_config(_config("")).get_current_head()
