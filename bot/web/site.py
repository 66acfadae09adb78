"""The demo site: the widget on pages as an organisation would have them, and the same content to read.

Every page is made on the server from `data/knowledge/` and works without JavaScript.
"""
from __future__ import annotations

import json
import re
from typing import Any
from xml.sax.saxutils import escape

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from bot.knowledge.library import knowledge
from bot.knowledge.messages import Messages
from bot.knowledge.model import Theme, Topic
from bot.review.sign_off import is_signed
from bot.web.pages import page

router = APIRouter(include_in_schema=False)
# A child's pages stand at the root, a parent's under /ouders.
PREFIX = {"kind": "", "ouder": "/ouders"}


def _base(request: Request) -> str:
    """The site's own address, for search engines: the setting, or else what the visitor used."""
    return (request.app.state.settings.public_url or str(request.base_url)).rstrip("/")


def _data(value: dict[str, Any]) -> Markup:
    # A data block is no script for a browser; "<" is the only character that could end it.
    return Markup(json.dumps({"@context": "https://schema.org", **value}, ensure_ascii=False).replace("<", "\\u003c"))


def _show(request: Request, name: str, audience: str, path: str, **values: Any) -> HTMLResponse:
    messages = Messages(knowledge(), audience)
    other = "ouder" if audience == "kind" else "kind"
    return page(
        request, name, audience=audience, prefix=PREFIX[audience], ouder=audience == "ouder",
        canonical=_base(request) + path, help=messages.emergency_contacts(),
        # Above each page the people to call now: also for somebody without JavaScript.
        leave_url=request.app.state.settings.leave_url,
        other_path=values.pop("other_path", PREFIX[other] or "/"), **values)


def _themes(audience: str) -> list[dict[str, Any]]:
    content = knowledge()
    return [{"id": theme.id, "title": theme.title.of(audience), "about": theme.about.of(audience),
             "topics": [{"id": t.topic, "title": t.title.of(audience), "question": t.question.of(audience)}
                        for t in content.topics_of(theme.id)]}
            for theme in content.themes.values() if theme.id != "crisis"]


def _shorten(text: str, length: int = 155) -> str:
    """Whole sentences up to about `length` characters, for a search result."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    cut = text[:length].rfind(". ")
    return text[: cut + 1] if cut > 40 else text[:length].rsplit(" ", 1)[0] + " …"


def _paragraphs(text: str) -> list[str]:
    """Short paragraphs: two sentences each, which are easier to read on a phone."""
    sentences = re.split(r"(?<=[.!?])\s+", text.strip())
    return [" ".join(sentences[at:at + 2]) for at in range(0, len(sentences), 2)]


def _home(request: Request, audience: str) -> HTMLResponse:
    path = PREFIX[audience] or "/"
    return _show(request, "site_home.html", audience, path, themes=_themes(audience),
                 other_path="/" if audience == "ouder" else "/ouders",
                 data=_data({"@type": "WebSite", "name": "Kinderrechtenwijzer", "inLanguage": "nl",
                             "url": _base(request) + path}))


def _theme(request: Request, audience: str, theme_id: str) -> Response:
    theme: Theme | None = knowledge().themes.get(theme_id)
    if theme is None:
        return _missing(request, audience)
    path = f"{PREFIX[audience]}/thema/{theme_id}"
    other = PREFIX["ouder" if audience == "kind" else "kind"]
    topics = [{"id": t.topic, "title": t.title.of(audience), "question": t.question.of(audience),
               "article": t.articles[0].ref, "says": t.articles[0].gives.of(audience)}
              for t in knowledge().topics_of(theme_id)]
    people = list(dict.fromkeys(contact for t in knowledge().topics_of(theme_id)
                                for contact in t.contacts.of(audience)[:2]))[:4]
    return _show(request, "site_theme.html", audience, path, theme_id=theme_id, title=theme.title.of(audience),
                 about=theme.about.of(audience), topics=topics, other_path=f"{other}/thema/{theme_id}",
                 contacts_here=Messages(knowledge(), audience).contacts(people))


def _topic(request: Request, audience: str, name: str) -> Response:
    content = knowledge()
    topic: Topic | None = content.topics.get(name)
    if topic is None:
        return _missing(request, audience)
    message = Messages(content, audience).answer(name)
    texts = topic.texts(audience)
    path = f"{PREFIX[audience]}/onderwerp/{name}"
    other = PREFIX["ouder" if audience == "kind" else "kind"]
    theme = content.themes[topic.theme]
    answer = " ".join([texts.text, *texts.steps])
    return _show(request, "site_topic.html", audience, path, m=message,
                 text=_paragraphs(texts.text), more=_paragraphs(texts.more),
                 question=topic.question.of(audience), theme_id=topic.theme, theme_title=theme.title.of(audience),
                 description=_shorten(texts.text), pending=not is_signed(topic),
                 other_path=f"{other}/onderwerp/{name}",
                 near=[{"id": t.topic, "title": t.title.of(audience)} for t in content.topics_of(topic.theme)
                       if t.topic != name],
                 data=_data({"@type": "FAQPage", "inLanguage": "nl", "mainEntity": [{
                     "@type": "Question", "name": topic.question.of(audience),
                     "acceptedAnswer": {"@type": "Answer", "text": answer}}]}))


def _missing(request: Request, audience: str) -> HTMLResponse:
    # The address that was asked for is not repeated: it may hold what somebody typed.
    response = _show(request, "site_missing.html", audience, PREFIX[audience] or "/")
    response.status_code = 404
    return response


@router.get("/")
async def home(request: Request) -> Response:
    return _home(request, "kind")


@router.get("/ouders")
async def parents(request: Request) -> Response:
    return _home(request, "ouder")


@router.get("/thema/{theme}")
async def theme(request: Request, theme: str) -> Response:
    return _theme(request, "kind", theme)


@router.get("/ouders/thema/{theme}")
async def theme_for_parents(request: Request, theme: str) -> Response:
    return _theme(request, "ouder", theme)


@router.get("/onderwerp/{topic}")
async def topic(request: Request, topic: str) -> Response:
    return _topic(request, "kind", topic)


@router.get("/ouders/onderwerp/{topic}")
async def topic_for_parents(request: Request, topic: str) -> Response:
    return _topic(request, "ouder", topic)


@router.get("/veilig")
async def safety(request: Request) -> Response:
    """How to leave, what the browser remembers, private windows."""
    return _show(request, "site_safety.html", "kind", "/veilig")


@router.get("/widget")
async def for_sites(request: Request) -> Response:
    """The live example for people who put the widget on their own site."""
    return _show(request, "site_widget.html", "ouder", "/widget", base=_base(request),
                 help_kind=Messages(knowledge(), "kind").emergency_contacts(),
                 origins=request.app.state.settings.allowed_origins)


def _paths() -> list[str]:
    content = knowledge()
    paths = ["/", "/ouders", "/veilig"]
    for prefix in PREFIX.values():
        paths += [f"{prefix}/thema/{theme}" for theme in content.themes]
        paths += [f"{prefix}/onderwerp/{name}" for name in content.topics]
    return paths


@router.get("/sitemap.xml")
async def sitemap(request: Request) -> Response:
    rows = "".join(f"<url><loc>{escape(_base(request) + path)}</loc></url>" for path in _paths())
    return Response('<?xml version="1.0" encoding="UTF-8"?>\n'
                    f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>\n',
                    media_type="application/xml")


@router.get("/robots.txt")
async def robots(request: Request) -> Response:
    return Response(f"User-agent: *\nDisallow: /api/\nDisallow: /vraag\nSitemap: {_base(request)}/sitemap.xml\n",
                    media_type="text/plain")
