"""``python -m mlsan.studies [NAME ...]``: compute all recorded results anew, or those named.

Run it in a checkout: each file carries its command, the commit, the seeds and the versions. What is
no run of a plan, such as a fine-tuning or a map, is computed here whatever ``--engine`` says.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from typing import Annotated

import typer

from mlsan import catalogue
from mlsan.data.validation import CorpusError
from mlsan.files import write_text
from mlsan.options import Address, Engine, Runs
from mlsan.runs import versions
from mlsan.sources.download import DownloadError
from mlsan.studies import (
    actors,
    calibration,
    ear,
    intervals,
    ladder,
    ml_san,
    recording,
    regularization,
    six_friends,
    strangers,
    the_benchmarks,
)
from mlsan.studies.ablation import ablate
from mlsan.studies.engine import carried_out
from mlsan.studies.one_emotion_many_people import plug_in_curve, strength_grid
from mlsan.studies.protocol import OWN, reproduce
from mlsan.studies.recorded import HERE


def ablation_of(corpus: str, seeds: int, **options) -> dict:
    result = ablate(corpus, seeds, **options)
    for run in result["runs"] + result["baselines"]:      # the page shows one seed's gates
        run.pop("per_class_f1")
        if run["seed"] > 0:
            run.pop("gates", None)
    return result


def protocol_on_meld(seeds: int) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        return reproduce(catalogue.load("meld"), "meld", OWN, folder, seeds=seeds,
                         command="python -m mlsan.studies benchmarks")


# Name -> how many seeds, and the study, which is given them.
RESULTS = {
    "context-off": (5, lambda n: ablation_of("simulated", n, context=False)),
    "context-on": (5, lambda n: ablation_of("simulated", n)),
    "strengths": (5, lambda n: {"grid": strength_grid(n)}),
    "plug-in": (5, plug_in_curve),
    "neutrality": (3, calibration.neutrality_curve),
    "regularization": (5, lambda n: {**regularization.regularization_curve(n),
                                     **regularization.regularization_maps(),
                                     **regularization.regularization_cases(n)}),
    "friends": (5, lambda n: ablation_of("meld-friends", n, speakers=("identity", "shuffled"))),
    "friends-modes": (5, lambda n: {"models": six_friends.speaker_modes(n)}),
    "together": (5, lambda n: {"context-on": ml_san.together(True, n),
                               "context-off": ml_san.together(False, n)}),
    "rivals": (5, calibration.rivals),
    "meld": (5, lambda n: {"models": six_friends.names_in_text(n)}),
    "benchmarks": (5, protocol_on_meld),
    "actors": (5, lambda n: actors.known_actors(n, ("ravdess", "ravdess-egemaps"))),
    "actors-cremad": (3, lambda n: actors.known_actors(n, ("cremad",))),
    "actors-map": (5, actors.actors_map),
    "actors-neutral": (3, actors.neutral_by_whole_batches),
    "strangers": (5, lambda n: strangers.new_people(n, ("ravdess", "ravdess-egemaps"))),
    "strangers-cremad": (3, lambda n: strangers.new_people(n, ("cremad",))),
    "ear": (3, ear.ear),
    "intervals": (10, intervals.intervals),
    "ladder": (5, ladder.ladder),
    "choices": (3, lambda n: {"choices": the_benchmarks.text_choices(n)}),
    "recording": (100, recording.on_real_people),
    "tuned": (3, lambda n: {"models": the_benchmarks.tuned_text(n)}),
}


def rounded(value):
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return [rounded(v) for v in value] if isinstance(value, list | tuple) else value


def main(names: Annotated[list[str] | None, typer.Argument(
             metavar="[NAME]...", help="; ".join(RESULTS))] = None,
         engine: Engine = None, address: Address = None, runs: Runs = None) -> None:
    """Compute all recorded results anew, or those named."""
    if unknown := set(names or ()) - set(RESULTS):
        raise CorpusError(f"unknown {', '.join(sorted(unknown))}; the results are "
                          f"{', '.join(RESULTS)}")
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=HERE, check=True,
                            capture_output=True, text=True)
    with carried_out(engine, address, runs):
        for name in names or RESULTS:
            seeds, study = RESULTS[name]
            about = {"command": f"python -m mlsan.studies {name}", "commit": commit.stdout.strip(),
                     "versions": versions(), "seeds": seeds}
            text = json.dumps(rounded(about | study(seeds)), indent=1)
            # Numbers in a row, which would take thousands of lines.
            text = re.sub(r"\[[-\d.,\s]+\]", lambda numbers: " ".join(numbers[0].split()), text)
            write_text(HERE / f"{name}.json", text + "\n")
            print(name)


if __name__ == "__main__":
    try:
        typer.run(main)
    except (CorpusError, DownloadError) as error:
        sys.exit(f"mlsan.studies: {error}")
