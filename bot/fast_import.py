"""A fast start: modules that answering never needs are not imported until somebody really uses them.

Rasa imports TensorFlow, every chat channel, every database driver and its own test tools before it answers one
question: most of ten seconds and a third of the memory. None of it runs in a pipeline without TensorFlow. While
serving, those modules are replaced by placeholders: their names can be imported, subclassed and named in annotations.
The first *use* of one (a call, an attribute) loads the real module; from then on everything is imported as usual.

Only the entry points that answer questions switch this on (`bot/cli.py`), never training nor the `rasa` command.
`KRW_FAST_START=0` keeps it off.

    fast_import.activate()   # before the first import of rasa
"""
from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Sequence

# Modules whose names Rasa imports and that answering never calls. Their submodules are replaced as well.
REPLACED = (
    "rasa.utils.tensorflow.callback",         # training of neural networks
    "rasa.utils.tensorflow.data_generator",
    "rasa.utils.tensorflow.model_data",
    "rasa.utils.tensorflow.model_data_utils",
    "rasa.core.test",                         # `rasa test`, which draws with matplotlib; RulePolicy uses it in training
    "rasa.engine.runner.dask",                # bot.graph_runner runs the graph
    "rasa.core.jobs",                         # reminders
    "rasa.cli.utils",                         # the `rasa` command
    "sanic", "jwt",                           # Rasa's own web server
    # Rasa's chat channels and its console; our own channel is in bot.assistant
    "aiogram", "fbmessenger", "slack_sdk", "socketio", "twilio", "webexteamssdk", "questionary", "prompt_toolkit",
    "google.auth", "google.oauth2", "cachecontrol",
    "boto3", "pymongo",                       # conversations in DynamoDB and MongoDB
    "spacy.cli",                              # spaCy's own command line
)
# What libraries import when it is there and do without when it is not (spaCy, through thinc).
ABSENT = ("tensorflow", "torch", "keras", "mxnet", "cupy", "h5py")

_lock = threading.RLock()


def _is_replaced(name: str) -> bool:
    return any(name == module or name.startswith(module + ".") for module in REPLACED)


class _NamedLater(type):
    """A name of a module that is not loaded yet: good for imports, annotations and base classes."""

    def _really(cls) -> Any:
        origin = cls.__dict__.get("_origin")
        if origin is None:
            raise AttributeError(f"{cls.__qualname__} derives from a class that the fast start left out: "
                                 "set KRW_FAST_START=0 to use it")
        return getattr(_load(origin[0]), origin[1])

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return cls._really()(*args, **kwargs)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(cls._really(), name)

    def __instancecheck__(cls, instance: Any) -> bool:
        origin = cls.__dict__.get("_origin")
        if origin is None:
            return super().__instancecheck__(instance)
        module = sys.modules.get(origin[0])
        # Nothing can be an instance of a class whose module was never loaded.
        if module is None or isinstance(module, _Placeholder):
            return False
        return isinstance(instance, getattr(module, origin[1]))


class _Placeholder(ModuleType):
    """Stands in for a module; hands out names without loading it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        if not _finder.active:
            return getattr(_load(self.__name__), name)
        later = _NamedLater(name, (), {"__module__": self.__name__, "_origin": (self.__name__, name)})
        setattr(self, name, later)
        _finder.handed_out.add((self.__name__, name))
        return later


class _Finder(MetaPathFinder, Loader):
    """Finds placeholders for REPLACED and nothing at all for ABSENT."""

    def __init__(self) -> None:
        self.active = False
        self.handed_out: set[tuple[str, str]] = set()

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        if fullname.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named {fullname!r} (left out by the fast start)", name=fullname)
        if _is_replaced(fullname):
            return importlib.util.spec_from_loader(fullname, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Placeholder(spec.name, "A placeholder of the fast start.")

    def exec_module(self, module: ModuleType) -> None:
        pass


_finder = _Finder()


def activate() -> bool:
    """Switches the fast start on; does nothing once Rasa is imported. Returns whether it is on."""
    with _lock:
        if not _finder.active and not any(name == "rasa" or name.startswith("rasa.") for name in sys.modules):
            sys.meta_path.insert(0, _finder)
            _finder.active = True
        return _finder.active


def deactivate() -> None:
    """Switches the fast start off: what is imported from now on is the real thing."""
    with _lock:
        if not _finder.active:
            return
        _finder.active = False
        sys.meta_path.remove(_finder)
        for name in [name for name, module in sys.modules.items() if isinstance(module, _Placeholder)]:
            del sys.modules[name]
            parent, _, child = name.rpartition(".")
            if isinstance(vars(sys.modules.get(parent, ModuleType(""))).get(child), _Placeholder):
                delattr(sys.modules[parent], child)


def is_active() -> bool:
    return _finder.active


def handed_out() -> list[tuple[str, str]]:
    """(module, name) of every placeholder that was asked for."""
    return sorted(_finder.handed_out)


def _load(name: str) -> ModuleType:
    deactivate()
    return importlib.import_module(name)
