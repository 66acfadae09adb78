"""What happens outside: counts per day and theme, nothing about a person."""

from __future__ import annotations

import csv
import io

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from bot.knowledge.library import knowledge
from bot.knowledge.opening_hours import now_in_amsterdam
from bot.review import outside
from bot.store.models import Volunteer
from bot.web.console.access import database, show, signed_in
from bot.web.console.words import words

router = APIRouter()
_PERIODS = (7, 30, 90, 365)


def _theme(name: str) -> str:
    found = knowledge().themes.get(name)
    return found.title.kind if found else "geen onderwerp"


def _lines(request: Request, days: int) -> list[outside.Line]:
    with database(request) as db:
        return outside.read(db, now_in_amsterdam().date(), days)


@router.get("/buiten")
def page(request: Request, _: Volunteer = Depends(signed_in()), dagen: int = 30) -> Response:
    days = dagen if dagen in _PERIODS else 30
    lines = _lines(request, days)
    themes: dict[str, int] = {}
    for line in lines:
        themes[_theme(line.theme)] = themes.get(_theme(line.theme), 0) + (line.total or 0)
    return show(
        request,
        "console_outside.html",
        lines=lines,
        days=days,
        periods=_PERIODS,
        kinds=outside.KINDS,
        theme=_theme,
        per_day=[(d.strftime("%d-%m"), n) for d, n in outside.per_day(lines)],
        per_kind=[(words(k), n) for k, n in outside.per_kind(lines) if n],
        per_theme=sorted(((t, n) for t, n in themes.items() if n), key=lambda row: -row[1]),
    )


@router.get("/buiten.csv")
def as_csv(request: Request, _: Volunteer = Depends(signed_in()), dagen: int = 30) -> Response:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["dag", "thema", "vragen (ten minste)", *(words(k) for k in outside.KINDS)])
    few = f"minder dan {outside.LEAST}"
    for line in _lines(request, dagen if dagen in _PERIODS else 30):
        writer.writerow(
            [
                line.day.isoformat(),
                _theme(line.theme),
                *(few if n is None else n for n in (line.total, *line.cells.values())),
            ]
        )
    return Response(
        out.getvalue().encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="wat-er-buiten-gebeurt.csv"',
            "Cache-Control": "no-store",
        },
    )
