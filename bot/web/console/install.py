"""Puts the console into the application: its pages, its error pages, its uploads, and the contacts it switches off."""

from __future__ import annotations

import asyncio
import logging
from http.cookies import CookieError, SimpleCookie
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Scope

from bot.review.runner import launch
from bot.settings import ROOT
from bot.store import accounts
from bot.store import contacts as contact_store
from bot.store.database import session
from bot.store.models import Volunteer
from bot.web.console import contacts, home, outside, proposals, sets, sign_in, texts, topics, trying
from bot.web.console.access import COOKIE, ROOT_PATH, Refused, SignInFirst, show, signed_in
from bot.web.problems import problem_response

logger = logging.getLogger(__name__)
UPLOAD_PATH = f"{ROOT_PATH}/testsets"
MAX_UPLOAD = 5_000_000  # bytes
CONTACTS_EVERY = 2  # seconds between looks at which contacts are switched off


def install_console(app: FastAPI) -> None:
    """Adds everything of the console to `app`. Tests replace the two things on `app.state`."""
    app.state.review_root = ROOT  # where the questions and texts are
    app.state.launch_run = launch
    for part in (home, sign_in, trying, proposals, topics, sets, texts, contacts, outside):
        app.include_router(part.router, prefix=ROOT_PATH, include_in_schema=False)

    @app.get(ROOT_PATH + "/{rest:path}", include_in_schema=False)
    async def _nowhere(rest: str, _: Volunteer = Depends(signed_in())) -> Response:
        # Last: also for an address that takes forms only, when somebody opens it again from the address bar.
        raise Refused(404, "Deze bladzijde is er niet.")

    @app.exception_handler(Refused)
    async def _refused(request: Request, error: Refused) -> Response:
        return show(request, "console_error.html", error.status, sentence=error.sentence)

    @app.exception_handler(SignInFirst)
    async def _sign_in_first(request: Request, _: SignInFirst) -> Response:
        if request.headers.get("accept", "").startswith("application/json"):
            return problem_response(401, "sign-in", "Sign in first.")
        # A cookie that opens nothing: signed in once, and away for too long.
        late = "?verlopen=1" if COOKIE in request.cookies else ""
        return RedirectResponse(f"{ROOT_PATH}/inloggen{late}", 303, headers={"Cache-Control": "no-store"})

    @app.exception_handler(SQLAlchemyError)
    async def _no_database(request: Request, error: SQLAlchemyError) -> Response:
        # The error's text may hold what somebody typed: only its kind is logged.
        logger.error("The console's database cannot be used: %s", type(error).__name__)
        return show(
            request,
            "console_error.html",
            503,
            sentence="De database doet het nu niet. Er is niets bewaard. Probeer het straks opnieuw, of vraag de "
            "beheerder (kinderrechten db upgrade).",
        )


def _signed_in(url: str, cookies: str) -> bool:
    try:
        morsel = SimpleCookie(cookies).get(COOKIE)
        with session(url) as db:
            return morsel is not None and accounts.session_owner(db, morsel.value) is not None
    except (CookieError, SQLAlchemyError):
        return False


async def upload_limit(scope: Scope) -> int:
    """How many bytes this request may bring: more than usual for a signed-in volunteer's test set, 0 means as usual."""
    if scope["method"] != "POST" or scope["path"] != UPLOAD_PATH:
        return 0
    cookies = dict(scope["headers"]).get(b"cookie", b"").decode("latin-1")
    url = scope["app"].state.settings.database_url
    return MAX_UPLOAD if await asyncio.to_thread(_signed_in, url, cookies) else 0


async def follow_contacts(app: Any) -> None:
    """Applies within seconds which contacts are switched off, whichever process a volunteer was talking to."""
    while True:
        await asyncio.to_thread(contact_store.apply, app.state.settings.database_url)
        await asyncio.sleep(CONTACTS_EVERY)
