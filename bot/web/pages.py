"""Server-rendered pages: they work on any phone, without JavaScript."""
from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from bot.assistant import MAX_TEXT, NotOffered, TooManyTurns, UnknownConversation
from bot.conversations import TooManyConversations
from bot.knowledge.library import knowledge
from bot.knowledge.messages import Messages
from bot.nlu.normalise import clean
from bot.web.chat_api import heard
from bot.web.first_aid import first_aid, too_often
from bot.web.queue import Busy

router = APIRouter(include_in_schema=False)
templates = Jinja2Templates(directory=Path(__file__).parent / "templates", trim_blocks=True, lstrip_blocks=True)


def page(request: Request, name: str, status: int = 200, **values: Any) -> HTMLResponse:
    return templates.TemplateResponse(request, name, values, status_code=status)


def _audience(value: Optional[str]) -> str:
    return "ouder" if value == "ouder" else "kind"


@router.get("/vraag")
async def plain_chat(request: Request) -> HTMLResponse:
    """The chat without JavaScript."""
    messages = Messages(knowledge(), "kind")
    return page(request, "ask.html", said=None, messages=[messages.welcome()], token="", error="",
                help=messages.emergency_contacts(), max_text=MAX_TEXT, first=True)


@router.post("/vraag")
async def ask(request: Request, text: str = Form(""), choice: str = Form(""), token: str = Form(""),
              action: str = Form("")) -> HTMLResponse:
    """One turn of the conversation on the plain page. The typed text is in the body, never in an address."""
    helpers = Messages(knowledge(), "kind").emergency_contacts()
    assistant = request.app.state.assistant

    def show(messages: list, error: str = "", status: int = 200, said: str | None = None,
             keep: str = "") -> HTMLResponse:
        return page(request, "ask.html", status, said=said, messages=messages, token=keep, error=error, help=helpers,
                    max_text=MAX_TEXT, first=False)

    def wait(status: int, sentence: str) -> HTMLResponse:
        # Somebody in danger is helped also when there is no model, or no room.
        if crisis := first_aid(request, text):
            return show(crisis, said=text, keep=token)
        return show([], sentence, status, keep=token)

    busy = Messages(knowledge(), "kind").knowledge.phrase("busy", "kind")
    text = clean(text)
    if assistant is None:
        return wait(503, "Ik word nog wakker. Probeer het over een halve minuut nog een keer.")
    if action == "wis":
        try:
            await assistant.forget(token)
        except Busy:
            return wait(503, busy)
        return show([Messages(knowledge(), "kind").welcome()], "Alles is gewist.")
    if too_often(request, token or None):
        return wait(429, busy)
    if not text and not choice:
        return show([], "Typ eerst je vraag.", 422, keep=token)
    if len(text) > MAX_TEXT:
        return show([], f"Je vraag is te lang. Gebruik hooguit {MAX_TEXT} tekens.", 422, keep=token)
    try:
        if not token:
            token, _ = await assistant.start()
        try:
            turn = await assistant.reply(token, text=None if choice else text, choice=choice or None)
        except (UnknownConversation, TooManyTurns):
            # A conversation that is over begins anew; what was typed is still answered.
            token, _ = await assistant.start()
            turn = await assistant.reply(token, text=None if choice else text, choice=choice or None)
    except (Busy, TooManyConversations):
        request.app.state.metrics.shed.labels("queue").inc()
        return wait(503, busy)
    except NotOffered:
        return show([Messages(knowledge(), "kind").welcome()], "Die keuze is er niet meer. Stel je vraag opnieuw.", 422)
    heard(request, turn, chosen=bool(choice))
    said = text if not choice else Messages(knowledge(), "kind").choice(choice)["title"]
    return show(turn.messages, said=said, keep=token)


def api_docs(request: Request, schema: dict[str, Any]) -> HTMLResponse:
    """The OpenAPI description as a plain page: no script, nothing from elsewhere."""
    return page(request, "api_docs.html", schema=schema)
