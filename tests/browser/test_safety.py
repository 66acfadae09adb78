"""Help without a server, leaving in each way, and nothing that stays behind."""
from __future__ import annotations

import json
import time
from typing import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from bot.knowledge.library import knowledge
from tests.browser.chrome import SIZES
from tests.browser.fake_assistant import FakeAssistant
from tests.browser.servers import Running
from tests.browser.states import ask, chat, open_chat, type_in

NUMBERS = {"tel:112", "tel:08002000", "tel:08000432", "tel:113"}


def tels(page: Page, inside: str) -> set[str]:
    return set(chat(page).locator(f"{inside} a[href^='tel:']").evaluate_all("all => all.map(a => a.getAttribute('href'))"))


def wait_until_gone(assistant: FakeAssistant) -> None:
    until = time.monotonic() + 20
    while assistant.talks and time.monotonic() < until:
        time.sleep(0.05)
    assert assistant.talks == {}


# -- help


@pytest.mark.parametrize("size", list(SIZES))
def test_help_is_always_in_view_and_needs_nobody(new_context: Callable[..., BrowserContext], hosts: Running, app: Running,
                                                 size: str) -> None:
    context = new_context(viewport=SIZES[size])
    page = context.new_page()
    page.goto(hosts.url + "/")
    expect(chat(page).get_by_role("button", name="Hulp nu")).to_be_in_viewport()
    context.set_offline(True)
    app.log.clear()
    chat(page).get_by_role("button", name="Hulp nu").click()
    help_card = chat(page).locator(".card.alarm")
    expect(help_card).to_be_visible()
    assert tels(page, ".card.alarm") == NUMBERS
    for contact_id in ("alarmnummer", "veilig_thuis", "kindertelefoon", "preventie_113"):
        expect(help_card).to_contain_text(knowledge().contacts[contact_id].name)
        expect(help_card).to_contain_text(knowledge().contacts[contact_id].hours_text)
    assert app.log == []
    # Escape and the button bring the focus back to where it came from.
    page.keyboard.press("Escape")
    expect(chat(page).get_by_role("button", name="Hulp nu")).to_be_focused()
    open_chat(page)
    expect(chat(page).get_by_role("button", name="Hulp nu")).to_be_in_viewport()
    expect(chat(page).get_by_role("button", name="Snel weg")).to_be_in_viewport()
    expect(chat(page).get_by_role("button", name="Wis alles")).to_be_in_viewport()


def test_opening_hours_are_dutch_time(new_context: Callable[..., BrowserContext], hosts: Running, app: Running) -> None:
    # 09:30 in Amsterdam, wherever the phone thinks it is.
    page = new_context(timezone_id="America/New_York").new_page()
    page.clock.set_fixed_time("2026-11-24T08:30:00Z")
    page.goto(hosts.url + "/")
    chat(page).get_by_role("button", name="Hulp nu").click()
    row = chat(page).locator(".contact", has_text="Kindertelefoon")
    expect(row.locator(".state")).to_have_text("Nu dicht, open vandaag om 11.00 uur")
    expect(chat(page).locator(".contact", has_text="Veilig Thuis").locator(".state")).to_have_text("Nu open")
    page.clock.set_fixed_time("2026-11-24T20:00:00Z")
    page.keyboard.press("Escape")
    chat(page).get_by_role("button", name="Hulp nu").click()
    expect(row.locator(".state")).to_have_text("Nu dicht, open morgen om 11.00 uur")


def test_offline_in_mid_conversation(new_context: Callable[..., BrowserContext], hosts: Running, app: Running) -> None:
    context = new_context()
    page = context.new_page()
    page.goto(hosts.url + "/")
    open_chat(page)
    ask(page, "Wij hebben geen huis")
    context.set_offline(True)
    turn = ask(page, "mijn vader slaat mij")
    expect(turn.locator(".error")).to_contain_text("geen internet")
    assert tels(page, ".error") == NUMBERS
    context.set_offline(False)
    turn.get_by_role("button", name="Probeer opnieuw").click()
    expect(chat(page).locator(".turn").nth(2).locator("h3")).to_have_text(knowledge().topics["geweld_thuis"].title.kind)


def test_server_error(page: Page, hosts: Running, assistant: FakeAssistant) -> None:
    page.goto(hosts.url + "/")
    open_chat(page)
    assistant.broken = True
    turn = ask(page, "Wij hebben geen huis")
    expect(turn.locator(".error")).to_contain_text("Dat is niet jouw schuld")
    assert tels(page, ".error") == NUMBERS
    assistant.broken = False
    turn.get_by_role("button", name="Probeer opnieuw").click()
    expect(chat(page).locator(".turn").nth(1).locator("h3")).to_be_visible()


@pytest.mark.parametrize("body", ["", "<html>", "[]", '{"messages": "x"}', '{"messages": [1, null]}'])
def test_nonsense_from_the_server(page: Page, hosts: Running, app: Running, body: str) -> None:
    page.route("**/messages", lambda route: route.fulfill(status=200, body=body))
    page.goto(hosts.url + "/")
    open_chat(page)
    assert tels(page, ".error") == set()
    ask(page, "Wij hebben geen huis")
    assert tels(page, ".error") == NUMBERS


def test_slow_server_brings_help_by_itself(page: Page, hosts: Running, app: Running) -> None:
    held: list[Route] = []
    page.clock.install()
    page.route("**/messages", lambda route: held.append(route))
    page.goto(hosts.url + "/")
    open_chat(page)
    turn = ask(page, "Wij hebben geen huis", wait=False)
    expect(turn.locator(".typing")).to_be_visible()
    page.clock.run_for(4000)
    assert turn.locator(".slow").count() == 0
    page.clock.run_for(1500)
    expect(turn.locator(".slow")).to_be_visible()
    assert tels(page, ".slow") == NUMBERS
    held[0].continue_()
    expect(turn.locator("h3")).to_be_visible()
    expect(turn.locator(".slow")).to_have_count(0)


def test_server_that_never_answers(page: Page, hosts: Running, app: Running) -> None:
    page.clock.install()
    page.route("**/messages", lambda route: None)
    page.goto(hosts.url + "/")
    open_chat(page)
    turn = ask(page, "Wij hebben geen huis", wait=False)
    expect(turn.locator(".typing")).to_be_visible()
    page.clock.run_for(21_000)
    expect(turn.locator(".error")).to_contain_text("Het duurt te lang")
    assert tels(page, ".error") == NUMBERS


# -- leaving


def _button(page: Page) -> None:
    chat(page).get_by_role("button", name="Snel weg").click()


def _shift(page: Page) -> None:
    for _ in range(3):
        page.keyboard.press("Shift")


def _link(page: Page) -> None:
    chat(page).locator(".leave-link").focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize("leave", [_button, _shift, _link])
@pytest.mark.parametrize("site", ["own", "other"])
def test_leaving(new_context: Callable[..., BrowserContext], hosts: Running, app: Running, assistant: FakeAssistant,
                 leave: Callable[[Page], None], site: str) -> None:
    context = new_context()
    page = context.new_page()
    page.goto(hosts.url + "/start")
    page.goto((app.url if site == "own" else hosts.url) + "/")
    page.evaluate("history.length")
    chat(page).get_by_role("button", name="Stel je vraag").click()
    ask(page, "Wij hebben geen huis")
    type_in(page, "dit mag niemand zien")
    entries = page.evaluate("history.length")
    assert len(assistant.talks) == 1
    # What is on the screen the moment it is pressed? A page that goes away can still send a beacon, which the server notes.
    page.evaluate("""server => new MutationObserver(() => {
        const shown = {text: document.documentElement.innerText, title: document.title,
            widgets: document.querySelectorAll('kinderrechten-chat').length, body: document.body.children.length,
            middle: document.elementFromPoint(innerWidth / 2, innerHeight / 2).getAttribute('role')};
        navigator.sendBeacon(server + '/seen/' + encodeURIComponent(JSON.stringify(shown)));
    }).observe(document.documentElement, {childList: true})""", app.url)
    leave(page)
    page.wait_for_url("**/neutraal")
    until = time.monotonic() + 30
    while not (seen := [path for _, path in app.log if path.startswith("/seen/")]) and time.monotonic() < until:
        page.wait_for_timeout(50)
    assert [json.loads(path.removeprefix("/seen/")) for path in seen] == [
        {"text": "Even geduld", "title": "Even geduld", "widgets": 0, "body": 0, "middle": "status"}]
    wait_until_gone(assistant)
    # Nothing is left: not in the history, not in the storage.
    assert page.evaluate("history.length") == entries
    assert context.cookies() == []
    assert context.storage_state()["origins"] == []
    page.go_back()
    assert page.url == hosts.url + "/start"
    page.go_forward()
    assert page.url == hosts.url + "/neutraal"


def test_shift_counts_alone_and_within_five_seconds(page: Page, hosts: Running, app: Running) -> None:
    page.clock.install()
    page.goto(hosts.url + "/")
    # Not before the chat was opened: elsewhere on the page Shift is just Shift.
    _shift(page)
    assert page.url == hosts.url + "/"
    open_chat(page)
    box = chat(page).get_by_role("textbox")
    box.focus()
    for _ in range(4):
        page.keyboard.press("Shift+A")
    assert page.url == hosts.url + "/" and box.input_value() == "AAAA"
    page.keyboard.press("Shift")
    page.keyboard.press("Shift")
    expect(chat(page).locator(".presses i.on")).to_have_count(2)
    page.clock.run_for(5100)
    expect(chat(page).locator(".presses i.on")).to_have_count(0)
    page.keyboard.press("Shift")
    page.keyboard.press("Shift")
    assert page.url == hosts.url + "/"
    page.keyboard.press("Shift")
    page.wait_for_url("**/neutraal")


def test_leaving_without_internet_still_blanks(new_context: Callable[..., BrowserContext], hosts: Running, app: Running) -> None:
    context = new_context()
    page = context.new_page()
    page.goto(hosts.url + "/")
    open_chat(page)
    ask(page, "Wij hebben geen huis")
    context.set_offline(True)
    failed = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    _button(page)
    until = time.monotonic() + 20
    while not any("neutraal" in url for url in failed) and time.monotonic() < until:
        page.wait_for_timeout(20)
    assert any("neutraal" in url for url in failed)
    page.wait_for_load_state()
    assert "geen huis" not in page.content()


def test_leave_address_of_the_site_itself_only_when_it_is_one(page: Page, hosts: Running, app: Running) -> None:
    page.goto(hosts.url + "/")
    leave_url = chat(page).evaluate("(n, to) => { n.setAttribute('leave-url', to); return n.leaveUrl; }", hosts.url + "/start")
    assert leave_url == hosts.url + "/start"
    bad = chat(page).evaluate("(n, to) => { n.setAttribute('leave-url', to); return n.leaveUrl; }", "javascript:alert(1)")
    assert bad == hosts.url + "/neutraal"


@pytest.mark.parametrize("site", ["own", "other"])
def test_closing_the_tab_ends_the_conversation(new_context: Callable[..., BrowserContext], hosts: Running, app: Running,
                                               assistant: FakeAssistant, site: str) -> None:
    context = new_context()
    keep = context.new_page()
    page = context.new_page()
    page.goto((app.url if site == "own" else hosts.url) + "/")
    chat(page).get_by_role("button", name="Stel je vraag").click()
    ask(page, "Wij hebben geen huis")
    assert len(assistant.talks) == 1
    page.close(run_before_unload=True)
    wait_until_gone(assistant)
    keep.close()


def test_back_and_forward_show_nothing_of_before(page: Page, hosts: Running, assistant: FakeAssistant) -> None:
    page.goto(hosts.url + "/")
    open_chat(page)
    ask(page, "Wij hebben geen huis")
    type_in(page, "half af")
    page.get_by_role("link", name="Begin").click()
    page.wait_for_url("**/start")
    wait_until_gone(assistant)
    page.go_back()
    expect(chat(page).get_by_role("button", name="Stel je vraag")).to_be_visible()
    open_chat(page)
    assert chat(page).locator(".turn").count() == 0
    expect(chat(page).get_by_role("textbox")).to_have_value("")
    expect(chat(page).locator(".intro")).to_be_visible()


def test_erase_now(page: Page, hosts: Running, assistant: FakeAssistant) -> None:
    page.goto(hosts.url + "/")
    open_chat(page)
    ask(page, "Wij hebben geen huis")
    type_in(page, "half af")
    chat(page).get_by_role("button", name="Wis alles").click()
    expect(chat(page).locator(".note")).to_contain_text("Alles is gewist")
    wait_until_gone(assistant)
    assert chat(page).locator(".turn").count() == 0
    expect(chat(page).get_by_role("textbox")).to_have_value("")
    ask(page, "mijn vader slaat mij")
    assert len(assistant.talks) == 1


def test_erase_while_an_answer_is_under_way(page: Page, hosts: Running, assistant: FakeAssistant) -> None:
    page.goto(hosts.url + "/")
    open_chat(page)
    ask(page, "Wij hebben geen huis")
    assistant.slow = 0.6
    ask(page, "mijn vader slaat mij", wait=False)
    page.wait_for_timeout(100)
    chat(page).get_by_role("button", name="Wis alles").click()
    expect(chat(page).locator(".note")).to_contain_text("Alles is gewist")
    # Once more after the late answer, which might have been kept.
    until = time.monotonic() + 20
    while len(assistant.forgotten) < 2 and time.monotonic() < until:
        page.wait_for_timeout(100)
    assert len(assistant.forgotten) == 2
    wait_until_gone(assistant)
    assert chat(page).locator(".turn").count() == 0


def test_taking_the_element_away_undoes_everything(page: Page, hosts: Running, assistant: FakeAssistant) -> None:
    page.goto(hosts.url + "/")
    open_chat(page)
    ask(page, "Wij hebben geen huis")
    page.evaluate("() => { window.taken = document.querySelector('kinderrechten-chat'); taken.remove(); }")
    wait_until_gone(assistant)
    assert page.evaluate("taken.shadowRoot.childNodes.length") == 0
    _shift(page)
    assert page.url == hosts.url + "/"
    page.evaluate("document.body.append(taken)")
    open_chat(page)
    assert chat(page).locator(".turn").count() == 0
    ask(page, "Wij hebben geen huis")


def test_nothing_is_stored_and_nobody_else_is_asked(new_context: Callable[..., BrowserContext], hosts: Running,
                                                    app: Running) -> None:
    context = new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(hosts.url + "/")
    open_chat(page)
    turn = ask(page, "Wij hebben geen huis")
    turn.get_by_role("button", name="Makkelijker").click()
    expect(chat(page).locator(".turn").nth(1).locator(".message")).to_be_visible()
    assert {url.split("/")[2] for url in asked} == {app.url.split("/")[2], hosts.url.split("/")[2]}
    assert context.cookies() == []
    assert context.storage_state(indexed_db=True)["origins"] == []
    left = page.evaluate("""async () => [localStorage.length, sessionStorage.length, document.cookie, window.name,
        (await caches.keys()).length, (await navigator.serviceWorker.getRegistrations()).length, history.state]"""
                         ) if page.evaluate("isSecureContext") else None
    assert left == [0, 0, "", "", 0, 0, None]


def test_without_javascript_there_are_the_numbers(new_context: Callable[..., BrowserContext], app: Running) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(app.url + "/")
    assert "112" in page.locator("noscript").inner_text()
    for tel in NUMBERS:
        expect(page.locator(f"#hulp a[href='{tel}']")).to_be_visible()
