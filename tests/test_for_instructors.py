"""The instructor's guide promises hours; chapters, exercises and assignments have to keep them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "book" / "for-instructors.md").read_text()
TABLE = re.compile(r"^\| week .*\n\|[-|]+\n((?:\|.*\n)+)", re.M)
SYLLABI = [[[cell.strip() for cell in row.strip("| \n").split("|")] for row in rows.splitlines()]
           for rows in TABLE.findall(GUIDE.replace("| |", "| – |"))]


def minutes_of(text: str) -> int:
    return int(re.search(r"\*It takes\*.*?(\d+) minutes", text).group(1))


def chapters() -> dict[int, tuple[str, int, dict[str, int]]]:
    """number -> file, minutes to read, minutes of each exercise."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    files = [Path(chapter["file"]).name for part in toc["parts"] for chapter in part["chapters"]]
    found = {}
    for number, name in enumerate((f for f in files if (ROOT / "book" / f"{f}.ipynb").exists()), 1):
        cells = json.loads((ROOT / "book" / f"{name}.ipynb").read_text())["cells"]
        text = "\n\n".join("".join(cell["source"]) for cell in cells)
        exercises = re.findall(r"### Exercise ([\d.]+): .*\n\n\*About (\d+) minutes", text)
        found[number] = name, minutes_of(text), {n: int(minutes) for n, minutes in exercises}
    return found


CHAPTERS = chapters()
EXERCISES = {n: minutes for _, _, own in CHAPTERS.values() for n, minutes in own.items()}


def listed(words: str) -> list[str]:
    """Exercises as a table lists them: 2.1–2.4, 3.1."""
    names = []
    for word in re.findall(r"[\d.]+(?:–[\d.]+)?", words):
        first, _, last = word.partition("–")
        (chapter, start), end = first.split("."), (last or first).split(".")[1]
        names += [f"{chapter}.{i}" for i in range(int(start), int(end) + 1)]
    return names


def assigned(words: str) -> int:
    """Minutes of an assignment in a syllabus, by the guide's own table."""
    known = dict(re.findall(r"^\| (\w+) \| [^|]+ \| (\d+) \|", GUIDE, re.M))
    return sum(int(known.get(word, 0)) for word in re.findall(r"\w+", words))


@pytest.mark.parametrize("rows", SYLLABI, ids=lambda rows: f"{len(rows)} weeks")
def test_a_week_takes_as_long_as_its_parts(rows):
    for week, read, exercises, assignment, hours in rows:
        minutes = sum(CHAPTERS[int(n)][1] for n in re.findall(r"\d+", read))
        minutes += sum(EXERCISES[n] for n in listed(exercises)) + assigned(assignment)
        assert abs(float(hours) - minutes / 60) <= 0.051, f"week {week}: {minutes / 60:.2f} hours"


def test_eight_weeks_hold_the_whole_book():
    rows = next(rows for rows in SYLLABI if len(rows) == 8)
    assert [int(n) for row in rows for n in re.findall(r"\d+", row[1])] == list(CHAPTERS)
    assert [n for row in rows for n in listed(row[2])] == list(EXERCISES)


def test_no_week_needs_a_chapter_that_comes_later():
    for rows in SYLLABI:
        read = []
        for row in rows:
            read += [int(n) for n in re.findall(r"\d+", row[1])]
            assert {int(n.split(".")[0]) for n in listed(row[2])} <= set(read)
            for word in re.findall(r"[a-z]+", row[3]):
                wants = re.search(rf"^\| {word} \| [^|]+ \| \d+ \| ([\d, ]+) \|", GUIDE, re.M)
                assert not wants or {int(n) for n in wants[1].split(",")} <= set(read), word


def test_every_chapter_is_listed_with_its_minutes():
    rows = re.findall(r"^\| (\d+)\. \[[^]]+\]\((.+)\.ipynb\) \| [^|]+ \| (\d+) \| (\d+) \|",
                      GUIDE, re.M)
    assert [(int(n), name, int(read), int(done)) for n, name, read, done in rows] == [
        (n, name, read, sum(exercises.values())) for n, (name, read, exercises) in CHAPTERS.items()]
