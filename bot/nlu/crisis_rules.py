"""Rules that recognise a person in danger on normalised Dutch text. Stub-level first version; see data/lexicon."""
from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from spacy.tokens import Doc


@dataclass(frozen=True)
class CrisisFinding:
    """What the rules found. `words` are shown to a volunteer, never to the person who typed them.

    Attributes:
        level: "sure", "maybe" or None.
        topic: the crisis topic, where the rule knows it.
        excused: past, idiom, film, homework: it looks like a crisis and is none.
        sos: the safe word was typed.
    """

    level: str | None = None
    topic: str | None = None
    words: list[str] = field(default_factory=list)
    excused: bool = False
    sos: bool = False


_SOS = re.compile(r"(?<!\w)s\W?o\W?s(?!\w)")


class CrisisRules:
    def find(self, doc: Doc) -> CrisisFinding:
        if _SOS.search(doc.text):
            return CrisisFinding("sure", "crisis_gevaar", ["sos"], sos=True)
        return CrisisFinding()


@lru_cache(maxsize=1)
def crisis_rules() -> CrisisRules:
    return CrisisRules()
