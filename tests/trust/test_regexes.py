"""No regular expression of ours is slow on any text: each is found in the source and given texts made to slow it."""
from __future__ import annotations

import ast
import importlib
import re
import time
from pathlib import Path

import pytest

from bot.settings import ROOT

sre = importlib.import_module("re._parser")
REPEATS = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
_FUNCTIONS = {"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}


def _module(path: Path):
    return importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def _made(path: Path, module) -> dict[str, re.Pattern]:
    """The compiled patterns among a module's values, also inside lists, tuples, dicts and what cached functions give."""
    found: dict[str, re.Pattern] = {}

    def look(name: str, value, depth: int = 0) -> None:
        if isinstance(value, re.Pattern):
            found[f"{path.relative_to(ROOT)} {name}"] = value
        elif depth < 3 and isinstance(value, dict):
            for key, item in value.items():
                look(f"{name}[{key}]", item, depth + 1)
        elif depth < 3 and isinstance(value, (list, tuple)):
            for number, item in enumerate(value):
                look(f"{name}[{number}]", item, depth + 1)

    for name, value in list(vars(module).items()):
        look(name, value)
        if hasattr(value, "cache_info") and getattr(value, "__module__", "") == module.__name__:
            try:
                look(f"{name}()", value())
            except TypeError:
                continue
    return found


def patterns() -> dict[str, str | re.Pattern]:
    """Every pattern in bot/ and actions/: compiled ones, and texts given to a function of `re`."""
    found: dict[str, str | re.Pattern] = {}
    for path in sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "actions").rglob("*.py")]):
        source = path.read_text(encoding="utf-8")
        if "re." not in source and '"REGEX"' not in source or "migrations" in path.parts:
            continue
        names = None
        for node in ast.walk(ast.parse(source)):
            wanted = []
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) \
                    and node.func.value.id == "re" and node.func.attr in _FUNCTIONS and node.args:
                wanted = [node.args[0]]
            elif isinstance(node, ast.Dict):
                # spaCy's {"REGEX": …} in a token pattern.
                wanted = [v for k, v in zip(node.keys, node.values) if isinstance(k, ast.Constant) and k.value == "REGEX"]
            for argument in wanted:
                if names is None:
                    names = vars(_module(path))
                where = f"{path.relative_to(ROOT)}:{argument.lineno}"
                try:
                    value = eval(compile(ast.Expression(argument), where, "eval"), dict(names))  # noqa: S307
                except NameError:
                    # Put together inside a function: what became of it is among the module's own values.
                    found.update(_made(path, _module(path)))
                    continue
                found[f"{where} {argument.col_offset}"] = value
    return found


PATTERNS = patterns()


def _walk(parsed, inside: bool = False):
    """Yields the patterns of unbounded repetitions inside unbounded repetitions."""
    for operation, value in parsed:
        name = str(operation)
        if name in REPEATS:
            low, high, body = value
            unbounded = high == sre.MAXREPEAT or high > 100
            if unbounded and inside:
                yield body
            yield from _walk(body, inside or unbounded)
        elif name == "SUBPATTERN":
            yield from _walk(value[3], inside)
        elif name == "BRANCH":
            for branch in value[1]:
                yield from _walk(branch, inside)
        elif name in ("ASSERT", "ASSERT_NOT"):
            yield from _walk(value[1], inside)
        elif name == "ATOMIC_GROUP":
            yield from _walk(value, inside)


def _letters(parsed, found: set[str]) -> set[str]:
    """One character for each place of the pattern."""
    for operation, value in parsed:
        name = str(operation)
        if name in ("LITERAL", "NOT_LITERAL"):
            found.add(chr(value))
        elif name == "IN":
            for kind, part in value:
                if str(kind) == "LITERAL":
                    found.add(chr(part))
                elif str(kind) == "RANGE":
                    found.add(chr(part[0]))
                elif str(kind) == "CATEGORY":
                    found.add({"CATEGORY_DIGIT": "1", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "a"}.get(str(part), "!"))
        elif name in REPEATS:
            _letters(value[2], found)
        elif name == "SUBPATTERN":
            _letters(value[3], found)
        elif name == "BRANCH":
            for branch in value[1]:
                _letters(branch, found)
        elif name in ("ASSERT", "ASSERT_NOT"):
            _letters(value[1], found)
        elif name == "ANY":
            found.add("x")
    return found


def attacks(pattern: re.Pattern, length: int) -> list[str]:
    """Texts of about `length` characters that repeat what the pattern looks for and then do not end as it hopes."""
    letters = sorted(_letters(sre.parse(pattern.pattern, pattern.flags & ~re.DEBUG), set()))[:12] + ["a", " ", "1"]
    units = {*letters, *(a + b for a in letters[:6] for b in letters[:6] if a != b), "a ", "a.", "a'", "".join(letters[:6])}
    return [unit * (length // len(unit)) + end for unit in sorted(units) for end in ("", "\x01", "!")]


def _seconds(pattern: re.Pattern, texts: list[str]) -> float:
    """The longest processor time of one text, so that a busy machine does not count: finding everything in it."""
    slowest = 0.0
    for text in texts:
        began = time.thread_time()
        for _ in pattern.finditer(text):
            pass
        slowest = max(slowest, time.thread_time() - began)
    return slowest


def slow(source: str | re.Pattern) -> str | None:
    """Why the pattern is slow, or None. A body is at most 20,000 bytes, a message 1,000 characters."""
    pattern = re.compile(source)
    if any(_walk(sre.parse(pattern.pattern, pattern.flags))):
        short, longer = _seconds(pattern, attacks(pattern, 14)), _seconds(pattern, attacks(pattern, 18))
        if longer > 0.002 and longer > 6 * short:
            return "a repetition inside a repetition, which doubles with every character"
    few = _seconds(pattern, attacks(pattern, 1_000))
    if few > 0.1:
        return f"{few:.2f} s for 1,000 characters"
    many = _seconds(pattern, attacks(pattern, 20_000))
    return f"{many:.2f} s for 20,000 characters" if many > 1.0 else None


def test_all_patterns_were_found():
    written = sum(path.read_text(encoding="utf-8").count("re.compile(") for path in (ROOT / "bot").rglob("*.py"))
    assert written > 10 and sum(1 for _ in PATTERNS) >= written


@pytest.mark.parametrize("where", PATTERNS)
def test_the_pattern_is_fast(where):
    assert slow(PATTERNS[where]) is None


@pytest.mark.parametrize("bad", [r"(a+)+$", r"(a|a)+!", r"(\w+\s?)*$"])
def test_the_check_knows_a_slow_one(bad):
    pattern = re.compile(bad)
    # Short texts only: these patterns would take for ever on long ones.
    short, longer = (_seconds(pattern, attacks(pattern, length)) for length in (10, 16))
    assert longer > 4 * short
