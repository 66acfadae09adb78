"""The audit list: who did what, when."""

from __future__ import annotations

from typing import Optional

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store.models import AuditEntry, Volunteer


def note(db: Session, volunteer: Optional[Volunteer], action: str, subject: object = "", detail: str = "") -> None:
    """Adds an entry in the same transaction as what was done; "command line" is named where no volunteer acts."""
    db.add(
        AuditEntry(
            volunteer_id=volunteer.id if volunteer else None,
            who=volunteer.name if volunteer else "opdrachtregel",
            action=action,
            subject=str(subject)[:120],
            detail=detail,
        )
    )


def entries(
    db: Session, volunteer_id: int | None = None, before: int | None = None, limit: int = 100
) -> list[AuditEntry]:
    """The newest entries first; those of one volunteer, or of all."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if volunteer_id is not None:
        query = query.where(AuditEntry.volunteer_id == volunteer_id)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    return list(db.execute(query).scalars())
