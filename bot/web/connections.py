"""Connections that do not get on with it are cut off, so that they cannot hold the server.

uvicorn waits for ever for a request that never becomes complete and for a reader that never reads. A few thousand of
those would take all connections. Bodies are bounded in `bot.web.app.Guard`.
"""
from __future__ import annotations

from asyncio import TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.settings import Settings

HEADERS_WITHIN = 10.0  # seconds from the connection, or from a request's first byte, to the end of its headers
READ_WITHIN = 20.0  # seconds in which a waiting reader must take something
MOST_CONNECTIONS = 2_000


class ImpatientProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, with an end to its patience."""

    _headers_timer: TimerHandle | None = None
    _read_timer: TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
            return
        self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._headers_done()
        self._reader_reads()
        super().connection_lost(exc)

    def _expect_headers(self) -> None:
        if self._headers_timer is None:
            self._headers_timer = self.loop.call_later(HEADERS_WITHIN, self._cut_off)

    def _headers_done(self) -> None:
        if self._headers_timer is not None:
            self._headers_timer.cancel()
            self._headers_timer = None

    def _reader_reads(self) -> None:
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None

    def _cut_off(self) -> None:
        if not self.transport.is_closing():
            self.transport.abort()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_headers()

    def on_headers_complete(self) -> None:
        self._headers_done()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._read_timer is None:
            self._read_timer = self.loop.call_later(READ_WITHIN, self._cut_off)

    def resume_writing(self) -> None:
        self._reader_reads()
        super().resume_writing()


def server_options(chosen: Settings) -> dict[str, Any]:
    """How uvicorn is run."""
    return {
        # No access log: it would hold addresses and conversation tokens. And not uvicorn's own way of logging, which
        # prints the text of an unexpected exception, and that may quote what was typed; see bot.logs.
        "access_log": False, "log_config": None, "log_level": "warning", "server_header": False, "ws": "none",
        "timeout_keep_alive": 15, "timeout_graceful_shutdown": 20, "http": ImpatientProtocol,
        "forwarded_allow_ips": chosen.trusted_proxies,
    }
