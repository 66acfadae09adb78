"""Trying a question and judging the answer: one key per verdict."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from itsdangerous import BadData, URLSafeTimedSerializer

from bot.knowledge.library import knowledge
from bot.knowledge.rendering import as_text
from bot.review.questions import tidy
from bot.store import verdicts
from bot.store.models import Volunteer
from bot.web.console.access import Refused, database, go, show, signed_in
from bot.web.console.words import topic_title, words
from bot.web.queue import Busy

router = APIRouter()
MAX_TEXT = 1000
MAX_NOTE = 2000
_HOURS = 12  # how long a judged answer's seal is good


def _seal(request: Request, volunteer: Volunteer) -> URLSafeTimedSerializer:
    # What was seen travels with the form, so that a question that is not judged is kept nowhere. The seal makes sure
    # that what comes back is what this volunteer was shown.
    return URLSafeTimedSerializer(request.app.state.settings.secret_key, salt=f"gezien:{volunteer.id}")


def topic_groups(likeliest: list[str] | None = None) -> list[dict[str, Any]]:
    """All topics for a list to choose from, by theme; first those that the model thought of."""
    content = knowledge()
    rows = [
        {
            "title": theme.title.kind,
            "topics": [
                {
                    "id": t.topic,
                    "title": t.title.kind,
                    "words": f"{t.topic.replace('_', ' ')} {t.title.ouder} {t.question.kind}",
                }
                for t in content.topics_of(theme.id)
            ],
        }
        for theme in content.themes.values()
    ]
    first = [
        {"id": name, "title": topic_title(name), "words": name.replace("_", " ")}
        for name in likeliest or []
        if name in content.topics
    ]
    if first:
        rows.insert(0, {"title": "Waar het model aan dacht", "topics": first})
    rows.append(
        {
            "title": "Anders",
            "topics": [
                {"id": "buiten_bereik", "title": topic_title("buiten_bereik"), "words": "buiten bereik ander onderwerp"}
            ],
        }
    )
    return rows


def known_topic(name: str) -> bool:
    return name in knowledge().topics or name == "buiten_bereik"


def thought(parse: dict[str, Any], messages: list[dict[str, Any]]) -> dict[str, Any]:
    """What the model made of a question, for the screen."""
    crisis = parse.get("crisis") or {}
    ranking = [(row["name"], float(row["confidence"])) for row in parse.get("intent_ranking") or []]
    main = next((m for m in messages if m.get("topic")), messages[-1] if messages else {})
    topic = knowledge().topics.get(main.get("topic") or "")
    return {
        "topic": (parse.get("intent") or {}).get("name") or "-",
        "confidence": float((parse.get("intent") or {}).get("confidence") or 0.0),
        "ranking": ranking[:5],
        "rule": crisis.get("rule"),
        "words": crisis.get("words") or [],
        "probability": crisis.get("probability"),
        "excused": crisis.get("excused"),
        "maybe": bool(parse.get("maybe_crisis")),
        "entities": [(e.get("entity"), e.get("value")) for e in parse.get("entities") or []],
        "also": parse.get("also") or [],
        "articles": [a["ref"] for m in messages for a in m.get("articles") or []],
        "contacts": [c["name"] for m in messages for c in m.get("contacts") or []],
        "texts": f"data/knowledge/topics/{topic.theme}/{topic.topic}.yml" if topic else "data/knowledge/phrases.yml",
        "answer_topic": topic.topic if topic else "",
        "types": [words(m["type"]) for m in messages],
    }


def _ask_page(request: Request, volunteer: Volunteer, status: int = 200, **values: Any) -> Response:
    with database(request) as db:
        today = verdicts.of_today(db, volunteer)
    shown = {
        "question": "",
        "audience": "kind",
        "messages": [],
        "thought": None,
        "seen": "",
        "error": "",
        "saved": 0,
        "saved_words": "",
        "groups": [],
        "note": "",
        **values,
    }
    return show(request, "console_try.html", status, today=today, max_text=MAX_TEXT, **shown)


@router.get("/proberen")
def try_page(
    request: Request, volunteer: Volunteer = Depends(signed_in()), bewaard: int = 0, wat: str = "", voor: str = "kind"
) -> Response:
    said = wat if wat in (*verdicts.VERDICTS, "teruggenomen", "niet_terug") else ""
    return _ask_page(
        request, volunteer, saved=bewaard, saved_words=said, audience="ouder" if voor == "ouder" else "kind"
    )


@router.post("/proberen")
async def try_question(
    request: Request,
    volunteer: Volunteer = Depends(signed_in()),
    question: str = Form("", max_length=5000),
    audience: str = Form("kind"),
) -> Response:
    """Shows the answer and what the model thought. Nothing is kept."""
    audience = "ouder" if audience == "ouder" else "kind"
    question = tidy(question)
    again = {"question": question, "audience": audience}
    if not question:
        return await asyncio.to_thread(_ask_page, request, volunteer, 422, error="Typ eerst een vraag.", **again)
    if len(question) > MAX_TEXT:
        return await asyncio.to_thread(
            _ask_page,
            request,
            volunteer,
            422,
            **again,
            error=f"De vraag is te lang. Gebruik hooguit {MAX_TEXT} tekens.",
        )
    assistant = request.app.state.assistant
    if assistant is None:
        return await asyncio.to_thread(
            _ask_page,
            request,
            volunteer,
            503,
            **again,
            error="Het model wordt nog geladen. Probeer het over een halve minuut opnieuw.",
        )
    try:
        turn = await assistant.ask(question, audience)
    except Busy:  # children go first
        busy = "Het is druk: kinderen gaan voor. Probeer het zo nog eens."
        return await asyncio.to_thread(_ask_page, request, volunteer, 503, error=busy, **again)
    made = thought(turn.parse, turn.messages)
    seen = _seal(request, volunteer).dumps(
        {
            **again,
            "model": assistant.model_name,
            "topic": made["answer_topic"] or made["topic"],
            "confidence": made["confidence"],
            "ranking": [[n, round(c, 4)] for n, c in made["ranking"]],
        }
    )
    return await asyncio.to_thread(
        _ask_page,
        request,
        volunteer,
        messages=turn.messages,
        thought=made,
        seen=seen,
        plain=[as_text(m) for m in turn.messages],
        model=assistant.model_name,
        groups=topic_groups([n for n, _ in made["ranking"]]),
        **again,
    )


@router.post("/oordeel")
def judge(
    request: Request, *,
    volunteer: Volunteer = Depends(signed_in()),
    seen: str = Form("", max_length=12_000),
    verdict: str = Form(""),
    right_topic: str = Form("", max_length=60),
    note: str = Form("", max_length=5000),
) -> Response:
    try:
        what = _seal(request, volunteer).loads(seen, max_age=_HOURS * 3600)
    except BadData:
        raise Refused(
            422, "Dit antwoord is te lang geleden getoond. Stel de vraag opnieuw en geef dan je oordeel."
        ) from None
    if verdict not in verdicts.VERDICTS:
        raise Refused(422, "Kies eerst een oordeel.")
    note = note.strip()[:MAX_NOTE]
    if verdict == "wrong_topic" and not known_topic(right_topic):
        raise Refused(422, "Kies het onderwerp dat wel goed is.")
    if verdict == "wrong_topic" and right_topic == what["topic"]:
        raise Refused(422, "Dit onderwerp gaf het model al. Kies een ander, of oordeel 'Goed'.")
    if verdict == "bad_text" and not note:
        raise Refused(422, "Schrijf erbij wat er niet goed is aan de tekst.")
    with database(request) as db:
        better = right_topic if verdict == "wrong_topic" else ""
        row = verdicts.add(db, volunteer, what, verdict, right_topic=better, note=note)
    return go(f"/proberen?bewaard={row.id}&wat={verdict}&voor={what['audience']}")


@router.post("/oordeel/{verdict_id}/terug")
def undo(request: Request, verdict_id: int, volunteer: Volunteer = Depends(signed_in())) -> Response:
    with database(request) as db:
        done = verdicts.undo(db, volunteer, verdict_id)
    return go("/proberen?wat=" + ("teruggenomen" if done else "niet_terug"))


@router.post("/oordeel/{verdict_id}/klaar")
def handled(request: Request, verdict_id: int, volunteer: Volunteer = Depends(signed_in("editor"))) -> Response:
    with database(request) as db:
        verdicts.handle(db, volunteer, verdict_id)
    return go("#meldingen")
