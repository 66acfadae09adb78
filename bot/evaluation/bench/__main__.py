"""`python -m bot.evaluation.bench [--short] [--share S] [--out DIR]`: measures, prints the table, writes JSON and picture."""
from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from bot.evaluation.bench import growth, installing, projects, report, sides, training, untuned
from bot.evaluation.bench.projects import OURS, STOCK
from bot.evaluation.sets import blind_sets
from bot.nlu_data import read_questions
from bot.settings import ROOT, settings
from bot.training import fingerprint


def trained(name: str, project: Path, cores: str, code: str = "") -> dict[str, Any]:
    """The model of `project`, and what its training took; one from the very same files and `code` is used again."""
    digest = hashlib.sha256(code.encode())
    for file in sorted(project.rglob("*.yml")):
        digest.update(file.relative_to(project).as_posix().encode() + file.read_bytes())
    model = project.parent / f"{name}-{digest.hexdigest()[:12]}.tar.gz"
    notes = model.with_suffix(".json")
    if not (model.is_file() and notes.is_file()):
        load = os.getloadavg()[0]
        seconds = training.train(project, model, cores)
        notes.write_text(json.dumps({**seconds, "load before": round(load, 1),
                                     "load after": round(os.getloadavg()[0], 1)}), encoding="utf-8")
    return {"model": model, **json.loads(notes.read_text(encoding="utf-8"))}


def _spread(values: list[float], unit: str, digits: int = 1) -> str:
    if len(values) == 1:
        return f"{values[0]:.{digits}f} {unit}"
    return f"{statistics.median(values):.{digits}f} {unit} ({min(values):.{digits}f}-{max(values):.{digits}f})"


class Comparison:
    """Collects the rows of the table."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def add(self, what: str, stock: list[float] | None, ours: list[float], unit: str, target: str = "",
            at_most: float | None = None, at_least: float | None = None, digits: int = 1, also: bool = True) -> None:
        """A row with medians and spread; the target is a bound on ours / stock, together with `also`."""
        ratio = statistics.median(ours) / statistics.median(stock) if stock else None
        reached = None
        if ratio is not None and (at_most or at_least):
            reached = also and (ratio <= at_most if at_most else ratio >= (at_least or 0))
        self.rows.append({"what": what, "stock": _spread(stock, unit, digits) if stock else "",
                          "ours": _spread(ours, unit, digits), "ratio": ratio, "target": target, "reached": reached,
                          "stock_values": stock, "ours_values": ours, "unit": unit})

    def of_ours(self, what: str, value: float, target: str, reached: bool) -> None:
        """A row about ours alone."""
        self.rows.append({"what": what, "stock": "", "ours": f"{value:.2f} ×", "ratio": None, "target": target,
                          "reached": reached, "ours_values": [value], "unit": "×"})


def right(worker: sides.Side, cases: list[Any]) -> float:
    """Share (percent) of `cases` whose topic the worker names first."""
    named = worker.ask("topics", [case.text for case in cases])
    return 100 * sum(name == case.topic for name, case in zip(named, cases, strict=True)) / len(cases)


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Compares both sides; see `make bench`."""
    folder = arguments.work
    folder.mkdir(parents=True, exist_ok=True)
    about = report.machine()
    questions = read_questions()
    rows = projects.part(questions, arguments.share)
    if arguments.short:
        some = sorted({intent for _, intent in rows})[:8]
        rows = [row for row in rows if row[1] in some]
    cases = [c for c in blind_sets(set(q.intent for q in questions) | {"sos"}) if c.kind == "topic"]
    asked = [case.text for case in cases[::max(1, len(cases) // arguments.questions)]][:arguments.questions]
    epochs = 1 if arguments.short else None

    print(f"Training on {len(rows)} of {len(questions)} questions (share {arguments.share}) ...", flush=True)
    ours_part = trained("ours", projects.our_project(folder / "ours", rows), arguments.cores, fingerprint())
    stock = trained("stock", projects.plain_project(folder / "stock", rows, projects.stock_config(epochs), True),
                    arguments.cores)
    ours = arguments.model or max(settings().model_dir.glob("*.tar.gz"), key=lambda file: file.stat().st_mtime)
    print(f"Measuring {ours.name} and {stock['model'].name} ...", flush=True)

    seen = Comparison()
    core = int(arguments.cores.split(",")[0])
    starts: dict[str, list[float]] = {OURS: [], STOCK: []}
    memory: dict[str, list[dict[str, float]]] = {OURS: [], STOCK: []}
    turns: dict[str, list[list[float]]] = {OURS: [], STOCK: []}
    encoder: list[list[float]] = []
    for number in range(arguments.starts):
        wanted = [(OURS, ours), (STOCK, stock["model"])]
        with sides.running(*(wanted if number % 2 == 0 else wanted[::-1]), question=asked[0], core=core,
                           clock=arguments.clock) as workers:
            by_name = {worker.name: worker for worker in workers}
            for worker in workers:
                starts[worker.name].append(worker.first_answer)
                worker.ask("turns", asked[:10])  # warm-up
            by_name[OURS].ask("encode", asked[:10])
            for _ in range(arguments.rounds):
                found = sides.in_alternation(workers, 1, lambda side, _: side.ask("turns", asked))
                for name, times in found.items():
                    turns[name] += times
                encoder.append(by_name[OURS].ask("encode", asked))
            for worker in workers:
                memory[worker.name].append(worker.ask("memory"))
            if number == 0:
                parts = by_name[OURS].ask("parts", asked)
                talks = growth.conversation(workers, asked[:3], arguments.turns)
                if not arguments.short:
                    stock_right = right(by_name[STOCK], cases)
                    ours_all_right = right(by_name[OURS], cases)

    def each_round(name: str, share: float) -> list[float]:
        return [report.percent(times, share) for times in turns[name]]

    bare = {share: [report.percent(times, share) for times in encoder] for share in (.5, .95)}
    for share, called in ((.5, "p50"), (.95, "p95")):
        seen.add(f"one turn, {called}, one core", each_round(STOCK, share), each_round(OURS, share), "ms", "≤ 1/3", at_most=1 / 3)
    for share, called in ((.5, "p50"), (.95, "p95")):
        ratio = statistics.median(each_round(OURS, share)) / statistics.median(bare[share])
        seen.of_ours(f"  against the bare encoder, {called}", ratio, "≤ 2 ×", ratio <= 2)
    seen.add("turns a second, one core", *[[len(t) / (sum(t) / 1e3) for t in turns[n]] for n in (STOCK, OURS)], "/s", "≥ 3 ×",
             at_least=3)
    later = statistics.median(talks[OURS][-3:]) / statistics.median(talks[OURS][:3])
    seen.of_ours(f"turn {arguments.turns} against turn 1 (medians of 3)", later, "≤ 1.3 ×", later <= 1.3)
    seen.rows.append({"what": "  the same, stock Rasa", "ours": "", "ratio": None,
                      "stock": f"{statistics.median(talks[STOCK][-3:]) / statistics.median(talks[STOCK][:3]):.2f} ×"})
    seen.add(f"training on {len(rows)} questions, cores {arguments.cores}", [stock[arguments.clock]],
             [ours_part[arguments.clock]], "s", "≤ 1/5", at_most=1 / 5)
    first = statistics.median(starts[OURS])
    seen.add("from start to first answer", starts[STOCK], starts[OURS], "s", "≤ 1/2 and < 10 s idle", at_most=1 / 2,
             also=first < 10)
    for key, called in (("rss", "memory while serving, RSS"), ("pss", "  PSS")):
        values = {name: [row[key] for row in memory[name]] for name in memory}
        seen.add(called, values[STOCK], values[OURS], "MB", "≤ 2/3 and < 900 MB" if key == "rss" else "", digits=0,
                 at_most=2 / 3 if key == "rss" else None, also=statistics.median(values[OURS]) < 900)
    if not arguments.short:
        with sides.running((OURS, ours_part["model"]), question=asked[0], core=core, clock=arguments.clock) as (worker,):
            ours_right = right(worker, cases)
        points = ours_right - stock_right
        seen.rows.append({"what": f"right topic on {len(cases)} blind questions, same part", "stock": f"{stock_right:.1f} %",
                          "ours": f"{ours_right:.1f} %", "ratio": None, "target": f"≥ 15 points: {points:+.1f}",
                          "reached": points >= 15, "values": [stock_right, ours_right]})
        seen.rows.append({"what": "  ours, encoder not tuned", "stock": "", "ratio": None,
                          "ours": f"{100 * untuned.right(rows, cases).value:.1f} %"})
        seen.rows.append({"what": "  ours, trained on all questions", "stock": "", "ours": f"{ours_all_right:.1f} %", "ratio": None})
    if arguments.install:
        size = {STOCK: installing.install(installing.STOCK), OURS: installing.install(installing.OURS)}
        seen.add("installed size", [size[STOCK]["mb"]], [size[OURS]["mb"]], "MB", "smaller", digits=0, at_most=1)
        seen.add("install time, nothing cached", [size[STOCK]["seconds"]], [size[OURS]["seconds"]], "s", digits=0)
    result: dict[str, Any] = {
        "machine": about, "load after": round(os.getloadavg()[0], 1), "share": arguments.share, "questions": len(rows),
        "clock": arguments.clock, "stock epochs": epochs or "Rasa's own", "asked": asked, "rounds": len(turns[OURS]), "rows": seen.rows,
        "turns_ms": {n: [t for r in turns[n] for t in r] for n in turns}, "encoder_ms": [t for r in encoder for t in r],
        "conversation_ms": talks, "parts_ms": {name: statistics.median(values) for name, values in parts.items()},
        "memory": memory, "training": {name: {k: v for k, v in run.items() if k != "model"}
                                       for name, run in ((OURS, ours_part), (STOCK, stock))}}
    return result


def grow(arguments: argparse.Namespace, result: dict[str, Any]) -> None:
    """Adds to `result` what turns and training cost as topics and questions grow."""
    print("\nGrowth ...", flush=True)
    questions = read_questions()
    with tempfile.TemporaryDirectory() as spare:
        result["topics"] = growth.topics(questions, result["asked"][:20], Path(spare), int(arguments.cores.split(",")[0]),
                                         clock=arguments.clock)
    result["classifier"] = growth.classifier(questions)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a small part of everything, no growth; a minute or two")
    parser.add_argument("--share", type=float, default=0.1, help="part of the training questions that both sides get")
    parser.add_argument("--questions", type=int, default=150, help="how many blind questions are asked")
    parser.add_argument("--rounds", type=int, default=3, help="rounds for each start, sides in alternation")
    parser.add_argument("--starts", type=int, default=3, help="how often each side is started")
    parser.add_argument("--turns", type=int, default=30, help="turns of the long conversation")
    parser.add_argument("--cores", default="0,1", help="processors for training; serving gets the first")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall",
                        help="cpu: processor time of each process, for a machine that others use at the same time")
    parser.add_argument("--growth", action=argparse.BooleanOptionalAction, default=None)
    parser.add_argument("--install", action="store_true", help="also install both sides into empty folders (3 GB)")
    parser.add_argument("--model", type=Path, help="our model (default: the newest)")
    parser.add_argument("--work", type=Path, default=Path("build/bench"), help="projects and models are made here")
    parser.add_argument("--out", type=Path, default=Path("build/bench"), help="bench.json and bench.png go here")
    arguments = parser.parse_args()
    if arguments.short:
        arguments.share, arguments.questions, arguments.rounds, arguments.starts = 0.0, 15, 1, 1
        arguments.turns = min(arguments.turns, 10)
    if arguments.install and (file := installing.missing()):
        parser.error(f"--install needs {file.relative_to(ROOT)}; make it with: make install")
    if arguments.growth is None:
        arguments.growth = not arguments.short
    try:
        result = measure(arguments)
    except (training.TrainingFailed, sides.SideFailed, FileNotFoundError) as error:
        sys.exit(str(error))
    # Growth takes longer than all the rest: what is known is kept before it.
    report.write(arguments.out, result)
    if arguments.clock == "cpu":
        print("\nTimes are processor times: others used the machine.")
    print("\n" + report.table(result["rows"]))
    if arguments.short:
        print("\nThe short form: stock Rasa learned 8 topics for one epoch. Its times are right, its training time is not.")
    whole = result["parts_ms"]["turn"]
    print("\nOne of our turns, medians")
    for name, value in sorted(result["parts_ms"].items(), key=lambda item: -item[1]):
        if value >= 0.01 * whole:
            print(f"  {name:60} {value:7.2f} ms  {100 * value / whole:4.0f} %")
    if arguments.growth:
        try:
            grow(arguments, result)
        except (training.TrainingFailed, sides.SideFailed) as error:
            sys.exit(f"{error}\nThe comparison above is kept in {arguments.out}.")
        report.write(arguments.out, result)
    print(f"\n{arguments.out / 'bench.json'} and {arguments.out / 'bench.png'} are written.")


if __name__ == "__main__":
    main()
