"""What one article of the convention says: "wat staat in artikel 12?"."""
from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.reader import Reader


class Article(Action):
    def name(self) -> str:
        return "action_article"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        reader = Reader(tracker)
        number = reader.entity("artikel")
        if number is None:
            if reader.topic:
                reader.say(dispatcher, reader.messages.part(reader.topic, "gesprek_artikel"))
            else:
                reader.say(dispatcher, reader.messages.phrase_notice("article_which"))
            return []
        article = reader.messages.knowledge.article(str(number))
        if article is None:
            reader.say(dispatcher, reader.messages.phrase_notice("article_unknown"))
        else:
            reader.say(dispatcher, reader.messages.article(article))
        return [SlotSet("unsure", 0)]
