"""An editor goes through the proposed questions."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from bot.review.questions import QuestionError, checked, known_questions
from bot.store import verdicts
from bot.store.models import Proposal, Volunteer
from bot.web.console.access import Refused, database, go, show, signed_in
from bot.web.console.trying import known_topic, topic_groups

router = APIRouter()
_STATUS = ("open", "accepted", "refused", "exported")
_HERE = 25  # proposals on a page


def _page(
    request: Request,
    status: str,
    kind: str,
    *,
    code: int = 200,
    error: str = "",
    wrong: int = 0,
    typed: dict | None = None,
    done: str = "",
) -> Response:
    known = known_questions(request.app.state.review_root)
    with database(request) as db:
        rows = verdicts.proposals(db, status, 200 if status != "open" else _HERE, kind)
        counts = verdicts.counts(db)
    near = {row.id: known.near(row.question) for row in rows} if status == "open" else {}
    return show(
        request,
        "console_proposals.html",
        code,
        rows=rows,
        counts=counts,
        status=status,
        kind=kind,
        near=near,
        groups=topic_groups(),
        error=error,
        wrong=wrong,
        typed=typed or {},
        done=done,
    )


@router.get("/voorstellen")
def proposals(
    request: Request, _: Volunteer = Depends(signed_in()), status: str = "open", soort: str = "", gedaan: str = ""
) -> Response:
    return _page(
        request,
        status if status in _STATUS else "open",
        soort if soort in ("training", "regression") else "",
        done=gedaan if gedaan in _STATUS[:3] else "",
    )


@router.post("/voorstellen/{proposal_id}")
def decide(
    request: Request, *,
    proposal_id: int,
    volunteer: Volunteer = Depends(signed_in("editor")),
    version: int = Form(...),
    decision: str = Form(""),
    question: str = Form("", max_length=5000),
    topic: str = Form("", max_length=60),
    kind: str = Form(""),
    soort: str = Form(""),
) -> Response:
    if decision not in ("accepted", "refused", "open"):
        raise Refused(422, "Kies aannemen of weigeren.")
    with database(request) as db:
        row = db.get(Proposal, proposal_id)
        if row is None:
            raise Refused(404, "Dit voorstel is er niet (meer).")
        kind = kind if kind in ("training", "regression") else row.kind
        topic = topic or row.topic
        typed = {"question": question or row.question, "topic": topic, "kind": kind}
    if decision == "accepted":
        try:
            typed["question"] = checked(typed["question"])
            objection = known_questions(request.app.state.review_root).objection(typed["question"], kind)
        except QuestionError as refused:
            objection = str(refused)
        if not objection and not known_topic(topic) and topic != row.topic:
            objection = "Dit onderwerp bestaat niet."
        if objection:
            return _page(request, "open", soort, code=422, error=objection, wrong=proposal_id, typed=typed)
    try:
        with database(request) as db:
            verdicts.decide(db, volunteer, proposal_id, version, decision, **(typed if decision == "accepted" else {}))
    except verdicts.SomebodyElse:
        raise Refused(409, "Iemand anders heeft dit voorstel net behandeld. Er is niets overschreven.") from None
    back = "open" if decision != "open" else row.status
    return go(f"/voorstellen?status={back}&gedaan={decision}" + (f"&soort={soort}" if soort in ("training", "regression") else ""))
