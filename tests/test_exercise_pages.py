"""Exercises as a reader finds them: by heading and number, on a page of them all, and judged."""

from __future__ import annotations

import re
from types import SimpleNamespace

import nbformat
import pytest
import yaml
from book_code import NOTEBOOKS
from exercises import NotBegun
from pages import PAGES, html_of
from pdf import ROOT

from mlsan.exercises.verdicts import Verdict

PARTS = yaml.safe_load((ROOT / "_toc.yml").read_text())["parts"]
CHAPTERS = [stem for part in PARTS for chapter in part["chapters"]
            if (stem := chapter["file"].removeprefix("book/")) in NOTEBOOKS]
LABEL = re.compile(r"#+ Exercise (\d+\.\d+): (\S.*)\n\n\*About (\d+) minutes, (\w+)\.\*\n\n\S")
MARKS = re.compile(r"^(#+) .*|^(check)\.\w+\(.*|^</(details)>\s*", re.M)
BUILT = pytest.mark.skipif("exercises" not in PAGES, reason="the book is not built: `make book`")
VERDICTS = {kind: Verdict(kind, "So it is.")._repr_html_()
            for kind in ("right", "wrong", "not begun", "fault")}


def marks_of(stem: str) -> list[tuple[str, str]]:
    """Headings ("##"), checks ("check") and ends of solutions ("details"), with what follows."""
    notebook = nbformat.read(NOTEBOOKS[stem], as_version=4)
    text = "\n\n".join(re.sub(r"```.*?```", "", cell.source, flags=re.S)
                       for cell in notebook.cells)
    return [(next(filter(None, at.groups())), text[at.start():]) for at in MARKS.finditer(text)]


@pytest.mark.parametrize("stem", CHAPTERS)
def test_every_check_has_a_numbered_heading_with_minutes_and_difficulty(stem):
    numbers, section, before = [], "##", ""
    for mark, text in marks_of(stem):
        label = LABEL.match(text)
        if mark == "check":
            assert before == "exercise", f"a check without a heading: {text[:60]}"
        elif label:
            number, _, minutes, difficulty = label.groups()
            assert mark == section + "#", f"{number} is not one level below its section"
            assert 5 <= int(minutes) <= 30 and difficulty in ("easy", "medium", "hard")
            numbers.append(number)
        elif mark.startswith("#"):
            assert "Exercise" not in text.split("\n")[0], f"no minutes: {text[:60]}"
            section = mark
        before = "exercise" if label else mark
    chapter = CHAPTERS.index(stem) + 1
    assert numbers == [f"{chapter}.{i}" for i in range(1, len(numbers) + 1)] != []


@pytest.mark.parametrize("stem", CHAPTERS)
def test_what_follows_a_solution_has_a_heading_of_its_own(stem):
    ends = [re.sub(r"</details>\s*", "", text)[:40] for mark, text in marks_of(stem)
            if mark == "details"]
    assert [start for start in ends if not start.startswith("#")] == []


@pytest.mark.slow
@BUILT
def test_the_page_of_exercises_leads_to_each_of_them():
    rows = re.findall(r'<a class="[^"]*" href="([\w-]+)\.html#([^"]+)">(?:<span[^>]*>)?([^<]+).*?'
                      r"<p>(\d+)</p>.*?<p>(\w+)</p>", html_of("exercises"), re.S)
    wanted = [label.groups() for stem in CHAPTERS for _, text in marks_of(stem)
              if (label := LABEL.match(text))]
    plain = [(*re.sub("[’']", "'", title).split(" ", 1), minutes, difficulty)
             for _, _, title, minutes, difficulty in rows]
    assert plain == wanted
    assert [row[:2] for row in rows if f'<section id="{row[1]}">' not in html_of(row[0])] == []


@pytest.mark.slow
@BUILT
@pytest.mark.parametrize("stem", CHAPTERS)
def test_a_page_says_how_to_do_an_exercise_and_not_that_it_is_undone(stem):
    html = html_of(stem)
    (button,) = set(re.findall(r'<a href="(https://colab[^"]*)" target', html))
    hints = re.findall(r'<p class="mlsan-unanswered">.*?href="([^"]*)"', html)
    assert len(hints) == sum(mark == "check" for mark, _ in marks_of(stem))
    assert set(hints) == {button} and "mlsan-answer" not in html


@pytest.mark.parametrize("kind", ["right", "wrong", "fault"])
def test_a_page_keeps_every_other_verdict(kind):
    shown = SimpleNamespace(mime_type="text/html", content=VERDICTS[kind])
    assert NotBegun.handle_mime(None, shown, inline=False) is None


def test_verdicts_differ_without_colour_and_without_a_stylesheet():
    text = {re.sub("<[^>]*>", "", html).split()[0] for html in VERDICTS.values()}
    line = {re.search(r"border-left: \S+ (\w+)", html)[1] for html in VERDICTS.values()}
    assert len(text) == 4 and {"solid", "dashed"} < line
