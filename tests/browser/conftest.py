"""A real browser against the real application, with a scripted assistant and pages of other sites."""
from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.browser.chrome import SIZES, launch  # noqa: E402
from tests.browser.fake_assistant import FakeAssistant  # noqa: E402
from tests.browser.servers import Running, start_both  # noqa: E402

# Patience costs nothing when all is well, and a busy machine is no reason to fail.
expect.set_options(timeout=30_000)

# The application wraps what it is given, so the tests keep hold of the one inside.
FAKE = FakeAssistant()


# Playwright's event loop must end with this folder: while it runs, no async test elsewhere could run its own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


@pytest.fixture(scope="package")
def _servers() -> Iterator[tuple[Running, Running]]:
    app, hosts = start_both(lambda: FAKE)
    yield app, hosts
    hosts.stop()
    app.stop()


@pytest.fixture
def app(_servers: tuple[Running, Running]) -> Running:
    running = _servers[0]
    running.log.clear()
    FAKE.slow, FAKE.broken = 0.0, False
    FAKE.talks.clear()
    FAKE.forgotten.clear()
    return running


@pytest.fixture
def hosts(_servers: tuple[Running, Running]) -> Running:
    return _servers[1]


@pytest.fixture
def assistant(app: Running) -> FakeAssistant:
    return FAKE


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser contexts that are closed after the test; a script error on their pages fails the test."""
    made: list[BrowserContext] = []
    errors: list[str] = []

    def make(**options: Any) -> BrowserContext:
        options.setdefault("viewport", SIZES["desktop"])
        options.setdefault("reduced_motion", "reduce")
        context = browser.new_context(**options)
        context.set_default_timeout(45_000)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()
    assert errors == [], errors


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    return new_context().new_page()
