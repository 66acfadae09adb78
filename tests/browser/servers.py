"""The assistant on one origin and the pages of other sites on another, both in this process."""
from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Callable

import uvicorn

from bot.settings import Settings
from bot.store.database import upgrade
from bot.web.app import create_app

_PAGE = """<!doctype html><html lang="nl"><head><meta charset="utf-8"><title>Een site</title>
<meta name="viewport" content="width=device-width, initial-scale=1">{head}</head>
<body><main><h1>Een site</h1><p>Gewone tekst. <a href="/start">Begin</a></p>{main}</main>{end}</body></html>"""

# A page that breaks whatever is not shut off from it.
_WILD = """* { color: lime !important; font-size: 40px !important; display: block !important; visibility: hidden !important;
 transform: rotate(7deg) !important; line-height: 3 !important; text-transform: uppercase !important; opacity: .5 !important;
 box-sizing: content-box !important; animation: none !important; letter-spacing: 1em !important; direction: rtl !important; }
 html { font-size: 4px !important; } button { width: 3px !important; position: fixed !important; }
 #over { position: fixed; inset: 0; z-index: 2147483647 !important; background: pink; visibility: visible !important }"""


def host_pages(api: str) -> dict[str, tuple[str, dict[str, str]]]:
    """Path -> (page, headers)."""
    line = f'<script src="{api}/widget.js" defer></script>'
    strict = (f"default-src 'none'; script-src {api}; connect-src {api}; base-uri 'none'; form-action 'none'; "
              "require-trusted-types-for 'script'; trusted-types 'none'")

    def page(main: str = "", end: str = line, head: str = "", **headers: str) -> tuple[str, dict[str, str]]:
        return _PAGE.format(main=main, end=end, head=head), headers

    return {
        "/start": page(end=""),
        "/": page(),
        "/open": page(end=line.replace(" defer", " data-open defer")),
        "/strict": page(**{"Content-Security-Policy": strict}),
        "/wild": page(head=f"<style>{_WILD}</style>", main='<div id="over"></div>'),
        "/two": page(main='<kinderrechten-chat place="inline" audience="ouder" id="one"></kinderrechten-chat>'
                          '<kinderrechten-chat place="left" id="two"></kinderrechten-chat>'),
        "/twice": page(end=line + line),
        "/inline": page(main='<kinderrechten-chat place="inline"></kinderrechten-chat>'),
        "/own": page(end=line.replace(
            " defer", ' data-color="#ffd100" data-place="left" data-audience="ouder" data-text-title="Vraagbaak" '
                      'data-text-button="Praat met ons" data-text-intro="Fijn dat u er bent." data-theme="dark" defer')),
        "/neutraal": page(end="", head="<title>Neutraal</title>"),
        # Browsers ask for it by themselves; a 404 would stand in the console that a test reads.
        "/favicon.ico": ("<svg xmlns='http://www.w3.org/2000/svg'/>", {}),
    }


@dataclass
class Running:
    """A started server: its address and how to stop it."""

    url: str
    stop: Callable[[], None]
    app: Any = None
    log: list[tuple[str, str]] = field(default_factory=list)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_hosts(port: int, api: str) -> Running:
    """Serves `host_pages`."""
    pages = host_pages(api)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # noqa: N802 - the library's name
            text, headers = pages.get(self.path.split("?")[0], ("", {}))
            body = text.encode()
            self.send_response(200 if text else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def stop() -> None:
        server.shutdown()
        server.server_close()

    return Running(f"http://127.0.0.1:{port}", stop)


def start_app(port: int, chosen: Settings, load: Callable[[], Any]) -> Running:
    """Serves the real application around the assistant that `load` makes."""
    app = create_app(chosen, load)
    log: list[tuple[str, str]] = []

    class Recorder:
        """Notes which calls came in: the tests ask whether a conversation was deleted."""

        def __init__(self, inner: Any):
            self._inner = inner

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                log.append((scope["method"], scope["path"]))
            await self._inner(scope, receive, send)

    app.add_middleware(Recorder)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", access_log=False,
                                           ws="none", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()

    def stop() -> None:
        server.should_exit = True
        thread.join(10)

    until = time.monotonic() + 120
    while app.state.assistant is None:
        if app.state.problem or not thread.is_alive() or time.monotonic() > until:
            raise RuntimeError(f"The assistant did not start: {app.state.problem}")
        time.sleep(0.05)
    return Running(f"http://127.0.0.1:{port}", stop, app, log)


def start_both(load: Callable[[], Any]) -> tuple[Running, Running]:
    """The application and the host pages, which it lets in. No limits: a test asks faster than a child does."""
    app_port, host_port = free_port(), free_port()
    hosts = start_hosts(host_port, f"http://127.0.0.1:{app_port}")
    folder = Path(mkdtemp(prefix="krw-browser-"))
    chosen = Settings(port=app_port, allowed_origins=(hosts.url,), leave_url=f"{hosts.url}/neutraal", rate_per_minute=0,
                      database_url=f"sqlite:///{folder / 'test.db'}")
    upgrade(chosen.database_url)
    return start_app(app_port, chosen, load), hosts
