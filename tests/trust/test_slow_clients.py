"""Clients that are slow on purpose are cut off, and the others do not notice."""
from __future__ import annotations

import socket
import threading
import time

import httpx
import pytest
import uvicorn

from bot.settings import Settings
from bot.web import app as app_module
from bot.web import connections
from bot.web.app import create_app
from tests.trust.servers import free_port


@pytest.fixture()
def address(tmp_path, monkeypatch):
    monkeypatch.setattr(connections, "HEADERS_WITHIN", 0.4)
    monkeypatch.setattr(connections, "READ_WITHIN", 0.4)
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 40)
    monkeypatch.setattr(app_module, "BODY_WITHIN", 0.4)

    def no_model():
        raise RuntimeError("not needed here")

    app = create_app(Settings(database_url=f"sqlite:///{tmp_path / 'test.db'}"), load=no_model)

    @app.get("/large")
    async def large():
        from fastapi.responses import StreamingResponse

        return StreamingResponse(b"x" * 65536 for _ in range(1000))

    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", http=connections.ImpatientProtocol,
                                           ws="none", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    listening = Address(("127.0.0.1", port))
    listening.server = server
    yield listening
    server.should_exit = True
    thread.join(10)


class Address(tuple):
    """(host, port), and the server that listens there."""

    server: uvicorn.Server


def until(true, seconds: float = 10.0) -> bool:
    """Whether `true()` becomes true in time."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def ended(connection: socket.socket, within: float = 10.0) -> bytes:
    """What came before the server closed the connection.

    Raises:
        TimeoutError: it did not close it.
    """
    connection.settimeout(within)
    got = b""
    try:
        while part := connection.recv(65536):
            got += part
    except ConnectionResetError:
        pass
    return got


def test_headers_that_never_end(address):
    with socket.create_connection(address) as slow:
        slow.sendall(b"POST /api/conversations HTTP/1.1\r\nHost: x\r\n")
        assert ended(slow) == b""


def test_a_connection_that_says_nothing(address):
    with socket.create_connection(address) as slow:
        assert ended(slow) == b""


def test_a_body_that_never_ends(address):
    with socket.create_connection(address) as slow:
        slow.sendall(b"POST /api/conversations HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert ended(slow).startswith(b"HTTP/1.1 408 ")
    with socket.create_connection(address) as slow:
        slow.sendall(b"POST /api/conversations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n")
        assert ended(slow).startswith(b"HTTP/1.1 408 ")


def test_a_reader_that_never_reads(address):
    open_now = address.server.server_state.connections
    with socket.create_connection(address) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        assert until(lambda: len(open_now) == 1)
        # It reads nothing: the server lets go of it, although 64 MB are still to be sent.
        assert until(lambda: not open_now)


def test_a_fast_client_is_not_cut_off_between_requests(address):
    with httpx.Client(base_url=f"http://{address[0]}:{address[1]}") as http:
        for _ in range(3):
            assert http.get("/health/live").status_code == 200
            time.sleep(0.6)


def test_many_slow_clients_do_not_keep_the_others_out(address):
    slow = [socket.create_connection(address) for _ in range(60)]
    try:
        for connection in slow[:39]:
            try:
                connection.sendall(b"GET / HTTP/1.1\r\nX-")
            except OSError:
                continue
        until = time.monotonic() + 10
        while True:
            try:
                assert httpx.get(f"http://{address[0]}:{address[1]}/api/help", timeout=2).json()["contacts"]
                break
            except httpx.TransportError:
                assert time.monotonic() < until
    finally:
        for connection in slow:
            connection.close()
