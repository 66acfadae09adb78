"""The custom actions run in this process and give what Rasa's action server would."""
from __future__ import annotations

import ast
import asyncio
from types import SimpleNamespace

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rasa.core.actions.action import ActionExtractSlots, RemoteAction
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.in_process_actions import InProcessActions, InProcessProcessor, _entity_slots
from bot.settings import ROOT

DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))


def call(action: str, intent: str, channel: str = "kinderrechtenwijzer", **slots) -> dict:
    latest = {"intent": {"name": intent, "confidence": 0.9}, "entities": [], "text": "",
              "intent_ranking": [{"name": intent, "confidence": 0.9}, {"name": "wonen_dakloos", "confidence": 0.1}]}
    return {"next_action": action, "sender_id": "x", "version": "3.6.21",
            "tracker": {"sender_id": "x", "slots": slots, "latest_message": latest, "paused": False,
                        "followup_action": None, "active_loop": {}, "latest_action_name": None,
                        "events": [{"event": "user", "input_channel": channel}]}}


async def test_every_action_of_the_domain_exists_and_its_result_fits_rasas_schema():
    endpoint = InProcessActions()
    assert set(DOMAIN["actions"]) <= set(endpoint.names)
    for name in DOMAIN["actions"]:
        intent = {"action_crisis": "crisis_gevaar", "action_theme": "thema_wonen",
                  "action_follow_up": "gesprek_meer"}.get(name, "wonen_armoede")
        result = await endpoint.request(json=call(name, intent, topic="wonen_armoede"))
        jsonschema.validate(result, RemoteAction.action_response_format_spec())
        assert result["responses"], name


async def test_offered_choices_are_noted_once():
    endpoint = InProcessActions()
    result = await endpoint.request(json=call("action_answer", "wonen_armoede", offered=["gesprek_meer"]))
    assert result["responses"][0]["custom"]["choices"]
    noted = [e for e in result["events"] if e.get("name") == "offered"]
    assert len(noted) == 1 and noted[0]["value"].count("gesprek_meer") == 1 and "gesprek_bellen" in noted[0]["value"]


async def test_rasas_own_channels_get_text_and_buttons():
    result = await InProcessActions().request(json=call("action_answer", "geweld_thuis", channel="cmdline"))
    response = result["responses"][0]
    assert "Niemand mag" in response["text"] and response["buttons"][0]["payload"].startswith("/")
    assert not response.get("custom")


def test_actions_import_only_rasa_sdk_and_knowledge():
    for file in (ROOT / "actions").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [n.name for n in node.names] if isinstance(node, ast.Import) else (
                [node.module] if isinstance(node, ast.ImportFrom) else [])
            for name in names:
                assert name.startswith(("rasa_sdk", "bot.knowledge", "actions", "typing", "__future__")), (file.name, name)


RASA_DOMAIN = Domain.from_dict(DOMAIN)
_entities = st.lists(st.fixed_dictionaries({
    "entity": st.sampled_from(["audience", "leeftijd", "gaat_over", "gemeente", "artikel", "wanneer"]),
    "value": st.sampled_from(["kind", "ouder", 9, "Ede", "x"])}), max_size=5)


@given(_entities)
def test_slots_are_filled_from_entities_as_rasa_fills_them(entities):
    def heard():
        tracker = DialogueStateTracker("x", RASA_DOMAIN.slots)
        tracker.update(UserUttered("", {"name": "wonen_armoede"}, entities), RASA_DOMAIN)
        return tracker

    async def both():
        theirs, ours = heard(), heard()
        theirs.update_with_events(await ActionExtractSlots(None).run(CollectingOutputChannel(), None, theirs, RASA_DOMAIN),
                                  RASA_DOMAIN)
        processor = SimpleNamespace(domain=RASA_DOMAIN, _entity_slots=_entity_slots(RASA_DOMAIN))
        await InProcessProcessor.run_action_extract_slots(processor, CollectingOutputChannel(), ours)
        return theirs, ours

    theirs, ours = asyncio.run(both())
    assert ours.current_slot_values() == theirs.current_slot_values()
    assert [event.as_dict() | {"timestamp": 0} for event in ours.events] == [
        event.as_dict() | {"timestamp": 0} for event in theirs.events]


@pytest.mark.parametrize("mappings", [
    [{"type": "from_text"}], [{"type": "from_entity", "entity": "a", "intent": "b"}], [{"type": "custom", "action": "action_x"}],
    [{"type": "from_entity", "entity": "a"}, {"type": "from_intent", "value": 1, "intent": "b"}]])
def test_slots_that_are_filled_in_other_ways_are_left_to_rasa(mappings):
    domain = Domain.from_dict({"intents": ["b"], "entities": ["a"], "slots": {"s": {"type": "any", "mappings": mappings}},
                               "actions": ["action_x"]})
    assert _entity_slots(domain) is None
