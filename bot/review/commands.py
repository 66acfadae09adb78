"""What the command line does for the console, with its errors as sentences."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from bot.settings import Settings
from bot.store import accounts
from bot.store.database import session


class CommandError(RuntimeError):
    """The command could not be carried out; the message says what to do."""


_NO_DATABASE = "The database cannot be used. Is it there? Make it with: kinderrechten db upgrade"


def add_volunteer(chosen: Settings, name: str, role: str) -> str:
    """Makes an account (or a new link); returns what to print."""
    if role not in accounts.ROLES:
        raise CommandError(f"--role must be one of {', '.join(accounts.ROLES)}.")
    if not accounts.clean_name(name):
        raise CommandError("Give a name.")
    try:
        with session(chosen.database_url) as db:
            volunteer, token = accounts.add_volunteer(db, name, role)
            shown = f"{volunteer.name} ({volunteer.role})"
    except SQLAlchemyError:
        raise CommandError(_NO_DATABASE) from None
    base = (chosen.public_url or f"http://{chosen.host}:{chosen.port}").rstrip("/")
    return (
        f"{shown}: send this link, it works once and for {accounts.LINK_DAYS} days:\n"
        f"{base}/vrijwilligers/wachtzin/{token}"
    )


def export_accepted(chosen: Settings) -> str:
    """Writes what was accepted; returns what to print."""
    from bot.review.export import export

    try:
        return str(export(chosen.database_url))
    except SQLAlchemyError:
        raise CommandError(_NO_DATABASE) from None
