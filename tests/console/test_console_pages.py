"""The console over HTTP: roles, other sites, uploads, contacts, counts. On SQLite and PostgreSQL."""
from __future__ import annotations

import html
import io
import os
import re
import subprocess
import sys
from datetime import timedelta
from urllib.parse import urljoin

import httpx
import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from bot.knowledge.library import knowledge, use_knowledge
from bot.knowledge.messages import Messages
from bot.knowledge.opening_hours import now_in_amsterdam
from bot.review.mentions import mentions, short_name
from bot.review.runner import run_set
from bot.review.set_files import read_upload
from bot.store import accounts, contacts, verdicts
from bot.store.database import session
from bot.store.models import AuditEntry, DailyCount, TestRun, Verdict
from bot.web.console.sets import topic_names
from tests.console.conftest import fresh_content
from tests.console.pictures import add_people, add_work
from tests.console.stand_in import StandIn

V = "/vrijwilligers"


def seal(page: str) -> str:
    return re.search(r'name="seen" value="([^"]+)"', page).group(1)


async def try_it(client: httpx.AsyncClient, question: str, **more: str) -> httpx.Response:
    return await client.post(f"{V}/proberen", data={"question": question, "audience": "kind", **more})


async def test_signing_in_out_and_the_cookie(application, someone, url):
    client = await someone("Noor")
    page = await client.get(V)
    assert page.status_code == 200 and "Dag Noor" in page.text and page.headers["cache-control"] == "no-store"
    answer = await client.post(f"{V}/inloggen", data={"name": "Noor", "passphrase": "vier gewone woorden hier"})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "path=/vrijwilligers" in cookie
    await client.post(f"{V}/uitloggen")
    answer = await client.get(V)
    assert answer.status_code == 303 and answer.headers["location"].endswith("/inloggen")
    client.cookies.set("krw_vrijwilliger", "over-de-datum", path=V)
    answer = await client.get(V)
    assert answer.headers["location"].endswith("/inloggen?verlopen=1")
    assert "Je was een tijd weg" in (await client.get(answer.headers["location"])).text


async def test_a_wrong_passphrase_says_nothing_about_names_and_is_braked(application, someone, url):
    await someone("Noor")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://test") as client:
        said = set()
        for name in ("Noor", "Bestaatniet"):
            answer = await client.post(f"{V}/inloggen", data={"name": name, "passphrase": "verkeerd verkeerd"})
            assert answer.status_code == 401
            said.add(re.search(r'class="error"[^>]*>([^<]+)', answer.text).group(1))
        assert len(said) == 1
        for _ in range(accounts.MAX_FAILURES["name"]):
            answer = await client.post(f"{V}/inloggen", data={"name": "Noor", "passphrase": "verkeerd verkeerd"})
        assert answer.status_code == 429 and answer.headers["retry-after"] == "900"
        right = await client.post(f"{V}/inloggen", data={"name": "Noor", "passphrase": "vier gewone woorden hier"})
        assert right.status_code == 429, "the brake also holds when the guess is right"


def command(url: str, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "bot.cli", *words], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "KRW_DATABASE_URL": url})


async def test_an_account_is_made_on_the_command_line(application, url):
    made = command(url, "volunteer", "add", "Noor Jansen", "--role", "editor")
    assert made.returncode == 0, made.stderr
    link = re.search(r"http\S+/vrijwilligers/wachtzin/\S+", made.stdout).group()
    with session(url) as db:
        assert accounts.by_name(db, "noor jansen").role == "editor"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://test") as client:
        assert "Welkom, Noor Jansen" in (await client.get(link[link.index(V):])).text
    wrong = command(url, "volunteer", "add", "Noor", "--role", "baas")
    assert wrong.returncode == 1 and "tester, editor, admin" in wrong.stderr
    exported = command(url, "review", "export")
    assert exported.returncode == 0 and "0 training questions" in exported.stdout


async def test_the_one_time_link(application, url):
    with session(url) as db:
        _, token = accounts.add_volunteer(db, "Noor", "tester")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://test") as client:
        for _ in range(2):
            assert "Welkom, Noor" in (await client.get(f"{V}/wachtzin/{token}")).text
        answer = await client.post(f"{V}/wachtzin/{token}", data={"passphrase": "kort", "again": "kort"})
        assert answer.status_code == 422 and "12 tekens" in answer.text
        good = {"passphrase": "vier gewone woorden", "again": "vier gewone woorden"}
        assert (await client.post(f"{V}/wachtzin/{token}", data=good)).status_code == 303
        assert (await client.get(f"{V}/wachtzin/{token}")).status_code == 404
        assert "al gebruikt" in (await client.post(f"{V}/wachtzin/{token}", data=good)).text


GETS = ("", "/proberen", "/voorstellen", "/onderwerpen", "/onderwerpen/wonen_armoede", "/testsets", "/teksten",
        "/teksten/wonen_armoede", "/contacten", "/buiten", "/buiten.csv", "/logboek", "/testsets/voorbeeld.csv")
EDITOR_GETS = ("/teksten/wonen_armoede/kind/text",)
ADMIN_GETS = ("/accounts",)
POSTS = {"tester": ("/proberen", "/oordeel", "/oordeel/1/terug", "/onderwerpen/wonen_armoede", "/testsets",
                    "/testsets/1/meet", "/metingen/1/verder", "/contacten/politie", "/uitloggen"),
         "editor": ("/oordeel/1/klaar", "/voorstellen/1", "/testsets/1/weg", "/teksten/wonen_armoede/kind/text",
                    "/leesniveau", "/tekstvoorstellen/1", "/teksten/wonen_armoede/akkoord"),
         "admin": ("/accounts/1/uit",)}


def test_every_address_of_the_console_is_in_these_lists(application):
    """A new address must say here who may use it."""
    listed = set()
    known = [*GETS, *EDITOR_GETS, *ADMIN_GETS, *(p for some in POSTS.values() for p in some), "/inloggen", "/wachtzin/x",
             "/bestaat-niet", "/testsets/1", "/metingen/1", "/metingen/1/stand", "/metingen/1/bestand.csv", "/vergelijk"]
    for route in application.routes:
        if getattr(route, "path", "").startswith(V):
            assert any(route.path_regex.match(V + path) for path in known), route.path
            listed.add(route.path)
    assert len(listed) > 30


async def test_roles_are_enforced_on_the_server(application, someone):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://test") as nobody:
        for path in (*GETS, *EDITOR_GETS, *ADMIN_GETS):
            assert (await nobody.get(V + path)).status_code == 303, path
        for path in (p for some in POSTS.values() for p in some):
            assert (await nobody.post(V + path)).status_code == 303, path
    tester, editor = await someone("Sam"), await someone("Ali", "editor")
    for path in GETS:
        assert (await tester.get(V + path)).status_code == 200, path
    for path in (*EDITOR_GETS, *ADMIN_GETS):
        assert (await tester.get(V + path)).status_code == 403, path
    for path in (*POSTS["editor"], *POSTS["admin"]):
        assert (await tester.post(V + path, data={"version": "1"})).status_code == 403, path
    for path in POSTS["admin"]:
        assert (await editor.post(V + path)).status_code == 403, path
    assert (await editor.get(V + "/accounts")).status_code == 403
    for path in ("/bestaat-niet", "/oordeel", "/contacten/politie", "/testsets/1/meet"):
        answer = await tester.get(V + path)
        assert answer.status_code == 404 and "Deze bladzijde is er niet" in answer.text, path


@pytest.mark.parametrize(("headers", "fine"), [
    ({}, True), ({"sec-fetch-site": "same-origin"}, True), ({"sec-fetch-site": "cross-site"}, False),
    ({"sec-fetch-site": "same-site"}, False), ({"origin": "http://test"}, True), ({"origin": "https://evil.example"}, False),
    ({"origin": "null"}, False), ({"origin": "https://evil.example", "sec-fetch-site": "same-origin"}, True)])
async def test_requests_of_other_sites_are_refused(application, someone, url, headers, fine):
    client = await someone("Noor")
    answer = await client.post(f"{V}/contacten/politie", data={"action": "checked", "version": "0"}, headers=headers)
    assert answer.status_code == (303 if fine else 403)
    with session(url) as db:
        assert ("politie" in contacts.states(db)) is fine


async def test_trying_shows_answer_and_thoughts_and_keeps_nothing(application, someone, url):
    client = await someone("Noor")
    answer = await try_it(client, "mijn vader <b>slaat</b> mij")
    page = answer.text
    assert answer.status_code == 200 and "<b>slaat" not in page and "&lt;b&gt;slaat" in page
    for shown in ("Slaan of pijn doen thuis", "81,0%", "wie: vader", "IVRK 19", "Veilig Thuis", "Geen regel",
                  "geweld_thuis.yml", "<dd>model-a</dd>"):
        assert shown in page, shown
    assert page.count('scope="row"') == 5
    danger = (await try_it(client, "ik wil dood")).text
    assert "<mark>dood</mark>" in danger and "Regel “zeker”" in danger
    with session(url) as db:
        assert db.execute(select(func.count()).select_from(Verdict)).scalar_one() == 0
        assert not [e for e in db.execute(select(AuditEntry)).scalars() if "slaat" in e.detail]
    for text, said in (("", "Typ eerst"), ("x" * 1001, "te lang")):
        wrong = await try_it(client, text)
        assert wrong.status_code == 422 and said in wrong.text


async def test_judging(application, someone, url):
    client, other = await someone("Noor"), await someone("Ali", "editor")
    seen = seal((await try_it(client, "mijn opa zorgt voor mij op school")).text)

    async def judge(who=client, **data):
        return await who.post(f"{V}/oordeel", data={"seen": seen, **data})

    assert (await judge(verdict="right")).status_code == 303
    assert (await judge(verdict="wrong_topic", right_topic="jeugdzorg_pleegzorg")).status_code == 303
    assert (await judge(verdict="bad_text", note="te lang")).status_code == 303
    assert (await judge(verdict="unsafe")).status_code == 303
    for bad in ({"verdict": "wrong_topic"}, {"verdict": "wrong_topic", "right_topic": "bestaat_niet"},
                {"verdict": "wrong_topic", "right_topic": "algemeen_onderwijs"}, {"verdict": "bad_text"},
                {"verdict": "mooi"}, {}):
        assert (await judge(**bad)).status_code == 422, bad
    assert (await judge(who=other, verdict="right")).status_code == 422, "a seal is for whom it was made"
    assert (await client.post(f"{V}/oordeel", data={"seen": seen[:-2] + "xx", "verdict": "right"})).status_code == 422
    with session(url) as db:
        assert [v.verdict for v in db.execute(select(Verdict).order_by(Verdict.id)).scalars()] == list(verdicts.VERDICTS)
    home = (await other.get(V)).text
    assert home.index("Onveilig") < home.index("slechte tekst"), "what is unsafe comes first"
    assert (await other.post(f"{V}/oordeel/4/klaar")).status_code == 303
    assert "Onveilig</strong>" not in (await other.get(V)).text


async def test_an_editor_goes_through_proposals(application, someone, url):
    tester, editor = await someone("Sam"), await someone("Ali", "editor")
    for question in ("mijn opa is boos over het huis van papa", "wat doe ik met mijn cavia als ik naar school ga"):
        seen = seal((await try_it(tester, question)).text)
        await tester.post(f"{V}/oordeel", data={"seen": seen, "verdict": "wrong_topic", "right_topic": "wonen_schulden"})
    page = (await editor.get(f"{V}/voorstellen")).text
    assert page.count("Neem aan") == 2 and "Neem aan" not in (await tester.get(f"{V}/voorstellen")).text
    version = re.search(r'name="version" value="(\d+)"', page).group(1)
    known = (await editor.post(f"{V}/voorstellen/1", data={
        "version": version, "decision": "accepted", "question": "voedselbank hoe werkt dat", "topic": "wonen_armoede"}))
    assert known.status_code == 422 and "staat al bij de oefenvragen" in known.text
    done = await editor.post(f"{V}/voorstellen/1", data={"version": version, "decision": "accepted", "kind": "training",
                                                         "question": "Opa is boos om het geld", "topic": "wonen_armoede"})
    assert done.status_code == 303
    assert "Aangenomen. Nog 1 te gaan." in (await editor.get(done.headers["location"])).text
    late = await editor.post(f"{V}/voorstellen/1", data={"version": version, "decision": "refused"})
    assert late.status_code == 409 and "Iemand anders" in late.text
    with session(url) as db:
        row = verdicts.proposals(db, "accepted")[0]
        assert (row.question, row.topic, row.decided_by) == ("Opa is boos om het geld", "wonen_armoede", "Ali")
    await editor.post(f"{V}/voorstellen/2", data={"version": "1", "decision": "refused"})
    assert "Zet terug" in (await editor.get(f"{V}/voorstellen?status=refused")).text


async def test_a_volunteer_adds_an_example_to_a_topic(application, someone, url):
    client = await someone("Sam")
    page = (await client.get(f"{V}/onderwerpen/wonen_armoede")).text
    assert "voedselbank hoe werkt dat" in page
    good = await client.post(f"{V}/onderwerpen/wonen_armoede", data={"question": "de cavia heeft ook honger want geld is op"})
    assert good.status_code == 303
    same = await client.post(f"{V}/onderwerpen/wonen_armoede", data={"question": "Voedselbank, hoe werkt dat?"})
    assert same.status_code == 422 and "staat al" in same.text


@pytest.mark.parametrize(("contact", "name"), [
    ("kindertelefoon", "Kindertelefoon"), ("preventie_113", "113"), ("alarmnummer", "112"), ("huurcommissie", "Huurcommissie"),
    ("los", "LOS"), ("csg", "Centrum Seksueel Geweld")])
def test_texts_that_name_a_contact_are_found_by_the_name_people_use(content, contact, name):
    assert short_name(knowledge().contacts[contact]) == name
    for topic, audience, field in mentions(knowledge(), knowledge().contacts[contact]):
        texts = knowledge().topics[topic].texts(audience)
        assert name.lower() in ("\n".join(texts.steps) if field == "steps" else getattr(texts, field)).lower()


async def test_no_link_of_the_console_is_dead(application, someone, url):
    """Follows every link that an admin sees, from the first page on, with work of every kind in the database."""
    add_people(url)
    add_work(url)
    admin = await someone("Bo", "admin")
    for question, verdict in (("iets heel anders", "unsafe"), ("over school", "unsafe"), ("wij hebben geen geld", "right")):
        seen = seal((await try_it(admin, question)).text)
        await admin.post(f"{V}/oordeel", data={"seen": seen, "verdict": verdict})
    await admin.post(f"{V}/contacten/kindertelefoon", data={"action": "off", "version": "0"})
    waiting, visited = [V], {}
    while waiting:
        path = waiting.pop()
        kind = re.sub(r"/(teksten|onderwerpen)/\w+", r"/\1/x", path)
        if path in visited or kind in visited.values():  # one answer is as good as all
            continue
        visited[path] = kind
        answer = await admin.get(path)
        assert answer.status_code == 200, path
        if "attachment" not in answer.headers.get("content-disposition", ""):
            found = {html.unescape(link).split("#")[0] for link in re.findall(r'href="([^"]+)"', answer.text)}
            waiting += [urljoin(path, link) for link in sorted(found) if link.startswith((V, "?"))]
    assert len(visited) > 30, sorted(visited)


# -- test sets


@pytest.mark.parametrize(("data", "cases"), [
    ("vraag;onderwerp\r\n\"Mag mijn vader slaan; of niet?\";geweld_thuis\r\n".encode("cp1252"), 1),
    ("vraag\tonderwerp\tvoor\nén dit\twonen_armoede\touder\n".encode("utf-8-sig"), 1),
    (b"question,topic\n\"Wij hebben geen huis, wat nu\",Geen huis hebben\n", None),
    ("sep=;\r\nvraag;onderwerp\r\nhoi daar;wonen armoede\r\n".encode("utf-16"), 1),
    ("caf\xe9 vraag;geweld_thuis\r".encode("cp1252"), 1),
    (b"onderwerp;vraag\nwonen_armoede;omgekeerde kolommen\n", 1),
    ("vraag;onderwerp\r\n\"caf\xe9, wat nu?\";wonen_armoede\r\n".encode("utf-8-sig"), 1),
])
def test_all_kinds_of_files_are_read(content, data, cases):
    found = read_upload(data, topic_names())
    if cases is None:  # the title is taken from the content itself
        title = knowledge().topics["wonen_dakloos"].title.kind
        found = read_upload(data.replace(b"Geen huis hebben", title.encode()), topic_names())
        cases = 1
    assert not found.mistakes and len(found.cases) == cases


def test_all_mistakes_are_named_with_their_rows(content):
    data = ("vraag;onderwerp;voor\n;geweld_thuis;\nvraag een;bestaat_niet;\nvraag twee;;\nalleen een kolom\n"
            "vraag drie;wonen_armoede;oma\n" + "x" * 1001 + ";wonen_armoede;\ngoed;wonen_armoede;kind\nGoed;wonen_armoede;\n")
    found = read_upload(data.encode(), topic_names())
    assert [m.row for m in found.mistakes] == [2, 3, 4, 5, 6, 7] and [c[0] for c in found.cases] == [8, 9]
    assert [n.row for n in found.notes] == [9]
    for bad in (b"", b"\n\n", b"PK\x03\x04xlsx", b"\x00\x01\x02", b"vraag;onderwerp\n"):
        assert read_upload(bad, topic_names()).mistakes, bad
    many = read_upload(b"v;t\n" + b"".join(b"vraag %d;wonen_armoede\n" % n for n in range(5001)), topic_names())
    assert any("5000" in m.what for m in many.mistakes)


async def test_upload_measure_compare_download(application, someone, url, tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    for name in ("model-a.tar.gz", "model-b.tar.gz"):
        (folder / name).write_bytes(b"")
    models = {"model-a.tar.gz": StandIn(),
              "model-b.tar.gz": StandIn({"school": "algemeen_onderwijs", "=opa": "jeugdzorg_pleegzorg"})}
    application.state.launch_run = lambda chosen, run_id: run_set(chosen.database_url, run_id, models.get)
    client = await someone("Sam")
    text = "vraag;onderwerp\n=opa vraagt iets;wonen_armoede\nnaar school;algemeen_onderwijs\ngeen huis;wonen_dakloos\n"
    wrong = await client.post(f"{V}/testsets", files={"file": ("a.csv", (text + "x;y\n").encode())})
    assert wrong.status_code == 422 and "Rij 5: Het onderwerp" in wrong.text
    answer = await client.post(f"{V}/testsets", files={"file": ("mijn set.csv", text.encode())})
    assert answer.status_code == 303
    place = answer.headers["location"].split("?")[0]
    assert "mijn set" in (await client.get(place)).text
    for model in models:
        assert (await client.post(f"{place}/meet", data={"model": model})).status_code == 303
    assert (await client.post(f"{place}/meet", data={"model": "../x"})).status_code == 422
    first, second = (await client.get(f"{V}/metingen/1")).text, (await client.get(f"{V}/metingen/2")).text
    assert "66,7%" in first and "=opa vraagt iets" in first and "in gebruik" in first
    assert "33,3%" in second and "-33,3 procentpunt" in second
    assert (await client.get(f"{V}/metingen/2/stand")).json() == {"status": "done", "done": 3, "total": 3}
    together = (await client.get(f"{V}/vergelijk?a=1&b=2")).text
    assert "Slechter geworden (1)" in together and "Beter geworden (0)" in together and "geen huis" in together
    assert "Onderwerpen die veranderden (1)" in together and "(in gebruik)" in together
    assert "33,3% goed" in (await client.get(f"{V}/testsets")).text, "the newest run's result is in the list"
    assert (await client.get(f"{V}/vergelijk?a=1&b=1")).status_code == 422
    book = load_workbook(io.BytesIO((await client.get(f"{V}/metingen/1/bestand.xlsx")).content))
    cell = book["Vragen"]["B2"]
    assert cell.value == "=opa vraagt iets" and cell.data_type == "s", "a question is no formula"
    comma = (await client.get(f"{V}/metingen/1/bestand.csv")).content
    assert comma.startswith(b"\xef\xbb\xbf")
    assert "2;'=opa vraagt iets;wonen_armoede;jeugdzorg_pleegzorg;nee;0,81;" in comma.decode("utf-8-sig")
    html = await client.get(f"{V}/metingen/1/bestand.html")
    assert "66,7%" in html.text and "attachment" in html.headers["content-disposition"]
    assert (await client.get(f"{V}/metingen/1/bestand.exe")).status_code == 404
    topics = (await client.get(f"{V}/onderwerpen?meting=1")).text
    assert "Zet er voorbeelden bij" in topics and "100%" in topics
    assert (await client.post(f"{place}/weg", data={"sure": "ja"})).status_code == 403


async def test_big_uploads_are_for_signed_in_volunteers_only(application, someone):
    rows = "vraag;onderwerp\n" + "".join(f"vraag nummer {n} over school en nog wat;algemeen_onderwijs\n" for n in range(2000))
    assert len(rows) > 100_000
    client = await someone("Sam")
    assert (await client.post(f"{V}/testsets", files={"file": ("groot.csv", rows.encode())})).status_code == 303
    too_big = await client.post(f"{V}/testsets", files={"file": ("groot.csv", b"x" * 5_000_001)})
    assert too_big.status_code == 413
    assert (await client.post(f"{V}/proberen", data={"question": "x" * 30_000})).status_code == 413
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://test") as nobody:
        assert (await nobody.post(f"{V}/testsets", files={"file": ("groot.csv", rows.encode())})).status_code == 413


async def test_an_interrupted_run_can_be_resumed_from_the_page(application, someone, url):
    started = []
    application.state.launch_run = lambda chosen, run_id: started.append(run_id)
    client = await someone("Sam")
    await client.post(f"{V}/testsets", files={"file": ("a.csv", b"vraag;onderwerp\nnaar school;algemeen_onderwijs\n")})
    await client.post(f"{V}/testsets/1/meet", data={"model": "model-a.tar.gz"})
    assert 'data-run="' in (await client.get(f"{V}/metingen/1")).text
    with session(url) as db:
        db.get(TestRun, 1).status = "interrupted"
    assert "Ga verder" in (await client.get(f"{V}/metingen/1")).text
    await client.post(f"{V}/metingen/1/verder")
    await client.post(f"{V}/metingen/1/verder")
    assert started == [1, 1], "started, resumed once; a second press starts nothing"


# -- texts


async def test_a_better_text_is_proposed_with_its_reading_level(application, someone, url):
    editor = await someone("Ali", "editor")
    level = (await editor.post(f"{V}/leesniveau", data={"text": "Bel ons. Wij zijn er.", "audience": "kind"})).json()
    assert level["score"] > 90 and level["wrong"] == []
    hard = (await editor.post(f"{V}/leesniveau", data={"text": "Verantwoordelijkheidsverdeling impliceert. Bel 0800-1234567.",
                                                       "audience": "kind"})).json()
    assert len(hard["wrong"]) == 2
    place = f"{V}/teksten/wonen_armoede/kind/simple"
    before = knowledge().topics["wonen_armoede"].kind.simple
    bad = await editor.post(place, data={"text": "Verantwoordelijkheidsverdeling impliceert.", "before": before})
    assert bad.status_code == 422 and "Te moeilijk" in bad.text and "Verantwoordelijkheidsverdeling" in bad.text
    assert (await editor.post(place, data={"text": before, "before": before})).status_code == 422
    assert "intussen veranderd" in (await editor.post(place, data={"text": "Er is hulp.", "before": "iets ouds"})).text
    assert (await editor.post(place, data={"text": "Er is hulp.", "before": before})).status_code == 303
    page = (await editor.get(f"{V}/teksten/wonen_armoede")).text
    assert "Er is hulp." in page and "Neem aan" in page
    assert (await editor.post(f"{V}/tekstvoorstellen/1", data={"version": "1", "decision": "accepted"})).status_code == 303
    assert (await editor.post(f"{V}/tekstvoorstellen/1", data={"version": "1", "decision": "refused"})).status_code == 409


async def test_a_lawyers_sign_off_is_shown_and_lost_when_the_answer_changes(application, someone):
    editor = await someone("Ali", "editor")
    page = (await editor.get(f"{V}/teksten/wonen_armoede")).text
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', page).group(1)
    data = {"lawyer": "mr. De Vries", "signed_on": "2026-11-20", "digest": digest}
    future = (now_in_amsterdam().date() + timedelta(days=1)).isoformat()
    for bad in ({"lawyer": " "}, {"signed_on": future}, {"signed_on": "gisteren"}, {"digest": "0" * 64}):
        assert (await editor.post(f"{V}/teksten/wonen_armoede/akkoord", data={**data, **bad})).status_code == 422, bad
    assert (await editor.post(f"{V}/teksten/wonen_armoede/akkoord", data=data)).status_code == 303
    assert "mr. De Vries, 20-11-2026" in (await editor.get(f"{V}/teksten")).text
    content = fresh_content()
    topic = content.topics["wonen_armoede"]
    content.topics["wonen_armoede"] = topic.copy(update={"ouder": topic.ouder.copy(update={"more": "Iets anders."})})
    use_knowledge(content)
    assert "vervallen" in (await editor.get(f"{V}/teksten")).text
    assert "telt niet meer" in (await editor.get(f"{V}/teksten/wonen_armoede")).text


# -- contacts


def shown(topic: str, audience: str = "kind") -> list[str]:
    return [c["id"] for c in Messages(knowledge(), audience).answer(topic)["contacts"]]


async def test_a_wrong_number_disappears_at_once_and_from_other_processes_too(application, someone, url):
    tester, editor = await someone("Sam"), await someone("Ali", "editor")
    topic = next(t.topic for t in knowledge().topics.values() if "kindertelefoon" in t.contacts.kind)
    assert "kindertelefoon" in shown(topic)
    off = {"action": "off", "version": "0", "note": "nummer is veranderd"}
    assert (await tester.post(f"{V}/contacten/kindertelefoon", data=off)).status_code == 303
    now = shown(topic)
    assert "kindertelefoon" not in now and now, "the next best one stands in"
    assert set(fresh_content().contacts["kindertelefoon"].fallback) & set(now)
    # Another process has its own content and reads the database.
    use_knowledge(fresh_content())
    assert "kindertelefoon" in shown(topic)
    assert contacts.apply(url) and "kindertelefoon" not in shown(topic)
    # Every way in: the page without JavaScript, its answers, and the help card inside the widget.
    number = knowledge().contacts["kindertelefoon"].phone
    widget = await tester.get("/widget.js")
    assert number not in widget.text and "max-age=60" in widget.headers["cache-control"]
    for page in ("/vraag", f"/onderwerp/{topic}"):
        assert number not in (await tester.get(page)).text, page
    page = (await tester.get(f"{V}/contacten")).text
    assert "nummer is veranderd" in page and "door Sam op" in page and "Klopt weer" not in page
    # The texts that still name it are pointed out: a text is a reviewed one and is not changed by a program.
    named = [(t, a, f) for t, a, f in mentions(knowledge(), knowledge().contacts["kindertelefoon"]) if (a, f) == ("kind", "steps")]
    assert named and f"/teksten/{named[0][0]}?voor=kind" in page
    assert (await tester.post(f"{V}/contacten/kindertelefoon", data={"action": "on", "version": "1"})).status_code == 403
    assert (await editor.post(f"{V}/contacten/kindertelefoon", data={"action": "on", "version": "1"})).status_code == 303
    assert "kindertelefoon" in shown(topic)
    assert (await editor.post(f"{V}/contacten/alarmnummer", data=off)).status_code == 422


async def test_with_every_contact_off_each_answer_still_names_somebody(application, someone, url):
    with session(url) as db:
        who = accounts.add_volunteer(db, "Noor", "editor")[0]
        db.flush()
        for contact_id in knowledge().contacts:
            if contact_id != contacts.ALWAYS_ON:
                contacts.change(db, who, contact_id, 0, action="off")
    assert contacts.apply(url)
    for topic in knowledge().topics:
        for audience in ("kind", "ouder"):
            assert shown(topic, audience) == ["alarmnummer"]


async def test_reminders_after_ninety_days_and_checked_today(application, someone, url):
    today = now_in_amsterdam().date()
    assert not contacts.overdue(today - timedelta(days=90)) and contacts.overdue(today - timedelta(days=91))
    content = fresh_content()
    old = (today - timedelta(days=200)).isoformat()
    content.contacts["politie"] = content.contacts["politie"].copy(update={"checked": old})
    use_knowledge(content)
    client = await someone("Sam")
    assert "lang geleden" in (await client.get(f"{V}/contacten")).text
    assert (await client.post(f"{V}/contacten/politie", data={"action": "checked", "version": "0"})).status_code == 303
    page = (await client.get(f"{V}/contacten")).text
    assert "lang geleden" not in page and "door Sam" in page
    late = await client.post(f"{V}/contacten/politie", data={"action": "checked", "version": "0"})
    assert late.status_code == 409


def test_a_database_that_is_down_leaves_the_contacts_as_they_are(content):
    use_knowledge(knowledge().without_contacts({"politie"}))
    assert not contacts.apply("postgresql://127.0.0.1:1/nergens")
    assert knowledge().switched_off == {"politie"}


# -- what happens outside


async def test_no_count_under_five_is_shown_anywhere(application, someone, url):
    today = now_in_amsterdam().date()
    with session(url) as db:
        for theme, cells in {"wonen": {"answered": 41, "crisis": 3}, "asiel": {"answered": 4, "crisis": 3},
                             "straf": {"answered": 2}, "geweld": {"answered": 23, "crisis": 17, "helpful": 4}}.items():
            for what, count in cells.items():
                db.add(DailyCount(day=today, theme=theme, what=what, count=count))
    client = await someone("Sam")
    rows = (await client.get(f"{V}/buiten.csv")).content.decode("utf-8-sig").splitlines()[1:]
    by_theme = {row.split(";")[1]: row.split(";")[2:] for row in rows}
    titles = {name: knowledge().themes[name].title.kind for name in ("wonen", "asiel", "straf", "geweld")}
    few = "minder dan 5"
    assert by_theme[titles["wonen"]] == ["41", "41", few, few, few, few, few], "a total minus its cells tells nothing"
    assert by_theme[titles["asiel"]] == ["7", few, few, few, few, few, few]
    assert by_theme[titles["straf"]] == [few] * 7
    assert by_theme[titles["geweld"]] == ["40", "23", few, few, "17", few, few]
    page = (await client.get(f"{V}/buiten")).text
    numbers = [int(n) for n in re.findall(r'<td(?: class="num")?>(\d+)</td>', page)]
    assert numbers and min(numbers) >= 5


# -- the rest


async def test_everything_is_in_the_audit_list_and_a_tester_sees_only_their_own(application, someone, url):
    tester, admin = await someone("Sam"), await someone("Noor", "admin")
    seen = seal((await try_it(tester, "naar school")).text)
    await tester.post(f"{V}/oordeel", data={"seen": seen, "verdict": "right"})
    await admin.post(f"{V}/contacten/politie", data={"action": "checked", "version": "0"})
    own, every = (await tester.get(f"{V}/logboek")).text, (await admin.get(f"{V}/logboek")).text
    assert "antwoord beoordeeld" in own and "contact nagekeken" not in own
    title = knowledge().topics["algemeen_onderwijs"].title.kind
    assert f"Goed: {title}" in own and "Politie" in every, "in words, not in keys"
    assert "antwoord beoordeeld" in every and "contact nagekeken" in every and "account gemaakt" in every
    with session(url) as db:
        sam = accounts.by_name(db, "Sam").id
    assert (await admin.post(f"{V}/accounts/{sam}/uit")).status_code == 303
    assert (await tester.get(V)).status_code == 303


async def test_a_database_without_tables_is_one_clear_sentence(content, tmp_path):
    from bot.settings import Settings
    from bot.web.app import create_app

    app = create_app(Settings(database_url=f"sqlite:///{tmp_path / 'leeg.db'}"), load=StandIn)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://test") as http:
        answer = await http.post(f"{V}/inloggen", data={"name": "Noor", "passphrase": "geheime woorden hier"})
        assert answer.status_code == 503 and "db upgrade" in answer.text and "geheime" not in answer.text
