"""What volunteers found out about contacts: checked, or wrong and switched off."""

from __future__ import annotations

import logging
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from bot.knowledge.library import knowledge, use_knowledge
from bot.knowledge.model import Contact
from bot.knowledge.opening_hours import now_in_amsterdam
from bot.store import audit
from bot.store.database import session
from bot.store.models import AuditEntry, ContactState, Volunteer
from bot.store.verdicts import SomebodyElse

logger = logging.getLogger(__name__)
REMIND_AFTER = timedelta(days=90)
# 112 is never switched off: without it there may be nobody left to name.
ALWAYS_ON = "alarmnummer"


def states(db: Session) -> dict[str, ContactState]:
    return {row.contact_id: row for row in db.execute(select(ContactState)).scalars()}


def who_switched_off(db: Session) -> dict[str, AuditEntry]:
    """Contact -> the newest entry of the audit list that switched it off: by whom and when."""
    query = select(AuditEntry).where(AuditEntry.action == "contact_off").order_by(AuditEntry.id)
    return {row.subject: row for row in db.execute(query).scalars()}


def last_checked(contact: Contact, state: ContactState | None) -> tuple[date, str]:
    """When the contact was last checked, and by whom ("" for the date in contacts.yml)."""
    written = date.fromisoformat(contact.checked)
    if state is not None and state.checked_on is not None and state.checked_on >= written:
        return state.checked_on, state.checked_by
    return written, ""


def overdue(day: date) -> bool:
    """Whether a contact that was last checked on `day` should be looked at again."""
    return now_in_amsterdam().date() - day > REMIND_AFTER


def change(db: Session, volunteer: Volunteer, contact_id: str, version: int, *, action: str, note: str = "") -> None:
    """`action` is checked, off or on; `version` is what the volunteer saw, 0 when nothing was noted yet.

    Raises:
        SomebodyElse: somebody changed it in the meantime.
        ValueError: this contact may not be switched off.
    """
    if action == "off" and contact_id == ALWAYS_ON:
        raise ValueError(
            "112 kan niet uit: er moet altijd iemand te bellen zijn. Bel de beheerder als hier iets niet klopt."
        )
    row = db.get(ContactState, contact_id)
    # A wrong number must go at once; only undoing or confirming needs to know the newest state.
    if action != "off" and (row.version if row else 0) != version:
        raise SomebodyElse
    if row is None:
        row = ContactState(contact_id=contact_id, off=False, note="", checked_by="")
        db.add(row)
    if action == "off":
        row.off, row.note = True, note
    else:
        row.checked_on, row.checked_by = now_in_amsterdam().date(), volunteer.name
        if action == "on":
            row.off, row.note = False, ""
    try:
        db.flush()
    except (StaleDataError, IntegrityError):
        raise SomebodyElse from None
    audit.note(db, volunteer, f"contact_{action}", contact_id, note)


def apply(url: str) -> bool:
    """Makes the contacts in use those that the database leaves on; returns whether the database could be read.

    A database that is down changes nothing: what was switched off before stays off.
    """
    try:
        with session(url) as db:
            off = frozenset(db.execute(select(ContactState.contact_id).where(ContactState.off)).scalars())
    except SQLAlchemyError as error:
        logger.debug("Contacts were not read: %s", type(error).__name__)
        return False
    off = frozenset(off & knowledge().contacts.keys()) - {ALWAYS_ON}
    if off != knowledge().switched_off:
        use_knowledge(knowledge().without_contacts(off))
    return True
