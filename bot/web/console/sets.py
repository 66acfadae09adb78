"""Test sets: upload, measure, compare, download."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Optional

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import JSONResponse, Response
from sqlalchemy.orm import Session

from bot.knowledge.library import knowledge
from bot.review import downloads
from bot.review.results import compared, measured
from bot.review.runner import model_names
from bot.review.set_files import read_upload
from bot.store import runs
from bot.store.models import TestCase, TestRun, TestSet, Volunteer
from bot.web.console.access import Refused, database, go, show, signed_in
from bot.web.console.words import clock, model_words, topic_title

router = APIRouter()
_SHOWN = 200  # failures on a page; all of them are in the files


def topic_names() -> dict[str, str]:
    """Every way in which a test set may name a topic, in lower case -> the topic's name."""
    names = {"buiten_bereik": "buiten_bereik", topic_title("buiten_bereik").lower(): "buiten_bereik"}
    for topic in knowledge().topics.values():
        for title in (topic.title.ouder, topic.title.kind):
            names[title.lower()] = topic.topic
        names[topic.topic.replace("_", " ")] = topic.topic
    # Last, so that a name always wins from a title.
    names.update({name: name for name in knowledge().topics})
    return names


def _in_use(request: Request) -> str:
    return request.app.state.assistant.model_name if request.app.state.assistant else ""


def _models(request: Request) -> list[str]:
    return model_names(request.app.state.settings.model_dir) or [name for name in [_in_use(request)] if name]


def _model_rows(request: Request) -> list[tuple[str, str]]:
    """The models to choose from (file name, words), newest first."""
    in_use, rows = _in_use(request), []
    for number, name in enumerate(_models(request)):
        file = request.app.state.settings.model_dir / name
        made = datetime.fromtimestamp(file.stat().st_mtime, UTC).replace(tzinfo=None) if file.exists() else None
        notes = [f"van {clock(made)}"] if made else []
        notes += ["in gebruik"] if name == in_use else ["nieuwste"] if number == 0 else []
        rows.append((name, ", ".join([model_words(name), *notes])))
    return rows


def _list(request: Request, status: int = 200, **values: Any) -> Response:
    with database(request) as db:
        runs.mark_lost(db)
        newest: dict[int, TestRun] = {}
        for run in runs.newest(db, 500):
            newest.setdefault(run.set_id, run)
        done = [run for run in newest.values() if run.status == "done"]
        hits = runs.hits(db, [run.id for run in done])
        return show(
            request,
            "console_sets.html",
            status,
            sets=runs.sets(db),
            newest=newest,
            scores={run.id: hits.get(run.id, 0) / run.total for run in done if run.total},
            **{"mistakes": [], "error": "", "name": "", **values},
        )


@router.get("/testsets")
def set_list(request: Request, _: Volunteer = Depends(signed_in())) -> Response:
    return _list(request)


@router.post("/testsets")
def upload(
    request: Request,
    volunteer: Volunteer = Depends(signed_in()),
    file: Optional[UploadFile] = File(None),
    name: str = Form("", max_length=300),
) -> Response:
    if file is None or not file.filename:
        return _list(request, 422, error="Kies eerst een bestand.", name=name)
    found = read_upload(file.file.read(), topic_names())
    name = " ".join((name or (file.filename or "Testset").rsplit(".", 1)[0]).split())[:120] or "Testset"
    if found.mistakes:
        return _list(request, 422, mistakes=found.mistakes, name=name, good=len(found.cases))
    with database(request) as db:
        made = runs.add_set(db, volunteer, name, found.cases)
    return go(f"/testsets/{made.id}?dubbel={len(found.notes)}")


def _found(db: Session, kind: type, row_id: int) -> Any:
    row = db.get(kind, row_id)
    if row is None:
        raise Refused(404, "Dit is er niet (meer).")
    return row


@router.get("/testsets/voorbeeld.csv")
def example(_: Volunteer = Depends(signed_in())) -> Response:
    """A small file to begin with: one question of each of five topics."""
    some = list(knowledge().topics.values())[::15]
    text = "vraag;onderwerp;voor\r\n" + "".join(f'"{t.question.kind}";{t.topic};kind\r\n' for t in some)
    return _file(text.encode("utf-8-sig"), "text/csv; charset=utf-8", "voorbeeld-testset.csv")


@router.get("/testsets/{set_id}")
def set_page(
    request: Request, set_id: int, _: Volunteer = Depends(signed_in()), dubbel: int = 0, error: str = ""
) -> Response:
    return _set_page(request, set_id, doubles=dubbel)


def _set_page(request: Request, set_id: int, status: int = 200, doubles: int = 0, error: str = "") -> Response:
    with database(request) as db:
        runs.mark_lost(db)
        test_set = _found(db, TestSet, set_id)
        done = runs.newest(db, 30, set_id)
        scores = {run.id: measured(runs.rows(db, run.id)).all for run in done if run.status == "done"}
        total = db.query(TestCase).filter(TestCase.set_id == set_id).count()
        return show(
            request,
            "console_set.html",
            status,
            set=test_set,
            runs=done,
            scores=scores,
            total=total,
            error=error,
            models=_model_rows(request),
            in_use=_in_use(request),
            doubles=doubles,
            points=[(clock(run.at), scores[run.id].value, model_words(run.model)) for run in reversed(done) if run.id in scores],
        )


@router.post("/testsets/{set_id}/meet")
def start(
    request: Request, set_id: int, volunteer: Volunteer = Depends(signed_in()), model: str = Form("", max_length=120)
) -> Response:
    if model not in _models(request):
        raise Refused(422, "Dit model is er niet (meer). Kies een ander.")
    try:
        with database(request) as db:
            run = runs.start(db, volunteer, _found(db, TestSet, set_id), model)
    except runs.TooManyRuns:
        return _set_page(request, set_id, 429, error="Er lopen al twee metingen. Wacht tot er een klaar is.")
    request.app.state.launch_run(request.app.state.settings, run.id)
    return go(f"/metingen/{run.id}")


@router.post("/testsets/{set_id}/weg")
def delete(
    request: Request, set_id: int, volunteer: Volunteer = Depends(signed_in("editor")), sure: str = Form("")
) -> Response:
    if sure != "ja":
        return _set_page(request, set_id, 422, error="Zet eerst het vinkje: verwijderen kan niet ongedaan.")
    with database(request) as db:
        runs.delete_set(db, volunteer, _found(db, TestSet, set_id))
    return go("/testsets")


@router.get("/metingen/{run_id}")
def run_page(request: Request, run_id: int, _: Volunteer = Depends(signed_in())) -> Response:
    with database(request) as db:
        runs.mark_lost(db)
        run = _found(db, TestRun, run_id)
        rows = runs.rows(db, run_id)
        last = runs.before(db, run)
        same = compared(runs.rows(db, last.id), rows) if last and run.status == "done" else None
        return show(
            request,
            "console_run.html",
            run=run,
            m=measured(rows) if rows else None,
            last=last,
            compared=same,
            in_use=_in_use(request),
            shown=_SHOWN,
            failed=rows and measured(rows).failures[:_SHOWN],
        )


@router.get("/metingen/{run_id}/stand")
def progress(request: Request, run_id: int, _: Volunteer = Depends(signed_in())) -> Response:
    """How far a run is, for the page's script."""
    with database(request) as db:
        runs.mark_lost(db)
        run = _found(db, TestRun, run_id)
        return JSONResponse(
            {"status": run.status, "done": run.done, "total": run.total}, headers={"Cache-Control": "no-store"}
        )


@router.post("/metingen/{run_id}/verder")
def resume(request: Request, run_id: int, volunteer: Volunteer = Depends(signed_in())) -> Response:
    with database(request) as db:
        waiting = runs.resume(db, volunteer, _found(db, TestRun, run_id))
    if waiting:
        request.app.state.launch_run(request.app.state.settings, run_id)
    return go(f"/metingen/{run_id}")


def _file(data: bytes, media_type: str, name: str) -> Response:
    return Response(
        data,
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@router.get("/metingen/{run_id}/bestand.{kind}")
def download(request: Request, run_id: int, kind: str, _: Volunteer = Depends(signed_in())) -> Response:
    with database(request) as db:
        run, rows = _found(db, TestRun, run_id), runs.rows(db, run_id)
        m = measured(rows)
        name = f"meting-{run_id}.{kind}"
        if kind == "csv":
            return _file(downloads.as_csv(rows), "text/csv; charset=utf-8", name)
        if kind == "xlsx":
            return _file(
                downloads.as_excel(run, clock(run.at), rows, m),
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                name,
            )
        if kind == "html":
            return _file(downloads.as_html(run, clock(run.at), m), "text/html; charset=utf-8", name)
    raise Refused(404, "Dit soort bestand is er niet.")


@router.get("/vergelijk")
def compare(request: Request, a: int, b: int, _: Volunteer = Depends(signed_in())) -> Response:
    """Two runs of one set, side by side; `a` is the older one."""
    with database(request) as db:
        first, second = _found(db, TestRun, a), _found(db, TestRun, b)
        if first.set_id != second.set_id or first.id == second.id or {first.status, second.status} != {"done"}:
            raise Refused(422, "Kies twee metingen van dezelfde testset die klaar zijn.")
        return show(
            request,
            "console_compare.html",
            a=first,
            b=second,
            in_use=_in_use(request),
            shown=_SHOWN,
            c=compared(runs.rows(db, a), runs.rows(db, b)),
        )
