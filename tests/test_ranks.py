"""A fine-tuning that ``torchrun`` shares between two processes, and what one makes of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from test_finetune import run, tiny, toy, tuning, weights

import mlsan
from mlsan.data.corpus import Corpus

pytestmark = pytest.mark.slow               # every process imports torch first

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    """Without dropout, which every process would draw for itself."""
    return tiny("Bert", tmp_path_factory.mktemp("encoder"),
                hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)


def torchrun(*words) -> subprocess.CompletedProcess:
    path = os.pathsep.join([str(Path(mlsan.__file__).parents[1]), str(HERE)])
    process = subprocess.Popen(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
         *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}, start_new_session=True)
    try:
        printed = process.communicate(timeout=200)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)          # its two processes, too
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, *printed)


def shared(what: str, *arguments) -> subprocess.CompletedProcess:
    return torchrun(HERE / "two_processes.py", what, json.dumps(arguments))


def test_gradients_are_those_of_one_process_however_the_batch_is_shared(encoder, tmp_path):
    """Evenly, unevenly, and with nothing for one of them."""
    done = shared("gradients", encoder, [8, 5, 1], str(tmp_path / "found"))
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "found").read_text())
    for batch in found:
        assert batch["apart"] < 1e-6 < 1e-2 < batch["largest"]
        assert batch["losses"][0] == pytest.approx(batch["losses"][1], abs=1e-6)
    assert len(found) == 3


def test_the_model_is_the_one_that_a_single_process_trains(encoder, tmp_path):
    changes = {"encoder": encoder, "epochs": 2, "batch_size": 7}
    one = run(toy(late=0, dialogues=42), tuning(**changes), tmp_path / "one")
    done = shared("train", changes | {"folder": str(tmp_path / "two")})
    assert done.returncode == 0, done.stderr
    two = json.loads((tmp_path / "two" / "run.json").read_text())
    assert two["predictions"] == one["predictions"] and two["test"] == one["test"]
    for ours, its in zip(two["history"], one["history"], strict=True):
        assert ours == pytest.approx(its, abs=1e-3)
    vectors = [Corpus.load(tmp_path / name / "features").features["text"]
               for name in ("one", "two")]
    np.testing.assert_allclose(*vectors, atol=1e-2)
    assert not list((tmp_path / "two").glob("checkpoint*"))


def test_the_others_end_with_one_that_is_killed_and_all_go_on_where_they_were(encoder, tmp_path):
    """Killed within the second epoch; to the last bit, dropout included."""
    changes = {"encoder": encoder, "epochs": 2, "batch_size": 12, "dropout": 0.3}
    whole, cut = ({**changes, "folder": str(tmp_path / name)} for name in ("whole", "cut"))
    assert shared("train", whole, cut | {"dies_after": 6}).returncode != 0
    assert (tmp_path / "cut" / "checkpoint.pt").exists()
    done = shared("train", cut | {"resume": True})
    assert done.returncode == 0, done.stderr
    assert weights(tmp_path / "cut") == weights(tmp_path / "whole")


def test_the_command_speaks_once_and_a_mistake_ends_all(encoder, tmp_path):
    folder = toy(late=0, dialogues=40).save(tmp_path / "toy")
    words = ["-m", "mlsan", "finetune", folder, "--encoder", encoder, "--epochs", 1,
             "--out", tmp_path / "run", "--device", "cpu", "--json"]
    told = torchrun(*words)
    about = json.loads((tmp_path / "run" / "run.json").read_text())
    assert told.returncode == 0 and json.loads(told.stdout) == about["test"]
    again = torchrun(*words)
    assert again.returncode != 0 and "mlsan: " in again.stderr
    assert "holds a run already; add --resume" in " ".join(again.stderr.split())
