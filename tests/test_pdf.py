"""The printed book: what its bookmarks and links lead to, and that nothing is cut off."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml
from pages import IN_BROWSER
from pdf import ROOT
from pypdf import PdfReader
from test_exercise_pages import CHAPTERS, LABEL, marks_of

pytestmark = IN_BROWSER


@pytest.fixture(scope="module")
def book() -> PdfReader:
    printed = subprocess.run([sys.executable, ROOT / "book" / "pdf.py"],
                             capture_output=True, text=True)
    assert printed.returncode == 0, printed.stderr
    return PdfReader(ROOT / "_build" / "mlsan.pdf")


@pytest.fixture(scope="module")
def text(book) -> list[str]:
    """Of each sheet."""
    return [sheet.extract_text() for sheet in book.pages]


def entries(outline: list) -> list:
    return [entry for entry in outline if not isinstance(entry, list)]


def below(outline: list) -> list:
    return [entry for entry in outline if isinstance(entry, list)]


def test_pdf_has_a_bookmark_for_every_page_and_exercise(book):
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text())["parts"]
    titles = [entry.title for entry in entries(book.outline)]
    assert titles[1:] == [*(part["caption"] for part in parts), "Solutions"]
    *chapters, solutions = below(book.outline)
    assert [len(entries(part)) for part in chapters] == [len(part["chapters"]) for part in parts]
    labels = [label.groups()[:2] for stem in CHAPTERS for _, text in marks_of(stem)
              if (label := LABEL.match(text))]
    asked = [exercise.title for part in chapters for page in below(part) for exercise in page]
    assert [plain(title) for title in asked] == [f"Exercise {n}: {title}" for n, title in labels]
    assert [plain(entry.title) for entry in solutions] == [f"{n} {title}" for n, title in labels]


def plain(title: str) -> str:
    return title.replace("’", "'")


def test_every_sheet_has_its_number(text):
    assert [said.split()[-1] for said in text] == [str(i) for i in range(1, len(text) + 1)]


def test_solutions_stand_at_the_end_and_not_with_their_exercises(book, text):
    first = book.get_destination_page_number(entries(book.outline)[-1])
    for solution in ("return 2 * h.detach() - h", "answer = 32 + 64 + 1"):
        asked = [i for i, said in enumerate(text) if solution in said]
        assert asked and min(asked) >= first
    assert sum(said.count("at the end of the book") for said in text[:first]) \
        == len(below(book.outline)[-1])
    assert not any("Replace the dots" in said for said in text)


def test_links_stay_in_the_book_or_lead_to_the_web(book):
    inside = 0
    for sheet in book.pages:
        for link in (each.get_object() for each in sheet.get("/Annots", ())):
            if "/A" in link:
                assert link["/A"]["/URI"].startswith(("https://", "http://", "mailto:"))
            else:
                assert link["/Dest"][0].get_object()["/Type"] == "/Page"
                inside += 1
    assert inside > 200


def test_printed_code_is_not_cut_off_at_the_margin(visit):
    page = visit("new-people")                  # has the longest lines, 135 characters
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 960})
    wide = """() => [...document.querySelectorAll(".bd-content pre")]
        .filter((pre) => pre.offsetParent && pre.scrollWidth > pre.clientWidth + 1)
        .map((pre) => pre.textContent.slice(0, 80))"""
    assert page.evaluate(wide) == []
