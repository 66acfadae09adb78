"""Contacts: checked today, or the number is wrong and the contact disappears at once."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from bot.knowledge.library import knowledge
from bot.review.mentions import mentions
from bot.store import accounts
from bot.store import contacts as store
from bot.store.models import Volunteer
from bot.store.verdicts import SomebodyElse
from bot.web.console.access import Refused, database, go, show, signed_in

router = APIRouter()


@router.get("/contacten")
def contact_list(request: Request, _: Volunteer = Depends(signed_in()), gedaan: str = "") -> Response:
    """Those that need a look first, then the longest ago first."""
    content = knowledge()
    used: dict[str, int] = {}
    for topic in content.topics.values():
        for contact_id in {*topic.contacts.kind, *topic.contacts.ouder}:
            used[contact_id] = used.get(contact_id, 0) + 1
    with database(request) as db:
        states = store.states(db)
        signers = store.who_switched_off(db)
    rows = []
    for contact in content.contacts.values():
        state = states.get(contact.id)
        day, by = store.last_checked(contact, state)
        off = bool(state and state.off)
        stand_ins = content.without_contacts(content.switched_off | {contact.id})
        instead = {a: ", ".join(c.name for c in stand_ins.contacts_for([contact.id], a)) for a in contact.for_whom}
        rows.append(
            {
                "contact": contact,
                "day": day,
                "by": by,
                "off": off,
                "note": state.note if state else "",
                "switched": signers.get(contact.id) if off else None,
                "version": state.version if state else 0,
                "overdue": store.overdue(day),
                "used": used.get(contact.id, 0),
                "instead": instead,
                "named": mentions(content, contact) if off else [],
                "always": contact.id == store.ALWAYS_ON,
            }
        )
    rows.sort(key=lambda r: (not r["off"], not r["overdue"], r["day"], r["contact"].name.lower()))
    return show(
        request,
        "console_contacts.html",
        rows=rows,
        done=content.contacts.get(gedaan),
        days=store.REMIND_AFTER.days,
        late=sum(r["overdue"] for r in rows),
    )


@router.post("/contacten/{contact_id}")
async def change(
    request: Request, *,
    contact_id: str,
    volunteer: Volunteer = Depends(signed_in()),
    action: str = Form(""),
    version: int = Form(0),
    note: str = Form("", max_length=1000),
) -> Response:
    """Anybody may say that a number is wrong: none is better than a wrong one. Switching on again is for editors."""
    if contact_id not in knowledge().contacts:
        raise Refused(404, "Dit contact is er niet.")
    if action not in ("checked", "off", "on"):
        raise Refused(422, "Kies wat je wilt doen.")
    if action == "on" and not accounts.allows(volunteer.role, "editor"):
        raise Refused(403, "Een contact weer aanzetten kan alleen een redacteur.")

    def save() -> None:
        with database(request) as db:
            store.change(db, volunteer, contact_id, version, action=action, note=note.strip())
        # This process at once; the others read the database every few seconds.
        store.apply(request.app.state.settings.database_url)

    try:
        await asyncio.to_thread(save)
    except SomebodyElse:
        raise Refused(409, "Iemand anders heeft dit contact net bijgewerkt. Kijk wat er nu staat.") from None
    except ValueError as refused:
        raise Refused(422, str(refused)) from None
    return go(f"/contacten?gedaan={contact_id}")
