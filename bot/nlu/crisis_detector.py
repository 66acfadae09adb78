"""Graph component: somebody is in danger. Two layers, either is enough, at every turn.

1. `bot.nlu.crisis_rules`: rules on normalised text, made to miss as little as possible.
2. The classifier's own probability of the crisis intents, with a low threshold.

What is uncertain sets `maybe_crisis`: help is shown, gently, beside the answer.
"""
from __future__ import annotations

from typing import Any, Dict, List, Optional, Text, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from spacy.tokens import Doc

from bot.nlu.crisis_rules import crisis_rules
from bot.nlu.crisis_words_other import find_other
from bot.nlu.dutch_text import doc_of

# Words; nine in ten of the training questions have at most 26.
LONG = 30


def _glued(words: List[Text]) -> bool:
    """Whether one of the words the rules found is several words typed as one, or letters typed apart."""
    lexicon = crisis_rules().lexicon
    return any(word not in lexicon.vocabulary and len(lexicon.correct(word)) > 1 for word in words)


def _hidden(doc: Doc) -> bool:
    """Whether the message is longer, or has more signs among its words, than anything the classifier has learned from."""
    words = sum(any(char.isalnum() for char in token.text) for token in doc)
    return words > LONG or len(doc) - words > words


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class CrisisDetector(GraphComponent, IntentClassifier):
    """Replaces the intent by a crisis intent when somebody seems to be in danger.

    Notes `crisis` on the message: {"rule": sure|maybe|None, "words": [...], "probability": 0..1}, for volunteers.
    """

    @classmethod
    def required_components(cls) -> List[Type]:
        return []

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {
            # Summed probability of the crisis intents from which on the message is a crisis, by what the rules say.
            # Set on data/calibration (python -m bot.evaluation.calibrate; docs/adr/0007): 306 of 310 crises, 31 of 310
            # look-alikes. A rule that is sure decides alone.
            "threshold": 0.04,
            "rule_maybe_threshold": 0.04,
            "rule_sure_threshold": 0.0,
            # A clause that is this certainly a crisis makes the message one (0 of 150 look-alikes more, 2 of 748 questions).
            "clause_threshold": 0.9,
            # An exception such as "for a school project" or "in a film" raises the threshold to this.
            "excused_threshold": 0.97,
            # From here on gentle help is shown beside the answer; with a rule that says maybe, from there on. A rule that is
            # sure always brings it.
            "maybe_threshold": 0.02,
            "rule_maybe_help": 0.002,
        }

    def __init__(self, config: Dict[Text, Any]) -> None:
        self._config = config

    @classmethod
    def create(cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> "CrisisDetector":
        return cls(config)

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            if message.get(TEXT) is not None:
                self._process(message)
        return messages

    def _process(self, message: Message) -> None:
        finding = crisis_rules().find(doc_of(message))
        in_other_language = False
        if finding.level != "sure":
            other = find_other(message.get(TEXT))
            if other.level == "sure" or (other.level and finding.level is None):
                finding, in_other_language = other, other.level == "sure"
        probabilities: Dict[Text, float] = message.get("crisis_probabilities") or {}
        probability = sum(probabilities.values())
        likeliest = max(probabilities, key=probabilities.get) if probabilities else "crisis_gevaar"
        message.set("crisis", {"rule": finding.level, "excused": finding.excused, "words": finding.words,
                               "probability": round(probability, 4)}, add_to_output=True)
        threshold = self._config["excused_threshold"] if finding.excused else self._config["threshold"]
        if finding.level and not finding.excused:
            threshold = self._config[f"rule_{finding.level}_threshold"]
        unreadable = finding.level == "sure" and (_glued(finding.words) or _hidden(doc_of(message)))
        if in_other_language or unreadable:
            # The classifier has learned from short questions in Dutch words: it has no say in another language, in
            # "i k w i l d o o d", or about one sentence in a long or noisy text.
            threshold = 0.0
        in_clause: Dict[Text, float] = message.get("crisis_in_clause") or {}
        if finding.sos:
            self._set(message, "sos", 1.0)
        elif probability >= threshold:
            # The rule knows why it fired; the classifier has seen more kinds of danger.
            sure_class = probabilities.get(likeliest, 0.0) >= 0.5
            topic = likeliest if sure_class or not finding.topic else finding.topic
            self._set(message, topic, max(probability, 1.0 if finding.level == "sure" else 0.0))
        elif not finding.excused and sum(in_clause.values()) >= self._config["clause_threshold"]:
            self._set(message, max(in_clause, key=in_clause.get), sum(in_clause.values()))
        elif not finding.excused and probability >= self._help_from(finding.level):
            message.set("maybe_crisis", True, add_to_output=True)

    def _help_from(self, level: Optional[Text]) -> float:
        """The probability from which on gentle help is shown, by what the rules say."""
        return {"sure": 0.0, "maybe": self._config["rule_maybe_help"]}.get(level, self._config["maybe_threshold"])

    def _set(self, message: Message, intent: Text, confidence: float) -> None:
        ranking = [row for row in message.get("intent_ranking", []) if row["name"] != intent]
        before = message.get("intent", {}).get("name") or ""
        top = {"name": intent, "confidence": min(1.0, float(confidence))}
        message.set("intent", top, add_to_output=True)
        message.set("intent_ranking", [top] + ranking, add_to_output=True)
        # What the message is about besides the danger stays reachable, after "there is no danger now".
        also = [before] if before not in (intent, "nlu_fallback", "buiten_bereik") and not before.startswith(
            ("gesprek_", "thema_", "crisis_")) else []
        message.set("also", also + [n for n in message.get("also", []) if n not in (intent, *also)], add_to_output=True)
