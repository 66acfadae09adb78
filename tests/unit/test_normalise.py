"""Normalisation: disguises come off, ordinary text and other scripts stay."""
from __future__ import annotations

import time

import pytest

from bot.nlu.normalise import CHAT_WORDS_FILE, clean, written_dutch

DISGUISES = {
    "zero-width characters": "d\u200bo\u200bo\u200cd",
    "soft hyphen": "d\u00ado\u00adod",
    "variation selectors": "d\ufe0fo\u034food",
    "spaced letters": "d o o d",
    "dotted letters": "d.o.o.d",
    "underscores": "d_o_o_d",
    "stars": "d*o*o*d",
    "emoji between letters": "d😭o😭o😭d",
    "leet": "d00d",
    "capitals and repetition": "DOOOOOOOD",
    "Cyrillic look-alikes": "d\u043e\u043ed",
    "Greek look-alikes": "d\u03bf\u03bfd",
    "full width": "ｄｏｏｄ",
    "mathematical letters": "𝐝𝐨𝐨𝐝",
    "circled letters": "ⓓⓞⓞⓓ",
    "boxed letters": "🅳🅾🅾🅳",
    "flag letters": "🇩 🇴 🇴 🇩",
    "struck through": "d\u0336o\u0336o\u0336d\u0336",
    "small capitals": "ᴅᴏᴏᴅ",
}


@pytest.mark.parametrize("text", DISGUISES.values(), ids=DISGUISES.keys())
def test_disguised_word_is_read(text: str) -> None:
    assert written_dutch(f"ik wil {text}") == "ik wil dood"


@pytest.mark.parametrize("text", [
    "я хочу додому і мене б'ють",
    "كَتَبَ الولد رسالة ههههه",
    "می\u200cخواهم",
    "ምን ማድረግ እችላለሁ",
    "nl91abna0417164300",
    "in 2019 was ik 8 en nu 15",
    "15jaar van14jaar 18e mp3 groep8 co2",
    "bel 06 1 2 3 4",
    "café één ruïne çava",
])
def test_ordinary_text_stays(text: str) -> None:
    assert written_dutch(text) == text


@pytest.mark.parametrize(("text", "expected"), [
    ("h3lp n33f", "help neef"),
    ("k ga n1et n44r hu1s", "k ga niet naar huis"),
    ("zelfm0ord", "zelfmoord"),
    ("sl@@t h!j", "slaat hij"),
    ("w8 ff", "wacht even"),
    ("🆘", "sos"),
    ("i k  w i l  w e g", "ik wil weg"),
    ("z e l f m o o r d", "zelfmoord"),
    ("hellup mn pa", "help mijn vader"),
])
def test_chat_dutch_becomes_written_dutch(text: str, expected: str) -> None:
    assert written_dutch(text) == expected


def test_abbreviations_are_not_joined() -> None:
    assert "aub" not in written_dutch("kom a.u.b. i.v.m. school")


def test_sentence_stays_apart_at_exclamation_mark() -> None:
    assert written_dutch("wat!dan") == "wat ! dan"


def test_clean_drops_what_cannot_be_seen() -> None:
    assert clean("hij\u0000 zei \ud800 dat\u202e  niet\u200b") == "hij zei dat niet"


def test_normalising_twice_changes_nothing() -> None:
    for text in DISGUISES.values():
        once = written_dutch(f"ik wil {text}")
        assert written_dutch(once) == once


def test_chat_words_are_lower_case_and_single() -> None:
    typed = []
    for line in CHAT_WORDS_FILE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            word, written = line.split("\t")
            assert written and word == word.lower() and written == written.lower() and " " not in word
            typed.append(word)
    assert len(typed) == len(set(typed))


@pytest.mark.parametrize("unit", ["a", "a ", "a1", "!a", "@", "a@", "'", "a'", "a.", "0", "🇳", "e\u0301\u0336", "d😭"])
def test_time_grows_with_length_only(unit: str) -> None:
    """Eight times the text takes nothing like sixty-four times the time."""
    def best(text: str) -> float:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            written_dutch(text)
            times.append(time.perf_counter() - start)
        return min(times)

    short, long = unit * 500, unit * 4000
    assert best(long) < 30 * max(best(short), 1e-4)
