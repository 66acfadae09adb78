"""The scores without scikit-learn are scikit-learn's."""
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from bot.nlu.ngram_scorer import NgramScorer, _of, letter_ngrams, word_ngrams

QUESTIONS = ["mijn vader slaat mij", "mama slaat me", "wij hebben geen huis", "we slapen in de auto", "ik wil naar school",
             "er is geen plek op school", "ik ik ik", "é ë 😀 a"]
LABELS = ["thuis", "thuis", "dakloos", "dakloos", "school", "school", "thuis", "school"]


@pytest.fixture(scope="module")
def fitted():
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True, dtype=np.float32)
    words = TfidfVectorizer(analyzer="word", token_pattern=r"(?u)\b\w+\b", ngram_range=(1, 2), sublinear_tf=True,
                            dtype=np.float32)
    table = np.hstack([letters.fit_transform(QUESTIONS).toarray(), words.fit_transform(QUESTIONS).toarray()])
    return letters, words, LinearSVC(random_state=0).fit(table, LABELS)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_cut_as_scikit_learn_cuts_it(text):
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5)).build_analyzer()
    words = TfidfVectorizer(token_pattern=r"(?u)\b\w+\b", ngram_range=(1, 2)).build_analyzer()
    assert sorted(letter_ngrams(text.lower())) == sorted(letters(text))
    assert sorted(word_ngrams(text.lower())) == sorted(words(text))


@pytest.mark.parametrize("texts", [[QUESTIONS[0]], QUESTIONS, [""], ["xqz", "Mijn   VADER\tslaat slaat"], []])
def test_scores_are_the_same(fitted, texts):
    letters, words, linear = fitted
    found = NgramScorer.of(letters, words, linear).scores(texts)
    assert found.shape == (len(texts), 3)
    if texts:
        table = np.hstack([letters.transform(texts).toarray(), words.transform(texts).toarray()])
        # A weight is off by half a step of its byte at most, and no vector is longer than the square root of two.
        steps = np.abs(linear.coef_).max() / 127
        assert np.abs(found - linear.decision_function(table)).max() <= steps


def test_words_that_stand_ready_score_as_their_letters_do(fitted):
    letters, words, linear = fitted
    scorer = NgramScorer.of(letters, words, linear)
    for word in {word for question in QUESTIONS for word in question.split() if word in scorer.words}:
        assert scorer._letters(word, {}).tolist() == _of(letter_ngrams(word), scorer.letters)
