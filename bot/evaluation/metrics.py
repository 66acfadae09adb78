"""Measures: proportions with Wilson intervals, calibration error, precision and recall per topic."""
from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from math import sqrt
from typing import Iterable, Sequence

import numpy as np


@dataclass(frozen=True)
class Share:
    """`hits` of `total`, with the 95 % Wilson score interval (E. B. Wilson, JASA 22, 1927)."""

    hits: int
    total: int

    @property
    def value(self) -> float:
        return self.hits / self.total if self.total else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        if not self.total:
            return (float("nan"), float("nan"))
        z, n, p = 1.959964, self.total, self.value
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return max(0.0, centre - half), min(1.0, centre + half)

    def __str__(self) -> str:
        if not self.total:
            return "   -"
        low, high = self.interval
        return f"{100 * self.value:5.1f} %  ({self.hits}/{self.total}; 95 %: {100 * low:.1f}–{100 * high:.1f})"


def share(values: Iterable[bool]) -> Share:
    values = list(values)
    return Share(sum(map(bool, values)), len(values))


def calibration_error(confidence: Sequence[float], right: Sequence[bool], bins: int = 15) -> tuple[float, list[tuple]]:
    """Expected calibration error (Guo et al., ICML 2017) and the curve [(mean confidence, share right, n)]."""
    confidence, right = np.asarray(confidence, float), np.asarray(right, float)
    curve, error = [], 0.0
    if not len(confidence):
        return float("nan"), curve
    edges = np.linspace(0, 1, bins + 1)
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidence > low) & (confidence <= high) if low else (confidence <= high)
        if inside.any():
            curve.append((confidence[inside].mean(), right[inside].mean(), int(inside.sum())))
            error += inside.sum() / len(confidence) * abs(curve[-1][0] - curve[-1][1])
    return float(error), curve


def per_label(truth: Sequence[str], predicted: Sequence[str]) -> dict[str, dict[str, float]]:
    """Precision, recall and F1 of each label, with its number of test questions."""
    right, found, wanted = Counter(), Counter(predicted), Counter(truth)
    for t, p in zip(truth, predicted):
        right[t] += t == p
    table = {}
    for label in sorted(wanted):
        precision = right[label] / found[label] if found[label] else 0.0
        recall = right[label] / wanted[label]
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        table[label] = {"n": wanted[label], "precision": precision, "recall": recall, "f1": f1}
    return table


def confusions(truth: Sequence[str], predicted: Sequence[str]) -> list[tuple[str, str, int]]:
    """(wanted, got, how often), most frequent first."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for t, p in zip(truth, predicted):
        if t != p:
            counts[(t, p)] += 1
    return [(t, p, n) for (t, p), n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
