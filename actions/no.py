"""No: none of the offered topics, or no further question."""
from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.reader import Reader


class No(Action):
    def name(self) -> str:
        return "action_no"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        reader = Reader(tracker)
        if reader.slot("suggested"):
            reader.say(dispatcher, reader.messages.themes_and_people("unsure_again"))
            return [SlotSet("unsure", 2), SlotSet("suggested", None)]
        reader.say(dispatcher, reader.messages.themes_and_people("another_question"))
        return [SlotSet("unsure", 0)]
