"""`kinderrechten evaluate`: what the trained model reaches on questions it has never seen."""
from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Optional

import numpy as np

from bot.assistant import Assistant
from bot.evaluation.metrics import Share, calibration_error, confusions, per_label, share
from bot.evaluation.sets import Case, blind_sets, read_set
from bot.knowledge.library import knowledge

CHOICES = 3
_ANSWER, _CRISIS, _CHOOSE, _OUT, _TALK = "answer", "crisis", "choose", "out_of_scope", "notice"


@dataclass(frozen=True)
class Result:
    """What the assistant made of one case."""

    case: Case
    intent: str
    ranking: tuple[str, ...]
    topics: tuple[str, ...]
    confidence: float
    outcome: str
    gentle_help: bool
    rule: Optional[str]

    @property
    def crisis(self) -> bool:
        return self.outcome == _CRISIS


def _outcome(intent: str) -> str:
    if intent.startswith("crisis_") or intent == "sos":
        return _CRISIS
    if intent == "nlu_fallback":
        return _CHOOSE
    if intent == "buiten_bereik":
        return _OUT
    return _ANSWER if intent in knowledge().topics else _TALK


def run_cases(assistant: Assistant, cases: list[Case], progress: bool = True) -> list[Result]:
    """Lets the assistant understand each case, in a conversation of its own."""
    rows: Any = cases
    if progress and sys.stderr.isatty():
        from tqdm import tqdm

        rows = tqdm(cases, unit=" questions", file=sys.stderr)
    loop = asyncio.new_event_loop()
    results = []
    for case in rows:
        parse = loop.run_until_complete(assistant.understand(case.text))
        ranking = [row["name"] for row in parse.get("intent_ranking", []) if row["name"] != "nlu_fallback"]
        intent = parse["intent"]["name"]
        confidences = {row["name"]: row["confidence"] for row in parse.get("intent_ranking", [])}
        topics = tuple(name for name in ranking if name in knowledge().topics)
        results.append(Result(case, intent, tuple(ranking), topics, confidences.get(ranking[0], 0.0) if ranking else 0.0,
                              _outcome(intent), bool(parse.get("maybe_crisis")), (parse.get("crisis") or {}).get("rule")))
    loop.close()
    return results


def _article_shown(result: Result) -> bool:
    if not result.topics:
        return False
    topic = result.intent if result.intent in knowledge().topics else result.topics[0]
    wanted = {knowledge().topics[name].articles[0].ref for name in result.case.accepted if name in knowledge().topics}
    return bool(wanted & {article.ref for article in knowledge().topics[topic].articles})


def _first_choice(r: Result) -> str:
    return r.intent if r.intent in knowledge().topics else (r.ranking[0] if r.ranking else "-")


def table(results: list[Result]) -> list[tuple[str, Share, str]]:
    """The rows of the report: what, share, target."""
    of: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        of[result.case.kind].append(result)
    topic, crisis = of["topic"], of["crisis"]
    rows = [
        ("right topic, first choice", share(_first_choice(r) == r.case.topic for r in topic), "≥ 85 %"),
        ("  or another topic that the writer accepts", share(_first_choice(r) in r.case.accepted for r in topic), ""),
        (f"right topic among the first {CHOICES}", share(r.case.topic in r.topics[:CHOICES] for r in topic), "≥ 96 %"),
        ("right treaty article in the answer", share(_article_shown(r) for r in topic), "≥ 92 %"),
        ("crisis recognised: help comes first", share(r.crisis for r in crisis), "≥ 99 %, low ≥ 96 %"),
        ("  help shown first or beside the answer", share(r.crisis or r.gentle_help for r in crisis), ""),
        ("look-alikes wrongly treated as a crisis", share(r.crisis for r in of["lookalike"]), "≤ 5 %"),
        ("ordinary questions treated as a crisis", share(r.crisis for r in topic), ""),
        ("  with gentle help beside the answer", share(r.gentle_help and not r.crisis for r in topic), ""),
        ("off-topic not answered as if about rights",
         share(r.outcome not in (_ANSWER, _CRISIS) for r in of["offtopic"]), "≥ 90 %"),
        ("real questions turned away", share(r.outcome in (_OUT, _TALK) for r in topic), "≤ 4 %"),
        ("real questions answered at once", share(r.outcome in (_ANSWER, _CRISIS) for r in topic), ""),
        ("  of those, with the right topic",
         share(r.intent in r.case.accepted for r in topic if r.outcome in (_ANSWER, _CRISIS)), ""),
        ("small talk understood", share(r.intent == r.case.topic for r in of["smalltalk"]), ""),
        ("other languages: right topic among the first 3",
         share(r.case.topic in r.topics[:CHOICES] for r in of["language"]), ""),
    ]
    return [row for row in rows if row[1].total]


def groups(results: list[Result], key: Callable[[Result], str]) -> list[tuple[str, Share, Share]]:
    """(group, first choice, first three) of the topic questions, worst first."""
    found: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        if result.case.kind == "topic":
            found[key(result)].append(result)
    rows = [(name, share(_first_choice(r) == r.case.topic for r in some),
             share(r.case.topic in r.topics[:CHOICES] for r in some)) for name, some in found.items()]
    return sorted(rows, key=lambda row: row[1].value)


def evaluate(assistant: Assistant, set_file: Optional[Path] = None, out: Optional[Path] = None,
             curve: bool = False) -> dict[str, Any]:
    """Runs a set, prints the report, writes pictures and HTML to `out`, and returns the numbers.

    Args:
        curve: also draws the learning curve, which trains five times.
    """
    known = set(knowledge().topics) | set(assistant.intents)
    cases = read_set(set_file, known) if set_file else blind_sets(known)
    results = run_cases(assistant, cases)
    rows = table(results)
    topic = [r for r in results if r.case.kind in ("topic", "crisis")]
    truth, predicted = [r.case.topic for r in topic], [_first_choice(r) for r in topic]
    labels = per_label(truth, predicted)
    ordinary = [r for r in results if r.case.kind == "topic"]
    error, reliability = calibration_error([r.confidence for r in ordinary], [r.ranking[0] == r.case.topic for r in ordinary])

    print(f"{len(results)} questions, model {assistant.model_name}\n")
    for name, value, target in rows:
        print(f"{name:48} {str(value):44} {('target ' + target) if target else ''}")
    print(f"{'expected calibration error':48} {error:7.3f} {'':36} target ≤ 0.05\n")
    by_theme = groups(results, lambda r: knowledge().topics[r.case.topic].theme)
    by_voice = groups(results, lambda r: r.case.voice)
    for title, some in (("theme", by_theme), ("voice", by_voice)):
        print(f"{'per ' + title:22} {'first choice':42} first {CHOICES}")
        for name, one, three in some:
            print(f"  {name:20} {str(one):42} {three}")
        print()
    print("worst topics (F1)")
    for name, row in sorted(labels.items(), key=lambda item: item[1]["f1"])[:12]:
        print(f"  {name:28} F1 {row['f1']:.2f}  precision {row['precision']:.2f}  recall {row['recall']:.2f}  n {row['n']}")
    print("\nmost confused (wanted → got)")
    pairs = confusions(truth, predicted)
    for wanted, got, n in pairs[:15]:
        print(f"  {n:3} × {wanted} → {got}")
    numbers = {"model": assistant.model_name, "questions": len(results), "calibration_error": error,
               "rows": [{"what": n, "hits": s.hits, "total": s.total, "target": t} for n, s, t in rows]}
    if out and curve:
        from bot.evaluation.learning_curve import learning_curve

        print("\nlearning curve: training questions, first choice, first three")
        for row in learning_curve(cases, out):
            print(f"  {row['questions']:6}  {100 * row['first']:.1f} %  {100 * row['three']:.1f} %")
    if out:
        from bot.evaluation.report import write_report

        print(f"\nReport with pictures: {write_report(out, results, rows, by_theme, by_voice, labels, pairs, reliability, error, numbers)}")
    return numbers


def top_k_accuracy(results: list[Result], k: int) -> float:
    """Share of topic questions whose topic is among the first k, 0 to 1."""
    return float(np.mean([r.case.topic in r.topics[:k] for r in results if r.case.kind == "topic"]))
