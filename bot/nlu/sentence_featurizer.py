"""Graph component: the meaning of a question as one vector, from a sentence encoder."""
from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.clauses import clauses
from bot.nlu.dutch_text import doc_of
from bot.nlu.encoders import encode, encode_training_questions, encoder_version
from bot.nlu.normalise import clean

VECTOR = "sentence_vector"
CLAUSES = "clauses"
CLAUSE_VECTORS = "clause_vectors"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceFeaturizer(GraphComponent):
    """Sets `sentence_vector` (float32 [d]) on each message; one encoding serves every component after it.

    A message of several clauses also gets `clauses` (texts) and `clause_vectors` (float32 [clauses, d]), from the
    same batch.
    """

    @classmethod
    def required_components(cls) -> List:
        return []

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {}

    @staticmethod
    def required_packages() -> List[Text]:
        return ["onnxruntime"]

    @classmethod
    def create(cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> "SentenceFeaturizer":
        return cls()

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> str:
        """Rasa's cache does not see the encoder's weights; a new encoder means new vectors."""
        return encoder_version()

    def process(self, messages: List[Message]) -> List[Message]:
        todo = [m for m in messages if m.get(TEXT) is not None and m.get(VECTOR) is None]
        if todo:
            parts = [clauses(doc_of(message)) for message in todo]
            vectors = encode([clean(m.get(TEXT)) for m in todo] + [clause for part in parts for clause in part])
            start = len(todo)
            for message, vector, part in zip(todo, vectors, parts):
                message.set(VECTOR, vector)
                if part:
                    message.set(CLAUSES, part)
                    message.set(CLAUSE_VECTORS, vectors[start:start + len(part)])
                    start += len(part)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        examples = [e for e in training_data.training_examples if e.get(TEXT)]
        if examples:
            vectors = encode_training_questions([clean(e.get(TEXT)) for e in examples])
            for example, vector in zip(examples, vectors):
                example.set(VECTOR, vector)
        return training_data
