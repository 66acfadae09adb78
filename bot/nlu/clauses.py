"""A message that is about two things: its clauses, and which of their topics comes first.

"mijn vader drinkt heel veel en we moeten vrijdag uit ons huis" is two questions. The whole message is classified, and
each clause of four words or more; both come out of one batch of the encoder. No Rasa here.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Sequence

import numpy as np
from spacy.tokens import Doc

# Where one matter may end and another begin.
_SENTENCE_END = frozenset(".?!…;")
_JOINS = frozenset({"en", "ook", "maar", "daarnaast", "bovendien", "verder", "trouwens", "plus"})
MIN_WORDS = 4
# A long story has many clauses; more than these cost time and tell little.
MAX_CLAUSES = 5

_RANK = {"none": 0, "concern": 1, "emergency": 2}


def _words(piece: list[str]) -> int:
    return sum(any(char.isalnum() for char in text) for text in piece)


def clauses(doc: Doc) -> list[str]:
    """The clauses of a message of written Dutch, each of at least MIN_WORDS words; none when it has fewer than two.

    What is too short for a clause stays with its neighbour in the same sentence ("mijn ouders gaan | ook nog scheiden").
    """
    found: list[list[str]] = []
    sentence: list[list[str]] = [[]]
    for token in [*doc, None]:
        ends = token is None or (not any(char.isalnum() for char in token.text) and bool(_SENTENCE_END & set(token.text)))
        if ends:
            if len(sentence) > 1 and _words(sentence[-1]) < MIN_WORDS:
                last = sentence.pop()
                sentence[-1] += last
            found += [piece for piece in sentence if _words(piece) >= MIN_WORDS]
            sentence = [[]]
            continue
        if token.text in _JOINS and _words(sentence[-1]) >= MIN_WORDS:
            sentence.append([])
        sentence[-1].append(token.text)
    pieces = [" ".join(_without_joins(piece)) for piece in found]
    return pieces[:MAX_CLAUSES] if len(pieces) >= 2 else []


def _without_joins(piece: list[str]) -> list[str]:
    """A clause without the "en ook" that it begins with."""
    start = 0
    while start < len(piece) - 1 and piece[start] in _JOINS:
        start += 1
    return piece[start:]


@dataclass(frozen=True)
class Issues:
    """What a message is about: `first` with its `confidence`, and what else (`also`, likeliest first)."""

    first: str
    confidence: float
    also: list[str]


def issues(labels: Sequence[str], whole: np.ndarray, parts: np.ndarray, *, is_topic: Callable[[str], bool],
           urgency: Callable[[str], str], sure: float, certain: float, possible: float,
           also_threshold: float) -> Issues:
    """Weighs the whole message against its clauses.

    A clause alone misleads easily: most messages of several clauses are one story. So a clause's topic comes first only
    when it is more urgent, another clause has a topic of its own, and either the whole message does not speak against
    it or the two clauses leave no doubt.

    Args:
        labels: the intents, in the order of the columns.
        whole: probabilities of the whole message, float [classes].
        parts: probabilities of its clauses, float [clauses, classes]; no rows for a message of one clause.
        is_topic: whether an intent has an answer; small talk and what is out of scope never comes first.
        urgency: a topic's urgency: none, concern or emergency.
        sure: the probability from which on a clause has a topic of its own.
        certain: the probability from which on a clause's topic needs no support by the whole message, whose own topic is
            that of another clause.
        possible: the least probability in the whole message of a topic that comes first because it is more urgent.
        also_threshold: the probability in the whole message from which on a second topic is offered.
    """
    order = np.argsort(-whole)
    likelihood = dict(zip(labels, whole.tolist(), strict=True))
    top = labels[order[0]]
    own: dict[str, float] = {}
    for row in parts:
        name = labels[int(np.argmax(row))]
        if row.max() >= sure and is_topic(name):
            own[name] = max(own.get(name, 0.0), float(row.max()))
    first = top
    if len(own) >= 2 and is_topic(top):
        # Danger has its own detector, which knows idioms and stories; a clause alone does not decide on it.
        urgent = [name for name in own if urgency(name) != "emergency" and _RANK[urgency(name)] > _RANK[urgency(top)]
                  and (likelihood[name] >= possible or (own[name] >= certain and top in own))]
        first = max(urgent, key=lambda name: (_RANK[urgency(name)], likelihood[name]), default=top)
    clause_topics = sorted(own, key=lambda name: -own[name])
    likely = [labels[i] for i in order[:3] if whole[i] >= also_threshold and is_topic(labels[i])]
    named = list(dict.fromkeys([*([top] if first != top else []), *clause_topics, *likely]))
    confidence = likelihood[top] if first == top else max(likelihood[top], own[first])
    return Issues(first, confidence, [name for name in named if name != first][:2])
