"""The safe word: shows the emergency contacts, whatever the conversation was about."""
from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.reader import Reader


class Sos(Action):
    def name(self) -> str:
        return "action_sos"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        reader = Reader(tracker)
        reader.say(dispatcher, reader.messages.sos())
        return [SlotSet("topic", "crisis_gevaar"), SlotSet("unsure", 0)]
