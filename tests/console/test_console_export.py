"""What editors accepted becomes a clean change on disk: each once, and nothing else is touched."""
from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from bot.content_check import check_all
from bot.evaluation.sets import read_set
from bot.knowledge.library import read_knowledge
from bot.nlu_data import read_questions
from bot.review.export import current_text, export
from bot.review.nlu_files import with_questions, with_regression
from bot.review.questions import KnownQuestions, QuestionError, checked
from bot.review.sign_off import digest_of, is_signed, review_of
from bot.review.topic_files import with_sign_off, with_text
from bot.settings import ROOT
from bot.store import accounts, texts, verdicts
from bot.store.database import session
from bot.store.models import LegalSignOff, Proposal, TextProposal


@pytest.fixture()
def project(tmp_path: Path) -> Path:
    """A copy of the data, for changing."""
    root = tmp_path / "project"
    for name in ("data/nlu", "data/knowledge", "data/stories", "tests/nlu"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "domain.yml", root / "domain.yml")
    return root


def files(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


@pytest.fixture()
def editor(url):
    with session(url) as db:
        db.expire_on_commit = False
        made, _ = accounts.add_volunteer(db, "Noor", "editor")
        db.flush()
    return made


def accept(url, editor, kind, question, topic, audience="kind"):
    with session(url) as db:
        row = verdicts.propose(db, editor, kind, question, topic=topic, audience=audience)
        verdicts.decide(db, editor, row.id, row.version, "accepted")


def test_accepted_questions_are_written_once_and_only_lines_are_added(url, editor, project):
    accept(url, editor, "training", "zzz wij hebben al weken geen eigen plek om te slapen", "wonen_dakloos")
    accept(url, editor, "training", "aaa wij wonen in de auto van oom Kees", "wonen_dakloos", "ouder")
    accept(url, editor, "training", "ik snap niks van wat de gezinsvoogd tegen mij zei gisteren", "jeugdzorg_ots")
    accept(url, editor, "regression", "mag de huisbaas de verwarming uitzetten in de winter", "wonen_slechte_woning", "ouder")
    with session(url) as db:
        verdicts.propose(db, editor, "training", "deze is nog niet aangenomen", topic="wonen_dakloos", audience="kind")
    before = files(project)
    done = export(url, project)
    assert (done.training, done.regression, done.already, done.left) == (3, 1, 0, [])
    after = files(project)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == done.files == {"data/nlu/wonen/wonen_dakloos.yml", "data/nlu/jeugdzorg/jeugdzorg_ots.yml",
                                     "tests/nlu/regression.tsv"}
    for name in changed & set(before):
        old, new = before[name].splitlines(keepends=True), after[name].splitlines(keepends=True)
        rest = iter(new)
        assert all(line in rest for line in old), "every old line is there, in its order, unchanged"
    rows = [q for q in read_questions(project / "data" / "nlu") if q.voice == "vrijwilliger"]
    assert [q.text[:3] for q in rows if q.intent == "wonen_dakloos"] == ["aaa", "zzz"]
    assert not [p for p in check_all(project)[0]]
    cases = read_set(project / "tests/nlu/regression.tsv", {"wonen_slechte_woning"})
    assert (cases[0].audience, cases[0].voice) == ("ouder", "vrijwilliger")
    # A second time there is nothing left to do.
    again = export(url, project)
    assert (again.training, again.regression, again.files) == (0, 0, set())
    assert files(project) == after


def test_a_crash_between_writing_and_noting_writes_nothing_twice(url, editor, project):
    accept(url, editor, "training", "aaa wij wonen in de auto van oom Kees", "wonen_dakloos")
    accept(url, editor, "regression", "mag de huisbaas de verwarming uitzetten in de winter", "wonen_slechte_woning")
    export(url, project)
    after = files(project)
    with session(url) as db:
        db.execute(update(Proposal).values(status="accepted", exported_at=None))
    again = export(url, project)
    assert (again.training, again.regression, again.already) == (0, 0, 2)
    assert files(project) == after
    with session(url) as db:
        assert {p.status for p in db.execute(select(Proposal)).scalars()} == {"exported"}


def test_a_later_export_goes_into_the_same_block_in_order(url, editor, project):
    accept(url, editor, "training", "mmm middelste vraag over geen huis meer hebben", "wonen_dakloos")
    export(url, project)
    accept(url, editor, "training", "bbb vroege vraag over geen huis meer hebben", "wonen_dakloos")
    accept(url, editor, "training", "yyy late vraag over geen huis meer hebben", "wonen_dakloos")
    export(url, project)
    text = (project / "data/nlu/wonen/wonen_dakloos.yml").read_text(encoding="utf-8")
    assert text.count("{voice: vrijwilliger}") == 1
    assert text.index("- bbb") < text.index("- mmm") < text.index("- yyy")


_questions = st.lists(st.text(alphabet="abcdefgh éè:'\"#?!-&*%@|>", min_size=1, max_size=40), max_size=6)


@given(_questions, st.booleans(), st.booleans())
def test_adding_questions_keeps_every_other_line_and_reads_back(texts_, crlf, no_end):
    import yaml

    start = ("version: \"3.1\"\nnlu:\n- intent: a\n  metadata: {voice: kind_8}\n  examples: |\n    - oude vraag een\n"
             "    - Zo een vraag\n- intent: a\n  metadata: {voice: ouder}\n  examples: |\n    - een ander")
    start = start if no_end else start + "\n"
    start = start.replace("\n", "\r\n") if crlf else start
    good = []
    for text in texts_:
        try:
            good.append(checked(text))
        except QuestionError:
            continue
    new, added = with_questions(start, "a", good)
    lines = iter(line.rstrip("\r\n") for line in new.splitlines())
    assert all(line in lines for line in start.splitlines())
    blocks = yaml.safe_load(new)["nlu"]
    found = [line[2:].strip() for b in blocks for line in b["examples"].split("\n") if line.startswith("- ")]
    assert sorted(found) == sorted(["oude vraag een", "Zo een vraag", "een ander", *added])
    assert with_questions(new, "a", good) == (new, [])


def test_the_regression_set_is_sorted_and_keeps_comments_and_order():
    start = "# eigen regels\nb vraag\twonen_schulden\t\tkind\tvrijwilliger\n"
    new, added = with_regression(start, [("c vraag", "asiel_zorg", "kind"), ("a vraag", "wonen_schulden", "ouder"),
                                         ("B vraag!", "wonen_schulden", "kind")])
    assert added == ["c vraag", "a vraag"]
    assert new.splitlines() == ["# eigen regels", "c vraag\tasiel_zorg\t\tkind\tvrijwilliger",
                                "a vraag\twonen_schulden\t\touder\tvrijwilliger", "b vraag\twonen_schulden\t\tkind\tvrijwilliger"]


# -- what may become a question


@pytest.mark.parametrize("text", ["", "  \u200b ", "!?", "zie [huis](plaats)", "a{b}", "/restart", "# kop", "x" * 1001])
def test_what_the_files_cannot_hold_is_refused(text):
    with pytest.raises(QuestionError):
        checked(text)


def test_near_duplicates_are_pointed_out_and_tests_stay_blind(project):
    known = KnownQuestions(project)
    some = next(q for q in read_questions(project / "data" / "nlu") if q.intent == "wonen_dakloos" and len(q.text.split()) > 5)
    near = known.near(some.text.upper() + " ?")
    assert near[0].text == some.text and near[0].score > 95 and near[0].topic == "wonen_dakloos"
    assert "oefenvragen" in known.objection(some.text + "!", "training")
    assert "oefenvraag" in known.objection(some.text + " a", "regression")
    blind = (project / "tests/nlu/topics_1.tsv").read_text(encoding="utf-8").split("\t")[0]
    assert "testvraag" in known.objection(blind, "training")
    assert known.objection("kan mijn cavia een eigen paspoort krijgen van de gemeente", "training") is None


# -- texts


def test_an_accepted_text_replaces_that_text_only(url, editor, project):
    topic = read_knowledge(project / "data/knowledge")[0].topics["wonen_armoede"]
    before = current_text(topic, "kind", "text")
    after = "Weinig geld hebben is niet jouw schuld: echt niet. Praat erover.\n\nEr is hulp voor jou en je ouders."
    with session(url) as db:
        row = texts.propose(db, editor, "wonen_armoede", "kind", "text", before=before, after=after)
        texts.decide(db, editor, row.id, row.version, "accepted")
    old = files(project)
    done = export(url, project)
    assert done.texts == 1 and not done.left
    name = "data/knowledge/topics/wonen/wonen_armoede.yml"
    assert {n for n, data in files(project).items() if data != old[n]} == {name}
    found = read_knowledge(project / "data/knowledge")[0].topics["wonen_armoede"]
    assert current_text(found, "kind", "text") == after
    assert found.copy(update={"kind": topic.kind}) == topic, "all else is as it was"
    assert export(url, project).files == set()


def test_steps_with_signs_that_yaml_reads_differently_come_back_as_they_were(project):
    source = (project / "data/knowledge/topics/wonen/wonen_armoede.yml").read_text(encoding="utf-8")
    steps = ["Bel 112: nu meteen.", "- Vraag hulp #1", "'Nee' zeggen mag", "ja", "112", "Zeg: \"stop\""]
    import yaml

    new = with_text(source, "ouder", "steps", "\n".join(steps))
    data = yaml.safe_load(new)
    assert data["ouder"]["steps"] == steps
    data["ouder"]["steps"] = yaml.safe_load(source)["ouder"]["steps"]
    assert data == yaml.safe_load(source)


def test_every_text_of_every_answer_can_be_written_back_unchanged(knowledge):
    for topic in knowledge.topics.values():
        source = (ROOT / f"data/knowledge/topics/{topic.theme}/{topic.topic}.yml").read_text(encoding="utf-8")
        import yaml

        from bot.knowledge.model import Topic

        for audience in ("kind", "ouder"):
            for field in ("text", "simple", "more", "steps"):
                new = with_text(source, audience, field, current_text(topic, audience, field))
                assert Topic.parse_obj(yaml.safe_load(new)) == topic


def test_a_text_that_was_changed_by_somebody_else_is_left_and_named(url, editor, project):
    with session(url) as db:
        row = texts.propose(db, editor, "wonen_armoede", "kind", "simple", before="Iets ouds.", after="Iets nieuws.")
        texts.decide(db, editor, row.id, row.version, "accepted")
    old = files(project)
    done = export(url, project)
    assert done.texts == 0 and "was changed since" in done.left[0]
    assert files(project) == old
    with session(url) as db:
        assert db.execute(select(TextProposal)).scalar_one().status == "accepted", "it is not lost"


# -- sign-off


def test_a_sign_off_counts_until_the_answer_changes(url, editor, project):
    topic = read_knowledge(project / "data/knowledge")[0].topics["wonen_armoede"]
    assert review_of(topic).state == "pending" and not is_signed(topic)
    with session(url) as db:
        texts.sign_off(db, editor, "wonen_armoede", "mr. De Vries", signed_on=date(2026, 11, 20), digest=digest_of(topic))
    with session(url) as db:
        rows = texts.sign_offs(db)["wonen_armoede"]
        assert review_of(topic, rows).state == "signed" and review_of(topic, rows).name == "mr. De Vries"
        other = topic.copy(update={"kind": topic.kind.copy(update={"simple": "Iets anders."})})
        assert review_of(other, rows).state == "void"
        moved = topic.copy(update={"contacts": topic.contacts.copy(update={"kind": ["politie"]})})
        assert review_of(moved, rows).state == "void"
    done = export(url, project)
    assert done.sign_offs == 1
    signed = read_knowledge(project / "data/knowledge")[0].topics["wonen_armoede"]
    assert is_signed(signed) and signed.legal_review.date == "2026-11-20"
    path = project / "data/knowledge/topics/wonen/wonen_armoede.yml"
    path.write_text(with_text(path.read_text(encoding="utf-8"), "kind", "simple", "Weinig geld is niet jouw schuld."),
                    encoding="utf-8")
    assert not is_signed(read_knowledge(project / "data/knowledge")[0].topics["wonen_armoede"])


def test_a_sign_off_of_other_texts_is_not_written(url, editor, project):
    with session(url) as db:
        texts.sign_off(db, editor, "wonen_armoede", "mr. De Vries", signed_on=date(2026, 11, 20), digest="0" * 64)
    done = export(url, project)
    assert done.sign_offs == 0 and "not the one that was signed" in done.left[0]
    with session(url) as db:
        assert db.execute(select(LegalSignOff)).scalar_one().exported_at is None


def test_a_sign_off_can_be_replaced():
    text = "topic: a\nlegal_review: pending\n"
    once = with_sign_off(text, "mr. A", "2026-01-02", "d1")
    twice = with_sign_off(once, "mr. B: \"C\"", "2026-02-03", "d2")
    import yaml

    assert yaml.safe_load(twice) == {"topic": "a", "legal_review": {"name": 'mr. B: "C"', "date": "2026-02-03", "digest": "d2"}}
