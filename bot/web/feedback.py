"""Was this helpful: yes or no, no text. Nothing but two numbers is kept of it."""
from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, StrictBool

from bot.web.problems import Problem
from bot.web.queue import Busy

router = APIRouter(prefix="/api", tags=["chat"])


class Feedback(BaseModel):
    """One yes or no; there is no room for words."""

    helpful: StrictBool = Field(description="whether the answer helped")

    class Config:
        extra = "forbid"


@router.post("/conversations/{token}/feedback", status_code=204)
async def feedback(request: Request, token: str, body: Feedback) -> Response:
    """Counts a yes or a no. Only a conversation that exists can be asked about."""
    assistant = request.app.state.assistant
    if assistant is None:
        raise Problem(503, "starting", "The assistant is starting. Try again in a moment.", {"Retry-After": "5"})
    if request.app.state.limits.conversation.wait(token):
        raise Problem(429, "too-often", "Too many requests. Try again in a moment.", {"Retry-After": "5"})
    try:
        known = await assistant.exists(token)
    except Busy:
        raise Problem(503, "busy", "It is very busy. Try again in a moment.", {"Retry-After": "3"}) from None
    if not known:
        raise Problem(404, "unknown-conversation", "This conversation does not exist or has ended.")
    counts = getattr(request.app.state, "counts", None)
    if counts is not None:
        counts.helpful(body.helpful)
    return Response(status_code=204)
