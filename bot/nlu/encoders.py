"""The sentence encoder in use by this process, with a cache of the training questions' vectors on disk.

Only training questions are cached, never what a person types: `encode` keeps nothing.
"""
from __future__ import annotations

import hashlib
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Iterator, Sequence

import numpy as np

from bot.nlu.encoder import SentenceEncoder
from bot.nlu.encoder_build import TUNED_FILE
from bot.settings import settings

logger = logging.getLogger(__name__)


# Layers tuned on our own questions (docs/adr/0003); without them the encoder works as it came.
TUNED_DIR = Path(__file__).parent / "tuned"
# Training questions that one thread encodes before it says so.
_PART = 512


@lru_cache(maxsize=1)
def encoder() -> SentenceEncoder:
    """The encoder of this process: one thread, int8, tuned layers where they are there."""
    tuned = TUNED_DIR if (TUNED_DIR / TUNED_FILE).exists() else None
    return SentenceEncoder(threads=1, cache=Path(settings().cache_dir) / "encoder", tuned=tuned)


def encoder_version() -> str:
    """Changes whenever the vectors would."""
    return encoder().version


def encode(texts: Sequence[str]) -> np.ndarray:
    """Vectors of `texts`, float32 [n, d], unit length. Keeps nothing."""
    return encoder().encode(list(texts))


def encode_parts(texts: Sequence[Sequence[str]]) -> list[np.ndarray]:
    """Vectors of texts that are cut at spaces and of their parts, n times float32 [1 + parts, d]. Keeps nothing."""
    return encoder().encode_parts(texts)


def encode_training_questions(texts: Sequence[str]) -> np.ndarray:
    """As `encode`, remembering on disk what was computed before; for texts that are in the repository."""
    folder = Path(settings().cache_dir) / "vectors"
    file = folder / f"{encoder_version()}.npz"
    known: dict[str, np.ndarray] = {}
    if file.exists():
        try:
            with np.load(file) as stored:
                known = dict(zip(stored["keys"].tolist(), stored["vectors"]))
        except (OSError, ValueError, KeyError):
            logger.warning("The cache of vectors cannot be read; it is made anew.")
    keys = [hashlib.sha256(text.encode("utf-8")).hexdigest()[:32] for text in texts]
    missing = {key: text for key, text in zip(keys, texts) if key not in known}
    if missing:
        logger.info("Encoding %d questions.", len(missing))
        known.update(zip(missing, _encode_many(list(missing.values())), strict=True))
        folder.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(f".{os.getpid()}.tmp.npz")
        np.savez(temporary, keys=np.array(list(known)), vectors=np.stack(list(known.values())))
        os.replace(temporary, file)
    return np.stack([known[key] for key in keys])


def _encode_many(texts: list[str]) -> Iterator[np.ndarray]:
    """The vector of each text, with a thread for each processor: the encoder has one, and lets go of Python's lock."""
    parts = [texts[start:start + _PART] for start in range(0, len(texts), _PART)]
    encoder()  # Made once, before the threads ask for it.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        done = 0
        for vectors in pool.map(encode, parts):
            yield from vectors
            done += len(vectors)
            if len(parts) > 2:
                logger.info("  %d of %d", done, len(texts))
