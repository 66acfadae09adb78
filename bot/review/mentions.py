"""Where texts name a contact: what is switched off must not be recommended in words either."""

from __future__ import annotations

import re

from bot.knowledge.library import Knowledge
from bot.knowledge.model import AUDIENCES, Contact
from bot.review.levels import FIELDS

_BESIDES = re.compile(r"\([^()]*\)")
_ARTICLE = re.compile(r"^(de|het|stichting)\s+", re.IGNORECASE)


def short_name(contact: Contact) -> str:
    """The name as a text would use it: without "De" before it and without what stands in brackets."""
    name = _ARTICLE.sub("", " ".join(_BESIDES.sub(" ", contact.name).split()))
    # "113 Zelfmoordpreventie" is called 113, "Alarmnummer 112" is called 112.
    number = re.search(r"\b11\d\b", name)
    return number.group() if number else name


def mentions(content: Knowledge, contact: Contact) -> list[tuple[str, str, str]]:
    """The places (topic, audience, field) whose text names this contact; in the order of the content."""
    named = re.compile(rf"(?<!\w){re.escape(short_name(contact))}(?!\w)", re.IGNORECASE)
    return [
        (topic.topic, audience, field)
        for topic in content.topics.values()
        for audience in AUDIENCES
        for field in FIELDS
        if named.search(
            "\n".join(topic.texts(audience).steps) if field == "steps" else getattr(topic.texts(audience), field)
        )
    ]
