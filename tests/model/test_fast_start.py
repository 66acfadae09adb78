"""The fast start leaves out what answering never uses, and changes nothing else. Each start is a process of its own."""
from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from bot.settings import ROOT

TEXTS = ["Mijn vader slaat mij. Mag dat?", "we worden uit huis gezet", "ik wil niet meer leven", "hoi", "wat is artikel 12",
         "asdf qwer", "ik ben 14 en mijn zoontje van 2", "I need a place to sleep"]
ANSWER = """
import asyncio, json, sys
fast = sys.argv[1] == "fast"
from bot import fast_import
if fast:
    assert fast_import.activate()
from pathlib import Path
from bot.logs import configure_logging
configure_logging("ERROR")
from bot.assistant import Assistant
assistant = Assistant(Path(sys.argv[2]))
loop = asyncio.new_event_loop()
turns = [loop.run_until_complete(assistant.ask(text)) for text in json.loads(sys.argv[3])]
found = {"turns": [[turn.parse, turn.messages] for turn in turns], "active": fast_import.is_active(),
         "tensorflow": "tensorflow" in sys.modules, "later": fast_import.handed_out(),
         "rss": int(open("/proc/self/statm").read().split()[1]) * 4096 / 1e6}
if not fast:
    import importlib
    wrong = []
    for module, name in json.loads(sys.argv[4]):
        thing = getattr(importlib.import_module(module), name, None)
        if not (callable(thing) or type(thing).__name__ == "module"):
            wrong.append([module, name])
    found["wrong"] = wrong
print("\\n" + json.dumps(found))
"""


def _python(script: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script, *arguments], cwd=ROOT, text=True,
                          capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def both(trained_model):
    fast = json.loads(_python(ANSWER, "fast", str(trained_model), json.dumps(TEXTS)))
    slow = json.loads(_python(ANSWER, "slow", str(trained_model), json.dumps(TEXTS), json.dumps(fast["later"])))
    return fast, slow


def test_parses_and_answers_are_the_same(both):
    fast, slow = both
    for text, one, other in zip(TEXTS, fast["turns"], slow["turns"], strict=True):
        assert one == other, text
    assert fast["turns"][0][1][0]["topic"] == "geweld_thuis"


def test_nothing_left_out_was_used(both):
    fast, slow = both
    assert fast["active"] and not fast["tensorflow"]
    assert not slow["active"] and slow["tensorflow"]
    assert fast["rss"] < 900 and fast["rss"] < slow["rss"] - 150


def test_placeholders_stand_for_classes_functions_and_modules_only(both):
    """A constant would be silently wrong."""
    fast, slow = both
    assert len(fast["later"]) > 10
    assert slow["wrong"] == []


def test_the_first_use_loads_the_real_thing():
    assert _python("""
from bot import fast_import
assert fast_import.activate()
try:
    import tensorflow
    raise SystemExit("tensorflow was not left out")
except ModuleNotFoundError:
    pass
from rasa.utils.tensorflow.model_data import FeatureArray, ragged_array_to_ndarray
from sanic import Sanic
import numpy as np
assert fast_import.is_active() and not isinstance(3, Sanic)
class Mine(FeatureArray):
    pass
array = ragged_array_to_ndarray([np.array([1, 2]), np.array([3])])
assert array.shape == (2,) and not fast_import.is_active()
import importlib.util, rasa.utils.tensorflow.model_data as real
assert real.ragged_array_to_ndarray.__module__ == real.__name__ and importlib.util.find_spec("tensorflow")
print("good")
""") == "good"


def test_it_comes_too_late_once_rasa_is_imported():
    assert _python("""
import rasa
from bot import fast_import
assert not fast_import.activate() and not fast_import.is_active()
import sanic
assert sanic.Sanic.__module__ == "sanic.app"
print("good")
""") == "good"


@pytest.mark.parametrize(("value", "active"), [("1", True), ("0", False)])
def test_a_setting_switches_it_off(value, active):
    assert _python(f"""
import os
os.environ["KRW_FAST_START"] = "{value}"
from bot.cli import _answering
_answering()
from bot import fast_import
print(fast_import.is_active())
""") == str(active)
