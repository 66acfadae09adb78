"""How hard a Dutch text is to read.

The measure is Flesch-Douma, the Dutch form of Flesch Reading Ease (W. H. Douma, "De leesbaarheid van
landbouwbladen", Landbouwhogeschool Wageningen, 1960):

    score = 206.84 - 0.93 * words per sentence - 77 * syllables per word

100 is very easy, 60 is ordinary newspaper Dutch, below 30 is hard. Syllables are counted by vowel groups:
hyphenation dictionaries (pyphen) never split off a single letter, count too few syllables, and so flatter a text.

    python -m bot.knowledge.readability "Je mag zeggen wat je vindt."
"""
from __future__ import annotations

import re
import sys
from dataclasses import dataclass

# Longest first: a group of vowels that is said as one syllable.
_VOWEL_GROUP = re.compile(
    r"aai|ooi|oei|eeu|ieu|eau|aa|ee|oo|uu|ie|oe|eu|ui|ij|ei|au|ou|ai|oi|[aeiouyáàâäéèêëíìîïóòôöúùûü]"
)
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_SENTENCE_END = re.compile(r"(?:(?<=[.!?…])|(?<=[.!?…][\"'”’)]))\s+|\n{2,}")
# "art. 7" and "11.00 uur" are no ends of sentences.
_NO_END = re.compile(r"\b(art|bijv|enz|nr|mr|dr|o\.a|d\.w\.z|t/m|blz)\.", re.IGNORECASE)


@dataclass(frozen=True)
class Readability:
    """Counts of one text. `score` is Flesch-Douma; higher is easier."""

    sentences: int
    words: int
    syllables: int

    @property
    def words_per_sentence(self) -> float:
        return self.words / self.sentences if self.sentences else 0.0

    @property
    def score(self) -> float:
        if not self.words:
            return 100.0
        return 206.84 - 0.93 * self.words_per_sentence - 77.0 * self.syllables / self.words


def syllables(word: str) -> int:
    """The number of syllables of one Dutch word, at least 1. Digits and words in capitals are read letter by letter."""
    count = 0
    for part in re.split(r"['’-]", word):
        if not part:
            continue
        if part.isdigit():
            count += min(len(part), 3)
        elif len(part) > 1 and part.isupper():
            count += len(part)
        else:
            count += len(_VOWEL_GROUP.findall(part.lower()))
    return max(1, count)


def sentences(text: str) -> list[str]:
    """The sentences of `text`, split at full stops, question and exclamation marks and blank lines."""
    guarded = _NO_END.sub(lambda m: m.group(0)[:-1], text)
    return [s for s in (part.strip() for part in _SENTENCE_END.split(guarded)) if _WORD.search(s)]


def measure(text: str) -> Readability:
    """Counts sentences, words and syllables of `text`."""
    found = sentences(text)
    words = [w for s in found for w in _WORD.findall(s)]
    return Readability(len(found), len(words), sum(map(syllables, words)))


if __name__ == "__main__":
    for line in sys.argv[1:] or sys.stdin:
        result = measure(line)
        print(f"{result.score:6.1f}  {result.words_per_sentence:4.1f} words/sentence  {line.strip()[:80]}")
