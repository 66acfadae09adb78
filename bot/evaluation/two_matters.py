"""Messages about two things, and what reading clauses costs: the table of docs/adr/0006.

    python -m bot.evaluation.two_matters

On `data/calibration/` only. Pairs of short questions about different topics are joined to one message; single questions
show what clauses break. The clauses' vectors come from the whole message (as the pipeline has them), from each clause
encoded alone, or there are no clauses.
"""
from __future__ import annotations

import io
import random
import tarfile
from dataclasses import dataclass

import joblib
import numpy as np
from rasa.shared.nlu.training_data.message import Message

from bot.assistant import Assistant
from bot.evaluation.calibrate import CALIBRATION_DIR
from bot.evaluation.metrics import share
from bot.evaluation.sets import Case, blind_sets
from bot.logs import configure_logging
from bot.nlu.clauses import URGENCY_RANK, Issues, issues
from bot.nlu.encoders import encode
from bot.nlu.normalise import clean, written_dutch
from bot.nlu.sentence_featurizer import CLAUSE_VECTORS, CLAUSES, VECTOR, SentenceFeaturizer
from bot.nlu.topic_classifier import is_topic, urgency
from bot.nlu.topic_model import TopicModel

JOINS = (" en ", " en ook ", " maar ook ", ". ")
PAIRS = 400
LONGEST = 14
"""Words of a question that is joined: two long stories in one message are rare."""


@dataclass(frozen=True)
class Pair:
    """Two questions in one message, in the order in which they are asked."""

    text: str
    cases: tuple[Case, Case]

    @property
    def urgent(self) -> Case | None:
        """The more urgent of the two, if they differ."""
        first, second = sorted(self.cases, key=lambda case: -URGENCY_RANK[urgency(case.topic)])
        return first if urgency(first.topic) != urgency(second.topic) else None


def pairs(cases: list[Case], seed: int = 1) -> list[Pair]:
    """PAIRS messages of two short cases of different topics, none of which the other's writer accepts as well."""
    chance = random.Random(seed)
    short = [case for case in cases if 4 <= len(case.text.split()) <= LONGEST and case.text[-1].isalnum()]
    made: list[Pair] = []
    while len(made) < PAIRS:
        one, two = chance.sample(short, 2)
        if not set(one.accepted) & set(two.accepted):
            made.append(Pair(one.text + chance.choice(JOINS) + two.text, (one, two)))
    return made


def classifier(assistant: Assistant) -> TopicModel:
    """The classifier inside the assistant's model archive."""
    with tarfile.open(assistant.model_path) as archive:
        name = next(name for name in archive.getnames() if name.endswith("topic_model.joblib"))
        found = archive.extractfile(name)
        assert found is not None
        return joblib.load(io.BytesIO(found.read()))


def encoded(texts: list[str]) -> list[Message]:
    """The texts with the vectors of each and of its clauses."""
    return SentenceFeaturizer().process([Message({"text": clean(text)}) for text in texts])


def read(model: TopicModel, settings: dict, message: Message, clauses: str) -> Issues:
    """What a message is about, with `clauses` "none", "late" (from the whole message's encoding) or "alone"."""
    parts = (message.get(CLAUSES) or []) if clauses != "none" else []
    vectors = [message.get(VECTOR)]
    if parts:
        vectors += list(message.get(CLAUSE_VECTORS) if clauses == "late" else encode(parts))
    table = model.probabilities([written_dutch(message.get("text")), *parts], np.stack(vectors))
    return issues(model.labels, table[0], table[1:], is_topic=is_topic, urgency=urgency, sure=settings["clause_threshold"],
                  certain=settings["certain_threshold"], possible=settings["possible_threshold"],
                  also_threshold=settings["also_threshold"])


def main() -> None:
    configure_logging("WARNING")
    assistant = Assistant()
    settings, model = assistant.component_config("TopicClassifier"), classifier(assistant)
    cases = [case for case in blind_sets(set(assistant.intents), CALIBRATION_DIR) if case.kind == "topic"]
    two = pairs(cases)
    print(f"{len(two)} pairs, {sum(pair.urgent is not None for pair in two)} of unequal urgency; {len(cases)} single questions")
    joined, plain = encoded([pair.text for pair in two]), encoded([case.text for case in cases])
    for clauses in ("none", "late", "alone"):
        found = [read(model, settings, message, clauses) for message in joined]
        named = [all({f.first, *f.also} & set(case.accepted) for case in pair.cases) for f, pair in zip(found, two, strict=True)]
        urgent = [f.first in pair.urgent.accepted for f, pair in zip(found, two, strict=True) if pair.urgent]
        single = [read(model, settings, message, clauses) for message in plain]
        print(f"clauses {clauses}\n  pairs: both named           {share(named)}\n  pairs: urgent first         {share(urgent)}")
        print(f"  single: first right         {share(f.first == c.topic for f, c in zip(single, cases, strict=True))}")
        print("  single: named, first or also "
              f"{share(bool({f.first, *f.also} & {c.topic}) for f, c in zip(single, cases, strict=True))}", flush=True)


if __name__ == "__main__":
    main()
