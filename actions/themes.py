"""Another question, or what can you do: the themes to choose from."""
from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.reader import Reader


class Themes(Action):
    def name(self) -> str:
        return "action_themes"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        reader = Reader(tracker)
        reader.say(dispatcher, reader.messages.themes_and_people("another_question"))
        return [SlotSet("topic", None), SlotSet("unsure", 0), SlotSet("suggested", None)]
