"""A message about two things: how it is cut, and which topic comes first."""
from __future__ import annotations

import numpy as np
import pytest
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu import sentence_featurizer
from bot.nlu.clauses import MAX_CLAUSES, clause_spans, issues
from bot.nlu.dutch_text import dutch
from bot.nlu.sentence_featurizer import CLAUSE_VECTORS, CLAUSES, VECTOR, SentenceFeaturizer

LABELS = ["buiten_bereik", "crisis_gevaar", "geweld_thuis", "wonen_schulden", "algemeen_spelen"]
URGENCY = {"geweld_thuis": "concern", "crisis_gevaar": "emergency"}


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in clause_spans(dutch()(text))]


@pytest.mark.parametrize(("text", "count"), [
    ("mijn vader slaat mij", 0), ("wij hebben geen geld en geen huis", 0),
    ("mijn vader drinkt heel veel en we moeten vrijdag uit ons huis", 2),
    ("Ik word gepest op school. Mijn ouders gaan ook nog scheiden.", 2),
    ("we kunnen de huur niet betalen maar ook is mijn zoon heel erg bang", 2),
    ("mijn vader slaat mij. help", 0), ("", 0), ("en en en en", 0), ("en . en . ook maar", 0),
])
def test_where_a_message_is_cut(text, count):
    assert len(cut(text)) == count
    assert all(len(clause.split()) >= 3 for clause in cut(text))


def test_the_words_that_join_are_no_part_of_a_clause():
    found = cut("we hebben veel schulden en ook word ik gepest op school")
    assert found == ["we hebben veel schulden", "word ik gepest op school"]


def test_a_long_story_costs_a_bounded_number_of_clauses():
    assert len(cut("ik weet het niet meer en " * 40)) == MAX_CLAUSES


def weigh(whole: dict, *parts: dict):
    def row(some: dict) -> np.ndarray:
        return np.array([some.get(label, 0.0) for label in LABELS])
    table = np.stack([row(part) for part in parts]) if parts else np.empty((0, len(LABELS)))
    return issues(LABELS, row(whole), table, is_topic=lambda name: name != "buiten_bereik",
                  urgency=lambda name: URGENCY.get(name, "none"), sure=0.5, certain=0.7, possible=0.03, also_threshold=0.12)


def test_one_issue_is_left_as_it_is():
    found = weigh({"wonen_schulden": 0.8, "geweld_thuis": 0.15})
    assert (found.first, found.confidence, found.also) == ("wonen_schulden", 0.8, ["geweld_thuis"])


def test_the_more_urgent_of_two_comes_first_and_the_other_is_offered():
    found = weigh({"wonen_schulden": 0.8, "geweld_thuis": 0.1}, {"wonen_schulden": 0.9}, {"geweld_thuis": 0.7})
    assert (found.first, found.also) == ("geweld_thuis", ["wonen_schulden"]) and found.confidence == 0.8


def test_of_two_that_are_as_urgent_the_likelier_stays_first():
    found = weigh({"wonen_schulden": 0.6, "algemeen_spelen": 0.05}, {"wonen_schulden": 0.6}, {"algemeen_spelen": 0.9})
    assert (found.first, found.also) == ("wonen_schulden", ["algemeen_spelen"])


@pytest.mark.parametrize("parts", [
    [{"wonen_schulden": 0.9}, {"geweld_thuis": 0.4}],           # not sure
    [{"geweld_thuis": 0.9}, {"geweld_thuis": 0.9}],             # one issue
])
def test_a_clause_alone_does_not_decide(parts):
    assert weigh({"wonen_schulden": 0.8, "geweld_thuis": 0.1}, *parts).first == "wonen_schulden"


def test_what_the_whole_message_speaks_against_is_only_offered():
    found = weigh({"wonen_schulden": 0.95, "geweld_thuis": 0.01}, {"wonen_schulden": 0.9}, {"geweld_thuis": 0.6})
    assert (found.first, found.also) == ("wonen_schulden", ["geweld_thuis"])


def test_a_clause_that_leaves_no_doubt_needs_no_support():
    parts = {"wonen_schulden": 0.9}, {"geweld_thuis": 0.9}
    assert weigh({"wonen_schulden": 0.95, "geweld_thuis": 0.01}, *parts).first == "geweld_thuis"
    # ... but what the whole message is about must be another clause's own topic.
    parts = {"algemeen_spelen": 0.9}, {"geweld_thuis": 0.9}
    assert weigh({"wonen_schulden": 0.95, "geweld_thuis": 0.01}, *parts).first == "wonen_schulden"


def test_danger_is_left_to_its_own_detector():
    found = weigh({"wonen_schulden": 0.8, "crisis_gevaar": 0.1}, {"wonen_schulden": 0.9}, {"crisis_gevaar": 0.9})
    assert found.first == "wonen_schulden" and "crisis_gevaar" in found.also


def test_one_encoding_holds_the_message_and_its_clauses(monkeypatch):
    calls = []

    def fake(texts):
        calls.append([list(parts) for parts in texts])
        return [np.arange(1 + len(parts), dtype=np.float32)[:, None] for parts in texts]

    monkeypatch.setattr(sentence_featurizer, "encode_parts", fake)
    short = Message({TEXT: "mag ik alleen naar de dokter"})
    long = Message({TEXT: "Hoi! mijn vader drinkt heel veel en ook moeten we vrijdag uit ons huis"})
    SentenceFeaturizer().process([short, long])
    assert len(calls) == 1
    assert "".join(calls[0][1]) == long.get(TEXT), "what is encoded is the message, whole"
    assert short.get(CLAUSES) is None and short.get(VECTOR)[0] == 0
    assert long.get(CLAUSES) == ["mijn vader drinkt heel veel", "moeten we vrijdag uit ons huis"]
    assert long.get(VECTOR)[0] == 0 and long.get(CLAUSE_VECTORS)[:, 0].tolist() == [2, 4]
