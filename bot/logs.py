"""Logging that never carries what a person typed.

Rasa prints whole messages at DEBUG through structlog, and some of its WARNING and ERROR lines quote user text too.
While serving, nothing of Rasa's is logged; our own modules log kinds of errors, never texts.
"""
from __future__ import annotations

import json
import logging
import sys
import warnings
from datetime import UTC, datetime

import structlog

_FOREIGN = ("rasa", "rasa_sdk", "spacy", "matplotlib", "asyncio", "apscheduler", "sqlalchemy.engine", "tensorflow",
            "absl", "h5py", "numexpr", "urllib3")


def _drop(logger: object, name: str, event: dict) -> dict:
    raise structlog.DropEvent


def _kind(record: logging.LogRecord) -> str | None:
    """The kind of the exception in `record`; its text and its traceback may quote what was typed."""
    return record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None


class TextLines(logging.Formatter):
    """One line of text; of an exception only its kind."""

    def format(self, record: logging.LogRecord) -> str:
        kind = _kind(record)
        return f"{record.levelname} {record.name}: {record.getMessage().strip()}" + (f" ({kind})" if kind else "")


class JsonLines(logging.Formatter):
    """One JSON object a line, for whoever collects logs; of an exception only its kind."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
                "level": record.levelname, "from": record.name, "says": record.getMessage().strip()}
        if kind := _kind(record):
            line["error"] = kind
        return json.dumps(line, ensure_ascii=False)


def configure_logging(level: str = "INFO", training: bool = False, form: str = "text") -> None:
    """Sets up logging to stderr.

    Args:
        form: "text" or "json".
        level: of our own modules.
        training: shows Rasa's progress as well; only for data that is in the repository.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in ("bot", "actions", "kinderrechten"):
        logging.getLogger(name).setLevel(level)
    for name in _FOREIGN:
        logging.getLogger(name).setLevel(logging.WARNING if training else logging.CRITICAL + 1)
    if training:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    else:
        # Most of Rasa's lines are DEBUG: those are not even put together. A fortieth of a turn.
        structlog.configure(processors=[_drop], wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
                            cache_logger_on_first_use=True)
        warnings.simplefilter("ignore")
