"""Trains one project in a process of its own: `python -m bot.evaluation.bench.training PROJECT MODEL`.

`train` starts it and gives what the whole command took, imports included, with nothing cached.
"""
from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bot.settings import ROOT


class TrainingFailed(RuntimeError):
    """A project could not be trained; the message ends with what Rasa said."""


def train(project: Path, model: Path, cores: str = "0,1", nice: int = 0) -> dict[str, float]:
    """Trains `project` into the archive `model`. Returns seconds: `wall`, and `cpu` of all its threads.

    Args:
        cores: the processors it may use, as `taskset` names them.
    """
    with tempfile.TemporaryDirectory() as cache:
        started, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            ["nice", "-n", str(nice), "taskset", "-c", cores, sys.executable, "-W", "ignore", "-m", __name__, str(project),
             str(model)],
            cwd=ROOT, text=True, capture_output=True, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT), "KRW_CACHE_DIR": cache, "RASA_MAX_CACHE_SIZE": "0",
                 "RASA_CACHE_DIRECTORY": f"{cache}/rasa", "TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "2"})
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = {"wall": time.perf_counter() - started,
                   "cpu": now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime}
    if done.returncode != 0 or not model.is_file():
        raise TrainingFailed("\n".join(done.stderr.splitlines()[-20:]))
    return seconds


def main(project: Path, model: Path) -> None:
    from rasa.model_training import train as rasa_train

    result = rasa_train(domain=str(project / "domain.yml"), config=str(project / "config.yml"),
                        training_files=[str(project / "data")], output=str(model.parent),
                        fixed_model_name=model.name.removesuffix(".tar.gz"), force_training=True)
    sys.exit(result.code)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
