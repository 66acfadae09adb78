"""Help that needs no model: for when it is still starting, too busy, or asked too often."""
from __future__ import annotations

from typing import Any

from fastapi import Request

from bot.assistant import Assistant
from bot.knowledge.library import knowledge
from bot.knowledge.messages import Messages
from bot.web.problems import Problem


def first_aid(request: Request, text: str | None, audience: str = "kind") -> list[dict[str, Any]] | None:
    """The crisis messages when the rules see danger in `text`; otherwise None."""
    if not text:
        return None
    messages = Assistant.without_model(text, audience)
    if messages[0]["type"] != "crisis":
        return None
    request.app.state.metrics.first_aid.inc()
    # It is a crisis that was answered, whoever answered it.
    request.app.state.counts.turn(messages)
    return messages


def please_wait(status: int, kind: str, detail: str, seconds: float) -> Problem:
    """A refusal that says when to come back, with the sentence and the contacts to show meanwhile."""
    messages = Messages(knowledge(), "kind")
    return Problem(status, kind, detail, {"Retry-After": str(max(1, round(seconds)))},
                   {"message": messages.knowledge.phrase("busy", "kind"), "contacts": messages.emergency_contacts()})


def too_often(request: Request, token: str | None = None) -> float:
    """Counts this request against the limits; returns the seconds to wait, 0 when it may go on."""
    limits = request.app.state.limits
    who = request.client.host if request.client else "-"
    if token is None:
        return limits.address.wait(who) or limits.starts.wait(who)
    return limits.address.wait(who) or limits.conversation.wait(token)
