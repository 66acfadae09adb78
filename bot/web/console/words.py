"""Dutch words of the console, and how numbers and times are written in Dutch."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime

from bot.knowledge.library import knowledge
from bot.knowledge.opening_hours import AMSTERDAM

ROLES = {"tester": "tester", "editor": "redacteur", "admin": "beheerder"}
_WORDS = {
    # verdicts
    "right": "Goed",
    "wrong_topic": "Verkeerd onderwerp",
    "bad_text": "Goed onderwerp, slechte tekst",
    "unsafe": "Onveilig",
    # states
    "open": "nieuw",
    "accepted": "aangenomen",
    "refused": "geweigerd",
    "exported": "in de bestanden",
    "waiting": "wacht",
    "running": "bezig",
    "done": "klaar",
    "interrupted": "onderbroken",
    "training": "oefenvraag",
    "regression": "controlevraag",
    "kind": "kind",
    "ouder": "ouder",
    "": "–",
    # fields of an answer
    "text": "Antwoord",
    "simple": "Makkelijker",
    "more": "Vertel meer",
    "steps": "Stappen",
    "gives": "Wat het recht geeft",
    "law": "Regels in Nederland",
    # what happened
    "answered": "beantwoord",
    "choices": "keuzes gegeven",
    "not_understood": "niet begrepen",
    "crisis": "crisis",
    "helpful": "hielp wel",
    "not_helpful": "hielp niet",
    # kinds of messages
    "answer": "antwoord",
    "choose": "keuzes",
    "notice": "mededeling",
    "out_of_scope": "buiten bereik",
    # what is recognised in a question
    "audience": "wie het vraagt",
    "leeftijd": "leeftijd",
    "artikel": "artikel",
    "wanneer": "wanneer",
    "gemeente": "gemeente",
    "gaat_over": "over wie het gaat",
    # urgency
    "none": "gewoon",
    "concern": "zorg",
    "emergency": "nood",
    # audit
    "volunteer_added": "account gemaakt",
    "volunteer_new_link": "nieuwe link gemaakt",
    "volunteer_off": "account uitgezet",
    "passphrase_set": "wachtzin gekozen",
    "signed_in": "aangemeld",
    "signed_out": "afgemeld",
    "verdict": "antwoord beoordeeld",
    "verdict_undone": "oordeel teruggenomen",
    "verdict_handled": "melding afgehandeld",
    "proposal_added": "vraag voorgesteld",
    "proposal_accepted": "voorstel aangenomen",
    "proposal_refused": "voorstel geweigerd",
    "proposal_reopened": "voorstel teruggezet",
    "text_proposed": "tekst voorgesteld",
    "text_accepted": "tekst aangenomen",
    "text_refused": "tekst geweigerd",
    "signed_off": "akkoord van jurist vastgelegd",
    "contact_checked": "contact nagekeken",
    "contact_off": "contact uitgezet",
    "contact_on": "contact weer aangezet",
    "set_uploaded": "testset geladen",
    "set_deleted": "testset verwijderd",
    "run_started": "meting gestart",
    "run_resumed": "meting hervat",
    "exported_data": "voorstellen geëxporteerd",
}


def words(key: str) -> str:
    """The Dutch words of a key that the database holds."""
    return _WORDS.get(key, key)


def topic_title(topic: str, audience: str = "kind") -> str:
    """A topic's title for people; the name itself where it is no topic."""
    found = knowledge().topics.get(topic)
    if found:
        return found.title.of(audience)
    if topic == "buiten_bereik":
        return "Gaat niet over kinderrechten"
    if topic == "nlu_fallback":
        return "Niet zeker: keuzes"
    if topic in knowledge().phrases:
        return knowledge().phrases[topic].of(audience)
    return topic


def model_words(name: str) -> str:
    """A model's file name without what all of them have in common."""
    return name.removesuffix(".tar.gz").removeprefix("kinderrechtenwijzer-")


_KEY = re.compile(r"\b[a-z0-9]+(?:_[a-z0-9]+)*\b")


def _key_words(key: str) -> str:
    title = topic_title(key)
    return title if title != key else ROLES.get(key, words(key))


def subject_words(action: str, subject: str) -> str:
    """What an audit entry is about, in words: a contact's name, an answer's title."""
    if action in ("contact_checked", "contact_off", "contact_on"):
        found = knowledge().contacts.get(subject)
        return found.name if found else subject
    return topic_title(subject) if action == "signed_off" else subject


def detail_words(action: str, detail: str) -> str:
    """An audit entry's detail with words for the keys in it. What volunteers wrote themselves stays as it is."""
    if action.startswith(("verdict", "proposal_", "text_", "volunteer_")):
        return _KEY.sub(lambda match: _key_words(match.group()), detail)
    return detail.replace(".tar.gz", "").replace("kinderrechtenwijzer-", "")


def clock(moment: datetime | None) -> str:
    """A moment (UTC without zone) as Dutch local time: 23-11-2026 14.05."""
    if moment is None:
        return "–"
    return moment.replace(tzinfo=UTC).astimezone(AMSTERDAM).strftime("%d-%m-%Y %H.%M")


def day_words(day: date | str | None) -> str:
    """A day as 23-11-2026."""
    if not day:
        return "–"
    if isinstance(day, str):
        day = date.fromisoformat(day)
    return day.strftime("%d-%m-%Y")


def percent(share: float | None, digits: int = 1) -> str:
    """0.873 as "87,3%"; a dash for nothing."""
    if share is None or math.isnan(share):
        return "–"
    return f"{100 * share:.{digits}f}%".replace(".", ",")


def number(value: float, digits: int = 2) -> str:
    """A number with a Dutch comma."""
    return f"{value:.{digits}f}".replace(".", ",")
