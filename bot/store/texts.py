"""Proposals for better texts, and lawyers' sign-offs."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from bot.store import audit
from bot.store.models import LegalSignOff, TextProposal, Volunteer, utc_now
from bot.store.verdicts import SomebodyElse


def propose(
    db: Session, volunteer: Volunteer, topic: str, audience: str, field: str, *, before: str, after: str, note: str = ""
) -> TextProposal:
    row = TextProposal(
        topic=topic, audience=audience, field=field, before=before, after=after, note=note, proposed_by=volunteer.name
    )
    db.add(row)
    db.flush()
    audit.note(db, volunteer, "text_proposed", row.id, f"{topic} ({audience}, {field})")
    return row


def decide(db: Session, volunteer: Volunteer, proposal_id: int, version: int, status: str) -> TextProposal:
    """Accepts or refuses a text. Of two accepted texts for the same place, the newer one counts.

    Raises:
        SomebodyElse: it was changed or exported in the meantime.
    """
    row = db.get(TextProposal, proposal_id)
    if row is None or row.version != version or row.status == "exported":
        raise SomebodyElse
    row.status, row.decided_by, row.decided_at = status, volunteer.name, utc_now()
    if status == "accepted":
        query = select(TextProposal).where(
            TextProposal.topic == row.topic,
            TextProposal.audience == row.audience,
            TextProposal.field == row.field,
            TextProposal.status == "accepted",
            TextProposal.id != row.id,
        )
        for older in db.execute(query).scalars():
            older.status, older.decided_by, older.decided_at = "refused", volunteer.name, utc_now()
    try:
        db.flush()
    except StaleDataError:
        raise SomebodyElse from None
    audit.note(
        db,
        volunteer,
        "text_accepted" if status == "accepted" else "text_refused",
        proposal_id,
        f"{row.topic} ({row.audience}, {row.field})",
    )
    return row


def of_topic(db: Session, topic: str) -> list[TextProposal]:
    return list(
        db.execute(select(TextProposal).where(TextProposal.topic == topic).order_by(TextProposal.id.desc())).scalars()
    )


def waiting(db: Session) -> dict[str, int]:
    """Topic -> how many texts wait for a decision."""
    counts: dict[str, int] = defaultdict(int)
    for topic in db.execute(select(TextProposal.topic).where(TextProposal.status == "open")).scalars():
        counts[topic] += 1
    return counts


def sign_offs(db: Session) -> dict[str, list[LegalSignOff]]:
    """Topic -> its recorded sign-offs, newest first."""
    found: dict[str, list[LegalSignOff]] = defaultdict(list)
    for row in db.execute(select(LegalSignOff).order_by(LegalSignOff.id.desc())).scalars():
        found[row.topic].append(row)
    return found


def sign_off(db: Session, volunteer: Volunteer, topic: str, lawyer: str, *, signed_on: date, digest: str) -> None:
    """Records that a lawyer signed exactly the texts with this digest."""
    db.add(LegalSignOff(topic=topic, lawyer=lawyer, signed_on=signed_on, digest=digest, recorded_by=volunteer.name))
    audit.note(db, volunteer, "signed_off", topic, f"{lawyer}, {signed_on.isoformat()}")
