"""Builds the message objects that every way in shows: API, command line, console and tests.

A message is a JSON-ready dict; `type` is answer, choose, crisis, notice or out_of_scope (docs/api.md). All text
in it comes from reviewed content.
"""
from __future__ import annotations

from datetime import datetime
from typing import Any, Iterable

from bot.knowledge.library import EMERGENCY_CONTACTS, Knowledge
from bot.knowledge.model import Article, Contact, Topic
from bot.knowledge.opening_hours import contact_is_open, is_open, next_opening, now_in_amsterdam

Message = dict[str, Any]

# What can be asked after an answer, in the order of the buttons.
FOLLOW_UPS = ("gesprek_stappen", "gesprek_bellen", "gesprek_artikel", "gesprek_makkelijker", "gesprek_meer")


def _callable_now(contact: dict[str, Any]) -> int:
    """0 for a contact that can be called now, 1 where the hours are not known, 2 for the rest."""
    return {True: 0, None: 1, False: 2}[contact["open_now"]] if contact["tel"] else 2


class Messages:
    """Builds messages for one reader at one moment.

    Args:
        knowledge: the content.
        audience: "kind" or "ouder".
        age: the reader's or the child's age where it is known; contacts that do not fit are left out.
        now: aware time for "open now"; default the present.
        municipality: its name, where it was recognised; the municipality among the contacts is called by it.
    """

    def __init__(self, knowledge: Knowledge, audience: str, age: int | None = None, now: datetime | None = None,
                 municipality: str | None = None):
        self.knowledge = knowledge
        self.audience = audience
        self.age = age if audience == "kind" else None
        # Of the child it is about, also when a parent asks: some rights begin at an age.
        self.child_age = age
        self.municipality = municipality
        self.now = now or now_in_amsterdam()

    # -- parts

    def contact(self, contact: Contact) -> dict[str, Any]:
        what = contact.what.kind if self.audience == "kind" else contact.what.ouder
        hours = contact.hours if contact.hours is not None else (None if contact.phone else contact.chat_hours)
        return {
            "id": contact.id,
            "name": f"Gemeente {self.municipality}" if contact.id == "gemeente" and self.municipality else contact.name,
            "what": what or contact.what.kind or contact.what.ouder,
            "phone": contact.phone,
            "tel": contact.tel,
            "chat": contact.chat,
            "chat_open_now": is_open(contact.chat_hours, self.now, contact.closed_on_holidays) if contact.chat else None,
            "url": contact.url,
            "hours_text": contact.hours_text,
            "open_now": contact_is_open(contact, self.now),
            "opens": next_opening(hours, self.now, contact.closed_on_holidays),
            "cost": contact.cost,
            "anonymous": contact.anonymous is True,
        }

    def contacts(self, ids: Iterable[str]) -> list[dict[str, Any]]:
        return [self.contact(c) for c in self.knowledge.contacts_for(ids, self.audience, self.age)]

    def emergency_contacts(self) -> list[dict[str, Any]]:
        return self.contacts(EMERGENCY_CONTACTS)

    def choice(self, intent: str) -> dict[str, str]:
        """A button; its id is the intent it stands for."""
        if intent in self.knowledge.topics:
            title = self.knowledge.topics[intent].title.of(self.audience)
        elif intent.startswith("thema_"):
            title = self.knowledge.themes[intent[len("thema_"):]].title.of(self.audience)
        else:
            title = self.knowledge.phrase(intent, self.audience)
        return {"id": intent, "title": title}

    def topic_choice(self, topic: str) -> dict[str, str]:
        return {**self.choice(topic), "topic": topic}

    def theme_choices(self) -> list[dict[str, str]]:
        return [self.choice(f"thema_{theme}") for theme in self.knowledge.themes if theme != "crisis"]

    def _articles(self, topic: Topic) -> list[dict[str, str]]:
        rows = []
        for here in topic.articles:
            article = self.knowledge.articles[here.ref]
            rows.append({"ref": here.ref, "title": article.title, "says": here.gives.of(self.audience),
                         "url": article.url})
        return rows

    def _base(self, topic: Topic, kind: str, confidence: float) -> Message:
        texts = topic.texts(self.audience)
        return {
            "type": kind,
            "topic": topic.topic,
            "theme": topic.theme,
            "title": topic.title.of(self.audience),
            "audience": self.audience,
            "urgency": topic.urgency,
            "confidence": round(float(confidence), 4),
            "text": texts.text,
            "steps": list(texts.steps),
            "articles": self._articles(topic),
            "law": [{"ref": rule.ref, "says": rule.says, "url": rule.url} for rule in topic.law],
            "contacts": self.contacts(topic.contacts.of(self.audience)),
            "choices": [],
        }

    # -- whole messages

    def answer(self, topic_name: str, confidence: float = 1.0, also: Iterable[str] = (),
               ask_audience: bool = False, when: str | None = None) -> Message:
        """The full answer to a topic; crisis topics give a crisis message.

        Args:
            also: other topics the message seems to be about, offered as choices.
            ask_audience: adds the question who is asking (once a conversation).
            when: "nu" or "binnenkort", where the message said so. A matter that cannot wait (`deadline`) becomes a
                concern, says so (`today`) and names first whom one can call now.
        """
        topic = self.knowledge.topics[topic_name]
        if topic.urgency == "emergency":
            return self.crisis(topic_name, confidence)
        message = self._base(topic, "answer", confidence)
        note = topic.for_age(self.child_age, self.audience)
        if note:
            message["age_note"] = note
        if when and topic.deadline:
            message["urgency"] = "concern"
            message["today"] = self.knowledge.phrase("today", self.audience)
            # Stable: those who can be called now, then those whose hours are not known, then the rest.
            message["contacts"].sort(key=_callable_now)
        choices = [self.topic_choice(other) for other in also if other in self.knowledge.topics]
        if choices:
            message["also"] = self.knowledge.phrase("also", self.audience)
        if ask_audience:
            message["ask_audience"] = self.knowledge.phrase("ask_audience", self.audience)
            choices += [self.choice("gesprek_kind"), self.choice("gesprek_ouder")]
        message["choices"] = choices + self._follow_ups(topic)
        return message

    def _follow_ups(self, topic: Topic, without: str = "") -> list[dict[str, str]]:
        other = "gesprek_voor_ouder" if self.audience == "kind" else "gesprek_voor_kind"
        names = [name for name in (*FOLLOW_UPS, other, "gesprek_andere_vraag") if name != without]
        if self.audience == "kind" and topic.urgency != "none":
            # No button that invites a child to show this to the person it may fear; asking for it in words works.
            names.remove("gesprek_voor_ouder")
        return [self.choice(name) for name in names]

    def part(self, topic_name: str, name: str) -> Message:
        """One part of an answer again: `name` is one of FOLLOW_UPS. Same shape as an answer, plus `part`."""
        topic = self.knowledge.topics[topic_name]
        message = self._base(topic, "answer", 1.0)
        texts = topic.texts(self.audience)
        say = {
            "gesprek_makkelijker": texts.simple,
            "gesprek_meer": texts.more,
            "gesprek_bellen": self.knowledge.phrase("who_helps", self.audience),
            "gesprek_artikel": self.knowledge.phrase("your_right", self.audience),
            "gesprek_stappen": self.knowledge.phrase("your_steps", self.audience),
        }
        message["part"] = name
        message["text"] = say[name]
        if name != "gesprek_stappen":
            message["steps"] = []
        if name != "gesprek_artikel":
            message["articles"] = []
        if name not in ("gesprek_artikel", "gesprek_meer"):
            message["law"] = []
        # Where somebody may be unsafe, help stays with every part.
        if name != "gesprek_bellen" and topic.urgency == "none":
            message["contacts"] = []
        message["choices"] = self._follow_ups(topic, without=name)
        return message

    def crisis(self, topic_name: str, confidence: float = 1.0) -> Message:
        """Help first: the contacts come before any text about rights."""
        topic = self.knowledge.topics[topic_name]
        base = self._base(topic, "crisis", confidence)
        message = {"type": "crisis", "contacts": base.pop("contacts"), **base}
        message["choices"] = [self.choice("gesprek_geen_gevaar"), self.choice("gesprek_artikel")]
        return message

    def maybe_crisis(self) -> Message:
        """Gentle help beside another answer, when it is not clear that somebody is in danger."""
        return {"type": "notice", "act": "misschien_crisis",
                "contacts": self.contacts(("preventie_113", "kindertelefoon", "luisterlijn", "alarmnummer")[:4]),
                "text": self.knowledge.phrase("maybe_crisis", self.audience), "choices": []}

    def language(self, code: str) -> Message | None:
        """In the reader's own language: that the answer is in simple Dutch, and who can help. None when not known."""
        language = self.knowledge.languages.get(code)
        if language is None:
            return None
        return {**self.notice("language", language.text, contacts=language.contacts.of(self.audience)),
                "lang": language.lang, "dir": language.dir}

    def sos(self) -> Message:
        message = self.crisis("crisis_gevaar")
        message["contacts"] = self.emergency_contacts()
        message["text"] = self.knowledge.phrase("sos", self.audience)
        return message

    def choose(self, topics: list[str]) -> Message:
        """Not sure: two to four topics to choose from, and a human."""
        text = self.knowledge.phrase("choose", self.audience) + " " + self.knowledge.phrase("choose_human", self.audience)
        choices = [self.topic_choice(topic) for topic in topics[:4]]
        return {"type": "choose", "text": text, "contacts": self.contacts(self._humans()),
                "choices": choices + [self.choice("gesprek_anders")]}

    def themes_and_people(self, phrase: str) -> Message:
        """When two guesses failed, or another question comes: themes to choose from and people to call."""
        return {"type": "choose" if phrase == "unsure_again" else "notice", "act": phrase,
                "text": self.knowledge.phrase(phrase, self.audience),
                "contacts": self.contacts(self._humans()) if phrase == "unsure_again" else [],
                "choices": self.theme_choices()}

    def theme(self, theme: str) -> Message:
        topics = [self.topic_choice(t.topic) for t in self.knowledge.topics_of(theme)]
        return {"type": "choose", "theme": theme, "text": self.knowledge.phrase("theme", self.audience),
                "contacts": [], "choices": topics}

    def out_of_scope(self) -> Message:
        return {"type": "out_of_scope", "text": self.knowledge.phrase("out_of_scope", self.audience),
                "contacts": self.contacts(self._humans()), "choices": self.theme_choices()}

    def notice(self, act: str, text: str, choices: Iterable[str] = (), contacts: Iterable[str] = ()) -> Message:
        return {"type": "notice", "act": act, "text": text,
                "contacts": self.contacts(contacts) if contacts else [],
                "choices": [self.choice(name) for name in choices]}

    def phrase_notice(self, phrase: str, choices: Iterable[str] = (), contacts: Iterable[str] = ()) -> Message:
        return self.notice(phrase, self.knowledge.phrase(phrase, self.audience), choices, contacts)

    def article(self, article: Article) -> Message:
        """What one article of the convention says."""
        says = article.child if self.audience == "kind" else article.parent
        text = f"{self.knowledge.phrase('article_intro', self.audience)} {says}"
        if article.netherlands:
            text += f" {article.netherlands}"
        related = [t.topic for t in self.knowledge.topics.values()
                   if t.urgency != "emergency" and t.articles[0].ref == article.ref][:3]
        return {"type": "notice", "act": "artikel", "text": text,
                "articles": [{"ref": article.ref, "title": article.title, "says": says, "url": article.url}],
                "contacts": [], "choices": [self.topic_choice(t) for t in related]}

    def welcome(self) -> Message:
        return {**self.phrase_notice("welcome"), "choices": self.theme_choices()}

    def something_wrong(self) -> Message:
        """Shown when anything failed: the reader still gets people to call."""
        return {**self.phrase_notice("something_wrong"), "contacts": self.emergency_contacts()}

    def _humans(self) -> tuple[str, ...]:
        return ("kindertelefoon",) if self.audience == "kind" else ("kinderrechtenhelpdesk", "juridisch_loket")
