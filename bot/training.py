"""Trains the Rasa model when the data changed, and says so while it works."""
from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from bot.settings import ROOT, settings

logger = logging.getLogger(__name__)

# Everything a trained model depends on; data/knowledge is not here: answers are read when the assistant starts.
# The rules for danger, facts and languages are code and words that are read when the model is loaded.
_SOURCES = ("config.yml", "domain.yml", "data/nlu/**/*.yml", "data/stories/*.yml", "data/lexicon/chat_words.tsv",
            *(f"bot/nlu/{name}.py" for name in ("normalise", "dutch_text", "encoder", "encoder_build", "encoders", "ngram_scorer",
                                                "sentence_featurizer", "topic_classifier", "topic_model")),
            "bot/nlu/tuned/*", "requirements/run.lock")


def fingerprint(root: Path = ROOT) -> str:
    """A checksum of everything that a trained model depends on."""
    digest = hashlib.sha256()
    for pattern in _SOURCES:
        for file in sorted(root.glob(pattern)):
            digest.update(str(file.relative_to(root)).encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def model_file(folder: Path | None = None) -> Path:
    """Where the model of the present data is, or would be."""
    return (folder or settings().model_dir) / f"kinderrechtenwijzer-{fingerprint()}.tar.gz"


def train(force: bool = False) -> Path:
    """Trains a model of the present data and returns its file; one that is there already is kept unless `force`.

    Raises:
        RuntimeError: training failed; the message says why.
    """
    target = model_file()
    if target.exists() and not force:
        logger.info("The model is up to date: %s", target.name)
        return target
    from rasa.model_training import train as rasa_train

    target.parent.mkdir(parents=True, exist_ok=True)
    result = rasa_train(
        domain=str(ROOT / "domain.yml"),
        config=str(ROOT / "config.yml"),
        training_files=[str(ROOT / "data" / "nlu"), str(ROOT / "data" / "stories")],
        output=str(target.parent),
        fixed_model_name=target.stem.removesuffix(".tar"),
        force_training=force,
    )
    if result.code != 0 or result.model is None or not target.exists():
        raise RuntimeError(f"Training ended with code {result.code}; the lines above say why.")
    return target
