"""Starts the workers, pinned to one core, and asks them in turn."""
from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.settings import ROOT


class SideFailed(RuntimeError):
    """A worker stopped; the message ends with what it said."""


class Side:
    """A running worker.

    Attributes:
        name: ours or stock.
        first_answer: seconds from starting the process to its first answer, by the clock `wall` or `cpu`.
    """

    def __init__(self, name: str, model: Path, question: str, core: int, clock: str = "wall") -> None:
        self.name = name
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed in `stop`
        started = time.perf_counter()
        self._process = subprocess.Popen(
            ["taskset", "-c", str(core), sys.executable, "-W", "ignore", "-m", "bot.evaluation.bench.worker", name,
             str(model), question, clock],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"})
        used = self._read()
        self.first_answer = used if clock == "cpu" else time.perf_counter() - started

    def _read(self) -> Any:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            self._process.wait()
            self._errors.seek(0)
            raise SideFailed(f"{self.name}: " + "\n".join(self._errors.read().splitlines()[-15:]))
        return json.loads(line)

    def ask(self, do: str, texts: list[str] | None = None) -> Any:
        """Gives one order (see `worker.obey`) and waits for what comes back."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, "texts": texts or []}) + "\n")
        self._process.stdin.flush()
        return self._read()

    def stop(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()


@contextmanager
def running(*wanted: tuple[str, Path], question: str, core: int,
            clock: str = "wall") -> Iterator[list[Side]]:
    """The workers for (name, model), stopped at the end whatever happens."""
    sides: list[Side] = []
    try:
        for name, model in wanted:
            sides.append(Side(name, model, question, core, clock))
        yield sides
    finally:
        for side in sides:
            side.stop()


def in_alternation(sides: list[Side], rounds: int, order: Callable[[Side, int], list[float]]) -> dict[str, list[list[float]]]:
    """`order(side, round)` for each side in turn, `rounds` times, the first side changing. Times by side and round."""
    times: dict[str, list[list[float]]] = {side.name: [] for side in sides}
    for number in range(rounds):
        for side in sides if number % 2 == 0 else sides[::-1]:
            times[side.name].append(order(side, number))
    return times
