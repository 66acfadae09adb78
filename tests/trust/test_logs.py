"""What is printed at every level and in both forms, also when something unexpected happens: never what was typed."""
from __future__ import annotations

import json
import logging
import re
import threading
import time
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from fastapi import Request
from fastapi.responses import StreamingResponse

from bot.logs import configure_logging
from bot.web.app import create_app
from bot.web.connections import server_options
from tests.trust.servers import free_port

WORD = "kanarielogzwjqx"


@contextmanager
def listening(app):
    """The application on a port of its own, run as `kinderrechten serve` runs it."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, **server_options(app.state.settings)))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    url, until = f"http://127.0.0.1:{port}", time.monotonic() + 60
    while True:
        try:
            if httpx.get(f"{url}/health/ready", timeout=5).status_code == 200:
                break
        except httpx.TransportError:
            pass
        assert time.monotonic() < until
        time.sleep(0.02)
    yield url
    server.should_exit = True
    thread.join(30)


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING", "ERROR"])
def test_nothing_typed_is_printed(assistant, chosen, monkeypatch, capfd, level, form):
    def heard(turn, chosen):
        raise ValueError(f"cannot count {turn.messages} {WORD}fout")

    app = create_app(chosen, load=lambda: assistant)
    monkeypatch.setattr(app.state.metrics, "turn", heard)

    @app.post("/broken")
    async def broken(request: Request) -> None:
        # As a mistake of ours would: with the text in the error, in its cause and in a frame of the traceback.
        typed = (await request.body()).decode()
        raise RuntimeError(f"cannot read {typed}") from KeyError(typed)

    @app.get("/half")
    async def half() -> StreamingResponse:
        async def parts():
            yield b"one"
            raise LookupError(f"{WORD}half")

        return StreamingResponse(parts())

    configure_logging(level, form=form)
    try:
        with listening(app) as url, httpx.Client(base_url=url, timeout=30) as http:
            token = http.post("/api/conversations").json()["conversation"]
            path = f"/api/conversations/{token}/messages"
            assert http.post(path, json={"text": f"ik word gepest {WORD}tekst"}).status_code == 200
            answer = http.post(path, json={"text": f"ik wil dood {WORD}crisis"})
            assert answer.status_code == 200 and answer.json()["messages"][0]["type"] == "crisis"
            answer = http.post("/broken", content=f"{WORD}kapot".encode())
            assert answer.status_code == 500 and WORD not in answer.text and "112" in answer.json()["detail"]
            # It has the headers of every answer, and the alert on errors can see it.
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert 'krw_requests_total{method="POST",route="/broken",status="500"} 1.0' in http.get("/metrics").text
            with pytest.raises(httpx.TransportError):
                http.get("/half")
            assert http.post(path, content=f'{{"text": "{WORD}'.encode()).status_code == 422
            assert http.get(f"/{WORD}?{WORD}={WORD}", headers={WORD: WORD}).status_code == 404
            for wrong in (f"GET /{WORD} HTTP/9.9\r\n\r\n", f"{WORD}\r\n\r\n"):
                _raw(url, wrong)
    finally:
        configure_logging("WARNING")
    printed = "".join(capfd.readouterr())
    assert WORD not in printed and token not in printed
    # The mistake itself was not hushed up: its kind is there.
    assert {"ValueError", "RuntimeError", "LookupError"} <= set(re.findall(r"\w+Error", printed))
    assert "Traceback" not in printed, printed[-500:]
    if form == "json":
        assert all(json.loads(line)["level"] for line in printed.splitlines() if line.startswith("{"))
        assert not [line for line in printed.splitlines() if line and not line.startswith("{")]


def _raw(url: str, data: str) -> None:
    import socket

    with socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), timeout=10) as wire:
        wire.sendall(data.encode())
        wire.recv(500)


def test_the_usual_way_would_print_it():
    """What is avoided: Python's own formatter quotes the error's text."""
    record = logging.makeLogRecord({"msg": "x", "exc_info": (ValueError, ValueError(WORD), None)})
    assert WORD in logging.Formatter().format(record)
