"""Per topic: how many questions, how well recognised, and room to add examples."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from bot.knowledge.library import knowledge
from bot.review.questions import QuestionError, checked, known_questions
from bot.review.results import measured
from bot.store import runs, verdicts
from bot.store.models import Volunteer
from bot.web.console.access import Refused, database, go, show, signed_in
from bot.web.console.words import topic_title

router = APIRouter()


@router.get("/onderwerpen")
def topic_list(
    request: Request, _: Volunteer = Depends(signed_in()), meting: int = 0, volgorde: str = "f1"
) -> Response:
    """The numbers of one measurement (the newest one, unless another is chosen)."""
    counts = known_questions(request.app.state.review_root).counts()
    with database(request) as db:
        done = [run for run in runs.newest(db, 50) if run.status == "done"]
        run = next((r for r in done if r.id == meting), done[0] if done else None)
        labels = measured(runs.rows(db, run.id)).topics if run else {}
    rows = [
        {
            "id": t.topic,
            "title": t.title.kind,
            "theme": knowledge().themes[t.theme].title.kind,
            "questions": counts.get(t.topic, 0),
            **(labels.get(t.topic) or {"f1": None, "precision": None, "recall": None, "n": 0}),
        }
        for t in knowledge().topics.values()
    ]
    if volgorde == "vragen":
        rows.sort(key=lambda r: r["questions"])
    elif volgorde == "f1":
        rows.sort(key=lambda r: (r["f1"] is None, r["f1"] or 0, r["questions"]))
    return show(request, "console_topics.html", rows=rows, run=run, runs=done, order=volgorde)


def _topic_page(
    request: Request, topic: str, status: int = 200, *, error: str = "", typed: str = "", added: bool = False
) -> Response:
    if topic not in knowledge().topics:
        raise Refused(404, "Dit onderwerp is er niet.")
    known = known_questions(request.app.state.review_root)
    with database(request) as db:
        failures = runs.failures_of(db, topic)
        proposed = [
            p
            for p in verdicts.proposals(db, "open", 1000) + verdicts.proposals(db, "accepted", 1000)
            if p.topic == topic
        ]
    return show(
        request,
        "console_topic.html",
        status,
        topic=topic,
        title=topic_title(topic),
        error=error,
        typed=typed,
        questions=known.of_topic(topic),
        failures=failures,
        proposed=proposed,
        added=added,
    )


@router.get("/onderwerpen/{topic}")
def topic_page(request: Request, topic: str, _: Volunteer = Depends(signed_in()), erbij: int = 0) -> Response:
    return _topic_page(request, topic, added=bool(erbij))


@router.post("/onderwerpen/{topic}")
def add_question(
    request: Request,
    topic: str,
    volunteer: Volunteer = Depends(signed_in()),
    question: str = Form("", max_length=5000),
    audience: str = Form("kind"),
) -> Response:
    """A volunteer adds an example; an editor decides on it like on any other proposal."""
    if topic not in knowledge().topics:
        raise Refused(404, "Dit onderwerp is er niet.")
    try:
        text = checked(question)
        objection = known_questions(request.app.state.review_root).objection(text, "training")
    except QuestionError as refused:
        text, objection = question, str(refused)
    if objection:
        return _topic_page(request, topic, 422, error=objection, typed=text)
    with database(request) as db:
        verdicts.propose(
            db, volunteer, "training", text, topic=topic, audience="ouder" if audience == "ouder" else "kind"
        )
    return go(f"/onderwerpen/{topic}?erbij=1")
