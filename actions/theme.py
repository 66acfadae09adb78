"""A theme was chosen: its topics as buttons."""
from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.reader import Reader


class Theme(Action):
    def name(self) -> str:
        return "action_theme"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        reader = Reader(tracker)
        reader.say(dispatcher, reader.messages.theme(reader.intent[len("thema_"):]))
        return [SlotSet("unsure", 0)]
