"""There is no danger now: thanks, the way back to help, and what else the message seemed to be about."""
from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.reader import Reader


class NoDanger(Action):
    def name(self) -> str:
        return "action_no_danger"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        reader = Reader(tracker)
        topics = [topic for topic in reader.slot("suggested") or [] if topic != reader.topic]
        message = reader.messages.phrase_notice("no_danger")
        message["choices"] = [reader.messages.topic_choice(t) for t in topics] + reader.messages.theme_choices()
        reader.say(dispatcher, message)
        return [SlotSet("topic", None), SlotSet("unsure", 0)]
