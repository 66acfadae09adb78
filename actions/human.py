"""The reader wants a person: people to call or chat with, those of the last answer first."""
from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.reader import Reader


class Human(Action):
    def name(self) -> str:
        return "action_human"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        reader = Reader(tracker)
        own = list(reader.messages.knowledge.topics[reader.topic].contacts.of(reader.audience)) if reader.topic else []
        told = reader.say_language(dispatcher)
        message = reader.messages.phrase_notice("who_helps")
        message["contacts"] = reader.messages.contacts(own + ["kindertelefoon", "veilig_thuis", "juridisch_loket"])
        reader.say(dispatcher, message)
        return [SlotSet("unsure", 0), *told]
