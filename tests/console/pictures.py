"""Pictures of the console for docs/vrijwilligers.md: `python -m tests.console.pictures docs/images`."""
from __future__ import annotations

import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bot.knowledge.library import knowledge
from bot.knowledge.opening_hours import now_in_amsterdam
from bot.review.runner import run_set
from bot.settings import Settings
from bot.store import accounts, runs, verdicts
from bot.store.database import session, upgrade
from bot.store.models import DailyCount, Volunteer
from tests.browser.chrome import launch
from tests.browser.servers import Running, free_port, start_app
from tests.console.stand_in import WORDS, StandIn

PASSPHRASE = "vier gewone woorden hier"
TABLET = {"width": 1024, "height": 768}


def add_people(url: str) -> None:
    """An admin, an editor and a tester, each with the same passphrase."""
    for name, role in (("Noor", "admin"), ("Ali", "editor"), ("Sam", "tester")):
        with session(url) as db:
            _, token = accounts.add_volunteer(db, name, role)
        with session(url) as db:
            accounts.set_passphrase(db, token, PASSPHRASE, PASSPHRASE)


def add_work(url: str) -> None:
    """Some work to see: verdicts, a set that was measured twice, counts."""
    with session(url) as db:
        sam = accounts.by_name(db, "Sam")
        some = [("mijn opa zorgt voor mij maar mama wil dat niet", "nlu_fallback", "wrong_topic", "jeugdzorg_pleegzorg"),
                ("mijn vader slaat mijn broertje", "geweld_thuis", "right", ""),
                ("waarom moet ik naar school als ik ziek ben", "algemeen_onderwijs", "right", ""),
                ("ik heb geen geld voor een cadeau", "wonen_armoede", "bad_text", "")]
        for question, topic, verdict, right in some:
            seen = {"question": question, "audience": "kind", "model": "model-a.tar.gz", "topic": topic, "confidence": 0.7,
                    "ranking": [[topic, 0.7]]}
            verdicts.add(db, sam, seen, verdict, right_topic=right, note="Te zakelijk." if verdict == "bad_text" else "")
        cases = [(row, topic.question.kind, topic.topic, "kind") for row, topic in enumerate(knowledge().topics.values(), 2)]
        made = runs.add_set(db, sam, "Alle voorbeeldvragen", cases)
        db.flush()
        set_id = made.id
    for model, words in (("model-a.tar.gz", WORDS), ("model-b.tar.gz", {t.question.kind.lower(): t.topic for t in
                                                                        list(knowledge().topics.values())[::2]} | WORDS)):
        with session(url) as db:
            from bot.store.models import TestSet

            run = runs.start(db, db.get(Volunteer, 3), db.get(TestSet, set_id), model)
            run_id = run.id
        run_set(url, run_id, lambda _, known=words: StandIn(known))
    today = now_in_amsterdam().date()
    with session(url) as db:
        for back in range(1, 8):
            for theme, number in (("wonen", 9), ("geweld", 14), ("asiel", 3), ("jeugdzorg", 6)):
                for what, part in (("answered", 1.0), ("helpful", 0.5), ("crisis", 0.4 if theme == "geweld" else 0.0)):
                    count = round(number * part) + back % 3
                    db.add(DailyCount(day=today - timedelta(days=back), theme=theme, what=what, count=count))


def start(url: str, models: Path) -> Running:
    return start_app(free_port(), Settings(database_url=url, model_dir=models), StandIn)


def sign_in(page: Page, base: str, name: str) -> None:
    page.goto(f"{base}/vrijwilligers/inloggen")
    page.get_by_label("Naam").fill(name)
    page.get_by_label("Wachtzin").fill(PASSPHRASE)
    page.get_by_role("button", name="Aanmelden").click()
    page.wait_for_url(f"{base}/vrijwilligers")


def main() -> None:
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/console.db"
        upgrade(url)
        add_people(url)
        add_work(url)
        server = start(url, Path(folder))
        take(out, server)
        server.stop()
    print(f"{len(list(out.glob('*.png')))} pictures in {out}")


def take(out: Path, server: Running) -> None:
    """Takes all pictures."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport=TABLET, reduced_motion="reduce")
        page.goto(f"{server.url}/vrijwilligers/inloggen")
        page.screenshot(path=out / "aanmelden.png")
        sign_in(page, server.url, "Ali")
        page.screenshot(path=out / "begin.png")
        page.goto(f"{server.url}/vrijwilligers/proberen")
        page.get_by_label("Je testvraag").fill("mijn vader slaat mij als ik te laat ben")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Wat vind je").wait_for()
        page.screenshot(path=out / "proberen.png", full_page=True)
        page.keyboard.press("2")
        page.keyboard.type("pleeg")
        page.screenshot(path=out / "verkeerd-onderwerp.png")
        for name, path, whole in (("voorstellen", "voorstellen", False), ("onderwerpen", "onderwerpen", False),
                                  ("onderwerp", "onderwerpen/wonen_armoede", False), ("testsets", "testsets", False),
                                  ("testset", "testsets/1", False), ("meting", "metingen/2", False),
                                  ("vergelijk", "vergelijk?a=1&b=2", False), ("teksten", "teksten", False),
                                  ("tekst", "teksten/wonen_armoede", True), ("contacten", "contacten", False),
                                  ("betere-tekst", "teksten/wonen_armoede/kind/simple", False), ("buiten", "buiten", False),
                                  ("logboek", "logboek", False)):
            page.goto(f"{server.url}/vrijwilligers/{path}")
            page.screenshot(path=out / f"{name}.png", full_page=whole)
        browser.close()


if __name__ == "__main__":
    main()
