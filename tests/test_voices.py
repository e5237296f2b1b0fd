"""Recordings with faults: absent or measured, and named either way."""

import numpy as np
import pytest
from scipy.io import wavfile

from mlsan.data.validation import CorpusError
from mlsan.sources.vectors import voices

pytest.importorskip("opensmile", reason='needs openSMILE: pip install "mlsan[audio]"')
RATE = 16000


def buzz(rate=RATE, seconds=1.0, pitch=120):
    """A voice of sorts: decaying pulses, 16 bits, at a third of full scale."""
    phase = np.arange(int(rate * seconds)) / rate * pitch % 1
    return (10000 * (np.exp(-6 * phase) - 0.2)).astype(np.int16)


FAULTS = {
    "silent": (RATE, 0 * buzz(), "lack it, silent"),
    "short": (RATE, buzz(seconds=0.1), "lack it, too short to measure, under 0.2 s"),
    "clipped": (RATE, np.clip(6 * buzz().astype(int), -32768, 32767).astype(np.int16),
                "measured though clipped"),
    "telephone": (8000, buzz(8000), "sampled below 10000 Hz"),
    "stereo": (RATE, np.stack([buzz(), buzz(pitch=200)], 1), "have several channels, of which the"),
    "left-dead": (RATE, np.stack([0 * buzz(), buzz()], 1), "silent in the first channel"),
    "no-numbers": (RATE, np.full(RATE, np.nan, np.float32), "holds samples that are no numbers"),
}


def told_of(notes, name):
    return [note for note in notes if f"{name}.wav" in note]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_its_file(tmp_path, name):
    """Beside a sound file, whose numbers don't change for it."""
    rate, wave, words = FAULTS[name]
    wavfile.write(tmp_path / "sound.wav", RATE, buzz())
    wavfile.write(tmp_path / f"{name}.wav", rate, wave)
    x, present, notes, _ = voices([tmp_path / "sound.wav", tmp_path / f"{name}.wav"], False)
    (note,) = told_of(notes, name)
    assert words in note and note.startswith("audio: 1 turns")
    assert present.tolist() == [True, "lack it" not in note]
    alone, _, quiet, _ = voices([tmp_path / "sound.wav"], False)
    assert np.array_equal(x[0], alone[0]) and quiet == []
    assert np.any(x[1]) == present[1]


def test_the_share_at_full_scale_is_told(tmp_path):
    wave = buzz()
    wave[:4000] = 32767
    wavfile.write(tmp_path / "loud.wav", RATE, wave)
    (note,) = voices([tmp_path / "loud.wav"], False)[2]
    assert "25.0% of the samples" in note
    wave[2:4000] = 0                            # two samples at full scale: loud, not clipped
    wavfile.write(tmp_path / "loud.wav", RATE, wave)
    assert voices([tmp_path / "loud.wav"], False)[2] == []


def test_a_file_cut_short_is_absent(tmp_path):
    wavfile.write(tmp_path / "a.wav", RATE, buzz())
    (tmp_path / "cut.wav").write_bytes((tmp_path / "a.wav").read_bytes()[:20])
    (tmp_path / "text.wav").write_text("no sound at all")
    paths = [tmp_path / f"{name}.wav" for name in ("a", "cut", "text")]
    _, present, notes, _ = voices(paths, False)
    assert present.tolist() == [True, False, False]
    assert all("cannot be read" in told_of(notes, name)[0] for name in ("cut", "text"))
    with pytest.raises(CorpusError, match="cut.wav.*That is all of them"):
        voices(paths[1:], False)


def test_of_two_channels_the_first_is_heard(tmp_path):
    wavfile.write(tmp_path / "one.wav", RATE, buzz())
    wavfile.write(tmp_path / "two.wav", RATE, np.stack([buzz(), buzz(pitch=200)], 1))
    one, two = voices([tmp_path / "one.wav", tmp_path / "two.wav"], False)[0]
    assert np.array_equal(one, two)


def test_rates_that_differ_are_told(tmp_path):
    for rate in (16000, 44100, 48000):
        wavfile.write(tmp_path / f"{rate}.wav", rate, buzz(rate))
    paths = [tmp_path / f"{rate}.wav" for rate in (16000, 48000, 44100, 48000)]
    (note,) = voices(paths, False)[2]
    assert "1 turns at 16000 Hz, 1 turns at 44100 Hz, 2 turns at 48000 Hz" in note
    assert voices(paths[1:2], False)[2] == []
