"""Somebody is in danger: the people to call come first."""
from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.reader import Reader


class Crisis(Action):
    def name(self) -> str:
        return "action_crisis"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        reader = Reader(tracker)
        reader.say(dispatcher, reader.messages.crisis(reader.intent, reader.confidence))
        told = reader.say_language(dispatcher)  # Help comes first, also in another language.
        return [SlotSet("topic", reader.intent), SlotSet("unsure", 0), SlotSet("suggested", reader.recognised("also")),
                *told]
