"""The straight runner gives what Rasa's dask runner gives."""
from __future__ import annotations

import pytest
from rasa.engine.exceptions import GraphComponentException, GraphRunError
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphNodeHook, GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner

from bot.graph_runner import StraightGraphRunner

RAN = []


class Add(GraphComponent):
    def __init__(self, more: int) -> None:
        self._more = more

    @staticmethod
    def get_default_config() -> dict:
        return {"more": 1}

    @classmethod
    def create(cls, config, model_storage, resource, execution_context):
        return cls(config["more"])

    def run(self, one: int, other: int = 0) -> int:
        RAN.append(self._more)
        return one + other + self._more

    def fail(self, one: int) -> int:
        raise ValueError("broken")


def _node(needs: dict, fn: str = "run", more: int = 1, target: bool = False) -> SchemaNode:
    return SchemaNode(needs=needs, uses=Add, constructor_name="create", fn=fn, config={"more": more}, eager=True,
                      is_target=target)


SCHEMA = GraphSchema({
    "a": _node({"one": "start"}), "b": _node({"one": "a"}, more=10),
    "c": _node({"one": "a", "other": "b"}, more=100, target=True),
    "unused": _node({"one": "c"}, more=1000)})


def _runner(kind, schema=SCHEMA, hooks=None):
    return kind.create(schema, None, ExecutionContext(schema, "model"), hooks)


@pytest.mark.parametrize("targets", [None, ["c"], ["b", "c"], ["a"], ["unused"]])
def test_the_same_as_dask(targets):
    straight, dask = (_runner(kind).run({"start": 5}, targets) for kind in (StraightGraphRunner, DaskGraphRunner))
    assert straight == dask


def test_each_needed_node_runs_once_and_others_do_not():
    RAN.clear()
    _runner(StraightGraphRunner).run({"start": 5}, ["c"])
    assert RAN == [1, 10, 100]


@pytest.mark.parametrize("kind", [StraightGraphRunner, DaskGraphRunner])
def test_errors_are_rasas_own(kind):
    with pytest.raises(GraphRunError):
        _runner(kind).run({}, ["a"])
    with pytest.raises(GraphComponentException):
        _runner(kind, GraphSchema({"x": _node({"one": "start"}, fn="fail")})).run({"start": 1}, ["x"])


def test_hooks_are_called():
    class Hook(GraphNodeHook):
        seen: list = []

        def on_before_node(self, node_name, execution_context, config, received_inputs):
            self.seen.append(node_name)
            return {}

        def on_after_node(self, node_name, execution_context, config, output, input_hook_data):
            self.seen.append(output)

    _runner(StraightGraphRunner, hooks=[Hook()]).run({"start": 1}, ["b"])
    assert Hook.seen == ["a", 2, "b", 12]
