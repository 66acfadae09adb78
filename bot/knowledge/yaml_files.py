"""Reads YAML content fast, and finds the line of a mistake when there is one."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable, Type, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, order=True)
class Problem:
    """Something wrong in a content file. `line` is 1-based; 0 where no line can be named."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}" if self.line else f"{self.file}: {self.what}"


class ContentError(ValueError):
    """Content that cannot be used; `problems` names all that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = sorted(set(problems))
        super().__init__("\n".join(map(str, self.problems)))


class YamlFile:
    """One YAML file and what was found wrong with it. Reading never raises: see `problems`."""

    def __init__(self, path: Path, root: Path):
        self.path = path
        self.name = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
        self.problems: list[Problem] = []
        self.data: Any = None
        self._text = ""
        self._tree: Any = None
        try:
            self._text = path.read_text(encoding="utf-8")
            self.data = yaml.load(self._text, Loader=_Loader)
        except FileNotFoundError:
            self.problems.append(Problem(self.name, 0, "this file is missing"))
        except UnicodeDecodeError as error:
            self.problems.append(Problem(self.name, 0, f"is not UTF-8 text (byte {error.start})"))
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            what = getattr(error, "problem", None) or "cannot be read"
            self.problems.append(Problem(self.name, mark.line + 1 if mark else 0, f"is not valid YAML: {what}"))

    def line_of(self, path: Iterable[Any]) -> int:
        """The 1-based line of the value at `path` (keys and indexes), or of its nearest parent that exists."""
        if self._tree is None:
            self._tree = yaml.compose(self._text, Loader=_Loader)
        node = self._tree
        line = node.start_mark.line + 1 if node else 0
        for step in path:
            child = None
            if isinstance(node, yaml.MappingNode):
                for key, value in node.value:
                    if key.value == str(step):
                        # The key's own line is what an editor looks for; a block text starts a line later.
                        child, line = value, key.start_mark.line + 1
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                child = node.value[step]
                line = child.start_mark.line + 1
            if child is None:
                break
            node = child
        return line

    def complain(self, path: Iterable[Any], what: str) -> None:
        self.problems.append(Problem(self.name, self.line_of(path), what))

    def check_duplicate_keys(self) -> None:
        """YAML silently keeps the last of two equal keys; a writer would lose a text that way."""
        try:
            tree = yaml.compose(self._text, Loader=_Loader)
        except yaml.YAMLError:
            return
        todo = [tree] if tree else []
        while todo:
            node = todo.pop()
            if isinstance(node, yaml.MappingNode):
                seen = set()
                for key, value in node.value:
                    if key.value in seen:
                        self.problems.append(
                            Problem(self.name, key.start_mark.line + 1, f"the key '{key.value}' stands here twice")
                        )
                    seen.add(key.value)
                    todo.append(value)
            elif isinstance(node, yaml.SequenceNode):
                todo.extend(node.value)

    def parse(self, shape: Type[Model], data: Any, at: tuple = ()) -> Model | None:
        """`data` as `shape`, or None after noting everything that is wrong with it."""
        if not isinstance(data, dict):
            self.complain(at, f"here a mapping is needed ({shape.__name__}), found {type(data).__name__}")
            return None
        try:
            return shape.parse_obj(data)
        except ValidationError as error:
            for item in error.errors():
                where = ".".join(str(part) for part in item["loc"] if part != "__root__")
                self.complain(at + tuple(item["loc"]), f"{where}: {item['msg']}")
            return None
