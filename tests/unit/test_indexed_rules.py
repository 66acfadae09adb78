"""The indexed rules fit exactly where Rasa's own RulePolicy lets them fit."""
from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from rasa.core.policies.rule_policy import RulePolicy

from bot.indexed_rules import IndexedRulePolicy

INTENTS, ACTIONS = ["a", "b", "c"], ["action_listen", "action_answer", "utter_x"]
_user = st.one_of(st.just({}), st.fixed_dictionaries({"intent": st.sampled_from(INTENTS)}), st.just({"text": "x"}))


@st.composite
def state(draw):
    made = {}
    if draw(st.integers(0, 4)):
        made["prev_action"] = {"action_name": draw(st.sampled_from(ACTIONS))}
    if user := draw(_user):
        made["user"] = user
    if draw(st.booleans()):
        made["slots"] = {"s": draw(st.sampled_from([[1.0], [0.0], "should_not_be_set"]))}
    return made


_states = st.lists(state(), min_size=1, max_size=4)
_rules = st.dictionaries(_states.map(lambda s: json.dumps(s, sort_keys=True)), st.sampled_from(ACTIONS), max_size=12)


def _policy(kind):
    return kind.__new__(kind)


@given(_rules, _states)
def test_the_same_rules_fit(rules, states):
    assert _policy(IndexedRulePolicy)._get_possible_keys(rules, states) == _policy(RulePolicy)._get_possible_keys(rules, states)


def test_a_lookup_that_grew_is_indexed_again():
    policy = _policy(IndexedRulePolicy)
    states = [{"prev_action": {"action_name": "action_listen"}, "user": {"intent": "a"}}]
    rules = {}
    assert policy._get_possible_keys(rules, states) == set()
    rules[json.dumps(states)] = "action_answer"
    assert policy._get_possible_keys(rules, states) == {json.dumps(states)}


def test_only_the_rules_of_the_intent_are_compared(monkeypatch):
    compared = []
    monkeypatch.setattr(RulePolicy, "_is_rule_applicable", lambda self, key, i, s: compared.append(key) or True)
    rules = {json.dumps([{"prev_action": {"action_name": "action_listen"}, "user": {"intent": f"t{n}"}}]): "action_answer"
             for n in range(500)}
    _policy(IndexedRulePolicy)._get_possible_keys(
        rules, [{"prev_action": {"action_name": "action_listen"}, "user": {"intent": "t7"}}])
    assert len(compared) == 1


def test_what_follows_an_intent_where_rules_are_simple():
    policy = _policy(IndexedRulePolicy)
    asked = {"prev_action": {"action_name": "action_listen"}, "user": {"intent": "a"}}
    answered = {"prev_action": {"action_name": "action_answer"}, "user": {"intent": "a"}}
    rules = {json.dumps([asked]): "action_answer", json.dumps([asked, answered]): "action_listen"}
    policy.lookup = {"rules": rules}
    assert policy.answers() == {"a": "action_answer"}
    others = [([asked, answered], "utter_x"), ([answered, asked], "utter_x"), ([answered, asked], "action_listen"),
              ([{**asked, "slots": {"s": [1.0]}}], "utter_x"), ([{"user": {"intent": "a"}}], "utter_x"),
              ([{**asked, "user": {"text": "x"}}], "utter_x")]
    for states, action in others:
        policy.lookup = {"rules": rules | {json.dumps(states): action}}
        assert policy.answers() == {}
