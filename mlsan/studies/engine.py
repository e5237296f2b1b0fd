"""Many runs: plans go in, records come out, keyed by plan."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from joblib import Parallel, delayed
from tqdm.auto import tqdm

from mlsan import catalogue
from mlsan.data.corpus import Corpus
from mlsan.files import kept_run, plain, write_text
from mlsan.runs import USUAL, Plan, Run, about_run, versions
from mlsan.studies.records import record
from mlsan.training import pick_device

Look = Callable[[Run], dict]


def run(plans: Iterable[Plan], corpora: Mapping[str, Corpus] | None = None, *,
        looks: Mapping[Plan, Look] | None = None, folder: Path | None = None, peek: bool = False,
        device: str = "auto") -> dict[Plan, dict]:
    """Train every plan, test it once, and look into it; on a CPU one process per core.

    Args:
        plans: what to carry out; a plan that occurs twice is run once.
        corpora: by the names that the plans give them; those not among them are loaded.
        looks: a plan -> what else is asked of its run, to be found under ``probes``.
        folder: where each record is kept as soon as it is there; those of an earlier call are not
            run again.
        peek: note as well what choosing the epoch on test would have reported (``training.fit``).

    Returns:
        plan -> its record (``records.record``), in the order of ``plans``.

    Raises:
        CorpusError: no such corpus; or ``folder`` holds runs of another corpus, recipe or version.
    """
    plans, corpora = list(dict.fromkeys(plans)), dict(corpora or {})
    for name in dict.fromkeys(plan.corpus for plan in plans):
        corpora[name] = corpora[name] if name in corpora else catalogue.load(name)
    records = {}
    if folder:                                      # refused before anything is trained
        about = {plan: about_run(plan, corpora[plan.corpus]) | {"versions": versions()}
                 for plan in plans}
        path = {plan: Path(folder) / f"{plan.name}.json" for plan in plans}
        records = {plan: kept for plan in plans
                   if (kept := kept_run(path[plan], about[plan], resume=True,
                                    usual=USUAL))}
    todo = [plan for plan in plans if plan not in records]
    workers = 1 if pick_device(device).type == "cuda" else -1
    done = Parallel(workers, return_as="generator")(
        delayed(record)(plan, corpora[plan.corpus], (looks or {}).get(plan), peek, device)
        for plan in todo)
    # Where a folder is kept, somebody waits for it; a page's runs are over before a bar is read.
    bar = tqdm(total=len(plans), initial=len(records), unit="run", disable=not folder, leave=False)
    for plan, found in zip(todo, done, strict=True):
        if folder:
            write_text(path[plan], json.dumps(found := plain(found) | about[plan]))
        records[plan] = found
        bar.update()
    bar.close()
    return {plan: records[plan] for plan in plans}


def seeded(plan: Plan, seeds: int) -> list[Plan]:
    """The plan with each of the first seeds."""
    return [replace(plan, seed=seed) for seed in range(seeds)]


def repeat(kinds: Mapping[Hashable, Plan], seeds: int, corpora: Mapping[str, Corpus] | None = None,
           **options) -> dict[Hashable, list[dict]]:
    """Carry out every kind with every seed: kind -> its records, one per seed.

    ``options`` are those of ``run``.
    """
    records = run((p for plan in kinds.values() for p in seeded(plan, seeds)), corpora, **options)
    return {kind: [records[p] for p in seeded(plan, seeds)] for kind, plan in kinds.items()}
