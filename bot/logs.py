"""Logging that never carries what a person typed.

Rasa prints whole messages at DEBUG through structlog, and some of its WARNING and ERROR lines quote user text too.
While serving, nothing of Rasa's is logged; our own modules log kinds of errors, never texts.
"""
from __future__ import annotations

import logging
import sys
import warnings

import structlog

_FOREIGN = ("rasa", "rasa_sdk", "spacy", "matplotlib", "asyncio", "apscheduler", "sqlalchemy.engine", "tensorflow",
            "absl", "h5py", "numexpr", "urllib3")


def _drop(logger: object, name: str, event: dict) -> dict:
    raise structlog.DropEvent


def configure_logging(level: str = "INFO", training: bool = False) -> None:
    """Sets up logging to stderr.

    Args:
        level: of our own modules.
        training: shows Rasa's progress as well; only for data that is in the repository.
    """
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s",
                        force=True)
    for name in ("bot", "actions", "kinderrechten"):
        logging.getLogger(name).setLevel(level)
    for name in _FOREIGN:
        logging.getLogger(name).setLevel(logging.WARNING if training else logging.CRITICAL + 1)
    if training:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    else:
        structlog.configure(processors=[_drop])
        warnings.simplefilter("ignore")
