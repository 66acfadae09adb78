"""Not about children's rights: says so kindly, and what it does know."""
from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.reader import Reader


class OutOfScope(Action):
    def name(self) -> str:
        return "action_out_of_scope"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        reader = Reader(tracker)
        if reader.recognised("maybe_crisis"):
            reader.say(dispatcher, reader.messages.maybe_crisis())
        told = reader.say_language(dispatcher)
        # In another language it may well be about rights: then it was not understood, rather than out of scope.
        other = reader.recognised("language")
        reader.say(dispatcher, reader.messages.themes_and_people("unsure_again") if other
                   else reader.messages.out_of_scope())
        return told
