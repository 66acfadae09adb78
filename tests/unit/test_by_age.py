"""Facts that are used: rights by age, whom it is about, municipality, today."""
from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from bot.in_process_actions import InProcessActions
from bot.knowledge.messages import Messages
from bot.knowledge.model import ForAge, Topic
from bot.knowledge.rendering import as_text
from bot.nlu.dutch_text import dutch
from bot.nlu.fact_extractor import facts
from bot.nlu.normalise import written_dutch

NIGHT = datetime(2026, 11, 23, 23, 30, tzinfo=ZoneInfo("Europe/Amsterdam"))
DAY = datetime(2026, 11, 23, 11, 30, tzinfo=ZoneInfo("Europe/Amsterdam"))


def found(text: str) -> dict:
    return {row["entity"]: row["value"] for row in facts(dutch()(written_dutch(text)))}


@pytest.mark.parametrize(("text", "whom", "age"), [
    ("ik ben 12 en mijn zus slaat me", "zelf", 12), ("mijn broertje van 4 wordt gepest op school", "ander", 4),
    ("mijn zoon van 7 wil niet naar school", "kind", 7), ("mijn broer slaat me elke dag", "zelf", None),
    ("mijn vriendin van 15 wordt geslagen door haar vader", "ander", 15), ("een meisje van 16 uit mijn straat", "ander", 16),
    ("een leerling in mijn klas komt vaak met blauwe plekken", "ander", None), ("wat zijn kinderrechten", None, None),
    ("ik ben moeder, mijn dochter is 16 jaar oud", "kind", 16), ("mijn vader slaat mij", "zelf", None),
])
def test_whom_it_is_about(text, whom, age):
    assert (found(text).get("gaat_over"), found(text).get("leeftijd")) == (whom, age)


@pytest.mark.parametrize(("text", "when"), [
    ("over 2 dagen moeten we eruit", "binnenkort"), ("binnen 24 uur moeten wij het azc uit", "binnenkort"),
    ("vannacht slapen we buiten", "nu"), ("goede morgen mag ik wat vragen", None), ("vorig jaar moesten we eruit", None),
])
def test_when(text, when):
    assert found(text).get("wanneer") == when


@pytest.mark.parametrize(("text", "place"), [
    ("we wonen in 's-Hertogenbosch", "Den Bosch"), ("wij komen uit DEN HAAG", "Den Haag"),
    ("de gemeente Almere doet niks", "Almere"), ("ik zit in de klas", None),
])
def test_a_municipality_has_its_own_name(text, place):
    assert found(text).get("gemeente") == place


@pytest.mark.parametrize(("topic", "age", "says"), [
    ("algemeen_gezondheid", 11, "Tot je 12 bent"), ("algemeen_gezondheid", 12, "Van 12 tot 16 jaar"),
    ("algemeen_gezondheid", 15, "Van 12 tot 16 jaar"), ("algemeen_gezondheid", 16, "Vanaf 16 jaar beslis je zelf"),
    ("algemeen_werken", 12, "Tot je 13 bent"), ("algemeen_werken", 13, "13 of 14"),
    ("jeugdzorg_gesloten", 16, "Alleen de rechter beslist"), ("jeugdzorg_hulp_aanvragen", 16, "als een rechter de hulp oplegt"),
    ("straf_politie", 11, "geen straf"), ("jeugdzorg_18_worden", 18, "Je bent al 18"),
])
def test_the_right_at_this_age(knowledge, topic, age, says):
    assert says in Messages(knowledge, "kind", age).answer(topic)["age_note"]


def test_a_parent_reads_it_about_the_child_and_contacts_for_children_are_not_filtered_by_it(knowledge):
    message = Messages(knowledge, "ouder", 14).answer("algemeen_gezondheid")
    assert "uw kind" in message["age_note"] and message["age_note"] in as_text(message)
    plain = Messages(knowledge, "ouder").answer("algemeen_gezondheid")
    assert "age_note" not in plain and message["contacts"] == plain["contacts"]


def test_no_note_without_an_age_or_where_age_does_not_matter(knowledge):
    assert "age_note" not in Messages(knowledge, "kind").answer("algemeen_gezondheid")
    assert "age_note" not in Messages(knowledge, "kind", 12).answer("wonen_armoede")


def test_a_child_of_seven_is_not_sent_to_a_line_from_eight(knowledge):
    def ids(age):
        return [c["id"] for c in Messages(knowledge, "kind", age).answer("geweld_thuis")["contacts"]]
    assert "kindertelefoon" in ids(8) and "kindertelefoon" not in ids(7)


def test_twelve_topics_at_least_name_the_ages(knowledge):
    assert sum(bool(t.by_age) for t in knowledge.topics.values()) >= 12


def test_rows_may_not_overlap(knowledge):
    row = {"kind": "Vanaf 12 jaar.", "ouder": "Vanaf 12 jaar."}
    with pytest.raises(ValidationError):
        ForAge.parse_obj({"from": 16, "to": 12, **row})
    data = knowledge.topics["algemeen_gezondheid"].dict(by_alias=True)
    data["by_age"] = [{"from": 12, "to": 15, **row}, {"from": 15, "to": 17, **row}]
    with pytest.raises(ValidationError):
        Topic.parse_obj(data)


def test_what_cannot_wait_becomes_a_concern_and_says_so(knowledge):
    plain = Messages(knowledge, "kind").answer("wonen_huisuitzetting")
    today = Messages(knowledge, "kind").answer("wonen_huisuitzetting", when="binnenkort")
    assert plain["urgency"] == "none" and "today" not in plain
    assert today["urgency"] == "concern" and "Bel meteen" in today["today"] and today["today"] in as_text(today)
    other = Messages(knowledge, "kind").answer("algemeen_spelen", when="nu")
    assert other["urgency"] == "none" and "today" not in other


@pytest.mark.parametrize("now", [NIGHT, DAY])
def test_who_can_be_called_now_comes_first(knowledge, now):
    for name, topic in knowledge.topics.items():
        if not topic.deadline:
            continue
        for audience in ("kind", "ouder"):
            rows = Messages(knowledge, audience, now=now).answer(name, when="nu")["contacts"]
            callable_now = [bool(c["tel"] and c["open_now"]) for c in rows]
            assert callable_now == sorted(callable_now, reverse=True), (name, audience)
            assert {c["id"] for c in rows} == {c["id"] for c in Messages(knowledge, audience).answer(name)["contacts"]}


def test_the_municipality_is_called_by_its_name_and_gets_no_other_number(knowledge):
    def municipality(**known):
        rows = Messages(knowledge, "ouder", **known).answer("wonen_dakloos")["contacts"]
        return next(c for c in rows if c["id"] == "gemeente")
    plain, named = municipality(), municipality(municipality="Almere")
    assert named["name"] == "Gemeente Almere" and {**named, "name": ""} == {**plain, "name": ""}


async def answer(**slots) -> dict:
    entities = slots.pop("entities", [])
    latest = {"intent": {"name": "jeugdzorg_mentale_hulp", "confidence": 0.9}, "entities": entities, "text": "",
              "intent_ranking": []}
    result = await InProcessActions().request(json={
        "next_action": "action_answer", "sender_id": "x", "version": "3.6.21",
        "tracker": {"sender_id": "x", "slots": slots, "latest_message": latest, "paused": False, "followup_action": None,
                    "active_loop": {}, "latest_action_name": None,
                    "events": [{"event": "user", "input_channel": "kinderrechtenwijzer"}]}})
    return result["responses"][-1]["custom"]


async def test_the_age_of_a_brother_is_not_the_readers():
    own = await answer(audience="kind", leeftijd=12, gaat_over="zelf")
    brothers = await answer(audience="kind", leeftijd=4, gaat_over="ander")
    assert "12" in own["age_note"] and "age_note" not in brothers
    assert "kindertelefoon" in [c["id"] for c in brothers["contacts"]]
