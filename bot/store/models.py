"""The tables. SQLAlchemy 1.4 in 2.0 style. Times are UTC without a zone, so that SQLite and PostgreSQL agree.

What children and parents type is in none of them. Questions in `verdict`, `proposal` and `test_case` are the
volunteers' own test questions.
"""
from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import JSON, Boolean, Column, Date, DateTime, Float, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


def utc_now() -> datetime:
    """The present, UTC, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


class DailyCount(Base):
    """How often something happened on a day; nothing about a person."""

    __tablename__ = "daily_count"

    day = Column(Date, primary_key=True)
    theme = Column(String(40), primary_key=True)
    # answered, choices, not_understood, crisis, helpful, not_helpful
    what = Column(String(40), primary_key=True)
    count = Column(Integer, nullable=False, default=0)


class Volunteer(Base):
    """Somebody who may sign in."""

    __tablename__ = "volunteer"

    id = Column(Integer, primary_key=True)
    name = Column(String(80), nullable=False, unique=True)
    role = Column(String(10), nullable=False)  # tester, editor, admin
    passphrase = Column(String(200))  # argon2; empty until the one-time link is used
    active = Column(Boolean, nullable=False, default=True)
    created_at = Column(DateTime, nullable=False, default=utc_now)


class SetupLink(Base):
    """A one-time link to set a passphrase. Only a digest of its token is kept."""

    __tablename__ = "setup_link"

    digest = Column(String(64), primary_key=True)
    volunteer_id = Column(Integer, ForeignKey("volunteer.id", ondelete="CASCADE"), nullable=False)
    expires_at = Column(DateTime, nullable=False)


class SignedIn(Base):
    """A session of a volunteer. Only a digest of its token is kept."""

    __tablename__ = "signed_in"

    digest = Column(String(64), primary_key=True)
    volunteer_id = Column(Integer, ForeignKey("volunteer.id", ondelete="CASCADE"), nullable=False)
    expires_at = Column(DateTime, nullable=False)
    seen_at = Column(DateTime, nullable=False)
    volunteer = relationship(Volunteer, lazy="joined")


class FailedSignIn(Base):
    """A sign-in that failed, kept for a quarter of an hour. `key` is a keyed digest of a name or an address."""

    __tablename__ = "failed_sign_in"

    id = Column(Integer, primary_key=True)
    key = Column(String(64), nullable=False, index=True)
    at = Column(DateTime, nullable=False, default=utc_now)


class AuditEntry(Base):
    """Something that a volunteer did. Never changed, never deleted by the application."""

    __tablename__ = "audit_entry"

    id = Column(Integer, primary_key=True)
    at = Column(DateTime, nullable=False, default=utc_now, index=True)
    volunteer_id = Column(Integer, ForeignKey("volunteer.id", ondelete="SET NULL"), index=True)
    who = Column(String(80), nullable=False)
    action = Column(String(40), nullable=False)
    subject = Column(String(120), nullable=False, default="")
    detail = Column(Text, nullable=False, default="")


class Verdict(Base):
    """A volunteer's judgement of one answer to the volunteer's own test question."""

    __tablename__ = "verdict"

    id = Column(Integer, primary_key=True)
    at = Column(DateTime, nullable=False, default=utc_now, index=True)
    volunteer_id = Column(Integer, ForeignKey("volunteer.id"), nullable=False, index=True)
    question = Column(Text, nullable=False)
    audience = Column(String(10), nullable=False)
    model = Column(String(120), nullable=False)
    topic = Column(String(60), nullable=False)  # what the assistant made of it
    confidence = Column(Float, nullable=False)
    ranking = Column(JSON, nullable=False)  # [[topic, confidence], …], five at most
    verdict = Column(String(12), nullable=False)  # right, wrong_topic, bad_text, unsafe
    right_topic = Column(String(60), nullable=False, default="")
    note = Column(Text, nullable=False, default="")
    handled_at = Column(DateTime)
    handled_by = Column(String(80), nullable=False, default="")
    volunteer = relationship(Volunteer, lazy="joined")


class Proposal(Base):
    """A question that may become a training question or a regression question."""

    __tablename__ = "proposal"

    id = Column(Integer, primary_key=True)
    at = Column(DateTime, nullable=False, default=utc_now)
    kind = Column(String(12), nullable=False)  # training, regression
    question = Column(Text, nullable=False)
    topic = Column(String(60), nullable=False)
    audience = Column(String(10), nullable=False)
    verdict_id = Column(Integer, ForeignKey("verdict.id", ondelete="CASCADE"), unique=True)
    proposed_by = Column(String(80), nullable=False)
    status = Column(String(10), nullable=False, default="open", index=True)  # open, accepted, refused, exported
    decided_by = Column(String(80), nullable=False, default="")
    decided_at = Column(DateTime)
    exported_at = Column(DateTime)
    version = Column(Integer, nullable=False)
    __mapper_args__ = {"version_id_col": version}


class TextProposal(Base):
    """A better text for one field of one answer. `before` is what stood there when it was proposed."""

    __tablename__ = "text_proposal"

    id = Column(Integer, primary_key=True)
    at = Column(DateTime, nullable=False, default=utc_now)
    topic = Column(String(60), nullable=False, index=True)
    audience = Column(String(10), nullable=False)
    field = Column(String(10), nullable=False)  # text, simple, more, steps
    before = Column(Text, nullable=False)
    after = Column(Text, nullable=False)
    note = Column(Text, nullable=False, default="")
    proposed_by = Column(String(80), nullable=False)
    status = Column(String(10), nullable=False, default="open", index=True)  # open, accepted, refused, exported
    decided_by = Column(String(80), nullable=False, default="")
    decided_at = Column(DateTime)
    exported_at = Column(DateTime)
    version = Column(Integer, nullable=False)
    __mapper_args__ = {"version_id_col": version}


class LegalSignOff(Base):
    """A lawyer's sign-off of one answer, as recorded by an editor. It counts while the digest is the answer's own."""

    __tablename__ = "legal_sign_off"

    id = Column(Integer, primary_key=True)
    at = Column(DateTime, nullable=False, default=utc_now)
    topic = Column(String(60), nullable=False, index=True)
    lawyer = Column(String(120), nullable=False)
    signed_on = Column(Date, nullable=False)
    digest = Column(String(64), nullable=False)
    recorded_by = Column(String(80), nullable=False)
    exported_at = Column(DateTime)


class TestSet(Base):
    """A volunteer's test set."""

    __tablename__ = "test_set"
    __test__ = False  # not a test class for pytest

    id = Column(Integer, primary_key=True)
    name = Column(String(120), nullable=False)
    at = Column(DateTime, nullable=False, default=utc_now)
    made_by = Column(String(80), nullable=False)
    cases = relationship("TestCase", order_by="TestCase.row", cascade="all, delete-orphan", passive_deletes=True)


class TestCase(Base):
    """A question of a test set; `row` is its row in the uploaded file."""

    __tablename__ = "test_case"
    __test__ = False

    id = Column(Integer, primary_key=True)
    set_id = Column(Integer, ForeignKey("test_set.id", ondelete="CASCADE"), nullable=False, index=True)
    row = Column(Integer, nullable=False)
    question = Column(Text, nullable=False)
    topic = Column(String(60), nullable=False)
    audience = Column(String(10), nullable=False, default="")


class TestRun(Base):
    """One measurement of a test set with one model."""

    __tablename__ = "test_run"
    __test__ = False

    id = Column(Integer, primary_key=True)
    set_id = Column(Integer, ForeignKey("test_set.id", ondelete="CASCADE"), nullable=False, index=True)
    model = Column(String(120), nullable=False)
    at = Column(DateTime, nullable=False, default=utc_now)
    started_by = Column(String(80), nullable=False)
    status = Column(String(12), nullable=False, default="waiting")  # waiting, running, done, interrupted
    total = Column(Integer, nullable=False)
    done = Column(Integer, nullable=False, default=0)
    # Who works on it (a random name) and the last sign of life; a worker that is silent has been lost.
    worker = Column(String(40), nullable=False, default="")
    alive_at = Column(DateTime, nullable=False, default=utc_now)
    finished_at = Column(DateTime)
    test_set = relationship(TestSet, lazy="joined")


class TestResult(Base):
    """What the model made of one question in one run."""

    __tablename__ = "test_result"
    __test__ = False
    __table_args__ = (UniqueConstraint("run_id", "case_id"),)

    id = Column(Integer, primary_key=True)
    run_id = Column(Integer, ForeignKey("test_run.id", ondelete="CASCADE"), nullable=False, index=True)
    case_id = Column(Integer, ForeignKey("test_case.id", ondelete="CASCADE"), nullable=False)
    got = Column(String(60), nullable=False)
    intent = Column(String(60), nullable=False)
    confidence = Column(Float, nullable=False)
    case = relationship(TestCase, lazy="joined")


class ContactState(Base):
    """What volunteers found out about a contact since its date in contacts.yml."""

    __tablename__ = "contact_state"

    contact_id = Column(String(60), primary_key=True)
    off = Column(Boolean, nullable=False, default=False)
    note = Column(Text, nullable=False, default="")
    checked_on = Column(Date)
    checked_by = Column(String(80), nullable=False, default="")
    version = Column(Integer, nullable=False)
    __mapper_args__ = {"version_id_col": version}
