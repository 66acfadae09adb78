"""The custom actions run in this process and give what Rasa's action server would."""
from __future__ import annotations

import ast

import jsonschema
import yaml
from rasa.core.actions.action import RemoteAction

from bot.in_process_actions import InProcessActions
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
