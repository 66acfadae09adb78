"""Linear scores on the n-grams of a text: what scikit-learn learned, without scikit-learn.

scikit-learn's TfidfVectorizer and LinearSVC are made for thousands of texts at a time: one question takes them many
times as long as this, and importing them costs most of a second and tens of megabytes at every start. The scores are
the same but for the weights' precision: one byte each, with a scale for each n-gram (17 MB instead of 69).
"""
from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from typing import Any, Iterator, Sequence

import numpy as np

_WORD = re.compile(r"(?u)\b\w+\b")


def letter_ngrams(text: str, shortest: int = 2, longest: int = 5) -> Iterator[str]:
    """The character n-grams inside the words of `text`, as scikit-learn's analyzer `char_wb` gives them."""
    for word in text.split():
        padded = f" {word} "
        size = len(padded)
        for n in range(shortest, longest + 1):
            if size <= n:
                yield padded
                break
            for start in range(size - n + 1):
                yield padded[start:start + n]


def word_ngrams(text: str) -> Iterator[str]:
    """The words of `text` and its pairs of neighbouring words."""
    words = _WORD.findall(text)
    yield from words
    yield from (f"{one} {two}" for one, two in pairwise(words))


@dataclass(frozen=True)
class NgramScorer:
    """Scores of n-grams for each class.

    Attributes:
        letters, words: n-gram → its row in `weights`.
        known, starts: the rows of the letters of each single word of the training questions, one word after the other; the
            word in row r of `weights` has known[starts[r - len(letters)]:starts[r - len(letters) + 1]].
        idf: float32 [n-grams], how rare each is.
        weights: int8 [n-grams, classes], to be multiplied by `scale`.
        scale: float32 [n-grams].
        intercept: float32 [classes].
    """

    letters: dict[str, int]
    words: dict[str, int]
    known: np.ndarray
    starts: array[int]
    idf: np.ndarray
    weights: np.ndarray
    scale: np.ndarray
    intercept: np.ndarray

    @classmethod
    def of(cls, letters: Any, words: Any, linear: Any) -> NgramScorer:
        """From two fitted TfidfVectorizers (`char_wb` 2-5 and words 1-2, sublinear) and a linear model on both, in that
        order. The linear model has `coef_` [classes, n-grams] and `intercept_`.
        """
        rows = {str(term): int(i) for term, i in letters.vocabulary_.items()}
        own = sorted(((int(i), str(term)) for term, i in words.vocabulary_.items()))
        known = [_of(letter_ngrams(term), rows) if " " not in term else [] for _, term in own]
        coefficients = linear.coef_.T
        scale = np.maximum(np.abs(coefficients).max(axis=1), 1e-12) / 127
        return cls(rows, {term: i + len(rows) for i, term in own},
                   np.array(list(chain.from_iterable(known)), np.int32),
                   array("l", accumulate(map(len, known), initial=0)),
                   np.concatenate([letters.idf_, words.idf_]).astype(np.float32),
                   np.rint(coefficients / scale[:, None]).astype(np.int8), scale.astype(np.float32),
                   linear.intercept_.astype(np.float32))

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """n texts → float32 [n, classes]; higher is likelier. Cheapest for texts that share their words."""
        if not texts:
            return np.empty((0, len(self.intercept)), np.float32)
        # The letters of a text are a vector, and so are its words: number t and n + t of text t.
        seen: dict[str, np.ndarray] = {}  # word → rows of its letters
        letters, words = [], []
        for text in map(str.lower, texts):
            letters.append([rows for word in text.split() if len(rows := self._letters(word, seen))])
            words.append(_of(word_ngrams(text), self.words))
        rows = np.concatenate([*chain.from_iterable(letters), *(np.array(some, np.int64) for some in words)])
        vectors = np.repeat(np.arange(2 * len(texts)), [*(sum(map(len, some)) for some in letters), *map(len, words)])
        keys, counts = np.unique(vectors * len(self.idf) + rows, return_counts=True)
        vectors, rows = np.divmod(keys, len(self.idf))
        values = (1 + np.log(counts, dtype=np.float32)) * self.idf[rows]
        lengths = np.sqrt(np.bincount(vectors, values * values, 2 * len(texts)))
        table = np.zeros((len(texts), len(rows)), np.float32)
        table[vectors % len(texts), np.arange(len(rows))] = values * self.scale[rows] / lengths[vectors]
        return table @ self.weights[rows].astype(np.float32) + self.intercept

    def _letters(self, word: str, seen: dict[str, np.ndarray]) -> np.ndarray:
        """The rows of the letters of `word`; those of the training questions' words stand ready."""
        if (rows := seen.get(word)) is None:
            if (row := self.words.get(word)) is None:
                rows = np.array(_of(letter_ngrams(word), self.letters), np.int64)
            else:
                row -= len(self.letters)
                rows = self.known[self.starts[row]:self.starts[row + 1]]
            seen[word] = rows
        return rows


def _of(terms: Iterator[str], rows: dict[str, int]) -> list[int]:
    """The rows of those terms that are known."""
    return [row for term in terms if (row := rows.get(term)) is not None]
