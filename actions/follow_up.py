"""Gives one part of the last answer: who can help, which article, simpler, more, what to do."""
from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.reader import Reader


class FollowUp(Action):
    def name(self) -> str:
        return "action_follow_up"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        reader = Reader(tracker)
        if reader.topic is None:
            message = reader.messages.phrase_notice("no_topic_yet")
            if reader.intent == "gesprek_bellen":
                message = {**message, "contacts": reader.messages.emergency_contacts(),
                           "text": reader.messages.knowledge.phrase("who_helps", reader.audience)}
            reader.say(dispatcher, {**message, "choices": reader.messages.theme_choices()})
            return []
        reader.say(dispatcher, reader.messages.part(reader.topic, reader.intent))
        return [SlotSet("unsure", 0)]
