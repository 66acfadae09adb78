r"""The classifier on data that nobody here wrote: MASSIVE 1.0 nl-NL (FitzGerald et al. 2022, arXiv 2204.08582).

The data set stays out of the repository; give the folder that holds train.tsv and dev.tsv (columns id, intent, text):

    python -m bot.evaluation.massive FOLDER [--tuned DIR]

`--tuned` takes layers that `bot.nlu.finetune` made from MASSIVE's own train split, the same pipeline and recipe:

    build/torch/bin/python -m bot.nlu.finetune --train FOLDER/train.tsv --dev FOLDER/dev.tsv --out DIR --epochs 10 \
        --batch 64 --rate 3e-4 --rdrop 1 --word-dropout 0.1 --half
"""
from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

from bot.evaluation.metrics import share
from bot.nlu.encoder import SentenceEncoder
from bot.nlu.normalise import clean, written_dutch
from bot.nlu.topic_model import TopicModel


def read(file: Path) -> tuple[list[str], list[str]]:
    """Texts and intents of one split."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [row["text"] for row in rows], [row["intent"] for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tuned", type=Path)
    options = parser.parse_args()
    encoder = SentenceEncoder(threads=2, tuned=options.tuned)
    texts, labels = read(options.folder / "train.tsv")
    dev_texts, dev_labels = read(options.folder / "dev.tsv")
    print(f"Encoding {len(texts)} + {len(dev_texts)} questions ...", flush=True)
    vectors, dev_vectors = encoder.encode([clean(t) for t in texts]), encoder.encode([clean(t) for t in dev_texts])
    model = TopicModel().fit([written_dutch(t) for t in texts], vectors, labels)
    table = model.probabilities([written_dutch(t) for t in dev_texts], dev_vectors)
    guesses = np.array(model.labels)[table.argmax(1)]
    print("MASSIVE nl-NL, trained on train, measured on dev:", share(g == d for g, d in zip(guesses, dev_labels)))


if __name__ == "__main__":
    main()
