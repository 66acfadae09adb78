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
from math import log
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

    def _row(self, terms: Iterator[str], rows: dict[str, int]) -> tuple[list[int], np.ndarray]:
        """The known n-grams of a text and their TF-IDF, a vector of length 1."""
        counts = Counter(row for term in terms if (row := rows.get(term)) is not None)
        found = list(counts)
        values = np.array([1 + log(n) for n in counts.values()], dtype=np.float32) * self.idf[found]
        return found, values / (np.linalg.norm(values) or 1)

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """n texts → float32 [n, classes]; higher is likelier."""
        return np.stack([self._score(text.lower()) for text in texts]) if texts else \
            np.empty((0, len(self.intercept)), np.float32)

    def _score(self, text: str) -> np.ndarray:
        """The scores of one text in lower case. By hand: scipy's product of two sparse matrices checks and counts both."""
        letters, letter_values = self._row(letter_ngrams(text), self.letters)
        words, word_values = self._row(word_ngrams(text), self.words)
        rows = np.array(letters + words, dtype=np.int64)
        start = self.weights.indptr[rows].astype(np.int64)
        count = self.weights.indptr[rows + 1] - start
        # The places of all weights of all rows: for each row start, start + 1, …, start + count - 1.
        places = np.repeat(start - np.cumsum(count) + count, count) + np.arange(count.sum())
        parts = self.weights.data[places] * np.repeat(np.concatenate([letter_values, word_values]), count)
        total = np.bincount(self.weights.indices[places], weights=parts, minlength=len(self.intercept))
        return total.astype(np.float32) + self.intercept
