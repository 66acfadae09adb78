"""The reader says who they are: from now on the texts are for them, and the last answer is given again."""
from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.reader import Reader


class SetAudience(Action):
    def name(self) -> str:
        return "action_audience"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        reader = Reader(tracker)
        audience = "ouder" if reader.intent == "gesprek_ouder" else "kind"
        messages = reader.messages_for(audience)
        events = [SlotSet("audience", audience), SlotSet("asked_audience", True)]
        if reader.topic:
            reader.say(dispatcher, messages.answer(reader.topic))
        else:
            reader.say(dispatcher, {**messages.phrase_notice("another_question"), "choices": messages.theme_choices()})
        return events
