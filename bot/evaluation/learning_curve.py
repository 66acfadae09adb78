"""How much better the classifier gets with more training questions: a picture and its numbers."""
from __future__ import annotations

import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

from bot.evaluation.sets import Case  # noqa: E402
from bot.nlu.encoders import encode, encode_training_questions  # noqa: E402
from bot.nlu.normalise import clean, written_dutch  # noqa: E402
from bot.nlu.topic_model import TopicModel  # noqa: E402
from bot.nlu_data import read_questions  # noqa: E402

SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)


def learning_curve(cases: list[Case], out: Path, seed: int = 1) -> list[dict[str, float]]:
    """Trains on growing random parts of the training questions and measures each on `cases`.

    The encoder's tuned layers have seen all training questions, so the left end of the curve is somewhat too high.

    Returns:
        One row a part: questions, first (share right as first choice), three (among the first three).
    """
    rows = read_questions()
    vectors = encode_training_questions([clean(q.text) for q in rows])
    texts, labels = np.array([written_dutch(q.text) for q in rows], object), np.array([q.intent for q in rows])
    topics = [case for case in cases if case.kind == "topic"]
    test_vectors, test_texts = encode([clean(c.text) for c in topics]), [written_dutch(c.text) for c in topics]
    order = np.random.default_rng(seed).permutation(len(rows))
    curve = []
    for part in SHARES:
        chosen = order[: int(part * len(order))]
        model = TopicModel().fit(texts[chosen], vectors[chosen], labels[chosen])
        ranked = np.argsort(-model.scores(test_texts, test_vectors), axis=1)[:, :3]
        found = np.array(model.labels)[ranked]
        wanted = np.array([c.topic for c in topics])[:, None]
        curve.append({"questions": int(len(chosen)), "first": float((found[:, :1] == wanted).any(1).mean()),
                      "three": float((found == wanted).any(1).mean())})
    figure, axis = plt.subplots(figsize=(6, 4))
    axis.plot([r["questions"] for r in curve], [r["first"] for r in curve], "o-", color="#0b5d5b", label="first choice")
    axis.plot([r["questions"] for r in curve], [r["three"] for r in curve], "s--", color="#a3160f", label="first three")
    axis.set(xlabel="training questions", ylabel="share right, blind questions", ylim=(0, 1))
    axis.legend()
    axis.grid(alpha=0.3)
    figure.tight_layout()
    out.mkdir(parents=True, exist_ok=True)
    figure.savefig(out / "learning_curve.png", dpi=130)
    plt.close(figure)
    (out / "learning_curve.json").write_text(json.dumps(curve, indent=1) + "\n", encoding="utf-8")
    return curve
