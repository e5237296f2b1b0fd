"""The fine-tuning of an encoder, in a toy world, with one so small that it needs no download."""

import json

import numpy as np
import pandas as pd
import pytest
import safetensors.torch
import torch
from typer.testing import CliRunner

from mlsan import cli, train
from mlsan import finetune as module
from mlsan.data.corpus import Corpus
from mlsan.data.validation import CorpusError
from mlsan.finetune import Tuning, finetune, written
from mlsan.recipes import RECIPES, Recipe
from mlsan.runs import Plan
from mlsan.training import Settings

transformers = pytest.importorskip("transformers",
                                   reason='not installed: pip install "mlsan[text]"')

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
WORDS = ["good", "bad", "odd", "well", "so", "hm", "ada", "bob", "eve", ":"]
EMOTIONS = ("joy", "sadness", "surprise")


def tiny(kind, folder, **config):
    """A folder with an untrained encoder."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    numbers = {word: i for i, word in enumerate(SPECIAL + WORDS)}
    words = Tokenizer(models.WordLevel(numbers, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    segments = ["token_type_ids"] if kind == "Bert" else []             # RoBERTa knows none
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
        sep_token="[SEP]", model_input_names=["input_ids", *segments, "attention_mask"],
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=len(numbers), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=64, pad_token_id=0,
        type_vocab_size=1 + len(segments), **config)
    getattr(transformers, f"{kind}Model")(config).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return tiny("Bert", tmp_path_factory.mktemp("encoder"))


def toy(late: int, dialogues=90, turns=4):
    """Each turn says good, bad or odd.

    Its emotion is what was said ``late`` turns before; that of a dialogue's first turns is joy.
    """
    rng, rows = np.random.default_rng(0), []
    for d in range(dialogues):
        words = rng.integers(3, size=turns)
        split = "train" if d < dialogues - 30 else "dev" if d < dialogues - 15 else "test"
        for t in range(turns):
            text = f"{rng.choice(['well', 'so', 'hm'])} {WORDS[words[t]]}"
            emotion = EMOTIONS[words[t - late] if t >= late else 0]
            rows.append((f"d{d}", t, ["ada", "bob"][t % 2], emotion, split, text))
    table = pd.DataFrame(rows, columns=["dialogue", "turn", "speaker", "emotion", "split", "text"])
    audio = np.arange(2 * len(table), dtype=np.float32).reshape(-1, 2)
    features = {"text": np.zeros((len(table), 5)), "audio": audio}
    present = {m: np.arange(len(table)) % 3 > 0 for m in features}      # one of three lacks both
    return Corpus("toy", table, features, EMOTIONS, present=present)


def tuning(encoder, **changes):
    usual = {"epochs": 3, "batch_size": 16, "learning_rate": 5e-3, "context": 1, "max_length": 24,
             "dropout": 0.0}
    return Tuning(encoder=encoder, **usual | changes)


def run(corpus, tuning, folder, **options):
    return finetune(corpus, tuning, folder, device="cpu", progress=False, **options)


def weights(folder):
    files = folder / "encoder" / "model.safetensors", folder / "head.safetensors"
    return [path.read_bytes() for path in files]


def with_table(corpus, **changes):
    return Corpus(corpus.name, corpus.table.assign(**changes), corpus.features, corpus.emotions)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["Bert", "Roberta"])
def test_it_learns_what_the_turn_says_and_its_features_are_a_corpus(kind, tmp_path, monkeypatch):
    corpus, encoder = toy(late=0), tiny(kind, tmp_path / "encoder")
    about = run(corpus, tuning(encoder), tmp_path / "run")
    assert about["test"]["weighted_f1"] > 0.95
    assert about == json.loads((tmp_path / "run" / "run.json").read_text())

    tuned = Corpus.load(tmp_path / "run" / "features")
    pd.testing.assert_frame_equal(tuned.table, corpus.table)
    assert tuned.name == "toy-tuned" and tuned.dims == {"text": 32, "audio": 2}
    np.testing.assert_array_equal(tuned.features["audio"], corpus.features["audio"])
    assert tuned.present["text"].all() and not tuned.present["audio"][::3].any()
    head = safetensors.torch.load_file(tmp_path / "run" / "head.safetensors")
    logits = tuned.features["text"] @ head["weight"].numpy().T + head["bias"].numpy()
    assert about["predictions"] == [EMOTIONS[i] for i in logits[tuned.rows("test")].argmax(1)]

    monkeypatch.setitem(RECIPES, "general", Recipe(settings=Settings(epochs=5, batch_size=16)))
    plan = Plan(str(tmp_path / "run" / "features"), stages=())
    on_top = train(plan, device="cpu", progress=False)
    assert on_top.scores("test")["weighted_f1"] > 0.95
    transformers.AutoModel.from_pretrained(tmp_path / "run" / "encoder")


def test_a_corpus_of_texts_alone_gets_features(encoder, tmp_path):
    bare = toy(late=0, dialogues=36).replaced(features={})
    about = run(bare, tuning(encoder, epochs=1), tmp_path / "run")
    assert about["format"] == 1
    assert Corpus.load(tmp_path / "run" / "features").dims == {"text": 32}
    old = {key: value for key, value in about.items() if key != "format"}
    (tmp_path / "run" / "run.json").write_text(json.dumps(old), "utf-8")
    assert run(bare, tuning(encoder, epochs=1), tmp_path / "run", resume=True) == old


def test_context_is_read_where_it_is_asked_for(encoder, tmp_path):
    corpus = toy(late=1)
    without, with_it = (run(corpus, tuning(encoder, context=k), tmp_path / str(k)) for k in (0, 1))
    assert without["test"]["weighted_f1"] < 0.75 and with_it["test"]["weighted_f1"] > 0.95


def test_a_turn_is_whole_and_its_context_is_cut_where_it_is_oldest(encoder):
    tokenizer = transformers.AutoTokenizer.from_pretrained(encoder)
    corpus = toy(late=0, dialogues=31)

    def texts(**changes):
        """Of every turn: what is read as its own, and as its context."""
        read = written(corpus, tokenizer, tuning(encoder, **changes))
        parts = [(x["input_ids"][:x["turn"]], x["input_ids"][x["turn"]:]) for x in read]
        return [tuple(map(tokenizer.decode, pair)) for pair in parts]

    said = corpus.table.text
    own = f"[CLS] {said[3]} [SEP]"
    assert texts(context=2)[3] == (own, f"{said[1]} [SEP] {said[2]} [SEP]")
    assert texts(context=3, max_length=8)[3] == (own, f"[SEP] {said[2]} [SEP]")
    assert texts(context=9)[4] == (f"[CLS] {said[4]} [SEP]", "")        # the next dialogue's first
    named = f"[CLS] bob : {said[1]} [SEP]", f"ada : {said[0]} [SEP]"
    assert texts(context=2, names=True)[1] == named
    assert written(corpus, tokenizer, tuning(encoder))[1]["token_type_ids"] == [0] * 4 + [1] * 3
    assert texts(context=3, max_length=3)[3] == (f"[CLS] {said[3].split()[0]} [SEP]", "")


def test_an_epoch_reads_every_turn_once_in_an_order_of_its_own_and_pads_little():
    lengths = torch.randint(5, 97, (1000,), generator=torch.Generator().manual_seed(0))
    epochs = [module._batches(lengths, Tuning(batch_size=8), epoch) for epoch in range(2)]
    for batches in epochs:
        assert sorted(np.concatenate(batches)) == list(range(1000))
        assert sum(len(b) * lengths[b].max() for b in batches) < 1.1 * lengths.sum()
        firsts = [int(lengths[b[0]]) for b in batches]
        assert firsts != sorted(firsts)
    assert not np.array_equal(np.concatenate(epochs[0]), np.concatenate(epochs[1]))


def test_names_are_read_only_where_they_are_asked_for(encoder, tmp_path):
    corpus = toy(late=0, dialogues=40)
    other = with_table(corpus, speaker=corpus.table.speaker.map({"ada": "eve", "bob": "ada"}))
    for names in (False, True):
        mine = tuning(encoder, names=names, epochs=1)
        folders = tmp_path / f"{names}-corpus", tmp_path / f"{names}-other"
        for which, folder in zip((corpus, other), folders, strict=True):
            run(which, mine, folder)
        one, another = map(weights, folders)
        assert (one != another) == names


def test_neither_weights_nor_the_epoch_come_from_test(encoder, tmp_path):
    corpus = toy(late=0)
    emotion = corpus.table.emotion.where(corpus.table.split != "test", "surprise")
    about = run(corpus, tuning(encoder, epochs=2), tmp_path / "a")
    blind = run(with_table(corpus, emotion=emotion), tuning(encoder, epochs=2), tmp_path / "b")
    assert about["test"] != blind["test"] and about["history"] == blind["history"]
    assert weights(tmp_path / "a") == weights(tmp_path / "b")


def test_the_best_epoch_on_dev_is_kept(encoder, tmp_path, monkeypatch):
    """An epoch that is better on dev comes before worse ones: its weights stay."""
    real = module.f1_scores
    for folder, dev in (("second", [0.2, 0.9, 0.5]), ("last", [0.2, 0.5, 0.9])):
        scores = iter(dev)
        monkeypatch.setattr(module, "f1_scores",
                            lambda *a, scores=scores: real(*a) | {"weighted_f1": next(scores, 0.0)})
        about = run(toy(late=0, dialogues=40), tuning(encoder), tmp_path / folder)
        assert about["best_epoch"] == np.argmax(dev)
        assert [epoch["dev_weighted_f1"] for epoch in about["history"]] == dev
    assert weights(tmp_path / "second") != weights(tmp_path / "last")


class Killed(BaseException):
    """As good as SIGKILL: nothing catches it."""


@pytest.mark.slow
@pytest.mark.parametrize("saves", [1, 3, 4, 5])
def test_a_killed_run_goes_on_and_ends_at_the_same_weights(encoder, tmp_path, monkeypatch, saves):
    """Killed within an epoch, after one, and while a checkpoint is being written."""
    corpus = toy(late=0, dialogues=42)
    mine = tuning(encoder, epochs=2, batch_size=12, dropout=0.3)
    whole = run(corpus, mine, tmp_path / "whole")
    monkeypatch.setattr(module, "CHECKPOINT_SECONDS", 0)        # after each of the epoch's 4 steps
    real, calls = torch.save, []

    def dies(thing, path):
        calls.append(path)
        real(thing, path)
        if len(calls) == saves:
            path.write_bytes(path.read_bytes()[:100])
            raise Killed

    monkeypatch.setattr(torch, "save", dies)
    with pytest.raises(Killed):
        run(corpus, mine, tmp_path / "cut")
    again = run(corpus, mine, tmp_path / "cut", resume=True)
    assert again == whole and weights(tmp_path / "cut") == weights(tmp_path / "whole")
    assert len(calls) == 8 + 1 and not list((tmp_path / "cut").glob("checkpoint*"))


def test_killed_before_its_last_word_it_writes_its_features_anew(encoder, tmp_path, monkeypatch):
    corpus, mine = toy(late=0, dialogues=36), tuning(encoder, epochs=1)
    real = Corpus.save

    def dies(self, folder):
        real(self, folder)
        raise Killed

    monkeypatch.setattr(Corpus, "save", dies)
    with pytest.raises(Killed):
        run(corpus, mine, tmp_path)
    monkeypatch.setattr(Corpus, "save", real)
    about = run(corpus, mine, tmp_path, resume=True)
    assert "test" in about and len(Corpus.load(tmp_path / "features")) == len(corpus)
    assert run(corpus, mine, tmp_path, resume=True) == about


def test_a_folder_holds_one_run(encoder, tmp_path):
    corpus = toy(late=0, dialogues=36)
    run(corpus, tuning(encoder, epochs=1), tmp_path)
    with pytest.raises(CorpusError, match="holds a run already; add --resume"):
        run(corpus, tuning(encoder, epochs=1), tmp_path)
    with pytest.raises(CorpusError, match="with tuning.epochs 1, now 2; table .*another --out"):
        run(toy(late=1, dialogues=36), tuning(encoder, epochs=2), tmp_path, resume=True)


def test_the_callers_randomness_is_left_alone(encoder, tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    run(toy(late=0, dialogues=36), tuning(encoder, epochs=1), tmp_path)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("changes, words", [
    ({"split": "train"}, "toy: no dev split"),
    ({"text": ""}, r"text of row 0 \(dialogue 'd0', turn 0\): empty"),
])
def test_a_corpus_that_cannot_serve_is_refused(changes, words, tmp_path):
    with pytest.raises(CorpusError, match=words):
        run(with_table(toy(late=0, dialogues=36), **changes), Tuning(), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_command(encoder, tmp_path):
    folder = toy(late=0, dialogues=40).save(tmp_path / "toy")
    words = ["finetune", str(folder), "--encoder", encoder, "--epochs", "1", "--names",
             "--context", "2", "--out", str(tmp_path / "run"), "--device", "cpu"]
    told = CliRunner().invoke(cli.app, [*words, "--json"])
    assert told.exit_code == 0, told.output
    about = json.loads((tmp_path / "run" / "run.json").read_text())
    assert json.loads(told.stdout) == about["test"]
    assert about["tuning"]["names"] is True and about["tuning"]["context"] == 2
    again = CliRunner().invoke(cli.app, [*words, "--resume"])
    assert again.exit_code == 0 and "features" in again.output and "weighted F1" in again.output
    assert isinstance(CliRunner().invoke(cli.app, words).exception, CorpusError)
