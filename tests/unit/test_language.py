"""Which language a message is in, what is said to somebody who does not type Dutch, and danger in other languages."""
from __future__ import annotations

from pathlib import Path

import pytest

from bot.in_process_actions import InProcessActions
from bot.knowledge.messages import Messages
from bot.nlu.crisis_words_other import find_other
from bot.nlu.language import LANGUAGES, language_of
from bot.nlu_data import read_questions

HERE = Path(__file__).parent


def sentences(*names: str) -> list[tuple[str, str]]:
    return [tuple(line.split("\t")) for name in names
            for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("code", LANGUAGES)
def test_short_sentences_are_noticed(code):
    rows = [text for lang, text in sentences("languages.tsv", "languages_held_out.tsv") if lang == code]
    missed = [text for text in rows if language_of(text) != code]
    assert len(rows) >= 20 and len(missed) <= 0.1 * len(rows), missed


def test_dutch_with_street_words_typos_and_single_foreign_words_stays_dutch():
    rows = (HERE / "dutch_look_alikes.txt").read_text(encoding="utf-8").splitlines()
    assert len(rows) >= 50
    assert {row: language_of(row) for row in rows if language_of(row)} == {}


def test_hardly_any_training_question_is_taken_for_another_language():
    rows = [q.text for q in read_questions() if q.intent != "gesprek_andere_taal"]
    wrong = [text for text in rows if language_of(text)]
    assert len(wrong) < 0.003 * len(rows), wrong


@pytest.mark.parametrize("text", ["", " ", "?!", "😀😀😀", "12 34", "\ud800", "\x00", "a", "ԁооd wil ik zijn"])
def test_what_is_no_language_is_none(text):
    assert language_of(text) is None


def test_every_language_has_its_sentence_contacts_and_direction(knowledge):
    assert set(knowledge.languages) == set(LANGUAGES)
    for code in LANGUAGES:
        for audience in ("kind", "ouder"):
            message = Messages(knowledge, audience).language(code)
            assert message["type"] == "notice" and message["act"] == "language" and message["contacts"]
            assert message["dir"] == ("rtl" if code in ("ar", "fa") else "ltr")
            assert "112" in message["text"] or code == "other"
            assert message["lang"] == ("en" if code == "other" else code)


def test_each_sentence_is_in_its_own_language(knowledge):
    for code, language in knowledge.languages.items():
        assert language_of(language.text) == language.lang, code


def call(action: str, intent: str, language: str | None, **slots) -> dict:
    latest = {"intent": {"name": intent, "confidence": 0.9}, "entities": [], "text": "",
              "intent_ranking": [{"name": intent, "confidence": 0.9}], **({"language": language} if language else {})}
    return {"next_action": action, "sender_id": "x", "version": "3.6.21",
            "tracker": {"sender_id": "x", "slots": slots, "latest_message": latest, "paused": False,
                        "followup_action": None, "active_loop": {}, "latest_action_name": None,
                        "events": [{"event": "user", "input_channel": "kinderrechtenwijzer"}]}}


async def said(*args, **slots) -> tuple[list, dict]:
    result = await InProcessActions().request(json=call(*args, **slots))
    acts = [(r.get("custom") or {}).get("act") or (r.get("custom") or {}).get("type") or r.get("template") or
            r.get("response") for r in result["responses"]]
    return acts, {e["name"]: e["value"] for e in result["events"] if e.get("event") == "slot"}


async def test_the_sentence_comes_before_the_answer_and_once_a_conversation():
    acts, slots = await said("action_answer", "geweld_thuis", "tr")
    assert acts == ["language", "answer"] and slots["languages"] == ["tr"]
    acts, _ = await said("action_answer", "geweld_thuis", "tr", languages=["tr"])
    assert acts == ["answer"]
    acts, slots = await said("action_answer", "geweld_thuis", "ar", languages=["tr"])
    assert acts == ["language", "answer"] and slots["languages"] == ["tr", "ar"]
    acts, slots = await said("action_answer", "geweld_thuis", None)
    assert acts == ["answer"] and "languages" not in slots


async def test_in_a_crisis_help_comes_before_the_sentence():
    acts, _ = await said("action_crisis", "crisis_gevaar", "ar")
    assert acts == ["crisis", "language"]


@pytest.mark.parametrize(("action", "intent"), [("action_out_of_scope", "buiten_bereik"), ("action_choose", "nlu_fallback"),
                                                ("action_human", "gesprek_mens"),
                                                ("action_other_language", "gesprek_andere_taal")])
async def test_also_where_there_is_no_answer(action, intent):
    acts, slots = await said(action, intent, "pl")
    assert acts[0] == "language" and len(acts) == 2 and slots["languages"] == ["pl"]


@pytest.mark.parametrize(("text", "topic"), [
    ("I want to die", "crisis_suicide"), ("he is going to kill me", "crisis_gevaar"),
    ("i ran away from home", "crisis_weggelopen"), ("ölmek istiyorum", "crisis_suicide"),
    ("babam şimdi beni dövüyor, imdat", "crisis_gevaar"), ("evden kactim", "crisis_weggelopen"),
    ("chcę umrzeć", "crisis_suicide"), ("tata ma nóż, chowam się", "crisis_gevaar"),
    ("uciekłam z domu", "crisis_weggelopen"), ("أريد أن أموت", "crisis_suicide"), ("هو يضربني الآن", "crisis_gevaar"),
    ("هربت من البيت", "crisis_weggelopen"), ("میخوام بمیرم", "crisis_suicide"),
    ("الان پدرم من را می زند", "crisis_gevaar"), ("از خانه فرار کردم", "crisis_weggelopen"),
    ("я хочу померти", "crisis_suicide"), ("він зараз мене б'є", "crisis_gevaar"),
    ("я втекла з дому", "crisis_weggelopen"), ("ክመውት ደልየ", "crisis_suicide"),
    ("ሕጂ ኣቦይ ይወቕዓኒ ኣሎ", "crisis_gevaar"), ("ካብ ገዛ ሃዲመ", "crisis_weggelopen"),
    ("waxaan rabaa inaan dhinto", "crisis_suicide"), ("hadda aabbahay wuu i garaacayaa", "crisis_gevaar"),
    ("guriga waan ka cararay", "crisis_weggelopen"),
])
def test_clear_danger_in_another_language(text, topic):
    finding = find_other(text)
    assert (finding.level, finding.topic) == ("sure", topic) and finding.words


@pytest.mark.parametrize("text", [
    "i don't want to die", "he used to hit me right now it is ok", "in the movie he wants to kill me",
    "ik ga dood van het lachen",
    "my homework is about suicide", "help me with my homework please", "babam okula gidiyor", "mam psa i kota",
    "ik heb een afspraak in de film", "انا اذهب الى المدرسة", "я йду до школи"])
def test_no_danger_in_another_language(text):
    assert find_other(text).level is None


def test_the_phrases_leave_dutch_questions_alone():
    rows = [q.text for q in read_questions() if not q.intent.startswith("crisis_")]
    wrong = [text for text in rows if find_other(text).level]
    assert len(wrong) < 0.001 * len(rows), wrong


async def test_help_without_a_model_too():
    from bot.assistant import Assistant

    assert Assistant.without_model("я хочу померти")[0]["type"] == "crisis"


def test_clear_danger_does_not_need_the_classifier():
    """The classifier has learned from Dutch only, and may take any other language for out of scope."""
    from rasa.shared.nlu.constants import TEXT
    from rasa.shared.nlu.training_data.message import Message

    from bot.nlu.crisis_detector import CrisisDetector

    message = Message({TEXT: "я хочу померти", "intent": {"name": "buiten_bereik", "confidence": 1.0},
                       "intent_ranking": [], "crisis_probabilities": {"crisis_gevaar": 0.0}})
    CrisisDetector(CrisisDetector.get_default_config()).process([message])
    assert message.get("intent")["name"] == "crisis_suicide"
