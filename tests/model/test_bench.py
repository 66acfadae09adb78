"""`make bench BENCH=--short` runs from end to end."""
from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from bot.settings import ROOT


@pytest.mark.timeout(900)
def test_the_short_form_measures_everything(tmp_path, trained_model):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "bot.evaluation.bench", "--short", "--clock", "cpu", "--cores", "0",
         "--model", str(trained_model), "--work", str(tmp_path / "work"), "--out", str(tmp_path / "out")],
        cwd=ROOT, text=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / "out" / "bench.png").read_bytes().startswith(b"\x89PNG")
    result = json.loads((tmp_path / "out" / "bench.json").read_text(encoding="utf-8"))
    rows = {row["what"].strip(): row for row in result["rows"]}
    for what in ("one turn, p50, one core", "one turn, p95, one core", "turns a second, one core", "from start to first answer",
                 "memory while serving, RSS"):
        assert rows[what]["stock_values"][0] > 0 and rows[what]["ours_values"][0] > 0, what
        assert what in done.stdout
    # Far from the targets on purpose: other tests run at the same time. The targets are for `make bench`.
    # How fast is for `make bench` to say: a busy machine must not fail a test.
    for what in ("one turn, p50, one core", "memory while serving, RSS", "from start to first answer"):
        assert rows[what]["ratio"] > 0
    assert set(result["machine"]["packages"]) >= {"rasa", "onnxruntime"} and result["machine"]["commit"]
