"""From the browser to the trained model and back: nothing scripted."""
from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from bot.knowledge.library import knowledge
from tests.browser.servers import Running, start_both
from tests.browser.states import ask, chat, open_chat


@pytest.fixture(scope="module")
def real(trained_model: Any) -> Iterator[tuple[Running, Running]]:
    from bot.assistant import Assistant

    app, hosts = start_both(lambda: Assistant(Path(trained_model)))
    yield app, hosts
    hosts.stop()
    app.stop()


def test_a_child_asks_and_leaves(real: tuple[Running, Running], new_context: Callable[..., BrowserContext]) -> None:
    app, hosts = real
    page = new_context().new_page()
    page.goto(hosts.url + "/")
    open_chat(page)
    # A question to begin with is answered by its own topic, whatever the model thinks of its words.
    theme = chat(page).locator(".theme").first
    theme.locator("summary").click()
    first = knowledge().topics_of("wonen")[0]
    theme.get_by_role("button", name=first.question.kind).click()
    expect(chat(page).locator(".turn").nth(0).locator("h3")).to_have_text(first.title.kind)
    chat(page).get_by_role("button", name="Makkelijker").click()
    expect(chat(page).locator(".turn").nth(1)).to_contain_text(first.kind.simple.split(".")[0])
    # Who is asking, changed in the settings: the same answer in the words for a parent.
    chat(page).get_by_role("button", name="Instellingen").click()
    chat(page).get_by_label("Ik ben een ouder").check()
    chat(page).get_by_role("button", name="Terug naar de chat").click()
    expect(chat(page).locator(".turn").nth(2)).to_contain_text(first.title.ouder)
    # Free words, and danger first.
    turn = ask(page, "ik wil dood")
    expect(turn.locator(".message.crisis a.call").first).to_have_attribute("href", "tel:113")
    deleted = ("DELETE", "POST")
    chat(page).get_by_role("button", name="Snel weg").click()
    page.wait_for_url("**/neutraal")
    ends = [path for method, path in app.log if method in deleted and (method == "DELETE" or path.endswith("/end"))]
    assert len(ends) == 1
    asked = {path.split("/")[3] for method, path in app.log if path.endswith("/messages")}
    assert ends[0].split("/")[3] in asked
