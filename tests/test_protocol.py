"""The protocol on a small corpus: what is kept, what is computed from it, what is refused."""

import json
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn.metrics import f1_score

from mlsan import Plan, train
from mlsan.data.corpus import Corpus
from mlsan.data.validation import CorpusError
from mlsan.measures import peers
from mlsan.model.mlsan import STAGES
from mlsan.recipes import RECIPES, Recipe
from mlsan.sources.download import Unavailable
from mlsan.sources.feature_files.corpora import EMOTIONS
from mlsan.studies import engine, protocol, records
from mlsan.studies.protocol import (
    TEXT_ONLY,
    Row,
    differences,
    open_corpus,
    reproduce,
    rows_of,
    table,
)
from mlsan.studies.tables import reproduction_figure, show_reproduction
from mlsan.training import Settings

ROWS = [Row("identity", "off"), Row("identity", "on"),
        Row("shuffled", "off"), Row("shuffled", "on"),
        Row("identity", TEXT_ONLY)]
RECIPE = Recipe(hidden=16, settings=Settings(epochs=3, batch_size=16))


@contextmanager
def short():
    """Three epochs a run, all in this process, and few rows."""
    with pytest.MonkeyPatch.context() as patch, parallel_config(backend="sequential"):
        patch.setitem(RECIPES, "general", RECIPE)
        patch.setattr(protocol, "rows_of", lambda corpus: ROWS)
        yield patch


def run(corpus, folder, **options):
    options = {"seeds": 2} | options
    return reproduce(corpus, "meld", "multiemo", folder, device="cpu", command="", **options)


@pytest.fixture(scope="module")
def corpus(small):
    """The small corpus with little of train; Zoe speaks in test only."""
    guest = (small.table.split == "test") & (small.table.turn == 0)
    data = small.table.assign(speaker=small.table.speaker.where(~guest, "Zoe"))
    some = data.dialogue[data.split == "train"].unique()[:30]
    few = (data.split != "train") | data.dialogue.isin(some)
    return Corpus("meld-multiemo-GENERATED", data, small.features, small.emotions,
                  provenance="blob 1234").replaced(keep=few.to_numpy())


@pytest.fixture(scope="module")
def done(corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark")
    with short():
        run(corpus, folder)
    return folder


@pytest.fixture
def result(done):
    return json.loads((done / "result.json").read_text())


def test_rows_are_every_mode_the_stages_one_by_one_and_text_only(small):
    assert [r.stages for r in rows_of(small) if r.speakers == "slot"] == ["off", *STAGES, "on"]
    # By ear is no row: results that were kept before have none.
    assert {r.speakers for r in rows_of(small)} == {"identity", "slot", "none", "shuffled"}
    assert rows_of(small)[-1] == Row("identity", TEXT_ONLY)
    with_gender = Corpus("g", small.table.assign(gender="female"), small.features, small.emotions)
    assert "gender" in {r.speakers for r in rows_of(with_gender)}
    text = small.replaced(features={"text": small.features["text"]})
    assert [r for r in rows_of(text) if r.speakers in ("identity", "none")] == [
        Row("identity", "off"), Row("identity", "on"), Row("none", "off")]
    assert Row("identity", "on").plan(text, False).stages == ("regularization",)
    voice = small.replaced(features={"audio": small.features["audio"]})
    without_gating = ["off", "calibration", "regularization", "on"]
    assert [r.stages for r in rows_of(voice) if r.speakers == "slot"] == without_gating
    # Nobody is named, and so there is nobody to ask for.
    assert [r.stages for r in rows_of(voice) if r.speakers == "none"] == ["off", "on"]
    assert Row("none", "on").plan(small, False).stages == ("calibration", "gating")


def test_every_score_follows_from_the_json_alone(result, corpus):
    """By other code than the table's: scikit-learn's."""
    scores, true = table(result), np.array(result["test"]["true"])
    unseen = ~np.array(result["test"]["speaker_known"])
    assert unseen.sum() == (corpus.table.speaker == "Zoe").sum()
    assert len(scores) == len(ROWS) and len(result["runs"]) == 2 * len(ROWS)

    def f1(average, said, of=slice(None), **options):
        return f1_score(true[of], np.array(said)[of], average=average, zero_division=0, **options)

    def scored(kept):
        said = kept["predicted"]
        weighted, peak = f1("weighted", said), f1("weighted", kept["peak_predicted"])
        return {"weighted_f1": weighted,
                "macro_f1": f1("macro", said, labels=sorted(set(true))),
                "unseen_speaker_f1": f1("weighted", said, of=unseen),
                "anger": f1(None, said, labels=range(7))[6],
                "test_peak": peak,
                "inflation": peak - weighted}

    for row_of, row in scores.iterrows():
        one, other = (scored(r) for r in result["runs"] if (r["speakers"], r["stages"]) == row_of)
        for name, value in one.items():
            values = value, other[name]
            assert row[name] == pytest.approx(np.mean(values))
            if name != "anger":
                assert row[f"{name}_sd"] == pytest.approx(np.std(values, ddof=1))


def test_epoch_is_chosen_on_dev_and_test_read_there(result):
    for kept in result["runs"]:
        best = max(h["dev_weighted_f1"] for h in kept["history"])
        chosen = kept["history"][kept["epoch"]]
        assert chosen["dev_weighted_f1"] == best
        at_chosen = f1_score(result["test"]["true"], kept["predicted"], average="weighted")
        assert chosen["test_weighted_f1"] == pytest.approx(at_chosen)
    assert (table(result).inflation >= 0).all()


def test_a_model_told_of_no_speaker_is_trained_once(corpus, tmp_path):
    """Its row stands under every mode: the model trained under any of them is the same."""
    with short() as patch:
        recipe = Recipe(hidden=16, recurrent=True, settings=Settings(epochs=2))
        patch.setitem(RECIPES, "general", recipe)
        patch.setattr(protocol, "rows_of", lambda corpus: ROWS[::2])
        off = [r for r in run(corpus, tmp_path, seeds=1)["runs"] if r["stages"] == "off"]
        told = train(Plan("small", (), "identity"), corpus=corpus, device="cpu", progress=False)
    assert [r["speakers"] for r in off] == ["identity", "shuffled"]
    assert len(list((tmp_path / "runs").glob("*-GENERATED-none-none-*.json"))) == 1
    assert all(r["predicted"] == told.inspect("test")["logits"].argmax(1).tolist() for r in off)


def test_differences_are_of_the_same_table(result):
    scores, found = table(result).weighted_f1, differences(result).set_index(["ours", "theirs"])
    assert list(found.index) == [
        ("identity, on", "identity, off"),
        ("shuffled, on", "shuffled, off"),
        ("identity, on", "shuffled, on"),
        ("identity, off", "identity, text only"),
        ("identity, on", "identity, text only")]
    against_text = found.weighted_f1["identity, on", "identity, text only"]
    assert against_text == pytest.approx(scores["identity", "on"] - scores["identity", TEXT_ONLY])
    assert (found.weighted_f1_low <= found.weighted_f1).all()
    assert (found.weighted_f1 <= found.weighted_f1_high).all()


def test_result_says_what_it_was_made_of(result, corpus):
    assert result["seeds"] == [0, 1] and result["provenance"] == "blob 1234" and result["generated"]
    assert set(result["versions"]) == {"torch", "numpy", "mlsan"}
    for kept in result["runs"]:
        assert kept["recipe"]["settings"]["epochs"] == 3 and kept["recipe"]["hidden"] == 16
        assert (kept["corpus_fingerprint"] == corpus.fingerprint) == (kept["stages"] != TEXT_ONLY)
    assert result["test"]["dialogue"] == corpus.table.dialogue[corpus.rows("test")].tolist()


def test_goes_on_where_it_stopped_and_ends_the_same(done, result, corpus, tmp_path, monkeypatch):
    trained = []

    def noted(plan, **options):
        trained.append(plan)
        return train(plan, **options)

    with short() as patch:
        patch.setattr(records, "train", noted)
        run(corpus, tmp_path, seeds=1)
        (lost,) = (tmp_path / "runs").glob("*-calibration+gating+regularization-shuffled-0.json")
        lost.unlink()
        trained.clear()
        again = run(corpus, tmp_path)
    assert [(p.speakers, p.seed) for p in trained if p.seed == 0] == [("shuffled", 0)]
    # Without stages nobody is named: both modes' "off" are one run.
    assert len(trained) == 1 + len(ROWS) - 1 and again == result


def test_runs_of_something_else_are_refused(done, corpus):
    louder = corpus.replaced(features=corpus.features | {"audio": corpus.features["audio"] * 2})
    for given, quick, said in ((louder, False, "corpus_fingerprint"),
                               (corpus, True, "recipe.settings.epochs 3, now 8")):
        with short(), pytest.raises(CorpusError) as error:
            run(given, done, quick=quick)
        assert all(word in str(error.value) for word in (said, "runs", "--out"))


def test_runs_of_another_version_or_none_are_refused(done, corpus, tmp_path):
    with short() as patch:
        run(corpus, tmp_path, seeds=1)
        patch.setattr(engine, "versions", lambda: {"mlsan": "0.0"})
        with pytest.raises(CorpusError, match=r"versions\.mlsan .*0\.0"):
            run(corpus, tmp_path, seeds=1)
    for path in (tmp_path / "runs").glob("*.json"):
        path.write_text("[1, 2")
    with short(), pytest.raises(CorpusError, match=r"runs/.*\.json: cannot be read.*delete it"):
        run(corpus, tmp_path, seeds=1)


def fits(printed: str, folder) -> bool:
    """Whether nothing is wider than 100 columns or cut off; the line with the folder may be."""
    lines = [line.rstrip() for line in printed.splitlines() if str(folder) not in line]
    return all(len(line) <= 100 and "…" not in line for line in lines)


def test_generated_features_stand_beside_no_published_row(result, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    show_reproduction(result, tmp_path)
    out = capsys.readouterr().out
    assert out.count("GENERATED") >= 5 and "published row" in out
    assert "MultiEMO" not in out and "67.73" not in out
    assert fits(out, tmp_path)
    html = (tmp_path / "figure.html").read_text()
    assert "GENERATED" in html and "ML-SAN, published" not in html and "<script src=" not in html
    csv = pd.read_csv(tmp_path / "table.csv", index_col=[0, 1])
    pd.testing.assert_frame_equal(csv, table(result))


def official(result) -> dict:
    """As if of real features: as large as the official test split, by repeating what there is."""
    def repeated(values):
        return np.resize(values, peers.TEST_UTTERANCES["meld"]).tolist()

    test = {k: repeated(values) for k, values in result["test"].items()}
    runs = [r | {"predicted": repeated(r["predicted"])} for r in result["runs"]]
    return result | {"generated": False, "corpus": "meld-multiemo", "test": test, "runs": runs}


def test_real_features_stand_beside_the_published_rows(result, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    show_reproduction(official(result), tmp_path)
    out = capsys.readouterr().out
    assert out.index("MultiEMO") < out.index("67.73") < out.index("chosen on dev, tested once")
    assert all(peer.source in out for peer in peers.PEERS if peer.meld)
    assert "GENERATED" not in out and fits(out, tmp_path)
    assert "ML-SAN, published" in (tmp_path / "figure.html").read_text()
    other = official(result) | {"test": result["test"], "runs": result["runs"]}
    show_reproduction(other, tmp_path)
    out = capsys.readouterr().out
    assert "Not the official test split" in out and "67.73" not in out


def test_one_seed_has_no_sd(result, tmp_path, capsys):
    one = result | {"seeds": [0], "runs": [r for r in result["runs"] if r["seed"] == 0]}
    assert table(one).weighted_f1_sd.isna().all()
    show_reproduction(one, tmp_path)
    assert "nan" not in capsys.readouterr().out
    assert "NaN" not in reproduction_figure(one, table(one)).to_json()


def test_text_only_corpus_says_which_stages_it_leaves_out(corpus, tmp_path, capsys):
    text = corpus.replaced(features={"text": corpus.features["text"]})
    with short() as patch:
        patch.setattr(protocol, "rows_of", lambda corpus: ROWS[:2])
        show_reproduction(run(text, tmp_path, seeds=1), tmp_path)
    out = " ".join(capsys.readouterr().out.split())
    for words in ("calibration is left out", "gating is left out", "on: regularization"):
        assert words in out


def test_sources_of_features(corpus, small, tmp_path, monkeypatch):
    folder = str(corpus.save(tmp_path / "mine"))
    assert open_corpus("meld", folder).fingerprint == corpus.fingerprint
    with pytest.raises(CorpusError, match="its emotions are"):
        open_corpus("iemocap", folder)
    with pytest.raises(CorpusError, match="meld or iemocap"):
        open_corpus("emorynlp", "mmgcn")

    def refuse(*args, **options):
        raise Unavailable("no network")

    monkeypatch.setattr(protocol, "load_features", refuse)
    with pytest.raises(Unavailable, match="no network(.|\n)*--from DIR(.|\n)*--features minilm"):
        open_corpus("meld", "multiemo")
    monkeypatch.setattr(protocol.catalogue, "load", {"meld": small}.get)
    assert open_corpus("meld", "minilm") is small


def test_no_test_split_is_refused(corpus, tmp_path):
    with pytest.raises(CorpusError, match="no test split"):
        run(corpus.replaced(keep=(corpus.table.split != "test").to_numpy()), tmp_path)


@pytest.mark.parametrize("dataset", EMOTIONS)
def test_peers_are_attributed_and_consistent(dataset):
    bibliography = (Path(__file__).parent.parent / "book" / "references.bib").read_text()
    rows = peers.published(dataset)
    assert rows.model.is_unique and rows.model.iloc[-1] == peers.PAPER
    assert rows.weighted_f1.between(50, 80).all()
    assert all(f"{{{key}," in bibliography for key in rows.key)
    emotions = [c for c in rows if c in EMOTIONS[dataset]]
    assert len(emotions) == len(EMOTIONS[dataset])
    assert rows.set_index("model").loc["MultiEMO", emotions].between(20, 90).all()
