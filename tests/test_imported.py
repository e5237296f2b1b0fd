"""People's own tables as corpora: in the forms that the field's corpora have, faults and all."""

import json
import sys

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file
from scipy.io import wavfile

from mlsan.data.corpus import Corpus
from mlsan.data.validation import CorpusError
from mlsan.sources import encoders
from mlsan.sources.columns import read_conversations
from mlsan.sources.imported import import_tables

MELD = ["Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season"]
PEOPLE = [("d1", 0, "Ada", "joy", "train", "Hi!"), ("d1", 1, "Bob", "anger", "train", "NA"),
          ("d2", 0, "Bob", "joy", "dev", "None"), ("d3", 0, "Ada", "anger", "test", "")]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A folder of its own; an encoder that tells one text from another stands for the real one."""
    def fake(texts, progress, layers):
        draws = [np.random.default_rng([1, *t.encode()]).normal(size=384 * 3) for t in texts]
        return np.stack(draws).astype(np.float32)

    monkeypatch.setattr(encoders, "_encode", fake)
    monkeypatch.setenv("MLSAN_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(path, *lines, end="\n", encoding="utf-8"):
    path.write_bytes((end.join(lines) + end).encode(encoding))
    return path


def people(path, rows=PEOPLE, **changes):
    frame = pd.DataFrame(rows, columns=["dialogue", "turn", "speaker", "emotion", "split", "text"])
    frame.assign(**changes).to_csv(path, index=False)
    return path


def read(*paths, **columns):
    return read_conversations([(path, None) for path in paths], columns)


def test_melds_three_tables(mlsan, place):
    """Ids that begin anew, turns with a gap and out of order, a quoted line break, CRLF, a mark."""
    written(place / "train_sent_emo.csv", *MELD,
            '1,"Say ""hi""\r\nnow, please",Ross,joy,positive,0,2,8',
            "2,NA,None,anger,negative,0,0,8", "3,So?,null,Joy,positive,1,0,8",
            end="\r\n", encoding="utf-8-sig")
    written(place / "dev_sent_emo.csv", *MELD, "1,Hé,Ross,joy,positive,0,0,8", encoding="cp1252")
    written(place / "test_sent_emo.csv", *MELD, "1,“Hé”,Zoë,anger,negative,0,0,8")
    tables = [f"{split}_sent_emo.csv" for split in ("train", "dev", "test")]
    code, out, err = mlsan("import", *tables)
    assert code == 0, err
    for words in ("dialogue 'Dialogue_ID', turn 'Utterance_ID', speaker 'Speaker'",
                  "test_sent_emo.csv: is test, by its name", "'0' is now 'train-0' and 'dev-0'",
                  "dev_sent_emo.csv: is not in UTF-8 (line 2) and was read as Windows-1252",
                  "differ in capitals are one: Joy", "in this order: anger, joy", "2 rows moved",
                  "Next: `mlsan train sent_emo`"):
        assert words in out
    corpus = Corpus.load("sent_emo")
    assert corpus.table.to_numpy().tolist() == [
        ["train-0", 0, "None", "anger", "train", "NA"],
        ["train-0", 2, "Ross", "joy", "train", 'Say "hi"\r\nnow, please'],
        ["train-1", 0, "null", "joy", "train", "So?"], ["dev-0", 0, "Ross", "joy", "dev", "Hé"],
        ["test-0", 0, "Zoë", "anger", "test", "“Hé”"]]
    assert corpus.dims == {"text": 1152} and "train_sent_emo.csv (SHA-256" in corpus.provenance
    np.testing.assert_array_equal(corpus.features["text"][4:],
                                  encoders.encode(['"Hé"'], False, (2, 4, 6)))
    before = sorted(place.iterdir())
    code, out, err = mlsan("import", *tables)
    assert code == 2 and "--out sent_emo: exists already" in err
    assert sorted(place.iterdir()) == before


def test_emorynlps_scenes(mlsan, place):
    for split, season in (("trn", "s01"), ("dev", "s02"), ("tst", "s03")):
        scenes = [{"scene_id": f"{season}_e01_c0{c}", "utterances": [
            {"utterance_id": f"{season}_e01_c0{c}_u00{u}", "speakers": who, "transcript": f"So {u}",
             "tokens": [["So", str(u)]], "emotion": emotion}
            for u, (who, emotion) in enumerate([(["Monica Geller"], "Joyful"),
                                                (["Ross Geller", "Joey Tribbiani"], "Mad")])]}
            for c in (1, 2)]
        (place / f"emotion-detection-{split}.json").write_text(json.dumps(
            {"season_id": season, "episodes": [{"episode_id": f"{season}_e01", "scenes": scenes}]}))
    code, out, err = mlsan("import", *sorted(place.glob("*.json"), reverse=True))
    assert code == 0, err
    assert "a dialogue is a list of turns, 2 of them" in out
    assert "2 turns of several people, who are one speaker there, such as 'Ross Geller and" in out
    assert "'utterance_id' is no number: turns go by the order of the rows" in out
    table = Corpus.load("emotion-detection").table
    assert table.iloc[1].tolist() == ["s03_e01_c01", 1, "Ross Geller and Joey Tribbiani", "Mad",
                                      "test", "So 1"]
    assert table.groupby("split").dialogue.nunique().to_dict() == {"train": 2, "dev": 2, "test": 2}


def test_dialogues_that_hold_their_turns(place):
    """DailyDialog's forms: a line each, turns as objects or as lists beside one another."""
    turns = [{"text": "Hi", "emotion": 0, "speaker": 0}, {"text": "Ho", "emotion": 4, "speaker": 1}]
    lists = {"utterance": ["Hi", "Ho"], "emotion": [0, 4], "speaker": [0, 1]}
    written(place / "objects.jsonl", *[json.dumps({"fold": f, "topic": "x", "dialogue": turns})
                                       for f in ("train", "validation", "test")])
    written(place / "lists.json", *[json.dumps({"split": f, **lists})
                                    for f in ("train", "validation", "test")])
    pd.DataFrame([{"split": f, **lists} for f in ("train", "validation", "test")]).to_parquet(
        place / "lists.parquet")
    for name in ("objects.jsonl", "lists.json", "lists.parquet"):
        table, order, _ = read(place / name)
        assert table.dialogue.tolist() == ["0", "0", "1", "1", "2", "2"], name
        assert table.split.tolist() == ["train"] * 2 + ["dev"] * 2 + ["test"] * 2
        assert table.emotion.tolist() == ["0", "4"] * 3 and table.speaker.tolist() == ["0", "1"] * 3
        assert table.turn.tolist() == [0, 1] * 3 and order.tolist() == list(range(6))


def test_numbers_stay_what_they_were(place):
    """An id in a column with gaps is 3, not 3.0; a list written into a CSV is its names."""
    frame = pd.DataFrame({"conv_id": [3, 3], "Utterance_Id": [1.0, 2.0], "character": [7.0, 8.0],
                          "label": ["a", None], "sentence": ["x", None], "Sex": ["f", None]})
    frame.to_parquet(place / "a.parquet")
    frame.to_csv(place / "a.tsv", sep="\t", index=False)
    frame.to_csv(place / "a.csv", sep=";", index=False)
    for name in ("a.parquet", "a.tsv", "a.csv"):
        table, _, notes = read_conversations([(place / name, "test")], {})
        assert table[["dialogue", "turn", "speaker", "emotion", "text", "gender"]].to_numpy(
            ).tolist() == [["3", 1, "7", "a", "x", "f"], ["3", 2, "8", "", "", ""]]
    assert "columns are separated by ';'" in notes[0]
    people(place / "b.csv", speaker=["['Ada']", "['Ada', 'Bob']", "[Bob]", " Ada  B "])
    table, _, notes = read(place / "b.csv")
    assert table.speaker.tolist() == ["Ada", "Ada and Bob", "[Bob]", "Ada B"]
    assert "speaker: blanks trimmed in 1 cells" in notes


def test_ids_of_several_columns_and_tables_of_one_split(place):
    rows = ["season,scene,turn,speaker,emotion,text", "1,4,0,A,x,a", "2,4,0,A,x,b", "1,4,1,B,y,c"]
    for name in ("one", "two"):
        written(place / f"{name}.csv", *rows)
    with pytest.raises(CorpusError, match=r"line 3: dialogue '4' has turn 0 already \(.*line 2\); "
                                          ".*--dialogue season,episode,scene"):
        read_conversations([(place / "one.csv", "train")], {})
    tables = [(place / "one.csv", "train"), (place / "two.csv", "train")]
    table, order, notes = read_conversations(tables, {"dialogue": "Season,scene"})
    assert table.dialogue.tolist() == ["one-1-4", "one-1-4", "one-2-4"] + [
        "two-1-4", "two-1-4", "two-2-4"]
    assert order.tolist() == [0, 2, 1, 3, 5, 4] and table.text.tolist() == list("acb" * 2)
    # In one table: each split counts anew, so the same turns stand in two of them.
    people(place / "anew.csv", [(1, 0, "A", "x", "train", "a"), (1, 0, "A", "x", "dev", "b")])
    table, _, notes = read(place / "anew.csv")
    assert table.dialogue.tolist() == ["train-1", "dev-1"] and "named after its split" in notes[-1]


def test_splits_that_are_not_there(mlsan, place, quick):
    rows = [(d, t, "AB"[t], "xy"[d % 2], "", f"{d} {t}") for d in range(20) for t in range(2)]
    people(place / "talk.csv", rows)
    code, _, err = mlsan("import", "talk.csv")
    assert code == 2 and "talk.csv, line 2: no split is known" in err and "--make-splits" in err
    code, out, err = mlsan("import", "talk.csv", "--make-splits", "--emotions", "y,x")
    assert code == 0 and "whole dialogues: 14 train, 3 dev, 3 test" in out, err
    corpus = Corpus.load("talk")
    assert corpus.emotions == ("y", "x")
    assert "speakers are called A, B: where these begin anew in each dialogue" in out
    assert corpus.table.groupby("dialogue").split.nunique().max() == 1
    assert mlsan("train", "talk", "--out", "run", "--json")[0] == 0
    again, _ = import_tables([(place / "talk.csv", None)], "talk", make_splits=True)
    pd.testing.assert_frame_equal(again.table, corpus.table)
    code, out, err = mlsan("import", "--split", "train=talk.csv", "--no-text", "--out", "half")
    assert code == 2 and "no features: leave out --no-text" in err
    code, out, err = mlsan("import", "--split", "train=talk.csv", "--out", "half")
    assert code == 0 and "no dev and no test split: `mlsan train` wants all three" in out, err


def test_a_table_without_emotions_is_all_test(place):
    people(place / "new.csv", emotion="", split="")
    table, _, notes = read(place / "new.csv")
    assert set(table.split) == {"test"} and set(table.emotion) == {""}
    assert notes[-1] == "no emotions and no splits: everything is test, to be predicted"
    written(place / "other.csv", "dialogue,speaker,text,feeling", "1,A,hi,joy")
    told = "; ".join(read(place / "other.csv")[2])
    assert "no column of emotions among 'dialogue', 'speaker', 'text', 'feeling'" in told


def test_six_voices(place):
    """Four are heard; a path that leads nowhere and a file cut short are absent, and named."""
    rate, rows = 16000, []
    (place / "wav").mkdir()
    for i in range(6):
        seconds = np.arange(rate if i != 4 else 50) / rate
        wave = np.sin(2 * np.pi * (110 + 40 * i) * seconds) * (0.2 + 0.1 * i)
        wavfile.write(place / "wav" / f"{i}.wav", rate, (wave * 30000).astype(np.int16))
        rows.append(("d", 5 - i, "A", "x", "train", "said"))
    (place / "wav" / "5.wav").write_bytes((place / "wav" / "0.wav").read_bytes()[:20])
    people(place / "a.csv", [*rows, ("d", 6, "A", "x", "train", "no file"),
                             ("d", 7, "A", "x", "train", "no cell")],
           wav_path=[f"wav/{i}.wav" for i in range(7)] + [""])
    corpus, notes = import_tables([(place / "a.csv", None)], "a", progress=False)
    assert corpus.dims == {"text": 1152, "audio": 88} and "eGeMAPSv02" in corpus.provenance
    assert corpus.present["audio"].tolist() == [False, False, True, True, True, True, False, False]
    told = "; ".join(notes)
    for words in ("1 turns lack it, cannot be read (LibsndfileError): ", "wav/5.wav", "wav/4.wav",
                  "1 turns lack it, too short to measure, under 0.2 s",
                  "2 turns lack it, not there", "wav/6.wav", "(empty cell)"):
        assert words in told
    pitch = corpus.features["audio"][2:6, 0]            # the turns count down: highest first
    assert np.all(np.diff(pitch) < 0), "F0 in semitones"
    for i in range(4):
        (place / "wav" / f"{i}.wav").unlink()
    with pytest.raises(CorpusError, match="6 turns lack it.*That is all of them: .*of its table"):
        import_tables([(place / "a.csv", None)], "a", progress=False)
    corpus, _ = import_tables([(place / "a.csv", None)], "a", leave_out=["audio"], progress=False)
    assert corpus.modalities == ("text",)


def test_ready_features_follow_their_rows(mlsan, place):
    """Row for row of the tables, which are put in order with them; a row of gaps lacks them."""
    rows = [PEOPLE[i] for i in (1, 0, 2, 3)]
    people(place / "a.csv", rows)
    x = np.array([[1, 1.5], [0, 0.5], [2, 2.5], [np.nan, np.nan]])
    np.save(place / "x.npy", x)
    np.savez(place / "x.npz", visual=x, other=x)
    save_file({"visual": x}, place / "x.safetensors")
    pd.DataFrame(x, columns=["a", "b"]).to_parquet(place / "x.parquet")
    pd.DataFrame(x, columns=["a", "b"]).to_csv(place / "x.csv", index=False)
    for suffix in ("npy", "npz", "safetensors", "parquet", "csv"):
        code, out, err = mlsan("import", "a.csv", "--no-text", "--features", f"visual=x.{suffix}",
                               "--out", suffix)
        assert code == 0 and "visual: 2 features as given; 1 turns lack them" in out, err
        corpus = Corpus.load(suffix)
        assert corpus.features["visual"].tolist() == [[0, 0.5], [1, 1.5], [2, 2.5], [0, 0]]
        assert corpus.present["visual"].tolist() == [True] * 3 + [False]
    halves = [("visual", place / f"{i}.npy") for i in range(2)]
    for (_, path), part in zip(halves, (x[:1], x[1:]), strict=True):
        np.save(path, part)
    two, _ = import_tables([(place / "a.csv", None)], "a", features=halves, leave_out=["text"])
    np.testing.assert_array_equal(two.features["visual"], corpus.features["visual"])


@pytest.mark.parametrize("table, words", [
    ("speaker,text\nA,hi", "no column for the dialogue; it has 'speaker', 'text'; name it with"),
    ("dialogue,text\n1,hi", "no column for the speaker"),
    ("dialogue,speaker\n1,A", "no column for the text"),
    ("dialogue,speaker,text\n1,A,hi,there", "line 2: has 4 fields, the header 3; .*quotes"),
    ("dialogue,speaker,text\n1,A", "line 2: has 2 fields"),
    ('dialogue,speaker,text\n1,A,hi\n1,A,"hi', "line 3: unexpected end of data; .*close it"),
    ("dialogue,text,text\n1,A,hi", "two columns 'text'"),
    ("dialogue,speaker,text\n1,,hi", r"line 2: no speaker \(1 such rows\); fill it, or drop"),
    ("dialogue,speaker,text\n,A,hi", "line 2: no dialogue"),
    ("dialogue,speaker,text,split\n1,A,hi,eval", "split 'eval' is none of train, dev, test"),
    ("dialogue,speaker,text,split,emotion\n1,A,hi,dev,x\n2,A,hi,,x", "line 3: no split, but other"),
    ("dialogue,speaker,text,turn,split\n1,A,hi,0,test\n1,A,hi,0,test", "has turn 0 already"),
    ("dialogue,speaker,text", "has no rows"), ("", "has no rows")])
def test_a_table_that_cannot_serve_is_named(mlsan, place, table, words):
    path = written(place / "bad.csv", *table.split("\n"))
    with pytest.raises(CorpusError, match=f"bad.csv.*{words}"):
        read(path)
    code, out, err = mlsan("import", "bad.csv")
    assert code == 2 and "Traceback" not in err and not (place / "bad").exists()


def test_files_that_cannot_be_read(place):
    def refused(name, data, words):
        (place / name).write_bytes(data)
        with pytest.raises(CorpusError, match=f"{name}.*{words}"):
            read(place / name)

    header = b"dialogue,speaker,text,split\n"
    refused("a.csv", header + "1,Zoë,hé,dev\n".encode() + b"1,Zo\xeb,hi,dev\n",
            "line 3: is neither UTF-8 nor Windows-1252")
    refused("b.csv", header + b"1,A,\x81,dev\n", "line 2: is neither")
    refused("c.xlsx", b"", ".xlsx is not read; save the table as one of")
    refused("d.jsonl", b'{"text": "a"}\n{"text": \n', "line 2: is not JSON")
    refused("e.json", b'[{"text": "a"},', "is not JSON")
    refused("f.json", b'{"scenes": [{"lines": [{"words": "a"}]}]}', "nothing in it has a text")
    refused("g.parquet", b"PAR1", "cannot be read")
    refused("h.json", b'[{"dialogue": 1, "speaker": {"a": 1}, "text": "x"}]',
            "turn 1, speaker: {'a': 1} is a dict; give a text, or name another.*--speaker")
    with pytest.raises(CorpusError, match="nowhere.csv: cannot be read"):
        read(place / "nowhere.csv")


@pytest.mark.parametrize("args, words", [
    ([], ["no table", "--split train=TABLE"]),
    (["--split", "a.csv"], ["--split a.csv: write --split NAME=FILE"]),
    (["--split", "eval=a.csv"], ["unknown 'eval'", "train, dev or test"]),
    (["--split", "dev=a.csv", "--make-splits"], ["leave out --make-splits"]),
    (["--split", "dev=a.csv", "--split", "test=a.csv"], ["a.csv: is the same as a.csv"]),
    (["a.csv", "--speaker", "who"], ["no column 'who' for --speaker", "'dialogue', 'turn'"]),
    (["a.csv", "--turn", "text"], ["line 2, text: 'Hi!' is no turn"]),
    (["a.csv", "--emotions", "joy"], ["unknown 'anger'"]),
    (["a.csv", "--audio", "text", "--no-audio"], ["beside --no-audio", "give one of them"]),
    (["a.csv", "--features", "smell=x.npy"], ["unknown modality 'smell'"]),
    (["a.csv", "--features", "audio=x.pkl"], ["x.pkl", "none of .npy"]),
    (["a.csv", "--features", "audio=three.npy"], ["audio: 3 rows, the tables have 4"]),
    (["a.csv", "--features", "audio=objects.npy"], ["objects.npy: cannot be read", "allow_pickle"]),
    (["a.csv", "--features", "audio=cut.npz"], ["cut.npz: cannot be read"]),
    (["a.csv", "--features", "audio=index.csv"], ["column 'Unnamed: 0' is no feature"]),
    (["a.csv", "--features", "audio=a.csv"], ["column 'dialogue' is no feature"]),
    (["a.csv", "--out", "a.csv"], ["is a file"])])
def test_mistakes_of_the_command(mlsan, place, args, words):
    people(place / "a.csv")
    np.save(place / "three.npy", np.zeros((3, 2)))
    np.save(place / "objects.npy", np.array([["a", None]], dtype=object), allow_pickle=True)
    (place / "cut.npz").write_bytes(b"PK\x03\x04")
    pd.DataFrame(np.zeros((4, 2))).to_csv(place / "index.csv")
    before = sorted(place.iterdir())
    code, out, err = mlsan("import", *args)
    assert code == 2 and all(word in err for word in words) and "Traceback" not in err, err
    assert sorted(place.iterdir()) == before


def test_the_remedy_is_named_where_opensmile_is_not_installed(mlsan, place, monkeypatch):
    monkeypatch.setitem(sys.modules, "opensmile", None)
    people(place / "a.csv", audio="a.wav")
    code, _, err = mlsan("import", "a.csv")
    assert code == 2 and 'pip install "mlsan[audio]"' in err and "--no-audio" in err


def test_a_folder_called_like_one_of_ours_is_told_apart(mlsan, place):
    people(place / "a.csv")
    assert "Next: `mlsan train ./meld`" in mlsan("import", "a.csv", "--out", "meld")[1]
    assert Corpus.load("./meld").name == "meld"
