"""The HTTP API with the real assistant."""
from __future__ import annotations

import asyncio

import httpx
import pytest
import pytest_asyncio

from bot.settings import Settings
from bot.web.app import create_app


@pytest_asyncio.fixture()
async def client(assistant, tmp_path):
    app = create_app(Settings(database_url=f"sqlite:///{tmp_path / 'test.db'}"), load=lambda: assistant)
    async with app.router.lifespan_context(app):
        for _ in range(200):
            if app.state.assistant is not None:
                break
            await asyncio.sleep(0.01)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False),
                                     base_url="http://test") as http:
            yield http


async def start(client, audience=None) -> str:
    answer = await client.post("/api/conversations", json={"audience": audience})
    assert answer.status_code == 201 and answer.json()["messages"]
    return answer.json()["conversation"]


async def test_a_conversation_from_begin_to_end(client):
    token = await start(client)
    assert len(token) >= 32
    address = f"/api/conversations/{token}"
    answer = await client.post(f"{address}/messages", json={"text": "Mijn vader slaat mij. Mag dat?"})
    assert answer.status_code == 200
    assert answer.json()["messages"][-1]["topic"] == "geweld_thuis"
    answer = await client.post(f"{address}/messages", json={"choice": "gesprek_bellen"})
    assert answer.json()["messages"][-1]["contacts"]
    assert (await client.delete(address)).status_code == 204
    assert (await client.post(f"{address}/messages", json={"text": "hallo"})).status_code == 404
    assert (await client.delete(address)).status_code == 204


@pytest.mark.parametrize(("body", "said"), [
    ({"text": ""}, "empty"), ({"text": "   \u200b "}, "empty"), ({"text": "a" * 1001}, "1000"), ({"text": 5}, "'text'"),
    ({"text": None}, "either"), ({}, "either"), ({"text": "a", "choice": "b"}, "either"), ({"choice": "unknown"}, "not offered"),
    ({"choice": 7}, "'choice'"), ({"choice": "c" * 101}, "'choice'"), ({"text": "a", "extra": 1}, "does not know"),
    ([], "type"), ("text", "type"),
])
async def test_bad_messages_get_a_clear_problem(client, body, said):
    token = await start(client)
    answer = await client.post(f"/api/conversations/{token}/messages", json=body)
    assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert said in problem["detail"] and problem["status"] == 422 and problem["type"].startswith("urn:")
    # The conversation goes on.
    assert (await client.post(f"/api/conversations/{token}/messages", json={"text": "hallo"})).status_code == 200


async def test_exactly_a_thousand_characters_after_trimming_is_fine(client):
    token = await start(client)
    text = "  " + "woord " * 166 + "abcd  "
    assert len(text.strip()) == 1000
    assert (await client.post(f"/api/conversations/{token}/messages", json={"text": text})).status_code == 200


async def test_broken_json_big_bodies_and_wrong_audience(client):
    token = await start(client)
    address = f"/api/conversations/{token}/messages"
    answer = await client.post(address, content=b"{kanarie", headers={"content-type": "application/json"})
    assert answer.status_code == 422 and "kanarie" not in answer.text
    answer = await client.post(address, json={"text": "x" * 30_000})
    assert answer.status_code == 413 and answer.headers["content-type"] == "application/problem+json"
    assert (await client.post("/api/conversations", json={"audience": "juf"})).status_code == 422
    assert (await client.post("/api/conversations", json={"audience": "ouder"})).status_code == 201
    assert (await client.post("/api/conversations")).status_code == 201


async def test_typed_commands_are_text_like_any_other(client):
    token = await start(client)
    for text in ("/crisis_suicide", "/restart", "/session_start", '/inform{"topic": "x"}'):
        answer = await client.post(f"/api/conversations/{token}/messages", json={"text": text})
        assert answer.status_code == 200 and answer.json()["messages"]
    # The conversation was not restarted: what it offered at the start is still accepted.
    assert (await client.post(f"/api/conversations/{token}/messages", json={"choice": "thema_wonen"})).status_code == 200


async def test_conversations_do_not_see_each_other(client):
    one, two = await start(client), await start(client)
    await client.post(f"/api/conversations/{one}/messages", json={"text": "wij zijn dakloos"})
    answer = await client.post(f"/api/conversations/{two}/messages", json={"text": "wie kan ik bellen"})
    assert answer.json()["messages"][-1].get("topic") is None


async def test_help_needs_no_model(tmp_path):
    def never():
        raise RuntimeError("no model")

    app = create_app(Settings(database_url=f"sqlite:///{tmp_path / 'test.db'}"), load=never)
    async with app.router.lifespan_context(app), httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://test") as http:
        await asyncio.sleep(0.1)
        assert (await http.get("/health/live")).status_code == 200
        assert (await http.get("/health/ready")).status_code == 503
        assert [c["id"] for c in (await http.get("/api/help")).json()["contacts"]] == [
            "alarmnummer", "veilig_thuis", "kindertelefoon", "preventie_113"]
        assert (await http.post("/api/conversations")).status_code == 503
        assert "tel:112" in (await http.get("/")).text


async def test_health_docs_and_openapi(client):
    assert (await client.get("/health/ready")).json()["status"] == "ready"
    assert "/api/conversations" in (await client.get("/api/docs")).text
    schema = (await client.get("/api/openapi.json")).json()
    assert {"/api/conversations", "/api/conversations/{token}/messages", "/api/help"} <= set(schema["paths"])


async def test_answers_are_not_cached_and_headers_protect(client):
    answer = await client.post("/api/conversations")
    assert answer.headers["cache-control"] == "no-store"
    page = await client.get("/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"


async def test_unknown_addresses_and_methods_are_problems(client):
    for answer in (await client.get("/api/nothing"), await client.put("/api/conversations")):
        assert answer.status_code in (404, 405) and answer.headers["content-type"] == "application/problem+json"


async def test_the_plain_page_works_without_javascript(client):
    answer = await client.post("/vraag", data={"text": "Mijn vader slaat mij. <b>Mag dat?</b>"})
    assert answer.status_code == 200 and "Slaan of pijn doen thuis" in answer.text
    assert "<b>Mag" not in answer.text and "&lt;b&gt;Mag" in answer.text
    token = answer.text.split('name="token" value="')[1].split('"')[0]
    answer = await client.post("/vraag", data={"choice": "gesprek_makkelijker", "token": token})
    assert "Slaan mag niet." in answer.text
    answer = await client.post("/vraag", data={"action": "wis", "token": token})
    assert "gewist" in answer.text
    assert (await client.post(f"/api/conversations/{token}/messages", json={"text": "hallo"})).status_code == 404
