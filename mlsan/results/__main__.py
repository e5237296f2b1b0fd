"""``python -m mlsan.results [NAME ...]``: compute all recorded results anew, or those named.

Run it in a checkout: each file carries the command that makes it, the commit, the seeds, the versions.
"""

import json
import re
import subprocess
import sys
import tempfile

import numpy as np
import torch

from mlsan import ablation, benchmark, sweeps, undoing
from mlsan.results import HERE

SEEDS = 5


def ablation_of(corpus: str, **options) -> dict:
    result = ablation.ablate(corpus, SEEDS, **options)
    for run in result["runs"] + result["baselines"]:      # the page shows one seed's gates
        run.pop("per_class_f1")
        if run["seed"] > 0:
            run.pop("gates", None)
    return result


def protocol_on_meld() -> dict:
    with tempfile.TemporaryDirectory() as folder:
        return benchmark.reproduce(benchmark.open_corpus("meld", benchmark.OWN), "meld", benchmark.OWN, folder,
                                   seeds=SEEDS, command="python -m mlsan.results benchmarks")


RESULTS = {
    "context-off": lambda: ablation_of("simulated", context=False),
    "context-on": lambda: ablation_of("simulated"),
    "strengths": lambda: {"seeds": SEEDS, "grid": sweeps.strength_grid(seeds=SEEDS)},
    "neutrality": lambda: {"seeds": 3, **sweeps.neutrality_curve(seeds=3)},
    "regularization": lambda: {"seeds": SEEDS, **sweeps.regularization_curve(seeds=SEEDS),
                               **sweeps.regularization_maps(), **sweeps.regularization_cases(seeds=SEEDS)},
    "friends": lambda: ablation_of("meld-friends", speakers=("identity", "shuffled")),
    "friends-modes": lambda: {"seeds": SEEDS, "models": sweeps.compare_kinds(sweeps.SPEAKER_MODES, SEEDS)},
    "together": lambda: {"seeds": SEEDS, "context-on": sweeps.together(seeds=SEEDS),
                         "context-off": sweeps.together(context=False, seeds=SEEDS)},
    "rivals": lambda: {"seeds": SEEDS, "models": undoing.rivals(SEEDS)},
    "meld": lambda: {"seeds": SEEDS, "models": sweeps.compare_kinds(sweeps.NAMES_IN_TEXT, SEEDS)},
    "benchmarks": protocol_on_meld,
    "choices": lambda: {"seeds": 3, **sweeps.text_choices(3)},
    "tuned": lambda: {"seeds": SEEDS, **sweeps.tuned_text(SEEDS)},
}


def rounded(value):
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return [rounded(v) for v in value] if isinstance(value, list | tuple) else value


def main(names) -> None:
    if unknown := set(names) - set(RESULTS):
        sys.exit(f"unknown {', '.join(sorted(unknown))}; the results are {', '.join(RESULTS)}")
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=HERE, capture_output=True, text=True, check=True)
    for name in names or RESULTS:
        about = {"command": f"python -m mlsan.results {name}", "commit": commit.stdout.strip(),
                 "versions": {"torch": torch.__version__.split("+")[0], "numpy": np.__version__}}
        text = json.dumps(about | rounded(RESULTS[name]()), indent=1)
        text = re.sub(r"\[[-\d.,\s]+\]", lambda numbers: " ".join(numbers[0].split()), text)    # thousands of lines
        (HERE / f"{name}.json").write_text(text + "\n")
        print(name)


if __name__ == "__main__":
    main(sys.argv[1:])
