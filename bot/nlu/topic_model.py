"""The classifier that maps a question to an intent; plain numpy and scikit-learn, no Rasa.

Three views of a question are each given to a linear classifier and their log-odds are added:
meaning (a sentence encoder's vector), letters (character n-grams, robust to typing) and words.
The weights and the temperature were chosen by cross-validation on the training questions (docs/adr).
"""
from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Sequence

import numpy as np

from bot.nlu.ngram_scorer import NgramScorer

logger = logging.getLogger(__name__)


@dataclass
class TopicModel:
    """A fitted model. `labels` are in the order of the columns of `probabilities`.

    Attributes:
        dense_c: inverse regularisation of the logistic regression on the encoder's vectors.
        sparse_c: the same of the linear SVM on n-grams.
        sparse_weight: how much the n-grams' scores count beside the encoder's.
        temperature: divides the scores so that probabilities are calibrated.
    """

    dense_c: float = 0.03
    sparse_c: float = 1.0
    sparse_weight: float = 8.0
    temperature: float = 1.0
    labels: list[str] = field(default_factory=list)

    def fit(self, texts: Sequence[str], vectors: np.ndarray, labels: Sequence[str]) -> "TopicModel":
        """Learns from n questions: `texts` (normalised), `vectors` float32 [n, d], `labels`."""
        # Only learning needs scikit-learn; a server does without it.
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import FeatureUnion
        from sklearn.svm import LinearSVC

        centre = vectors.mean(0)
        scale = 1.0 / max(1e-6, float(np.std(vectors - centre)))
        dense = LogisticRegression(C=self.dense_c, max_iter=300)
        dense.fit((vectors - centre) * scale, labels)
        self._dense_weights = (dense.coef_.T * scale).astype(np.float32)
        self._dense_intercept = (dense.intercept_ - centre @ self._dense_weights).astype(np.float32)
        letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True, dtype=np.float32)
        words = TfidfVectorizer(analyzer="word", token_pattern=r"(?u)\b\w+\b", ngram_range=(1, 2), min_df=1,
                                sublinear_tf=True, dtype=np.float32)
        sparse = FeatureUnion([("letters", letters), ("words", words)]).fit_transform(texts)
        linear = LinearSVC(C=self.sparse_c, random_state=0)
        linear.fit(sparse, labels)
        self._ngrams = NgramScorer.of(letters, words, linear)
        self.labels = [str(label) for label in dense.classes_]
        return self

    def scores(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """Uncalibrated scores, float [n, classes]; higher is likelier."""
        dense = vectors @ self._dense_weights + self._dense_intercept
        dense = dense - dense.max(1, keepdims=True)
        dense -= np.log(np.exp(dense).sum(1, keepdims=True))
        return dense + self.sparse_weight * self._ngrams.scores(texts)

    def probabilities(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """Calibrated probabilities, float [n, classes], rows add up to 1."""
        scores = self.scores(texts, vectors) / self.temperature
        scores = np.exp(scores - scores.max(1, keepdims=True))
        return scores / scores.sum(1, keepdims=True)
