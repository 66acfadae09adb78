"""What was typed, made readable for the model: hidden characters out, disguises off, chat Dutch to written Dutch.

Nothing here is shown to a person, and no meaning is decided here. The work is linear in the length of the text:
no regular expression has a repetition inside a repetition.
"""
from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from bot.settings import ROOT

CHAT_WORDS_FILE = ROOT / "data" / "lexicon" / "chat_words.tsv"

# Only Latin letters are rewritten; every other script stays as it was typed.
_LATIN = "a-zA-ZÀ-ÖØ-öø-ɏ"
_LATIN_LETTER = re.compile(f"[{_LATIN}]")
# Dutch has double letters ("slaan"), never triple ones.
_REPEATED = re.compile(f"([{_LATIN}])\\1{{2,}}")
_SPACES = re.compile(r"\s+")

# Vowel and tone marks that belong to the letter before them (Hebrew, Arabic, Indic, Thai) and the two joiners.
_MARKS = ("\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
          "\u0900-\u0903\u093a-\u094f\u0e31-\u0e3a\u0e47-\u0e4e\u200c\u200d")
_WORD = re.compile(f"[\\w{_MARKS}]+(?:'[\\w{_MARKS}]+)?|[^\\w\\s{_MARKS}]+")

# Characters without a shape of their own that are not "format" characters: joiner, fillers, variation selectors.
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_JOINERS = "\u200c\u200d"

# Digits and signs that stand for letters when they stand between letters: "d00d", "zelfm0ord", "n44r", "h@@t".
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i", "€": "e"})
_LEET_WORD = re.compile(r"[\w@$!€]+")
_LEET_INSIDE = re.compile(
    r"(?<=[^\W\d_])(?:00|33|44|@@|\$\$|[013457@$€])(?=[^\W\d_])(?!jaar|jr|uur|x\b|de\b|ste\b)|(?<=\b[^\W\d_])!(?=[^\W\d_])")

# Letters of other alphabets that look like Latin ones, used to disguise a word: only inside a word with Latin letters.
_HOMOGLYPHS = str.maketrans({
    "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x", "і": "i", "ј": "j", "ѕ": "s", "һ": "h", "ԁ": "d",
    "к": "k", "м": "m", "т": "t", "в": "b", "н": "h", "г": "r", "ӏ": "l", "ё": "ë", "ї": "ï", "ӧ": "ö",
    "α": "a", "ο": "o", "ε": "e", "ν": "v", "ι": "i", "κ": "k", "τ": "t", "υ": "u", "ρ": "p", "η": "n", "ω": "w"})
_SMALL_CAPITALS = str.maketrans(dict(zip("ᴀʙᴄᴅᴇғɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢɑɡ", "abcdefghijklmnoprstuvwyzag")))
_LETTERS = re.compile(r"[^\W\d_]+")

# A letter (or a digit that may stand for one) with no letter or digit beside it, as in "d o o d" and "d.0.0.d".
_LONE_LETTER = re.compile(f"(?<!\\w)[{_LATIN}01345@$](?!\\w)")
_WORD_DIVIDERS = re.compile(r"(?<=[a-z])[*|~^]+(?=[a-z])")


def _regional_letters(text: str) -> str:
    """Flag letters (🇩 🇴 🇴 🇩) and letters in black boxes (🅳) as plain letters; a flag, which is a pair, stays."""
    if max(text, default="") < "\U0001f150":
        return text

    def is_regional(char: str) -> bool:
        return "\U0001f1e6" <= char <= "\U0001f1ff"

    out: list[str] = []
    start = 0
    while start < len(text):
        end = start
        while end < len(text) and is_regional(text[end]):
            end += 1
        if end > start:
            run = text[start:end]
            out.append(run if len(run) == 2 else "".join(chr(ord(c) - 0x1F1E6 + ord("a")) for c in run))
            start = end
            continue
        code = ord(text[start])
        boxed = 0x1F150 <= code <= 0x1F169 or 0x1F170 <= code <= 0x1F189
        out.append(chr((code - 0x1F150) % 32 + ord("a")) if boxed else text[start])
        start += 1
    return "".join(out)


def _visible(text: str) -> str:
    """`text` in NFKC form without hidden, control and stray characters; spaces as they were."""
    if text.isascii() and text.isprintable():
        return text  # As most messages are.
    text = text.encode("utf-8", "ignore").decode("utf-8")
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)))
    kept: list[str] = []
    marks = 0
    base = ""
    for position, char in enumerate(text):
        category = unicodedata.category(char)
        if category in ("Mn", "Me"):
            # NFKC has already joined the marks that make a letter (é). What is left on a Latin letter is noise
            # ("d̶o̶o̶d̶"); on a letter of another script one or two are vowels, and piles of them are noise.
            marks += 1
            if marks > 2 or _LATIN_LETTER.match(base):
                continue
        else:
            marks = 0
            if char in _JOINERS:
                after = text[position + 1:position + 2]
                if not (base.isalpha() and after.isalpha()) or _LATIN_LETTER.match(base):
                    continue
            elif category in ("Cf", "Co", "Cn", "Cs") or (category == "Cc" and not char.isspace()):
                continue
            base = char
        kept.append(char)
    return "".join(kept)


def clean(text: str) -> str:
    """`text` without hidden, control and stray characters, in NFKC form, runs of spaces as one.

    Lone surrogates and NUL disappear; letters of every script and emoji stay.
    """
    return _SPACES.sub(" ", _visible(text)).strip()


@lru_cache(maxsize=1)
def _chat_words() -> dict[str, str]:
    words = {}
    for line in CHAT_WORDS_FILE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            typed, written = line.split("\t")
            words[typed] = written
    return words


def _same_alphabet(match: re.Match) -> str:
    """A word that mixes Latin letters with look-alikes, in Latin letters; every other word as it is."""
    word = match.group(0)
    if word.isascii() or not _LATIN_LETTER.search(word):
        return word
    changed = word.translate(_HOMOGLYPHS)
    return changed if all(_LATIN_LETTER.match(char) for char in changed) else word


def _unleet(match: re.Match) -> str:
    """A word with its inner digits as letters. "w8", "18e", "5jaar" and account numbers are no disguised words."""
    word = match.group(0)
    if word.isalpha():
        return word
    letters = sum(char.isalpha() for char in word)
    if letters * 2 < len(word) or "@" in word and word.count("@") == 1 and letters > 6:
        return word
    return _LEET_INSIDE.sub(lambda m: m.group(0).translate(_LEET), word)


def _joined(letters: list[tuple[str, str]]) -> str:
    """Spaced-out letters as words. `letters`: each letter with what stands before it; wider gaps part words."""
    gaps = [len(gap) for gap, _ in letters[1:]]
    parts_words = max(gaps) > min(gaps)
    out = letters[0][1]
    for gap, letter in letters[1:]:
        out += (" " if parts_words and len(gap) > min(gaps) and gap.isspace() else "") + letter
    return out


def _continues(run: list[re.Match], gap: str) -> bool:
    """Whether a letter after `gap` belongs to the run: "a.u.b. i.v.m." are two abbreviations, not one word."""
    if len(gap) > 4 or "," in gap:
        return False
    if len(run) == 1 or gap.isspace():
        return True
    text = run[0].string
    return any(c.isspace() for c in gap) == any(c.isspace() for c in text[run[0].end():run[1].start()])


def _join_spaced_letters(text: str) -> str:
    """`text` with four or more lone letters in a row ("d o o d", "d.o.o.d", "d😭o😭o😭d") joined to a word."""
    runs: list[list[re.Match]] = []
    for match in _LONE_LETTER.finditer(text):
        between = text[runs[-1][-1].end():match.start()] if runs else ""
        if runs and _continues(runs[-1], between):
            runs[-1].append(match)
        else:
            runs.append([match])
    out, end = [], 0
    for run in runs:
        plain = "".join(m.group(0) for m in run)
        if len(run) < 4 or sum(c.isalpha() for c in plain) * 2 < len(plain):
            continue
        letters = [("", run[0].group(0))]
        letters += [(text[a.end():b.start()], b.group(0)) for a, b in zip(run, run[1:])]
        word = _joined(letters).translate(_LEET)
        out += [text[end:run[0].start()], word]
        end = run[-1].end()
    return "".join(out) + text[end:]


def written_dutch(text: str) -> str:
    """`text` in lower case as it would be written: chat words, long-drawn letters, spaced-out letters, disguises."""
    text = _regional_letters(_visible(text)).replace("🆘", " sos ").lower().translate(_SMALL_CAPITALS)
    text = text.replace("’", "'").replace("`", "'").replace("‘", "'")
    text = _LETTERS.sub(_same_alphabet, text.replace("_", " "))
    text = _join_spaced_letters(text)
    text = _WORD_DIVIDERS.sub("", text)
    text = _LEET_WORD.sub(_unleet, text)
    text = _REPEATED.sub(r"\1\1", text)
    words = _chat_words()
    return " ".join(words.get(token, token) for token in _WORD.findall(text))
