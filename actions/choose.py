"""Not sure what is meant: offers the likeliest topics once, then themes and people, never a third question."""
from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.reader import Reader


class Choose(Action):
    def name(self) -> str:
        return "action_choose"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        reader = Reader(tracker)
        unsure = int(reader.slot("unsure") or 0) + 1
        if reader.recognised("maybe_crisis"):
            reader.say(dispatcher, reader.messages.maybe_crisis())
        told = reader.say_language(dispatcher)
        topics = reader.likely_topics[:4]
        if unsure == 1 and len(topics) >= 2:
            reader.say(dispatcher, reader.messages.choose(topics))
            return [SlotSet("unsure", unsure), SlotSet("suggested", topics), *told]
        reader.say(dispatcher, reader.messages.themes_and_people("unsure_again"))
        return [SlotSet("unsure", unsure), SlotSet("suggested", None), *told]
