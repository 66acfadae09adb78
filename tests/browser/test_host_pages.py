"""On other people's pages: strict policies, wild style sheets, several widgets, own colours and words, events."""
from __future__ import annotations

from typing import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chrome import SIZES
from tests.browser.fake_assistant import FakeAssistant
from tests.browser.servers import Running
from tests.browser.states import CHAT, ask, chat, open_chat, type_in


def test_strict_content_security_policy(page: Page, hosts: Running, app: Running) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.add_init_script("""window.broken = []; document.addEventListener('securitypolicyviolation',
        e => window.broken.push(e.violatedDirective + ' ' + e.blockedURI));""")
    page.goto(hosts.url + "/strict")
    open_chat(page)
    turn = ask(page, "Wij hebben geen huis")
    turn.get_by_role("button", name="Alle stappen").click()
    type_in(page, "nog een\nregel")
    chat(page).get_by_role("button", name="Instellingen").click()
    chat(page).get_by_label("Heel groot").check()
    chat(page).get_by_label("Donker").check()
    # Looks as it should, so the style came through.
    assert chat(page).locator(".safety button").first.evaluate("n => n.offsetHeight") >= 44
    chat(page).get_by_role("button", name="Snel weg").click()
    page.wait_for_url("**/neutraal")
    page.go_back()
    assert [line for line in said if "favicon" not in line] == []


def test_strict_policy_is_not_broken_anywhere(page: Page, hosts: Running, app: Running) -> None:
    page.add_init_script("""window.broken = []; document.addEventListener('securitypolicyviolation',
        e => window.broken.push(e.violatedDirective + ' ' + e.blockedURI));""")
    page.goto(hosts.url + "/strict")
    open_chat(page)
    ask(page, "vijandig")
    chat(page).get_by_role("button", name="Hulp nu").click()
    assert [row for row in page.evaluate("window.broken") if "favicon" not in row] == []


def _looks(page: Page) -> dict:
    return chat(page).evaluate("""node => {
        const of = (selector) => { const n = node.shadowRoot.querySelector(selector); const s = getComputedStyle(n);
            const r = n.getBoundingClientRect();
            return [s.color, s.fontSize, s.visibility, s.opacity, s.textTransform, s.letterSpacing, s.direction,
                    Math.round(r.left), Math.round(r.top), Math.round(r.width), Math.round(r.height)]; };
        return {box: of('.box'), title: of('h2'), leave: of('.leave-button'), input: of('textarea'), text: of('.promises span')};
    }""")


@pytest.mark.parametrize("size", list(SIZES))
def test_wild_css_changes_nothing(new_context: Callable[..., BrowserContext], hosts: Running, app: Running, size: str) -> None:
    page = new_context(viewport=SIZES[size]).new_page()
    looks = []
    for path in ("/", "/wild"):
        page.goto(hosts.url + path)
        chat(page).evaluate("node => node.open()")
        expect(chat(page).locator(".theme").first).to_be_attached()
        looks.append(_looks(page))
    assert looks[0] == looks[1]
    # And it lies above everything: the page's own layer does not catch the click.
    chat(page).get_by_role("button", name="Hulp nu").click()
    expect(chat(page).locator(".card.alarm")).to_be_visible()


def test_two_on_one_page(page: Page, hosts: Running, assistant: FakeAssistant) -> None:
    page.goto(hosts.url + "/two")
    one, two = page.locator("#one"), page.locator("#two")
    assert page.locator(CHAT).count() == 2, "the script adds none where the page has its own"
    one.get_by_role("textbox").fill("geen huis")
    one.get_by_role("textbox").press("Enter")
    expect(one.locator(".message")).to_be_visible()
    assert two.locator(".turn").count() == 0
    two.get_by_role("button", name="Stel je vraag").click()
    two.get_by_role("textbox").fill("mijn vader slaat mij")
    two.get_by_role("textbox").press("Enter")
    expect(two.locator(".message")).to_be_visible()
    assert sorted(talk.topic for talk in assistant.talks.values()) == ["geweld_thuis", "wonen_dakloos"]
    names = page.locator(CHAT).evaluate_all(
        "all => all.map(n => n.shadowRoot.querySelector('[role=region]').getAttribute('aria-label'))")
    assert len(set(names)) == 2
    two.get_by_role("button", name="Wis alles").click()
    expect(two.locator(".turn")).to_have_count(0)
    expect(one.locator(".turn")).to_have_count(1)
    # Leaving ends both.
    for _ in range(3):
        page.keyboard.press("Shift")
    page.wait_for_url("**/neutraal")
    for _ in range(50):
        if not assistant.talks:
            break
        page.wait_for_timeout(50)
    assert assistant.talks == {}


def test_the_same_line_twice_gives_one(page: Page, hosts: Running, app: Running) -> None:
    page.goto(hosts.url + "/twice")
    expect(page.locator(CHAT)).to_have_count(1)


def test_own_colours_words_and_place(page: Page, hosts: Running, app: Running) -> None:
    page.goto(hosts.url + "/own")
    launch = chat(page).get_by_role("button", name="Praat met ons")
    box = launch.bounding_box()
    assert box and box["x"] < 400
    assert launch.evaluate("n => getComputedStyle(n).backgroundColor") == "rgb(255, 209, 0)"
    assert launch.evaluate("n => getComputedStyle(n).color") == "rgb(0, 0, 0)"
    launch.click()
    expect(chat(page).get_by_role("heading", name="Vraagbaak")).to_be_visible()
    expect(chat(page).locator(".intro")).to_contain_text("Fijn dat u er bent.")
    expect(chat(page).get_by_role("textbox", name="Typ uw vraag")).to_be_visible()
    # A site can add words, it cannot take the safety lines away.
    expect(chat(page).locator(".intro")).to_contain_text("geen mens")


def test_open_at_start_leaves_the_focus_alone(page: Page, hosts: Running, app: Running) -> None:
    page.goto(hosts.url + "/open")
    expect(chat(page).get_by_role("dialog")).to_be_visible()
    assert page.evaluate("document.activeElement === document.body")


def test_events_say_that_not_what(page: Page, hosts: Running, app: Running) -> None:
    page.add_init_script("""window.heard = []; window.keys = 0;
        for (const n of ['ready', 'open', 'close', 'help', 'answer', 'error', 'helpful', 'erase', 'leave'])
            document.addEventListener('krw-' + n, e => window.heard.push([n, JSON.stringify(e.detail)]));
        for (const n of ['keydown', 'keyup', 'keypress', 'input', 'change'])
            document.addEventListener(n, () => { window.keys += 1; });""")
    page.goto(hosts.url + "/")
    open_chat(page)
    chat(page).get_by_role("textbox").press_sequentially("Wij hebben geen huis")
    turn = ask(page, "Wij hebben geen huis")
    turn.get_by_role("button", name="Ja", exact=True).click()
    chat(page).get_by_role("button", name="Hulp nu").click()
    page.keyboard.press("Escape")
    chat(page).get_by_role("button", name="Wis alles").click()
    page.keyboard.press("Escape")
    heard = page.evaluate("window.heard")
    assert [name for name, _ in heard] == ["ready", "open", "answer", "helpful", "help", "erase", "close"]
    assert dict(map(tuple, heard))["answer"] == '{"type":"answer"}'
    assert "huis" not in str(heard) and "dakloos" not in str(heard)
    # What is typed in the chat is not heard by the page around it.
    assert page.evaluate("window.keys") == 0


def test_a_site_that_is_not_on_the_list_gets_help_but_no_chat(page: Page, hosts: Running, app: Running) -> None:
    # "localhost" is another origin than "127.0.0.1".
    page.goto(hosts.url.replace("127.0.0.1", "localhost") + "/")
    open_chat(page)
    turn = ask(page, "Wij hebben geen huis")
    expect(turn.locator(".error a[href='tel:112']")).to_be_visible()


def test_phone_without_constructable_style_sheets(new_context: Callable[..., BrowserContext], hosts: Running,
                                                  app: Running) -> None:
    context = new_context(viewport=SIZES["phone"])
    context.add_init_script("delete window.CSSStyleSheet.prototype.replaceSync; HTMLElement.prototype.showPopover = undefined;"
                            "window.visualViewport = undefined;")
    page = context.new_page()
    page.goto(hosts.url + "/")
    open_chat(page)
    ask(page, "Wij hebben geen huis")
    assert chat(page).locator(".leave-button").evaluate("n => n.offsetHeight") >= 44
    assert chat(page).locator(".box").evaluate("n => n.getBoundingClientRect().width") == SIZES["phone"]["width"]
