"""Our classifier with the encoder as its package has it: `python -m bot.evaluation.bench.untuned [SHARE]`.

The shipped layers were tuned on all training questions, also when a comparison gives both sides a part of them. This gives
the encoder no question at all.
"""
from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from bot.evaluation.bench.projects import Row, part
from bot.evaluation.metrics import Share, share
from bot.evaluation.sets import blind_sets
from bot.nlu.encoder import SentenceEncoder
from bot.nlu.normalise import clean, written_dutch
from bot.nlu.topic_model import TopicModel
from bot.nlu_data import read_questions
from bot.settings import settings


def right(rows: list[Row], cases: list[Any]) -> Share:
    """How many of `cases` get the right topic first after learning `rows`."""
    encoder = SentenceEncoder(cache=Path(settings().cache_dir) / "encoder")
    model = TopicModel().fit([written_dutch(text) for text, _ in rows], encoder.encode([clean(text) for text, _ in rows]),
                             [intent for _, intent in rows])
    table = model.probabilities([written_dutch(case.text) for case in cases], encoder.encode([clean(case.text) for case in cases]))
    return share(model.labels[best] == case.topic for best, case in zip(table.argmax(1), cases, strict=True))


def main() -> None:
    questions = read_questions()
    rows = part(questions, float(sys.argv[1]) if len(sys.argv) > 1 else 0.25)
    cases = [case for case in blind_sets({q.intent for q in questions} | {"sos"}) if case.kind == "topic"]
    print(f"{len(rows)} questions learned, encoder not tuned: right topic {right(rows, cases)}")


if __name__ == "__main__":
    main()
