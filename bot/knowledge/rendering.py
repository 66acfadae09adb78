"""A message object as plain text, for a terminal and for Rasa's own channels."""
from __future__ import annotations

from typing import Any

_LABELS = {
    "steps": {"kind": "Wat je kunt doen", "ouder": "Wat u kunt doen"},
    "contacts": {"kind": "Wie jou kan helpen", "ouder": "Wie u kan helpen"},
    "articles": {"kind": "Jouw recht", "ouder": "Het recht van uw kind"},
    "law": {"kind": "De regels in Nederland", "ouder": "De regels in Nederland"},
}


def contact_line(contact: dict[str, Any]) -> str:
    """One contact as one or two lines of text."""
    ways = [f"bel {contact['phone']}" if contact.get("phone") else "",
            f"chat: {contact['chat']}" if contact.get("chat") else "",
            contact["url"] if contact.get("url") and contact.get("url") != contact.get("chat") else ""]
    when = {True: "nu open", False: "nu dicht", None: ""}[contact.get("open_now")]
    if when == "nu dicht" and contact.get("opens"):
        when += f", open {contact['opens']}"
    if contact.get("hours_text"):
        when = f"{when}; {contact['hours_text']}" if when else contact["hours_text"]
    notes = "; ".join(part for part in (when, contact.get("cost") or "") if part)
    line = f"{contact['name']}: " + ", ".join(way for way in ways if way)
    return f"{line}\n    {contact['what']}" + (f" ({notes})" if notes else "")


def as_text(message: dict[str, Any], choices: bool = True) -> str:
    """The whole message as a person would want to read it; help comes first in a crisis."""
    audience = message.get("audience", "kind")
    blocks: list[str] = []
    contacts = message.get("contacts") or []
    contact_block = ""
    if contacts:
        contact_block = "\n".join([_LABELS["contacts"][audience] + ":"] + [f"  • {contact_line(c)}" for c in contacts])
    if message["type"] == "crisis" and contact_block:
        blocks.append(contact_block)
    if message.get("title") and not message.get("part"):
        blocks.append(message["title"])
    blocks.append(message.get("text", ""))
    blocks += [message[extra] for extra in ("age_note", "today") if message.get(extra)]
    if message.get("steps"):
        blocks.append("\n".join([_LABELS["steps"][audience] + ":"]
                                + [f"  {n}. {step}" for n, step in enumerate(message["steps"], 1)]))
    if message["type"] != "crisis" and contact_block:
        blocks.append(contact_block)
    if message.get("articles"):
        rows = [f"  {a['ref']} — {a['title']}: {a['says']}" for a in message["articles"]]
        blocks.append("\n".join([_LABELS["articles"][audience] + " (VN-Kinderrechtenverdrag):"] + rows))
    if message.get("law") and audience == "ouder":
        blocks.append("\n".join([_LABELS["law"][audience] + ":"]
                                + [f"  • {rule['says']} ({rule['ref']})" for rule in message["law"]]))
    for extra in ("also", "ask_audience"):
        if message.get(extra):
            blocks.append(message[extra])
    if choices and message.get("choices"):
        blocks.append("\n".join(f"  [{c['title']}]" for c in message["choices"]))
    return "\n\n".join(block for block in blocks if block)
