"""What whole numbers cost and save in the sentence encoder: `python -m bot.evaluation.precision`.

A classifier learns all training questions from the vectors of each precision and is measured on the blind questions about
a topic; then both encoders encode these, one at a time and in alternation, on one thread. Prints right topics, the cosine
between the two, and milliseconds.
"""
from __future__ import annotations

import statistics
import time
from pathlib import Path

import numpy as np

from bot.evaluation.metrics import share
from bot.evaluation.sets import blind_sets
from bot.nlu.encoder import SentenceEncoder
from bot.nlu.encoder_build import PRECISIONS
from bot.nlu.encoders import TUNED_DIR
from bot.nlu.normalise import clean, written_dutch
from bot.nlu.topic_model import TopicModel
from bot.nlu_data import read_questions
from bot.settings import settings


def _milliseconds(encoder: SentenceEncoder, text: str) -> float:
    begun = time.perf_counter()
    encoder.encode([text])
    return (time.perf_counter() - begun) * 1e3


def main() -> None:
    questions = read_questions()
    cases = [case for case in blind_sets({q.intent for q in questions} | {"sos"}) if case.kind == "topic"]
    encoders = {precision: SentenceEncoder(precision=precision, cache=Path(settings().cache_dir) / "encoder", tuned=TUNED_DIR)
                for precision in PRECISIONS}
    asked = {}
    for precision, encoder in encoders.items():
        print(f"{precision}: encoding and learning {len(questions)} questions ...", flush=True)
        model = TopicModel().fit([written_dutch(q.text) for q in questions], encoder.encode([clean(q.text) for q in questions]),
                                 [q.intent for q in questions])
        asked[precision] = encoder.encode([clean(case.text) for case in cases])
        table = model.probabilities([written_dutch(case.text) for case in cases], asked[precision])
        print(f"{precision}: right topic", share(model.labels[best] == case.topic
                                                 for best, case in zip(table.argmax(1), cases, strict=True)), flush=True)
    cosines = np.einsum("nd,nd->n", *asked.values())
    print(f"cosine between the two: mean {cosines.mean():.4f}, lowest {cosines.min():.4f}")
    times: dict[str, list[float]] = {precision: [] for precision in encoders}
    for case in cases[::4]:
        for precision, encoder in encoders.items():
            times[precision].append(_milliseconds(encoder, case.text))
    print("; ".join(f"{precision}: median {statistics.median(some):.1f} ms a question" for precision, some in times.items()))


if __name__ == "__main__":
    main()
