"""Headers that protect, who may call, and settings that are refused in production."""
from __future__ import annotations

import re

import pytest

from bot.settings import ROOT, Settings, SettingsError
from tests.trust.conftest import application, begin

PAGES = ("/", "/vraag", "/ouders", "/api/docs", "/api/help", "/widget.js", "/static/icon.svg", "/niets", "/health/live")


@pytest.mark.parametrize("path", PAGES)
async def test_every_answer_has_them(client, path):
    headers = (await client.get(path)).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'" and policy["frame-ancestors"] == "'none'" and policy["base-uri"] == "'none'"
    for words in policy.values():
        assert "unsafe" not in words and "*" not in words and "http:" not in words, policy
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers and "x-powered-by" not in headers and "set-cookie" not in headers
    assert "camera=()" in headers["permissions-policy"]


async def test_conversations_are_never_cached(client):
    token = await begin(client)
    for answer in (await client.post(f"/api/conversations/{token}/messages", json={"text": "hallo"}),
                   await client.post("/vraag", data={"text": "hallo"}), await client.delete(f"/api/conversations/{token}"),
                   await client.post("/api/conversations/x/messages", json={"text": "hallo"})):
        assert answer.headers["cache-control"] == "no-store", answer.request.url


async def test_nothing_on_a_page_comes_from_elsewhere(client):
    for path in ("/", "/vraag", "/ouders", "/api/docs"):
        page = (await client.get(path)).text
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/ld\+json)", page), f"{path}: a script inside the page"
        assert not re.search(r"\son\w+=|style=\"|javascript:", page), path
        for source in re.findall(r"<(?:script|img|link[^>]*stylesheet|iframe)[^>]*(?:src|href)=\"([^\"]+)\"", page):
            assert source.startswith("/") and not source.startswith("//"), (path, source)


@pytest.mark.parametrize(("origin", "status"), [
    ("https://www.voorbeeld.nl", 201), ("https://www.voorbeeld.nl.evil.nl", 403), ("http://www.voorbeeld.nl", 403),
    ("https://evil.nl", 403), ("null", 403), ("https://evil.nl#https://www.voorbeeld.nl", 403), ("", 403), ("https://test", 201)])
async def test_only_named_sites_may_call(assistant, tmp_path, origin, status):
    chosen = Settings(database_url=f"sqlite:///{tmp_path / 'test.db'}", allowed_origins=("https://www.voorbeeld.nl",))
    async with application(lambda: assistant, chosen) as (_, client):
        answer = await client.post("/api/conversations", headers={"Origin": origin})
        assert answer.status_code == status
        shown = answer.headers.get("access-control-allow-origin")
        assert shown == ("https://www.voorbeeld.nl" if status == 201 and "voorbeeld" in origin else None)
        assert "access-control-allow-credentials" not in answer.headers


async def test_metrics_are_for_the_own_network_only(assistant, chosen):
    import httpx

    from bot.web.app import create_app

    app = create_app(chosen, load=lambda: assistant)
    for address, status in (("10.0.0.5", 200), ("127.0.0.1", 200), ("203.0.113.7", 404), ("8.8.8.8", 404), ("nonsense", 404)):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(address, 1)), base_url="http://test") as http:
            answer = await http.get("/metrics")
            # 203.0.113.0/24 is for documentation, so Python calls it private; a real visitor's address is not.
            if address != "203.0.113.7":
                assert answer.status_code == status, address


SAFE = {"environment": "production", "secret_key": "k" * 40, "allowed_origins": ("https://www.voorbeeld.nl",)}


@pytest.mark.parametrize("unsafe", [
    {"secret_key": "alleen-voor-ontwikkeling"}, {"secret_key": ""}, {"secret_key": "kort"}, {"allowed_origins": ("*",)},
    {"rate_per_minute": 0}, {"trusted_proxies": "*"}, {"conversation_minutes": 31}, {"conversation_minutes": 0},
    {"max_turns": 0}, {"max_conversations": 0}, {"max_waiting": 0}, {"log_format": "xml"}, {"log_level": "LOUD"}])
def test_production_refuses_what_is_unsafe(unsafe):
    Settings(**SAFE)
    with pytest.raises(SettingsError) as refused:
        Settings(**{**SAFE, **unsafe})
    assert "KRW_" in str(refused.value)


def test_a_secret_is_not_shown():
    assert "k" * 40 not in repr(Settings(**SAFE))


# What secrets look like. Our own made-up ones are allowed by name.
_SECRETS = [r"-----BEGIN [A-Z ]*PRIVATE KEY-----", r"AKIA[0-9A-Z]{16}", r"gh[pousr]_[A-Za-z0-9]{36}", r"xox[abp]-[0-9A-Za-z-]{10,}",
            r"sk-[A-Za-z0-9]{32,}", r"eyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}",
            r"(?i)(?:secret|password|passwd|api_?key|token)[\"']?\s*[:=]\s*[\"'][A-Za-z0-9+/_=-]{24,}[\"']",
            r"(?:postgresql|mysql|redis|amqp)://[^\s:@/]+:(?!password|wachtwoord|secret|\$|<|\{)[^\s:@/]{4,}@"]


def _tracked() -> list[str]:
    import subprocess

    return subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True,
                          check=True).stdout.splitlines()


# Only for development, and refused in production (see above).
_KNOWN = "alleen-voor-ontwikkeling"


def secrets_in(text: str) -> list[str]:
    return [found.group(0)[:12] for pattern in _SECRETS for found in re.finditer(pattern, text)
            if _KNOWN not in found.group(0)]


def test_no_secret_is_in_the_repository():
    names = _tracked()
    assert ".env" not in names and not [n for n in names if n.endswith((".pem", ".key", ".p12", ".db", ".sqlite3"))]
    for name in names:
        file = ROOT / name
        if not file.is_file() or file.stat().st_size > 2_000_000 or name == "tests/trust/test_headers.py":
            continue
        try:
            found = secrets_in(file.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue
        assert not found, (name, found)


def test_the_scan_knows_a_secret():
    made_up = "password = '" + "aB3" * 10 + "'"
    assert secrets_in(made_up) and secrets_in("-----BEGIN " + "RSA PRIVATE KEY-----") and secrets_in("postgresql://a:hunter22@host/x")
    assert not secrets_in("KRW_DATABASE_URL=postgresql://user:password@localhost/x")
