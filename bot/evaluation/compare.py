"""Compares encoders, classifiers and text treatments on the training questions alone; no test question is looked at.

    python -m bot.evaluation.compare [--tuned DIR --tuned-on 1]

Each topic's questions were written by two people, each with five voices of their own. A model learns the questions of
one writer and is measured on the other's, both ways: a harder question than the blind test, where it has learned both.
"""
from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import Callable, Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from bot.evaluation.metrics import share
from bot.nlu.encoder import SentenceEncoder
from bot.nlu.encoders import encode_training_questions
from bot.nlu.normalise import clean, written_dutch
from bot.nlu.topic_model import TopicModel
from bot.nlu_data import read_questions

SECOND_WRITER = {"kind_11", "straattaal", "ouder_paniek", "vlaams_surinaams", "omstander"}
Scores = np.ndarray


def _log_softmax(scores: Scores) -> Scores:
    scores = scores - scores.max(1, keepdims=True)
    return scores - np.log(np.exp(scores).sum(1, keepdims=True))


def _logistic(vectors: np.ndarray, labels: Sequence[str], others: np.ndarray, c: float = 0.03) -> Scores:
    centre, scale = vectors.mean(0), 1 / np.std(vectors - vectors.mean(0))
    model = LogisticRegression(C=c, max_iter=300).fit((vectors - centre) * scale, labels)
    return _log_softmax(model.decision_function((others - centre) * scale))


def _nearest(vectors: np.ndarray, labels: np.ndarray, others: np.ndarray, k: int = 10) -> Scores:
    """Sum of the similarities of the k nearest questions, per label."""
    similar = others @ vectors.T
    names, index = np.unique(labels, return_inverse=True)
    scores = np.full((len(others), len(names)), -9.0)
    for row, near in enumerate(np.argpartition(-similar, k, axis=1)[:, :k]):
        votes = np.zeros(len(names))
        np.add.at(votes, index[near], np.exp(20 * (similar[row, near] - 1)))
        scores[row] = np.log(votes + 1e-4)
    return scores


def _svm(texts: Sequence[str], labels: Sequence[str], others: Sequence[str], **options: object) -> Scores:
    grams = TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **options)
    model = LinearSVC(C=1.0, random_state=0).fit(grams.fit_transform(texts), labels)
    return model.decision_function(grams.transform(others))


def noisy(text: str, chance: random.Random) -> str:
    """`text` with a typing mistake or two: a letter dropped, doubled or swapped, as on a phone."""
    letters = list(text)
    for _ in range(1 + len(text) // 40):
        at = chance.randrange(len(letters) - 1) if len(letters) > 2 else 0
        kind = chance.random()
        if kind < 0.4:
            del letters[at]
        elif kind < 0.7:
            letters.insert(at, letters[at])
        elif at + 1 < len(letters):
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tuned", type=Path, help="layers tuned on the first writer's questions only")
    options = parser.parse_args()
    rows = [q for q in read_questions() if not q.intent.startswith(("gesprek_", "thema_", "crisis_", "buiten_"))]
    second = np.array([q.voice in SECOND_WRITER for q in rows])
    labels = np.array([q.intent for q in rows])
    cleaned = [clean(q.text) for q in rows]
    written = np.array([written_dutch(q.text) for q in rows], object)
    raw = np.array([q.text.lower() for q in rows], object)
    vectors = encode_training_questions(cleaned)
    tuned = SentenceEncoder(threads=2, tuned=options.tuned).encode(cleaned) if options.tuned else None
    print(f"{len(rows)} questions of {len(set(labels))} topics\n{'':48} first → second{'':28} second → first")

    def report(name: str, measure: Callable[[np.ndarray, np.ndarray], Scores]) -> None:
        cells = []
        for learn, test in ((~second, second), (second, ~second)):
            scores = measure(learn, test)
            names = np.unique(labels[learn])
            cells.append(share(names[scores.argmax(1)] == labels[test]))
        print(f"{name:48} {str(cells[0]):42} {cells[1]}", flush=True)

    letters = {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 2}
    words = {"token_pattern": r"(?u)\b\w+\b", "ngram_range": (1, 2)}
    report("e5, logistic regression", lambda a, b: _logistic(vectors[a], labels[a], vectors[b]))
    report("e5, ten nearest questions", lambda a, b: _nearest(vectors[a], labels[a], vectors[b]))
    report("letters (2-5), linear SVM, as typed", lambda a, b: _svm(raw[a], labels[a], raw[b], **letters))
    report("letters (2-5), linear SVM, written Dutch", lambda a, b: _svm(written[a], labels[a], written[b], **letters))
    report("words (1-2), linear SVM, as typed", lambda a, b: _svm(raw[a], labels[a], raw[b], **words))
    report("words (1-2), linear SVM, written Dutch", lambda a, b: _svm(written[a], labels[a], written[b], **words))
    report("the model: e5 + letters + words", lambda a, b: TopicModel().fit(
        written[a], vectors[a], labels[a]).scores(written[b], vectors[b]))

    def with_noise(a: np.ndarray, b: np.ndarray) -> Scores:
        chance = random.Random(1)
        more = np.array([noisy(text, chance) for text in written[a]], object)
        return TopicModel().fit(np.concatenate([written[a], more]), np.concatenate([vectors[a], vectors[a]]),
                                np.concatenate([labels[a], labels[a]])).scores(written[b], vectors[b])

    report("  and each question again with typing mistakes", with_noise)
    if tuned is not None:
        print("(tuned on the first writer's questions: only the first column is a fair one)")
        report("tuned e5, logistic regression", lambda a, b: _logistic(tuned[a], labels[a], tuned[b]))
        report("the model with tuned e5", lambda a, b: TopicModel().fit(
            written[a], tuned[a], labels[a]).scores(written[b], tuned[b]))


if __name__ == "__main__":
    main()
