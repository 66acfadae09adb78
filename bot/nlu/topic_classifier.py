"""Graph component: which intent a question has, with a calibrated confidence.

The model itself is `bot.nlu.topic_model`. This class ties it to Rasa: training data in, ranking out, files to and
from the model archive. It also notes what a topic alone does not say: other topics the message is about (`also`).
"""
from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import Any, Dict, List, Optional, Text, Type

import joblib
import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.core.constants import DEFAULT_INTENTS
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.knowledge.library import knowledge
from bot.nlu.clauses import issues
from bot.nlu.dutch_text import written
from bot.nlu.normalise import CHAT_WORDS_FILE
from bot.nlu.sentence_featurizer import CLAUSE_VECTORS, CLAUSES, VECTOR, SentenceFeaturizer
from bot.nlu.topic_model import TopicModel

logger = logging.getLogger(__name__)

NOT_TOPICS = ("gesprek_", "thema_", "buiten_bereik", "sos")


def is_topic(intent: str) -> bool:
    """Whether an intent is a topic with an answer, rather than small talk or out of scope."""
    return not intent.startswith(NOT_TOPICS)


def urgency(intent: str) -> str:
    """The urgency of a topic's answer; "none" for whatever has no answer."""
    topic = knowledge().topics.get(intent)
    return topic.urgency if topic else "none"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(GraphComponent, IntentClassifier):
    """Sets `intent`, `intent_ranking` and `also` on each message."""

    @classmethod
    def required_components(cls) -> List[Type]:
        return [SentenceFeaturizer]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {
            "dense_c": TopicModel.dense_c,
            "sparse_c": TopicModel.sparse_c,
            "sparse_weight": TopicModel.sparse_weight,
            "temperature": TopicModel.temperature,
            # A second topic is offered beside the answer from this probability on.
            "also_threshold": 0.12,
            # From this probability on, a clause has a topic of its own ...
            "clause_threshold": 0.5,
            # ... which comes first when it is more urgent and the whole message gives it at least this much, or when the
            # clause is that certain. (A fifth of 12,969 questions held out: of 1,015 with clauses 3 became wrong by the
            # first, none by the second; docs/adr/0006.)
            "possible_threshold": 0.03,
            "certain_threshold": 0.7,
            "ranking_length": 10,
        }

    @staticmethod
    def required_packages() -> List[Text]:
        return ["sklearn"]

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Rasa's cache sees the configuration, not these files that the model depends on as well."""
        here = Path(__file__).parent
        files = (here / "topic_model.py", here / "ngram_scorer.py", here / "normalise.py", CHAT_WORDS_FILE)
        return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()

    def __init__(self, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource,
                 model: Optional[TopicModel] = None) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._use(model)

    def _use(self, model: Optional[TopicModel]) -> None:
        self._model = model
        # The crisis intents with their places among the labels.
        self._crises = [(i, label) for i, label in enumerate(model.labels if model else ()) if label.startswith("crisis_")]

    @classmethod
    def create(cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> "TopicClassifier":
        return cls(config, model_storage, resource)

    @classmethod
    def load(cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource,
             execution_context: ExecutionContext, **kwargs: Any) -> "TopicClassifier":
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, joblib.load(folder / "topic_model.joblib"))

    def train(self, training_data: TrainingData) -> Resource:
        examples = [e for e in training_data.intent_examples if e.get(TEXT) and e.get(INTENT) not in DEFAULT_INTENTS]
        labels = [e.get(INTENT) for e in examples]
        if len(set(labels)) < 2:
            raise ValueError("at least two intents with training questions are needed to train a classifier")
        settings = {k: self._config[k] for k in ("dense_c", "sparse_c", "sparse_weight", "temperature")}
        vectors = np.stack([e.get(VECTOR) for e in examples])
        logger.info("Learning %d questions of %d intents.", len(labels), len(set(labels)))
        self._use(TopicModel(**settings).fit([written(e) for e in examples], vectors, labels))
        with self._model_storage.write_to(self._resource) as folder:
            joblib.dump(self._model, folder / "topic_model.joblib", compress=3)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        todo = [m for m in messages if m.get(TEXT) is not None and m.get(VECTOR) is not None]
        if not todo or self._model is None:
            return messages
        for message in todo:
            # The message and its clauses, one row each.
            clauses = message.get(CLAUSES) or []
            vectors = [message.get(VECTOR), *(message.get(CLAUSE_VECTORS) if clauses else [])]
            table = self._model.probabilities([written(message), *clauses], np.stack(vectors))
            row = table[0]
            found = issues(self._model.labels, row, table[1:],
                           is_topic=is_topic, urgency=urgency, sure=self._config["clause_threshold"],
                           certain=self._config["certain_threshold"],
                           possible=self._config["possible_threshold"], also_threshold=self._config["also_threshold"])
            order = np.argsort(-row)[: self._config["ranking_length"]]
            ranking = [{"name": self._model.labels[i], "confidence": float(row[i])} for i in order]
            # The ranking before anything changed it, for those who measure.
            message.set("classified", list(ranking), add_to_output=True)
            if found.first != ranking[0]["name"]:
                # Another clause is more urgent: it leads by enough to be no tie.
                rest = [{**r, "confidence": min(r["confidence"], found.confidence - 0.05)} for r in ranking]
                ranking = [{"name": found.first, "confidence": found.confidence}]
                ranking += [r for r in rest if r["name"] != found.first]
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
            message.set("crisis_probabilities", self._crisis(row), add_to_output=True)
            # Danger in one sentence of a long story is little of the whole.
            parts = [self._crisis(part) for part in table[1:]]
            message.set("crisis_in_clause", max(parts, key=lambda part: sum(part.values()), default={}))
            message.set("also", found.also, add_to_output=True)
        return messages

    def _crisis(self, row: np.ndarray) -> Dict[Text, float]:
        """The probabilities of the crisis intents."""
        return {label: float(row[i]) for i, label in self._crises}
