"""Nothing that a person types is kept: unique words go in everywhere, and are looked for everywhere."""
from __future__ import annotations

import gzip
import os
import sqlite3
import subprocess
import time
from pathlib import Path

import httpx
import pytest
import redis

from bot.assistant import Assistant
from bot.settings import ROOT, Settings
from tests.trust.servers import REDIS

WORD = "kanariepietzwjqx"
# Where a server could leave something. (Process memory is not here: spaCy's is emptied, see test_forgetting.py.)
PLACES = (ROOT / "var", ROOT / ".cache", ROOT / ".rasa", ROOT / "build", ROOT / "models", Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"))


SENT: set[str] = set()


def canary(name: str) -> str:
    """A word that nobody else types; `name` says which input it went into. Letters only, so no form of it differs."""
    SENT.add(WORD + name)
    return WORD + name


def feed(url: str) -> tuple[list[httpx.Response], list[str]]:
    """Sends a canary through every input; returns the answers that are errors, and the tokens."""
    with httpx.Client(base_url=url, timeout=30) as http:
        errors, tokens = [], []

        def send(method: str, path: str, **kwargs) -> httpx.Response:
            answer = http.request(method, path, **kwargs)
            if answer.status_code >= 400:
                errors.append(answer)
            return answer

        token = send("POST", "/api/conversations", json={"audience": None}).json()["conversation"]
        tokens.append(token)
        address = f"/api/conversations/{token}"
        for text in (canary("tekst"), f"ik wil dood {canary('crisis')}", f"mijn vader {canary('slaan')} slaat mij",
                     f"/restart{canary('slash')}", f'/inform{{"topic": "{canary("json")}"}}', canary("lang") * 20,
                     f"ik woon in {canary('plaats')} en ben 11 jaar", f"\u200b{canary('onzicht')}\x00 \U0001F600",
                     " ".join(canary("spatie")), f"artikel {canary('artikel')}", f"sos {canary('sos')}"):
            answer = send("POST", f"{address}/messages", json={"text": text})
            assert answer.status_code == 200 and canary("")[:12] not in answer.text, text
        send("POST", f"{address}/messages", json={"choice": canary("keuze")})
        send("POST", f"{address}/messages", json={"text": canary("veel") * 1200})
        send("POST", f"{address}/messages", json={"text": canary("tweede"), canary("veld"): canary("waarde")})
        send("POST", f"{address}/messages", content=b'{"text": "' + canary("kapot").encode())
        send("POST", f"{address}/messages", content=canary("utf").encode() + b"\xff\xfe{", headers={
            "content-type": "application/json; charset=utf-16"})
        send("POST", f"{address}/messages", data={"text": canary("formulier")})
        send("POST", f"{address}/messages", content=(canary("groot") * 1400).encode()[:20_000])
        send("POST", f"{address}/messages", content=(canary("tegroot") * 14000).encode())
        send("POST", "/api/conversations", json={"audience": canary("wie")})
        send("POST", f"{address}/feedback", json={"helpful": canary("hulp")})
        send("POST", f"{address}/feedback", json={"helpful": True, "why": canary("waarom")})
        send("POST", f"{address}/feedback", json={"helpful": True})
        for path in (f"/{canary('pad')}", f"/api/{canary('apipad')}?q={canary('vraag')}", f"/onderwerp/{canary('onderwerp')}",
                     f"/static/{canary('bestand')}.js", f"/api/conversations/{canary('token')}", f"/thema/{canary('thema')}",
                     f"/api/help?audience={canary('publiek')}", f"/%2e%2e/{canary('boven')}", "/vrijwilligers/inloggen",
                     f"/vrijwilligers/{canary('console')}", f"/api/conversations/{canary('einde')}/end"):
            for method in ("GET", "POST", "PUT", "DELETE"):
                send(method, path)
        send("POST", f"/api/conversations/{canary('vals')}/messages", json={"text": canary("valsetekst")})
        headers = {name: canary(name.lower().replace("-", "")) for name in (
            "User-Agent", "Referer", "Cookie", "X-Forwarded-Host", "X-Request-Id", "Accept-Language", "Authorization",
            "If-None-Match", "X-Iets")}
        send("POST", f"{address}/messages", json={"text": "hallo"}, headers=headers)
        send("POST", f"{address}/messages", json={"text": "hallo"}, headers={"Origin": f"https://{canary('bron')}.nl"})
        send("POST", f"{address}/messages", json={"text": "hallo"}, headers={"X-Forwarded-For": canary("adres")})
        send(canary("METHODE").upper(), "/api/help")
        # The plain page shows a person what they typed just now; it is an answer to them, not an error.
        send("POST", "/vraag", data={"text": f"wij zijn dakloos {canary('pagina')}"})
        send("POST", "/vraag", data={"choice": canary("paginakeuze"), "token": token})
        send("POST", "/vraag", data={"text": canary("paginalang") * 100})
        # Somebody who is no volunteer types something into the volunteers' door: the form keeps the name, for them.
        refused = http.post("/vrijwilligers/inloggen", data={"name": canary("naam"), "passphrase": canary("wachtzin")})
        assert refused.status_code == 401 and canary("wachtzin") not in refused.text
        send("POST", f"{address}/end", content=canary("einde").encode())
        token = send("POST", "/api/conversations").json()["conversation"]
        tokens.append(token)
        send("POST", f"/api/conversations/{token}/messages", json={"text": canary("wissen")})
        assert send("DELETE", f"/api/conversations/{token}").status_code == 204
        assert send("POST", f"/api/conversations/{token}/messages", json={"text": canary("na")}).status_code == 404
        errors.append(http.get("/metrics"))
        return errors, tokens


def looks_for(needles: list[str], data: bytes) -> list[str]:
    """Which of the needles are in `data`, whatever the case; also when it is compressed."""
    if data[:2] == b"\x1f\x8b":
        try:
            data += gzip.decompress(data)
        except (OSError, EOFError):
            pass
    low = data.lower()
    return [needle for needle in needles if needle.lower().encode() in low]


def changed_since(moment: float, skip: Path) -> list[Path]:
    """Files in the places where a server could leave something, that changed after `moment`."""
    found = []
    for place in PLACES:
        for folder, folders, files in os.walk(place):
            # Not what the test itself keeps, nor other programs' folders; a server's own file is not buried deep.
            deep = len(Path(folder).relative_to(place).parts) >= 4
            folders[:] = [f for f in folders if not deep and not f.startswith(("bash_jobs", "pytest-", "org.chromium"))
                          and Path(folder, f) != skip]
            for name in files:
                file = Path(folder, name)
                try:
                    if file.is_file() and file.stat().st_mtime >= moment and file.stat().st_size < 200_000_000:
                        found.append(file)
                except OSError:
                    continue
    return found


@pytest.fixture(scope="module")
def fed(watched):
    """The watched server after it was fed: (server, errors, tokens, when it began)."""
    began = time.time() - 1
    errors, tokens = feed(watched.url)
    return watched, errors, tokens, began


def test_error_bodies_and_metrics_do_not_repeat_it(fed):
    _, errors, tokens, _ = fed
    assert len(errors) > 40
    for answer in errors:
        assert not looks_for([WORD, *tokens], answer.content), answer.request.url
        assert not looks_for([WORD], repr(answer.headers).encode()), answer.headers
        assert answer.status_code < 500, (answer.status_code, str(answer.request.url))


def test_nothing_is_printed_or_logged(fed):
    server, _, tokens, _ = fed
    printed = server.printed.read_bytes()
    assert b'"level"' in printed, "the log level DEBUG printed nothing, so this test proves nothing"
    assert not looks_for([WORD, *tokens, "127.0.0.1:"], printed.replace(server.url.encode(), b""))


def test_no_file_holds_it(fed, tmp_path_factory):
    server, _, tokens, began = fed
    # What counts waits for a minute in memory; stopping writes it, so a copy of the files is looked at after a flush too.
    files = changed_since(began, tmp_path_factory.getbasetemp().parent) + [
        f for f in server.folder.rglob("*") if f.is_file() and f.name != "connections.txt"]
    assert any(f.name.startswith("printed") for f in files)
    for file in files:
        try:
            data = file.read_bytes()
        except OSError:
            continue
        # Other programs' own files may name the beginning of the words (this test does), but never a whole one.
        assert not looks_for([*SENT - {WORD}, *tokens], data), file


def test_the_check_itself_finds_what_is_there(tmp_path):
    """The searches above can fail."""
    assert looks_for([WORD], f"x {WORD.upper()} y".encode()) == [WORD]
    assert looks_for([WORD], gzip.compress(canary("diep").encode())) == [WORD]
    began = time.time() - 1
    left = ROOT / "var" / "canary-test.txt"
    left.parent.mkdir(exist_ok=True)
    left.write_text(canary("bestand"))
    try:
        assert left in changed_since(began, tmp_path)
    finally:
        left.unlink()


def noted(server) -> list[tuple[str, str]]:
    """What the watched server did, in order: (event, what with)."""
    return [tuple(line.split(" ", 1)) for line in (server.folder / "connections.txt").read_text().splitlines()]


def test_nothing_is_written_but_in_the_temporary_folder_and_the_database(fed):
    """So a read-only file system with a temporary folder in memory is enough (deploy/)."""
    server = fed[0]
    written = [what.strip("'") for event, what in noted(server) if event in (
        "open", "os.mkdir", "os.rename", "os.link", "os.symlink", "sqlite3.connect")]
    assert any(file.startswith(str(server.folder)) for file in written), "nothing was noted, so this test proves nothing"
    # Python writes what it compiled beside the source; the container forbids that.
    elsewhere = [file for file in written if not file.startswith((str(server.folder), "/dev/null", "/proc/self/"))
                 and "__pycache__" not in file]
    assert not elsewhere, elsewhere


def test_a_crash_leaves_no_copy_of_the_memory(fed):
    process = Path(f"/proc/{fed[0].process.pid}")
    limits = next(line for line in (process / "limits").read_text().splitlines() if line.startswith("Max core file size"))
    assert limits.split()[4:6] == ["0", "0"]
    assert int((process / "coredump_filter").read_text(), 16) == 0


def test_no_connection_leaves_the_machine(fed):
    server = fed[0]
    lines = [f"{event} {what}" for event, what in noted(server) if event.startswith("socket.")]
    outside = [line for line in lines if "127.0.0.1" not in line and "'::1'" not in line and "localhost" not in line
               # An address family without a network: a socket in the file system.
               and not line.split(" ", 1)[1].startswith("'/")]
    assert not outside, outside
    # What the kernel knows of this process's connections; also those that C libraries make.
    sockets = {os.readlink(fd)[8:-1] for fd in Path(f"/proc/{server.process.pid}/fd").iterdir()
               if os.path.islink(fd) and os.readlink(fd).startswith("socket:")}
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{server.process.pid}/net/{table}").read_text().splitlines()[1:]:
            parts = line.split()
            remote = parts[2].split(":")[0]
            if parts[9] in sockets:
                assert remote.endswith("0100007F") or set(remote) == {"0"}, line


def test_the_watch_on_connections_sees_one(tmp_path):
    """The hook that the test above reads does note a connection."""
    import sys

    from tests.trust.servers import _WATCHED

    file = tmp_path / "noted.txt"
    code = _WATCHED.format(file=str(file)).split("sys.argv")[0] + (
        "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.connect(('192.0.2.1', 9))\n")
    subprocess.run([sys.executable, "-c", code], check=True)
    assert "192.0.2.1" in file.read_text()


def test_telemetry_and_crash_reports_are_off(fed):
    server = fed[0]
    variables = Path(f"/proc/{server.process.pid}/environ").read_bytes()
    assert b"KRW_LOG_LEVEL=DEBUG" in variables
    from rasa import telemetry

    assert not telemetry.is_telemetry_enabled()


# -- what is stored


@pytest.fixture()
def redis_assistant(trained_model):
    """A second assistant that keeps its conversations in Redis."""
    store = redis.Redis.from_url(REDIS, decode_responses=True)
    store.flushdb()
    yield Assistant(trained_model, chosen=Settings(redis_url=REDIS)), store
    store.flushdb()


async def test_redis_never_holds_what_was_typed_and_forgets(redis_assistant):
    assistant, store = redis_assistant
    token, _ = await assistant.start()
    for text in (canary("redis"), f"mijn vader slaat mij {canary('redistwee')}", f"ik wil dood {canary('rediscrisis')}"):
        await assistant.reply(token, text=text)
    keys = store.keys("*")
    assert keys, "nothing is stored, so this test proves nothing"
    for key in keys:
        assert not looks_for([WORD], (store.get(key) or "").encode())
        assert 0 < store.ttl(key) <= 1800
    # Redis's own clock: a second instead of half an hour, then it is gone.
    assistant.store.record_exp = 1
    await assistant.reply(token, text="hallo")
    until = time.monotonic() + 5
    while store.keys("*") and time.monotonic() < until:
        time.sleep(0.05)
    assert store.keys("*") == []
    other, _ = await assistant.start()
    await assistant.forget(other)
    assert store.keys("*") == []


async def test_memory_holds_no_text_and_is_bounded(assistant):
    token, _ = await assistant.start()
    await assistant.reply(token, text=f"mijn vader slaat mij {canary('geheugen')}")
    held = assistant.store._held[token][1]
    held = held if isinstance(held, bytes) else held.encode()
    assert b"audience" in held and not looks_for([WORD], held)
    assert len(held) < 20_000
    await assistant.forget(token)
    assert token not in assistant.store._held


def test_the_database_has_no_column_for_a_childs_words(fed):
    """What the watched server wrote: numbers, and nothing with a canary in it."""
    server = fed[0]
    with sqlite3.connect(server.folder / "test.db") as database:
        assert not looks_for([WORD], "\n".join(database.iterdump()).encode())
