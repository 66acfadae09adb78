"""Trains a model of a folder's questions with the project's own pipeline: `python -m tests.console.retrain ROOT NAME`."""
from __future__ import annotations

import sys
from pathlib import Path

import bot.settings  # noqa: F401  (turns Rasa's telemetry off before Rasa is imported)
from bot.logs import configure_logging
from bot.settings import ROOT


def main() -> None:
    root, name = Path(sys.argv[1]), sys.argv[2]
    configure_logging("WARNING")
    from rasa.model_training import train

    result = train(domain=str(ROOT / "domain.yml"), config=str(ROOT / "config.yml"), output=str(root / "models"),
                   training_files=[str(root / "data" / "nlu"), str(ROOT / "data" / "stories")], fixed_model_name=name)
    sys.exit(0 if result.model else 1)


if __name__ == "__main__":
    main()
