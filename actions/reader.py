"""What an action knows about the conversation, and how it says something."""
from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.knowledge.library import knowledge
from bot.knowledge.messages import Message, Messages
from bot.knowledge.rendering import as_text

CHANNEL = "kinderrechtenwijzer"


class Reader:
    """The person in this conversation, read from the tracker: never what they typed, only what was recognised."""

    def __init__(self, tracker: Tracker):
        self._tracker = tracker
        self.known_audience: str | None = tracker.get_slot("audience")
        self.audience = self.known_audience or "kind"
        age = tracker.get_slot("leeftijd")
        # The age of a brother or a friend says nothing about the reader.
        about_another = self.audience == "kind" and tracker.get_slot("gaat_over") == "ander"
        self.age = int(age) if age is not None and not about_another else None
        self.municipality: str | None = tracker.get_slot("gemeente")
        self.messages = self.messages_for(self.audience)

    def messages_for(self, audience: str) -> Messages:
        """Messages in the words for `audience`, with what is known of this conversation."""
        return Messages(knowledge(), audience, self.age, municipality=self.municipality)

    @property
    def topic(self) -> str | None:
        """The topic of the last answer in this conversation."""
        topic = self._tracker.get_slot("topic")
        return topic if topic in knowledge().topics else None

    @property
    def intent(self) -> str:
        return self._tracker.latest_message["intent"].get("name") or ""

    @property
    def confidence(self) -> float:
        return float(self._tracker.latest_message["intent"].get("confidence") or 0.0)

    @property
    def likely_topics(self) -> list[str]:
        """The topics that the message may be about, likeliest first."""
        ranking = self._tracker.latest_message.get("intent_ranking") or []
        return [row["name"] for row in ranking if row["name"] in knowledge().topics]

    def recognised(self, name: str) -> Any:
        """What a pipeline component noted about this message under `name`, or None."""
        return self._tracker.latest_message.get(name)

    def entity(self, name: str) -> Any:
        """The value of the first entity `name` in this message, or None."""
        for entity in self._tracker.latest_message.get("entities") or []:
            if entity["entity"] == name:
                return entity["value"]
        return None

    def slot(self, name: str) -> Any:
        return self._tracker.get_slot(name)

    def say_language(self, dispatcher: CollectingDispatcher) -> list[EventType]:
        """To somebody who types in another language: who can help in it. Once a conversation for each language."""
        code = self.recognised("language")
        told = list(self.slot("languages") or [])
        message = self.messages.language(code) if code and code not in told else None
        if message is None:
            return []
        self.say(dispatcher, message)
        return [SlotSet("languages", [*told, code])]

    def say(self, dispatcher: CollectingDispatcher, message: Message) -> None:
        """Sends `message`: as an object to our own channel, as text and buttons to Rasa's others (`rasa shell`)."""
        if self._tracker.get_latest_input_channel() == CHANNEL:
            dispatcher.utter_message(json_message=message)
        else:
            buttons = [{"title": c["title"], "payload": f"/{c['id']}"} for c in message.get("choices", [])]
            dispatcher.utter_message(text=as_text(message, choices=False), buttons=buttons)
