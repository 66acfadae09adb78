"""Measures a test set in a process of its own, so that answers to children are not slowed down.

    python -m bot.review.runner RUN      reads {"url": database, "models": folder} as JSON from standard input

The process goes on when the page is closed and when the server restarts. Its progress is in the database.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import Any, Callable, Iterator, Sequence

from bot.settings import ROOT, Settings
from bot.store import runs
from bot.store.database import session
from bot.store.models import TestCase

logger = logging.getLogger(__name__)
AT_ONCE = 10  # questions between two signs of life
ALIVE_EVERY = 10  # seconds between signs of life while the model loads


def _results(assistant: Any, cases: Sequence[TestCase]) -> list[dict]:
    from bot.evaluation.run import run_cases
    from bot.evaluation.sets import Case
    from bot.knowledge.library import knowledge

    asked = [Case(c.question, c.topic, (), c.audience, "-", "topic", "console") for c in cases]
    rows = []
    for case, result in zip(cases, run_cases(assistant, asked, progress=False), strict=True):
        # Not sure, or an emergency word: then the likeliest topic is what counts.
        first = result.intent if result.intent in knowledge().topics else (result.ranking[0] if result.ranking else "-")
        rows.append({"case_id": case.id, "got": first, "intent": result.intent, "confidence": result.confidence})
    return rows


def _parts(cases: Sequence[TestCase]) -> Iterator[Sequence[TestCase]]:
    for start in range(0, len(cases), AT_ONCE):
        yield cases[start : start + AT_ONCE]


def run_set(url: str, run_id: int, load: Callable[[str], Any]) -> bool:
    """Measures what is left of a run; returns whether it is done.

    Args:
        load: makes the assistant of a model's file name.
    """
    worker = secrets.token_hex(8)
    try:
        with session(url) as db:
            run = runs.claim(db, run_id, worker)
            model, cases = run.model, runs.todo(db, run)
            db.expunge_all()
    except runs.NotMine:
        return False
    stop = threading.Event()

    def show_life() -> None:
        while not stop.wait(ALIVE_EVERY):
            try:
                with session(url) as db:
                    runs.alive(db, run_id, worker)
            except Exception as error:  # noqa: BLE001 - the next sign of life may come through
                logger.warning("No sign of life could be given: %s", type(error).__name__)

    beat = threading.Thread(target=show_life, daemon=True)
    beat.start()
    try:
        assistant = load(model)
        for part in _parts(cases):
            found = _results(assistant, part)
            with session(url) as db:
                runs.alive(db, run_id, worker, found)
        with session(url) as db:
            runs.finish(db, run_id, worker)
        return True
    except runs.NotMine:
        return False
    except Exception as error:  # noqa: BLE001 - shown as "interrupted"; it can be resumed
        logger.error("The measurement was interrupted: %s", type(error).__name__)
        with session(url) as db:
            runs.finish(db, run_id, worker, "interrupted")
        return False
    finally:
        stop.set()


def launch(chosen: Settings, run_id: int) -> None:
    """Starts the process that measures a run, and notices when it ends without having finished."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.review.runner", str(run_id)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=None,  # the server's own log: why it failed must be found somewhere (bot.logs keeps questions out)
        start_new_session=True,
        text=True,
    )
    # Not as an argument: everybody on the machine can read those, and the address may hold a password.
    process.stdin.write(json.dumps({"url": chosen.database_url, "models": str(chosen.model_dir)}))
    process.stdin.close()

    def wait() -> None:
        process.wait()
        with session(chosen.database_url) as db:
            runs.interrupt(db, run_id)  # changes nothing when it is done

    threading.Thread(target=wait, daemon=True).start()


def model_names(folder: Path) -> list[str]:
    """The trained models, newest first."""
    files = sorted(folder.glob("*.tar.gz"), key=lambda file: file.stat().st_mtime, reverse=True)
    return [file.name for file in files]


def main() -> None:
    given = json.loads(sys.stdin.read())
    os.nice(10)
    # Libraries switch their own warnings on again; in the server's log they would only hide what went wrong.
    warnings.showwarning = lambda *_, **__: None
    from bot.logs import configure_logging

    configure_logging()

    def load(name: str) -> Any:
        from bot.assistant import Assistant

        return Assistant(Path(given["models"]) / name)

    sys.exit(0 if run_set(given["url"], int(sys.argv[1]), load) else 1)


if __name__ == "__main__":
    main()
