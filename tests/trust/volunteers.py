"""A volunteer for the fault tests: signs in, judges answers, and remembers which judgements the server said were kept."""
from __future__ import annotations

import re

import httpx
from sqlalchemy import text

from bot.store import accounts
from bot.store.database import make_engine, session

_PASSPHRASE = "vier gewone woorden hier"


class Judge:
    """Judges one shown answer again and again, each time with a note of its own."""

    def __init__(self, url: str, name: str = "Noor"):
        self._url, self._name, self._number = url, name, 0
        self._seen = ""
        self.kept: list[str] = []

    def account(self) -> dict[str, str]:
        """Makes the account; what is sent to sign in."""
        with session(self._url) as db:
            _, token = accounts.add_volunteer(db, self._name, "tester")
        with session(self._url) as db:
            accounts.set_passphrase(db, token, _PASSPHRASE, _PASSPHRASE)
        return {"name": self._name, "passphrase": _PASSPHRASE}

    def shown(self, answer: httpx.Response) -> None:
        """Takes over what the page shows of the answer that will be judged."""
        assert answer.status_code == 200, answer.text[:300]
        self._seen = re.search(r'name="seen" value="([^"]+)"', answer.text).group(1)

    def form(self) -> dict[str, str]:
        self._number += 1
        return {"seen": self._seen, "verdict": "bad_text", "note": f"notitie {self._number}"}

    def judged(self, answer: httpx.Response) -> bool:
        """Whether the server said that it was kept; otherwise it must have said that it was not."""
        if answer.status_code == 303:
            self.kept.append(f"notitie {self._number}")
            return True
        assert answer.status_code == 503 and "niets bewaard" in answer.text, (answer.status_code, answer.text[-400:])
        return False

    def stored(self) -> list[str]:
        """The notes that are in the database."""
        own = make_engine(self._url)
        with own.connect() as connection:
            rows = connection.execute(text("SELECT note FROM verdict ORDER BY id")).fetchall()
        own.dispose()
        return [note for (note,) in rows]


async def signed_in(client: httpx.AsyncClient, url: str) -> Judge:
    """A judge who is signed in through `client` and was shown an answer."""
    judge = Judge(url)
    assert (await client.post("/vrijwilligers/inloggen", data=judge.account())).status_code == 303
    judge.shown(await client.post("/vrijwilligers/proberen", data={"question": "ik word gepest", "audience": "kind"}))
    return judge


async def judges(client: httpx.AsyncClient, judge: Judge) -> bool:
    """One judgement; whether it was kept."""
    return judge.judged(await client.post("/vrijwilligers/oordeel", data=judge.form()))
