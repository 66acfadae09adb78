"""Linear scores on the n-grams of a text: what scikit-learn learned, without scikit-learn.

scikit-learn's TfidfVectorizer and LinearSVC are made for thousands of texts at a time: one question takes them more
than four times as long as this, and importing them costs most of a second and tens of megabytes at every start. The
scores are the same, from the same weights, of which three quarters are zero and are not kept (100 MB become 22).
"""
from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Iterator, Sequence

import numpy as np
from scipy import sparse

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
        idf: float32 [n-grams], how rare each is.
        weights: sparse float32 [n-grams, classes].
        intercept: float32 [classes].
    """

    letters: dict[str, int]
    words: dict[str, int]
    idf: np.ndarray
    weights: sparse.csr_matrix
    intercept: np.ndarray

    @classmethod
    def of(cls, letters: Any, words: Any, linear: Any) -> NgramScorer:
        """From two fitted TfidfVectorizers (`char_wb` 2-5 and words 1-2, sublinear) and a linear model on both, in that
        order. The linear model has `coef_` [classes, n-grams] and `intercept_`; weights too small for half a
        thousandth of a point are dropped.
        """
        coefficients = np.where(np.abs(linear.coef_) < 1e-6, 0, linear.coef_).astype(np.float32)
        shift = len(letters.vocabulary_)
        return cls({str(term): int(i) for term, i in letters.vocabulary_.items()},
                   {str(term): int(i) + shift for term, i in words.vocabulary_.items()},
                   np.concatenate([letters.idf_, words.idf_]).astype(np.float32),
                   sparse.csr_matrix(coefficients.T), linear.intercept_.astype(np.float32))

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """n texts → float32 [n, classes]; higher is likelier. Cheapest for texts that share their words."""
        if not texts:
            return np.empty((0, len(self.intercept)), np.float32)
        known: dict[str, list[int]] = {}  # word → rows of its letters
        found = [self._values(text.lower(), known) for text in texts]
        rows = np.unique(np.concatenate([some for some, _ in found]))
        values = np.zeros((len(texts), len(rows)), np.float32)
        for line, (some, value) in zip(values, found, strict=True):
            line[np.searchsorted(rows, some)] = value
        return values @ self.weights[rows].toarray() + self.intercept

    def _values(self, text: str, known: dict[str, list[int]]) -> tuple[np.ndarray, np.ndarray]:
        """The rows of the n-grams of `text` and their TF-IDF: letters and words each a vector of length 1."""
        letters: list[int] = []
        for word in text.split():
            if word not in known:
                known[word] = _of(letter_ngrams(word), self.letters)
            letters += known[word]
        rows, values = zip(*(self._weighed(some) for some in (letters, _of(word_ngrams(text), self.words))), strict=True)
        return np.concatenate(rows), np.concatenate(values)

    def _weighed(self, rows: list[int]) -> tuple[np.ndarray, np.ndarray]:
        counts = Counter(rows)
        found = np.fromiter(counts, np.int64, len(counts))
        values = (1 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))) * self.idf[found]
        return found, values / (np.linalg.norm(values) or 1)


def _of(terms: Iterator[str], rows: dict[str, int]) -> list[int]:
    """The rows of those terms that are known."""
    return [row for term in terms if (row := rows.get(term)) is not None]
