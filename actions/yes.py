"""Yes: to the first topic that was offered, otherwise an invitation to ask."""
from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.reader import Reader


class Yes(Action):
    def name(self) -> str:
        return "action_yes"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        reader = Reader(tracker)
        suggested = reader.slot("suggested") or []
        if suggested:
            reader.say(dispatcher, reader.messages.answer(suggested[0]))
            return [SlotSet("topic", suggested[0]), SlotSet("unsure", 0), SlotSet("suggested", None)]
        reader.say(dispatcher, reader.messages.themes_and_people("another_question"))
        return [SlotSet("unsure", 0)]
