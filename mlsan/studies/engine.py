"""Many runs: plans go in, records come out, keyed by plan."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path

from joblib import Parallel, delayed
from tqdm.auto import tqdm

from mlsan import catalogue
from mlsan.data.corpus import Corpus
from mlsan.data.validation import CorpusError
from mlsan.files import kept_run, plain, write_text
from mlsan.runs import USUAL, Plan, Run, about_run, versions
from mlsan.sources.download import Unavailable
from mlsan.studies.records import record
from mlsan.training import pick_device

ENGINES = ("local", "dask")
Look = Callable[[Run], dict]


def locally(jobs: list[tuple]) -> Iterator[tuple[Plan, dict]]:
    """Jobs are what ``record`` takes; on a CPU one process per core."""
    on_gpu = any(pick_device(device).type == "cuda" for *_, device in jobs[:1])    # all are on one
    done = Parallel(1 if on_gpu else -1, return_as="generator")(
        delayed(record)(*job) for job in jobs)
    yield from zip((plan for plan, *_ in jobs), done, strict=True)


# Who does the jobs, and the folder that keeps what has no other: of a whole command, and so no
# argument of every study.
_carrier = ContextVar("carrier", default=locally)
_keeper = ContextVar("keeper", default=None)


@contextmanager
def carried_out(engine: str | None = None, address: str | None = None,
                runs: Path | None = None) -> Iterator[None]:
    """Who trains whatever ``run`` is asked for meanwhile, and where each record is kept.

    Args:
        engine: ``local``, this machine's processes; ``dask``, a cluster's workers (``cluster``).
            Left out: ``dask`` where there is an address.
        address: of Dask's scheduler; without, a cluster on this machine is started.
        runs: a folder, where the caller of ``run`` names none; what it keeps is not run again. A
            run of anything else, of another version too, is another file.

    Raises:
        CorpusError: no such engine, or no scheduler at the address.
        Unavailable: Dask is not installed.
    """
    engine = engine or ("dask" if address else "local")
    if engine not in ENGINES:
        raise CorpusError(f"--engine {engine}: use {' or '.join(ENGINES)}")
    if address and engine == "local":
        raise CorpusError(f"--address {address}: with --engine local nobody is asked there; leave "
                          "one of them out")
    with nullcontext(locally) if engine == "local" else _cluster(address) as carrier:
        before = _carrier.set(carrier), _keeper.set(runs)
        try:
            yield
        finally:
            for variable, token in zip((_carrier, _keeper), before, strict=True):
                variable.reset(token)


def _cluster(address: str | None):
    try:
        from mlsan.studies.cluster import workers  # who stays at home needs no Dask
    except ImportError as error:
        raise Unavailable(f'--engine dask: Dask is not installed here ({error}): '
                          'pip install "mlsan[cluster]"') from error
    return workers(address)


def run(plans: Iterable[Plan], corpora: Mapping[str, Corpus] | None = None, *,
        looks: Mapping[Plan, Look] | None = None, folder: Path | None = None, peek: bool = False,
        device: str = "auto") -> dict[Plan, dict]:
    """Train every plan, test it once, and look into it: here, or wherever ``carried_out`` says.

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
    looks, records, path = looks or {}, {}, {}
    folder, keeper = folder and Path(folder), _keeper.get()
    if folder or keeper:                            # refused before anything is trained
        about = {plan: about_run(plan, corpora[plan.corpus]) | {"versions": versions()}
                 for plan in plans}
        for plan in plans:
            if folder:
                path[plan] = folder / f"{plan.name}.json"
            else:
                asked = getattr(looks.get(plan), "__qualname__", None)
                about[plan] |= {"looked_for": asked, "peek": peek}
                whose = hashlib.sha256(json.dumps(about[plan]).encode()).hexdigest()[:12]
                path[plan] = keeper / f"{plan.name}-{whose}.json"
            if kept := kept_run(path[plan], about[plan], resume=True, usual=USUAL):
                records[plan] = kept
    jobs = [(plan, corpora[plan.corpus], looks.get(plan), peek, device)
            for plan in plans if plan not in records]
    # Where a folder is kept, somebody waits for it; a page's runs are over before a bar is read.
    bar = tqdm(total=len(plans), initial=len(records), unit="run", disable=not path, leave=False)
    for plan, found in _carrier.get()(jobs):
        if path:
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
