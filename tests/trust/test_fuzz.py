"""Schemathesis on the OpenAPI description. Short here; `make fuzz` (KRW_FUZZ=long) is the long form."""
from __future__ import annotations

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error

EXAMPLES = 1500 if os.environ.get("KRW_FUZZ") == "long" else 15
CALM = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False)


@pytest.fixture(scope="module")
def schema(watched):
    return schemathesis.openapi.from_url(f"{watched.url}/api/openapi.json")


OPERATIONS = [("post", "/api/conversations"), ("post", "/api/conversations/{token}/messages"),
              ("post", "/api/conversations/{token}/feedback"), ("delete", "/api/conversations/{token}"),
              ("post", "/api/conversations/{token}/end"), ("get", "/api/help"), ("get", "/api/starters")]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_the_description_and_the_server_agree(schema, method, path):
    operation = schema[path][method]

    @CALM
    @given(case=operation.as_strategy())
    def one(case):
        case.headers = {**(case.headers or {}), "X-Forwarded-For": "10.200.0.1"}
        answer = case.call()
        case.validate_response(answer, checks=[not_a_server_error])
        assert answer.elapsed < 20 if isinstance(answer.elapsed, float) else True
        if answer.status_code >= 400:
            assert answer.headers["content-type"][0] == "application/problem+json"

    one()


def test_every_operation_is_fuzzed(schema):
    described = {(method, path) for path, item in schema.raw_schema["paths"].items() if path.startswith("/api/")
                 for method in item if method in ("get", "post", "put", "delete", "patch")}
    assert described <= set(OPERATIONS), described - set(OPERATIONS)


def test_any_bytes_at_all(watched):
    """Raw bytes on the wire: the server answers 4xx or hangs up, and goes on."""
    import socket

    import httpx

    @settings(CALM, max_examples=EXAMPLES * 2)
    @given(st.one_of(st.binary(max_size=400), st.binary(max_size=200).map(lambda b: b"POST /api/conversations HTTP/1.1\r\nHost: x\r\n" + b)))
    def one(data):
        with socket.create_connection(("127.0.0.1", watched.port), timeout=5) as wire:
            wire.sendall(data)
            wire.shutdown(socket.SHUT_WR)
            try:
                answer = wire.recv(100)
            except (ConnectionError, TimeoutError):
                answer = b""
            assert not answer.startswith(b"HTTP/1.1 5")

    one()
    assert httpx.get(f"{watched.url}/health/live").status_code == 200
