"""The commands as a user runs them, on a small corpus folder."""

import json
import os
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import feature_files
import numpy as np
import pytest

from mlsan import cli
from mlsan.model.mlsan import STAGES
from mlsan.sources.simulated import simulate
from mlsan.studies.protocol import Row


@pytest.fixture
def folder(small, tmp_path):
    return small.save(tmp_path / "mine")


def test_corpora_lists_them(mlsan):
    code, out, _ = mlsan("corpora", "--json")
    assert code == 0
    assert {c["name"] for c in json.loads(out)} >= {"simulated", "meld", "meld-friends"}
    assert "meld-friends" in mlsan("corpora")[1]


def test_train_evaluate_and_resume(mlsan, folder, tmp_path):
    run = tmp_path / "run"
    command = ["train", folder, "--stages", "calibration,gating", "--out", run]
    code, out, err = mlsan(*command, "--json")
    assert code == 0, err
    trained = json.loads(out)
    assert set(trained) >= {"weighted_f1", "macro_f1", "unweighted_recall", "accuracy",
                            "per_class_f1", "unseen_speaker_f1"}
    assert set(trained["per_class_f1"]) == set(simulate(25).emotions)
    assert 0 < trained["weighted_f1"] < 1
    assert json.loads(mlsan("evaluate", run, "--json")[1]) == trained
    out = mlsan("evaluate", run)[1]
    assert all(name in out for name in ("weighted F1", "unweighted recall", "accuracy"))
    code, _, err = mlsan(*command)
    assert code == 2 and "--resume" in err
    code, out, _ = mlsan(*command, "--resume", "--json")
    assert code == 0 and json.loads(out) == trained
    code, _, err = mlsan("train", folder, "--stages", "gating", "--out", run, "--resume")
    assert code == 2 and "another run, with plan.stages" in err


def test_class_weights_are_kept_with_the_run_and_in_its_name(mlsan, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = ["train", folder, "--stages", "none", "--class-weights"]
    assert mlsan(*command)[0] == 0
    (run,) = (tmp_path / "runs").iterdir()
    about = json.loads((run / "run.json").read_text())
    assert "class-weights" in run.name and about["plan"]["class_weights"]
    assert about["recipe"]["settings"]["class_weights"] and mlsan("evaluate", run)[0] == 0
    code, _, err = mlsan(*command[:-1], "--out", run, "--resume")
    assert code == 2 and "plan.class_weights True, now False" in err


def test_a_run_is_found_from_another_folder(mlsan, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ["--speakers", "none", "--neutrality", "0.3"]
    assert mlsan("train", folder.name, *options, "--out", "run")[0] == 0
    monkeypatch.chdir("/")
    assert mlsan("evaluate", tmp_path / "run", "--json")[0] == 0


def test_evaluate_refuses_what_is_no_finished_run(mlsan, folder, tmp_path):
    assert "run.json: not found" in mlsan("evaluate", tmp_path)[2]
    run = tmp_path / "run"
    mlsan("train", folder, "--out", run)
    (run / "model.safetensors").unlink()
    code, _, err = mlsan("evaluate", run)
    assert code == 2 and "--resume" in err


def test_a_damaged_run_is_named(mlsan, folder, tmp_path):
    run = tmp_path / "run"
    mlsan("train", folder, "--out", run)
    for name in ("model.safetensors", "run.json"):
        (run / name).write_bytes((run / name).read_bytes()[:50])
        code, _, err = mlsan("evaluate", run)
        assert code == 2 and f"{name}: cannot be read" in err and "Traceback" not in err


def test_a_run_of_another_platform_or_time_is_the_same_run(mlsan, folder, tmp_path):
    """Read-only, with Windows' line ends, from before formats were counted; no newer one."""
    run = tmp_path / "run"
    command = ["train", folder, "--out", run, "--resume"]
    assert mlsan(*command)[0] == 0
    about = run / "run.json"
    said = json.loads(about.read_text("utf-8"))
    assert said.pop("format") == 1
    for older in (said["plan"], said["recipe"]["settings"]):
        assert older.pop("class_weights") is False
    assert said["recipe"].pop("speaker_dim") == 32 and said["model"].pop("heard") is False
    about.write_bytes(b"\xef\xbb\xbf" + json.dumps(said, indent=1).replace("\n", "\r\n").encode())
    before = {p: (p.stat().st_mtime_ns, p.chmod(0o444)) for p in run.iterdir()}
    run.chmod(0o555)
    try:
        assert mlsan("evaluate", run)[0] == 0
    finally:
        run.chmod(0o755)
    assert {p: (p.stat().st_mtime_ns, None) for p in run.iterdir()} == before
    assert mlsan(*command)[0] == 0
    about.chmod(0o644)
    about.write_text(json.dumps(said | {"format": 3}), "utf-8")
    for args in (["evaluate", run], command):
        code, _, err = mlsan(*args)
        assert code == 2 and "run.json: was written by a newer mlsan (format 3" in err


def test_a_name_of_ours_is_not_hidden_by_a_folder(mlsan, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("meld-mmgcn", "sdt"):
        folder.rename(tmp_path / name)
        folder = tmp_path / name
        (folder / "features.safetensors").unlink(missing_ok=True)      # not to be read as ours
    code, _, err = mlsan("reproduce", "meld", "--features", "sdt")
    assert code == 2 and "features.safetensors" not in err and "--from" in err
    code, _, err = mlsan("train", "./sdt", "--out", "run")
    assert code == 2 and "sdt/features.safetensors: not found" in err
    code, _, err = mlsan("reproduce", "meld", "--features", "./sdt")
    assert code == 2 and "sdt/features.safetensors: not found" in err


def test_what_would_fail_after_hours_fails_before(mlsan, small, folder, tmp_path, monkeypatch):
    monkeypatch.setattr("mlsan.studies.commands.run_ablation", None)
    monkeypatch.setattr("mlsan.cli.run_training", None)
    monkeypatch.setattr("mlsan.cli.run_finetuning", None)
    monkeypatch.setattr("mlsan.studies.protocol.open_corpus", None)
    (tmp_path / "file").write_text("")
    tune, reproduce = ["finetune", folder, "--out"], ["reproduce", "meld", "--out"]
    untested = small.replaced(keep=(small.table.split != "test").to_numpy())
    untested.save(tmp_path / "untested")
    for args, words in (
            (["ablate", "simulated", "--out", tmp_path], ["is a folder", "--out"]),
            (["train", folder, "--out", tmp_path / "file"], ["is a file", "--out"]),
            ([*tune, tmp_path / "file"], ["is a file", "--out"]),
            ([*reproduce, tmp_path / "file"], ["is a file", "--out"]),
            ([*reproduce, tmp_path / "file" / "run"], ["Not a directory", "--out"]),
            ([*tune, tmp_path / "run", "--seed", "-1"], ["--seed"]),
            (["train", tmp_path / "untested"], ["no test split"])):
        code, _, err = mlsan(*args)
        assert code == 2 and all(word in err for word in words) and "Traceback" not in err


def test_a_device_that_is_not_here_leaves_no_folder(mlsan, folder, tmp_path):
    for device in ("abacus", "cuda:99"):
        code, _, err = mlsan("train", folder, "--out", tmp_path / "run", "--device", device)
        assert code == 2 and device in err and not (tmp_path / "run").exists()
    assert mlsan("train", folder, "--seed", "-1")[0] == 2
    assert mlsan("train", folder, "--neutrality", "-1")[0] == 2


READ_ONLY = """
import importlib, os, pkgutil, sys
(home,) = importlib.util.find_spec("mlsan").submodule_search_locations
CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.chmod",
           "os.truncate", "os.utime"}

def refuse(event, args):
    written = event == "open" and isinstance(args[2], int) and args[2] & (
        os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    paths = [os.path.abspath(a) for a in args if isinstance(a, (str, os.PathLike))]
    if (written or event in CHANGES) and any(p.startswith(home) for p in paths):
        raise SystemExit(f"{event} {args}")

sys.addaudithook(refuse)
for module in pkgutil.walk_packages([home], "mlsan."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
from mlsan import cli
cli.app(sys.argv[1:], standalone_mode=False)
"""


@pytest.mark.slow
def test_an_installation_that_nobody_may_write_to_trains(folder, tmp_path):
    home = Path(cli.__file__).parent

    def found():
        return {p: p.stat().st_mtime_ns for p in home.rglob("*") if "__pycache__" not in p.parts}

    before = found()
    told = subprocess.run(
        [sys.executable, "-c", READ_ONLY, "train", folder, "--out", tmp_path / "run", "--json"],
        capture_output=True, text=True, cwd=tmp_path, env=os.environ | {
            "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(home.parent),
            "MLSAN_DATA": str(tmp_path / "data"), "OMP_NUM_THREADS": "1"})
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["utterances"] and found() == before


def test_corpora_never_cuts_a_name(mlsan, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    out = mlsan("corpora")[1]
    assert all(name in out for name in ("meld-multiemo", "iemocap-multiemo", "meld-friends"))


def test_unseen_speakers_are_scored_apart(mlsan, small, tmp_path):
    speaker = small.table.speaker.where(small.table.split != "test", "Zoe")
    table = small.table.assign(speaker=speaker)
    corpus = type(small)("guests", table, small.features, small.emotions)
    mlsan("train", corpus.save(tmp_path / "guests"), "--out", tmp_path / "run")
    scores = json.loads(mlsan("evaluate", tmp_path / "run", "--json")[1])
    assert scores["unseen_speaker_f1"] == pytest.approx(scores["weighted_f1"])


def test_reproduce_keeps_a_result_that_names_its_command(mlsan, folder, tmp_path, monkeypatch):
    rows = [Row("identity", "off"), Row("identity", "on")]
    monkeypatch.setattr("mlsan.studies.protocol.rows_of", lambda corpus: rows)
    monkeypatch.setattr("mlsan.studies.protocol.QUICK_EPOCHS", 1)
    args = ["reproduce", "meld", "--features", folder, "--seeds", 2, "--quick"]
    code, out, err = mlsan(*args, "--out", tmp_path / "kept")
    assert code == 0, err
    assert "--quick: 1 epochs at most" in out and "Not the official test split" in out
    result = json.loads((tmp_path / "kept" / "result.json").read_text())
    assert result["command"] == " ".join(["mlsan", *map(str, args)]) and result["quick"]
    assert {p.name for p in (tmp_path / "kept").iterdir()} == {
        "runs", "result.json", "table.csv", "differences.csv", "figure.html"}
    code, _, err = mlsan(*args[:-1], "--out", tmp_path / "kept")
    assert code == 2 and "epochs" in err and "Traceback" not in err


@pytest.mark.parametrize("args, words", [
    (["train", "nowhere"], ["nowhere", "simulated"]),
    (["reproduce", "friends"], ["friends", "meld", "iemocap"]),
    (["reproduce", "meld", "--features", "nothing"], ["nothing", "multiemo"]),
    (["train", "simulated", "--stages", "gates"], ["gates", "calibration"]),
    (["train", "simulated", "--speakers", "names"], ["names", "identity"]),
    (["ablate", "simulated", "--context", "maybe"], ["maybe", "on or off"])])
def test_mistakes_are_one_line(mlsan, args, words):
    code, _, err = mlsan(*args)
    assert code == 2 and all(w in err for w in words) and "Traceback" not in err


def test_one_seed_is_json_too(mlsan, small, monkeypatch):
    monkeypatch.setattr("mlsan.catalogue.load", lambda name: small)

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    code, out, err = mlsan("ablate", "simulated", "--seeds", "1", "--json")
    assert code == 0, err
    assert json.loads(out, parse_constant=refuse)["means"][0]["weighted_f1_sd"] is None
    assert mlsan("ablate", "simulated", "--seeds", "1")[0] == 0


@pytest.mark.slow
def test_ablate_writes_what_it_promises(mlsan, small, tmp_path, monkeypatch):
    monkeypatch.setattr("mlsan.catalogue.load", lambda name: small)
    code, out, err = mlsan("ablate", "simulated", "--seeds", "2", "--speakers", "identity,shuffled",
                           "--context", "off", "--out", tmp_path / "a" / "r.json")
    assert code == 0, err
    result = json.loads((tmp_path / "a" / "r.json").read_text())
    wanted = {(tuple(s), m, k) for n in range(4) for s in combinations(STAGES, n)
              for m in ("identity", "shuffled") for k in (0, 1)}
    assert {(tuple(r["stages"]), r["speakers"], r["seed"]) for r in result["runs"]} == wanted
    assert len(result["runs"]) == 32 and len(result["baselines"]) == 4
    for level in ("utterance", "utterance_speaker_unknown", "dialogue"):
        assert 0 < result["bayes"][level]["weighted_f1"] <= 1
    assert set(result["gate_correlation"]) == {"pooled", "text", "audio", "visual"}
    assert {tuple(p["stages"]) for p in result["probes"]} == {(), ("calibration",), STAGES}

    def of(row):
        return tuple(row["stages"]), row["speakers"]

    full = STAGES, "identity"
    mean = {of(m): m["weighted_f1"] for m in result["means"] if "baseline" not in m}
    assert mean[full] == pytest.approx(
        np.mean([r["weighted_f1"] for r in result["runs"] if of(r) == full]))
    difference = next(p["weighted_f1"] for p in result["paired"]
                      if of(p) == full and p["against"] == "static")
    assert difference["difference"] == pytest.approx(mean[full] - mean[(), "identity"])
    assert difference["low"] <= difference["difference"] <= difference["high"]
    for word in ("Exact Bayes", "Probes", "static + speaker vector", "Spearman"):
        assert word in out


# -- published features ----------------------------------------------------------------------------


@pytest.fixture
def generated(tmp_path, monkeypatch):
    monkeypatch.setenv("MLSAN_DATA", str(tmp_path / "data"))
    return feature_files.write(tmp_path / "files", feature_files.contents("iemocap", "cosmic"),
                               identity=feature_files.identity("iemocap"))


def test_feature_files_at_hand_become_a_folder_to_train_on(mlsan, generated, tmp_path):
    code, out, err = mlsan("fetch", "iemocap", "--features", "cosmic", "--from", generated)
    assert code == 0 and "iemocap-cosmic-GENERATED. Licence: generated, none" in out, err
    folder = re.search(r"`mlsan train (.+)`", out)[1]
    assert mlsan("train", folder, "--out", tmp_path / "run")[0] == 0


def test_iemocaps_terms_come_before_its_files(mlsan, generated):
    (generated / "identity.pkl").unlink()
    command = ["fetch", "iemocap", "--features", "cosmic", "--from", generated]
    code, out, err = mlsan(*command)
    assert code == 2 and not out and not list((generated.parent / "data").rglob("*.parquet"))
    for word in ("SAIL", "research", "pass on", f"--from {generated} --accept-licence"):
        assert word in err
    code, out, err = mlsan(*command, "--accept-licence")
    assert code == 0 and "research only" in out, err


@pytest.mark.parametrize("args, words", [
    (["fetch", "meld", "--from", "there"], ["--features"]),
    (["fetch", "meld", "--features", "sdt"], ["meld_multimodal_features.pkl", "--from DIR"]),
    (["fetch", "meld", "--features", "sdt", "--from", "there"],
     ["there/meld_multimodal_features.pkl: not found"]),
    (["fetch", "friends", "--features", "sdt"], ["'friends'", "meld and of iemocap"]),
    (["fetch", "meld", "--features", "vgg"], ["'vgg'", "multiemo"])])
def test_feature_files_that_cannot_be_had(mlsan, args, words):
    code, _, err = mlsan(*args)
    assert code == 2 and all(w in err for w in words) and "Traceback" not in err
