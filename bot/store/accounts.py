"""Volunteers' accounts: one-time links, passphrases, sessions, and a brake on guessing.

Tokens are random and kept as digests only, so that a copy of the database opens no session.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.store import audit
from bot.store.models import FailedSignIn, SetupLink, SignedIn, Volunteer, utc_now

ROLES = ("tester", "editor", "admin")
LINK_DAYS = 7
SESSION_HOURS = 12
IDLE_HOURS = 2
MIN_PASSPHRASE = 12  # characters
MAX_PASSPHRASE = 200
# Failures in WINDOW after which sign-in is refused, for one name and for one address.
WINDOW = timedelta(minutes=15)
MAX_FAILURES = {"name": 5, "address": 20}

_hasher = PasswordHasher()


class AccountError(ValueError):
    """Something about an account that cannot be; the message is a Dutch sentence for a volunteer."""


class TooManyFailures(AccountError):
    """Sign-in is refused for a while."""


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@lru_cache(maxsize=1)
def _nobody() -> str:
    # Checked for unknown names, so that the time taken does not tell whether a name exists.
    return _hasher.hash(secrets.token_urlsafe(16))


def allows(role: str, needed: str) -> bool:
    """Whether somebody with `role` may do what needs `needed`: admin > editor > tester."""
    return ROLES.index(role) >= ROLES.index(needed)


def clean_name(name: str) -> str:
    return " ".join(name.split())[:80]


def by_name(db: Session, name: str) -> Volunteer | None:
    query = select(Volunteer).where(func.lower(Volunteer.name) == clean_name(name).lower())
    return db.execute(query).scalar_one_or_none()


def new_link(db: Session, volunteer: Volunteer) -> str:
    """The token of a new one-time link; older links of this volunteer stop working."""
    db.flush()
    db.execute(delete(SetupLink).where(SetupLink.volunteer_id == volunteer.id))
    token = secrets.token_urlsafe(24)
    db.add(
        SetupLink(digest=_digest(token), volunteer_id=volunteer.id, expires_at=utc_now() + timedelta(days=LINK_DAYS))
    )
    return token


def add_volunteer(db: Session, name: str, role: str) -> tuple[Volunteer, str]:
    """Adds a volunteer, or gives one who exists a new link (and this role). Returns volunteer and link token.

    Raises:
        AccountError: name or role cannot be.
    """
    name = clean_name(name)
    if not name:
        raise AccountError("Geef een naam.")
    if role not in ROLES:
        raise AccountError(f"De rol is {', '.join(ROLES[:-1])} of {ROLES[-1]}.")
    volunteer = by_name(db, name)
    if volunteer is None:
        volunteer = Volunteer(name=name, role=role, active=True)
        db.add(volunteer)
        action = "volunteer_added"
    else:
        volunteer.role, volunteer.active, action = role, True, "volunteer_new_link"
    token = new_link(db, volunteer)
    audit.note(db, None, action, volunteer.name, role)
    return volunteer, token


def link_owner(db: Session, token: str) -> Volunteer | None:
    """Whose link this is, None when it is unknown, used or over. Looking does not use it up."""
    link = db.get(SetupLink, _digest(token))
    if link is None or link.expires_at <= utc_now():
        return None
    volunteer = db.get(Volunteer, link.volunteer_id)
    return volunteer if volunteer and volunteer.active else None


def set_passphrase(db: Session, token: str, passphrase: str, again: str) -> Volunteer:
    """Uses up a link. All sessions of this volunteer end.

    Raises:
        AccountError: the link is over, or the passphrase is too short, too long or typed differently.
    """
    volunteer = link_owner(db, token)
    if volunteer is None:
        raise AccountError("Deze link is al gebruikt of verlopen. Vraag de beheerder om een nieuwe.")
    if len(passphrase) < MIN_PASSPHRASE:
        raise AccountError(
            f"Kies een wachtzin van ten minste {MIN_PASSPHRASE} tekens, bijvoorbeeld vier gewone woorden."
        )
    if len(passphrase) > MAX_PASSPHRASE:
        raise AccountError(f"Een wachtzin heeft hooguit {MAX_PASSPHRASE} tekens.")
    if passphrase != again:
        raise AccountError("De twee wachtzinnen zijn niet gelijk.")
    if passphrase.lower().strip() == volunteer.name.lower():
        raise AccountError("Je naam is geen veilige wachtzin.")
    used = db.execute(delete(SetupLink).where(SetupLink.digest == _digest(token))).rowcount
    if used != 1:  # somebody else used it at this very moment
        raise AccountError("Deze link is al gebruikt of verlopen. Vraag de beheerder om een nieuwe.")
    volunteer.passphrase = _hasher.hash(passphrase)
    db.execute(delete(SignedIn).where(SignedIn.volunteer_id == volunteer.id))
    audit.note(db, volunteer, "passphrase_set", volunteer.name)
    return volunteer


def _key(secret: str, kind: str, value: str) -> str:
    return hmac.new(secret.encode(), f"{kind}:{value.lower()}".encode(), "sha256").hexdigest()


def check_brake(db: Session, secret: str, name: str, address: str) -> None:
    """Raises TooManyFailures while too many sign-ins failed for this name or from this address."""
    db.execute(delete(FailedSignIn).where(FailedSignIn.at < utc_now() - WINDOW))
    for kind, value in (("name", clean_name(name)), ("address", address)):
        query = select(func.count()).select_from(FailedSignIn).where(FailedSignIn.key == _key(secret, kind, value))
        if db.execute(query).scalar_one() >= MAX_FAILURES[kind]:
            raise TooManyFailures("Het is te vaak misgegaan. Wacht een kwartier en probeer het dan opnieuw.")


def note_failure(db: Session, secret: str, name: str, address: str) -> None:
    for kind, value in (("name", clean_name(name)), ("address", address)):
        db.add(FailedSignIn(key=_key(secret, kind, value)))


def right_passphrase(db: Session, name: str, passphrase: str) -> Volunteer | None:
    """The volunteer when name and passphrase belong together. An unknown name takes as long as a wrong passphrase."""
    volunteer = by_name(db, name)
    usable = volunteer is not None and volunteer.active and volunteer.passphrase
    try:
        _hasher.verify(volunteer.passphrase if usable else _nobody(), passphrase[:MAX_PASSPHRASE])
    except (VerificationError, InvalidHashError):
        return None
    if not usable:
        return None
    if _hasher.check_needs_rehash(volunteer.passphrase):
        volunteer.passphrase = _hasher.hash(passphrase)
    return volunteer


def start_session(db: Session, volunteer: Volunteer) -> str:
    """A new session; returns its token."""
    now = utc_now()
    db.execute(delete(SignedIn).where(SignedIn.expires_at < now))
    token = secrets.token_urlsafe(32)
    db.add(
        SignedIn(
            digest=_digest(token),
            volunteer_id=volunteer.id,
            seen_at=now,
            expires_at=now + timedelta(hours=SESSION_HOURS),
        )
    )
    audit.note(db, volunteer, "signed_in")
    return token


def session_owner(db: Session, token: str) -> Volunteer | None:
    """Who is signed in with `token`; None when the session is unknown, over or idle too long."""
    found = db.get(SignedIn, _digest(token)) if token else None
    now = utc_now()
    if found is None or found.expires_at <= now or found.seen_at + timedelta(hours=IDLE_HOURS) <= now:
        return None
    if not found.volunteer.active:
        return None
    # Not at every request: a page with pictures would write as often as it reads.
    if found.seen_at + timedelta(minutes=1) < now:
        found.seen_at = now
    return found.volunteer


def end_session(db: Session, token: str) -> None:
    db.execute(delete(SignedIn).where(SignedIn.digest == _digest(token)))


def switch_off(db: Session, volunteer: Volunteer) -> None:
    """Nobody can sign in with this account any more, and whoever is signed in is out."""
    volunteer.active = False
    db.execute(delete(SignedIn).where(SignedIn.volunteer_id == volunteer.id))
    db.execute(delete(SetupLink).where(SetupLink.volunteer_id == volunteer.id))


def volunteers(db: Session) -> list[Volunteer]:
    return list(db.execute(select(Volunteer).order_by(Volunteer.name)).scalars())
