"""The web application: chat API, pages, health. One process, one port."""
from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, AsyncIterator, Callable

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.knowledge.library import load_knowledge, use_knowledge
from bot.operations.no_dumps import no_memory_dumps
from bot.settings import Settings, settings
from bot.store.counts import Counts
from bot.web import chat_api, console, feedback, pages, site, widget
from bot.web import metrics as metrics_module
from bot.web.limits import Limits
from bot.web.problems import Unexpected, install_problems, problem_response
from bot.web.upkeep import bring_up, reload_on_hangup, tidy_up

logger = logging.getLogger(__name__)
STATIC = Path(__file__).parent / "static"
COUNTS_EVERY = 60  # seconds
MAX_BODY = 20_000  # bytes; a message is at most 1,000 characters
BODY_WITHIN = 10.0  # seconds; who sends slower is cut off

_CSP = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
_HEADERS = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Guard:
    """ASGI middleware: bounds the body, sets security headers, forbids caching of conversations."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        most = await console.upload_limit(scope) or MAX_BODY
        if not length.isdigit() or int(length) > most:
            await problem_response(413, "too-large", f"The body may be {most} bytes at most.")(scope, receive, send)
            return
        # A chunked body has no length: it is read here, up to the bound, before anything parses it.
        body, more = b"", True
        until = asyncio.get_running_loop().time() + BODY_WITHIN
        while more and scope["method"] in ("POST", "PUT", "PATCH", "DELETE"):
            try:
                message = await asyncio.wait_for(receive(), until - asyncio.get_running_loop().time())
            except TimeoutError:
                await problem_response(408, "too-slow", "The request did not come in time.", {"Connection": "close"})(
                    scope, receive, send)
                return
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > most:
                await problem_response(413, "too-large", f"The body may be {most} bytes at most.")(
                    scope, receive, send)
                return
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent or scope["method"] not in ("POST", "PUT", "PATCH", "DELETE"):
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                extra = [(k.lower().encode(), v.encode()) for k, v in _HEADERS.items()
                         if k.lower().encode() not in present]
                if scope["path"].startswith(("/api", "/vraag")) and b"cache-control" not in present:
                    extra.append((b"cache-control", b"no-store"))
                message = {**message, "headers": list(message["headers"]) + extra}
            await send(message)

        await self._app(scope, replay, send_with_headers)


def create_app(chosen: Settings | None = None, load: Callable[[], Any] | None = None) -> FastAPI:
    """The application.

    Args:
        load: makes the assistant; default loads the newest model. It runs beside the server, so that the emergency
            contacts and the pages answer while the model loads.
    """
    chosen = chosen or settings()

    def _load_default() -> Any:
        from bot.assistant import Assistant

        return Assistant(chosen=chosen)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        no_memory_dumps()
        use_knowledge(load_knowledge())

        async def write_counts() -> None:
            while True:
                await asyncio.sleep(COUNTS_EVERY)
                await asyncio.to_thread(app.state.counts.flush)

        tasks = [asyncio.create_task(bring_up(app, load or _load_default, check=load is None)),
                 asyncio.create_task(write_counts()), asyncio.create_task(tidy_up(app)),
                 asyncio.create_task(console.follow_contacts(app))]
        reload_on_hangup(app)
        yield
        for task in tasks:
            task.cancel()
        await asyncio.to_thread(app.state.counts.flush)
        if app.state.assistant is not None:
            await asyncio.to_thread(app.state.assistant.stop)

    app = FastAPI(
        title="Kinderrechtenwijzer",
        description="Answers children's and parents' questions about children's rights, in Dutch.",
        version="0.1.0", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
    )
    app.state.assistant = None
    app.state.problem = None
    app.state.counts = Counts(chosen.database_url)
    app.state.when_ready = []
    app.state.metrics = metrics_module.Metrics()
    app.state.limits = Limits(chosen.rate_per_minute)
    app.state.settings = chosen
    install_problems(app)
    app.add_middleware(Unexpected)
    app.add_middleware(widget.AllowedOrigins, origins=chosen.allowed_origins)
    app.add_middleware(Guard)
    app.add_middleware(metrics_module.Measured, metrics=app.state.metrics)
    app.include_router(chat_api.router)
    app.include_router(feedback.router)
    app.include_router(widget.router)
    app.include_router(pages.router)
    app.include_router(site.router)
    app.include_router(metrics_module.router)
    console.install_console(app)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")

    @app.get("/health/live", tags=["health"])
    async def live() -> dict:
        """The process answers."""
        return {"status": "live"}

    @app.get("/health/ready", tags=["health"])
    async def ready(request: Request) -> JSONResponse:
        """The model is loaded and questions can be asked."""
        if request.app.state.assistant is not None:
            return JSONResponse({"status": "ready", "model": request.app.state.assistant.model_name})
        return JSONResponse({"status": "failed" if request.app.state.problem else "starting"}, 503,
                            headers={"Retry-After": "5"})

    @app.get("/api/docs", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        return pages.api_docs(request, app.openapi())

    return app
