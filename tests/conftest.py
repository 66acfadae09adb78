"""Shared by all tests: the trained model (once a session) and the assistant that uses it."""
from __future__ import annotations

import os
from pathlib import Path

import pytest

import bot.settings  # noqa: F401  (turns Rasa's telemetry off before Rasa is imported)

os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session", autouse=True)
def _quiet_logs():
    from bot.logs import configure_logging

    configure_logging("WARNING")


@pytest.fixture(scope="session")
def trained_model() -> Path:
    """The model of the present data; trained now unless it is there already."""
    from bot.training import train

    return train()


@pytest.fixture(scope="session")
def assistant(trained_model: Path):
    from bot.assistant import Assistant

    return Assistant(trained_model)


@pytest.fixture(scope="session")
def knowledge():
    from bot.knowledge.library import load_knowledge

    return load_knowledge()
