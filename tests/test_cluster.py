"""A sweep on a Dask cluster: what the local one gives, whatever is killed; errors in one line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest
from joblib import parallel_config

import mlsan as package
from mlsan import Plan
from mlsan.data.validation import CorpusError
from mlsan.studies.ablation import ablate
from mlsan.studies.engine import carried_out, run

pytest.importorskip("distributed", reason='not installed: pip install "mlsan[cluster]"')

from distributed import Client

from mlsan.studies import cluster

HOME = Path(package.__file__).parents[1]
PLANS = [Plan("small", stages, seed=seed, context=False, epochs=2)
         for stages in ((), ("calibration",)) for seed in (0, 1)]


def program(*words, **options) -> subprocess.Popen:
    """A process that has this mlsan."""
    env = os.environ | {"PYTHONPATH": str(HOME), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, *map(str, words)], env=env, **options,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_for(true, what: str, seconds=60):
    until = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < until, f"in vain waited for {what}"
        time.sleep(0.02)
    return found


@contextmanager
def started(folder: Path, workers: int):
    """A scheduler's address and process; of its workers, each a process, the dead are replaced."""
    file = folder / "scheduler.json"
    processes = [program("-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1",
                         "--port", 0, "--no-dashboard", "--scheduler-file", file)]
    try:
        wait_for(file.exists, "the scheduler")
        address = wait_for(lambda: read(file), "its address")["address"]
        processes.append(program("-m", "distributed.cli.dask_worker", address, "--no-dashboard",
                                 "--nworkers", workers, "--nthreads", 1, cwd=folder))
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
        yield address, processes[0]
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait(30)


def read(path: Path) -> dict | None:
    try:
        return json.loads(path.read_text())
    except ValueError:                              # half of it is written
        return None


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """The address of a scheduler with two workers."""
    with started(tmp_path_factory.mktemp("cluster"), workers=2) as (address, _):
        yield address


@pytest.fixture(scope="module")
def local(small):
    with parallel_config(backend="sequential"):
        return run(PLANS, {"small": small}, device="cpu")


def aside(work) -> Future:
    """Done in a thread that holds up nobody who fails meanwhile."""
    done = Future()

    def worked():
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    Thread(target=worked, daemon=True).start()
    return done


def but_for_time(records):
    return [{key: record[key] for key in record if key != "seconds"} for record in records]


def noting(folder: Path, then):
    """A look that writes down whose run it sees, and in which process; then it does something.

    It travels to the workers as it stands: they can't import this file.
    """
    def look(seen):
        with (folder / "begun").open("a") as file:
            file.write(f"{seen.plan.name} {os.getpid()}\n")
        then(seen.plan)
        return seen.corpus.fingerprint

    return look


def begun(folder: Path) -> list[list[str]]:
    """Name and process of every run that was begun, in order."""
    path = folder / "begun"
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


@pytest.mark.slow
def test_records_are_the_local_ones_to_the_last_bit(two, small, local):
    text = small.replaced(features={"text": small.features["text"]})
    mixed = [*PLANS, Plan("text", (), epochs=2)]
    with carried_out(address=two):
        there = run(mixed, {"small": small, "text": text}, device="cpu")
    assert list(there) == mixed and but_for_time(there.values())[:4] == but_for_time(local.values())
    assert there[mixed[-1]]["weighted_f1"] != there[PLANS[0]]["weighted_f1"]


@pytest.mark.slow
@pytest.mark.parametrize("killed", [1, 2])
def test_a_worker_that_is_killed_loses_its_own_run_and_no_other(killed, two, small, local,
                                                               tmp_path):
    """With both of them every copy of the corpus is lost, too."""
    def held(plan):
        while not (tmp_path / "go").exists():
            time.sleep(0.02)

    def sweep():
        with carried_out("dask", two, runs=tmp_path / "runs"):
            return run(PLANS, {"small": small}, device="cpu",
                       looks=dict.fromkeys(PLANS, noting(tmp_path, held)))

    found = aside(sweep)
    first = wait_for(lambda: len(begun(tmp_path)) == 2 and begun(tmp_path), "two runs")
    for _, process in first[:killed]:
        os.kill(int(process), signal.SIGKILL)
    (tmp_path / "go").touch()
    records = found.result(timeout=60)
    assert [records[plan].pop("probes") for plan in PLANS] == [small.fingerprint] * len(PLANS)
    about = {"plan", "recipe", "corpus_fingerprint", "versions", "looked_for", "peek"}
    found = [{k: r[k] for k in r if k not in about} for r in but_for_time(records.values())]
    assert found == but_for_time(local.values())
    again = sorted(name for name, _ in first[:killed])
    assert sorted(name for name, _ in begun(tmp_path)) == sorted([p.name for p in PLANS] + again)
    assert len(list((tmp_path / "runs").iterdir())) == len(PLANS)


@pytest.mark.slow
def test_a_client_that_is_killed_goes_on_where_it_was(two, small, tmp_path):
    folder, runs = str(small.save(tmp_path / "small")), tmp_path / "runs"
    client = program("-m", "mlsan", "ablate", folder, "--seeds", 1, "--context", "off",
                     "--device", "cpu", "--engine", "dask", "--address", two, "--runs", runs)
    kept = wait_for(lambda: len(list(runs.glob("*.json"))) >= 2 and list(runs.glob("*.json")),
                    "two runs that are kept")
    client.kill()
    assert client.wait() == -signal.SIGKILL, "it was not killed, but had ended"
    before = {path: path.stat().st_mtime_ns for path in kept}
    with carried_out(address=two, runs=runs):
        there = ablate(folder, 1, context=False, device="cpu")
    assert {path: path.stat().st_mtime_ns for path in kept} == before
    with parallel_config(backend="sequential"):
        here = ablate(folder, 1, context=False, device="cpu")
    for result in (there, here):
        result.pop("seconds")
        result.update({key: but_for_time(result[key]) for key in ("runs", "baselines")})
    assert there == here and len(here["runs"]) == 8


@pytest.mark.slow
def test_a_run_that_kills_its_workers_is_given_up_and_named_and_the_others_are_kept(
        two, small, tmp_path):
    def deadly(plan):
        if plan == PLANS[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    with (carried_out(address=two, runs=tmp_path / "runs"),
          pytest.raises(CorpusError, match=f"^{PLANS[0].name}: given up.*--memory-limit")):
        run(PLANS, {"small": small}, device="cpu",
            looks=dict.fromkeys(PLANS, noting(tmp_path, deadly)))
    assert [name for name, _ in begun(tmp_path)].count(PLANS[0].name) == 4
    kept = {path.stem.rpartition("-")[0] for path in (tmp_path / "runs").iterdir()}
    assert kept == {plan.name for plan in PLANS[1:]}


@pytest.mark.slow
def test_a_plan_that_fails_says_why_once(two, small, tmp_path):
    def refusing(plan):
        raise CorpusError("so it is")

    with carried_out(address=two), pytest.raises(CorpusError, match="^so it is$"):
        run(PLANS, {"small": small}, device="cpu",
            looks=dict.fromkeys(PLANS, noting(tmp_path, refusing)))
    names = [name for name, _ in begun(tmp_path)]
    assert len(names) == len(set(names))


@pytest.mark.slow
def test_workers_of_another_version_are_named(two, small, monkeypatch):
    ours = cluster.here()
    monkeypatch.setattr(cluster, "here", lambda: ours | {"torch": "1.0"})
    with (carried_out(address=two),
          pytest.raises(CorpusError, match="^worker tcp://.*: has torch .*, not 1.0; install")):
        run(PLANS, {"small": small}, device="cpu")


@pytest.mark.slow
def test_a_scheduler_that_dies_is_missed(small, tmp_path):
    def held(plan):
        while not (tmp_path / "go").exists():
            time.sleep(0.02)

    def sweep():
        with carried_out(address=address):
            run(PLANS, {"small": small}, device="cpu",
                looks=dict.fromkeys(PLANS, noting(tmp_path, held)))

    with started(tmp_path, workers=1) as (address, scheduler):
        found = aside(sweep)
        wait_for(lambda: begun(tmp_path), "a run")
        scheduler.kill()
        (tmp_path / "go").touch()
        with pytest.raises(CorpusError, match="scheduler is gone.*run the command again"):
            found.result(timeout=60)


@pytest.mark.slow
def test_without_an_address_this_machine_is_the_cluster(small, tmp_path):
    folder, out = small.save(tmp_path / "small"), tmp_path / "result.json"
    client = program("-m", "mlsan", "ablate", folder, "--seeds", 1, "--context", "off",
                     "--device", "cpu", "--engine", "dask", "--out", out)
    assert client.wait(120) == 0
    assert len(json.loads(out.read_text())["runs"]) == 8


def test_several_runs_in_one_process_are_refused(monkeypatch):
    worker = SimpleNamespace(address="tcp://it", state=SimpleNamespace(nthreads=4))
    monkeypatch.setattr(cluster, "get_worker", lambda: worker)
    with pytest.raises(CorpusError, match="worker tcp://it: .*4 runs at a time.*--nthreads 1"):
        cluster.carry_out(b"", {}, cluster.here())


@pytest.mark.parametrize("words, said", [
    (["--engine", "dusk"], ["--engine dusk", "local or dask"]),
    (["--engine", "local", "--address", "tcp://x:1"], ["--address tcp://x:1", "leave one"]),
    (["--address", "tcp://127.0.0.1:9"], ["tcp://127.0.0.1:9", "no Dask scheduler", "start one"]),
    (["--address", "host:8786:tcp"], ["host:8786:tcp", "no Dask scheduler"]),
    (["--runs", __file__], ["--runs", "is a file"])])
def test_what_cannot_be_is_said_before_anything_is_trained(words, said, mlsan, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr("mlsan.studies.commands.run_ablation", None)
    code, _, err = mlsan("ablate", "simulated", *words)
    assert code == 2 and all(word in err for word in said) and "Traceback" not in err


def test_who_stays_at_home_needs_no_dask(mlsan, monkeypatch):
    found = subprocess.run(
        [sys.executable, "-c", "import sys, mlsan.cli, mlsan.studies.__main__; "
         "sys.exit(len({'dask', 'distributed', 'mlsan.studies.cluster'} & set(sys.modules)))"],
        env=os.environ | {"PYTHONPATH": str(HOME)})
    assert found.returncode == 0
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "mlsan.studies.cluster")
    code, _, err = mlsan("ablate", "simulated", "--engine", "dask")
    assert code == 2 and "mlsan[cluster]" in err


def test_what_is_kept_is_not_run_again_and_anything_else_is(small, local, tmp_path):
    def kept():
        return {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.json")}

    louder = small.replaced(features=small.features | {"audio": small.features["audio"] * 2})
    with parallel_config(backend="sequential"), carried_out(runs=tmp_path):
        first = run(PLANS[:1], {"small": small}, device="cpu")
        before = kept()
        assert run(PLANS[:2], {"small": small}, device="cpu")[PLANS[0]] == first[PLANS[0]]
        assert kept().items() > before.items() and len(kept()) == 2
        other = run(PLANS[:1], {"small": louder}, device="cpu")
        looked = run(PLANS[:1], {"small": small}, device="cpu",
                     looks={PLANS[0]: noting(tmp_path, print)})
    assert len(kept()) == 4 and other[PLANS[0]]["corpus_fingerprint"] == louder.fingerprint
    assert looked[PLANS[0]]["probes"] == small.fingerprint
    assert first[PLANS[0]]["history"] == local[PLANS[0]]["history"]
