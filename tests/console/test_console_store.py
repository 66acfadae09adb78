"""Accounts, verdicts, proposals and runs in the database: the same on SQLite and PostgreSQL."""
from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from bot.review.runner import run_set
from bot.store import accounts, audit, contacts, runs, verdicts
from bot.store.database import engine, session, upgrade
from bot.store.models import (
    AuditEntry,
    Base,
    Proposal,
    SetupLink,
    SignedIn,
    TestResult,
    TestRun,
    TestSet,
    Verdict,
    Volunteer,
    utc_now,
)
from tests.console.stand_in import StandIn

GOOD = "vier gewone woorden hier"


def volunteer(url: str, name: str = "Noor", role: str = "tester") -> Volunteer:
    with session(url) as db:
        db.expire_on_commit = False
        made, token = accounts.add_volunteer(db, name, role)
        db.flush()
        accounts.set_passphrase(db, token, GOOD, GOOD)
    return made


def count(url: str, table) -> int:
    with session(url) as db:
        return db.execute(select(func.count()).select_from(table)).scalar_one()


SEEN = {"question": "mijn opa zorgt voor mij", "audience": "kind", "model": "m", "topic": "wonen_dakloos", "confidence": 0.6,
        "ranking": [["wonen_dakloos", 0.6]]}


def test_the_migrations_make_exactly_the_models(url):
    with engine(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_schemas": False})
        differences = [d for d in compare_metadata(context, Base.metadata) if d[0] != "remove_table"]
    assert not differences


def test_upgrading_again_changes_nothing_and_going_back_works(url):
    assert "up to date" in upgrade(url)
    volunteer(url)
    assert count(url, Volunteer) == 1


def test_a_link_works_once_and_ends_older_links_and_sessions(url):
    with session(url) as db:
        _, first = accounts.add_volunteer(db, "  Noor   Jansen ", "tester")
    with session(url) as db:
        assert accounts.link_owner(db, first).name == "Noor Jansen"
        accounts.set_passphrase(db, first, GOOD, GOOD)
    with session(url) as db, pytest.raises(accounts.AccountError):
        accounts.set_passphrase(db, first, "een heel andere zin", "een heel andere zin")
    with session(url) as db:
        found = accounts.right_passphrase(db, "noor jansen", GOOD)
        token = accounts.start_session(db, found)
    with session(url) as db:
        _, second = accounts.add_volunteer(db, "Noor Jansen", "editor")
        _, third = accounts.add_volunteer(db, "Noor Jansen", "editor")
        assert accounts.link_owner(db, second) is None and accounts.link_owner(db, third) is not None
    with session(url) as db:
        accounts.set_passphrase(db, third, "nog een andere goede zin", "nog een andere goede zin")
        assert accounts.session_owner(db, token) is None
        assert accounts.right_passphrase(db, "Noor Jansen", GOOD) is None


@pytest.mark.parametrize(("one", "two"), [("kort", "kort"), (GOOD, GOOD + "!"), ("x" * 201, "x" * 201)])
def test_bad_passphrases_are_refused_and_leave_the_link(url, one, two):
    with session(url) as db:
        _, token = accounts.add_volunteer(db, "Noor", "tester")
    with pytest.raises(accounts.AccountError), session(url) as db:
        accounts.set_passphrase(db, token, one, two)
    with session(url) as db:
        assert accounts.link_owner(db, token) is not None


def test_neither_passphrases_nor_tokens_stand_in_the_database(url):
    made = volunteer(url)
    with session(url) as db:
        token = accounts.start_session(db, made)
    with session(url) as db:
        row = db.get(Volunteer, made.id)
        assert row.passphrase.startswith("$argon2id$") and GOOD not in row.passphrase
        assert token not in [s.digest for s in db.execute(select(SignedIn)).scalars()]
        assert not list(db.execute(select(SetupLink)).scalars())


def test_sessions_end_by_age_by_idleness_and_when_the_account_is_switched_off(url):
    made = volunteer(url)
    with session(url) as db:
        tokens = [accounts.start_session(db, made) for _ in range(3)]
    with session(url) as db:
        assert all(accounts.session_owner(db, token) for token in tokens)
        rows = list(db.execute(select(SignedIn)).scalars())
        by_digest = {accounts._digest(t): t for t in tokens}
        rows[0].expires_at = utc_now() - timedelta(seconds=1)
        rows[1].seen_at = utc_now() - timedelta(hours=accounts.IDLE_HOURS, seconds=1)
        old, idle, good = (by_digest[r.digest] for r in rows)
    with session(url) as db:
        assert accounts.session_owner(db, old) is None
        assert accounts.session_owner(db, idle) is None
        assert accounts.session_owner(db, good) is not None
        assert accounts.session_owner(db, "") is None and accounts.session_owner(db, "x") is None
        accounts.switch_off(db, db.get(Volunteer, made.id))
    with session(url) as db:
        assert accounts.session_owner(db, good) is None
        assert accounts.right_passphrase(db, "Noor", GOOD) is None


def test_guessing_is_braked_for_the_name_and_for_the_address_and_only_for_a_while(url):
    volunteer(url)
    for _ in range(accounts.MAX_FAILURES["name"]):
        with session(url) as db:
            accounts.check_brake(db, "s", "Noor", "1.1.1.1")
            accounts.note_failure(db, "s", "Noor", "1.1.1.1")
    with session(url) as db, pytest.raises(accounts.TooManyFailures):
        accounts.check_brake(db, "s", " noor ", "2.2.2.2")
    with session(url) as db:
        accounts.check_brake(db, "s", "Ali", "1.1.1.1")
    for number in range(accounts.MAX_FAILURES["address"] - 5):
        with session(url) as db:
            accounts.note_failure(db, "s", f"naam{number}", "1.1.1.1")
    with session(url) as db, pytest.raises(accounts.TooManyFailures):
        accounts.check_brake(db, "s", "Ali", "1.1.1.1")
    from bot.store.models import FailedSignIn

    with session(url) as db:
        assert "1.1.1.1" not in [row.key for row in db.execute(select(FailedSignIn)).scalars()]
        db.execute(update(FailedSignIn).values(at=utc_now() - timedelta(minutes=16)))
    with session(url) as db:
        accounts.check_brake(db, "s", "Noor", "1.1.1.1")


def test_verdicts_become_the_right_proposals(url):
    made = volunteer(url)
    with session(url) as db:
        verdicts.add(db, made, SEEN, "right")
        verdicts.add(db, made, SEEN, "wrong_topic", right_topic="jeugdzorg_pleegzorg")
        verdicts.add(db, made, SEEN, "bad_text", note="te lang")
        verdicts.add(db, made, SEEN, "unsafe")
        verdicts.add(db, made, {**SEEN, "topic": "nlu_fallback"}, "right")
    with session(url) as db:
        rows = verdicts.proposals(db)
        assert [(p.kind, p.topic) for p in rows] == [("regression", "wonen_dakloos"), ("training", "jeugdzorg_pleegzorg")]
        assert [v.verdict for v in verdicts.reports(db)] == ["unsafe", "bad_text"]
        assert verdicts.of_today(db, made) == 5
        assert [e.action for e in audit.entries(db, made.id)].count("verdict") == 5


def test_a_verdict_can_be_taken_back_until_an_editor_decided_and_only_by_its_owner(url):
    noor, ali = volunteer(url, "Noor"), volunteer(url, "Ali", "editor")
    with session(url) as db:
        db.expire_on_commit = False
        first = verdicts.add(db, noor, SEEN, "right")
        second = verdicts.add(db, noor, SEEN, "right")
    with session(url) as db:
        assert not verdicts.undo(db, ali, first.id)
        assert verdicts.undo(db, noor, first.id)
        assert not verdicts.undo(db, noor, first.id)
    with session(url) as db:
        left = verdicts.proposals(db)
        assert [p.verdict_id for p in left] == [second.id]
        verdicts.decide(db, ali, left[0].id, left[0].version, "accepted")
    with session(url) as db:
        assert not verdicts.undo(db, noor, second.id)
    assert count(url, Verdict) == 1


def test_of_two_editors_at_once_one_decides_and_the_other_is_told(url):
    noor, ali = volunteer(url, "Noor", "editor"), volunteer(url, "Ali", "editor")
    with session(url) as db:
        verdicts.add(db, noor, SEEN, "right")
    with session(url) as db:
        db.expire_on_commit = False
        seen = verdicts.proposals(db)[0]
    start, said = threading.Barrier(2), []

    def decide(who, status, question):
        start.wait(5)
        try:
            with session(url) as db:
                verdicts.decide(db, who, seen.id, seen.version, status, question=question)
            said.append("done")
        except verdicts.SomebodyElse:
            said.append("told")
        except Exception as error:  # SQLite says that it is locked when both write at the same instant
            said.append("told" if "locked" in str(error) else repr(error))

    threads = [threading.Thread(target=decide, args=args) for args in ((noor, "accepted", "een"), (ali, "refused", "twee"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(said) == ["done", "told"]
    with session(url) as db:
        row = db.get(Proposal, seen.id)
        assert (row.status, row.question, row.decided_by) in [("accepted", "een", "Noor"), ("refused", "twee", "Ali")]
        assert row.version == seen.version + 1
        decided = db.execute(select(func.count()).select_from(AuditEntry).where(
            AuditEntry.action.in_(("proposal_accepted", "proposal_refused")))).scalar_one()
        assert decided == 1


def test_many_verdicts_at_once_are_all_kept(url):
    people = [volunteer(url, f"V{n}") for n in range(4)]
    problems = []

    def judge(who):
        try:
            for n in range(10):
                with session(url) as db:
                    verdicts.add(db, who, {**SEEN, "question": f"{who.name} {n}"}, "right")
        except Exception as error:  # noqa: BLE001 - reported below
            problems.append(error)

    threads = [threading.Thread(target=judge, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not problems
    assert count(url, Verdict) == 40 and count(url, Proposal) == 40


# -- contacts


def test_a_wrong_number_goes_at_once_also_when_somebody_else_just_checked_it(url, content):
    noor, ali = volunteer(url, "Noor"), volunteer(url, "Ali", "editor")
    with session(url) as db:
        contacts.change(db, noor, "veilig_thuis", 0, action="checked")
    with session(url) as db:
        contacts.change(db, ali, "veilig_thuis", 0, action="off", note="dood nummer")
    with session(url) as db:
        assert contacts.states(db)["veilig_thuis"].off
    with pytest.raises(verdicts.SomebodyElse), session(url) as db:
        contacts.change(db, noor, "veilig_thuis", 1, action="on")
    with session(url) as db:
        contacts.change(db, ali, "veilig_thuis", 2, action="on")
        assert not contacts.states(db)["veilig_thuis"].off
    with pytest.raises(ValueError), session(url) as db:
        contacts.change(db, ali, "alarmnummer", 0, action="off")


# -- runs


def test_set(url: str, who: Volunteer, number: int = 25) -> TestSet:
    with session(url) as db:
        db.expire_on_commit = False
        return runs.add_set(db, who, "proef", [
            (n + 2, f"vraag {n} over school", "algemeen_onderwijs" if n % 5 else "wonen_dakloos", "kind")
            for n in range(number)])


test_set.__test__ = False


def begin(url: str, who: Volunteer, made: TestSet) -> TestRun:
    with session(url) as db:
        db.expire_on_commit = False
        return runs.start(db, who, db.get(TestSet, made.id), "model-a.tar.gz")


def test_a_run_measures_every_question_once(url, content):
    noor = volunteer(url)
    run = begin(url, noor, test_set(url, noor))
    assert run_set(url, run.id, lambda model: StandIn())
    with session(url) as db:
        done = db.get(TestRun, run.id)
        assert (done.status, done.done, done.total) == ("done", 25, 25) and done.finished_at
        rows = runs.rows(db, run.id)
        assert [r.case.row for r in rows] == list(range(2, 27))
        assert sum(r.got == r.case.topic for r in rows) == 20
    assert not run_set(url, run.id, lambda model: StandIn()), "a finished run is not measured again"


def test_an_interrupted_run_keeps_what_it_has_and_goes_on_from_there(url, content):
    noor = volunteer(url)
    run = begin(url, noor, test_set(url, noor))

    class Breaks(StandIn):
        asked = 0

        async def understand(self, text):
            Breaks.asked += 1
            if Breaks.asked == 15:
                raise RuntimeError("broken on purpose")
            return await super().understand(text)

    assert not run_set(url, run.id, lambda model: Breaks())
    with session(url) as db:
        broken = db.get(TestRun, run.id)
        assert (broken.status, broken.done) == ("interrupted", 10)
        assert runs.resume(db, noor, broken)
    assert run_set(url, run.id, lambda model: StandIn())
    with session(url) as db:
        assert (db.get(TestRun, run.id).status, db.get(TestRun, run.id).done) == ("done", 25)
    assert count(url, TestResult) == 25


def test_a_worker_that_went_silent_is_lost_and_cannot_write_any_more(url, content):
    noor = volunteer(url)
    run = begin(url, noor, test_set(url, noor))
    with session(url) as db:
        runs.claim(db, run.id, "een")
    with pytest.raises(runs.NotMine), session(url) as db:
        runs.claim(db, run.id, "twee")
    with session(url) as db:
        assert runs.mark_lost(db) == 0
        db.execute(update(TestRun).values(alive_at=utc_now() - runs.LOST_AFTER - timedelta(seconds=1)))
    with session(url) as db:
        assert runs.mark_lost(db) == 1
    with pytest.raises(runs.NotMine), session(url) as db:
        runs.alive(db, run.id, "een", [{"case_id": 1, "got": "x", "intent": "x", "confidence": 1.0}])
    assert count(url, TestResult) == 0
    with session(url) as db:
        runs.finish(db, run.id, "een")
        assert db.get(TestRun, run.id, populate_existing=True).status == "interrupted"


def test_no_more_than_two_runs_at_once_and_deleting_a_set_deletes_its_runs(url, content):
    noor = volunteer(url)
    made = test_set(url, noor)
    begin(url, noor, made)
    begin(url, noor, made)
    with pytest.raises(runs.TooManyRuns):
        begin(url, noor, made)
    with session(url) as db:
        runs.delete_set(db, noor, db.get(TestSet, made.id))
    assert count(url, TestRun) == 0


def test_a_proposal_belongs_to_one_verdict_only(url):
    noor = volunteer(url)
    with session(url) as db:
        db.expire_on_commit = False
        row = verdicts.add(db, noor, SEEN, "right")
    with pytest.raises(IntegrityError), session(url) as db:
        db.add(Proposal(kind="training", question="x", topic="y", audience="kind", verdict_id=row.id, proposed_by="z"))
