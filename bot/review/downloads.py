"""A run of a test set as a file: Excel, CSV or one HTML page."""

from __future__ import annotations

import csv
import io
import math
import re
from pathlib import Path
from typing import Any, Sequence

from jinja2 import Environment
from openpyxl import Workbook
from openpyxl.styles import Font

from bot.review.results import Measured, theme_of
from bot.store.models import TestResult, TestRun

_HEADS = ("rij", "vraag", "verwacht onderwerp", "gekregen onderwerp", "goed", "zekerheid", "thema")
_NOT_IN_EXCEL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")

_PAGE = Path(__file__).parent / "run_page.html"


def _cells(row: TestResult) -> list[Any]:
    return [
        row.case.row,
        row.case.question,
        row.case.topic,
        row.got,
        "ja" if row.got == row.case.topic else "nee",
        round(row.confidence, 4),
        theme_of(row.case.topic),
    ]


def _harmless(value: Any) -> Any:
    # A spreadsheet would carry out a cell that begins like a formula.
    return "'" + value if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def as_csv(rows: Sequence[TestResult]) -> bytes:
    """Semicolons, decimal commas and a byte order mark, as Dutch Excel wants it."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(_HEADS)
    for row in rows:
        writer.writerow(
            [str(cell).replace(".", ",") if isinstance(cell, float) else _harmless(cell) for cell in _cells(row)]
        )
    return out.getvalue().encode("utf-8-sig")


def _sheet(
    book: Workbook, title: str, heads: Sequence[str], rows: Sequence[Sequence[Any]], widths: Sequence[int]
) -> None:
    sheet = book.create_sheet(title)
    for number, values in enumerate([heads, *rows], 1):
        for column, value in enumerate(values, 1):
            cell = sheet.cell(number, column)
            if isinstance(value, str):
                cell.value = _NOT_IN_EXCEL.sub(" ", value)
                cell.data_type = "s"  # a text stays a text, also when it begins with "="
            else:
                cell.value = value
            if number == 1:
                cell.font = Font(bold=True)
    for index, width in enumerate(widths):
        sheet.column_dimensions["ABCDEFG"[index]].width = width
    sheet.freeze_panes = "A2"


def as_excel(run: TestRun, when: str, rows: Sequence[TestResult], m: Measured) -> bytes:
    """A workbook with the whole, each theme, each topic, the confusions and every question."""
    book = Workbook()
    book.remove(book.active)
    _sheet(
        book,
        "Samenvatting",
        ("wat", "waarde"),
        [
            ("testset", run.test_set.name),
            ("model", run.model),
            ("gemeten", when),
            ("vragen", m.all.total),
            ("goed", m.all.hits),
            ("deel goed", round(m.all.value, 4) if m.all.total else "–"),
        ],
        (16, 60),
    )
    _sheet(
        book,
        "Per thema",
        ("thema", "goed", "vragen", "deel goed"),
        [(n, s.hits, s.total, round(s.value, 4)) for n, s in m.themes],
        (40, 8, 8, 10),
    )
    _sheet(
        book,
        "Per onderwerp",
        ("onderwerp", "vragen", "precisie", "bereik", "F1"),
        [(n, t["n"], round(t["precision"], 4), round(t["recall"], 4), round(t["f1"], 4)) for n, t in m.topics.items()],
        (34, 8, 10, 10, 10),
    )
    _sheet(book, "Verwisseld", ("verwacht", "gekregen", "keer"), m.confusions, (34, 34, 8))
    _sheet(book, "Vragen", _HEADS, [_cells(row) for row in rows], (6, 80, 30, 30, 8, 10, 30))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_html(run: TestRun, when: str, m: Measured) -> bytes:
    """One page that needs nothing else."""

    def pct(value: float) -> str:
        return f"{100 * value:.1f}%".replace(".", ",") if not math.isnan(value) else "–"

    page = Environment(autoescape=True).from_string(_PAGE.read_text(encoding="utf-8"))
    return page.render(run=run, when=when, m=m, pct=pct).encode()
