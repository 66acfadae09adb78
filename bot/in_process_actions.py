"""Runs the custom actions inside the assistant's process: no action server, no HTTP.

Rasa takes any object with `kwargs` and an async `request` as its action endpoint; this one hands the call to
rasa_sdk's own executor, so that the very same actions also run under `rasa run actions`.
"""
from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path
from typing import Any

from rasa.core.actions import action as rasa_actions
from rasa.core.actions.action import ActionListen, RemoteAction
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.policies.rule_policy import RulePolicy
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.engine.loader import load_predict_graph_runner
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_VALIDATE_SLOT_MAPPINGS, DEFAULT_SLOT_NAMES
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecutionRejected, Event, SlotSet
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.common import TempDirectoryPath, get_temp_dir_name
from rasa_sdk.executor import ActionExecutor

from bot.graph_runner import AnsweringStorage, StraightGraphRunner
from bot.indexed_rules import IndexedRulePolicy

logger = logging.getLogger(__name__)


def _copy_slot(slot: Slot) -> Slot:
    """What `copy.copy` makes of a slot, without asking first how such an object is copied."""
    new = slot.__class__.__new__(slot.__class__)
    new.__dict__.update(slot.__dict__)
    return new


# Rasa looks for the class of each event anew among all of its classes, five times a turn, copies all slots seven times, and
# makes all of its own actions (which hold nothing) each time it looks one up.
Event.resolve_by_type = staticmethod(lru_cache(Event.resolve_by_type))  # type: ignore[method-assign]
Slot.__copy__ = _copy_slot  # type: ignore[attr-defined]
rasa_actions.default_actions = lru_cache(rasa_actions.default_actions)


class InProcessActions:
    """An action endpoint for `rasa.core.agent.Agent`."""

    # Without this Rasa would send the whole domain with each call.
    kwargs = {"enable_selective_domain": True}
    url = "in-process"

    def __init__(self, package: str = "actions") -> None:
        self._executor = ActionExecutor()
        self._executor.register_package(package)

    @property
    def names(self) -> list[str]:
        return sorted(self._executor.actions)

    async def request(self, json: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Runs one action call; also notes the choices that its messages offer, so that only those are accepted."""
        result = await self._executor.run(json)
        offered = list(json["tracker"]["slots"].get("offered") or [])
        before = len(offered)
        for response in result["responses"]:
            for choice in (response.get("custom") or {}).get("choices", []):
                if choice["id"] not in offered:
                    offered.append(choice["id"])
        if len(offered) > before:
            result["events"].append({"event": "slot", "name": "offered", "value": offered, "timestamp": None})
        return result


def _entity_slots(domain: Domain) -> list[tuple[str, str]] | None:
    """(slot, entity) of the slots that are filled from an entity, in the domain's order; None when a slot is filled in any
    other way, but by our own actions.
    """
    found = []
    for slot in domain.slots:
        if slot.name in DEFAULT_SLOT_NAMES or slot.mappings == [{"type": "custom"}]:
            continue
        if len(slot.mappings) != 1 or slot.mappings[0] != {"type": "from_entity", "entity": slot.mappings[0].get("entity")}:
            return None
        found.append((slot.name, slot.mappings[0]["entity"]))
    return None if ACTION_VALIDATE_SLOT_MAPPINGS in domain.user_actions or domain.form_names else found


class _InProcessAction(RemoteAction):
    """A custom action whose result comes from rasa_sdk's own executor in this process.

    Rasa checks each result of an action server against a JSON schema and checks that schema each time anew: 15 of the
    25 ms of a turn. What our own process returns needs no such check; `tests/unit/test_actions.py` holds it to the schema.
    """

    def _validate_action_result(self, result: dict[str, Any]) -> bool:
        return True


class InProcessProcessor(MessageProcessor):
    """Rasa's message processor, with custom actions that run in this process and a graph without a scheduler."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        policies = [component for component in self.graph_runner.components if isinstance(component, IndexedRulePolicy)]
        # What follows each intent, where rules are so simple that nothing needs to be compared.
        self._answers = policies[0].answers() if len(policies) == 1 else {}
        self._given: dict[str, Any] = {}
        self._entity_slots = _entity_slots(self.domain)
        # No component looks at the conversation: what a message means does not depend on it.
        self._nobody = DialogueStateTracker.from_events("nobody", [])

    @staticmethod
    def _load_model(model_path: Any) -> tuple:
        with TempDirectoryPath(get_temp_dir_name()) as folder:
            metadata, runner = load_predict_graph_runner(
                Path(folder), Path(model_path), AnsweringStorage, StraightGraphRunner)
        return Path(model_path).name, metadata, runner

    async def handle(self, message: UserMessage, tracker: Any) -> None:
        """As `handle_message`, in a conversation that was read already and whose lock is held."""
        self._given[message.sender_id] = tracker
        try:
            await self.handle_message(message)
        finally:
            self._given.pop(message.sender_id, None)

    async def get_tracker(self, conversation_id: str) -> Any:
        tracker = self._given.pop(conversation_id, None)
        if tracker is None:
            return await super().get_tracker(conversation_id)
        tracker.model_id = self.model_metadata.model_id
        tracker.assistant_id = tracker.assistant_id or self.model_metadata.assistant_id
        return tracker

    def predict_next_with_tracker_if_should(self, tracker: Any) -> tuple:
        name = None
        if not tracker.followup_action and not tracker.active_loop_name and self._answers:
            answered = tracker.latest_action_name != ACTION_LISTEN_NAME
            name = ACTION_LISTEN_NAME if answered else self._answers.get(tracker.latest_message.intent.get("name"))
        if name:
            action = rasa_actions.action_for_name_or_text(name, self.domain, self.action_endpoint)
            prediction = PolicyPrediction.for_action_name(self.domain, name, RulePolicy.__name__)
        else:
            action, prediction = super().predict_next_with_tracker_if_should(tracker)
        if isinstance(action, RemoteAction):
            action = _InProcessAction(action.name(), self.action_endpoint)
        return action, prediction

    async def run_action_extract_slots(self, output_channel: Any, tracker: Any) -> Any:
        """As Rasa's own, which asks of each slot anew in which ways it may be filled."""
        if self._entity_slots is None:
            return await super().run_action_extract_slots(output_channel, tracker)
        values = {entity["entity"]: entity["value"] for entity in tracker.latest_message.entities}
        tracker.update_with_events([SlotSet(slot, values[entity]) for slot, entity in self._entity_slots if entity in values],
                                   self.domain)
        return tracker

    async def _run_action(self, action: Any, tracker: Any, output_channel: Any, nlg: Any, prediction: Any) -> bool:
        # Neither listening nor an action of ours changes the conversation itself: no copy of it is needed.
        if isinstance(action, ActionListen):
            self._log_action_on_tracker(tracker, action, [], prediction)
            return False
        if not isinstance(action, _InProcessAction):
            return await super()._run_action(action, tracker, output_channel, nlg, prediction)
        try:
            events = await action.run(output_channel, nlg, tracker, self.domain)
        except Exception as error:  # noqa: BLE001 - as Rasa, which goes on without the action's events
            logger.error("The action %s failed: %s", action.name(), type(error).__name__)
            events = []
        self._log_action_on_tracker(tracker, action, events, prediction)
        await self._send_bot_messages(events, tracker, output_channel)
        return True

    async def parse_message(self, message: UserMessage, tracker: Any = None, only_output_properties: bool = True) -> dict[str, Any]:
        # As Rasa's own, without a conversation made for each message, retrieval intents, and copies for a debug line.
        return self._parse_message_with_graph(message, tracker or self._nobody, only_output_properties)

    def _log_action_on_tracker(self, tracker: Any, action: Any, events: Any, prediction: Any) -> None:
        # As Rasa's own, without the deep copies that it makes for debug lines which nobody sees.
        events = events or []
        if not any(isinstance(event, ActionExecutionRejected) for event in events):
            tracker.update_with_events(prediction.events, self.domain)
            tracker.update(action.event_for_successful_execution(prediction))
        tracker.update_with_events(events, self.domain)

    async def save_tracker(self, tracker: Any) -> None:
        """Counts the turn in the one save that ends it: a process that dies half-way leaves nothing half done."""
        tracker.update(SlotSet("turns", int(tracker.get_slot("turns") or 0) + 1))
        await super().save_tracker(tracker)


class InProcessAgent(Agent):
    """Rasa's agent, with that processor."""

    def load_model(self, model_path: Any, fingerprint: str | None = None) -> None:
        # As Rasa's own, but for the processor.
        self.processor = InProcessProcessor(model_path=model_path, tracker_store=self.tracker_store, generator=self.nlg,
                                            lock_store=self.lock_store, action_endpoint=self.action_endpoint)
        self.domain = self.processor.domain
        self._set_fingerprint(fingerprint)
        self.tracker_store.domain = self.domain
        self.nlg.responses = self.domain.responses
        # Rasa wraps the store in one that, on any error, goes on in a memory without bound or expiry.
        store = self.tracker_store._tracker_store if isinstance(self.tracker_store, FailSafeTrackerStore) \
            else self.tracker_store
        self.tracker_store = self.processor.tracker_store = store
