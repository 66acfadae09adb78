"""Who may do what in the console: sessions, roles, requests from other sites, and how a page is shown."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Callable, Iterator

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from bot.store import accounts
from bot.store.database import session
from bot.store.models import Volunteer
from bot.web.console.words import (
    ROLES,
    clock,
    day_words,
    detail_words,
    model_words,
    number,
    percent,
    subject_words,
    topic_title,
    words,
)
from bot.web.pages import templates

ROOT_PATH = "/vrijwilligers"
COOKIE = "krw_vrijwilliger"

# The parts of the console, in the order of an hour's work: path, name, and the other paths that belong to it.
PARTS = (
    ("/proberen", "Proberen", ("/oordeel",)),
    ("/voorstellen", "Voorstellen", ()),
    ("/onderwerpen", "Onderwerpen", ()),
    ("/testsets", "Testsets", ("/metingen", "/vergelijk")),
    ("/teksten", "Teksten", ("/tekstvoorstellen",)),
    ("/contacten", "Contacten", ()),
    ("/buiten", "Aantallen", ()),
)


def part_of(path: str) -> tuple[str, str] | None:
    """The part of the console (path, name) that a page belongs to."""
    here = path.removeprefix(ROOT_PATH)
    return next(((own, name) for own, name, more in PARTS if here.startswith((own, *more))), None)


templates.env.filters.update(clock=clock, day_words=day_words, percent=percent, number=number, topic_title=topic_title,
                             model_words=model_words)
templates.env.globals.update(words=words, role_words=ROLES, pct=percent, whole=str, subject_words=subject_words, detail_words=detail_words,
                             console_parts=PARTS)


class Refused(Exception):
    """A page that says in one Dutch sentence why something cannot be done."""

    def __init__(self, status: int, sentence: str):
        self.status, self.sentence = status, sentence
        super().__init__(sentence)


class SignInFirst(Exception):
    """Nobody is signed in."""


@contextmanager
def database(request: Request) -> Iterator[Session]:
    """A session of the console's database that commits at the end. Objects stay readable afterwards."""
    with session(request.app.state.settings.database_url) as db:
        db.expire_on_commit = False
        yield db


def own_site(request: Request) -> None:
    """Refuses what another site's page sends: its form would otherwise act in the volunteer's name."""
    if request.method in ("GET", "HEAD"):
        return
    came_from = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if came_from is not None:
        fine = came_from in ("same-origin", "none")
    elif origin is not None:
        # Older browsers name only the origin.
        fine = origin.lower().split("://")[-1] == request.headers.get("host", "").lower()
    else:
        fine = True  # no browser: no other site's page, and no cookie that came along by itself
    if not fine:
        raise Refused(403, "Dit verzoek kwam van een andere site en is geweigerd.")


def signed_in(needed: str = "tester") -> Callable[[Request], Volunteer]:
    """A dependency: the volunteer who is signed in and may do what `needed` may. Checked on the server, each time."""

    def check(request: Request) -> Volunteer:
        own_site(request)
        with database(request) as db:
            volunteer = accounts.session_owner(db, request.cookies.get(COOKIE, ""))
        if volunteer is None:
            raise SignInFirst
        request.state.volunteer = volunteer
        if not accounts.allows(volunteer.role, needed):
            raise Refused(403, f"Dit kan alleen een {ROLES[needed]}.")
        return volunteer

    return check


def show(request: Request, template: str, status: int = 200, /, **values: Any) -> HTMLResponse:
    """A page of the console. It is never kept by the browser or anything in between."""
    volunteer = getattr(request.state, "volunteer", None)
    role = volunteer.role if volunteer else ""
    values.update(volunteer=volunteer, part=part_of(request.url.path), may=lambda needed: bool(role) and accounts.allows(role, needed))
    response = templates.TemplateResponse(request, template, values, status_code=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def go(path: str) -> RedirectResponse:
    """After a form: the browser fetches a page, so that reloading does nothing twice."""
    return RedirectResponse(ROOT_PATH + path, 303, headers={"Cache-Control": "no-store"})
