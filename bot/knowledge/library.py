"""All reviewed content, loaded and cross-checked once, read-only, in memory: answers need no I/O."""
from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterable

from bot.knowledge.model import Article, Contact, Language, PerAudience, Theme, Topic
from bot.knowledge.yaml_files import ContentError, Problem, YamlFile
from bot.settings import ROOT

KNOWLEDGE_DIR = ROOT / "data" / "knowledge"
EMERGENCY_CONTACTS = ("alarmnummer", "veilig_thuis", "kindertelefoon", "preventie_113")


@dataclass(frozen=True)
class Knowledge:
    """The content. Topics, contacts, articles and themes by their key; phrases by name."""

    topics: dict[str, Topic]
    articles: dict[str, Article]
    contacts: dict[str, Contact]
    themes: dict[str, Theme]
    phrases: dict[str, PerAudience]
    switched_off: frozenset[str] = field(default=frozenset())
    languages: dict[str, Language] = field(default_factory=dict)

    def phrase(self, name: str, audience: str) -> str:
        return self.phrases[name].of(audience)

    def topics_of(self, theme: str) -> list[Topic]:
        return [topic for topic in self.topics.values() if topic.theme == theme]

    def without_contacts(self, ids: Iterable[str]) -> "Knowledge":
        """The same content with these contacts switched off: their stand-ins take their place."""
        return Knowledge(self.topics, self.articles, self.contacts, self.themes, self.phrases, frozenset(ids),
                         self.languages)

    def contacts_for(self, ids: Iterable[str], audience: str, age: int | None = None) -> list[Contact]:
        """The contacts to show, in order: those that fit the reader, each switched-off one replaced.

        Never empty: when nothing is left, the emergency contacts that are on are given.
        """
        found: dict[str, Contact] = {}
        for contact_id in ids:
            contact = self._usable(contact_id, audience, age)
            if contact:
                found.setdefault(contact.id, contact)
        if not found:
            for contact_id in EMERGENCY_CONTACTS:
                contact = self._usable(contact_id, audience, None)
                if contact:
                    found.setdefault(contact.id, contact)
        return list(found.values()) or [self.contacts["alarmnummer"]]

    def _usable(self, contact_id: str, audience: str, age: int | None, seen: frozenset = frozenset()) -> Contact | None:
        contact = self.contacts[contact_id]
        fits_age = age is None or (contact.min_age or 0) <= age <= (contact.max_age or 200)
        if contact_id not in self.switched_off and audience in contact.for_whom and fits_age:
            return contact
        for other in contact.fallback:
            if other not in seen:
                stand_in = self._usable(other, audience, age, seen | {contact_id})
                if stand_in:
                    return stand_in
        return None

    def article(self, number: str) -> Article | None:
        """The article a person means by "12", "IVRK 12" or "artikel 12"; None when there is none."""
        wanted = re.sub(r"^(ivrk|artikel|art\.?)\s*", "", number.strip(), flags=re.IGNORECASE).upper()
        return self.articles.get(f"IVRK {wanted}")


def _read_list(file: YamlFile, key: str, shape: type, name_of: str) -> dict:
    items = {}
    rows = file.data.get(key) if isinstance(file.data, dict) else None
    if not isinstance(rows, list):
        if not file.problems:
            file.complain((), f"'{key}:' with a list is missing")
        return items
    for index, row in enumerate(rows):
        item = file.parse(shape, row, (key, index))
        if item is None:
            continue
        name = getattr(item, name_of)
        if name in items:
            file.complain((key, index), f"'{name}' stands in the list twice")
        items[name] = item
    return items


def read_knowledge(folder: Path = KNOWLEDGE_DIR) -> tuple[Knowledge, list[Problem]]:
    """Reads and cross-checks all content; problems are collected, not raised."""
    files: list[YamlFile] = []

    def open_file(path: Path) -> YamlFile:
        files.append(YamlFile(path, folder.parents[1]))
        return files[-1]

    article_file, contact_file = open_file(folder / "articles.yml"), open_file(folder / "contacts.yml")
    theme_file, phrase_file = open_file(folder / "themes.yml"), open_file(folder / "phrases.yml")
    language_file = open_file(folder / "languages.yml")
    articles = _read_list(article_file, "articles", Article, "ref")
    contacts = _read_list(contact_file, "contacts", Contact, "id")
    themes = _read_list(theme_file, "themes", Theme, "id")
    languages = _read_list(language_file, "languages", Language, "code")
    phrases = {}
    rows = phrase_file.data.get("phrases") if isinstance(phrase_file.data, dict) else None
    for name, row in (rows or {}).items():
        phrase = phrase_file.parse(PerAudience, {"kind": row, "ouder": row} if isinstance(row, str) else row,
                                   ("phrases", name))
        if phrase:
            phrases[name] = phrase

    topics: dict[str, Topic] = {}
    for path in sorted((folder / "topics").glob("*/*.yml")):
        file = open_file(path)
        if file.problems:
            continue
        topic = file.parse(Topic, file.data)
        if topic is None:
            continue
        _cross_check(file, topic, articles, contacts, themes)
        topics[topic.topic] = topic
    for index, contact in enumerate(contacts.values()):
        for other in contact.fallback:
            if other not in contacts:
                contact_file.complain(("contacts", index), f"{contact.id}: fallback '{other}' is no known contact")
        if not contact.reachable:
            contact_file.complain(("contacts", index), f"{contact.id}: no phone, chat or site, so nobody can reach it")
    for contact_id in EMERGENCY_CONTACTS:
        if contact_id not in contacts:
            contact_file.complain((), f"the emergency contact '{contact_id}' is missing")

    order = {theme: index for index, theme in enumerate(themes)}
    topics = dict(sorted(topics.items(), key=lambda item: (order.get(item[1].theme, 99), item[0])))
    problems = [problem for file in files for problem in file.problems]
    return Knowledge(topics, articles, contacts, themes, phrases, languages=languages), problems


def _cross_check(file: YamlFile, topic: Topic, articles: dict, contacts: dict, themes: dict) -> None:
    if topic.topic != file.path.stem:
        file.complain(("topic",), f"topic '{topic.topic}' stands in a file named {file.path.name}")
    if topic.theme != file.path.parent.name or topic.theme not in themes:
        file.complain(("theme",), f"theme '{topic.theme}' is unknown or does not match the folder")
    for index, article in enumerate(topic.articles):
        if article.ref not in articles:
            file.complain(("articles", index, "ref"), f"article '{article.ref}' is not in articles.yml")
    for audience in ("kind", "ouder"):
        for index, contact_id in enumerate(topic.contacts.of(audience)):
            if contact_id not in contacts:
                file.complain(("contacts", audience, index), f"contact '{contact_id}' is not in contacts.yml")
            elif audience not in contacts[contact_id].for_whom:
                file.complain(("contacts", audience, index), f"contact '{contact_id}' is not for '{audience}'")


def load_knowledge(folder: Path = KNOWLEDGE_DIR) -> Knowledge:
    """The checked content.

    Raises:
        ContentError: with every problem, each with file and line.
    """
    found, problems = read_knowledge(folder)
    if problems:
        raise ContentError(problems)
    return found


class _Current:
    """The content in use by this process; replaced whole, so that a reader never sees half a change."""

    value: Knowledge | None = None


def knowledge() -> Knowledge:
    """The content in use, loaded at first need."""
    if _Current.value is None:
        _Current.value = load_knowledge()
    return _Current.value


def use_knowledge(new: Knowledge) -> None:
    """Makes `new` the content in use from the next answer on."""
    _Current.value = new
