"""Graph component: plain facts in a message, found with spaCy rules on written Dutch.

Entities: `audience` (kind|ouder), `leeftijd` (years, of the child it is about), `gaat_over` (zelf|kind|ander: the one
who asks, their child, somebody else), `artikel` (number or name), `wanneer` (nu|binnenkort), `gemeente` (its name).
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
from spacy.matcher import Matcher, PhraseMatcher
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from bot.nlu.dutch_text import doc_of, dutch
from bot.nlu.normalise import written_dutch
from bot.settings import ROOT

MUNICIPALITIES_FILE = ROOT / "data" / "lexicon" / "gemeenten.txt"

_CHILDREN = ["zoon", "zoontje", "dochter", "dochtertje", "kind", "kinderen", "kindje", "kids", "zonen", "zoons",
             "dochters", "kleinkind", "kleinzoon", "kleindochter", "pleegkind", "pleegzoon", "pleegdochter",
             "stiefzoon", "stiefdochter", "puber", "baby", "peuter", "kleuter", "tweeling", "jongste", "oudste"]
_PARENTS = ["vader", "moeder", "ouder", "ouders", "stiefvader", "stiefmoeder", "pleegouders", "pleegmoeder",
            "pleegvader", "stiefpa", "stiefma", "mentor", "juf", "meester", "opa", "oma", "broer", "voogd", "ouwelui"]
_MY = ["mijn", "onze", "ons", "m'n", "me", "mij"]
# Somebody else's child, or a child beside the one who asks.
_OTHERS = ["vriend", "vriendin", "vriendje", "vriendinnetje", "bestie", "matti", "klasgenoot", "klasgenote", "broer",
           "broertje", "zus", "zusje", "neefje", "nichtje", "neef", "nicht", "buurmeisje", "buurjongen", "buurjongetje",
           "leerling", "leerlinge", "petekind", "stiefbroer", "stiefzus", "halfbroer", "halfzus"]
# After "me" or "mij" it is about the one who asks after all ("mijn broer slaat me").
_MYSELF = {"me", "mij", "mezelf", "mijzelf", "ik"}
_NOW = ["vandaag", "vanavond", "vannacht", "vanmiddag", "vanochtend", "nu meteen", "meteen", "zo meteen", "direct",
        "op dit moment", "straks", "over een uur", "binnen een uur"]
_SOON = ["morgen", "overmorgen", "morgenochtend", "morgenmiddag", "morgenavond", "morgenvroeg", "deze week", "dit weekend"]
_NUMBER_WORDS = {word: number for number, word in enumerate(
    ["nul", "een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien", "elf", "twaalf", "dertien", "veertien", "vijftien", "zestien", "zeventien", "achttien", "negentien", "twintig"])}


@lru_cache(maxsize=1)
def _municipalities() -> Dict[Text, Text]:
    """The official names of the municipalities, by their tokens in lower case."""
    names = [n for n in MUNICIPALITIES_FILE.read_text(encoding="utf-8").splitlines() if n and not n.startswith("#")]
    also = {"'s-hertogenbosch": "Den Bosch", "'s-gravenhage": "Den Haag"}
    return {" ".join(token.lower_ for token in dutch()(written_dutch(typed))): name
            for typed, name in [*zip(names, names, strict=True), *also.items()]}


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
            [{"LOWER": {"IN": ["jongen", "meisje", *_OTHERS]}}, {"LOWER": "van"}, years],
        ])
    matcher.add("leeftijd", [[{"TEXT": {"REGEX": r"^\d{1,2}-?jarige?$"}}]])
    article = {"LOWER": {"IN": ["artikel", "art", "art.", "artikkel", "artiekel"]}}
    matcher.add("artikel", [
        [article, {"LOWER": {"IN": ["nr", "nummer", "."]}, "OP": "*"}, {"TEXT": {"REGEX": r"^\d{1,3}$"}}],
        [article, {"LOWER": {"IN": list(_NUMBER_WORDS)}}],
        [{"LOWER": {"IN": ["ivrk", "kinderrecht", "verdrag"]}}, {"LOWER": {"IN": ["artikel", "nummer"]}, "OP": "?"}, {"TEXT": {"REGEX": r"^\d{1,2}$"}}],
    ])
    matcher.add("binnenkort", [
        [{"LOWER": {"IN": ["over", "binnen"]}}, {"LOWER": {"IN": ["een", "1", "2", "3", "twee", "drie"]}},
         {"LOWER": {"IN": ["dag", "dagen"]}}],
        [{"LOWER": {"IN": ["over", "binnen"]}}, {"LOWER": {"IN": ["een", "1", "24", "48"]}},
         {"LOWER": {"IN": ["paar", "uur"]}}, {"LOWER": {"IN": ["dagen", "uur"]}, "OP": "?"}]])
    matcher.add("groet", [[{"LOWER": {"IN": ["goede", "goeie", "goeden"]}}, {"LOWER": "morgen"}]])
    matcher.add("ander", [
        [{"LOWER": {"IN": [*_MY, "een", "die", "dat", "haar", "zijn", "hun"]}},
         {"OP": "?", "LOWER": {"IN": ["beste", "kleine", "grote", "jongste", "oudste", "goede", "jongere", "oudere"]}},
         {"LOWER": {"IN": _OTHERS}}],
        [{"LOWER": {"IN": ["een", "dat", "die", "deze"]}}, {"LOWER": {"IN": ["kind", "jongen", "meisje", "jongetje", "meid"]}},
         {"LOWER": {"IN": ["in", "bij", "uit", "op", "van"]}}],
    ])
    return matcher


# What stands before the name of a municipality: "Ede" and "Best" are words of their own too.
_BEFORE_PLACE = {"in", "uit", "gemeente", "naar", "bij"}


@lru_cache(maxsize=1)
def _phrase_matcher() -> PhraseMatcher:
    """Finds fixed words: the time of a Matcher grows with its patterns, that of this one does not."""
    matcher = PhraseMatcher(dutch().vocab, attr="LOWER")
    for label, phrases in (("gemeente", _municipalities()), ("nu", _NOW), ("binnenkort", _SOON)):
        matcher.add(label, [Doc(dutch().vocab, words=phrase.split(" ")) for phrase in phrases])
    return matcher


def _place(doc: Doc, names: List[Span]) -> Span | None:
    """The first municipality among `names` that a word of `_BEFORE_PLACE` introduces."""
    spans = [span for span in names if span.start and doc[span.start - 1].lower_ in _BEFORE_PLACE]
    return next(iter(filter_spans(spans)), None)


def _number(span: Span) -> int | None:
    for token in reversed(span):
        digits = re.match(r"\d+", token.text)
        if digits:
            return int(digits.group(0))
        if token.lower_ in _NUMBER_WORDS and token.lower_ != "een":
            return _NUMBER_WORDS[token.lower_]
    return None


def _about(doc: Doc, found: Dict[Text, List[Span]], asks: Text | None, age_of: Any) -> Any:
    """Whom the message is about, with the words that say so: zelf, kind, ander, or None when nothing says it."""
    if age_of and age_of[0] == "leeftijd_zelf" and asks != "ouder":
        return "zelf", age_of[1]
    if asks == "ouder" and found.get("ouder"):
        return "kind", found["ouder"][0]
    others = sorted(found.get("ander", []), key=lambda span: span.start)
    if others:
        after = {token.lower_ for token in doc[others[0].end:]}
        before = {token.lower_ for token in doc[:others[0].start]}
        if not after & _MYSELF and not before & (_MYSELF - {"ik"}):
            return "ander", others[0]
    if age_of and re.search(r"jongen|meisje|broer|zus|\b(hij|zij|ze)\b", age_of[1].text.lower()):
        return ("kind" if asks == "ouder" else "ander"), age_of[1]
    if found.get("kind"):
        return "zelf", found["kind"][0]
    return None


def facts(doc: Doc) -> List[Dict[Text, Any]]:
    """The entities in `doc`, as Rasa's entity dicts; offsets are those of the written text."""
    found: Dict[Text, List[Span]] = {}
    for matcher in (_phrase_matcher(), _matcher()):
        for span in matcher(doc, as_spans=True):
            found.setdefault(span.label_, []).append(span)

    rows: List[Dict[Text, Any]] = []

    def add(entity: Text, value: Any, span: Span) -> None:
        rows.append({"entity": entity, "value": value, "start": span.start_char, "end": span.end_char})

    own_age = None
    age_of = None
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
                age_of = (label, span)
    # A parent may name their own mother, a child rarely has a son: the parent's words decide.
    if own_age is not None and own_age < 18:
        add("audience", "kind", found["leeftijd_zelf"][0])
    elif found.get("ouder"):
        add("audience", "ouder", found["ouder"][0])
    elif found.get("kind"):
        add("audience", "kind", found["kind"][0])
    asks = next((row["value"] for row in rows if row["entity"] == "audience"), None)
    about = _about(doc, found, asks, age_of)
    if about:
        add("gaat_over", *about)
    for span in filter_spans(found.get("artikel", []))[:1]:
        if (value := _number(span)) is not None:
            add("artikel", str(value), span)
    greeting = {token.i for span in found.get("groet", []) for token in span}
    for label in ("nu", "binnenkort"):
        when = [span for span in found.get(label, []) if span.start not in greeting]
        if when:
            add("wanneer", label, when[0])
            break
    if place := _place(doc, found.get("gemeente", [])):
        add("gemeente", _municipalities()[" ".join(token.lower_ for token in place)], doc[place.start - 1:place.end])
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
