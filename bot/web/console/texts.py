"""Reading every answer, proposing better texts, and recording a lawyer's sign-off."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, Response

from bot.knowledge.library import knowledge
from bot.knowledge.messages import Messages
from bot.knowledge.model import AUDIENCES, Topic
from bot.knowledge.opening_hours import now_in_amsterdam
from bot.knowledge.readability import measure
from bot.review.export import current_text
from bot.review.levels import FIELDS, level_of, tidy_text
from bot.review.sign_off import digest_of, review_of
from bot.store import texts, verdicts
from bot.store.models import TextProposal, Volunteer
from bot.web.console.access import Refused, database, go, show, signed_in

router = APIRouter()


def _topic(name: str) -> Topic:
    found = knowledge().topics.get(name)
    if found is None:
        raise Refused(404, "Dit antwoord is er niet.")
    return found


def _levels(topic: Topic, audience: str) -> dict[str, int]:
    return {name: round(measure(text).score) for name, text in topic.shown_texts(audience).items()}


@router.get("/teksten")
def answer_list(request: Request, _: Volunteer = Depends(signed_in())) -> Response:
    content = knowledge()
    with database(request) as db:
        signed, waiting = texts.sign_offs(db), texts.waiting(db)
    rows = [
        {
            "topic": t,
            "theme": content.themes[t.theme].title.kind,
            "review": review_of(t, signed.get(t.topic, ())),
            "levels": {a: round(measure("\n\n".join(t.shown_texts(a).values())).score) for a in AUDIENCES},
            "waiting": waiting.get(t.topic, 0),
        }
        for t in content.topics.values()
    ]
    return show(request, "console_texts.html", rows=rows)


def _page(request: Request, name: str, audience: str, status: int = 200, **values: Any) -> Response:
    topic = _topic(name)
    with database(request) as db:
        review = review_of(topic, texts.sign_offs(db).get(name, ()))
        proposals = texts.of_topic(db, name)
        reports = verdicts.reports(db, name)
    return show(
        request,
        "console_text.html",
        status,
        topic=topic,
        audience=audience,
        review=review,
        proposals=proposals,
        reports=reports,
        levels=_levels(topic, audience),
        digest=digest_of(topic),
        fields=FIELDS,
        current={f: current_text(topic, audience, f) for f in FIELDS},
        contacts=Messages(knowledge(), audience).contacts(topic.contacts.of(audience)),
        articles=[(a, knowledge().articles[a.ref]) for a in topic.articles],
        today=now_in_amsterdam().date().isoformat(),
        **{"error": "", **values},
    )


@router.get("/teksten/{name}")
def answer_page(request: Request, name: str, _: Volunteer = Depends(signed_in()), voor: str = "kind") -> Response:
    return _page(request, name, "ouder" if voor == "ouder" else "kind")


def _edit_page(request: Request, name: str, audience: str, field: str, status: int = 200, **values: Any) -> Response:
    topic = _topic(name)
    if field not in FIELDS:
        raise Refused(404, "Dit deel van het antwoord is er niet.")
    before = current_text(topic, audience, field)
    text = values.pop("text", before)
    return show(
        request,
        "console_text_edit.html",
        status,
        topic=topic,
        audience=audience,
        field=field,
        before=before,
        text=text,
        level=level_of(text, audience, field),
        was=level_of(before, audience, field),
        **{"error": "", "note": "", **values},
    )


@router.get("/teksten/{name}/{audience}/{field}")
def edit_page(
    request: Request, name: str, audience: str, field: str, _: Volunteer = Depends(signed_in("editor"))
) -> Response:
    return _edit_page(request, name, "ouder" if audience == "ouder" else "kind", field)


@router.post("/teksten/{name}/{audience}/{field}")
def propose(
    request: Request, *,
    name: str,
    audience: str,
    field: str,
    volunteer: Volunteer = Depends(signed_in("editor")),
    text: str = Form("", max_length=12_000),
    note: str = Form("", max_length=3000),
    before: str = Form(""),
) -> Response:
    audience = "ouder" if audience == "ouder" else "kind"
    topic = _topic(name)
    if field not in FIELDS:
        raise Refused(404, "Dit deel van het antwoord is er niet.")
    now, after = current_text(topic, audience, field), tidy_text(text, field)
    error = ""
    if tidy_text(before, field) != tidy_text(now, field):
        error = "De tekst is intussen veranderd. Kijk eerst wat er nu staat; je eigen tekst staat hieronder nog."
    elif after == tidy_text(now, field):
        error = "Je hebt niets veranderd."
    elif wrong := level_of(after, audience, field)["wrong"]:
        error = " ".join(wrong)
    if error:
        return _edit_page(request, name, audience, field, 422, text=text, error=error, note=note)
    with database(request) as db:
        texts.propose(db, volunteer, name, audience, field, before=now, after=after, note=note.strip())
    return go(f"/teksten/{name}?voor={audience}#voorstellen")


@router.post("/leesniveau")
def level(
    _: Volunteer = Depends(signed_in("editor")),
    text: str = Form("", max_length=12_000),
    audience: str = Form("kind"),
    field: str = Form("text"),
) -> Response:
    """The reading level of what is being typed, for the page's script. Nothing is kept."""
    return JSONResponse(
        level_of(text, "ouder" if audience == "ouder" else "kind", field), headers={"Cache-Control": "no-store"}
    )


@router.post("/tekstvoorstellen/{proposal_id}")
def decide(
    request: Request,
    proposal_id: int,
    volunteer: Volunteer = Depends(signed_in("editor")),
    version: int = Form(...),
    decision: str = Form(""),
) -> Response:
    if decision not in ("accepted", "refused"):
        raise Refused(422, "Kies aannemen of weigeren.")
    try:
        with database(request) as db:
            if db.get(TextProposal, proposal_id) is None:
                raise Refused(404, "Dit voorstel is er niet (meer).")
            row = texts.decide(db, volunteer, proposal_id, version, decision)
    except verdicts.SomebodyElse:
        raise Refused(409, "Iemand anders heeft dit voorstel net behandeld. Er is niets overschreven.") from None
    return go(f"/teksten/{row.topic}?voor={row.audience}#voorstellen")


@router.post("/teksten/{name}/akkoord")
def sign(
    request: Request, *,
    name: str,
    volunteer: Volunteer = Depends(signed_in("editor")),
    lawyer: str = Form("", max_length=200),
    signed_on: str = Form(""),
    digest: str = Form(""),
) -> Response:
    topic = _topic(name)
    lawyer = " ".join(lawyer.split())[:120]
    try:
        day = date.fromisoformat(signed_on)
    except ValueError:
        day = None
    error = ""
    if not lawyer:
        error = "Vul de naam van de jurist in."
    elif day is None or day > now_in_amsterdam().date():
        error = "Vul de dag van het akkoord in; die ligt niet in de toekomst."
    elif digest != digest_of(topic):
        error = "Het antwoord is intussen veranderd. Laat de jurist de nieuwe tekst lezen."
    if error:
        return _page(request, name, "kind", 422, error=error)
    with database(request) as db:
        texts.sign_off(db, volunteer, name, lawyer, signed_on=day, digest=digest)
    return go(f"/teksten/{name}#beoordeling")
