"""A stand-in for the assistant that knows topics by words: fast, and wrong in a way that tests can rely on."""
from __future__ import annotations

from typing import Any

from bot.assistant import Turn
from bot.knowledge.library import knowledge
from bot.knowledge.messages import Messages

WORDS = {"slaat": "geweld_thuis", "huis": "wonen_dakloos", "school": "algemeen_onderwijs", "dood": "crisis_suicide",
         "geld": "wonen_armoede", "opa": "jeugdzorg_pleegzorg"}


class StandIn:
    """Answers like bot.assistant.Assistant, from the first word of WORDS that it finds."""

    model_name = "model-a.tar.gz"
    intents: tuple[str, ...] = ()

    def __init__(self, words: dict[str, str] | None = None):
        self.words = WORDS if words is None else words

    async def understand(self, text: str) -> dict[str, Any]:
        found = next((topic for word, topic in self.words.items() if word in text.lower()), "nlu_fallback")
        others = [t for t in ("geweld_thuis", "wonen_dakloos", "algemeen_onderwijs", "wonen_armoede", "asiel_zorg",
                              "straf_politie") if t != found]
        ranking = [{"name": found, "confidence": 0.81}] + [
            {"name": t, "confidence": round(0.09 - 0.015 * i, 3)} for i, t in enumerate(others)]
        crisis = found.startswith("crisis")
        return {"intent": ranking[0], "intent_ranking": ranking, "also": ["wonen_schulden"],
                "entities": [{"entity": "wie", "value": "vader"}] if "vader" in text else [],
                "crisis": {"rule": "sure" if crisis else None, "words": ["dood"] if crisis else [], "probability": 0.02,
                           "excused": False}}

    async def ask(self, text: str, audience: str | None = None) -> Turn:
        parse = await self.understand(text)
        messages, topic = Messages(knowledge(), audience or "kind"), parse["intent"]["name"]
        if topic == "nlu_fallback":
            return Turn([messages.choose(["wonen_dakloos", "geweld_thuis"])], parse)
        return Turn([messages.answer(topic, 0.81)], parse)

    def stop(self) -> None:
        return None
