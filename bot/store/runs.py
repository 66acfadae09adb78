"""Volunteers' test sets and their runs. A run's progress is in the database: any process can see it."""

from __future__ import annotations

from datetime import timedelta
from typing import Iterable, Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

from bot.store import audit
from bot.store.models import TestCase, TestResult, TestRun, TestSet, Volunteer, utc_now

# A worker gives a sign of life every few seconds; one that was silent this long has been lost.
LOST_AFTER = timedelta(seconds=60)
# A worker that was started but never came: importing Rasa takes up to half a minute on a busy machine.
NEVER_CAME = timedelta(seconds=180)
MAX_AT_ONCE = 2


class NotMine(RuntimeError):
    """Another worker has taken over this run, or it was stopped or deleted."""


class TooManyRuns(RuntimeError):
    """Enough measurements are running: the machine also answers children."""


def add_set(db: Session, volunteer: Volunteer, name: str, cases: Iterable[tuple[int, str, str, str]]) -> TestSet:
    """A new set. `cases` are (row in the file, question, topic, audience)."""
    made = TestSet(name=name, made_by=volunteer.name)
    db.add(made)
    db.flush()
    rows = [
        {"set_id": made.id, "row": row, "question": question, "topic": topic, "audience": audience}
        for row, question, topic, audience in cases
    ]
    db.bulk_insert_mappings(TestCase, rows)
    audit.note(db, volunteer, "set_uploaded", made.id, f"{name}: {len(rows)}")
    return made


def sets(db: Session) -> list[tuple[TestSet, int]]:
    """All sets, newest first, each with its number of questions."""
    query = (
        select(TestSet, func.count(TestCase.id)).outerjoin(TestCase).group_by(TestSet.id).order_by(TestSet.id.desc())
    )
    return [(row[0], row[1]) for row in db.execute(query)]


def delete_set(db: Session, volunteer: Volunteer, found: TestSet) -> None:
    audit.note(db, volunteer, "set_deleted", found.id, found.name)
    db.delete(found)


def start(db: Session, volunteer: Volunteer, test_set: TestSet, model: str) -> TestRun:
    """A run that waits for a worker."""
    mark_lost(db)
    query = select(func.count()).select_from(TestRun).where(TestRun.status.in_(("waiting", "running")))
    if db.execute(query).scalar_one() >= MAX_AT_ONCE:
        raise TooManyRuns
    total = db.execute(select(func.count()).select_from(TestCase).where(TestCase.set_id == test_set.id)).scalar_one()
    run = TestRun(set_id=test_set.id, model=model, started_by=volunteer.name, total=total)
    db.add(run)
    db.flush()
    audit.note(db, volunteer, "run_started", run.id, f"{test_set.name} – {model}")
    return run


def resume(db: Session, volunteer: Volunteer, run: TestRun) -> bool:
    """Makes an interrupted run wait for a worker again; what was measured is kept."""
    query = (
        update(TestRun)
        .where(TestRun.id == run.id, TestRun.status == "interrupted")
        .values(status="waiting", worker="", alive_at=utc_now())
    )
    if db.execute(query.execution_options(synchronize_session=False)).rowcount != 1:
        return False
    audit.note(db, volunteer, "run_resumed", run.id)
    return True


def claim(db: Session, run_id: int, worker: str) -> TestRun:
    """Takes a waiting run; only one worker can."""
    query = (
        update(TestRun)
        .where(TestRun.id == run_id, TestRun.status == "waiting")
        .values(status="running", worker=worker, alive_at=utc_now())
    )
    if db.execute(query.execution_options(synchronize_session=False)).rowcount != 1:
        raise NotMine
    return db.get(TestRun, run_id, populate_existing=True)


def todo(db: Session, run: TestRun) -> list[TestCase]:
    """The questions that this run has no result for yet."""
    measured = select(TestResult.case_id).where(TestResult.run_id == run.id)
    query = select(TestCase).where(TestCase.set_id == run.set_id, TestCase.id.not_in(measured)).order_by(TestCase.row)
    return list(db.execute(query).scalars())


def alive(db: Session, run_id: int, worker: str, results: Sequence[dict] = ()) -> None:
    """A sign of life, with the results that came since the last one.

    Raises:
        NotMine: the run was taken over or deleted; nothing was written.
    """
    query = (
        update(TestRun)
        .where(TestRun.id == run_id, TestRun.worker == worker, TestRun.status == "running")
        .values(alive_at=utc_now(), done=TestRun.done + len(results))
    )
    if db.execute(query.execution_options(synchronize_session=False)).rowcount != 1:
        raise NotMine
    if results:
        db.bulk_insert_mappings(TestResult, [{"run_id": run_id, **row} for row in results])


def finish(db: Session, run_id: int, worker: str, status: str = "done") -> None:
    query = (
        update(TestRun)
        .where(TestRun.id == run_id, TestRun.worker == worker, TestRun.status == "running")
        .values(status=status, finished_at=utc_now() if status == "done" else None)
    )
    db.execute(query.execution_options(synchronize_session=False))


def interrupt(db: Session, run_id: int) -> None:
    """The worker's process ended: what it left unfinished can be resumed."""
    query = (
        update(TestRun)
        .where(TestRun.id == run_id, TestRun.status.in_(("waiting", "running")))
        .values(status="interrupted", worker="")
    )
    db.execute(query.execution_options(synchronize_session=False))


def mark_lost(db: Session) -> int:
    """Runs whose worker is gone become "interrupted"; returns how many."""
    now = utc_now()
    changed = 0
    for status, patience in (("running", LOST_AFTER), ("waiting", NEVER_CAME)):
        query = (
            update(TestRun)
            .where(TestRun.status == status, TestRun.alive_at < now - patience)
            .values(status="interrupted", worker="")
        )
        changed += db.execute(query.execution_options(synchronize_session=False)).rowcount
    return changed


def newest(db: Session, limit: int = 20, set_id: int | None = None) -> list[TestRun]:
    query = select(TestRun).order_by(TestRun.id.desc()).limit(limit)
    if set_id is not None:
        query = query.where(TestRun.set_id == set_id)
    return list(db.execute(query).scalars())


def hits(db: Session, run_ids: Iterable[int]) -> dict[int, int]:
    """Run -> how many of its questions got the topic that was expected."""
    query = (
        select(TestResult.run_id, func.count())
        .join(TestCase, TestCase.id == TestResult.case_id)
        .where(TestResult.run_id.in_(list(run_ids)), TestResult.got == TestCase.topic)
        .group_by(TestResult.run_id)
    )
    return {row[0]: row[1] for row in db.execute(query)}


def before(db: Session, run: TestRun) -> TestRun | None:
    """The finished run of the same set before this one."""
    query = (
        select(TestRun)
        .where(TestRun.set_id == run.set_id, TestRun.id < run.id, TestRun.status == "done")
        .order_by(TestRun.id.desc())
        .limit(1)
    )
    return db.execute(query).scalar_one_or_none()


def rows(db: Session, run_id: int) -> list[TestResult]:
    """The results of a run in the order of the file, with their questions."""
    query = (
        select(TestResult)
        .join(TestCase, TestCase.id == TestResult.case_id)
        .where(TestResult.run_id == run_id)
        .options(joinedload(TestResult.case))
        .order_by(TestCase.row)
    )
    return list(db.execute(query).scalars())


def failures_of(db: Session, topic: str) -> list[TestResult]:
    """What the newest finished run of each set got wrong about one topic."""
    last = select(func.max(TestRun.id)).where(TestRun.status == "done").group_by(TestRun.set_id)
    query = (
        select(TestResult)
        .join(TestCase, TestCase.id == TestResult.case_id)
        .where(TestResult.run_id.in_(last), TestCase.topic == topic, TestResult.got != topic)
        .options(joinedload(TestResult.case))
        .order_by(TestResult.id.desc())
        .limit(50)
    )
    return list(db.execute(query).scalars())
