"""The project's own content is whole, and a broken file is reported with all that is wrong, with file and line."""
from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from rapidfuzz import fuzz, process

from bot.content_check import check_all
from bot.evaluation.sets import blind_sets
from bot.knowledge.library import KNOWLEDGE_DIR, read_knowledge
from bot.nlu_data import read_questions, same
from bot.settings import ROOT


def test_all_content_is_in_order():
    problems, _ = check_all()
    assert not problems, "\n" + "\n".join(map(str, problems))


def test_there_are_71_topics_in_7_themes(knowledge):
    assert len(knowledge.topics) == 71
    assert {t.theme for t in knowledge.topics.values()} == set(knowledge.themes)


def test_no_lawyer_has_signed_yet(knowledge):
    # Whoever signs an answer changes this test with it.
    assert {t.legal_review for t in knowledge.topics.values()} == {"pending"}


@pytest.fixture()
def copy(tmp_path: Path) -> Path:
    shutil.copytree(KNOWLEDGE_DIR, tmp_path / "data" / "knowledge")
    for name in ("domain.yml",):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("data/stories", "data/nlu"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def _edit(file: Path, old: str, new: str) -> int:
    """Replaces `old` once; returns the line it stood on."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_a_broken_file_is_reported_with_file_line_and_all_problems_at_once(copy: Path):
    topic = copy / "data/knowledge/topics/geweld/geweld_thuis.yml"
    line_article = _edit(topic, "ref: IVRK 19", "ref: IVRK 99")
    line_urgency = _edit(topic, "urgency: concern", "urgency: soon")
    other = copy / "data/knowledge/topics/wonen/wonen_dakloos.yml"
    other.write_text(other.read_text(encoding="utf-8").replace("theme: wonen", "theme: huis", 1), encoding="utf-8")
    broken = copy / "data/knowledge/topics/straf/straf_politie.yml"
    broken.write_text("topic: straf_politie\n  theme: [", encoding="utf-8")
    said = [str(p) for p in check_all(copy)[0]]
    assert any(s.startswith(f"data/knowledge/topics/geweld/geweld_thuis.yml:{line_urgency}:") and "urgency" in s for s in said)
    assert any("wonen_dakloos.yml:2:" in s and "theme" in s for s in said)
    assert any("straf_politie.yml:" in s and "YAML" in s for s in said)
    _edit(topic, "urgency: soon", "urgency: concern")
    said = [str(p) for p in check_all(copy)[0]]
    assert any(f"geweld_thuis.yml:{line_article}:" in s and "IVRK 99" in s for s in said)


def test_hard_texts_phone_numbers_and_unknown_contacts_are_reported(copy: Path):
    topic = copy / "data/knowledge/topics/algemeen/algemeen_spelen.yml"
    text = topic.read_text(encoding="utf-8")
    import yaml

    data = yaml.safe_load(text)
    data["kind"]["simple"] = ("De gemeentelijke verantwoordelijkheidsverdeling betreffende speelvoorzieningen "
                              "impliceert uitvoeringsverplichtingen. Bel 0800-1234567.")
    data["contacts"]["kind"] = ["buurman"]
    topic.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
    said = "\n".join(map(str, check_all(copy)[0]))
    assert "kind.simple: reading level" in said
    assert "a phone number stands in the text" in said
    assert "contact 'buurman' is not in contacts.yml" in said


def test_a_question_in_two_topics_is_reported(copy: Path):
    first = copy / "data/nlu/wonen/wonen_dakloos.yml"
    line = next(row for row in first.read_text(encoding="utf-8").splitlines() if row.startswith("    - "))
    with (copy / "data/nlu/wonen/wonen_schulden.yml").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    said = "\n".join(map(str, check_all(copy)[0]))
    assert "also stands in another topic" in said


def test_missing_files_do_not_raise(tmp_path: Path):
    (tmp_path / "data" / "knowledge").mkdir(parents=True)
    _, problems = read_knowledge(tmp_path / "data" / "knowledge")
    assert {"articles.yml", "contacts.yml", "themes.yml", "phrases.yml"} <= {Path(p.file).name for p in problems}


def test_no_test_question_is_nearly_a_training_question(knowledge):
    """Blind means blind: the nearest training question of each test question differs in more than typing; so does the
    nearest text that teaches the encoder.
    """
    training = [same(q.text) for q in read_questions()]
    training += [same(line.partition("\t")[0]) for file in sorted((ROOT / "data" / "distil").glob("*.tsv"))
                 for line in file.read_text(encoding="utf-8").splitlines()[1:]]
    known = set(knowledge.topics) | {q.intent for q in read_questions()} | {"sos"}
    exact = set(training)
    shared = []
    for case in blind_sets(known):
        text = same(case.text)
        # One- and two-word messages ("hallo", "dankjewel") cannot all differ.
        if len(text.split()) <= 3:
            continue
        if text in exact:
            shared.append((case.text, "the same"))
            continue
        near = process.extractOne(text, training, scorer=fuzz.ratio, score_cutoff=92)
        if near:
            shared.append((case.text, near[0]))
    assert not shared, "\n".join(f"{a} ~ {b}" for a, b in shared)
