"""Answers the topic that was recognised or chosen; help comes first where somebody may be in danger."""
from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.reader import Reader


class Answer(Action):
    def name(self) -> str:
        return "action_answer"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        reader = Reader(tracker)
        ask_audience = reader.known_audience is None and not reader.slot("asked_audience")
        if reader.recognised("maybe_crisis"):
            reader.say(dispatcher, reader.messages.maybe_crisis())
        told = reader.say_language(dispatcher)
        message = reader.messages.answer(
            reader.intent,
            reader.confidence,
            also=reader.recognised("also") or (),
            ask_audience=ask_audience,
            when=reader.entity("wanneer"),
        )
        reader.say(dispatcher, message)
        return [SlotSet("topic", reader.intent), SlotSet("unsure", 0), SlotSet("suggested", None),
                SlotSet("asked_audience", True), *told]
