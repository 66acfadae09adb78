"""What was typed, made readable for the model: hidden characters out, chat Dutch to written Dutch.

Nothing here is shown to a person, and no meaning is decided here.
"""
from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from bot.settings import ROOT

CHAT_WORDS_FILE = ROOT / "data" / "lexicon" / "chat_words.tsv"

# Format, control and private characters, and combining marks piled on one letter ("zalgo").
_REPEATED = re.compile(r"([^\W\d_])\1{2,}")
_SPACED_LETTERS = re.compile(r"(?<!\w)(?:[^\W\d_][ .\-_*]){3,}[^\W\d_](?!\w)")
_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?|[^\w\s]+|_+")
# Digits and signs that stand for letters, only inside a word that has letters too.
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"})
_LEET_WORD = re.compile(r"(?<![\w@$])(?=[\w@$]*[^\W\d_])(?=[\w@$]*[0134573@$])[\w@$]{3,}(?![\w@$])")


def clean(text: str) -> str:
    """`text` without hidden, control and stray characters, in NFKC form, runs of spaces as one.

    Lone surrogates and NUL disappear; letters of every script and emoji stay.
    """
    text = text.encode("utf-8", "ignore").decode("utf-8")
    text = unicodedata.normalize("NFKC", text)
    kept: list[str] = []
    marks = 0
    for char in text:
        category = unicodedata.category(char)
        if category == "Mn":
            # One mark on a letter belongs to a script (Arabic vowels, Dutch diaeresis); piles of them are noise.
            marks += 1
            if marks > 2:
                continue
        else:
            marks = 0
        if category in ("Cf", "Co", "Cn", "Cs") or (category == "Cc" and not char.isspace()):
            continue
        kept.append(char)
    return _SPACES.sub(" ", "".join(kept)).strip()


@lru_cache(maxsize=1)
def _chat_words() -> dict[str, str]:
    words = {}
    for line in CHAT_WORDS_FILE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            typed, written = line.split("\t")
            words[typed] = written
    return words


def _unleet(match: re.Match) -> str:
    word = match.group(0)
    letters = sum(char.isalpha() for char in word)
    # "w8" and "18e" are no disguised words; "d00d" and "zelfm0ord" are.
    return word.translate(_LEET) if letters * 2 >= len(word) and letters >= 2 else word


def written_dutch(text: str) -> str:
    """`text` in lower case as it would be written: chat words, long-drawn letters, spaced-out letters, leet."""
    text = clean(text).lower().replace("’", "'").replace("`", "'")
    text = _SPACED_LETTERS.sub(lambda m: re.sub(r"[ .\-_*]", "", m.group(0)), text)
    text = _LEET_WORD.sub(_unleet, text)
    # Dutch has double letters ("slaan"), never triple ones.
    text = _REPEATED.sub(r"\1\1", text)
    words = _chat_words()
    return " ".join(words.get(token, token) for token in _WORD.findall(text))
