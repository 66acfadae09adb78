"""Errors as problem+json (RFC 9457), with a clear sentence and never with what was sent."""
from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

_TITLES = {400: "Bad request", 403: "Forbidden", 404: "Not found", 405: "Method not allowed",
           408: "Too slow", 409: "Conflict",
           413: "Too large", 415: "Unsupported media type", 422: "Invalid content", 429: "Too many requests",
           500: "Internal error", 503: "Not available now"}


class Problem(Exception):
    """An error to show. `detail` is one clear sentence; it must not repeat the request's content."""

    def __init__(self, status: int, kind: str, detail: str, headers: dict[str, str] | None = None,
                 extra: dict[str, object] | None = None):
        self.status, self.kind, self.detail, self.headers, self.extra = status, kind, detail, headers, extra or {}
        super().__init__(detail)


def problem_response(status: int, kind: str, detail: str, headers: dict[str, str] | None = None,
                     **extra: object) -> JSONResponse:
    body = {"type": f"urn:kinderrechtenwijzer:{kind}", "title": _TITLES.get(status, "Error"), "status": status,
            "detail": detail, **extra}
    return JSONResponse(body, status, headers=headers, media_type="application/problem+json")


def _field_message(error: dict) -> str:
    """What is wrong with one field, in our own words: the library's may quote the value."""
    where = ".".join(str(part) for part in error["loc"] if part != "body") or "body"
    kind = error["type"]
    if "missing" in kind:
        return f"'{where}' is missing"
    if "max_length" in kind:
        return f"'{where}' is longer than {error['ctx']['limit_value']} characters"
    if "min_length" in kind:
        return f"'{where}' is empty"
    if "extra" in kind:
        return "there is a field that this call does not know"
    if "json" in kind:
        return "the body is not valid JSON"
    if kind == "value_error":
        return error["msg"]
    return f"'{where}' has the wrong type or value"


def install_problems(app: FastAPI) -> None:
    """Makes every error of `app` a problem+json answer."""

    @app.exception_handler(Problem)
    async def _problem(_: Request, error: Problem) -> JSONResponse:
        return problem_response(error.status, error.kind, error.detail, error.headers, **error.extra)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        said = "; ".join(dict.fromkeys(_field_message(item) for item in error.errors()))
        return problem_response(422, "invalid", f"The request cannot be used: {said}.")

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> JSONResponse:
        known = {404: "There is nothing at this address.", 405: "This address does not accept this method.",
                 400: "The request cannot be read."}
        kind = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "bad-request")
        return problem_response(error.status_code, kind, known.get(error.status_code, "The request was refused."),
                                dict(error.headers or {}))


class Unexpected:
    """ASGI middleware: an error that nobody expected becomes a problem+json answer.

    A handler for `Exception` would run outside all middleware: its answer would lack the security headers and the
    metrics would not see it. And Starlette raises the error again, with a text that may quote what was typed.
    """

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:  # noqa: BLE001
            logger.error("Unexpected error: %s", type(error).__name__)
            if begun or scope["type"] != "http":
                # Half an answer: the connection is cut.
                raise ConnectionAbortedError from None
            answer = problem_response(500, "internal", "Something went wrong on our side. In danger? Call 112.")
            await answer(scope, receive, noting)
