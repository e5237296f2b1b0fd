"""``make bench``: how fast training and scoring are, beside an earlier loop, a slow one, the floor.

Every measurement is a fresh process with one thread; the loops that are compared are measured in
turn, three times, and the best counts; all else once. This process imports no torch: a child's peak
memory is at least what its parent held when it started it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from pathlib import Path

from made import SHAPES, grown
from report import show

HERE = Path(__file__).parent
ROOT = HERE.parent
OLD = "3e04b7a"         # the last commit whose loop computed the padding, on torch's own layers
GROWTH = (1_000, 10_000, 100_000, 1_000_000)
CAST = (10, 100, 1_000, 10_000)
OF_CAST = 40_000        # utterances, four in five of them train's: each of the cast has a few


def fresh(name: str, arguments: dict, package: Path = ROOT) -> dict | None:
    """A measurement in a process of its own, with the ``mlsan`` that lies in ``package``."""
    one = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    done = subprocess.run([sys.executable, str(HERE / "worker.py"), name, json.dumps(arguments)],
                          env=os.environ | one | {"PYTHONPATH": str(package)}, check=True,
                          stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def earlier(commit: str):
    """A folder with that commit's package; None where the commit is not at hand."""
    found = subprocess.run(["git", "archive", commit, "mlsan"], cwd=ROOT, capture_output=True)
    if found.returncode:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["tar", "-x", "-C", folder], input=found.stdout, check=True)
        yield Path(folder)


def best(rounds: list[dict | None]) -> dict | None:
    """The quickest of each number, and of memory the most."""
    if None in rounds:
        return None
    return {k: max(r[k] for r in rounds) for k in rounds[0]}


def in_turn(jobs: dict, rounds: int) -> dict:
    """name -> the best of ``rounds``, all of them measured one after the other in each round."""
    found = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            found[name].append(job())
            print(name, found[name][-1], file=sys.stderr, flush=True)
    return {name: best(each) for name, each in found.items()}


def corpora(ask, times: int, rounds: int) -> dict:
    """At MELD's size and IEMOCAP's: the loops and the floor; dialogues of 110 turns."""
    recipes = {name: ask("recipe", {"name": name}) for name in ("meld", "iemocap")}
    a_batch = recipes["meld"]["settings"] | {"batch_size": 3}       # of 110 turns: as many in all
    recipes["110 turns"] = recipes["meld"] | {"settings": a_batch}
    with earlier(OLD) as package:
        def job(kind, corpus):
            asked = {"shape": asdict(SHAPES[corpus].smaller(times)), "recipe": recipes[corpus]}
            if kind != "earlier":
                return ask(kind, asked)
            return fresh("loop", asked | {"epochs": 1}, package) if package else None

        def jobs(*names):
            return {f"{corpus} / {kind}": lambda kind=kind, corpus=corpus: job(kind, corpus)
                    for corpus, kind in names}

        compared = jobs(("meld", "floor"), ("meld", "loop"), ("110 turns", "loop"),
                        ("meld", "earlier"), ("iemocap", "floor"), ("iemocap", "loop"),
                        ("iemocap", "earlier"))
        once = jobs(("meld", "per_turn"), ("iemocap", "per_turn"), ("meld", "on_gpu"))
        return in_turn(compared, rounds) | in_turn(once, 1)


def growth(ask, sizes, cast, of_cast: int, trained: int) -> dict:
    """The loop with more utterances, and with more speakers, with stage 3 and without."""
    recipe = ask("recipe", {"name": "meld"}) | {"hidden": 64}

    def loop(utterances, speakers, **sizes):
        epochs = max(1, trained // utterances)
        return ask("loop", {"shape": asdict(grown(utterances, speakers)), "recipe": recipe,
                            "epochs": epochs} | sizes)

    few = {"stages": ["calibration", "gating"]}
    jobs = {f"{n} utterances": lambda n=n: loop(n, 40) for n in sizes}
    jobs |= {f"{s} speakers": lambda s=s: loop(of_cast, s) for s in cast}
    jobs |= {f"{s} speakers, no stage 3": lambda s=s: loop(of_cast, s, **few) for s in cast}
    return in_turn(jobs, 1)


def seeds_at_once(ask, times: int, rounds: int) -> dict:
    """How many times as fast five seeds could be trained at once, at best: name -> ratio.

    No faster than one model reads batches five times as large, since five models have five times
    its weights to fetch and to move.
    """
    recipe = ask("recipe", {"name": "general"})
    larger = recipe["settings"] | {"batch_size": 5 * recipe["settings"]["batch_size"]}
    shape, jobs = asdict(SHAPES["simulated"].smaller(times)), {}
    for model, stages in (("static", []), ("all", ["calibration", "gating", "regularization"])):
        for read, context in (("turns alone", False), ("dialogues", True)):
            asked = {"shape": shape, "recipe": recipe, "stages": stages, "context": context}
            jobs[f"{model}, {read}"] = partial(ask, "loop", asked)
            jobs[f"{model}, {read}, larger"] = partial(
                ask, "loop", asked | {"recipe": recipe | {"settings": larger}})
    found = in_turn(jobs, rounds)
    return {name: found[f"{name}, larger"]["train_per_s"] / of["train_per_s"]
            for name, of in found.items() if not name.endswith("larger")}


def notebooks() -> dict | None:
    """name -> seconds of its last run, where the book was built here."""
    kept = ROOT / "_build" / ".jupyter_cache"
    if not kept.exists():
        return None
    from jupyter_cache import get_cache
    return {Path(record.uri).stem: record.data["execution_seconds"]
            for record in get_cache(kept).list_cache_records()}


def about() -> dict:
    """What the numbers depend on."""
    def git(*words):
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout

    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    versions = {name: version(name) for name in ("mlsan", "torch", "numpy", "scikit-learn")}
    return {"processor": names[0] if names else platform.machine(), "cores": os.cpu_count(),
            "threads": 1, "python": platform.python_version(), "versions": versions,
            "commit": git("rev-parse", "--short", "HEAD").strip(),
            "changed": bool(git("status", "--porcelain", "--untracked-files=no")),
            "earlier": OLD}


def run(ask=fresh, *, times: int = 1, rounds: int = 3, sizes=GROWTH, cast=CAST,
        of_cast: int = OF_CAST, trained: int = 50_000, mapped: int = 1_000, seeds: int = 0) -> dict:
    """All of it.

    Args:
        ask: how a measurement is made, from its name and arguments.
        times: as many times smaller than the real corpora.
        rounds: how often each is measured.
        sizes, cast, of_cast: utterances, speakers, and the utterances of those speakers.
        trained: in how many utterances, epochs together, growth is timed at least.
        mapped: utterances on UMAP's map.
        seeds: of the ablations, which take minutes; 0 leaves them out.
    """
    ablations = {f"context {'on' if on else 'off'}":
                 ask("ablation", {"seeds": seeds, "context": on}) if seeds else None
                 for on in (False, True)}
    return {"about": about(), "corpora": corpora(ask, times, rounds),
            "growth": growth(ask, sizes, cast, of_cast, trained),
            "seeds_at_once": seeds_at_once(ask, times, rounds), "ablations": ablations,
            "first_map": ask("first_map", {"rows": mapped}), "notebooks": notebooks()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small corpora, once; writes nothing")
    parser.add_argument("--ablations", action="store_true", help="the two ablations too: minutes")
    asked = parser.parse_args()
    seeds = 5 if asked.ablations else 0
    if asked.quick:
        show(run(times=10, rounds=1, sizes=GROWTH[:2], cast=CAST[:2], of_cast=1_000, trained=5_000,
                 mapped=200, seeds=seeds))
        return
    found = run(seeds=seeds)
    show(found)
    name = "gpu.json" if found["corpora"]["meld / on_gpu"] else "cpu.json"
    (HERE / "results" / name).write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
