"""The crisis rules: the examples of the data file, noise, exceptions, and time."""
from __future__ import annotations

import time

import pytest

from bot.nlu.crisis_rules import CrisisFinding, Lexicon, crisis_rules
from bot.nlu.dutch_text import dutch
from bot.nlu.normalise import written_dutch

LEXICON: Lexicon = crisis_rules().lexicon
FOUND = [(pattern.name, text) for pattern in LEXICON.patterns for text in pattern.match]
LEFT = [(pattern.name, text) for pattern in LEXICON.patterns for text in pattern.leave]
TAKEN_BACK = [(pattern.name, text) for pattern in LEXICON.excuses for text in pattern.match]


def find(text: str) -> CrisisFinding:
    return crisis_rules().find(dutch()(written_dutch(text)))


def ids(rows: list[tuple[str, str]]) -> list[str]:
    return [f"{name}: {text}" for name, text in rows]


@pytest.mark.parametrize(("name", "text"), FOUND, ids=ids(FOUND))
def test_examples_are_found(name: str, text: str) -> None:
    pattern = next(p for p in LEXICON.patterns if p.name == name)
    finding = find(text)
    assert finding.level == "sure" or finding.level == pattern.level
    assert finding.level != "maybe" or pattern.level == "maybe"
    assert finding.topic == pattern.topic or pattern.level == "maybe"


@pytest.mark.parametrize(("name", "text"), LEFT, ids=ids(LEFT))
def test_look_alikes_are_left(name: str, text: str) -> None:
    assert find(text).level is None


@pytest.mark.parametrize(("name", "text"), TAKEN_BACK, ids=ids(TAKEN_BACK))
def test_exceptions_take_the_crisis_back(name: str, text: str) -> None:
    assert find(text).level is None


def test_every_pattern_has_examples_topic_and_level() -> None:
    names = [pattern.name for pattern in LEXICON.patterns]
    assert len(names) == len(set(names))
    for pattern in LEXICON.patterns:
        assert pattern.match and pattern.leave, pattern.name
        assert pattern.topic in ("crisis_gevaar", "crisis_suicide", "crisis_weggelopen")
        assert pattern.level in ("sure", "maybe")
    for excuse in LEXICON.excuses:
        assert excuse.kind in ("idiom", "past", "story") and excuse.match


@pytest.mark.parametrize("text", [
    "ik wil dooood", "IK WIL DOOD", "ik wil d o o d", "ik wil d.o.o.d", "ik w i l d o o d", "ikwildood", "ik wil d00d",
    "ik wil d\u200bo\u200bo\u200bd", "ik wil d\u043e\u043ed", "ik wil doot", "k wil dood", "ik wil d😭o😭o😭d",
    "ik wil zelfmoort plegen", "ik wil z3lfm00rd plegen", "ik wil zelf moord plegen", "ik denk aan zelfmoodr",
])
def test_suicide_through_noise(text: str) -> None:
    finding = find(text)
    assert (finding.level, finding.topic) == ("sure", "crisis_suicide")


@pytest.mark.parametrize(("text", "topic"), [
    ("ben wegelopen van huis", "crisis_weggelopen"),
    ("ik ben weggeloope", "crisis_weggelopen"),
    ("hellup hij komt naar boven", "crisis_gevaar"),
    ("papa heeft een pistol in zijn hand", "crisis_gevaar"),
])
def test_danger_through_noise(text: str, topic: str) -> None:
    finding = find(text)
    assert (finding.level, finding.topic) == ("sure", topic)


@pytest.mark.parametrize("text", [
    "ik wil niet dood", "ik lach me dood", "vroeger wilde ik dood maar nu gaat het goed", "ik ben niet weggelopen",
    "in de film wil het meisje dood", "ik maak een werkstuk over zelfmoord", "ik wilde vorig jaar dood",
])
def test_excused_is_said(text: str) -> None:
    finding = find(text)
    assert finding.level is None and finding.excused


@pytest.mark.parametrize("text", [
    "vroeger wilde ik dood en nu weer", "gisteren wilde ik dood", "ik wil nog steeds dood",
    "ik maak een werkstuk over zelfmoord maar ik wil zelf ook dood", "ik wil niet naar school maar dood",
    "ik lach me dood om alles maar ik wil echt dood",
    "ik zat een film te kijken en nu staat er een man in de tuin met een mes",
    "ik snij mezelf al sinds vorig jaar",
])
def test_real_signal_beside_an_exception_stays(text: str) -> None:
    assert find(text).level == "sure"


def test_joke_is_only_half_sure() -> None:
    assert find("haha ik wil dood").level == "maybe"
    assert find("haha nee maar echt ik wil dood").level == "sure"


@pytest.mark.parametrize("text", [
    "ik wil door de deur", "ik ben doodmoe", "wat doet 113?", "is 113 gratis", "moord", "hij doet me niks",
    "ik wil graag leven", "we slapen met z'n vieren op een kamer", "de deurwaarder staat voor de deur",
    "mijn vader slaat mij soms", "zet de lichten uit", "asielzoeker", "hoi", "", "😀", "?!",
])
def test_ordinary_text_is_no_crisis(text: str) -> None:
    assert find(text).level is None


@pytest.mark.parametrize("text", [
    "mijn vriendin wil dood", "mijn dochter zegt dat ze er niet meer wil zijn", "een leerling heeft een afscheidsbrief",
    "mijn zusje snijdt zichzelf", "mijn kind doet zichzelf pijn",
])
def test_third_persons_count(text: str) -> None:
    finding = find(text)
    assert (finding.level, finding.topic) == ("sure", "crisis_suicide")


@pytest.mark.parametrize("text", ["sos", "S.O.S!", "s o s", "🆘", "mama sos"])
def test_safe_word(text: str) -> None:
    assert find(text).sos


def test_organisation_is_no_safe_word() -> None:
    assert not find("wat doet SOS Kinderdorpen").sos


def test_words_are_the_typed_ones() -> None:
    assert find("ik wil zelfmoort plegen").words[-2:] == ["zelfmoort", "plegen"]


def test_typed_words_do_not_stay_in_memory() -> None:
    """What no rule knows is replaced by a blank before spaCy's string store of the rules sees it."""
    doc = dutch()("ik heet wim")
    message = crisis_rules()._message(doc)
    assert message.words[-1] == "_"


@pytest.mark.parametrize("unit", [
    "dood ", "ik wil dood ", "hij mes deur nu ", "niet meer wakker leven ", "x", "zelfmoor", "ik ", "qwxz ", "ikwil", "😭",
])
def test_time_grows_with_length_only(unit: str) -> None:
    def best(text: str) -> float:
        doc = dutch()(written_dutch(text))
        times = []
        for _ in range(5):
            start = time.perf_counter()
            crisis_rules().find(doc)
            times.append(time.perf_counter() - start)
        return min(times)

    short, long = (unit * 1000)[:500], (unit * 4000)[:4000]
    assert best(long) < 30 * max(best(short), 2e-4)
