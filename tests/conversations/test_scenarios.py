"""Plays the scenarios against the real assistant, in process."""
from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.assistant import NotOffered, UnknownConversation
from bot.knowledge.library import knowledge as current

HERE = Path(__file__).parent
BLOCKS = yaml.safe_load((HERE / "blocks.yml").read_text(encoding="utf-8"))
SCENARIOS = yaml.safe_load((HERE / "scenarios.yml").read_text(encoding="utf-8"))


def _fits(message: dict, expect: dict) -> list[str]:
    wrong = [f"{key} is {message.get(key)!r}" for key in ("type", "topic", "act", "part", "audience")
             if key in expect and message.get(key) != expect[key]]
    contacts = [c["id"] for c in message.get("contacts") or []]
    choices = [c["id"] for c in message.get("choices") or []]
    articles = [a["ref"] for a in message.get("articles") or []]
    if expect.get("first_contact") and contacts[:1] != [expect["first_contact"]]:
        wrong.append(f"contacts are {contacts}")
    wrong += [f"contact {c} is missing" for c in expect.get("contacts", []) if c not in contacts]
    wrong += [f"choice {c} is missing from {choices}" for c in expect.get("choices", []) if c not in choices]
    wrong += [f"choice {c} must not be offered" for c in expect.get("not_choices", []) if c in choices]
    wrong += [f"article {a} is missing from {articles}" for a in expect.get("articles", []) if a not in articles]
    if expect.get("text") and expect["text"] not in message.get("text", ""):
        wrong.append(f"text lacks {expect['text']!r}")
    if expect.get("before") and list(message).index(expect["before"]) > list(message).index("text"):
        wrong.append(f"{expect['before']} comes after the text")
    if "any_type" in expect and message["type"] not in expect["any_type"]:
        wrong.append(f"type is {message['type']}")
    return wrong


def _check(messages: list[dict], expect: dict, said: str) -> None:
    assert messages, f"{said}: no answer"
    if "not_type" in expect:
        assert expect["not_type"] not in [m["type"] for m in messages], said
        return
    if "not_act" in expect:
        assert expect["not_act"] not in [m.get("act") for m in messages], said
        return
    tries = [_fits(message, expect) for message in messages]
    assert any(not wrong for wrong in tries), f"{said}: {tries} in {[(m['type'], m.get('topic')) for m in messages]}"


@pytest.mark.parametrize("name", SCENARIOS)
async def test_scenario(assistant, name):
    token, _ = await assistant.start()
    for block_name in SCENARIOS[name]:
        block = BLOCKS[block_name]
        turn = await assistant.reply(token, text=block.get("say"), choice=block.get("choose"))
        _check(turn.messages, block["expect"], block_name)
    await assistant.forget(token)


def test_every_block_is_used():
    used = {block for blocks in SCENARIOS.values() for block in blocks}
    assert used | {"i_am_a_child_typed"} == set(BLOCKS)


async def test_never_a_third_question(assistant):
    token, _ = await assistant.start()
    kinds = []
    for text in ("blorp fnurk", "zwabbel de wabbel", "hmpf grmbl"):
        turn = await assistant.reply(token, text=text)
        kinds.append([m.get("act") for m in turn.messages if m["type"] == "choose"])
        for message in turn.messages:
            if message["type"] == "choose" and not message.get("act"):
                offered = [c for c in message["choices"] if "topic" in c]
                assert 2 <= len(offered) <= 4 and message["contacts"]
    guesses = [k for k in kinds if k == [None]]
    assert len(guesses) <= 1, kinds


async def test_unsure_then_yes_takes_the_first_choice(assistant, monkeypatch):
    async def unsure(_: str) -> dict:
        names = ["nlu_fallback", "wonen_armoede", "wonen_schulden", "wonen_meedoen"]
        return {"intent": {"name": names[0], "confidence": 0.4}, "entities": [],
                "intent_ranking": [{"name": name, "confidence": 0.2} for name in names]}

    token, _ = await assistant.start()
    with monkeypatch.context() as patch:
        patch.setattr(assistant, "understand", unsure)
        turn = await assistant.reply(token, text="iets met geld")
    choose = turn.messages[-1]
    assert choose["type"] == "choose" and choose["contacts"]
    assert [c["id"] for c in choose["choices"]] == ["wonen_armoede", "wonen_schulden", "wonen_meedoen", "gesprek_anders"]
    turn = await assistant.reply(token, text="ja")
    assert turn.messages[-1].get("topic") == "wonen_armoede"


async def test_who_asks_is_asked_once(assistant):
    token, _ = await assistant.start()
    first = (await assistant.reply(token, text="wat zijn kinderrechten")).messages[-1]
    second = (await assistant.reply(token, text="wat is discriminatie")).messages[-1]
    assert first.get("ask_audience") and not second.get("ask_audience")


async def test_the_audience_set_at_the_start_holds(assistant):
    token, _ = await assistant.start("ouder")
    turn = await assistant.reply(token, text="wat zijn kinderrechten")
    assert turn.messages[-1]["audience"] == "ouder" and not turn.messages[-1].get("ask_audience")


async def test_choices_that_were_not_offered_are_refused(assistant):
    token, _ = await assistant.start()
    with pytest.raises(NotOffered):
        await assistant.reply(token, choice="crisis_suicide")
    with pytest.raises(UnknownConversation):
        await assistant.reply("guessed", text="hallo")


async def test_nothing_typed_stays_in_the_conversation(assistant):
    token, _ = await assistant.start()
    await assistant.reply(token, text="Ik heet Kanarievogel en ik ben 12 en mijn vader slaat mij")
    stored = assistant.store._held[token][1]
    assert b"geweld_thuis" in stored
    for typed in (b"anarievogel", b"slaat", b"heet"):
        assert typed not in stored


@pytest.mark.parametrize("audience", ["kind", "ouder"])
async def test_every_topic_can_be_answered_and_followed_up(assistant, audience):
    for name, topic in current().topics.items():
        token, _ = await assistant.start(audience)
        await assistant.reply(token, choice=f"thema_{topic.theme}" if topic.theme != "crisis" else "thema_geweld")
        if topic.theme == "crisis":
            continue
        turn = await assistant.reply(token, choice=name)
        message = turn.messages[-1]
        assert message["topic"] == name and message["audience"] == audience and message["contacts"]
        for part in ("gesprek_bellen", "gesprek_artikel", "gesprek_makkelijker", "gesprek_meer", "gesprek_stappen"):
            again = (await assistant.reply(token, choice=part)).messages[-1]
            assert again["topic"] == name and again["part"] == part and again["text"]
        await assistant.forget(token)


async def test_a_broken_action_still_gives_help(assistant, monkeypatch):
    async def fail(*_, **__):
        raise RuntimeError("broken")

    token, _ = await assistant.start()
    monkeypatch.setattr(assistant._agent.action_endpoint, "request", fail)
    turn = await assistant.reply(token, text="mijn vader slaat mij")
    assert turn.messages[-1]["contacts"][0]["id"] == "alarmnummer"
    turn = await assistant.reply(token, text="ik wil dood")
    assert turn.messages[0]["type"] == "crisis"


async def test_a_broken_model_still_gives_help(assistant, monkeypatch):
    async def fail(*_, **__):
        raise RuntimeError("broken")

    token, _ = await assistant.start()
    monkeypatch.setattr(assistant, "understand", fail)
    assert (await assistant.reply(token, text="wat zijn kinderrechten")).messages[0]["contacts"]
    crisis = (await assistant.reply(token, text="ik wil dood")).messages[0]
    assert crisis["type"] == "crisis" and crisis["contacts"][0]["id"] == "preventie_113"
