"""A message that is about two things: its clauses, and which of their topics comes first.

"mijn vader drinkt heel veel en we moeten vrijdag uit ons huis" is two questions. The whole message is classified, and
each clause of four words or more; both come out of one pass of the encoder. No Rasa here.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Sequence

import numpy as np
from spacy.tokens import Doc, Token

# Where one matter may end and another begin.
_SENTENCE_END = frozenset(".?!…;")
_JOINS = frozenset({"en", "ook", "maar", "daarnaast", "bovendien", "verder", "trouwens", "plus"})
MIN_WORDS = 4
# A long story has many clauses; more than these cost time and tell little.
MAX_CLAUSES = 5

URGENCY_RANK = {"none": 0, "concern": 1, "emergency": 2}


def _has_letter(token: Token) -> bool:
    text = token.text
    return text.isalnum() or any(char.isalnum() for char in text)


def _words(piece: Sequence[Token]) -> int:
    return sum(map(_has_letter, piece))


def clause_spans(doc: Doc) -> list[tuple[int, int]]:
    """Where the clauses of a message are: (first character, character after the last), in order, none overlapping.

    Each has at least MIN_WORDS words and begins and ends at a space. A message with fewer than two clauses has none. What
    is too short for a clause stays with its neighbour in the same sentence ("mijn ouders gaan | ook nog scheiden").
    """
    found: list[list[Token]] = []
    sentence: list[list[Token]] = [[]]
    for token in [*doc, None]:
        if token is None or (not _SENTENCE_END.isdisjoint(token.text) and not _has_letter(token)):
            if len(sentence) > 1 and _words(sentence[-1]) < MIN_WORDS:
                last = sentence.pop()
                sentence[-1] += last
            found += [piece for piece in sentence if _words(piece) >= MIN_WORDS]
            sentence = [[]]
            continue
        if token.lower_ in _JOINS and _words(sentence[-1]) >= MIN_WORDS:
            sentence.append([])
        sentence[-1].append(token)
    spans: list[tuple[int, int]] = []
    for piece in found[:MAX_CLAUSES]:
        piece = _without_joins(piece)
        start, end = _at_spaces(doc.text, piece[0].idx, piece[-1].idx + len(piece[-1]))
        if not spans or start >= spans[-1][1]:
            spans.append((start, end))
    return spans if len(spans) >= 2 else []


def _at_spaces(text: str, start: int, end: int) -> tuple[int, int]:
    """The span widened to whole words: the encoder reads word by word ("thuis.en" is one)."""
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return start, end


def _without_joins(piece: list[Token]) -> list[Token]:
    """A clause without the "en ook" that it begins with."""
    start = 0
    while start < len(piece) - 1 and (piece[start].lower_ in _JOINS or piece[start].is_space):
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
    order = np.argsort(-whole)[:3].tolist()
    top = labels[order[0]]

    def likelihood(name: str) -> float:
        return float(whole[labels.index(name)])

    own: dict[str, float] = {}
    for row in parts:
        name = labels[int(np.argmax(row))]
        if row.max() >= sure and is_topic(name):
            own[name] = max(own.get(name, 0.0), float(row.max()))
    first = top
    if len(own) >= 2 and is_topic(top):
        # Danger has its own detector, which knows idioms and stories; a clause alone does not decide on it.
        urgent = [name for name in own if urgency(name) != "emergency" and URGENCY_RANK[urgency(name)] > URGENCY_RANK[urgency(top)]
                  and (likelihood(name) >= possible or (own[name] >= certain and top in own))]
        first = max(urgent, key=lambda name: (URGENCY_RANK[urgency(name)], likelihood(name)), default=top)
    clause_topics = sorted(own, key=lambda name: -own[name])
    likely = [labels[i] for i in order if whole[i] >= also_threshold and is_topic(labels[i])]
    named = list(dict.fromkeys([*([top] if first != top else []), *clause_topics, *likely]))
    confidence = float(whole[order[0]]) if first == top else max(float(whole[order[0]]), own[first])
    return Issues(first, confidence, [name for name in named if name != first][:2])
