"""What a turn and a training cost as topics, training questions and conversations grow. All data here is synthetic."""
from __future__ import annotations

import random
import re
import statistics
import time
from pathlib import Path
from typing import Any

from bot.evaluation.bench import projects, sides, training
from bot.evaluation.bench.projects import OURS, STOCK, Row
from bot.nlu_data import Question

TOPICS = (10, 20, 40, 71, 500)
QUESTIONS = (1_000, 3_000, 10_000, 30_000, 100_000)
STOCK_EPOCHS = 1  # The time of a turn does not depend on how long a network was trained.


def synthetic_topics(rows: list[Row], count: int, each: int, seed: int = 0) -> list[Row]:
    """`count` topics with `each` questions: real ones as far as they reach, then mixtures of the words of two of them."""
    draw = random.Random(seed)
    by_intent: dict[str, list[str]] = {}
    for text, intent in rows:
        by_intent.setdefault(intent, []).append(text)
    names = sorted(by_intent, key=lambda name: (name.startswith(("gesprek_", "thema_", "buiten_")), name))
    made = []
    for number in range(count):
        if number < len(names):
            real = by_intent[names[number]]
            made += [(text, names[number]) for text in draw.sample(real, min(each, len(real)))]
            continue
        one, two = draw.sample(names, 2)
        for _ in range(each):
            words = draw.choice(by_intent[one]).split() + draw.choice(by_intent[two]).split()
            made.append((" ".join(draw.sample(words, min(len(words), 12))), f"verzonnen_{number}"))
    return made


def synthetic_questions(rows: list[Row], count: int, seed: int = 0) -> list[Row]:
    """`count` questions: the real ones, and variants of them with a word left out, doubled or swapped."""
    draw = random.Random(seed)
    made = list(rows[:count]) if len(rows) >= count else list(rows)
    while len(made) < count:
        text, intent = draw.choice(rows)
        words = re.split(r"\s+", text)
        for _ in range(2):
            place = draw.randrange(len(words))
            what = draw.randrange(3)
            if what == 0 and len(words) > 2:
                del words[place]
            elif what == 1:
                words.insert(place, words[place])
            else:
                other = draw.randrange(len(words))
                words[place], words[other] = words[other], words[place]
        made.append((" ".join(words), intent))
    return made


def topics(questions: list[Question], asked: list[str], folder: Path, core: int, counts: tuple[int, ...] = TOPICS,
           each: int = 10, stock: bool = True, clock: str = "wall") -> list[dict[str, Any]]:
    """Median turn and training time of both sides for so many topics, `each` questions a topic."""
    rows = projects.part(questions, 1.0)
    found = []
    for count in counts:
        data = synthetic_topics(rows, count, each)
        row: dict[str, Any] = {"topics": count, "questions": len(data)}
        plans = [(OURS, projects.our_config(), False)] + ([(STOCK, projects.stock_config(STOCK_EPOCHS), True)] if stock else [])
        models = []
        for name, config, stories in plans:
            project = projects.plain_project(folder / f"topics-{name}", data, config, stories)
            model = folder / f"topics-{name}.tar.gz"
            row[f"{name}_training_s"] = training.train(project, model)[clock]
            models.append((name, model))
        with sides.running(*models, question=asked[0], core=core, clock=clock) as workers:
            for worker in workers:
                worker.ask("turns", asked[:5])
            times = sides.in_alternation(workers, 3, lambda side, _: side.ask("turns", asked))
            for worker in workers:
                row[f"{worker.name}_turn_ms"] = statistics.median(t for part in times[worker.name] for t in part)
                row[f"{worker.name}_rss_mb"] = worker.ask("memory")["rss"]
        found.append(row)
        print("  topics:", row, flush=True)
    return found


def classifier(questions: list[Question], counts: tuple[int, ...] = QUESTIONS) -> list[dict[str, Any]]:
    """Seconds to learn, ms to classify, for so many training questions.

    The vectors of made-up questions are those of the real ones they come from with a little noise: encoding is linear in
    the number of questions (measured for the real ones), and an hour of it would say nothing about the classifier.
    """
    import numpy as np

    from bot.nlu.encoders import encode, encode_training_questions
    from bot.nlu.normalise import clean, written_dutch
    from bot.nlu.topic_model import TopicModel

    rows = projects.part(questions, 1.0)
    noise = np.random.default_rng(0)
    base = dict(zip([t for t, _ in rows], encode_training_questions([clean(t) for t, _ in rows]), strict=True))
    begun = time.perf_counter()
    encode([clean(t) for t, _ in rows[:400]])
    per_question = (time.perf_counter() - begun) / 400
    means = {}
    for text, intent in rows:
        means.setdefault(intent, []).append(base[text])
    found = []
    for count in counts:
        # The same mixture of topics at each size.
        order = list(rows)
        random.Random(1).shuffle(order)
        data = synthetic_questions(order, count)
        vectors = np.stack([base[t] if t in base else means[i][noise.integers(len(means[i]))] + noise.normal(0, .02, 384)
                            for t, i in data]).astype(np.float32)
        texts = [written_dutch(t) for t, _ in data]
        begun = time.perf_counter()
        model = TopicModel().fit(texts, vectors, [i for _, i in data])
        learned = time.perf_counter() - begun
        times = []
        for text, vector in list(zip(texts, vectors, strict=True))[:100]:
            begun = time.perf_counter()
            model.probabilities([text], vector[None])
            times.append((time.perf_counter() - begun) * 1e3)
        found.append({"questions": len(data), "learning_s": learned, "encoding_s": per_question * count,
                      "classify_ms": statistics.median(times)})
        print("  questions:", found[-1], flush=True)
    return found


def conversation(workers: list[sides.Side], texts: list[str], turns: int, talks: int = 3) -> dict[str, list[float]]:
    """Median time of each turn in conversations of `turns` turns, the same question throughout, by side."""
    found = {}
    for worker in workers:
        runs = [worker.ask("talk", [texts[n % len(texts)]] * turns) for n in range(talks)]
        found[worker.name] = [statistics.median(run[i] for run in runs) for i in range(turns)]
    return found
