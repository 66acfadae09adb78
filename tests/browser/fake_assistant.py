"""A tiny stand-in for the assistant: scripted inputs, real knowledge, real message objects. No model, no Rasa turn."""
from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import Any

from bot.assistant import NotOffered, Turn, UnknownConversation
from bot.knowledge.library import knowledge
from bot.knowledge.messages import FOLLOW_UPS, Message, Messages

HOSTILE = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script> javascript:window.hacked=1"
MIXED = "Je hebt recht op hulp. من حقك أن تحصل على المساعدة. شما حق کمک دارید. Bel 112 bij gevaar."
# What is typed, and the topic it is about.
TOPICS = {"geen huis": "wonen_dakloos", "slaat": "geweld_thuis", "school": "algemeen_onderwijs",
          "dood": "crisis_suicide", "gevaar": "crisis_gevaar", "huis uit": "wonen_huisuitzetting"}


@dataclass
class Talk:
    audience: str | None = None
    topic: str | None = None
    offered: tuple[str, ...] = ()


class FakeAssistant:
    """Answers like bot.assistant.Assistant. `slow` and `broken` are switches for tests."""

    model_name = "fake"

    def __init__(self) -> None:
        self.talks: dict[str, Talk] = {}
        self.forgotten: list[str] = []
        self.heard = 0
        self.slow = 0.0
        self.broken = False
        self.store = self

    def stop(self) -> None:
        """As the real one at shutdown; there is nothing to stop."""

    async def retrieve(self, token: str) -> Talk | None:
        return self.talks.get(token)

    async def start(self, audience: str | None = None) -> tuple[str, list[Message]]:
        token = secrets.token_urlsafe(24)
        welcome = Messages(knowledge(), audience or "kind").welcome()
        self.talks[token] = Talk(audience, None, tuple(c["id"] for c in welcome["choices"]))
        return token, [welcome]

    async def forget(self, token: str) -> None:
        self.talks.pop(token, None)
        self.forgotten.append(token)

    async def reply(self, token: str, text: str | None = None, choice: str | None = None) -> Turn:
        self.heard += 1
        if self.slow:
            await asyncio.sleep(self.slow)
        if self.broken:
            raise RuntimeError("broken on purpose")
        talk = self.talks.get(token)
        if talk is None:
            raise UnknownConversation(token)
        if choice is not None and choice not in talk.offered:
            raise NotOffered(choice)
        messages = self._choice(talk, choice) if choice else self._text(talk, (text or "").lower())
        talk.offered += tuple(c["id"] for m in messages for c in m["choices"])
        return Turn(messages, {"intent": {"name": choice, "confidence": 1.0}})

    def _answer(self, talk: Talk, topic: str, **extra: Any) -> list[Message]:
        talk.topic = topic
        return [Messages(knowledge(), talk.audience or "kind").answer(topic, **extra)]

    def _choice(self, talk: Talk, choice: str) -> list[Message]:
        if choice in ("gesprek_kind", "gesprek_ouder"):
            talk.audience = choice.removeprefix("gesprek_")
            if talk.topic:
                return self._answer(talk, talk.topic)
        messages = Messages(knowledge(), talk.audience or "kind")
        if choice in FOLLOW_UPS and talk.topic:
            return [messages.part(talk.topic, choice)]
        if choice == "gesprek_voor_ouder" and talk.topic:
            return [Messages(knowledge(), "ouder").answer(talk.topic)]
        if choice.startswith("thema_"):
            return [messages.theme(choice.removeprefix("thema_"))]
        if choice in knowledge().topics:
            return self._answer(talk, choice)
        if choice == "gesprek_anders":
            return [messages.themes_and_people("unsure_again")]
        return [messages.themes_and_people("another_question")]

    def _text(self, talk: Talk, text: str) -> list[Message]:
        messages = Messages(knowledge(), talk.audience or "kind")
        for words, topic in TOPICS.items():
            if words in text:
                ask = talk.audience is None and talk.topic is None
                return self._answer(talk, topic, ask_audience=ask) if not topic.startswith("crisis") else \
                    self._answer(talk, topic)
        if text.startswith("ik ben een "):
            return self._choice(talk, f"gesprek_{text.split()[-1]}")
        if "twijfel" in text:
            return [messages.choose(["wonen_dakloos", "wonen_huisuitzetting", "geweld_thuis"])]
        if "schrik" in text:
            return [messages.maybe_crisis(), *self._answer(talk, "algemeen_onderwijs")]
        if "artikel 12" in text:
            return [messages.article(knowledge().article("12"))]
        if "vijandig" in text:
            hostile = messages.answer("wonen_dakloos")
            hostile.update(title=HOSTILE, text=HOSTILE, steps=[HOSTILE, HOSTILE])
            hostile["articles"] = [{"ref": HOSTILE, "title": HOSTILE, "says": HOSTILE, "url": "javascript:window.hacked=1"}]
            hostile["contacts"] = [{"id": "x", "name": HOSTILE, "what": HOSTILE, "phone": "112", "tel": "javascript:1",
                                    "chat": "javascript:window.hacked=1", "url": "data:text/html,<script>1</script>"}]
            hostile["choices"] = [{"id": "x", "title": HOSTILE}]
            return [hostile]
        if "arabisch" in text:
            return [{**messages.answer("algemeen_kinderrechten"), "text": MIXED}]
        if "farsi" in text:
            return [messages.language("fa"), *self._answer(talk, "algemeen_onderwijs")]
        return [messages.out_of_scope()]
