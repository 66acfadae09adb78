"""Every state of the widget, each with the few actions that lead to it. Used by the axe test and the screenshots.

A state begins on a fresh page with a closed widget.
"""
from __future__ import annotations

from typing import Callable

from playwright.sync_api import Locator, Page, expect

CHAT = "kinderrechten-chat"
# A telephone number, an e-mail address, a postcode and a name that are nobody's.
PERSONAL = "Mijn nummer is 06 12345678"


def chat(page: Page) -> Locator:
    return page.locator(CHAT).first


def open_chat(page: Page) -> None:
    chat(page).get_by_role("button", name="Stel je vraag").click()
    expect(chat(page).get_by_role("dialog")).to_be_visible()


def type_in(page: Page, text: str) -> None:
    chat(page).get_by_role("textbox").fill(text)


def ask(page: Page, text: str, wait: bool = True) -> Locator:
    """Asks and gives the turn with the whole answer shown."""
    turns = chat(page).locator(".turn")
    count = turns.count()
    type_in(page, text)
    chat(page).get_by_role("textbox").press("Enter")
    turn = turns.nth(count)
    expect(turn).to_be_attached()
    if wait:
        expect(turn.locator(".message").last).to_be_visible()
        settle(page)
    return turn


def settle(page: Page) -> None:
    """Shows all pieces. Tests ask for less motion, so nothing fades."""
    chat(page).evaluate("node => node.showAll()")


def _closed(page: Page) -> None:
    expect(chat(page).get_by_role("button", name="Hulp nu")).to_be_visible()


def _opened(page: Page) -> None:
    open_chat(page)
    expect(chat(page).locator(".theme").first).to_be_visible()


def _starters(page: Page) -> None:
    _opened(page)
    chat(page).locator(".theme summary").first.click()


def _parent(page: Page) -> None:
    _opened(page)
    chat(page).get_by_role("button", name="Ik ben een ouder").click()
    expect(chat(page).locator(".starters")).to_contain_text("Waar gaat uw vraag over?")


def _help(page: Page) -> None:
    chat(page).get_by_role("button", name="Hulp nu").click()


def _help_in_chat(page: Page) -> None:
    open_chat(page)
    ask(page, "Wij hebben geen huis")
    _help(page)


def _settings(page: Page) -> None:
    open_chat(page)
    chat(page).get_by_role("button", name="Instellingen").click()


def _warning(page: Page) -> None:
    open_chat(page)
    type_in(page, PERSONAL)
    expect(chat(page).locator(".warning")).to_be_visible()


def _said(text: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        open_chat(page)
        ask(page, text)

    return act


def _all_parts(page: Page) -> None:
    """An answer with everything unfolded: all steps, all contacts, the right behind it, helpful, a used choice."""
    open_chat(page)
    turn = ask(page, "Wij hebben geen huis")
    turn.get_by_role("button", name="Alle stappen").click()
    turn.locator(".more").click()
    turn.locator(".which summary").click()
    turn.get_by_role("button", name="Ja", exact=True).click()
    expect(turn.locator(".thanks")).not_to_be_empty()


def _easier(page: Page) -> None:
    open_chat(page)
    turn = ask(page, "Wij hebben geen huis")
    turn.get_by_role("button", name="Makkelijker").click()
    expect(chat(page).locator(".turn").nth(1).locator(".message")).to_be_visible()
    settle(page)


def _as_parent(page: Page) -> None:
    _parent(page)
    ask(page, "Ik heb geen huis meer")


def _theme(page: Page) -> None:
    """A theme chosen from a list: its topics as buttons, and a used choice above them."""
    open_chat(page)
    ask(page, "wie wint het voetbal").get_by_role("button", name="Wonen en geld").click()
    expect(chat(page).locator(".turn").nth(1).locator(".message")).to_be_visible()
    settle(page)


def _feedback(page: Page) -> None:
    open_chat(page)
    turn = ask(page, "Wij hebben geen huis")
    turn.get_by_role("button", name="Nee", exact=True).click()
    expect(turn.locator(".thanks")).not_to_be_empty()
    turn.locator(".helpful").scroll_into_view_if_needed()


def _typing(page: Page) -> None:
    page.route("**/messages", lambda route: None)
    open_chat(page)
    ask(page, "Wij hebben geen huis", wait=False)
    expect(chat(page).locator(".typing")).to_be_visible()


def _slow(page: Page) -> None:
    page.clock.install()
    _typing(page)
    page.clock.run_for(5100)
    expect(chat(page).locator(".slow")).to_be_visible()


def _error(page: Page) -> None:
    page.route("**/messages", lambda route: route.fulfill(status=500, body="{}"))
    open_chat(page)
    ask(page, "Wij hebben geen huis")


def _offline(page: Page) -> None:
    open_chat(page)
    page.context.set_offline(True)
    ask(page, "Wij hebben geen huis")
    page.context.set_offline(False)


def _erased(page: Page) -> None:
    open_chat(page)
    ask(page, "Wij hebben geen huis")
    chat(page).get_by_role("button", name="Wis alles").click()
    expect(chat(page).locator(".note")).to_contain_text("gewist")


def _presses(page: Page) -> None:
    open_chat(page)
    page.keyboard.press("Shift")
    page.keyboard.press("Shift")


def _leave_link(page: Page) -> None:
    open_chat(page)
    page.keyboard.press("Tab")
    expect(chat(page).locator(".leave-link")).to_be_focused()


STATES: dict[str, Callable[[Page], None]] = {
    "closed": _closed,
    "open": _opened,
    "starters": _starters,
    "parent": _parent,
    "help": _help,
    "help_in_chat": _help_in_chat,
    "settings": _settings,
    "warning": _warning,
    "typing": _typing,
    "slow": _slow,
    "answer": _said("Wij hebben geen huis"),
    "answer_unfolded": _all_parts,
    "answer_concern": _said("mijn vader slaat mij"),
    "answer_parent": _as_parent,
    "easier": _easier,
    "crisis": _said("ik wil dood"),
    "maybe_crisis": _said("schrik"),
    "choose": _said("ik twijfel"),
    "out_of_scope": _said("wie wint het voetbal"),
    "article": _said("artikel 12"),
    "right_to_left": _said("arabisch"),
    "other_language": _said("farsi"),
    "theme": _theme,
    "feedback": _feedback,
    "hostile": _said("vijandig"),
    "error": _error,
    "offline": _offline,
    "erased": _erased,
    "shift": _presses,
    "leave_link": _leave_link,
}
