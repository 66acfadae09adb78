"""Graph component: Dutch tokens with spaCy.

spaCy's trained Dutch pipelines are not in the package registry, so this is a blank pipeline with the lemma tables
of `spacy-lookups-data`, in which the rules for danger and languages look up what is a Dutch word: no parser and no tagger.
"""
from __future__ import annotations

from functools import lru_cache
from typing import Any, Dict, List, Text

import spacy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from spacy.language import Language
from spacy.tokens import Doc

from bot.nlu.normalise import written_dutch

WRITTEN = "written_dutch"
DOC = "written_doc"


@lru_cache(maxsize=1)
def dutch() -> Language:
    """The shared spaCy pipeline: Dutch tokeniser and lookup lemmatiser."""
    nlp = spacy.blank("nl")
    nlp.add_pipe("lemmatizer", config={"mode": "lookup"})
    nlp.initialize()
    return nlp


def written(message: Message) -> str:
    """The message's text as written Dutch, computed once a message."""
    text = message.get(WRITTEN)
    if text is None:
        text = written_dutch(message.get(TEXT) or "")
        message.set(WRITTEN, text)
    return text


def doc_of(message: Message) -> Doc:
    """The spaCy document of the message's written Dutch, computed once a message: tokens only, no rule asks for lemmas."""
    doc = message.get(DOC)
    if doc is None:
        doc = dutch().make_doc(written(message))
        message.set(DOC, doc)
    return doc


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class DutchTokenizer(Tokenizer):
    """Tokens of the text as it was typed, so that offsets are right."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    @staticmethod
    def required_packages() -> List[Text]:
        return ["spacy"]

    def tokenize(self, message: Message, attribute: Text) -> List[Token]:
        doc = dutch().make_doc(message.get(attribute) or "")
        tokens = [Token(t.text, t.idx) for t in doc if not t.is_space]
        return self._apply_token_pattern(tokens)


class NoTokens(DutchTokenizer):
    """Stands in its place while answering: Rasa's tools ask for tokens (`rasa test`), none of our components does."""

    def process(self, messages: List[Message]) -> List[Message]:
        return messages
