"""Makes spaCy forget the words it has seen.

spaCy's vocabulary keeps every word that it ever read for as long as the process lives: 0.8 kB a word, and words are
part of what a child typed. Every so often the vocabulary is replaced by one that holds only our own words.
"""
from __future__ import annotations

import logging
import time
from typing import Callable

import spacy

from bot.nlu.dutch_text import dutch

logger = logging.getLogger(__name__)

# After so many messages, and at the latest after so many seconds: as long as a conversation may live.
EVERY_MESSAGES, EVERY_SECONDS = 2_000, 1_800.0


class Forgetting:
    """Remembers which words are our own, and renews the vocabulary. Make it after the model was loaded and checked."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._own = list(dutch().vocab.strings)
        self._clock, self._since = clock, clock()
        self._messages = 0
        # Matchers keep the vocabulary that they were made with for good: nobody's words may come into that one.
        self._use(self.fresh())

    def heard(self) -> None:
        """One more message was read."""
        self._messages += 1

    @property
    def due(self) -> bool:
        over_time = self._messages > 0 and self._clock() - self._since >= EVERY_SECONDS
        return self._messages >= EVERY_MESSAGES or over_time

    def fresh(self) -> spacy.Language:
        """A pipeline that knows our own words and no others; takes a while, safe in any thread."""
        new = spacy.blank("nl")
        for word in self._own:
            new.vocab.strings.add(word)
        return new

    def renew(self, new: spacy.Language) -> None:
        """Puts the vocabulary of `new` in the place of the one in use. Documents already made keep theirs."""
        self._use(new)
        self._messages, self._since = 0, self._clock()
        logger.info("The words of the last while are forgotten.")

    @staticmethod
    def _use(new: spacy.Language) -> None:
        current = dutch()
        current.tokenizer = new.tokenizer
        current.vocab = new.vocab
