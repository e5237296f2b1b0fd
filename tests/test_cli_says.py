"""What the commands say beside the scores: what was left out, who is new, by which recipe."""

import json

from safetensors.numpy import load_file

from mlsan.data.corpus import Corpus


def test_a_stage_that_cannot_act_is_left_out_not_tabled_and_named(mlsan, small, tmp_path):
    """It would only shift dropout's random numbers, and that looks like a small gain."""
    text = small.replaced(features={"text": small.features["text"]}).save(tmp_path / "text")
    command = ["ablate", text, "--seeds", 1, "--speakers", "identity,none"]
    result = json.loads(mlsan(*command, "--json")[1])
    tabled = {(m["speakers"], *m["stages"]) for m in result["means"] if not m.get("baseline")}
    assert tabled == {("identity",), ("identity", "regularization"), ("none",)}
    for out in (mlsan(*command)[1], mlsan("train", text, "--out", tmp_path / "run")[1]):
        assert "calibration is left out, speakers identity: it acts on audio and visual" in out
    made = {name.split(".")[0] for name in load_file(tmp_path / "run" / "model.safetensors")}
    assert "regularization" in made and not made & {"calibration", "gating"}


def test_a_test_split_of_strangers_alone_is_named(mlsan, small, tmp_path):
    """And no probe reports that their names can't be read: it never learned them."""
    test = small.table.split == "test"
    names = small.table.speaker.where(~test, "new " + small.table.speaker)
    strangers = Corpus("new", small.table.assign(speaker=names), small.features, small.emotions)
    new = strangers.save(tmp_path / "new")
    out = mlsan("ablate", new, "--seeds", 1)[1]
    assert "Nobody of test is in train" in out
    probes = out.split("Probes")[1]
    assert probes.count("–") == 6 and "0.000" not in probes     # two kinds for each of three models
    assert "Nobody of test is in train" in mlsan("train", new, "--out", tmp_path / "run")[1]


def test_the_recipe_is_named_asked_for_and_kept_and_a_corpus_s_name_decides_nothing(
        mlsan, small, tmp_path):
    for name in ("emorynlp", "meld-mine"):
        renamed = Corpus(name, small.table, small.features, small.emotions)
        run = tmp_path / f"run-{name}"
        out = mlsan("train", renamed.save(tmp_path / name), "--out", run)[1]
        assert "recipe general" in " ".join(out.split())
    weights = [load_file(tmp_path / f"run-{name}" / "model.safetensors")
               for name in ("emorynlp", "meld-mine")]
    assert all((weights[0][name] == weights[1][name]).all() for name in weights[0])
    run = tmp_path / "other"
    out = mlsan("train", tmp_path / "emorynlp", "--recipe", "meld", "--out", run)[1]
    assert "recipe meld" in " ".join(out.split())
    about = json.loads((run / "run.json").read_text())
    assert about["plan"]["recipe"] == "meld" and about["recipe"]["recurrent"]
    assert mlsan("evaluate", run)[0] == 0
    code, _, err = mlsan("train", tmp_path / "emorynlp", "--recipe", "bert", "--out", run)
    assert code == 2 and "unknown recipe 'bert'" in err and "general" in err
    ablated = mlsan("ablate", tmp_path / "emorynlp", "--seeds", 1, "--recipe", "meld-friends")[1]
    assert "recipe meld-friends" in " ".join(ablated.split())
