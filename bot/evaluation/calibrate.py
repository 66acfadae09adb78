"""Sets the temperature and shows what each threshold does, on `data/calibration/` only.

    python -m bot.evaluation.calibrate

Those questions are by a writer who saw neither the training nor the test questions. Nothing is written: the values go
into config.yml by hand, with this table behind them.
"""
from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import product

import numpy as np

from bot.assistant import Assistant
from bot.evaluation.metrics import Share, calibration_error, share
from bot.evaluation.sets import Case, blind_sets
from bot.logs import configure_logging
from bot.nlu.topic_classifier import is_topic
from bot.settings import ROOT

CALIBRATION_DIR = ROOT / "data" / "calibration"


@dataclass(frozen=True)
class Seen:
    """What the pipeline made of one case."""

    case: Case
    top: str
    confidence: float
    ranking: list[dict]
    crisis: float
    rule: str | None
    excused: bool


def look(assistant: Assistant, cases: list[Case]) -> list[Seen]:
    """Parses each case; the ranking is the classifier's own, before any threshold."""
    loop = asyncio.new_event_loop()
    seen = []
    for case in cases:
        parse = loop.run_until_complete(assistant.understand(case.text))
        noted = parse.get("crisis") or {}
        ranking = parse.get("classified") or []
        seen.append(Seen(case, ranking[0]["name"], ranking[0]["confidence"], ranking, noted.get("probability", 0.0),
                         noted.get("rule"), bool(noted.get("excused"))))
    return seen


def best_temperature(seen: list[Seen], now: float) -> float:
    """The temperature with the least calibration error, searched around the one in use (`now`)."""
    best = (1.0, now)
    right = [s.top in s.case.accepted for s in seen]
    for factor in np.arange(0.4, 3.0, 0.05):
        # Only the top of the ranking is known; the rest is spread evenly over what is missing.
        rows = []
        for s in seen:
            p = np.array([row["confidence"] for row in s.ranking] + [max(1e-6, 1 - sum(r["confidence"] for r in s.ranking))])
            p = p ** (1 / factor)
            rows.append(p[0] / p.sum())
        error, _ = calibration_error(rows, right)
        best = min(best, (error, now * factor))
    print(f"temperature {best[1]:.2f}: calibration error {best[0]:.3f} (in use: {now}, "
          f"{calibration_error([s.confidence for s in seen], right)[0]:.3f})")
    return best[1]


def main() -> None:
    configure_logging("WARNING")
    assistant = Assistant()
    cases = blind_sets(set(assistant.intents), CALIBRATION_DIR)
    seen = look(assistant, cases)
    of = {kind: [s for s in seen if s.case.kind == kind] for kind in ("topic", "crisis", "lookalike", "offtopic", "smalltalk")}
    print(f"{len(seen)} questions; first choice right: {share(s.top == s.case.topic for s in of['topic'])}")
    best_temperature([s for s in seen if s.case.kind in ("topic", "crisis", "smalltalk", "offtopic")],
                     assistant.component_config("TopicClassifier")["temperature"])
    print("\nfallback threshold: off-topic not answered | real questions answered at once | of those right")
    for t in (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6):
        quiet = share(not is_topic(s.top) or s.confidence < t for s in of["offtopic"])
        sure = [s for s in of["topic"] if is_topic(s.top) and s.confidence >= t]
        print(f"  {t:.2f}   {quiet} | {100 * len(sure) / len(of['topic']):.1f} % | {share(s.top in s.case.accepted for s in sure)}")
    print(f"real questions turned away: {share(not is_topic(s.top) for s in of['topic'])}")
    print("\ncrisis, by rule alone: " + "; ".join(
        f"{kind} sure {share(s.rule == 'sure' for s in some)} maybe {share(s.rule == 'maybe' for s in some)}"
        for kind, some in of.items() if kind in ("crisis", "lookalike", "topic")))
    used = assistant.component_config("CrisisDetector")
    now = (used["threshold"], used["rule_maybe_threshold"], used["rule_sure_threshold"])
    print("crisis thresholds (no rule, rule maybe, rule sure): those in use, then those that no other beats in both crises and look-alikes")
    for thresholds in (now, *best_thresholds(of, used["excused_threshold"])):
        print("  {:.2f} {:.2f} {:.2f}".format(*thresholds) + "".join(
            f"  {kind} {alarms(of[kind], thresholds, used['excused_threshold'])}" for kind in ("crisis", "lookalike", "topic")))
    print("gentle help beside the answer, from which probability on (rule maybe: the second column)")
    for least in (0.005, 0.01, 0.02, 0.03, 0.05):
        for rule in (0.0, 0.002, 0.005, 0.01):
            print(f"  {least:.3f} {rule:.3f}" + "".join(
                f"  {kind} {share(not s.excused and s.crisis >= (rule if s.rule else least) for s in of[kind])}"
                for kind in ("crisis", "lookalike", "topic")))


def alarms(some: list[Seen], thresholds: tuple[float, float, float], excused: float) -> Share:
    """How many of `some` are treated as a crisis."""
    by = dict(zip((None, "maybe", "sure"), thresholds, strict=True))
    return share(s.crisis >= (excused if s.excused else by[s.rule]) for s in some)


def best_thresholds(of: dict[str, list[Seen]], excused: float) -> list[tuple[float, float, float]]:
    """Thresholds for which no others find more crises at fewer look-alikes, most crises first."""
    steps = (0.0, 0.005, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6)
    rows = []
    for plain, maybe, sure in product(steps[2:], steps[1:], steps[:8]):
        if sure <= maybe <= plain:
            found = [alarms(of[kind], (plain, maybe, sure), excused).hits for kind in ("crisis", "lookalike", "topic")]
            rows.append((-found[0], found[1], found[2], (plain, maybe, sure)))
    best, fewest = [], len(of["lookalike"]) + 1
    for _, lookalikes, _, thresholds in sorted(rows):
        if lookalikes < fewest:
            best.append(thresholds)
            fewest = lookalikes
    return best


if __name__ == "__main__":
    main()
