"""The evaluation as files: an HTML page, pictures and JSON. Test questions stand in it, so it is for the team."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from jinja2 import Environment  # noqa: E402

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Evaluation {{ numbers.model }}</title>
<style>body{font:16px/1.5 system-ui;margin:2rem auto;max-width:70rem;padding:0 1rem}table{border-collapse:collapse}
td,th{padding:.2rem .7rem;border-bottom:1px solid #ccc;text-align:left}img{max-width:100%}</style>
<h1>Evaluation of {{ numbers.model }}</h1><p>{{ numbers.questions }} blind questions. 95 % intervals are Wilson's.</p>
<table><tr><th>what</th><th>reached</th><th>target</th></tr>
{% for name, value, target in rows %}<tr><td>{{ name }}</td><td>{{ value }}</td><td>{{ target }}</td></tr>{% endfor %}
<tr><td>expected calibration error</td><td>{{ "%.3f" | format(error) }}</td><td>≤ 0.05</td></tr></table>
{% if curve %}<h2>Learning curve</h2><img src="learning_curve.png" alt="Share right against the number of training questions">{% endif %}
<h2>Calibration</h2><img src="calibration.png" alt="Share of right answers against confidence">
{% for title, group in (("theme", by_theme), ("voice", by_voice)) %}<h2>Per {{ title }}</h2>
<table><tr><th>{{ title }}</th><th>first choice</th><th>first three</th></tr>
{% for name, one, three in group %}<tr><td>{{ name }}</td><td>{{ one }}</td><td>{{ three }}</td></tr>{% endfor %}</table>{% endfor %}
<h2>Topics, worst first</h2><table><tr><th>topic</th><th>F1</th><th>precision</th><th>recall</th><th>n</th></tr>
{% for name, row in labels %}<tr><td>{{ name }}</td><td>{{ "%.2f" | format(row.f1) }}</td><td>{{ "%.2f" | format(row.precision) }}</td>
<td>{{ "%.2f" | format(row.recall) }}</td><td>{{ row.n }}</td></tr>{% endfor %}</table>
<h2>Confusions</h2><img src="confusion.png" alt="Confusion between the topics">
<table><tr><th>wanted</th><th>got</th><th>times</th></tr>{% for a, b, n in pairs[:40] %}<tr><td>{{ a }}</td><td>{{ b }}</td><td>{{ n }}</td></tr>{% endfor %}</table>
<h2>Every miss</h2><table><tr><th>question</th><th>wanted</th><th>got</th><th>confidence</th></tr>
{% for r in misses %}<tr><td>{{ r.case.text }}</td><td>{{ r.case.topic }}</td><td>{{ r.intent }}</td><td>{{ "%.2f" | format(r.confidence) }}</td></tr>{% endfor %}</table></html>"""


def _calibration_picture(file: Path, curve: list[tuple], error: float) -> None:
    figure, axis = plt.subplots(figsize=(5, 4.5))
    axis.plot([0, 1], [0, 1], "--", color="#888", label="perfect")
    if curve:
        confidence, right, n = zip(*curve)
        axis.scatter(confidence, right, s=[10 + count for count in n], color="#0b5d5b", label="measured (size: questions)")
    axis.set(xlabel="confidence", ylabel="share right", title=f"expected calibration error {error:.3f}", xlim=(0, 1), ylim=(0, 1))
    axis.legend()
    figure.tight_layout()
    figure.savefig(file, dpi=130)
    plt.close(figure)


def _confusion_picture(file: Path, labels: list[str], pairs: list[tuple], diagonal: dict[str, float]) -> None:
    index = {label: i for i, label in enumerate(labels)}
    grid = np.zeros((len(labels), len(labels)))
    for wanted, got, n in pairs:
        if wanted in index and got in index:
            grid[index[wanted], index[got]] = n
    for label, recall in diagonal.items():
        grid[index[label], index[label]] = recall
    figure, axis = plt.subplots(figsize=(14, 14))
    axis.imshow(np.sqrt(grid), cmap="viridis")
    axis.set_xticks(range(len(labels)), labels, rotation=90, fontsize=6)
    axis.set_yticks(range(len(labels)), labels, fontsize=6)
    axis.set(xlabel="got", ylabel="wanted")
    figure.tight_layout()
    figure.savefig(file, dpi=110)
    plt.close(figure)


def write_report(out: Path, results: list, rows: list, by_theme: list, by_voice: list, labels: dict, pairs: list,
                 curve: list, error: float, numbers: dict[str, Any]) -> Path:
    """Writes report.html, evaluation.json and the pictures to `out`; returns the page's path."""
    out.mkdir(parents=True, exist_ok=True)
    _calibration_picture(out / "calibration.png", curve, error)
    _confusion_picture(out / "confusion.png", list(labels), pairs, {n: r["recall"] * r["n"] for n, r in labels.items()})
    (out / "evaluation.json").write_text(json.dumps(numbers, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    misses = [r for r in results if r.intent not in r.case.accepted]
    page = Environment(autoescape=True).from_string(_PAGE).render(
        numbers=numbers, rows=rows, error=error, by_theme=by_theme, by_voice=by_voice, pairs=pairs, misses=misses,
        curve=(out / "learning_curve.png").exists(), labels=sorted(labels.items(), key=lambda item: item[1]["f1"]))
    target = out / "report.html"
    target.write_text(page, encoding="utf-8")
    return target
