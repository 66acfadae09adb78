"""The Rasa projects that are compared: ours, and stock Rasa's own pipeline and policies on the same questions."""
from __future__ import annotations

import importlib.resources
import random
import shutil
from pathlib import Path
from typing import Any, Iterable

import yaml

from bot.nlu_data import Question
from bot.settings import ROOT

OURS, STOCK = "ours", "stock"
Row = tuple[str, str]  # question, intent


def part(questions: Iterable[Question], share: float) -> list[Row]:
    """The first `share` (0 to 1) of each intent's questions, in a fixed random order, at least five."""
    by_intent: dict[str, list[str]] = {}
    for question in questions:
        by_intent.setdefault(question.intent, []).append(question.text)
    rows = []
    for intent, texts in sorted(by_intent.items()):
        random.Random(intent).shuffle(texts)
        rows += [(text, intent) for text in texts[:max(5, round(share * len(texts)))]]
    return rows


def stock_config(epochs: int | None = None) -> dict[str, Any]:
    """The pipeline and policies that Rasa itself writes when a project has none; `epochs` only to shorten a test."""
    file = importlib.resources.files("rasa.engine.recipes.config_files") / "default_config.yml"
    config = yaml.safe_load(file.read_text(encoding="utf-8"))
    config["language"], config["assistant_id"] = "nl", "stock"
    for component in (*config["pipeline"], *config["policies"]):
        if epochs and "epochs" in component:
            component["epochs"] = epochs
    return config


def our_config() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))


def _write(file: Path, content: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump({"version": "3.1", **content} if "recipe" not in content else content,
                                   allow_unicode=True, sort_keys=False), encoding="utf-8")


def _write_questions(folder: Path, rows: Iterable[Row]) -> None:
    by_intent: dict[str, list[str]] = {}
    for text, intent in rows:
        by_intent.setdefault(intent, []).append(text)
    _write(folder / "data" / "nlu.yml", {"nlu": [
        {"intent": intent, "examples": "".join(f"- {_escaped(text)}\n" for text in texts)}
        for intent, texts in by_intent.items()]})


def _escaped(text: str) -> str:
    """Brackets mark entities in Rasa's files; the questions have none."""
    return text.replace("[", "(").replace("]", ")")


def our_project(folder: Path, rows: Iterable[Row]) -> Path:
    """Our own pipeline, domain, rules and actions, on `rows`."""
    shutil.rmtree(folder, ignore_errors=True)
    _write(folder / "config.yml", our_config())
    shutil.copy(ROOT / "domain.yml", folder / "domain.yml")
    shutil.copytree(ROOT / "data" / "stories", folder / "data" / "stories")
    _write_questions(folder, rows)
    return folder


def plain_project(folder: Path, rows: Iterable[Row], config: dict[str, Any], stories: bool) -> Path:
    """A project that says one fixed sentence for each intent: no action server that stock Rasa would have to wait for.

    With `stories` every other intent is learned from a story of two turns (TED and UnexpecTED need some), the others
    from rules; without, all are rules.
    """
    shutil.rmtree(folder, ignore_errors=True)
    rows = list(rows)
    intents = sorted({intent for _, intent in rows})
    _write(folder / "config.yml", {**config, "policies": [
        {k: v for k, v in policy.items() if not k.startswith("core_fallback_action")} for policy in config["policies"]]})
    _write(folder / "domain.yml", {
        "intents": intents,
        "responses": {f"utter_{name}": [{"text": f"Antwoord over {name}."}] for name in (*intents, "nlu_fallback")},
        "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True}})
    _write_questions(folder, rows)
    pairs = list(zip(intents[0::2], intents[1::2], strict=False)) if stories else []
    told = {name for pair in pairs for name in pair}
    _write(folder / "data" / "rules.yml", {
        "rules": [{"rule": name, "steps": [{"intent": name}, {"action": f"utter_{name}"}]}
                  for name in (*intents, "nlu_fallback") if name not in told],
        "stories": [{"story": f"{one} {two}", "steps": [{"intent": one}, {"action": f"utter_{one}"},
                                                        {"intent": two}, {"action": f"utter_{two}"}]}
                    for one, two in pairs]})
    return folder
