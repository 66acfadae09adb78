"""Pictures of every state on one HTML page: `python -m tests.browser.screenshots OUT_DIR`."""
from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.chrome import SCHEMES, SIZES, launch
from tests.browser.fake_assistant import FakeAssistant
from tests.browser.gallery import Shot, gallery
from tests.browser.servers import start_both
from tests.browser.states import STATES

# Beside the widget's states: the demo site, and the hard cases of size and place.
PAGES = {"home": "/", "parents": "/ouders", "theme": "/thema/asiel", "topic": "/onderwerp/wonen_dakloos",
         "topic_crisis": "/onderwerp/crisis_gevaar", "safety": "/veilig", "for_sites": "/widget", "no_script": "/vraag"}
NARROW = {"width": 320, "height": 568}
ZOOMED = {"width": 320, "height": 256}  # 1280 by 1024 at 400 %


def take(out: Path, only: set[str]) -> list[Shot]:
    """Takes the pictures, in order; `only` names parts of titles."""
    shots: list[Shot] = []
    app, hosts = start_both(FakeAssistant)

    def shoot(page: Page, screen: str, state: str, full: bool = False) -> None:
        name = f"{screen} {state}".replace(" ", "_") + ".png"
        page.screenshot(path=out / name, full_page=full)
        shots.append(Shot(screen, state, name))

    try:
        with sync_playwright() as playwright:
            browser = launch(playwright)
            sets = [(f"{size} {scheme}", {"viewport": SIZES[size], "reduced_motion": "reduce", **SCHEMES[scheme]}, STATES)
                    for size in SIZES for scheme in SCHEMES]
            hard = {name: STATES[name] for name in ("closed", "open", "answer", "help", "crisis", "settings")}
            sets += [("narrow 320px", {"viewport": NARROW, "reduced_motion": "reduce"}, hard),
                     ("zoom 400 percent", {"viewport": ZOOMED, "reduced_motion": "reduce"}, hard),
                     ("forced colours", {"viewport": SIZES["phone"], "forced_colors": "active",
                                         "reduced_motion": "reduce"}, hard)]
            for label, options, states in sets:
                for name, act in states.items():
                    title = f"{label} {name}"
                    if only and not any(part in title for part in only):
                        continue
                    context = browser.new_context(**options)
                    page = context.new_page()
                    page.goto(hosts.url + "/")
                    act(page)
                    page.wait_for_timeout(150)
                    shoot(page, label, name)
                    context.close()
            for size, viewport in SIZES.items():
                for name, path in PAGES.items():
                    title = f"site {size} {name}"
                    if only and not any(part in title for part in only):
                        continue
                    context = browser.new_context(viewport=viewport, java_script_enabled=name != "no_script")
                    page = context.new_page()
                    page.goto(app.url + path)
                    page.wait_for_timeout(300)
                    shoot(page, f"site {size}", name, full=True)
                    context.close()
            browser.close()
    finally:
        app.stop()
        hosts.stop()
    return shots


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit("Usage: python -m tests.browser.screenshots OUT_DIR [part of a title …]")
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    shots = take(out, set(sys.argv[2:]))
    (out / "index.html").write_text(gallery(shots), encoding="utf-8")
    print(f"{len(shots)} pictures: {out / 'index.html'}")


if __name__ == "__main__":
    main()
