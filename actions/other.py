"""None of the offered topics fits: themes and people."""
from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.reader import Reader


class Other(Action):
    def name(self) -> str:
        return "action_other"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        reader = Reader(tracker)
        reader.say(dispatcher, reader.messages.themes_and_people("unsure_again"))
        return [SlotSet("unsure", 2), SlotSet("suggested", None)]
