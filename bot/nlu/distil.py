"""Teaches a shallower sentence encoder what the tuned one says. Needs PyTorch, as `bot.nlu.finetune` does.

    python -m bot.nlu.distil --train FILE.tsv --teacher DIR --out DIR [--also FILE.tsv] [--start DIR] [--steps 6000]

The student begins as some of the teacher's layers (every second one: Sanh et al. 2019, arXiv 1910.01108) and learns, on the
training questions and on variants of them, to give the teacher's state for each token (Jiao et al. 2020, arXiv
1909.10351), its vector, and with the teacher's head its probabilities of all labels and of danger. The variants (parts of
a question, two in one, words left out, typing mistakes) have no label: the teacher says what they mean, also where a
question that it learned would show nothing but its label. So `--also` may hold any other texts: messages in other languages,
which a student that reads only Dutch forgets. `--start` goes on from a student that there is.

DIR gets what `bot.nlu.finetune` writes: layers.npz with the student's layers, the teacher's head.npz, meta.json.
"""
from __future__ import annotations

import argparse
import csv
import hashlib
import json
import logging
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from bot.nlu.encoder import SentenceEncoder, UnigramTokenizer, clean
from bot.nlu.encoder_build import TUNED_FILE, E5Weights, write_whole
from bot.nlu.finetune import TorchEncoder, agreement, batches, descend, predict_vectors, read_rows, save_layers

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """What the student depends on besides the data and its teacher."""

    layers: str = "0,2,4,6,8,10"
    steps: int = 6000
    batch: int = 64
    rate: float = 4e-4
    warmup: float = 0.1
    decay: float = 0.01
    copies: int = 2  # variants of each text
    times: int = 4  # how often each text of `--also` is read, with its variants, while each question is read once
    max_tokens: int = 96
    seed: int = 1
    threads: int = 2


def variant(text: str, others: list[str], random: np.random.Generator) -> str:
    """`text` cut, joined with one of `others`, thinned out or mistyped."""
    words, kind = text.split(), random.integers(4)
    if kind == 0 and len(words) > 5:
        size = int(random.integers(3, len(words)))
        start = int(random.integers(0, len(words) - size + 1))
        words = words[start:start + size]
    elif kind == 1:
        other = others[int(random.integers(len(others)))].split()
        joint = ("en", ".", ",", "maar")[int(random.integers(4))]
        words = [*words, joint, *other[:int(random.integers(min(4, len(other)), len(other) + 1))]][:45]
    elif kind == 2:
        words = [word for word in words if random.random() > .2] or words
    words = [mistyped(word, random) if random.random() < .06 else word for word in words]
    return " ".join(words).lower() if random.random() < .3 else " ".join(words)


def with_variants(texts: list[str], copies: int, random: np.random.Generator) -> list[str]:
    return texts + [variant(text, texts, random) for _ in range(copies) for text in texts]


def read_texts(path: Path) -> list[str]:
    """The column `text` of a tab-separated file."""
    with path.open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row["text"]]


def mistyped(word: str, random: np.random.Generator) -> str:
    """`word` with a letter inside it missing, twice, or in its neighbour's place."""
    if len(word) < 4:
        return word
    at, kind = int(random.integers(1, len(word) - 1)), random.integers(3)
    if kind == 0:
        return word[:at] + word[at + 1:]
    return word[:at] + word[at + 1] + word[at] + word[at + 2:] if kind == 1 else word[:at] + word[at] + word[at:]


def taught(teacher: Path, rows: list[list[int]], threads: int) -> list[torch.Tensor]:
    """What the teacher, as it is served (int8), makes of each text: states float16 [length, hidden]."""
    with tempfile.TemporaryDirectory() as cache:
        encoders = [SentenceEncoder(cache=Path(cache), tuned=teacher) for _ in range(threads)]
    found: list[torch.Tensor] = [torch.empty(0)] * len(rows)

    def work(part: int) -> None:
        for place in range(part, len(rows), threads):
            found[place] = torch.from_numpy(encoders[part].states(rows[place]).astype(np.float16))
            if part == 0 and place % 5000 < threads:
                logger.info("taught %d of %d", place, len(rows))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))
    return found


class Loss:
    """How far a student is from what it was taught."""

    def __init__(self, teacher: Path, states: list[torch.Tensor]) -> None:
        with np.load(teacher / "head.npz", allow_pickle=False) as head:
            self.weight, self.bias = torch.from_numpy(head["weight"]), torch.from_numpy(head["bias"])
            self.crisis = torch.tensor([name.startswith("crisis_") for name in head["labels"].tolist()])
        self.size = float(torch.cat(states[:500]).float().square().mean())

    def _danger(self, logits: torch.Tensor) -> torch.Tensor:
        return logits[:, self.crisis].logsumexp(dim=-1) - logits[:, ~self.crisis].logsumexp(dim=-1)

    def __call__(self, state: torch.Tensor, mask: torch.Tensor, states: list[torch.Tensor]) -> torch.Tensor:
        """state [n, longest, hidden] and mask [n, longest] of the student, states of the teacher -> the loss, a scalar."""
        state, seen = state.float(), mask[..., None]
        wanted = nn.utils.rnn.pad_sequence(states, batch_first=True).float()
        apart = ((state - wanted).square() * seen).sum() / seen.sum() / state.shape[-1] / self.size
        own, given = (functional.normalize((some * seen).sum(dim=1), dim=-1) for some in (state, wanted))
        said, meant = (vectors @ self.weight.T + self.bias for vectors in (own, given))
        divergence = functional.kl_div(said.log_softmax(dim=-1), meant.log_softmax(dim=-1), reduction="batchmean", log_target=True)
        danger = functional.binary_cross_entropy_with_logits(self._danger(said), self._danger(meant).sigmoid())
        return apart + 5 * (1 - (own * given).sum(dim=-1).mean()) + divergence + .5 * danger


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bot.nlu.distil", description="Teach a shallower sentence encoder.")
    for name in ("train", "teacher", "out", "also", "start"):
        parser.add_argument(f"--{name}", type=Path, required=name in ("train", "teacher", "out"))
    for name, default in asdict(Settings()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default, help=f"default: {default}")
    options = vars(parser.parse_args())
    train, teacher, out, also, start = (options.pop(name) for name in ("train", "teacher", "out", "also", "start"))
    settings = Settings(**options)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)  # `descend` has threads of its own.

    random = np.random.default_rng(settings.seed)
    questions, _ = read_rows(train)
    texts = with_variants(questions, settings.copies, random)
    foreign = with_variants(read_texts(also), settings.copies, random) if also else []
    weights = E5Weights()
    tokenizer = UnigramTokenizer(weights, settings.max_tokens)
    rows = [tokenizer.ids(clean(text)) for text in [*texts, *foreign]]
    started = time.perf_counter()
    states = taught(teacher, rows, settings.threads)
    student = TorchEncoder(weights, 0.0, start or teacher, kept=[int(layer) for layer in settings.layers.split(",")])
    loss_of = Loss(teacher, states)
    places = np.array([*range(len(texts)), *(np.arange(len(texts), len(rows)).tolist() * settings.times)])
    lengths = [len(rows[place]) for place in places]

    def loss(own: np.ndarray, _: int, __: int) -> torch.Tensor:
        own = places[own]
        with torch.autocast("cpu", dtype=torch.bfloat16, cache_enabled=False):
            state, mask = student.states([rows[row] for row in own])
        return loss_of(state, mask, [states[row] for row in own])

    last = descend(list(student.parameters()), loss, lambda: batches(lengths, settings.batch, random),
                   settings.steps, settings)
    seconds = time.perf_counter() - started

    out.mkdir(parents=True, exist_ok=True)
    save_layers(student, out / TUNED_FILE)
    shutil.copyfile(teacher / "head.npz", out / "head.npz")
    sample = questions[:: max(1, len(questions) // 100)]
    short = [text for text in sample if len(tokenizer.ids(clean(text))) < settings.max_tokens]
    vectors = predict_vectors(student, [tokenizer.ids(clean(text)) for text in short], settings.batch)
    meta = {"settings": asdict(settings), "questions": len(questions), "texts": len(places), "also": len(foreign), "loss": round(last, 4),
            "seconds": round(seconds), "train_sha256": hashlib.sha256(train.read_bytes()).hexdigest(),
            "base_sha256": weights.checksum, "torch": torch.__version__, "lowest_cosine": agreement(out, short, vectors),
            **{name: json.loads((folder / "meta.json").read_text(encoding="utf-8"))
               for name, folder in (("teacher", teacher), ("start", start)) if folder}}
    write_whole(out / "meta.json", (json.dumps(meta, indent=2) + "\n").encode())
    logger.info("%s: %.1f MB; %s", out, (out / TUNED_FILE).stat().st_size / 1e6,
                {key: meta[key] for key in ("loss", "seconds", "lowest_cosine")})


if __name__ == "__main__":
    main()
