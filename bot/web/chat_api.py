"""The chat over HTTP: conversations, messages, the emergency contacts."""
from __future__ import annotations

import logging
from typing import Any, Literal, Optional

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, StrictStr, root_validator, validator
from pydantic.errors import DictError

from bot.assistant import MAX_TEXT, Assistant, NotOffered, TooManyTurns, UnknownConversation
from bot.conversations import TooManyConversations
from bot.knowledge.library import knowledge
from bot.knowledge.messages import Messages
from bot.nlu.normalise import clean
from bot.web.first_aid import first_aid, please_wait, too_often
from bot.web.problems import Problem
from bot.web.queue import Busy

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/api", tags=["chat"])


class Given(BaseModel):
    """A body: an object and nothing else. pydantic alone takes an empty list for an empty object."""

    class Config:
        extra = "forbid"

    @classmethod
    def validate(cls, value: Any) -> Any:
        if not isinstance(value, (dict, cls)):
            raise DictError()
        return super().validate(value)


class NewConversation(Given):
    """Who is asking, where that is known."""

    audience: Optional[Literal["kind", "ouder"]] = Field(None, description="kind (child), ouder (parent) or null")


class Said(Given):
    """What the person typed, or the id of a choice that was offered; one of the two."""

    text: Optional[StrictStr] = Field(None, description=f"free text, 1 to {MAX_TEXT} characters after trimming")
    choice: Optional[StrictStr] = Field(None, max_length=100, description="the id of a choice that was offered")

    @validator("text")
    def _trimmed(cls, value: Optional[str]) -> Optional[str]:
        if value is None:
            return None
        value = clean(value)
        if not value:
            raise ValueError("'text' is empty")
        if len(value) > MAX_TEXT:
            raise ValueError(f"'text' is longer than {MAX_TEXT} characters")
        return value

    @root_validator(skip_on_failure=True)
    def _one_of_two(cls, values: dict) -> dict:
        if (values.get("text") is None) == (values.get("choice") is None):
            raise ValueError("send either 'text' or 'choice'")
        return values


class Messages_(BaseModel):
    """The assistant's answer: one or more message objects (docs/api.md)."""

    messages: list[dict[str, Any]]

    class Config:
        title = "Messages"


class Started(Messages_):
    conversation: str = Field(description="the conversation's token; whoever has it can read and end the conversation")

    class Config:
        title = "Conversation"


def heard(request: Request, turn: Any, chosen: bool) -> None:
    """Counts one answered message, without anything about who asked or what was typed."""
    state = request.app.state
    try:
        state.counts.turn(turn.messages)
        state.metrics.turn(turn, chosen)
        if not chosen:
            state.forgetting.heard()
    except Exception as error:  # noqa: BLE001 - counting never stands between a person and the answer
        logger.error("Counting failed: %s", type(error).__name__)


def _assistant(request: Request) -> Assistant:
    assistant = getattr(request.app.state, "assistant", None)
    if assistant is None:
        raise Problem(503, "starting", "The assistant is starting. Try again in a moment. In danger? Call 112.",
                      {"Retry-After": "5"})
    return assistant


@router.post("/conversations", status_code=201, response_model=Started)
async def start_conversation(request: Request, body: Optional[NewConversation] = None) -> dict:
    """Begins a conversation. The token is random and lives at most 30 minutes after the last message."""
    if wait := too_often(request):
        request.app.state.metrics.shed.labels("limit").inc()
        raise please_wait(429, "too-often", "Too many requests. Try again in a moment. In danger? Call 112.", wait)
    try:
        token, messages = await _assistant(request).start(body.audience if body else None)
    except (TooManyConversations, Busy) as error:
        request.app.state.metrics.shed.labels("queue" if isinstance(error, Busy) else "memory").inc()
        raise please_wait(503, "busy", "It is very busy. Try again in a moment. In danger? Call 112.", 5) from None
    return {"conversation": token, "messages": messages}


@router.post("/conversations/{token}/messages", response_model=Messages_)
async def say(request: Request, token: str, body: Said) -> dict:
    """Says something in a conversation. The answer is never an empty list."""
    metrics = request.app.state.metrics
    if wait := too_often(request, token):
        if crisis := first_aid(request, body.text):
            return {"messages": crisis}
        metrics.shed.labels("limit").inc()
        raise please_wait(429, "too-often", "Too many requests. Try again in a moment. In danger? Call 112.", wait)
    if request.app.state.assistant is None and (crisis := first_aid(request, body.text)):
        return {"messages": crisis}
    try:
        turn = await _assistant(request).reply(token, text=body.text, choice=body.choice)
    except Busy:
        if crisis := first_aid(request, body.text):
            return {"messages": crisis}
        metrics.shed.labels("queue").inc()
        raise please_wait(503, "busy", "It is very busy. Try again in a moment. In danger? Call 112.", 3) from None
    except (UnknownConversation, TooManyTurns) as over:
        # A conversation that is over; somebody in danger does not have to begin a new one first.
        if crisis := first_aid(request, body.text):
            return {"messages": crisis}
        if isinstance(over, TooManyTurns):
            raise Problem(409, "too-long", "This conversation has become too long. Start a new one.") from None
        raise Problem(404, "unknown-conversation", "This conversation does not exist or has ended.") from None
    except NotOffered:
        raise Problem(422, "not-offered", "This choice was not offered in this conversation.") from None
    heard(request, turn, chosen=body.choice is not None)
    return {"messages": turn.messages}


@router.delete("/conversations/{token}", status_code=204)
async def forget(request: Request, token: str) -> Response:
    """Deletes a conversation now."""
    try:
        await _assistant(request).forget(token)
    except Busy:
        raise please_wait(503, "busy", "It is very busy. Try again in a moment.", 3) from None
    return Response(status_code=204)


@router.get("/help")
async def emergency_help(audience: Literal["kind", "ouder"] = "kind") -> dict:
    """The emergency contacts; needs neither model nor database."""
    return {"contacts": Messages(knowledge(), audience).emergency_contacts()}
