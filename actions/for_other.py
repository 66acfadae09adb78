"""The last answer once more, in the words for a parent or for a child; who is asking stays the same."""
from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.reader import Reader


class ForOther(Action):
    def name(self) -> str:
        return "action_for_other"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        reader = Reader(tracker)
        audience = "ouder" if reader.intent == "gesprek_voor_ouder" else "kind"
        messages = reader.messages_for(audience)
        if reader.topic:
            reader.say(dispatcher, messages.answer(reader.topic))
        else:
            reader.say(dispatcher, {**reader.messages.phrase_notice("no_topic_yet"),
                                    "choices": reader.messages.theme_choices()})
        return [SlotSet("unsure", 0)]
