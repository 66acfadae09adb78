"""Asks for another language, or greets in one: who can help in it, and that the answers are in Dutch."""
from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.reader import Reader


class OtherLanguage(Action):
    def name(self) -> str:
        return "action_other_language"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        told = Reader(tracker).say_language(dispatcher)
        # The text has one form for each reader; Rasa picks it (domain.yml).
        dispatcher.utter_message(response="utter_gesprek_andere_taal")
        return told
