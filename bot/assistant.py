"""The assistant: a message in, reviewed messages out.

Rasa is used as a library. A message is understood first (`Agent.parse_message`); then Rasa decides and acts on the
parse result *without its text*, so that no tracker, store or log ever holds what a person typed. Whatever fails,
somebody in danger still gets help: the crisis rules need neither model nor database.
"""
from __future__ import annotations

import logging
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

import bot.settings  # noqa: F401  (sets the environment that Rasa reads when it is imported)

# isort: split
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.lock_store import InMemoryLockStore, LockError
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.events import SlotSet

from bot.conversations import MemoryConversations, RedisConversations, RedisLocks, redis_address
from bot.in_process_actions import InProcessActions, InProcessAgent
from bot.knowledge import opening_hours
from bot.knowledge.library import knowledge
from bot.knowledge.messages import Message, Messages
from bot.nlu.crisis_rules import crisis_rules
from bot.nlu.crisis_words_other import find_other
from bot.nlu.dutch_text import dutch
from bot.nlu.normalise import clean, written_dutch
from bot.settings import Settings, settings

logger = logging.getLogger(__name__)

CHANNEL = "kinderrechtenwijzer"
MAX_TEXT = 1000

_LINE_ENDS = re.compile(r"(?<=[^\s.,;:?!])[ \t\r]*\n\s*")

# What the actions may know of a message. The text itself is not among it.
_PASSED_ON = ("intent", "intent_ranking", "also", "maybe_crisis", "crisis", "language")


class UnknownConversation(KeyError):
    """There is no such conversation (any more)."""


class NotOffered(ValueError):
    """A choice was sent that this conversation never offered."""


class TooManyTurns(Exception):
    """The conversation has reached its maximum length."""


@dataclass(frozen=True)
class Turn:
    """One turn, for those who test the assistant: what was understood and what was said."""

    messages: list[Message]
    parse: dict[str, Any]


class _Collector(OutputChannel):
    """Collects what the assistant says as message objects."""

    def __init__(self, audience: str):
        self._audience = audience
        self.messages: list[Message] = []

    @classmethod
    def name(cls) -> str:
        return CHANNEL

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        if message.get("custom"):
            self.messages.append(message["custom"])
        elif message.get("text"):
            act = (message.get("metadata") or {}).get("utter_action") or message.get("utter_action") or "notice"
            built = Messages(knowledge(), self._audience).notice(act.removeprefix("utter_"), message["text"])
            if act == "utter_gesprek_verdrietig":
                built["contacts"] = Messages(knowledge(), self._audience).contacts(
                    ("kindertelefoon", "preventie_113", "luisterlijn"))
            self.messages.append(built)


def newest_model(folder: Path) -> Path:
    """The newest trained model in `folder`.

    Raises:
        FileNotFoundError: with the command that makes one.
    """
    models = sorted(folder.glob("*.tar.gz"), key=lambda file: file.stat().st_mtime)
    if not models:
        raise FileNotFoundError(f"There is no trained model in {folder}. Make one with: make train")
    return models[-1]


def chosen_model(chosen: Settings) -> Path:
    """The model that the settings name, or the newest.

    Raises:
        FileNotFoundError: it is not there.
    """
    if not chosen.model:
        return newest_model(chosen.model_dir)
    file = chosen.model_dir / Path(chosen.model).name
    if not file.is_file():
        raise FileNotFoundError(f"There is no model {file.name} in {chosen.model_dir}. Change KRW_MODEL.")
    return file


def conversation_store(chosen: Settings) -> TrackerStore:
    """Redis where it is set, otherwise this process's memory."""
    seconds = chosen.conversation_minutes * 60
    if chosen.redis_url:
        return RedisConversations(None, limit=chosen.max_conversations, record_exp=seconds,
                                  **redis_address(chosen.redis_url))
    return MemoryConversations(seconds=seconds, limit=chosen.max_conversations)


def _lock_store(chosen: Settings) -> Any:
    return RedisLocks(**redis_address(chosen.redis_url)) if chosen.redis_url else InMemoryLockStore()


class Assistant:
    """Loads a trained model and answers messages.

    Args:
        model: a model archive; default the newest in the models folder.
        store: where conversations live; default from the settings.
    """

    def __init__(self, model: Path | None = None, store: TrackerStore | None = None, chosen: Settings | None = None):
        self._settings = chosen or settings()
        self.model_path = model or chosen_model(self._settings)
        self.store = store or conversation_store(self._settings)
        self._agent = InProcessAgent(tracker_store=self.store, lock_store=_lock_store(self._settings),
                                     action_endpoint=InProcessActions())
        self._agent.load_model(str(self.model_path))
        self._trackers = self._agent.tracker_store
        opening_hours.prepare()

    @property
    def model_name(self) -> str:
        return self.model_path.name

    @property
    def intents(self) -> list[str]:
        """Every intent that the model's domain knows."""
        return list(self._agent.domain.intents)

    def component_config(self, name: str) -> dict[str, Any]:
        """The configuration of one pipeline component of the trained model, by the end of its name."""
        for node_name, node in self._agent.processor.model_metadata.predict_schema.nodes.items():
            if name in node_name:
                return {**node.uses.get_default_config(), **node.config}
        raise KeyError(name)

    # -- conversations

    async def start(self, audience: str | None = None) -> tuple[str, list[Message]]:
        """A new conversation: its token and the welcome."""
        token = secrets.token_urlsafe(24)
        tracker = await self._trackers.get_or_create_tracker(token, append_action_listen=True)
        messages = [Messages(knowledge(), audience or "kind").welcome()]
        if audience:
            tracker.update(SlotSet("audience", audience))
            tracker.update(SlotSet("asked_audience", True))
        tracker.update(SlotSet("offered", [c["id"] for m in messages for c in m["choices"]]))
        await self._trackers.save(tracker)
        return token, messages

    async def forget(self, token: str) -> None:
        """Deletes a conversation now; one that does not exist is as good as deleted."""
        # Not between a turn's reading and its saving, which would bring it back.
        with suppress(LockError):
            async with self._agent.lock_store.lock(token):
                await self.store.delete(token)  # type: ignore[attr-defined]
                return
        await self.store.delete(token)  # type: ignore[attr-defined]

    async def _tracker(self, token: str) -> Any:
        tracker = await self._trackers.retrieve(token)
        if tracker is None:
            raise UnknownConversation(token)
        return tracker

    # -- understanding

    async def understand(self, text: str) -> dict[str, Any]:
        """What the model makes of `text`: intent, ranking, entities, crisis. Keeps nothing."""
        # A leading slash would make Rasa obey the text as a command.
        # The end of a line ends a sentence too, also where no full stop stands.
        text = _LINE_ENDS.sub(". ", text.strip())
        return await self._agent.parse_message(clean(text).lstrip("/ ") or " ")

    # -- answering

    async def reply(self, token: str, text: str | None = None, choice: str | None = None) -> Turn:
        """Answers a typed text or a pressed choice.

        Raises:
            UnknownConversation: the conversation does not exist or is over.
            NotOffered: the choice was never offered here.
            TooManyTurns: the conversation is too long.
        """
        audience = "kind"
        try:
            async with self._agent.lock_store.lock(token):
                tracker = await self._tracker(token)
                audience = tracker.get_slot("audience") or "kind"
                if int(tracker.get_slot("turns") or 0) >= self._settings.max_turns:
                    raise TooManyTurns
                if choice is not None:
                    if choice not in (tracker.get_slot("offered") or []):
                        raise NotOffered(choice)
                    parse: dict[str, Any] = {"intent": {"name": choice, "confidence": 1.0}, "entities": [],
                                             "intent_ranking": [{"name": choice, "confidence": 1.0}]}
                else:
                    parse = await self.understand(text or "")
                messages = await self._act(tracker, parse, audience)
            if messages:
                return Turn(messages, parse)
            logger.error("The model gave no answer (intent %s).", parse["intent"].get("name"))
        except (UnknownConversation, NotOffered, TooManyTurns):
            raise
        except Exception as error:  # noqa: BLE001 - a person in danger gets help whatever fails
            # The error's own text may quote what was typed, so only its kind is logged.
            logger.error("Answering failed: %s", type(error).__name__)
        return Turn(self.without_model(text or "", audience), {"intent": {"name": None, "confidence": 0.0}})

    async def _act(self, tracker: Any, parse: dict[str, Any], audience: str) -> list[Message]:
        passed = {key: parse[key] for key in _PASSED_ON if key in parse}
        if "crisis" in passed:
            passed["crisis"] = {k: v for k, v in passed["crisis"].items() if k != "words"}
        passed["entities"] = [{"entity": e["entity"], "value": e["value"]} for e in parse.get("entities") or []]
        passed["text"] = ""
        channel = _Collector(audience)
        # The processor and not the agent: the lock is held already.
        await self._agent.processor.handle(
            UserMessage(text="", output_channel=channel, sender_id=tracker.sender_id, parse_data=passed, input_channel=CHANNEL), tracker)
        return channel.messages

    @staticmethod
    def without_model(text: str, audience: str = "kind") -> list[Message]:
        """What can be said when the model failed: help first for somebody in danger, otherwise people to call."""
        messages = Messages(knowledge(), audience)
        try:
            finding = crisis_rules().find(dutch()(written_dutch(text)))
            finding = finding if finding.level else find_other(text)
        except Exception:  # noqa: BLE001 - not even this may stand between a child and the numbers
            return [messages.something_wrong()]
        if finding.sos:
            return [messages.sos()]
        if finding.level and finding.topic:
            return [messages.crisis(finding.topic)]
        return [messages.something_wrong()]

    async def ask(self, text: str, audience: str | None = None) -> Turn:
        """One question in a conversation of its own, forgotten at once."""
        token, _ = await self.start(audience)
        try:
            return await self.reply(token, text=text)
        finally:
            await self.forget(token)

    async def ask_many(self, texts: Sequence[str], audience: str | None = None) -> list[Turn]:
        return [await self.ask(text, audience) for text in texts]
