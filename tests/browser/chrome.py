"""How the tests start Chromium: Debian's package, or the one that `playwright install chromium` fetched."""
from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Playwright

SIZES = {"phone": {"width": 360, "height": 640}, "desktop": {"width": 1280, "height": 800}}
SCHEMES = {"light": {"color_scheme": "light"}, "dark": {"color_scheme": "dark"},
           "contrast": {"color_scheme": "light", "contrast": "more"}}
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
              "--disable-component-update", "--disable-sync"]


def launch(playwright: Playwright) -> Browser:
    debian = Path("/usr/bin/chromium")
    return playwright.chromium.launch(executable_path=str(debian) if debian.exists() else None, args=_ARGUMENTS)
