"""The demo site: made from the knowledge, readable without JavaScript, findable."""
from __future__ import annotations

import json
import re
from html import unescape
from xml.etree import ElementTree

import httpx
import pytest
from playwright.sync_api import Page, expect

from bot.knowledge.library import knowledge
from tests.browser.servers import Running


def test_every_page_of_the_sitemap(app: Running) -> None:
    with httpx.Client(base_url=app.url) as client:
        assert f"Sitemap: {app.url}/sitemap.xml" in client.get("/robots.txt").text
        tree = ElementTree.fromstring(client.get("/sitemap.xml").content)
        addresses = [node.text or "" for node in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
        assert len(addresses) == 3 + 2 * (len(knowledge().topics) + len(knowledge().themes)) == len(set(addresses))
        titles = {}
        for address in addresses:
            answer = client.get(address)
            assert answer.status_code == 200, address
            text = answer.text
            title, description = (re.search(p, text) for p in (r"<title>(.+?)</title>", r'name="description" content="(.+?)"'))
            assert title and description and 30 <= len(unescape(description[1])) <= 200, address
            titles.setdefault(unescape(title[1]), []).append(address)
            assert f'<link rel="canonical" href="{address}">' in text
            assert text.count("<h1") == 1
            assert text.count('href="tel:112"') >= 1
            assert "<script>" not in text and " style=" not in text and "onclick" not in text
    assert len(titles) > len(addresses) * 0.6


@pytest.mark.parametrize("audience", ["kind", "ouder"])
def test_topic_pages_name_right_steps_and_people(app: Running, audience: str) -> None:
    prefix = "/ouders" if audience == "ouder" else ""
    with httpx.Client(base_url=app.url) as client:
        for topic in knowledge().topics.values():
            text = unescape(client.get(f"{prefix}/onderwerp/{topic.topic}").text).split("<main", 1)[1]
            assert topic.articles[0].gives.of(audience) in text and topic.articles[0].ref in text
            for step in topic.texts(audience).steps:
                assert step in text
            names = [knowledge().contacts[c].name for c in topic.contacts.of(audience)]
            assert any(name in text for name in names)
            if topic.urgency == "emergency":
                assert text.index("Bel nu") < text.index(topic.texts(audience).steps[0])


def test_data_for_search_engines_is_true_and_allowed(page: Page, app: Running) -> None:
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Security" in message.text else None)
    page.goto(app.url + "/onderwerp/wonen_dakloos")
    data = json.loads(page.locator("script[type='application/ld+json']").text_content() or "")
    topic = knowledge().topics["wonen_dakloos"]
    assert data["mainEntity"][0]["name"] == topic.question.kind
    assert topic.kind.text in data["mainEntity"][0]["acceptedAnswer"]["text"]
    assert refused == []


def test_unknown_pages_are_404(app: Running) -> None:
    for path in ("/thema/x", "/onderwerp/x", "/ouders/thema/<b>", "/ouders/onderwerp/../x"):
        assert httpx.get(app.url + path).status_code == 404


def test_own_buttons_use_the_widget(page: Page, app: Running) -> None:
    page.goto(app.url + "/")
    page.locator("main").get_by_role("link", name="Stel je vraag").click()
    expect(page.locator("kinderrechten-chat").get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("header").get_by_role("link", name="Snel weg", exact=True).click()
    page.wait_for_url("**/neutraal")


def test_plain_chat_without_javascript(new_context, app: Running) -> None:  # noqa: ANN001
    page = new_context(java_script_enabled=False).new_page()
    page.goto(app.url + "/")
    page.locator("main").get_by_role("link", name="Stel je vraag").first.click()
    page.get_by_label("Je vraag").fill("Wij hebben geen huis")
    page.get_by_role("button", name="Vraag", exact=True).click()
    expect(page.locator("article.answer h2")).to_have_text(knowledge().topics["wonen_dakloos"].title.kind)


def test_live_example_has_the_line_to_copy(page: Page, app: Running) -> None:
    page.goto(app.url + "/widget")
    line = page.locator("pre").inner_text()
    assert f'<script src="{app.url}/widget.js"' in line and "<noscript>" in line and 'href="tel:08000432"' in line
    expect(page.locator("kinderrechten-chat").get_by_role("textbox")).to_be_visible()
    expect(page.locator("#gebeurtenis")).to_have_text(re.compile("krw-|nog geen"))
    page.locator("kinderrechten-chat").get_by_role("button", name="Hulp nu").click()
    expect(page.locator("#gebeurtenis")).to_have_text("krw-help")


def test_live_example_follows_what_is_chosen(page: Page, app: Running) -> None:
    page.goto(app.url + "/widget")
    chat = page.locator("kinderrechten-chat")
    page.locator("main").get_by_label("Voor wie").select_option("ouder")
    page.get_by_label("Kleuren").select_option("dark")
    page.get_by_label("Uw kleur").fill("#7a2a8c")
    page.get_by_label("Titel").fill('Vraag "maar"')
    expect(page.locator("pre")).to_contain_text(
        'data-audience="ouder" data-theme="dark" data-color="#7a2a8c" data-text-title="Vraag &quot;maar&quot;" defer')
    expect(chat.get_by_role("textbox", name="Typ uw vraag")).to_be_visible()
    expect(chat.get_by_role("heading", name='Vraag "maar"')).to_be_visible()
    assert chat.locator(".send").evaluate("n => getComputedStyle(n).backgroundColor") == "rgb(122, 42, 140)"


def test_safety_page_is_honest(app: Running) -> None:
    text = unescape(httpx.get(app.url + "/veilig").text)
    for words in ("Shift", "geschiedenis", "privévenster", "incognitotabblad", "Geheime modus", "Terug kom je niet meer in de chat",
                  "app om mee te kijken"):
        assert words in text, words
    for path in ("/", "/ouders", "/thema/wonen", "/onderwerp/wonen_dakloos"):
        assert 'href="/veilig"' in httpx.get(app.url + path).text
