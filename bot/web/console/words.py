"""Dutch words of the console, and how numbers and times are written in Dutch."""

from __future__ import annotations

import math
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
