"""WCAG: axe in every state, the keyboard, what a screen reader hears, sizes, zoom."""
from __future__ import annotations

from typing import Callable

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chrome import SCHEMES, SIZES
from tests.browser.fake_assistant import FakeAssistant
from tests.browser.servers import Running
from tests.browser.states import STATES, ask, chat, open_chat, type_in

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_OPTIONS = {"runOnly": {"type": "tag", "values": _TAGS}, "resultTypes": ["violations"]}
SITE = ("/", "/ouders", "/thema/asiel", "/ouders/thema/wonen", "/onderwerp/wonen_dakloos", "/onderwerp/crisis_gevaar",
        "/ouders/onderwerp/asiel_school", "/veilig", "/widget", "/thema/bestaatniet")


def complaints(page: Page) -> list[str]:
    """What axe finds on the page as it is now, shadow trees included."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("options => axe.run(document, options)", _OPTIONS)["violations"]
    return [f"{v['id']}: {node['target']} {node.get('failureSummary', '')[:200]}" for v in found for node in v["nodes"]]


_MISFITS = """node => {
    const all = (selector) => [...node.shadowRoot.querySelectorAll(selector)].filter(n => n.getClientRects().length);
    const small = all('a[href], button, summary, textarea, .option').filter(n => !n.classList.contains('leave-link'))
        .map(n => { const r = n.getBoundingClientRect(); return [n.className + n.textContent.slice(0, 30), r.width, r.height]; })
        .filter(([, w, h]) => w < 43.9 || h < 43.9);
    const wide = all('.box, .log, .page, .card, .launch').filter(n => n.scrollWidth > n.clientWidth + 1 ||
        n.getBoundingClientRect().right > innerWidth + 1).map(n => 'too wide: ' + n.className);
    return [...small, ...wide];
}"""


def misfits(page: Page) -> list:
    """Targets smaller than 44 by 44 pixels, and what is wider than the screen."""
    return chat(page).evaluate(_MISFITS)


@pytest.mark.parametrize("state", list(STATES))
@pytest.mark.parametrize("size", list(SIZES))
def test_axe_finds_nothing(new_context: Callable[..., BrowserContext], hosts: Running, app: Running, size: str,
                           state: str) -> None:
    page = new_context(viewport=SIZES[size]).new_page()
    page.goto(hosts.url + "/")
    STATES[state](page)
    assert misfits(page) == []
    found = {}
    for scheme, media in SCHEMES.items():
        page.emulate_media(**{"contrast": "no-preference", **media})
        rows = complaints(page)
        if rows:
            found[scheme] = rows
    assert found == {}


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_axe_finds_nothing_in_chosen_colours_and_largest_letters(page: Page, hosts: Running, app: Running, theme: str) -> None:
    page.goto(hosts.url + "/")
    open_chat(page)
    chat(page).get_by_role("button", name="Instellingen").click()
    chat(page).locator(f"input[value={theme}]").check()
    chat(page).get_by_label("Heel groot").check()
    assert complaints(page) == []
    page.keyboard.press("Escape")
    turn = ask(page, "Wij hebben geen huis")
    turn.locator(".which summary").click()
    assert complaints(page) == []


def test_axe_finds_nothing_with_own_colours_and_two_widgets(page: Page, hosts: Running, app: Running) -> None:
    for path in ("/own", "/two"):
        page.goto(hosts.url + path)
        page.locator("kinderrechten-chat").last.evaluate("node => node.open()")
        expect(page.locator("kinderrechten-chat").last.locator(".theme").first).to_be_visible()
        assert complaints(page) == []


@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("path", SITE)
def test_axe_finds_nothing_on_the_site(new_context: Callable[..., BrowserContext], app: Running, size: str, path: str) -> None:
    page = new_context(viewport=SIZES[size]).new_page()
    page.goto(app.url + path)
    expect(page.locator("kinderrechten-chat")).to_have_count(1)
    found = {}
    for scheme, media in SCHEMES.items():
        page.emulate_media(**{"contrast": "no-preference", **media})
        rows = complaints(page)
        if rows:
            found[scheme] = rows
    assert found == {}


def test_everything_by_keyboard(page: Page, hosts: Running, app: Running) -> None:
    page.goto(hosts.url + "/")
    page.wait_for_function("Boolean(customElements.get('kinderrechten-chat'))")

    def focused() -> str:
        return page.evaluate("(document.activeElement.shadowRoot || document).activeElement.textContent.trim()")

    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert focused().startswith("Snel weg: ga meteen")
    page.keyboard.press("Tab")
    assert focused() == "Hulp nu"
    page.keyboard.press("Tab")
    assert focused() == "Stel je vraag"
    page.keyboard.press("Enter")
    expect(chat(page).locator(".box")).to_be_focused()
    order = []
    for _ in range(9):
        page.keyboard.press("Tab")
        order.append(focused())
    assert [name for name in order if name][:6] == ["Snel weg: ga meteen van deze pagina af", "Instellingen", "Sluit de chat",
                                                    "Hulp nu", "Snel weg", "Wis alles"]
    chat(page).get_by_role("textbox").focus()
    page.keyboard.type("Wij hebben geen huis")
    page.keyboard.press("Enter")
    expect(chat(page).locator(".message")).to_be_visible()
    # The focus stayed where it was; a step, the right, a choice: each with Enter or Space.
    expect(chat(page).get_by_role("textbox")).to_be_focused()
    step = chat(page).get_by_role("button", name="Volgende stap")
    step.focus()
    for _ in range(3):
        page.keyboard.press("Enter")
    last = chat(page).get_by_role("button", name="Dit waren alle stappen")
    expect(last).to_be_focused()
    chat(page).locator(".which summary").focus()
    page.keyboard.press("Space")
    expect(chat(page).locator(".which a").first).to_be_visible()
    choice = chat(page).get_by_role("button", name="Makkelijker")
    choice.focus()
    page.keyboard.press("Space")
    expect(chat(page).locator(".turn").nth(1).locator(".message")).to_be_visible()
    expect(choice).to_be_focused()
    page.keyboard.press("Escape")
    expect(chat(page).get_by_role("button", name="Stel je vraag")).to_be_focused()


def test_focus_never_moves_by_itself(page: Page, hosts: Running, assistant: FakeAssistant) -> None:
    page.goto(hosts.url + "/")
    open_chat(page)
    box = chat(page).get_by_role("textbox")
    box.focus()
    chat(page).evaluate("""node => { window.moves = [];
        node.shadowRoot.addEventListener('focusin', e => window.moves.push(e.target.className || e.target.id)); }""")

    def send(text: str, shows: str) -> None:
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        expect(chat(page).locator(".turn").last.locator(shows)).to_be_visible()

    for text in ("Wij hebben geen huis", "ik wil dood", "schrik", "ik twijfel", "wie wint het voetbal", "farsi"):
        send(text, ".message >> nth=-1")
    assistant.broken = True
    send("geen huis", ".error")
    page.context.set_offline(True)
    send("geen huis", ".error")
    page.context.set_offline(False)
    assistant.broken = False
    page.route("**/messages", lambda route: None)
    page.clock.install()
    page.keyboard.type("geen huis")
    page.keyboard.press("Enter")
    expect(chat(page).locator(".turn").last.locator(".typing")).to_be_visible()
    page.clock.run_for(5500)
    expect(chat(page).locator(".turn").last.locator(".slow")).to_be_visible()
    expect(box).to_be_focused()
    assert page.evaluate("window.moves") == []


def test_focus_stays_inside_a_full_screen(new_context: Callable[..., BrowserContext], hosts: Running, app: Running) -> None:
    page = new_context(viewport=SIZES["phone"]).new_page()
    page.goto(hosts.url + "/")
    open_chat(page)
    expect(chat(page).get_by_role("dialog")).to_have_attribute("aria-modal", "true")
    inside = "document.activeElement.tagName"
    for key in ("Tab", "Shift+Tab"):
        for _ in range(24):
            page.keyboard.press(key)
            assert page.evaluate(inside) == "KINDERRECHTEN-CHAT"


def test_screen_reader_hears_each_message_once(page: Page, hosts: Running, app: Running) -> None:
    page.goto(hosts.url + "/")
    open_chat(page)
    chat(page).evaluate("""node => {
        window.spoken = [];
        node.shadowRoot.querySelectorAll('[aria-live=polite], [aria-live=assertive]').forEach(slot =>
            new MutationObserver(() => { if (slot.textContent) window.spoken.push(slot.textContent); })
                .observe(slot, {childList: true, characterData: true, subtree: true}));
    }""")
    assert chat(page).locator("[role=log]").get_attribute("aria-live") == "off"
    answers = "window.spoken.filter(text => text.includes('We hebben geen huis')).length"
    ask(page, "Wij hebben geen huis")
    page.wait_for_function(answers + " === 1")
    ask(page, "Wij hebben geen huis")
    page.wait_for_function(answers + " === 2")
    page.wait_for_timeout(1500)
    spoken = page.evaluate("window.spoken.filter(text => text.includes('We hebben geen huis'))")
    assert len(spoken) == 2, spoken
    assert "Wie jou kan helpen" in spoken[0]
    # The slots are empty again: nobody who reads along finds the answer double.
    slots = "document.querySelector('kinderrechten-chat').shadowRoot.querySelectorAll('.unseen [aria-live]')"
    page.wait_for_function(f"[...{slots}].every(slot => slot.textContent === '')")
    type_in(page, "mijn nummer is 0612345678")
    page.wait_for_function("window.spoken.some(text => text.includes('telefoonnummer'))")
    page.wait_for_timeout(1200)
    assert len([text for text in page.evaluate("window.spoken") if "telefoonnummer" in text]) == 1


def test_targets_and_width_on_the_smallest_phone(new_context: Callable[..., BrowserContext], hosts: Running,
                                                app: Running) -> None:
    context = new_context(viewport={"width": 320, "height": 568})
    for name in ("closed", "starters", "help", "settings", "warning", "answer_unfolded", "choose", "hostile"):
        page = context.new_page()
        page.goto(hosts.url + "/")
        STATES[name](page)
        assert misfits(page) == [], name
        page.close()


def test_zoom_of_400_percent(new_context: Callable[..., BrowserContext], hosts: Running, app: Running) -> None:
    # 1280 by 1024 at 400 %.
    page = new_context(viewport={"width": 320, "height": 256}).new_page()
    page.goto(hosts.url + "/")
    open_chat(page)
    turn = ask(page, "Wij hebben geen huis")
    for target in (turn.locator("h3"), turn.locator(".contact").first, chat(page).get_by_role("textbox")):
        target.scroll_into_view_if_needed()
        expect(target).to_be_in_viewport()
        expect(chat(page).get_by_role("button", name="Snel weg")).to_be_in_viewport()
        expect(chat(page).get_by_role("button", name="Hulp nu")).to_be_in_viewport()
    assert chat(page).locator(".box").evaluate("n => n.scrollWidth <= n.clientWidth")


def test_parts_in_another_language_say_which(page: Page, hosts: Running, app: Running) -> None:
    page.goto(hosts.url + "/")
    open_chat(page)
    chat(page).evaluate("""node => { window.heard = [];
        node.shadowRoot.querySelectorAll('[aria-live=polite], [aria-live=assertive]').forEach(slot =>
            new MutationObserver(() => { if (slot.textContent) window.heard.push([slot.lang, slot.textContent]); })
                .observe(slot, {childList: true, subtree: true})); }""")
    turn = ask(page, "farsi")
    languages = turn.locator("p:has(.own-line)").evaluate_all("all => all.map(n => n.closest('[lang]').lang)")
    assert languages and set(languages) == {"fa"}
    # A screen reader reads those words with that language's voice, and the Dutch ones with the Dutch voice.
    page.wait_for_function("window.heard.some(([, text]) => text.includes('Wie jou kan helpen'))")
    heard = page.evaluate("window.heard")
    assert [lang for lang, text in heard if "من فقط" in text] == ["fa"]
    assert [lang for lang, text in heard if "Wie jou kan helpen" in text] == [""]
    # In the middle of a Dutch text the letters say which language a sentence is in.
    turn = ask(page, "arabisch")
    assert turn.locator(".own-line").evaluate_all("all => all.map(n => n.lang)") == ["ar", "fa"]


def test_text_size(page: Page, hosts: Running, app: Running) -> None:
    page.goto(hosts.url + "/")
    open_chat(page)
    size = "n => parseFloat(getComputedStyle(n).fontSize)"
    before = chat(page).locator(".root").evaluate(size)
    chat(page).get_by_role("button", name="Instellingen").click()
    chat(page).get_by_label("Heel groot").check()
    assert chat(page).locator(".root").evaluate(size) >= 1.4 * before


def test_focus_is_visible(page: Page, hosts: Running, app: Running) -> None:
    page.goto(hosts.url + "/")
    open_chat(page)
    for _ in range(8):
        page.keyboard.press("Tab")
        look = page.evaluate("""() => { const n = document.activeElement.shadowRoot.activeElement; const s = getComputedStyle(n);
            return [n.className, s.outlineStyle, parseFloat(s.outlineWidth)]; }""")
        assert look[1] != "none" and look[2] >= 2, look


def test_less_motion_means_no_motion(page: Page, hosts: Running, assistant: FakeAssistant) -> None:
    assistant.slow = 1.0
    page.goto(hosts.url + "/")
    open_chat(page)
    ask(page, "Wij hebben geen huis", wait=False)
    assert chat(page).locator(".dots i").first.evaluate("n => getComputedStyle(n).animationName") == "none"


def test_forced_colours_keep_borders(new_context: Callable[..., BrowserContext], hosts: Running, app: Running) -> None:
    page = new_context(forced_colors="active").new_page()
    page.goto(hosts.url + "/")
    open_chat(page)
    ask(page, "Wij hebben geen huis")
    assert complaints(page) == []
    assert chat(page).locator(".send").evaluate("n => parseFloat(getComputedStyle(n).borderTopWidth)") >= 1
