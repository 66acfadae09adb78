"""The volunteers' three main flows and every page, in a real browser."""
from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import func, select

from bot.assistant import Assistant
from bot.nlu_data import read_questions
from bot.review.export import export
from bot.settings import ROOT, Settings
from bot.store.database import session, upgrade
from bot.store.models import Proposal, TestRun, Verdict
from tests.browser.chrome import launch
from tests.browser.servers import Running, free_port, start_app
from tests.console.pictures import TABLET, add_people, add_work, sign_in
from tests.console.stand_in import StandIn

PAGES = ("", "proberen", "voorstellen", "voorstellen?status=accepted", "onderwerpen", "onderwerpen/wonen_armoede", "testsets",
         "testsets/1", "metingen/2", "vergelijk?a=1&b=2", "teksten", "teksten/wonen_armoede", "teksten/wonen_armoede?voor=ouder",
         "teksten/wonen_armoede/kind/text", "contacten", "buiten", "logboek", "accounts", "bestaat-niet")

# The first answer of a real model comes after its encoder has been loaded.
expect.set_options(timeout=30_000)


def serve(folder: Path, load: Any, work: bool = False, models: Path | None = None) -> tuple[Running, str]:
    """The application on a database with people (and work) in it; must be called before Playwright starts a loop."""
    url = f"sqlite:///{folder / 'console.db'}"
    upgrade(url)
    add_people(url)
    if work:
        add_work(url)
    return start_app(free_port(), Settings(database_url=url, model_dir=models or folder), load), url


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[tuple[Running, str]]:
    running, url = serve(tmp_path_factory.mktemp("console"), StandIn, work=True)
    yield running, url
    running.stop()


@pytest.fixture(scope="module")
def browser(served) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


@pytest.fixture()
def page(browser) -> Iterator[Page]:
    context = browser.new_context(viewport=TABLET, reduced_motion="reduce")
    problems: list[str] = []
    made = context.new_page()
    made.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    made.on("pageerror", lambda error: problems.append(str(error)))
    yield made
    context.close()
    # A refused page (4xx) is named in the browser's console too; scripts and styles must all have been allowed.
    assert not [p for p in problems if "the server responded with a status of 4" not in p]


def no_axe_problems(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible(page, served, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{served[0].url}/vrijwilligers/inloggen")
    no_axe_problems(page)
    sign_in(page, served[0].url, "Noor")
    for path in PAGES:
        page.goto(f"{served[0].url}/vrijwilligers/{path}" if path else f"{served[0].url}/vrijwilligers")
        expect(page.locator("h1")).to_have_count(1)
        no_axe_problems(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is {wide} pixels too wide"
    page.goto(f"{served[0].url}/vrijwilligers/proberen")
    page.get_by_label("Je testvraag").fill("ik wil dood")
    page.keyboard.press("Enter")
    expect(page.locator("mark")).to_have_text("dood")
    no_axe_problems(page)
    page.keyboard.press("2")
    no_axe_problems(page)


@pytest.mark.parametrize("width", [360, 820])
def test_pages_fit_a_telephone_and_an_upright_tablet_too(page, served, width):
    page.set_viewport_size({"width": width, "height": 1000})
    sign_in(page, served[0].url, "Noor")
    for path in PAGES[1:]:
        page.goto(f"{served[0].url}/vrijwilligers/{path}")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is {wide} pixels too wide"


def test_answer_and_thoughts_stand_side_by_side_on_a_tablet(page, served):
    page.set_viewport_size({"width": 820, "height": 1180})
    sign_in(page, served[0].url, "Noor")
    page.goto(f"{served[0].url}/vrijwilligers/proberen")
    page.get_by_label("Je testvraag").fill("naar school")
    page.keyboard.press("Enter")
    left = page.locator("section", has=page.get_by_role("heading", name="Zo ziet het kind het")).bounding_box()
    right = page.locator("section.thought").bounding_box()
    assert left["x"] + left["width"] <= right["x"] and abs(left["y"] - right["y"]) < 2


def test_searching_in_a_long_page_leaves_what_fits(page, served):
    sign_in(page, served[0].url, "Noor")
    page.goto(f"{served[0].url}/vrijwilligers/contacten")
    page.get_by_label("Zoek een contact").fill("KINDERTELEF")
    expect(page.locator("#lijst > :visible h2")).to_have_text(["De Kindertelefoon"])
    page.get_by_label("Zoek een contact").fill("bestaat niet")
    expect(page.locator("[data-nothing=lijst]")).to_be_visible()
    for path, field in (("teksten", "Zoek een antwoord"), ("onderwerpen", "Zoek een onderwerp")):
        page.goto(f"{served[0].url}/vrijwilligers/{path}")
        page.get_by_label(field).fill("pleeggezin")
        expect(page.locator("tbody tr:visible")).to_have_count(1)


def test_fifty_questions_are_judged_by_keyboard_alone(page, served):
    running, url = served
    sign_in(page, running.url, "Sam")
    page.goto(f"{running.url}/vrijwilligers/proberen")
    with session(url) as db:
        before = db.execute(select(func.count()).select_from(Verdict)).scalar_one()
    since = time.monotonic()
    wanted = []
    for number in range(50):
        expect(page.locator("#question")).to_be_focused()
        page.keyboard.type(f"vraag {number} over school")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Wat vind je")).to_be_focused()
        key = "1234"[number % 4]
        page.keyboard.press(key)
        if key == "2":
            page.keyboard.type("pleeg")
        elif key == "3":
            page.keyboard.type("te lang")
        if key != "1":
            page.keyboard.press("Enter")
        expect(page.locator(".good")).to_contain_text("Bewaard")
        wanted.append(("right", "wrong_topic", "bad_text", "unsafe")[number % 4])
    took = time.monotonic() - since
    with session(url) as db:
        rows = list(db.execute(select(Verdict).order_by(Verdict.id)).unique().scalars())[before:]
        assert [r.verdict for r in rows] == wanted
        assert {r.right_topic for r in rows if r.verdict == "wrong_topic"} == {"jeugdzorg_pleegzorg"}
    assert took < 20 * 60, f"fifty took {took:.0f} s"
    page.get_by_role("button", name="Neem terug").click()
    expect(page.get_by_role("status")).to_contain_text("teruggenomen")


def test_keys_do_nothing_while_typing_and_can_be_switched_off(page, served):
    running, url = served
    sign_in(page, running.url, "Ali")
    page.goto(f"{running.url}/vrijwilligers/proberen")
    page.locator("#question").fill("over school")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Wat vind je")).to_be_focused()
    page.keyboard.press("n")
    page.keyboard.type("1234 school")
    expect(page.locator("#question")).to_have_value("1234 school")
    page.get_by_label("Sneltoetsen").uncheck()
    page.get_by_role("heading", name="Wat vind je").focus()
    page.keyboard.press("1")
    page.reload()
    expect(page.locator("[data-keys-switch]")).not_to_be_checked()
    with session(url) as db:
        assert not [v for v in db.execute(select(Verdict)).unique().scalars() if v.volunteer.name == "Ali"]


def test_the_reading_level_follows_what_is_typed(page, served):
    sign_in(page, served[0].url, "Ali")
    page.goto(f"{served[0].url}/vrijwilligers/teksten/wonen_armoede/kind/simple")
    page.get_by_label("Nieuwe tekst").fill("Verantwoordelijkheidsverdeling impliceert uitvoeringsverplichtingen.")
    expect(page.locator("[data-wrong]")).to_contain_text("Te moeilijk")
    page.get_by_label("Nieuwe tekst").fill("Er is hulp. Praat erover.")
    expect(page.locator("[data-wrong] li")).to_have_count(0)


def wait_for(url: str, run_id: int, seconds: float) -> TestRun:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with session(url) as db:
            db.expire_on_commit = False
            run = db.get(TestRun, run_id)
        if run.status in ("done", "interrupted"):
            return run
        time.sleep(0.5)
    raise AssertionError(f"after {seconds} s: {run.status}, {run.done} of {run.total}")


def test_a_set_of_500_is_measured_by_the_real_model_while_the_page_is_closed(page, served, trained_model, tmp_path):
    running, url = served
    running.app.state.settings = Settings(database_url=url, model_dir=trained_model.parent)
    file = tmp_path / "vijfhonderd.csv"
    rows = [q for q in read_questions() if q.intent.startswith(("wonen", "asiel", "geweld", "jeugdzorg"))][::5][:500]
    assert len(rows) == 500
    file.write_text("vraag;onderwerp\n" + "".join(f'"{q.text.replace(chr(34), "")}";{q.intent}\n' for q in rows), "utf-8")
    sign_in(page, running.url, "Sam")
    page.goto(f"{running.url}/vrijwilligers/testsets")
    page.get_by_label("Bestand").set_input_files(file)
    page.get_by_role("button", name="Laad").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("vijfhonderd")
    page.get_by_label("Meet met model").select_option(trained_model.name)
    page.get_by_role("button", name="Meet").click()
    expect(page.locator("progress")).to_be_visible()
    address = page.url
    page.goto("about:blank")
    run = wait_for(url, int(address.rsplit("/", 1)[1]), 400)
    assert (run.status, run.done) == ("done", 500)
    page.goto(address)
    expect(page.locator(".big strong")).to_contain_text("%")
    no_axe_problems(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Excel").click()
    assert download.value.suggested_filename.endswith(".xlsx")


TOPICS = ("wonen_dakloos", "geweld_thuis", "algemeen_onderwijs")
LEARNED = "jeugdzorg_pleegzorg"


def questions_of(intent: str) -> list[str]:
    return [q.text for q in read_questions() if q.intent == intent and not set(q.text) & set("[]{}\\")]


def write_questions(root: Path, intent: str, some: list[str]) -> None:
    found = next(iter((ROOT / "data/nlu").glob(f"**/{intent}.yml")))
    target = root / found.relative_to(ROOT)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"version: \"3.1\"\nnlu:\n- intent: {intent}\n  metadata: {{voice: ouder}}\n  examples: |\n"
                      + "".join(f"    - {question}\n" for question in some), "utf-8")


def small_project(root: Path) -> tuple[list[str], list[str]]:
    """A project that hardly knows LEARNED; gives questions to correct and questions to measure with.

    Sixty questions of each other topic, spread over its file, are enough to be wrong with and train quickly.
    """
    for topic in (*TOPICS, "crisis_gevaar", "buiten_bereik"):
        every = questions_of(topic)
        write_questions(root, topic, every[:: max(1, len(every) // 60)][:60])
    (root / "tests" / "nlu").mkdir(parents=True)
    questions = questions_of(LEARNED)
    write_questions(root, LEARNED, questions[:1])
    return questions[1:13], questions[13:43]


def warm(model: Path) -> Assistant:
    """The assistant after its first question, as the server has it: its encoder is loaded."""
    made = Assistant(model)
    asyncio.new_event_loop().run_until_complete(made.understand("hallo"))
    return made


def retrain(root: Path, name: str) -> None:
    subprocess.run([sys.executable, "-m", "tests.console.retrain", str(root), name], cwd=ROOT, check=True, timeout=600)


def measure(page: Page, url: str, base: str, set_id: int, model: str) -> int:
    page.goto(f"{base}/vrijwilligers/testsets/{set_id}")
    page.get_by_label("Meet met model").select_option(model)
    page.get_by_role("button", name="Meet").click()
    page.wait_for_url("**/vrijwilligers/metingen/*")
    run_id = int(page.url.rsplit("/", 1)[1])
    assert wait_for(url, run_id, 300).status == "done"
    return run_id


def test_corrections_become_data_and_the_retrained_model_is_better(browser, tmp_path):
    root = tmp_path / "project"
    corrected, asked = small_project(root)
    retrain(root, "voor")
    folder = tmp_path / "db"
    folder.mkdir()
    running, url = serve(folder, lambda: warm(root / "models" / "voor.tar.gz"), models=root / "models")
    running.app.state.review_root = root
    page = browser.new_context(viewport=TABLET).new_page()
    try:
        sign_in(page, running.url, "Ali")
        for question in corrected:
            page.goto(f"{running.url}/vrijwilligers/proberen")
            page.locator("#question").fill(question)
            page.keyboard.press("Enter")
            expect(page.get_by_role("heading", name="Wat vind je")).to_be_focused()
            if LEARNED in page.locator(".thought dl dd").first.inner_text():
                continue
            page.keyboard.press("2")
            page.keyboard.type("pleegzorg")
            page.keyboard.press("Enter")
            expect(page.locator(".good")).to_contain_text("Bewaard")
        page.goto(f"{running.url}/vrijwilligers/voorstellen?soort=training")
        while page.get_by_role("button", name="Neem aan").count():
            left = page.get_by_role("button", name="Neem aan").count()
            page.get_by_role("button", name="Neem aan").first.click()
            expect(page.get_by_role("button", name="Neem aan")).to_have_count(left - 1)
        with session(url) as db:
            accepted = db.execute(select(func.count()).select_from(Proposal).where(Proposal.status == "accepted")).scalar_one()
        assert accepted >= 6, "the small model must have been wrong about most of them"
        assert export(url, root).training == accepted
        retrain(root, "na")
        file = tmp_path / "set.csv"
        file.write_text("vraag;onderwerp\n" + "".join(f'"{q.replace(chr(34), "")}";{LEARNED}\n' for q in asked), "utf-8")
        page.goto(f"{running.url}/vrijwilligers/testsets")
        page.get_by_label("Bestand").set_input_files(file)
        page.get_by_role("button", name="Laad").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("set")
        first, second = (measure(page, url, running.url, 1, f"{name}.tar.gz") for name in ("voor", "na"))
        page.goto(f"{running.url}/vrijwilligers/vergelijk?a={first}&b={second}")
        expect(page.locator(".big strong")).to_have_text("Beter")
    finally:
        page.context.close()
        running.stop()
