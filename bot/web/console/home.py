"""The first page after signing in, the audit list, the accounts and the keyboard keys."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from bot.knowledge.library import knowledge
from bot.store import accounts, audit, contacts, runs, verdicts
from bot.store.models import Volunteer
from bot.web.console.access import Refused, database, go, show, signed_in

router = APIRouter()


@router.get("")
def home(request: Request, volunteer: Volunteer = Depends(signed_in())) -> Response:
    with database(request) as db:
        states = contacts.states(db)
        content = knowledge().contacts.values()
        checked = {c.id: contacts.last_checked(c, states.get(c.id))[0] for c in content}
        return show(
            request,
            "console_home.html",
            today=verdicts.of_today(db, volunteer),
            topics=knowledge().topics,
            counts=verdicts.counts(db),
            reports=verdicts.reports(db),
            runs=runs.newest(db, 5),
            overdue=[c for c in content if contacts.overdue(checked[c.id])],
            off=[c for c in content if c.id in states and states[c.id].off],
        )


@router.get("/logboek")
def audit_list(request: Request, volunteer: Volunteer = Depends(signed_in()), voor: int = 0) -> Response:
    """An admin sees everybody's entries, the others their own."""
    with database(request) as db:
        everybody = volunteer.role == "admin"
        rows = audit.entries(db, None if everybody else volunteer.id, voor or None)
    return show(
        request, "console_audit.html", rows=rows, everybody=everybody, more=rows[-1].id if len(rows) == 100 else 0
    )


@router.get("/accounts")
def account_list(request: Request, _: Volunteer = Depends(signed_in("admin"))) -> Response:
    with database(request) as db:
        return show(request, "console_accounts.html", rows=accounts.volunteers(db))


@router.post("/accounts/{volunteer_id}/uit")
def switch_off(
    request: Request, volunteer_id: int, volunteer: Volunteer = Depends(signed_in("admin"))
) -> Response:
    if volunteer_id == volunteer.id:
        raise Refused(422, "Je eigen account kun je niet uitzetten.")
    with database(request) as db:
        found = db.get(Volunteer, volunteer_id)
        if found is None:
            raise Refused(404, "Dit account is er niet.")
        accounts.switch_off(db, found)
        audit.note(db, volunteer, "volunteer_off", found.name)
    return go("/accounts")
