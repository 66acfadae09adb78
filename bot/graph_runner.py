"""Loads the answering part of a model and runs Rasa's graph node after node.

Rasa's own runner builds a dask graph, sorts it and schedules it for every message. Our graph is a short chain that
never changes: the order is worked out once for each set of targets. The nodes are Rasa's own
(`rasa.engine.graph.GraphNode`), so components, hooks and errors are as they are there.
"""
from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.local_model_storage import MODEL_ARCHIVE_METADATA_FILE, LocalModelStorage
from rasa.engine.storage.storage import ModelMetadata, ModelStorage
from rasa.shared.utils.io import read_json_file

# Classes that predict what those do that the model was trained with, from the same files.
_SAME_BUT_FASTER = {"rasa.core.policies.rule_policy.RulePolicy": "bot.indexed_rules.IndexedRulePolicy",
                    "bot.nlu.dutch_text.DutchTokenizer": "bot.nlu.dutch_text.NoTokens"}


class AnsweringStorage(LocalModelStorage):
    """A model's files without the graph that trained it: that graph names every component Rasa ever had."""

    @staticmethod
    def _load_metadata(directory: Path) -> ModelMetadata:
        metadata = read_json_file(directory / MODEL_ARCHIVE_METADATA_FILE)
        for node in metadata["predict_schema"]["nodes"].values():
            node["uses"] = _SAME_BUT_FASTER.get(node["uses"], node["uses"])
        return ModelMetadata.from_dict({**metadata, "train_schema": {"nodes": {}}})


class StraightGraphRunner(GraphRunner):
    """Runs the nodes that the targets need, each once, parents first."""

    def __init__(self, graph_schema: GraphSchema, nodes: Dict[str, GraphNode]) -> None:
        self._schema = graph_schema
        self._nodes = nodes
        self._orders: Dict[Tuple[str, ...], List[str]] = {}

    @classmethod
    def create(cls, graph_schema: GraphSchema, model_storage: ModelStorage, execution_context: ExecutionContext,
               hooks: Optional[List[GraphNodeHook]] = None) -> StraightGraphRunner:
        nodes = {name: GraphNode.from_schema_node(name, node, model_storage, execution_context, hooks)
                 for name, node in graph_schema.nodes.items()}
        return cls(graph_schema, nodes)

    @property
    def components(self) -> List[Any]:
        """The components of the graph, in no order."""
        return [node._component for node in self._nodes.values()]

    def _order(self, targets: Tuple[str, ...]) -> List[str]:
        """The names of the nodes to run; names that are no nodes are inputs."""
        order: List[str] = []
        waiting: List[str] = []

        def visit(name: str) -> None:
            if name in order or name not in self._schema.nodes:
                return
            if name in waiting:
                raise GraphRunError(f"The graph has a cycle at '{name}'.")
            waiting.append(name)
            for parent in self._schema.nodes[name].needs.values():
                visit(parent)
            waiting.remove(name)
            order.append(name)

        for target in targets:
            visit(target)
        return order

    def run(self, inputs: Optional[Dict[str, Any]] = None, targets: Optional[List[str]] = None) -> Dict[str, Any]:
        """What each target gives for `inputs` (name → value); default targets are the schema's own.

        Raises:
            GraphRunError: an input that a node needs is missing.
        """
        wanted = tuple(targets or self._schema.target_names)
        if wanted not in self._orders:
            self._orders[wanted] = self._order(wanted)
        done: Dict[str, Tuple[str, Any]] = {name: (name, value) for name, value in (inputs or {}).items()}
        for name in self._orders[wanted]:
            if name not in done:
                needs = self._schema.nodes[name].needs.values()
                done[name] = self._nodes[name](*(done.get(parent, parent) for parent in needs))
        return {target: done[target][1] for target in wanted}
