"""Plans that other machines carry out: workers of a Dask cluster take runs, records come back.

A run is small and knows nothing of the others, so a cluster needs nothing in common but mlsan: no
file system, no data. Each corpus travels once to each worker that needs it, as the result of a task
of its own: what dies with a worker is made again from the scheduler's copy, where data that were
scattered would be gone (dask/distributed#3149).

Dask suspects every task that was assigned to a worker that died, whether it had begun or not, and
gives one up after four deaths (dask/distributed#5234). So no more runs are handed out than there
are workers: who dies had one run, and only that is suspected, and made again.
"""

from __future__ import annotations

import hashlib
import io
import logging
import pickle
import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from functools import cache
from itertools import islice
from pathlib import Path

import dask
from cloudpickle import Pickler
from distributed import Client, KilledWorker, get_worker, wait
from distributed.comm import get_address_host_port
from joblib import cpu_count
from threadpoolctl import threadpool_limits

import mlsan
from mlsan.data.corpus import Corpus
from mlsan.data.validation import CorpusError
from mlsan.runs import Plan, versions
from mlsan.studies.records import record
from mlsan.training import one_thread

CONNECT_SECONDS = 30            # a scheduler that was started a moment ago is met
LOOK_SECONDS = 1                # until a worker that has joined gets a run
GONE = ("the scheduler is gone, and with it what was being done; start it and its workers again, "
        "then run the command again")
START = "`dask worker ADDRESS --nworkers -1 --nthreads 1`"

Job = tuple[Plan, Corpus, Callable | None, bool, str]           # what ``record`` takes
Carrier = Callable[[Iterable[Job]], Iterator[tuple[Plan, dict]]]


@contextmanager
def workers(address: str | None) -> Iterator[Carrier]:
    """A function that has jobs done, by the workers of the Dask scheduler at ``address``.

    It gives (plan, record) as each is done. Without an address the workers are processes of this
    machine, one for each core.

    Raises:
        CorpusError: no scheduler answers there.
    """
    own = {} if address else {"n_workers": cpu_count(), "threads_per_worker": 1,
                              "dashboard_address": None, "silence_logs": logging.ERROR}
    # A corpus has to travel, be it large.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"}):
        try:
            if address:
                get_address_host_port(address)      # a client that could not be made lingers
            client = Client(address, timeout=CONNECT_SECONDS, **own)
        except (OSError, ValueError) as error:
            raise CorpusError(f"--address {address}: no Dask scheduler answers ({error}); start "
                              "one with `dask scheduler`, and name the address that it prints"
                              ) from error
        with client:
            yield lambda jobs: _done(client, jobs)


def _done(client: Client, jobs: Iterable[Job]) -> Iterator[tuple[Plan, dict]]:
    if not client.nthreads():
        print(f"The cluster has no worker yet; waiting for one, such as {START}", file=sys.stderr)
    jobs, running, shipped, given_up = iter(jobs), {}, {}, []

    def on_worker(*given) -> dict:
        # Travels as it stands: a worker that can't import it would not fail but die.
        from mlsan.studies.cluster import carry_out
        return carry_out(*given)

    def hand_out() -> None:
        try:
            room = max(len(client.nthreads()), 1) - len(running)
        except OSError as error:
            raise CorpusError(GONE) from error
        for job in islice(jobs, max(room, 0)):
            packer = _Packer(client, shipped)
            packer.dump(job)
            packed = packer.file.getvalue()
            # By its content: what a client that died had asked for is still being worked on.
            future = client.submit(on_worker, packed, packer.mentioned, here(),
                                   key=f"run-{hashlib.sha256(packed).hexdigest()}")
            running[future] = job[0]

    hand_out()
    while running:
        with suppress(TimeoutError, CancelledError):
            wait(list(running), LOOK_SECONDS, "FIRST_COMPLETED")
        for future in [future for future in running if future.done()]:
            plan = running.pop(future)
            try:
                yield plan, _result(future, plan)
            except KilledWorker:
                given_up.append(plan.name)      # the others first, lest none is ever kept
        hand_out()
    if given_up:
        raise CorpusError(f"{', '.join(given_up)}: given up, as worker after worker died at it; "
                          "all others are done. If memory ran out, give each worker more (`dask "
                          "worker --memory-limit`); if they were stopped from outside, run the "
                          "command again")


def _result(future, plan: Plan) -> dict:
    try:
        return future.result()
    except CancelledError as error:
        raise CorpusError(GONE) from error
    except ImportError as error:
        raise CorpusError(f"{plan.name}: a worker lacks something ({error}); install there what is "
                          "installed here, mlsan of the same commit") from error


class _Packer(Pickler):
    """Pickles a job, but of each corpus, wherever it is mentioned, only the name under which it
    travels; ``mentioned``: these names -> futures."""

    def __init__(self, client: Client, shipped: dict):
        self.client, self.shipped = client, shipped
        self.file, self.mentioned = io.BytesIO(), {}
        super().__init__(self.file)

    def persistent_id(self, thing) -> str | None:
        if not isinstance(thing, Corpus):
            return None
        if id(thing) not in self.shipped:
            data = pickle.dumps(thing)
            key = f"corpus-{hashlib.sha256(data).hexdigest()}"
            # Kept with its future: as long as it lives nothing else has its id.
            self.shipped[id(thing)] = thing, self.client.submit(pickle.loads, data, key=key)
        future = self.shipped[id(thing)][1]
        self.mentioned[future.key] = future
        return future.key


class _Unpacker(pickle.Unpickler):
    def __init__(self, packed: bytes, corpora: dict[str, Corpus]):
        super().__init__(io.BytesIO(packed))
        self.corpora = corpora

    def persistent_load(self, name: str) -> Corpus:
        return self.corpora[name]


def carry_out(packed: bytes, corpora: dict[str, Corpus], asked: dict[str, str]) -> dict:
    """A job's record, on a worker; ``asked``: what it has to have in common with the client.

    Raises:
        CorpusError: it has not, or it has several threads.
    """
    worker, mine = get_worker(), here()
    if other := [f"{name} {mine[name]}, not {asked[name]}" for name in mine
                 if mine[name] != asked[name]]:
        raise CorpusError(f"worker {worker.address}: has {'; '.join(other)}; install there what is "
                          "installed here, and start it again")
    if worker.state.nthreads > 1:                   # they would share one source of randomness
        raise CorpusError(f"worker {worker.address}: takes {worker.state.nthreads} runs at a time "
                          f"into one process; start it as {START}: a process for each")
    with one_thread(), threadpool_limits(1):
        return record(*_Unpacker(packed, corpora).load())


@cache
def here() -> dict[str, str]:
    """What has to be the same for a record to be the same."""
    root, code = Path(mlsan.__file__).parent, hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        code.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return versions() | {"python": ".".join(platform.python_version_tuple()[:2]),
                         "mlsan's code": code.hexdigest()[:8]}
