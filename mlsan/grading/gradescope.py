"""Gradescope's own folders, graded by the same judge: `python -m mlsan.grading.gradescope ROOT`.

Gradescope starts a container for each submission: nobody else's work is in it, and it goes when the
grading is done. What it doesn't keep apart is the submission and the tests, which lie in the same
container: that is the sandbox's part here too, bubblewrap where the container lets it make its
namespaces, another user where not.
"""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path

from mlsan.files import write_text
from mlsan.grading import sandbox
from mlsan.grading.grade import feedback, judged


def main(root: Path) -> None:
    level = sandbox.best()
    notebooks = sorted((root / "submission").glob("*.ipynb"))
    if len(notebooks) != 1:
        verdict = {"problem": f"hand in one notebook; there are {len(notebooks)}"}
    elif level == "none":
        verdict = {"problem": "nothing in this container isolates a submission; "
                              "your instructor has to run its autograder as root"}
    else:
        verdict = judged(notebooks[0], root / "source", secrets.randbits(56), level)
    tests = [{"name": question["question"], "score": question["points"],
              "max_score": question["of"], "visibility": "visible",
              "output": feedback({"questions": [question]})}
             for question in verdict.get("questions", [])]
    result = {"output": f"Graded in sandbox {level}.", "tests": tests}
    if "problem" in verdict:
        result = {"score": 0, "output": feedback(verdict)}
    write_text(root / "results" / "results.json", json.dumps(result, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
