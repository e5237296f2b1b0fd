"""A whole class handed in: `make course`.

Two hundred submissions: every right and wrong solution of the four assignments, again and again,
and among them one of each kind that means harm, each on top of an otherwise right solution. The
grader is killed with SIGKILL twice and goes on. Then: each grade is what it has to be, nobody's was
touched by somebody else's, nothing runs on and nothing lies about.
"""

from __future__ import annotations

import collections
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import nbformat
import pandas as pd
from course import NAMES, Built, mistake, variants
from hostile_students import KINDS
from nbformat.v4 import new_code_cell

ROOT = Path(__file__).parents[1]
MANY = 200
PLACE = ROOT / "_build" / "course"
# Of the assignment on batches: what harm is done to, in the place of `double` and of `half`.
TARGETS = ("collate", "masked_loss")
ANY = "whatever it costs"


def main() -> None:
    shutil.rmtree(PLACE, ignore_errors=True)
    folder, out = PLACE / "handed in", PLACE / "grades.csv"
    folder.mkdir(parents=True)
    expected = hand_in(folder)
    command = [sys.executable, "-m", "mlsan", "grade", str(folder), "--out", str(out),
               "--autograder", str(ROOT / "dist" / "autograder")]
    started, log = time.perf_counter(), out.with_suffix(".jsonl")
    for lines in (MANY // 4, MANY // 2):
        grader = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        while grader.poll() is None and not (log.exists() and log.read_text().count("\n") > lines):
            time.sleep(0.2)
        grader.send_signal(signal.SIGKILL)
        grader.wait()
        print(f"killed after {log.read_text().count(chr(10)) - 1} submissions", flush=True)
    subprocess.run(command, check=True)
    took = time.perf_counter() - started
    table = pd.read_csv(out).set_index("submission")
    lines = map(json.loads, log.read_text().splitlines()[1:])
    found = {line["submission"]: {question["question"]: question["of"] - question["points"]
                                  for question in line["questions"]} for line in lines}
    wrong = [name for name, lost in expected.items()
             if any(points != lost.get(question, 0) and lost.get(question) != ANY
                    for question, points in found[name].items())]
    kinds = collections.Counter(name.split("/")[1].split("-")[0] for name in expected)
    print(f"{len(table)} submissions ({dict(kinds)}) in {took:.0f} s, {took / len(table):.1f} s "
          f"each; a judge took {table.seconds.median():.1f} s (median), "
          f"{table.seconds.max():.0f} s (longest)")
    print("left running:", running() or "nothing", "· left lying:",
          [p.name for p in PLACE.iterdir() if p.name not in ("handed in", out.name, log.name)]
          or "nothing")
    for name in wrong:
        print(f"NOT AS EXPECTED {name}: should lose {expected[name]}, lost {found[name]}: "
              f"{table.feedback[name]}")
    if wrong or running() or len(table) != MANY:
        sys.exit(1)
    print("every grade as expected")


def hand_in(folder: Path) -> dict[str, dict[str, float]]:
    """Write the submissions; what each has to lose: {name: {question: points}}."""
    dist, expected = ROOT / "dist", {}

    def put(name: str, notebook, lost: dict) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        nbformat.write(notebook, folder / name)
        expected[name] = lost

    made = Built("batches", dist)
    for kind, (code, _) in KINDS.items():
        double, half = TARGETS
        notebook = made.solved
        code = code.replace("double", double).replace("half", half).replace("{out}", str(PLACE))
        notebook.cells.append(new_code_cell(code.replace("{port}", "1"), id="harm"))
        put(f"batches/harm-{kind.replace(' ', '-')}.ipynb", notebook,
            {name: ANY for name in TARGETS if f"def {name}" in code})
    solutions = [(name, kind, path) for name in NAMES for kind in ("right", "wrong")
                 for path in variants(name, kind)]
    for number, (name, kind, path) in enumerate(itertools.cycle(solutions)):
        if len(expected) == MANY:
            return expected
        lost = mistake(path)["LOSES"] if kind == "wrong" else {}
        put(f"{name}/{kind}-{path.stem}-{number}.ipynb", Built(name, dist).with_variant(path), lost)


def running() -> list[str]:
    """The processes of graded users that are left."""
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if folder.name.isdigit() and 61_000 <= folder.stat().st_uid < 65_000:
                found.append(os.readlink(folder / "exe"))
    return found


if __name__ == "__main__":
    main()
