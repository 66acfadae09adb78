"""Rasa's RulePolicy, with its rules looked up by intent.

RulePolicy compares every rule with the state of the conversation, twice for each action it predicts: the time grows
with the number of topics. A rule whose last step names an intent can only fit a state with that intent, so only those
rules and the few without an intent are compared here, by RulePolicy's own code. What is predicted is the same.

A model is trained with RulePolicy itself; `bot.graph_runner` puts this class in its place when it loads one.
"""
from __future__ import annotations

from typing import Any, Dict, List, Optional, Set, Tuple

from rasa.core.policies.rule_policy import RULES, RulePolicy
from rasa.shared.core.constants import ACTION_LISTEN_NAME, PREVIOUS_ACTION, USER
from rasa.shared.core.domain import State
from rasa.shared.nlu.constants import ACTION_NAME, INTENT

_Index = Dict[Optional[str], Dict[str, str]]


class IndexedRulePolicy(RulePolicy):
    """RulePolicy whose work for one prediction does not grow with the number of rules."""

    # (the lookup, how many rules it had, rules by the intent of their last step); lookups live as long as the policy.
    _indexes: Tuple[Tuple[Dict[str, str], int, _Index], ...] = ()

    def _index(self, lookup: Dict[str, str]) -> _Index:
        for known, size, index in self._indexes:
            if known is lookup and size == len(lookup):
                return index
        index: _Index = {}
        for key, action in lookup.items():
            intent = self._rule_key_to_state(key)[-1].get(USER, {}).get(INTENT)
            index.setdefault(intent or None, {})[key] = action
        # Training makes new lookups as it goes; only the latest few are of use.
        self._indexes = ((lookup, len(lookup), index), *self._indexes[:3])
        return index

    def answers(self) -> Dict[str, str]:
        """The action for each intent, when every rule is an intent, one action, and listening: then neither what came before
        a message nor anything else can change what is predicted. Empty when there is any other rule.
        """
        found: Dict[str, str] = {}
        for key, action in self.lookup[RULES].items():
            *before, last = self._rule_key_to_state(key)
            intent = last.get(USER, {}).get(INTENT)
            if not before and last == {PREVIOUS_ACTION: {ACTION_NAME: ACTION_LISTEN_NAME}, USER: {INTENT: intent}}:
                found[intent] = action
            elif action != ACTION_LISTEN_NAME or last.get(PREVIOUS_ACTION, {}).get(ACTION_NAME) == ACTION_LISTEN_NAME:
                return {}
        return found

    def _find_action_from_rules(self, tracker: Any, domain: Any, use_text_for_last_user_input: bool) -> Tuple:
        # RulePolicy tries rules on the text first. The assistant passes no text on (`bot.assistant`).
        if use_text_for_last_user_input and not (tracker.latest_message and tracker.latest_message.text):
            return None, None, False
        return super()._find_action_from_rules(tracker, domain, use_text_for_last_user_input)

    def _get_possible_keys(self, lookup: Dict[str, str], states: List[State]) -> Set[str]:
        # At the very start of a conversation RulePolicy lets rules pass whatever their intent.
        if not states or not states[-1].get(PREVIOUS_ACTION):
            return super()._get_possible_keys(lookup, states)
        index = self._index(lookup)
        intent = states[-1].get(USER, {}).get(INTENT)
        return super()._get_possible_keys({**index.get(None, {}), **(index.get(intent, {}) if intent else {})}, states)
