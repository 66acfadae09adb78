"""The shapes of the reviewed content in `data/knowledge/`, as frozen objects. No Rasa, no I/O."""
from __future__ import annotations

import re
from typing import Literal, Optional, Union

from pydantic import BaseModel, Field, validator

Audience = Literal["kind", "ouder"]
AUDIENCES: tuple[str, str] = ("kind", "ouder")
Urgency = Literal["none", "concern", "emergency"]
Day = Literal["mo", "tu", "we", "th", "fr", "sa", "su"]
_TIME = re.compile(r"^([01]\d|2[0-4]):[0-5]\d$")


class _Frozen(BaseModel):
    class Config:
        frozen = True
        extra = "forbid"


class PerAudience(_Frozen):
    """One text for a child and one for a parent."""

    kind: str = Field(min_length=1)
    ouder: str = Field(min_length=1)

    def of(self, audience: str) -> str:
        return self.kind if audience == "kind" else self.ouder


class What(_Frozen):
    """What a contact does, for those readers whom it serves."""

    kind: Optional[str]
    ouder: Optional[str]


class Hours(_Frozen):
    """Opening hours on some days of the week, Europe/Amsterdam time, `from` up to but not including `to`."""

    days: list[Day] = Field(min_items=1)
    start: str = Field(alias="from")
    end: str = Field(alias="to")

    @validator("start", "end")
    def _is_a_time(cls, value: str) -> str:
        if not _TIME.match(value):
            raise ValueError(f"'{value}' is not a time such as 09:00")
        return value


OpeningHours = Union[Literal["24/7"], list[Hours]]


class Contact(_Frozen):
    """A person or organisation that can help."""

    id: str
    name: str
    for_whom: list[Audience] = Field(min_items=1)
    what: What
    phone: Optional[str]
    tel: Optional[str] = Field(regex=r"^\+?\d{3,14}$")
    cost: Optional[str]
    hours: Optional[OpeningHours]
    hours_text: Optional[str]
    closed_on_holidays: bool = False
    chat: Optional[str]
    chat_hours: Optional[OpeningHours]
    url: Optional[str]
    email: Optional[str]
    anonymous: Union[bool, Literal["unknown"]] = "unknown"
    min_age: Optional[int]
    max_age: Optional[int]
    kind_of_help: Literal["nood", "bellen", "chat", "ter_plaatse", "site"]
    fallback: list[str] = []
    checked: str
    confidence: Literal["high", "medium", "low"]
    sources: list[str] = []

    @property
    def reachable(self) -> bool:
        """Whether there is any way to get to this contact."""
        return bool(self.phone or self.chat or self.url or self.kind_of_help == "ter_plaatse")


class Article(_Frozen):
    """An article of the convention, a protocol or a general comment."""

    ref: str
    title: str
    child: str
    parent: str
    netherlands: Optional[str]
    url: str
    confidence: Literal["high", "medium", "low"]


class ArticleHere(_Frozen):
    """What an article gives in one topic."""

    ref: str
    gives: PerAudience


class Law(_Frozen):
    """A Dutch rule behind an answer."""

    ref: str
    says: str
    url: Optional[str]


class ContactIds(_Frozen):
    kind: list[str] = Field(min_items=1)
    ouder: list[str] = Field(min_items=1)

    def of(self, audience: str) -> list[str]:
        return self.kind if audience == "kind" else self.ouder


class Texts(_Frozen):
    """One answer for one audience. Line ends in the file are layout; a blank line is a new paragraph."""

    text: str = Field(min_length=1)
    simple: str = Field(min_length=1)
    more: str = Field(min_length=1)
    steps: list[str] = Field(min_items=1)

    @validator("text", "simple", "more")
    def _lines_are_layout(cls, value: str) -> str:
        return "\n\n".join(" ".join(part.split()) for part in value.split("\n\n"))


class ForAge(_Frozen):
    """What counts at some ages, from `from` up to and including `to` (years of the child)."""

    start: int = Field(alias="from", ge=0, le=25)
    end: int = Field(alias="to", ge=0, le=25)
    kind: str = Field(min_length=1)
    ouder: str = Field(min_length=1)

    @validator("end")
    def _not_before_the_start(cls, value: int, values: dict) -> int:
        if value < values.get("start", 0):
            raise ValueError(f"'to' ({value}) is before 'from' ({values['start']})")
        return value

    @validator("kind", "ouder")
    def _lines_are_layout(cls, value: str) -> str:
        return " ".join(value.split())

    def of(self, audience: str) -> str:
        return self.kind if audience == "kind" else self.ouder


class SignOff(_Frozen):
    """A lawyer's sign-off. `digest` is of the texts that were signed; other texts make it void."""

    name: str
    date: str
    digest: str


class Topic(_Frozen):
    """The reviewed answer to one topic; `topic` is also the Rasa intent."""

    topic: str
    theme: str
    urgency: Urgency
    title: PerAudience
    question: PerAudience
    articles: list[ArticleHere] = Field(min_items=1)
    law: list[Law] = []
    contacts: ContactIds
    kind: Texts
    ouder: Texts
    # Rights that begin or end at an age ("vanaf 12 jaar ..."); shown when the age is known.
    by_age: list[ForAge] = []
    # Such a matter cannot wait when it is about today or tomorrow (an eviction, a deportation).
    deadline: bool = False
    sources: list[str] = []
    confidence: Literal["high", "medium", "low"]
    legal_review: Union[Literal["pending"], SignOff]

    def texts(self, audience: str) -> Texts:
        return self.kind if audience == "kind" else self.ouder

    def for_age(self, age: int | None, audience: str) -> str | None:
        """What counts at this age (years), or None when nothing does or the age is not known."""
        if age is None:
            return None
        return next((row.of(audience) for row in self.by_age if row.start <= age <= row.end), None)

    @validator("by_age")
    def _no_age_twice(cls, rows: list[ForAge]) -> list[ForAge]:
        ages = [age for row in rows for age in range(row.start, row.end + 1)]
        if len(ages) != len(set(ages)):
            raise ValueError("an age stands in two rows of by_age")
        return rows

    def shown_texts(self, audience: str) -> dict[str, str]:
        """Every text of this answer that this reader may see, by field."""
        texts = self.texts(audience)
        shown = {
            "text": texts.text,
            "simple": texts.simple,
            "more": texts.more,
            "steps": "\n\n".join(texts.steps),
            "gives": "\n\n".join(article.gives.of(audience) for article in self.articles),
        }
        if self.by_age:
            shown["by_age"] = "\n\n".join(row.of(audience) for row in self.by_age)
        if self.law and audience == "ouder":
            shown["law"] = "\n\n".join(rule.says for rule in self.law)
        return shown


class Theme(_Frozen):
    """A group of topics, as a button and as a page."""

    id: str
    title: PerAudience
    about: PerAudience


class Language(_Frozen):
    """What is said to somebody who types in another language: that the answer is in simple Dutch, and who can help."""

    code: str
    name: str
    lang: str
    dir: Literal["ltr", "rtl"]
    text: str = Field(min_length=1)
    contacts: ContactIds
    review: Union[Literal["pending"], SignOff]

    @validator("text")
    def _lines_are_layout(cls, value: str) -> str:
        return " ".join(value.split())
