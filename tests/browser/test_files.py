"""The widget's file: how big, what is in it, what is not."""
from __future__ import annotations

import gzip
import re

import httpx
import pytest

from bot.knowledge.library import EMERGENCY_CONTACTS, knowledge
from bot.web.widget import PARTS, SOURCE
from tests.browser.fake_assistant import FakeAssistant
from tests.browser.servers import Running

SOURCES = {name: (SOURCE / name).read_text(encoding="utf-8") for name in PARTS}


def test_at_most_40_kb_with_styles(app: Running) -> None:
    with httpx.stream("GET", app.url + "/widget.js", headers={"Accept-Encoding": "gzip"}) as response:
        assert response.headers["content-encoding"] == "gzip"
        raw = b"".join(response.iter_raw())
    print(f"widget.js: {len(raw)} bytes gzip")
    assert len(raw) <= 40_000
    text = gzip.decompress(raw).decode()
    assert ".launch" in text and "Snel weg" in text and "0800-0432" in text


def test_lines_to_copy_name_everybody_who_helps() -> None:
    guide = (SOURCE.parents[3] / "docs" / "widget.md").read_text(encoding="utf-8")
    for contact_id in EMERGENCY_CONTACTS:
        contact = knowledge().contacts[contact_id]
        assert f'<a href="tel:{contact.tel}">{contact.name}' in guide
    for name in re.findall(r"'([a-z-]+)'", re.search(r"NAMES = \[(.*?)\]", SOURCES["start.js"])[1]):
        assert f"`{name}`" in guide, name
    for event in re.findall(r"this\.tell\('([a-z]+)'", SOURCES["element.js"]):
        assert f"`krw-{event}`" in guide, event


def test_known_file_is_not_sent_again(app: Running) -> None:
    first = httpx.get(app.url + "/widget.js")
    again = httpx.get(app.url + "/widget.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_numbers_come_from_contacts(app: Running) -> None:
    text = httpx.get(app.url + "/widget.js").text
    for contact_id in ("alarmnummer", "veilig_thuis", "kindertelefoon", "preventie_113"):
        contact = knowledge().contacts[contact_id]
        assert f'"tel": "{contact.tel}"' in text and contact.hours_text in text
    for name, source in SOURCES.items():
        for contact in knowledge().contacts.values():
            if contact.phone and len(contact.phone) > 3:
                assert contact.phone not in source, f"{name} has a number of its own: {contact.phone}"


@pytest.mark.parametrize("name", PARTS)
def test_source_keeps_its_promises(name: str) -> None:
    source = SOURCES[name]
    code = re.sub(r"^\s*//.*$", "", source, flags=re.MULTILINE)
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "localStorage",
                      "sessionStorage", "indexedDB", "document.cookie", "caches.", "serviceWorker", "pushState",
                      "replaceState", "https://", "console."):
        assert forbidden not in code, forbidden
    # An old phone reads it: nothing newer than 2017 in the language, and comments the server can strip.
    for newer in (r"\?\.[A-Za-z\[(]", r"\?\?", r"\(\?<[=!]", r"\.\.\.\w+ *}", r"`", r"\.replaceChildren", r"\.at\(",
                  r"\.flat", r"#\w+\s*[=(;]", r"\.replaceAll", r"catch \{", r"Object\.fromEntries", r"/\*"):
        assert not re.search(newer, code), newer
    assert not re.search(r"[;{}]\s+//", code), "a comment beside code would not be stripped"


def test_only_named_sites_may_call(app: Running, hosts: Running, assistant: FakeAssistant) -> None:
    def call(origin: str, method: str = "POST", **headers: str) -> httpx.Response:
        return httpx.request(method, app.url + "/api/conversations", headers={"Origin": origin, **headers})

    let_in = call(hosts.url)
    assert let_in.status_code == 201 and let_in.headers["access-control-allow-origin"] == hosts.url
    assert "Origin" in let_in.headers["vary"]
    ask = {"Access-Control-Request-Method": "DELETE"}
    assert call(hosts.url, "OPTIONS", **ask).status_code == 204
    assert call(app.url).status_code == 201
    before = len(assistant.talks)
    for stranger in ("https://elders.example", "null", hosts.url + ".evil.example", "http://127.0.0.1"):
        refused = call(stranger)
        assert refused.status_code == 403 and "access-control-allow-origin" not in refused.headers
        assert call(stranger, "OPTIONS", **ask).status_code == 403
    crossed = httpx.post(app.url + "/api/conversations", headers={"Sec-Fetch-Site": "cross-site"})
    assert crossed.status_code == 403
    assert len(assistant.talks) == before


def test_feedback_is_yes_or_no_of_a_real_conversation(app: Running) -> None:
    token = httpx.post(app.url + "/api/conversations").json()["conversation"]
    path = f"{app.url}/api/conversations/{token}/feedback"
    assert httpx.post(path, json={"helpful": True}).status_code == 204
    for wrong in ({"helpful": "ja"}, {"helpful": True, "text": "x"}, {}, {"helpful": 1}):
        assert httpx.post(path, json=wrong).status_code == 422
    assert httpx.post(f"{app.url}/api/conversations/nietvanmij/feedback", json={"helpful": False}).status_code == 404


def test_starters_are_the_topics_own_questions(app: Running) -> None:
    for audience in ("kind", "ouder"):
        themes = httpx.get(app.url + "/api/starters", params={"audience": audience}).json()["themes"]
        assert [theme["id"] for theme in themes] == [name for name in knowledge().themes if name != "crisis"]
        for theme in themes:
            for row in theme["questions"]:
                assert row["question"] == knowledge().topics[row["topic"]].question.of(audience)
    assert httpx.get(app.url + "/api/starters", params={"audience": "x"}).status_code == 422
