"""Signing in and out, and the one-time link to choose a passphrase."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from bot.store import accounts, audit
from bot.store.models import Volunteer
from bot.web.console.access import COOKIE, ROOT_PATH, database, go, own_site, show, signed_in

router = APIRouter()


@router.get("/inloggen")
def sign_in_page(request: Request, gekozen: str = "", verlopen: str = "") -> Response:
    said = "Je wachtzin is bewaard. Meld je nu aan." if gekozen else ""
    if verlopen:
        said = "Je was een tijd weg en bent daarom afgemeld. Meld je opnieuw aan."
    return show(request, "console_sign_in.html", said=said, error="", name="")


@router.post("/inloggen")
def sign_in(
    request: Request, name: str = Form("", max_length=200), passphrase: str = Form("", max_length=1000)
) -> Response:
    own_site(request)
    chosen = request.app.state.settings
    address = request.client.host if request.client else "-"
    error, status, token = "", 401, None
    with database(request) as db:
        try:
            accounts.check_brake(db, chosen.secret_key, name, address)
        except accounts.TooManyFailures as refused:
            error, status = str(refused), 429
        else:
            volunteer = accounts.right_passphrase(db, name, passphrase)
            if volunteer is None:
                # One sentence for both: it does not tell which names exist.
                error = "Deze naam en wachtzin horen niet bij elkaar."
                accounts.note_failure(db, chosen.secret_key, name, address)
            else:
                token = accounts.start_session(db, volunteer)
    if token is None:
        response = show(request, "console_sign_in.html", status, said="", error=error, name=name[:80])
        if status == 429:
            response.headers["Retry-After"] = str(int(accounts.WINDOW.total_seconds()))
        return response
    response = go("")
    response.set_cookie(
        COOKIE,
        token,
        max_age=accounts.SESSION_HOURS * 3600,
        path=ROOT_PATH,
        httponly=True,
        samesite="lax",
        secure=chosen.production,
    )
    return response


@router.post("/uitloggen")
def sign_out(request: Request, volunteer: Volunteer = Depends(signed_in())) -> Response:
    with database(request) as db:
        accounts.end_session(db, request.cookies.get(COOKIE, ""))
        audit.note(db, volunteer, "signed_out")
    response = go("/inloggen")
    response.delete_cookie(COOKIE, path=ROOT_PATH)
    return response


def _link_page(request: Request, token: str, status: int = 200, error: str = "") -> Response:
    with database(request) as db:
        owner = accounts.link_owner(db, token)
    return show(
        request,
        "console_passphrase.html",
        status if owner else 404,
        token=token,
        owner=owner,
        error=error,
        least=accounts.MIN_PASSPHRASE,
    )


@router.get("/wachtzin/{token}")
def passphrase_page(request: Request, token: str) -> Response:
    """Looking does not use the link up: programs that check e-mail follow links too."""
    return _link_page(request, token)


@router.post("/wachtzin/{token}")
def set_passphrase(
    request: Request, token: str, passphrase: str = Form("", max_length=1000), again: str = Form("", max_length=1000)
) -> Response:
    own_site(request)
    try:
        with database(request) as db:
            accounts.set_passphrase(db, token, passphrase, again)
    except accounts.AccountError as refused:
        return _link_page(request, token, 422, str(refused))
    return go("/inloggen?gekozen=1")
