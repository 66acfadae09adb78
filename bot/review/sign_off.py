"""A lawyer's sign-off counts for the texts that were signed, and for no others."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Iterable, Optional

from bot.knowledge.model import AUDIENCES, SignOff, Topic
from bot.store.models import LegalSignOff


def digest_of(topic: Topic) -> str:
    """A checksum of everything a reader of this answer sees or is sent to; 64 hexadecimal digits."""
    seen = {
        "urgency": topic.urgency,
        "title": [topic.title.kind, topic.title.ouder],
        "articles": [a.ref for a in topic.articles],
        "law": [[rule.ref, rule.says, rule.url] for rule in topic.law],
        "contacts": [topic.contacts.kind, topic.contacts.ouder],
        # Steps one by one: joined texts could hide that one step became two.
        "texts": [
            [
                topic.texts(a).text,
                topic.texts(a).simple,
                topic.texts(a).more,
                topic.texts(a).steps,
                [here.gives.of(a) for here in topic.articles],
            ]
            for a in AUDIENCES
        ],
    }
    return hashlib.sha256(json.dumps(seen, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Review:
    """The state of legal review: pending, signed, or void (signed once, changed since)."""

    state: str
    name: str = ""
    date: str = ""


def is_signed(topic: Topic) -> bool:
    """Whether the sign-off in the file itself is of these texts."""
    return isinstance(topic.legal_review, SignOff) and topic.legal_review.digest == digest_of(topic)


def review_of(topic: Topic, recorded: Iterable[LegalSignOff] = ()) -> Review:
    """The state of review of an answer.

    Args:
        recorded: sign-offs of this topic in the database, newest first; the file's own counts as well.
    """
    found: list[tuple[str, str, str]] = [(row.digest, row.lawyer, row.signed_on.isoformat()) for row in recorded]
    if isinstance(topic.legal_review, SignOff):
        found.append((topic.legal_review.digest, topic.legal_review.name, topic.legal_review.date))
    now = digest_of(topic)
    valid: Optional[tuple[str, str, str]] = next((row for row in found if row[0] == now), None)
    if valid:
        return Review("signed", valid[1], valid[2])
    return Review("void", found[0][1], found[0][2]) if found else Review("pending")
