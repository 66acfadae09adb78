import pytest

from bot.knowledge.readability import measure, sentences, syllables


@pytest.mark.parametrize(("word", "expected"), [
    ("kind", 1), ("kinderen", 3), ("moeilijk", 2), ("idee", 2), ("beïnvloeden", 4), ("reünie", 3), ("zeeën", 2),
    ("mooie", 2), ("nieuw", 1), ("eeuwen", 2), ("politie", 3), ("IND", 3), ("zo'n", 1), ("112", 3), ("aan", 1),
])
def test_syllables(word, expected):
    assert syllables(word) == expected


def test_sentences_end_at_signs_and_blank_lines_not_at_layout():
    assert len(sentences("Dit is een zin die\nover twee regels loopt. En nog een.")) == 2
    assert len(sentences("Een stap\n\nNog een stap")) == 2
    assert len(sentences("Dat staat in art. 7 van de wet.")) == 1


def test_score_is_flesch_douma():
    # 2 sentences, 6 words, 8 syllables: 206.84 - 0.93 * 3 - 77 * 8 / 6
    result = measure("Niemand mag slaan. Dat is verboden.")
    assert (result.sentences, result.words, result.syllables) == (2, 6, 9)
    assert result.score == pytest.approx(206.84 - 0.93 * 3 - 77 * 9 / 6)


def test_long_words_and_sentences_are_harder():
    easy = measure("Je mag naar school. Dat is jouw recht.").score
    hard = measure("De gemeentelijke jeugdhulpverlening beoordeelt de ondersteuningsbehoefte van minderjarigen.").score
    assert easy > 90 > 30 > hard
