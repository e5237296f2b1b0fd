"""Voices sorted without names: synthetic ones with labels, and six clips of two actors."""

import os
import subprocess
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from shutil import which

import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile
from sklearn.metrics import adjusted_rand_score

from mlsan.data.validation import CorpusError
from mlsan.sources import voiceprints
from mlsan.sources.download import Unavailable
from mlsan.sources.imported import import_tables
from mlsan.sources.voiceprints import embed, sort_by_voice

RATE = 16000
NEEDS = pytest.mark.skipif(not (find_spec("resemblyzer") and find_spec("librosa")),
                           reason='needs the voice encoder: pip install "mlsan[voices]"')
# Two more casts were tried, and are not told apart so well: m1, m2, m4, f1, f3, f5 (index .54) and
# Alex, linda, pablo, Denis, belinda, john (.73). In both the closest two voices' mean embeddings
# have a cosine of .905 or more, here of .84 or less.
VOICES = (("m3", "f2", "f4", "whisper", "m8", "Diogo"),
          ("Andy", "Annie", "Mario", "steph", "zac", "aunty"))
SENTENCES = ("The kettle has been on for ten minutes now.", "Nobody told me the train was late.",
             "We could meet at the station after lunch.", "She put the letters in the drawer.",
             "Why would anyone paint a boat that colour?", "I think the dog is asleep again.")


@NEEDS
@pytest.mark.slow
@pytest.mark.skipif(not which("espeak-ng"), reason="needs espeak-ng, which makes labelled voices")
@pytest.mark.parametrize("cast", VOICES, ids=["first", "second"])
def test_synthetic_voices_are_told_apart(tmp_path, cast):
    said = list(product(cast, range(len(SENTENCES))))
    paths = [tmp_path / f"{voice}-{i}.wav" for voice, i in said]
    for (voice, i), path in zip(said, paths, strict=True):
        subprocess.run(["espeak-ng", "-v", f"en-us+{voice}", "-w", path, SENTENCES[i]], check=True)
    names = sort_by_voice(embed(paths), len(cast))
    assert adjusted_rand_score([voice for voice, _ in said], names) >= 0.9


@NEEDS
def test_two_actors_in_three_emotions_are_two():
    folder = Path(os.environ.get("MLSAN_MIRROR", "")).parent / "data" / "ravdess_clips"
    paths = sorted(folder.glob("*.wav"))
    if not os.environ.get("MLSAN_MIRROR") or len(paths) != 6:
        pytest.skip("six clips of RAVDESS are not beside the mirror")
    found = embed(paths)
    assert sort_by_voice(found, 2) == ["voice 1", "voice 2"] * 3
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


@NEEDS
def test_a_file_without_a_voice_is_named(tmp_path):
    wavfile.write(tmp_path / "silent.wav", 16000, np.zeros(16000, np.int16))
    wavfile.write(tmp_path / "short.wav", 16000, np.full(1600, 900, np.int16))
    (tmp_path / "text.wav").write_text("no sound")
    for name, words in (("silent", "too little"), ("short", "too little"), ("text", "be read")):
        with pytest.raises(CorpusError, match=f"{name}.wav.*{words}"):
            embed([tmp_path / f"{name}.wav"])


def test_voices_are_numbered_as_they_appear():
    corners = np.eye(3)[[2, 0, 2, 1, 0]] + 0.01 * np.arange(15).reshape(5, 3)
    assert sort_by_voice(corners, 3) == [f"voice {n}" for n in (1, 2, 1, 3, 2)]
    assert len(set(sort_by_voice(corners, 5))) == 5
    assert set(sort_by_voice(corners, 1)) == {"voice 1"}
    for people in (0, 6):
        with pytest.raises(CorpusError, match="number from 1 to 5"):
            sort_by_voice(corners, people)


def test_the_remedy_is_named_where_there_is_no_encoder(monkeypatch, tmp_path):
    monkeypatch.setattr("mlsan.sources.voiceprints.find_spec", lambda name: None)
    with pytest.raises(Unavailable, match=r"mlsan\[voices\]"):
        embed([tmp_path / "a.wav"])


def test_a_table_without_speakers_gets_them_by_voice(tmp_path, monkeypatch):
    """Who the voices are, the embeddings say; here those are given, by the files' names."""
    def by_name(paths):
        return np.array([[1.0, 0.1] if "low" in path.name else [0.1, 1.0] for path in paths])

    monkeypatch.setattr(voiceprints, "embed", by_name)
    time = np.arange(RATE) / RATE
    for name, pitch in (("low0", 110), ("high0", 240), ("low1", 115), ("high1", 250)):
        wave = np.sin(2 * np.pi * pitch * time) * (1 + np.sin(20 * time)) / 3
        wavfile.write(tmp_path / f"{name}.wav", RATE, (32767 * wave).astype(np.int16))
    names = ["high0", "low0", "low1", "high1"]
    table = pd.DataFrame({"dialogue": [0, 0, 1, 1], "emotion": list("aabb"), "split": "train",
                          "wav": [f"{name}.wav" for name in names]})
    table.to_csv(tmp_path / "talk.csv", index=False)
    given = [(tmp_path / "talk.csv", None)]
    corpus, notes = import_tables(given, "talk", columns={"audio": "wav"}, leave_out=["text"],
                                  people=2, progress=False)
    assert corpus.table.speaker.tolist() == ["voice 1", "voice 2", "voice 2", "voice 1"]
    assert any("2 voices told apart" in note and "a guess" in note for note in notes)
    for wrong, words in (({"people": 9}, "9 people in 4 recordings"),
                         ({"leave_out": ["text", "audio"], "columns": {}}, "with --audio"),
                         ({"columns": {"audio": "wav", "speaker": "dialogue"}}, "one of them")):
        with pytest.raises(CorpusError, match=words):
            import_tables(given, "talk", progress=False, **{
                "columns": {"audio": "wav"}, "leave_out": ["text"], "people": 2} | wrong)
    table.assign(wav=table.wav.where(table.index > 0)).to_csv(tmp_path / "talk.csv", index=False)
    with pytest.raises(CorpusError, match="1 turns have no recording.*dialogue '0'"):
        import_tables(given, "talk", columns={"audio": "wav"}, leave_out=["text"], people=2,
                      progress=False)
