"""Verdicts on answers, and the proposals that follow from them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Optional

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from bot.store import audit
from bot.store.models import Proposal, Verdict, Volunteer, utc_now

VERDICTS = ("right", "wrong_topic", "bad_text", "unsafe")
UNDO_MINUTES = 60
# What the assistant can make of a question that is nobody's topic: nothing can be learned from it.
_NO_TOPIC = ("nlu_fallback", "sos", "-", "")


class SomebodyElse(RuntimeError):
    """Another volunteer changed the same row in the meantime; nothing was overwritten."""


def add(
    db: Session, volunteer: Volunteer, seen: dict[str, Any], verdict: str, *, right_topic: str = "", note: str = ""
) -> Verdict:
    """Keeps a verdict and, for right and wrong topics, the proposal that follows from it.

    Args:
        seen: what was judged: question, audience, model, topic, confidence, ranking [[topic, confidence], …].
    """
    row = Verdict(
        volunteer_id=volunteer.id,
        question=seen["question"],
        audience=seen["audience"],
        model=seen["model"],
        topic=seen["topic"],
        confidence=seen["confidence"],
        ranking=seen["ranking"],
        verdict=verdict,
        right_topic=right_topic,
        note=note,
    )
    db.add(row)
    db.flush()
    # Both kinds name the topic that is right. An unsafe or badly written answer is for a person to look at.
    if verdict in ("right", "wrong_topic"):
        topic = seen["topic"] if verdict == "right" else right_topic
        if topic not in _NO_TOPIC:
            db.add(
                Proposal(
                    kind="regression" if verdict == "right" else "training",
                    question=seen["question"],
                    topic=topic,
                    audience=seen["audience"],
                    verdict_id=row.id,
                    proposed_by=volunteer.name,
                )
            )
    audit.note(
        db, volunteer, "verdict", row.id, f"{verdict}: {seen['topic']}" + (f" → {right_topic}" if right_topic else "")
    )
    return row


def undo(db: Session, volunteer: Volunteer, verdict_id: int) -> bool:
    """Takes back one's own recent verdict, unless an editor has decided on its proposal."""
    row = db.get(Verdict, verdict_id)
    if row is None or row.volunteer_id != volunteer.id or row.at < utc_now() - timedelta(minutes=UNDO_MINUTES):
        return False
    query = select(Proposal).where(Proposal.verdict_id == verdict_id).with_for_update()
    proposal = db.execute(query).scalar_one_or_none()
    if (proposal is not None and proposal.status != "open") or row.handled_at is not None:
        return False
    if proposal is not None:
        db.delete(proposal)
        db.flush()
    db.delete(row)
    db.flush()
    audit.note(db, volunteer, "verdict_undone", verdict_id)
    return True


def of_today(db: Session, volunteer: Volunteer) -> int:
    """How many answers this volunteer judged in the last twelve hours."""
    query = (
        select(func.count())
        .select_from(Verdict)
        .where(Verdict.volunteer_id == volunteer.id, Verdict.at > utc_now() - timedelta(hours=12))
    )
    return db.execute(query).scalar_one()


def reports(db: Session, topic: str | None = None) -> list[Verdict]:
    """Unsafe and badly written answers that nobody has handled; unsafe first, then oldest first."""
    query = select(Verdict).where(Verdict.verdict.in_(("unsafe", "bad_text")), Verdict.handled_at.is_(None))
    if topic is not None:
        query = query.where(Verdict.topic == topic)
    return sorted(db.execute(query).scalars(), key=lambda v: (v.verdict != "unsafe", v.id))


def handle(db: Session, volunteer: Volunteer, verdict_id: int) -> bool:
    """Notes that somebody looked at a report; returns whether nobody had yet."""
    query = update(Verdict).where(Verdict.id == verdict_id, Verdict.handled_at.is_(None)).values(
        handled_at=utc_now(), handled_by=volunteer.name)
    if db.execute(query.execution_options(synchronize_session=False)).rowcount != 1:
        return False
    audit.note(db, volunteer, "verdict_handled", verdict_id)
    return True


# -- proposals


def propose(db: Session, volunteer: Volunteer, kind: str, question: str, *, topic: str, audience: str) -> Proposal:
    """A question that a volunteer adds without a verdict."""
    row = Proposal(kind=kind, question=question, topic=topic, audience=audience, proposed_by=volunteer.name)
    db.add(row)
    db.flush()
    audit.note(db, volunteer, "proposal_added", row.id, topic)
    return row


def proposals(db: Session, status: str = "open", limit: int = 50, kind: str = "") -> list[Proposal]:
    query = select(Proposal).where(Proposal.status == status).order_by(Proposal.id).limit(limit)
    if kind:
        query = query.where(Proposal.kind == kind)
    return list(db.execute(query).scalars())


def counts(db: Session) -> dict[str, int]:
    """How many proposals there are of each status."""
    found = dict(db.execute(select(Proposal.status, func.count()).group_by(Proposal.status)).all())
    return {status: found.get(status, 0) for status in ("open", "accepted", "refused", "exported")}


def decide(
    db: Session,
    volunteer: Volunteer,
    proposal_id: int,
    version: int,
    status: str,
    *,
    question: Optional[str] = None,
    topic: Optional[str] = None,
    kind: Optional[str] = None,
) -> Proposal:
    """Accepts, refuses or reopens a proposal, perhaps reworded or moved.

    Args:
        version: the version that the volunteer saw.

    Raises:
        SomebodyElse: it was changed or exported since then.
    """
    row = db.get(Proposal, proposal_id)
    if row is None or row.version != version or row.status == "exported":
        raise SomebodyElse
    before = (row.question, row.topic, row.kind)
    row.question, row.topic, row.kind = question or row.question, topic or row.topic, kind or row.kind
    row.status, row.decided_by, row.decided_at = status, volunteer.name, utc_now()
    try:
        db.flush()  # the version is checked again here, in the database
    except StaleDataError:
        raise SomebodyElse from None
    changed = "" if before == (row.question, row.topic, row.kind) else " (aangepast)"
    action = {"accepted": "proposal_accepted", "refused": "proposal_refused", "open": "proposal_reopened"}[status]
    audit.note(db, volunteer, action, proposal_id, f"{row.kind}: {row.topic}{changed}")
    return row
