"""Asking and answering, on a phone and on a desktop."""
from __future__ import annotations

import re
from typing import Any, Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from bot.knowledge.library import knowledge
from tests.browser.chrome import SIZES
from tests.browser.fake_assistant import FakeAssistant
from tests.browser.servers import Running
from tests.browser.states import ask, chat, open_chat, type_in


@pytest.fixture(params=list(SIZES))
def sized(request: pytest.FixtureRequest, new_context: Callable[..., BrowserContext], hosts: Running, app: Running) -> Page:
    page = new_context(viewport=SIZES[request.param], has_touch=request.param == "phone", is_mobile=request.param == "phone").new_page()
    page.goto(hosts.url + "/")
    return page


def test_says_before_the_first_message_what_it_is(sized: Page, app: Running) -> None:
    open_chat(sized)
    intro = chat(sized).locator(".intro")
    for words in ("Ik ben een computer, geen mens", "Niemand leest mee", "Zeg niet je naam of je adres", "Snel weg",
                  "Je toestel onthoudt wel"):
        expect(intro).to_contain_text(words)
    # A phone has no such key.
    has_keys = sized.evaluate("!matchMedia('(hover: none) and (pointer: coarse)').matches")
    assert has_keys == (sized.viewport_size == SIZES["desktop"])
    assert ("3 keer op de toets Shift" in intro.inner_text()) == has_keys
    expect(intro.get_by_role("link", name="Zo blijf je veilig")).to_have_attribute("href", app.url + "/veilig")
    # Nothing is asked of the server until the child asks.
    assert not [path for _, path in app.log if path.startswith("/api/conversations")]


def test_answer_is_cards(sized: Page) -> None:
    open_chat(sized)
    turn = ask(sized, "Wij hebben geen huis")
    topic = knowledge().topics["wonen_dakloos"]
    expect(turn.locator(".said")).to_contain_text("Wij hebben geen huis")
    expect(turn.locator("h3")).to_have_text(topic.title.kind)
    expect(turn.locator(".right .says")).to_have_text(topic.articles[0].gives.kind)
    # Steps one by one.
    steps = turn.locator(".steps li")
    expect(steps.locator("visible=true")).to_have_count(1)
    turn.get_by_role("button", name="Volgende stap").click()
    expect(steps.locator("visible=true")).to_have_count(2)
    turn.get_by_role("button", name="Alle stappen").click()
    expect(steps.locator("visible=true")).to_have_count(len(topic.kind.steps))
    # The right, with its number and the official text.
    turn.get_by_text("Welk recht is dit?").click()
    official = turn.locator(".which a").first
    expect(turn.locator(".which")).to_contain_text("Artikel 27")
    expect(official).to_have_attribute("href", re.compile(r"^https://wetten\.overheid\.nl/"))
    expect(official).to_have_attribute("rel", re.compile("noopener"))
    # Who can help: call and chat, open or not.
    row = turn.locator(".contact", has_text="Kindertelefoon").first
    expect(row.locator("a.call")).to_have_attribute("href", "tel:08000432")
    expect(row.locator(".state")).to_have_text(re.compile("^Nu (open|dicht)"))
    assert turn.locator(".contact:visible").count() == 2
    turn.locator(".more").click()
    assert turn.locator(".contact:visible").count() == 4


def test_easier_more_and_other_reader(sized: Page) -> None:
    open_chat(sized)
    turn = ask(sized, "Wij hebben geen huis")
    topic = knowledge().topics["wonen_dakloos"]
    turn.get_by_role("button", name="Makkelijker").click()
    expect(chat(sized).locator(".turn").nth(1)).to_contain_text(topic.kind.simple.split(".")[0])
    turn.get_by_role("button", name="Vertel meer").click()
    expect(chat(sized).locator(".turn").nth(2)).to_contain_text(topic.kind.more.split(".")[0])
    # The used choice stays as readable as it was.
    used = turn.get_by_role("button", name="Makkelijker")
    expect(used).to_have_attribute("aria-pressed", "true")
    assert used.evaluate("node => getComputedStyle(node).opacity") == "1"
    turn.get_by_role("button", name="Ik ben een ouder").click()
    expect(chat(sized).locator(".turn").nth(3)).to_contain_text(topic.ouder.text.split(".")[0])
    expect(chat(sized).get_by_role("textbox", name="Typ uw vraag")).to_be_visible()


def test_reader_is_chosen_and_changed(page: Page, hosts: Running, assistant: FakeAssistant) -> None:
    page.goto(hosts.url + "/")
    open_chat(page)
    parent = chat(page).get_by_role("button", name="Ik ben een ouder")
    parent.click()
    expect(parent).to_have_attribute("aria-pressed", "true")
    expect(parent).to_be_focused()
    expect(chat(page).locator(".intro")).to_contain_text("Noem geen naam of adres")
    ask(page, "geen huis")
    assert [talk.audience for talk in assistant.talks.values()] == ["ouder"]
    chat(page).get_by_role("button", name="Instellingen").click()
    chat(page).get_by_label("Ik ben een kind").check()
    expect(chat(page).get_by_label("Ik ben een kind")).to_be_focused()
    chat(page).get_by_role("button", name="Terug naar de chat").click()
    expect(chat(page).locator(".turn").nth(1)).to_contain_text(knowledge().topics["wonen_dakloos"].title.kind)


def test_starter_question_is_answered_by_its_topic(sized: Page, assistant: FakeAssistant) -> None:
    open_chat(sized)
    theme = chat(sized).locator(".theme").first
    theme.locator("summary").click()
    question = knowledge().topics["wonen_dakloos"].question.kind
    theme.get_by_role("button", name=question).click()
    turn = chat(sized).locator(".turn")
    expect(turn.locator(".said")).to_contain_text(question)
    expect(turn.locator("h3")).to_have_text(knowledge().topics["wonen_dakloos"].title.kind)


def test_choices_crisis_and_out_of_scope(page: Page, hosts: Running, app: Running) -> None:
    page.goto(hosts.url + "/")
    open_chat(page)
    turn = ask(page, "ik twijfel")
    turn.get_by_role("button", name=knowledge().topics["geweld_thuis"].title.kind).click()
    expect(chat(page).locator(".turn").nth(1).locator("h3")).to_have_text(knowledge().topics["geweld_thuis"].title.kind)
    turn = ask(page, "ik wil dood")
    message = turn.locator(".message.crisis")
    assert message.locator("section").first.locator("a.call").first.get_attribute("href") == "tel:113"
    assert message.evaluate("""m => Boolean(m.querySelector('.alarm').compareDocumentPosition(m.querySelector('h3')) & 4)""")
    turn = ask(page, "wie wint het voetbal")
    expect(turn.get_by_role("button", name="Wonen en geld")).to_be_visible()


def test_helpful_is_yes_or_no(page: Page, hosts: Running, app: Running) -> None:
    page.goto(hosts.url + "/")
    open_chat(page)
    turn = ask(page, "Wij hebben geen huis")
    with page.expect_response(lambda r: r.url.endswith("/feedback")) as sent:
        turn.get_by_role("button", name="Nee", exact=True).click()
    assert sent.value.status == 204 and sent.value.request.post_data_json == {"helpful": False}
    expect(turn.locator(".thanks")).to_contain_text("Dank je wel")
    assert turn.locator(".helpful input, .helpful textarea").count() == 0
    turn.get_by_role("button", name="Ja", exact=True).click(force=True)
    assert [method for method, path in app.log if path.endswith("/feedback")].count("POST") == 1


@pytest.mark.parametrize(("text", "kind"), [
    ("mijn nummer is 0612345678", "phone"), ("bel +31 6 1234 5678", "phone"), ("020-1234567 is van ons", "phone"),
    ("mail mij op kees@voorbeeld.nl", "email"), ("ik woon op Kerkstraat 12", "address"), ("wij wonen in 1234 AB", "address"),
    ("1234ab is onze postcode", "address"), ("mijn bsn is 111222333", "bsn"), ("bsn 123.456.782", "bsn"),
    ("ik heet Fatima", "name"), ("mijn naam is jan", "name"), ("mijn juf heet Anna", "name"), ("Mag Jan de Vries dat?", "name"),
    ("ik ben Sara Jansen", "name"),
    ("mijn vader slaat mij", ""), ("ik ben 12 jaar en woon in een azc", ""), ("ik bel 112 of 0800-0432", ""),
    ("ik woon hier sinds 2015 en ben bang", ""), ("Mijn Vader is weg", ""), ("wat doet Veilig Thuis?", ""),
    ("ik woon in Den Haag", ""), ("het kost 1200 euro", ""), ("artikel 12 van het verdrag", ""), ("hij heet niet zo", ""),
    ("De Kindertelefoon belt", ""), ("111222334", ""), ("onderweg 2 keer gepest", ""),
])
def test_what_counts_as_personal(warnings: Page, text: str, kind: str) -> None:
    assert warnings.evaluate("text => customElements.get('kinderrechten-chat').findPersonal(text)", text) == kind


@pytest.fixture(scope="module")
def warnings(browser: Any, _servers: tuple[Running, Running]) -> Any:
    page = browser.new_page()
    page.goto(_servers[1].url + "/")
    page.wait_for_function("Boolean(customElements.get('kinderrechten-chat'))")
    yield page
    page.close()


def test_warning_is_gentle(page: Page, hosts: Running) -> None:
    page.goto(hosts.url + "/")
    open_chat(page)
    type_in(page, "ik ben Sara Jansen en mijn nummer is 0612345678")
    warning = chat(page).locator(".warning")
    expect(warning).to_contain_text("telefoonnummer")
    expect(warning).to_contain_text("Dat hoef je niet te vertellen")
    expect(chat(page).get_by_role("textbox")).to_be_focused()
    type_in(page, "ik ben bang")
    expect(warning).to_be_hidden()


def test_2000_quick_keys(page: Page, hosts: Running, assistant: FakeAssistant) -> None:
    held: list[Route] = []
    page.route("**/messages", lambda route: held.append(route))
    page.goto(hosts.url + "/")
    open_chat(page)
    box = chat(page).get_by_role("textbox")
    box.focus()
    for _ in range(2000):
        page.keyboard.down("a")
    page.keyboard.up("a")
    expect(box).to_have_value("a" * 1000)
    for _ in range(30):
        page.keyboard.press("Enter")
        page.keyboard.press("b")
    # One question went out; what is typed meanwhile waits in the box.
    assert len(held) == 1 and chat(page).locator(".turn").count() == 1
    expect(box).to_have_value("b" * 30)
    held[0].continue_()
    expect(chat(page).locator(".turn .message")).to_be_visible()
    page.keyboard.press("Enter")
    expect(chat(page).locator(".turn")).to_have_count(2)


def test_hostile_texts_stay_text(page: Page, hosts: Running) -> None:
    page.goto(hosts.url + "/")
    open_chat(page)
    nasty = "vijandig <img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>"
    turn = ask(page, nasty)
    expect(turn.locator(".said p")).to_have_text(nasty)
    turn.get_by_role("button", name="Alle stappen").click()
    turn.locator(".which summary").click()
    turn.get_by_role("button", name="<img").last.click()
    page.wait_for_timeout(200)
    assert page.evaluate("window.hacked") is None
    found = chat(page).evaluate("""node => ({
        bad: node.shadowRoot.querySelectorAll('img, script, iframe').length,
        links: [...node.shadowRoot.querySelectorAll('.turn a')].map(a => a.getAttribute('href'))})""")
    assert found["bad"] == 0
    assert all(re.match(r"^(https?:|tel:\+?\d+$)", link) for link in found["links"]), found["links"]


def test_right_to_left_sentences_have_their_own_line(page: Page, hosts: Running) -> None:
    page.goto(hosts.url + "/")
    open_chat(page)
    turn = ask(page, "arabisch")
    lines = turn.locator(".own-line")
    expect(lines).to_have_count(2)
    assert lines.first.evaluate("node => getComputedStyle(node).direction") == "rtl"
    assert turn.locator("p span").first.evaluate("node => getComputedStyle(node).direction") == "ltr"


def test_pieces_come_at_reading_speed_and_a_key_shows_all(new_context: Callable[..., BrowserContext], hosts: Running,
                                                         app: Running) -> None:
    page = new_context(reduced_motion="no-preference").new_page()
    page.clock.install()
    page.goto(hosts.url + "/")
    open_chat(page)
    page.clock.pause_at(page.evaluate("Date.now() + 60000"))
    type_in(page, "Wij hebben geen huis")
    page.keyboard.press("Enter")
    answer = chat(page).locator(".answers")
    expect(answer.locator(".piece").first).to_be_visible()
    shown = answer.locator("span.piece:not(.waiting)")
    assert shown.count() == 1
    words = len((shown.first.text_content() or "").split())
    page.clock.run_for(words * 150 - 50)
    assert shown.count() == 1, "faster than anybody reads"
    page.clock.run_for(100)
    assert shown.count() == 2, "slower than needed"
    # The room is there from the start: nothing moves while the child reads.
    height = answer.evaluate("node => node.offsetHeight")
    page.keyboard.press("ArrowDown")
    expect(answer.locator(".waiting")).to_have_count(0)
    assert answer.evaluate("node => node.offsetHeight") == height
    # Danger does not wait.
    type_in(page, "ik wil dood")
    page.keyboard.press("Enter")
    crisis = chat(page).locator(".message.crisis")
    expect(crisis).to_be_visible()
    assert crisis.locator(".waiting").count() == 0


def test_less_motion_shows_everything_at_once(page: Page, hosts: Running, app: Running) -> None:
    page.goto(hosts.url + "/")
    open_chat(page)
    type_in(page, "Wij hebben geen huis")
    page.keyboard.press("Enter")
    expect(chat(page).locator(".answers")).to_be_visible()
    assert chat(page).locator(".waiting").count() == 0


def test_reads_aloud_with_a_voice_of_the_device_only(new_context: Callable[..., BrowserContext], hosts: Running,
                                                     app: Running) -> None:
    fake = """
      window.spoken = []; window.voices = [{lang: 'nl-NL', localService: false, name: 'net'}];
      window.SpeechSynthesisUtterance = function (text) { this.text = text; };
      const synth = new EventTarget();
      synth.getVoices = () => window.voices; synth.cancel = () => { window.cancelled = true; };
      synth.speak = (u) => window.spoken.push({text: u.text, lang: u.lang, voice: u.voice.name});
      Object.defineProperty(window, 'speechSynthesis', {value: synth});
    """
    context = new_context()
    context.add_init_script(fake)
    page = context.new_page()
    page.goto(hosts.url + "/")
    open_chat(page)
    turn = ask(page, "Wij hebben geen huis")
    read = turn.locator(".read")
    expect(read).to_be_hidden()
    page.evaluate("""() => { window.voices.push({lang: 'nl-NL', localService: true, name: 'eigen'});
                             speechSynthesis.dispatchEvent(new Event('voiceschanged')); }""")
    expect(read).to_have_text("Lees voor")
    read.click()
    expect(read).to_have_text("Stop met voorlezen")
    spoken = page.evaluate("window.spoken")
    assert spoken[0] == {"text": "We hebben geen huis.", "lang": "nl-NL", "voice": "eigen"} and len(spoken) > 5
    read.click()
    expect(read).to_have_text("Lees voor")
    assert page.evaluate("window.cancelled")


def test_a_conversation_that_is_over_begins_anew(page: Page, hosts: Running, assistant: FakeAssistant) -> None:
    page.goto(hosts.url + "/")
    open_chat(page)
    turn = ask(page, "Wij hebben geen huis")
    assistant.talks.clear()
    ask(page, "mijn vader slaat mij")
    expect(chat(page).locator(".turn").nth(1).locator("h3")).to_have_text(knowledge().topics["geweld_thuis"].title.kind)
    assistant.talks.clear()
    # A choice from a conversation that is gone: its words are asked instead.
    turn.get_by_role("button", name="Vertel meer").click()
    expect(chat(page).locator(".turn").nth(2).locator(".message")).to_be_visible()
    assert chat(page).locator(".error").count() == 0
