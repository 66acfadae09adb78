"""Graph component: plain facts in a message, found with spaCy rules on written Dutch.

Entities: `audience` (kind|ouder), `leeftijd` (years), `artikel` (number or name), `wanneer` (nu|binnenkort), `gemeente`.
"""
from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Dict, List, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from spacy.matcher import Matcher
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from bot.nlu.dutch_text import doc_of, dutch
from bot.settings import ROOT

MUNICIPALITIES_FILE = ROOT / "data" / "lexicon" / "gemeenten.txt"

_CHILDREN = ["zoon", "zoontje", "dochter", "dochtertje", "kind", "kinderen", "kindje", "kids", "zonen", "zoons",
             "dochters", "kleinkind", "kleinzoon", "kleindochter", "pleegkind", "pleegzoon", "pleegdochter",
             "stiefzoon", "stiefdochter", "puber", "baby", "peuter", "kleuter", "tweeling", "jongste", "oudste"]
_PARENTS = ["vader", "moeder", "ouder", "ouders", "stiefvader", "stiefmoeder", "pleegouders", "pleegmoeder",
            "pleegvader", "stiefpa", "stiefma", "mentor", "juf", "meester", "opa", "oma", "broer", "voogd", "ouwelui"]
_MY = ["mijn", "onze", "ons", "m'n", "me", "mij"]
_NOW = ["vandaag", "vanavond", "vannacht", "vanmiddag", "nu meteen", "direct"]
_SOON = ["morgen", "overmorgen", "morgenochtend", "morgenvroeg"]
_NUMBER_WORDS = {word: number for number, word in enumerate(
    "nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien "
    "achttien negentien twintig".split())}


@lru_cache(maxsize=1)
def _matcher() -> Matcher:
    matcher = Matcher(dutch().vocab)
    number = {"TEXT": {"REGEX": r"^\d{1,2}$"}}
    age_word = {"LOWER": {"IN": [w for w, n in _NUMBER_WORDS.items() if 4 <= n <= 18]}}
    child = {"LOWER": {"IN": _CHILDREN}}
    matcher.add("ouder", [
        [{"LOWER": {"IN": _MY}}, {"OP": "?", "LOWER": {"IN": ["jongste", "oudste", "lieve", "kleine", "eigen", "twee", "drie"]}}, child],
        [{"LOWER": "ik"}, {"LOWER": "ben"}, {"LOWER": {"IN": ["een", "de", "zijn", "haar", "alleenstaande"]}, "OP": "*"},
         {"LOWER": {"IN": ["moeder", "vader", "ouder", "oma", "opa", "pleegouder", "pleegmoeder", "pleegvader"]}}],
        [{"LOWER": {"IN": ["als", "wij", "we"]}}, {"LOWER": {"IN": ["zijn", "als"]}, "OP": "?"},
         {"LOWER": {"IN": ["ouder", "ouders", "alleenstaande"]}}],
        [{"LOWER": {"IN": _MY}}, {"LOWER": {"IN": ["ex", "man", "vrouw", "partner", "echtgenoot", "exman", "exvrouw"]}}],
    ])
    matcher.add("kind", [
        [{"LOWER": {"IN": _MY}}, {"LOWER": {"IN": _PARENTS}}],
        [{"LOWER": {"IN": ["ik", "we"]}}, {"LOWER": {"IN": ["zit", "zitten"]}}, {"LOWER": "in"},
         {"LOWER": {"IN": ["groep", "klas", "de"]}}, {"LOWER": {"IN": ["groep", "klas", "brugklas"]}, "OP": "?"}],
        [{"LOWER": {"IN": ["vader", "moeder"]}}, {"LOWER": {"IN": ["slaat", "zegt", "doet", "is", "mag", "wil", "heeft", "wordt", "drinkt", "schreeuwt"]}}],
    ])
    for years in (number, age_word):
        matcher.add("leeftijd_zelf", [
            [{"LOWER": "ik"}, {"LOWER": {"IN": ["ben", "word"]}}, {"LOWER": {"IN": ["nu", "pas", "net", "al", "bijna", "nog", "maar"]}, "OP": "*"}, years],
            [{"LOWER": "ben"}, years],
        ])
        matcher.add("leeftijd", [
            [child, {"LOWER": {"IN": ["van", "is", "(", ","]}}, {"LOWER": {"IN": ["nu", "pas", "net"]}, "OP": "?"}, years],
            [years, {"LOWER": "jaar"}, {"LOWER": "oud"}],
            [{"LOWER": {"IN": ["hij", "zij", "ze"]}}, {"LOWER": "is"}, years],
            [{"LOWER": {"IN": ["jongen", "meisje", "broer", "zus", "zusje", "broertje"]}}, {"LOWER": "van"}, years],
        ])
    matcher.add("leeftijd", [[{"TEXT": {"REGEX": r"^\d{1,2}-?jarige?$"}}]])
    article = {"LOWER": {"IN": ["artikel", "art", "art.", "artikkel", "artiekel"]}}
    matcher.add("artikel", [
        [article, {"LOWER": {"IN": ["nr", "nummer", "."]}, "OP": "*"}, {"TEXT": {"REGEX": r"^\d{1,3}$"}}],
        [article, {"LOWER": {"IN": list(_NUMBER_WORDS)}}],
        [{"LOWER": {"IN": ["ivrk", "kinderrecht", "verdrag"]}}, {"LOWER": {"IN": ["artikel", "nummer"]}, "OP": "?"}, {"TEXT": {"REGEX": r"^\d{1,2}$"}}],
    ])
    matcher.add("nu", [[{"LOWER": word} for word in phrase.split()] for phrase in _NOW])
    matcher.add("binnenkort", [[{"LOWER": word}] for word in _SOON])
    if MUNICIPALITIES_FILE.exists():
        names = [n for n in MUNICIPALITIES_FILE.read_text(encoding="utf-8").splitlines() if n and not n.startswith("#")]
        place = {"LOWER": {"IN": ["in", "uit", "gemeente", "naar", "bij"]}}
        matcher.add("gemeente", [[place] + [{"LOWER": w.lower()} for w in [t.text for t in dutch()(n)]]
                                 for n in names])
    return matcher


def _number(span: Span) -> int | None:
    for token in reversed(span):
        digits = re.match(r"\d+", token.text)
        if digits:
            return int(digits.group(0))
        if token.lower_ in _NUMBER_WORDS and token.lower_ != "een":
            return _NUMBER_WORDS[token.lower_]
    return None


def facts(doc: Doc) -> List[Dict[Text, Any]]:
    """The entities in `doc`, as Rasa's entity dicts; offsets are those of the written text."""
    found: Dict[Text, List[Span]] = {}
    for span in _matcher()(doc, as_spans=True):
        found.setdefault(span.label_, []).append(span)

    rows: List[Dict[Text, Any]] = []

    def add(entity: Text, value: Any, span: Span) -> None:
        rows.append({"entity": entity, "value": value, "start": span.start_char, "end": span.end_char})

    own_age = None
    for label in ("leeftijd_zelf", "leeftijd"):
        for span in filter_spans(found.get(label, [])):
            rest = doc[span.end:span.end + 3].text
            value = _number(span)
            # "ik ben 5 jaar in Nederland" and "ik ben 2 maanden zwanger" are no ages.
            if value is None or not 3 <= value <= 99 or re.search(r"maand|week|weken|dagen|uur|jaar (in|hier|geleden|uit)", rest):
                continue
            if label == "leeftijd_zelf":
                own_age = value
            if value <= 25 and not any(row["entity"] == "leeftijd" for row in rows):
                add("leeftijd", value, span)
    # A parent may name their own mother, a child rarely has a son: the parent's words decide.
    if own_age is not None and own_age < 18:
        add("audience", "kind", found["leeftijd_zelf"][0])
    elif found.get("ouder"):
        add("audience", "ouder", found["ouder"][0])
    elif found.get("kind"):
        add("audience", "kind", found["kind"][0])
    for span in filter_spans(found.get("artikel", []))[:1]:
        if (value := _number(span)) is not None:
            add("artikel", str(value), span)
    for label, value in (("nu", "nu"), ("binnenkort", "binnenkort")):
        if found.get(label):
            add("wanneer", value, found[label][0])
            break
    for span in filter_spans(found.get("gemeente", []))[:1]:
        add("gemeente", span[1:].text.title(), span)
    return rows


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class FactExtractor(GraphComponent, EntityExtractorMixin):
    """Adds the facts of a message to its entities."""

    @classmethod
    def create(cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> "FactExtractor":
        return cls()

    @staticmethod
    def required_packages() -> List[Text]:
        return ["spacy"]

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            if message.get(TEXT) is None:
                continue
            new = self.add_extractor_name([{**row, "confidence_entity": 1.0} for row in facts(doc_of(message))])
            message.set(ENTITIES, message.get(ENTITIES, []) + new, add_to_output=True)
        return messages
