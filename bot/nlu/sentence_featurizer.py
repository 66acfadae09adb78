"""Graph component: the meaning of a question as one vector, from a sentence encoder."""
from __future__ import annotations

import json
from collections import Counter
from typing import Any, Dict, List, Optional, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.clauses import MIN_WORDS, clause_spans
from bot.nlu.dutch_text import dutch
from bot.nlu.encoders import encode_parts, encode_training_questions, encoder, encoder_version
from bot.nlu.normalise import clean, written_dutch

VECTOR = "sentence_vector"
CLAUSES = "clauses"
CLAUSE_VECTORS = "clause_vectors"


def _parts(text: str) -> tuple[list[str], list[int]]:
    """A message in parts, and which of these are its clauses."""
    # A message of two clauses has that many words; most have fewer, and need no tokeniser.
    spans = clause_spans(dutch().make_doc(text)) if len(text.split()) >= 2 * MIN_WORDS else []
    parts: list[str] = []
    chosen: list[int] = []
    at = 0
    for start, end in spans:
        if text[at:start].strip():
            parts.append(text[at:start])
        chosen.append(len(parts))
        parts.append(text[start:end])
        at = end
    if text[at:].strip() or not parts:
        parts.append(text[at:])
    return parts, chosen


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SentenceFeaturizer(GraphComponent):
    """Sets `sentence_vector` (float32 [d]) on each message; one encoding serves every component after it.

    A message of several clauses also gets `clauses` (texts, in written Dutch) and `clause_vectors` (float32
    [clauses, d]), from the same encoding.

    The encoder is never trained here. What a model keeps is how it cuts the words of the training questions into tokens, so
    that answering need not look these up again.
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
        return cls(model_storage, resource)

    @classmethod
    def load(cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource,
             execution_context: ExecutionContext, **kwargs: Any) -> "SentenceFeaturizer":
        with model_storage.read_from(resource) as folder:
            encoder().tokenizer.known = json.loads((folder / "words.json").read_text(encoding="utf-8"))
        return cls(model_storage, resource)

    def __init__(self, model_storage: Optional[ModelStorage] = None, resource: Optional[Resource] = None) -> None:
        self._model_storage = model_storage
        self._resource = resource

    def train(self, training_data: TrainingData) -> Resource:
        """Keeps the tokens of each word, as it is typed, that occurs twice or more in the training questions."""
        counts = Counter(word for e in training_data.training_examples if e.get(TEXT) for word in clean(e.get(TEXT)).split())
        words = sorted(word for word, count in counts.items() if count > 1)
        with self._model_storage.write_to(self._resource) as folder:
            (folder / "words.json").write_text(json.dumps(encoder().tokenizer.words(words), ensure_ascii=False), encoding="utf-8")
        return self._resource

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> str:
        """Rasa's cache does not see the encoder's weights; a new encoder means new vectors."""
        return encoder_version()

    def process(self, messages: List[Message]) -> List[Message]:
        todo = [m for m in messages if m.get(TEXT) is not None and m.get(VECTOR) is None]
        cut = [_parts(clean(m.get(TEXT))) for m in todo]
        for message, (parts, chosen), vectors in zip(todo, cut, encode_parts([parts for parts, _ in cut]), strict=True):
            message.set(VECTOR, vectors[0])
            if chosen:
                message.set(CLAUSES, [written_dutch(parts[place]) for place in chosen])
                message.set(CLAUSE_VECTORS, vectors[[place + 1 for place in chosen]])
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        examples = [e for e in training_data.training_examples if e.get(TEXT)]
        if examples:
            vectors = encode_training_questions([clean(e.get(TEXT)) for e in examples])
            for example, vector in zip(examples, vectors):
                example.set(VECTOR, vector)
        return training_data
