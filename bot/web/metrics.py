"""Prometheus metrics: numbers about turns, never a text, a token or an address.

`GET /metrics` answers only to addresses inside the own network; docs/operations.md says what each number means.
"""
from __future__ import annotations

import ipaddress
import time
from typing import Any, Callable

from fastapi import APIRouter, Request, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.store.counts import kind_of_turn
from bot.web.problems import Problem

router = APIRouter(include_in_schema=False)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The numbers of one application."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.requests = Counter("krw_requests", "Requests by route and status", ["method", "route", "status"],
                                registry=registry)
        self.seconds = Histogram("krw_request_seconds", "How long requests took", ["route"], buckets=_SECONDS,
                                 registry=registry)
        self.turns = Counter("krw_turns", "Answered messages by theme and by what happened", ["theme", "what"],
                             registry=registry)
        self.confidence = Histogram("krw_confidence", "How sure the model was of a typed question",
                                    buckets=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0), registry=registry)
        self.chosen = Counter("krw_choices", "Messages that were a pressed choice", registry=registry)
        self.failed = Counter("krw_failed_turns", "Turns in which the model failed and only help was shown",
                              registry=registry)
        self.shed = Counter("krw_shed", "Messages turned away because it was too busy", ["why"], registry=registry)
        self.first_aid = Counter("krw_first_aid", "Crisis messages answered by the rules alone", registry=registry)
        self.waiting = Gauge("krw_waiting", "Messages that wait for the model now", registry=registry)
        self.ready = Gauge("krw_ready", "1 when questions can be asked", registry=registry)
        self.unsaved = Gauge("krw_unsaved_counts", "Counts that wait to be written to the database", registry=registry)
        self.reloads = Counter("krw_content_reloads", "Reloads of the content", ["outcome"], registry=registry)

    def turn(self, turn: Any, chosen: bool) -> None:
        """Counts one answered message."""
        found = kind_of_turn(turn.messages)
        theme, what = found or ("-", "small_talk")
        self.turns.labels(theme, what).inc()
        intent = turn.parse.get("intent") or {}
        if chosen:
            self.chosen.inc()
        elif intent.get("name") is None:
            self.failed.inc()
        else:
            self.confidence.observe(float(intent.get("confidence") or 0.0))


class Measured:
    """ASGI middleware: counts requests by the route's pattern, so that no address is ever a label."""

    def __init__(self, app: ASGIApp, metrics: Metrics):
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = [0], time.perf_counter()

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            route = getattr(scope.get("route"), "path", None) or "-"
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.requests.labels(method, route, str(status[0] or "gone")).inc()
            self._metrics.seconds.labels(route).observe(time.perf_counter() - began)


def _inside(request: Request) -> bool:
    """Whether the caller is in the own network. Behind a proxy this is the address that the proxy saw."""
    if request.client is None:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_private
    except ValueError:
        # A test client without an address.
        return request.client.host == "testclient"


def refresh(state: Any) -> None:
    """Brings the gauges up to date."""
    metrics: Metrics = state.metrics
    worker = getattr(state.assistant, "worker", None)
    metrics.waiting.set(worker.waiting if worker else 0)
    metrics.ready.set(0 if state.assistant is None else 1)
    waiting: Callable[[], int] | None = getattr(state.counts, "waiting", None)
    metrics.unsaved.set(waiting() if waiting else 0)


@router.get("/metrics")
async def metrics_page(request: Request) -> Response:
    if not _inside(request):
        raise Problem(404, "not-found", "There is nothing at this address.")
    refresh(request.app.state)
    return Response(generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST)
