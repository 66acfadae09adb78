"""The widget's files, the sites that may use it, and the few calls that only the widget makes.

The readable source is in `static/widget/`. It is joined here, when it is first asked for, into one `widget.js`: the
style and the emergency contacts are put inside, so that the help card needs no server. There is no build step.
"""
from __future__ import annotations

import gzip
import hashlib
import json
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.knowledge.library import EMERGENCY_CONTACTS, Knowledge, knowledge
from bot.web.problems import Problem, problem_response
from bot.web.queue import Busy

logger = logging.getLogger(__name__)
SOURCE = Path(__file__).parent / "static" / "widget"
# Joined in this order into one function: a file may use what the files before it define.
PARTS = ("texts.js", "dom.js", "hours.js", "personal.js", "announcer.js", "voice.js", "conversation.js", "leave.js",
         "cards.js", "reveal.js", "element.js", "start.js")
_LICENCE = "/*! Kinderrechtenwijzer, MIT licence; readable source in bot/web/static/widget/ */\n"

router = APIRouter()


# -- the files


def smaller_script(source: str) -> str:
    """`source` without comment lines and indentation.

    Only whole lines are dropped, so that nothing inside a text can change; comments stand on lines of their own and
    there are no template literals (tests/browser/test_files.py holds the sources to it).
    """
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def smaller_style(source: str) -> str:
    """`source` without comments and needless white space."""
    source = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    source = re.sub(r"\s+", " ", source)
    return re.sub(r" ?([{};,>]) ?", r"\1", source).replace(";}", "}").strip()


def help_contacts(content: Knowledge) -> dict[str, list[dict[str, Any]]]:
    """The emergency contacts as the widget carries them, for both readers; the browser works out who is open."""
    rows = {}
    for audience in ("kind", "ouder"):
        rows[audience] = [
            {"id": c.id, "name": c.name, "what": c.what.kind if audience == "kind" else c.what.ouder, "phone": c.phone,
             "tel": c.tel, "chat": c.chat, "cost": c.cost, "hours_text": c.hours_text,
             "hours": [span.dict(by_alias=True) for span in c.hours] if isinstance(c.hours, list) else c.hours}
            for c in content.contacts_for(EMERGENCY_CONTACTS, audience)]
    return rows


def _as_script(value: Any) -> str:
    # These two line ends are no characters of a text for browsers from before 2019.
    return json.dumps(value, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


@dataclass(frozen=True)
class Built:
    """A file as it is sent: plain, compressed, and the tag by which a browser knows that it has it already."""

    plain: bytes
    small: bytes
    etag: str

    @classmethod
    def of(cls, text: str) -> Built:
        plain = text.encode()
        return cls(plain, gzip.compress(plain, 9, mtime=0), f'"{hashlib.sha256(plain).hexdigest()[:20]}"')


def build_script(content: Knowledge, leave_url: str, style: str) -> str:
    """The whole widget as one script."""
    given = (
        "const SCRIPT = document.currentScript;\n"
        "const SERVER = SCRIPT && SCRIPT.src ? new URL(SCRIPT.src, location.href).origin : location.origin;\n"
        f"const LEAVE_URL = {_as_script(leave_url)};\nconst HELP = {_as_script(help_contacts(content))};\n"
        f"const CSS_TEXT = {_as_script(style)};\n")
    parts = "\n".join(smaller_script((SOURCE / name).read_text(encoding="utf-8")) for name in PARTS)
    return f"{_LICENCE}(function () {{\n'use strict';\n{given}{parts}\n}}());\n"


class _Files:
    """The built files, made anew when the content in use was replaced."""

    made_from: tuple[Any, ...] = ()
    script: Built
    style: Built

    @classmethod
    def get(cls, leave_url: str) -> type[_Files]:
        content = knowledge()
        stamps = tuple((SOURCE / name).stat().st_mtime_ns for name in (*PARTS, "widget.css"))
        made_from = (content, leave_url, stamps)
        if not cls.made_from or cls.made_from[0] is not content or cls.made_from[1:] != made_from[1:]:
            style = smaller_style((SOURCE / "widget.css").read_text(encoding="utf-8"))
            cls.style = Built.of(style)
            cls.script = Built.of(build_script(content, leave_url, style))
            cls.made_from = made_from
        return cls


def _send(request: Request, built: Built, media_type: str) -> Response:
    # A minute: the help card's numbers are inside, and one that was found to be wrong must not live on in a browser.
    headers = {"Cache-Control": "public, max-age=60", "ETag": built.etag, "Vary": "Accept-Encoding",
               "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
    if request.headers.get("if-none-match") == built.etag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(built.small, media_type=media_type, headers={**headers, "Content-Encoding": "gzip"})
    return Response(built.plain, media_type=media_type, headers=headers)


@router.get("/widget.js", include_in_schema=False)
async def script(request: Request) -> Response:
    return _send(request, _Files.get(request.app.state.settings.leave_url).script, "text/javascript")


@router.get("/widget.css", include_in_schema=False)
async def style(request: Request) -> Response:
    """For browsers that cannot make a style sheet in a script; the others have it inside widget.js."""
    return _send(request, _Files.get(request.app.state.settings.leave_url).style, "text/css")


# -- what only the widget calls


@router.get("/api/starters", tags=["chat"])
async def starters(response: Response, audience: Literal["kind", "ouder"] = "kind") -> dict:
    """Questions to begin with, by theme: each topic's own example question."""
    content = knowledge()
    response.headers["Cache-Control"] = "public, max-age=300"
    return {"themes": [
        {"id": theme.id, "title": theme.title.of(audience), "about": theme.about.of(audience),
         "questions": [{"topic": topic.topic, "question": topic.question.of(audience)}
                       for topic in content.topics_of(theme.id)]}
        for theme in content.themes.values() if theme.id != "crisis"]}


@router.post("/api/conversations/{token}/end", status_code=204, tags=["chat"])
async def end(request: Request, token: str) -> Response:
    """Deletes a conversation now, as DELETE does; a page that is closing can send this from another site."""
    assistant = request.app.state.assistant
    if assistant is None:
        raise Problem(503, "starting", "The assistant is starting.", {"Retry-After": "5"})
    try:
        await assistant.forget(token)
    except Busy:
        raise Problem(503, "busy", "It is very busy. Try again in a moment.", {"Retry-After": "3"}) from None
    return Response(status_code=204)


# -- which sites may use it


class AllowedOrigins:
    """ASGI middleware: lets the pages of the named sites call the API, and refuses the pages of all others.

    Refusing comes before anything is done: with CORS headers alone a foreign page could not read the answer, but its
    request would have been carried out.
    """

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]):
        self._app = app
        self._origins = frozenset(origin.rstrip("/").lower() for origin in origins)

    def _allows(self, origin: str) -> bool:
        return "*" in self._origins or origin.lower() in self._origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        own = origin is None or origin.lower().split("://")[-1] == headers.get("host", "").lower()
        if own:
            changes = scope["method"] not in ("GET", "HEAD", "OPTIONS")
            if origin is None and changes and headers.get("sec-fetch-site") == "cross-site":
                await self._refuse(scope, receive, send)
                return
            await self._app(scope, receive, self._with(send, None))
            return
        if not self._allows(origin):
            await self._refuse(scope, receive, send)
            return
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await Response(status_code=204, headers={
                "Access-Control-Allow-Origin": origin, "Vary": "Origin", "Access-Control-Max-Age": "7200",
                "Access-Control-Allow-Methods": "GET, POST, DELETE",
                "Access-Control-Allow-Headers": "Content-Type"})(scope, receive, send)
            return
        started = False
        answer = self._with(send, origin)

        async def noting(message: Message) -> None:
            nonlocal started
            started = True
            await answer(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:  # noqa: BLE001
            # An error that passes here would be answered without the headers that let the page read it, and the widget
            # would take it for "no internet". Its text may quote what was typed: only its kind is logged.
            logger.error("Unexpected error: %s", type(error).__name__)
            if not started:
                await problem_response(500, "internal", "Something went wrong on our side. In danger? Call 112.")(
                    scope, receive, answer)

    @staticmethod
    async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await problem_response(403, "origin", "This site may not use the chat: it is not in KRW_ALLOWED_ORIGINS.",
                               {"Vary": "Origin"})(scope, receive, send)

    @staticmethod
    def _with(send: Send, origin: str | None) -> Send:
        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")
                if origin:
                    headers["Access-Control-Allow-Origin"] = origin
                    headers["Access-Control-Expose-Headers"] = "Retry-After"
            await send(message)

        return send_with
