"""The reading level of a proposed text, as it is typed, and what else is wrong with it."""

from __future__ import annotations

import re
from typing import Any

from bot.content_check import _MARKUP, _PHONE_IN_TEXT, _PROMISE, AVERAGE, FLOOR, WORDS_PER_SENTENCE
from bot.knowledge.readability import measure

FIELDS = ("text", "simple", "more", "steps")
MAX_TEXT = 6000


def tidy_text(text: str, field: str) -> str:
    """`text` as it will stand: paragraphs with a blank line between them, steps with one line each."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if field == "steps":
        return "\n".join(" ".join(line.split()) for line in text.split("\n") if line.strip())
    parts = re.split(r"\n\s*\n", text)
    return "\n\n".join(" ".join(part.split()) for part in parts if part.strip())


def level_of(text: str, audience: str, field: str) -> dict[str, Any]:
    """The level (Flesch-Douma, higher is easier), the words in a sentence, and Dutch sentences about what is wrong."""
    text = tidy_text(text, field)
    found = measure(text.replace("\n", "\n\n") if field == "steps" else text)
    wrong = []
    if not text:
        wrong.append("Er staat nog geen tekst.")
    else:
        if found.score < FLOOR[audience]:
            wrong.append(f"Te moeilijk: {found.score:.0f}; ten minste {FLOOR[audience]:.0f} is nodig.")
        if found.words_per_sentence > WORDS_PER_SENTENCE[audience]:
            wrong.append(
                f"De zinnen zijn te lang: gemiddeld {found.words_per_sentence:.0f} woorden, hooguit "
                f"{WORDS_PER_SENTENCE[audience]:.0f}."
            )
        if _PHONE_IN_TEXT.search(text):
            wrong.append("Er staat een telefoonnummer in de tekst. Dat hoort bij de contacten.")
        if _MARKUP.search(text):
            wrong.append("Gebruik geen opmaak en geen webadressen in de tekst.")
        if _PROMISE.search(text):
            wrong.append("De tekst belooft iets. Wij beloven niets.")
        if len(text) > MAX_TEXT:
            wrong.append(f"De tekst is langer dan {MAX_TEXT} tekens.")
    return {
        "score": round(found.score),
        "words": round(found.words_per_sentence, 1),
        "count": found.words,
        "goal": round(AVERAGE[audience]),
        "floor": round(FLOOR[audience]),
        "wrong": wrong,
    }
