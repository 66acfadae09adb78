"""The comparison's own parts: what is compared, and how the table judges. The whole of it: tests/model/test_bench.py."""
from __future__ import annotations

import pytest
import yaml

from bot.evaluation.bench import growth, projects, report
from bot.evaluation.bench.__main__ import Comparison
from bot.nlu_data import Question, read_questions

ROWS = [(f"vraag {n} over {name} en nog wat", name) for name in ("a", "b", "gesprek_groet") for n in range(20)]


def test_both_sides_get_the_same_part_of_every_topic():
    questions = [Question(text, intent, "", "", 0) for text, intent in ROWS]
    rows = projects.part(questions, 0.5)
    assert rows == projects.part(questions, 0.5) and len(rows) == 30
    assert {intent for _, intent in rows} == {"a", "b", "gesprek_groet"}
    assert len(projects.part(questions, 0.0)) == 15 and len(projects.part(questions, 1.0)) == 60


def test_stock_is_what_rasa_itself_writes():
    config = projects.stock_config()
    names = [c["name"] for c in (*config["pipeline"], *config["policies"])]
    assert "DIETClassifier" in names and "TEDPolicy" in names and not any("bot." in name for name in names)
    assert {c["epochs"] for c in (*config["pipeline"], *config["policies"]) if "epochs" in c} == {100}
    assert projects.stock_config(1)["pipeline"][5]["epochs"] == 1


@pytest.mark.parametrize("stories", [True, False])
def test_a_plain_project_answers_every_intent_once(tmp_path, stories):
    folder = projects.plain_project(tmp_path / "p", ROWS, projects.stock_config(), stories)
    told = yaml.safe_load((folder / "data" / "rules.yml").read_text(encoding="utf-8"))
    steps = [step["intent"] for part in (*told["rules"], *told["stories"]) for step in part["steps"] if "intent" in step]
    assert sorted(steps) == ["a", "b", "gesprek_groet", "nlu_fallback"] and bool(told["stories"]) == stories
    nlu = yaml.safe_load((folder / "data" / "nlu.yml").read_text(encoding="utf-8"))
    assert sum(block["examples"].count("\n") for block in nlu["nlu"]) == len(ROWS)


def test_brackets_are_no_entities(tmp_path):
    projects.plain_project(tmp_path / "p", [("wat is [IVRK](x)", "a"), ("b", "b")], projects.stock_config(), False)
    assert "[" not in (tmp_path / "p" / "data" / "nlu.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize("count", [2, 3, 7])
def test_synthetic_topics_have_so_many_questions(count):
    rows = growth.synthetic_topics(ROWS, count, each=6)
    assert len({intent for _, intent in rows}) == count and len(rows) == 6 * count
    assert rows == growth.synthetic_topics(ROWS, count, each=6)


def test_synthetic_questions_are_as_many_as_asked_and_keep_their_topic():
    rows = growth.synthetic_questions(ROWS, 500)
    assert len(rows) == 500 and rows[:60] == ROWS
    assert all(text.strip() for text, _ in rows) and {intent for _, intent in rows} == {intent for _, intent in ROWS}
    assert len(growth.synthetic_questions(ROWS, 10)) == 10


def test_the_table_judges_by_the_medians():
    seen = Comparison()
    seen.add("turn", [30.0, 33.0, 90.0], [10.0, 11.0, 1.0], "ms", "≤ 1/3", at_most=1 / 3)
    seen.add("turn", [30.0], [10.1], "ms", "≤ 1/3", at_most=1 / 3)
    seen.add("turns", [10.0], [30.0], "/s", "≥ 3 ×", at_least=3)
    seen.add("memory", [1500.0], [901.0], "MB", "", at_most=2 / 3, also=False)
    assert [row["reached"] for row in seen.rows] == [True, False, True, False]
    text = report.table(seen.rows)
    assert "33.0 ms (30.0-90.0)" in text and text.count("NO") == 2


def test_the_machine_is_described_without_a_name():
    about = report.machine()
    assert about["cores"] >= 1 and about["packages"]["rasa"].startswith("3.6")
    assert not any(name in str(about) for name in (__import__("socket").gethostname(), "/root", "/home"))


def test_percentiles():
    assert report.percent([3.0, 1.0, 2.0], 0.5) == 2.0 and report.percent(list(range(100)), 0.95) == 95


def test_every_question_can_be_written_and_read_again(tmp_path):
    rows = projects.part(read_questions(), 1.0)
    projects.plain_project(tmp_path / "p", rows, projects.stock_config(), True)
    nlu = yaml.safe_load((tmp_path / "p" / "data" / "nlu.yml").read_text(encoding="utf-8"))
    assert sum(len(block["examples"].splitlines()) for block in nlu["nlu"]) == len(rows)
