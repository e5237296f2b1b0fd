import time
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest
import torch

from mlsan.data.batches import Tensors
from mlsan.data.corpus import Corpus
from mlsan.data.speaker_ids import speaker_ids
from mlsan.data.validation import CorpusError
from mlsan.measures.scores import f1_scores
from mlsan.training import Settings, build, class_weights, fit, inspect, pick_device

QUICK = Settings(epochs=4, batch_size=16)


def trained(corpus, settings=QUICK, folder=None, seed=0, **config):
    speakers = speaker_ids(corpus)
    model = build(corpus, speakers, seed, **config)
    history = fit(model, corpus, speakers, settings, seed=seed, device="cpu", folder=folder,
                  progress=False)
    return model, history


def same(a, b):
    pairs = zip(a.state_dict().values(), b.state_dict().values(), strict=True)
    return all(torch.equal(x, y) for x, y in pairs)


def test_training_learns_and_repeats_itself(small):
    model, history = trained(small)
    again, _ = trained(small)
    other, _ = trained(small, seed=1)
    assert history[-1]["loss"] < history[0]["loss"]
    assert same(model, again) and not same(model, other)


def test_training_leaves_the_callers_randomness_alone(small):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    trained(small)
    assert torch.equal(torch.rand(3), expected)


def test_best_dev_epoch_is_kept_and_patience_ends_it(small):
    settings = Settings(epochs=40, patience=2, batch_size=16, learning_rate=0.02)
    model, history = trained(small, settings)
    scores = [h["dev_weighted_f1"] for h in history]
    assert len(history) < 40 and len(history) - 1 - int(np.argmax(scores)) == 2
    out = inspect(model, small.tensors(speaker_ids(small).ids), small.dialogues("dev"))
    kept = f1_scores(small.emotion[out["rows"]], out["logits"].argmax(1), 7)
    assert kept["weighted_f1"] == max(scores)


def test_class_weights_find_a_rare_emotion_and_choose_by_recall():
    """Two overlapping classes, one in ten of them rare: unweighted, it pays to hardly name it."""
    rng = np.random.default_rng(0)
    rare = rng.random(1200) < 0.1
    table = pd.DataFrame({
        "dialogue": np.arange(1200) // 6, "turn": np.arange(1200) % 6,
        "speaker": np.where(np.arange(1200) % 2, "Ada", "Ben"),
        "emotion": np.where(rare, "fear", "neutral"), "text": "",
        "split": np.where(np.arange(1200) < 600, "train",
                          np.where(np.arange(1200) < 900, "dev", "test"))})
    table.loc[:299, "emotion"] = ""                     # learned from by nobody, counted by nobody
    features = {"text": (rng.normal(size=(1200, 4)) + rare[:, None]).astype(np.float32)}
    corpus = Corpus("rare", table, features, ["neutral", "fear"])
    share = rare[300:600].mean()
    assert class_weights(corpus).tolist() == pytest.approx([0.5 / (1 - share), 0.5 / share])
    recall = {}
    for weighted in (False, True):
        settings = Settings(epochs=6, batch_size=16, class_weights=weighted)
        model, history = trained(corpus, settings, stages=(), context=False)
        out = inspect(model, corpus.tensors(speaker_ids(corpus).ids), corpus.dialogues("test"))
        true, named = corpus.emotion[out["rows"]], out["logits"].argmax(1)
        recall[weighted] = (named[true == 1] == 1).mean()
        out = inspect(model, corpus.tensors(speaker_ids(corpus).ids), corpus.dialogues("dev"))
        scores = f1_scores(corpus.emotion[out["rows"]], out["logits"].argmax(1), 2)
        chosen_by = "unweighted_recall" if weighted else "weighted_f1"
        assert scores[chosen_by] == max(h[f"dev_{chosen_by}"] for h in history)
        assert ("dev_unweighted_recall" in history[0]) == weighted
    assert recall[True] > recall[False] + 0.2


def test_each_epoch_draws_anew(small, monkeypatch):
    """Seeded once, not once an epoch: an order repeated every epoch is a peers' defect."""
    seen, batch = [], Tensors.batch

    def spied(tensors, dialogues, turns=None):
        seen.append(tuple(np.asarray(dialogues)))
        return batch(tensors, dialogues, turns)

    monkeypatch.setattr(Tensors, "batch", spied)
    trained(small)
    train = [s for s in seen if len(s) == 16 and s != tuple(small.dialogues("dev"))]
    assert len(set(train)) == len(train)


@pytest.mark.slow
def test_killed_at_any_moment_and_resumed_ends_the_same(small, tmp_path):
    settings = Settings(epochs=8, batch_size=8)
    whole, history = trained(small, settings, tmp_path / "whole")
    draw, stopped_at = np.random.default_rng(0), set()
    for attempt in range(3):
        folder = tmp_path / str(attempt)
        for _ in range(2):
            process = get_context("fork").Process(target=trained, args=(small, settings, folder))
            process.start()
            for _ in range(draw.integers(1, 3)):            # epochs, then somewhere in the next
                written = _written(folder)
                while _written(folder) == written and process.is_alive():
                    time.sleep(0.002)
            time.sleep(draw.uniform(0, 0.05))
            process.kill()                                  # SIGKILL
            process.join()
            assert process.exitcode in (-9, 0)
            checkpoint = torch.load(folder / "checkpoint.pt", weights_only=True)
            stopped_at.add(checkpoint["state"]["epoch"])
        resumed, again = trained(small, settings, folder)
        assert same(whole, resumed) and again == history
    assert len(stopped_at - {settings.epochs}) >= 2, stopped_at         # it was cut in the middle


def _written(folder) -> int | None:
    """When the checkpoint was last written; None before the first time."""
    checkpoint = folder / "checkpoint.pt"
    return checkpoint.stat().st_mtime_ns if checkpoint.exists() else None


def test_killed_while_writing_leaves_the_old_checkpoint(small, tmp_path, monkeypatch):
    settings = Settings(epochs=5, batch_size=16)
    whole, _ = trained(small, settings)
    real, calls = torch.save, []

    def dies_the_third_time(thing, path):
        calls.append(path)
        real(thing, path)
        if len(calls) == 3:
            with open(path, "r+b") as file:
                file.truncate(100)
            raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", dies_the_third_time)
    with pytest.raises(KeyboardInterrupt):
        trained(small, settings, tmp_path)
    monkeypatch.setattr(torch, "save", real)
    resumed, _ = trained(small, settings, tmp_path)
    assert same(whole, resumed)


def test_a_folder_goes_on_with_its_own_training_only(small, tmp_path):
    """Seed 0's weights are never given out for seed 7's."""
    trained(small, QUICK, tmp_path)
    with pytest.raises(CorpusError, match="is of another training, with seed 0, now 7"):
        trained(small, QUICK, tmp_path, seed=7)
    with pytest.raises(CorpusError, match="settings.epochs 4, now 5"):
        trained(small, Settings(epochs=5, batch_size=16), tmp_path)
    speakers = speaker_ids(small)
    with pytest.raises(CorpusError, match="peek False, now True"):
        fit(build(small, speakers), small, speakers, QUICK, folder=tmp_path, peek=True)


@pytest.mark.parametrize("left", [0, 100, 5000])
def test_a_checkpoint_that_was_cut_is_named(small, tmp_path, left):
    trained(small, QUICK, tmp_path)
    with open(tmp_path / "checkpoint.pt", "r+b") as file:
        file.truncate(left)
    with pytest.raises(CorpusError, match="checkpoint.pt: cannot be read.*delete it"):
        trained(small, QUICK, tmp_path)


def rebuilt(corpus, **changes):
    return Corpus("odd", corpus.table.assign(**changes), corpus.features, corpus.emotions)


def test_one_speaker_in_train_is_refused_where_a_stage_needs_two(small):
    alone = rebuilt(small, speaker="Ada")
    with pytest.raises(CorpusError, match="one speaker in mode 'identity'.*--stages none"):
        trained(alone)
    trained(alone, Settings(epochs=1), stages=())


def test_texts_without_features_are_refused(small):
    bare = small.replaced(features={})
    with pytest.raises(CorpusError, match="no features.*mlsan finetune.*mlsan import"):
        build(bare, speaker_ids(bare))


def test_a_class_absent_from_train_is_refused(small):
    t = small.table
    emotion = t.emotion.where((t.emotion != "fear") | (t.split != "train"), "neutral")
    with pytest.raises(CorpusError, match="no train utterance of fear.*drop the .* dev and test"):
        trained(rebuilt(small, emotion=emotion))


@pytest.mark.parametrize("left", [0, 1])
def test_a_modality_that_train_hardly_has_is_refused(small, left):
    rows = small.rows("train")
    present = small.present | {"visual": small.present["visual"].copy()}
    present["visual"][rows[left:]] = False
    sparse = Corpus("sparse", small.table, small.features, small.emotions, present=present)
    with pytest.raises(CorpusError, match=f"visual is there in {left} of {len(rows)} train rows"):
        trained(sparse)


def test_a_loss_that_is_not_finite_ends_the_run_and_scores_nothing(small, tmp_path):
    wild = Settings(epochs=4, batch_size=16, learning_rate=1e30)
    with pytest.raises(CorpusError, match="the loss is (nan|inf).*nothing is scored"):
        trained(small, wild, tmp_path)


def test_a_corpus_without_dev_is_refused(small):
    with pytest.raises(CorpusError, match="no dev split"):
        trained(rebuilt(small, split=small.table.split.replace("dev", "train")))


def test_device():
    assert pick_device("cpu").type == "cpu"
    for wrong in ("cuda:99", "gpu", "abacus"):
        with pytest.raises(CorpusError, match=f"device '{wrong}'.*use cpu, or auto"):
            pick_device(wrong)
    assert pick_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
