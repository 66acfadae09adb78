"""The reader does not understand: the simple text of the last answer."""
from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.reader import Reader


class NotUnderstood(Action):
    def name(self) -> str:
        return "action_not_understood"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        reader = Reader(tracker)
        if reader.topic is None:
            reader.say(dispatcher, {**reader.messages.phrase_notice("no_topic_yet"),
                                    "choices": reader.messages.theme_choices()})
            return []
        reader.say(dispatcher, reader.messages.part(reader.topic, "gesprek_makkelijker"))
        return [SlotSet("unsure", 0)]
