"""The reader for pickles from strangers: what it gives back, and all that it has to refuse."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
import time
import tracemalloc
from collections import OrderedDict, defaultdict

import hostile
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlsan.data.validation import CorpusError
from mlsan.sources import safe_pickle
from mlsan.sources.download import Pin, Unavailable, fetch
from mlsan.sources.safe_pickle import read_pickle

EXECUTING, REFUSED = hostile.executing("MARKER"), hostile.refused()
PROTOCOLS = pytest.mark.parametrize("protocol", range(6))
b"a".decode("raw-unicode-escape")      # imports a codec, which is no fault of a file read later
watched = None      # events that Python reports while a file is read


def _note(event, arguments):
    if watched is not None and event != "builtins.id":
        watched.append((event, *map(str, arguments[:2])))


sys.addaudithook(_note)


def state(folder):
    return (set(sys.modules), dict(os.environ), list(sys.path), list(safe_pickle.OPCODES),
            os.listdir(folder))


def read(path, content):
    """What the reader gives, or its CorpusError; it may have done no more than open the file."""
    global watched
    path.write_bytes(content)
    before, watched = state(path.parent), []
    try:
        result = read_pickle(path)
    except CorpusError as error:
        result = error
        assert str(error).startswith(f"{path}: ") and str(error).isprintable()
        assert re.search("fetch|unpack|inside", str(error), re.I), "no remedy"
    finally:
        events, watched = watched, None
    assert events == [("open", str(path), "r")] and state(path.parent) == before
    return result


def same(given, expected):
    """Equal in value and in type, all the way down."""
    assert type(given) is type(expected)
    if isinstance(expected, dict):
        same([*given.items()], [*expected.items()])
    elif isinstance(expected, (list, tuple)):
        assert len(given) == len(expected)
        for one, other in zip(given, expected, strict=True):
            same(one, other)
    elif isinstance(expected, (np.ndarray, np.generic)):
        assert given.dtype == expected.dtype and given.shape == expected.shape
        assert given.tobytes("A") == expected.tobytes("A")
    else:
        assert given == expected or given != given
    if isinstance(expected, np.ndarray):
        assert given.flags.owndata and given.flags.writeable
        assert given.flags.fnc == expected.flags.fnc


rng = np.random.default_rng(0)
DATA = {
    "features": ({7: ["7_0"]}, {7: [rng.normal(size=300).astype("f4")]}, {7: ["", "é😀"]}, [7]),
    "containers": [{"a": (1, 2, 3, 4), "b": [()]}, {1, "x"}, frozenset({b"y", 2.5}), {}, set(), []],
    "numbers": [0, -1, 255, 65536, 2**31, -(2**63), 2**63 - 1, -1e300, float("nan"), True, None],
    "texts": ["", "a\nb\\u0041'\"", "\x00é😀", b"", bytes(range(256)), "a" * 300, b"b" * 70_000],
    "shared": [shared := [1, 2], shared, ("s", shared), "s"],
    "shapes": [np.arange(6.0).reshape(2, 3), np.asfortranarray(rng.normal(size=(3, 5))),
               np.array(3.5), np.zeros((0, 4)), np.arange(9)[::2],
               np.arange(24).reshape(2, 3, 4).swapaxes(0, 1)],
    "types": [np.array([0, 1, 2]).astype(t) for t in
              "? i1 u1 <i2 >i4 u8 f2 <f4 >f8 longdouble c8 >c16 S3 <U2 >U5".split()],
    "scalars": [np.float32(1.5), np.int8(98), np.bool_(True), np.str_("é"), np.bytes_(b"b"),
                np.complex64(1j), np.array(1, ">i4")[()], {np.int64(5): np.float32(0)}],
}


def spelled(content: bytes, core: str) -> bytes:
    """The pickle as numpy 1 (``core``) or 2 (``_core``) would have written it."""
    content = re.sub(rb"cnumpy\._?core\.", f"cnumpy.{core}.".encode(), content)
    return re.sub(rb"\x8c.numpy\._?core\.(multiarray|numeric)", lambda found: b"\x8c" + bytes(
        [len(name := f"numpy.{core}.".encode() + found[1])]) + name, content)


@pytest.mark.parametrize("core", ["core", "_core"])
@PROTOCOLS
@pytest.mark.parametrize("name", DATA)
def test_every_protocol_and_spelling_of_numpy(name, protocol, core, tmp_path):
    same(read(tmp_path / "x.pkl", spelled(pickle.dumps(DATA[name], protocol), core)), DATA[name])


@PROTOCOLS
def test_dictionaries_with_an_order_or_a_default_are_plain_ones(protocol, tmp_path):
    given = [OrderedDict(b=1, a=[2]), defaultdict(list, {3: [np.int8(4)]}), defaultdict(None, a=1)]
    same(read(tmp_path / "x.pkl", pickle.dumps(given, protocol)), [dict(one) for one in given])


def test_what_is_shared_in_the_file_is_shared_in_the_data(tmp_path):
    a = np.arange(3)
    first, second, (third,) = read(tmp_path / "x.pkl", pickle.dumps([a, a, (a,)]))
    assert first is second is third


RAW = np.array([0.1, -3, 1e30], "<f4").tobytes()
PYTHON_2 = {
    b"\x80\x02}q\x01U\x0eSes01F_impro01q\x02]q\x03(cnumpy.core.multiarray\n_reconstruct\nq\x04"
    b"cnumpy\nndarray\nq\x05K\x00\x85U\x01b\x87Rq\x06(K\x01K\x03\x85cnumpy\ndtype\nq\x07U\x02f4"
    b"K\x00K\x01\x87Rq\x08(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
    b"U\x0c" + RAW + b"tbU\x04Caf\xe9q\x09es.":
        {"Ses01F_impro01": [np.array([0.1, -3, 1e30], "f4"), "Café"]},
    b"(dp1\nS'Ses01F_impro01'\np2\n(lp3\ncnumpy.core.multiarray\n_reconstruct\np4\n(cnumpy\n"
    b"ndarray\np5\n(I0\ntS'b'\ntRp6\n(I1\n(I3\ntcnumpy\ndtype\np7\n(S'f4'\nI0\nI1\ntRp8\n"
    b"(I3\nS'<'\nNNNI-1\nI-1\nI0\ntbI00\nS" + repr(RAW)[1:].encode() + b"\ntbaS'Caf\\xe9'\np9\nas.":
        {"Ses01F_impro01": [np.array([0.1, -3, 1e30], "f4"), "Café"]},
    b"((lp0\nL5L\naI01\naV\\u00e9\nac__builtin__\nset\np1\n((lp2\nS'a'\natRp3\nccollections\n"
    b"OrderedDict\n((lp4\n(lp5\nS'k'\naI1\naatRp6\nt.": ([5, True, "é"], {"a"}, {"k": 1}),
}


@pytest.mark.parametrize("content", PYTHON_2, ids=["protocol-2", "protocol-0", "others"])
def test_a_file_of_python_2(content, tmp_path):
    same(read(tmp_path / "x.pkl", content), PYTHON_2[content])


def published(*pin):
    """What a pinned file holds, which its owners published."""
    try:
        return read_pickle(fetch(Pin(*pin), progress=False))
    except Unavailable as error:
        pytest.skip(" ".join(str(error).split()))


def test_the_published_file_of_cosmic(tmp_path, monkeypatch):
    monkeypatch.setenv("MLSAN_DATA", str(tmp_path))
    content = published("declare-lab/conv-emotion",
                        "6128ca20e9c736605cce7e99d5d95db0356c35f5",
                        "COSMIC/feature-extraction/meld/meld.pkl",
                        "6575f1a0eb83be0b7dda00b323a391def63e7cc9")
    speakers, labels, _, texts, *splits = content
    assert len(speakers) == len(labels) == len(texts) == sum(map(len, splits)) == 1432
    assert sum(map(len, texts.values())) == 13708
    assert {len(one_hot) for said in speakers.values() for one_hot in said} == {9}


def test_the_published_file_of_ravdess(tmp_path, monkeypatch):
    monkeypatch.setenv("MLSAN_DATA", str(tmp_path))
    content = published(
        "KangHyunWook/Pytorch-implementation-of-Multimodal-emotion-recognition-on-"
        "RAVDESS-dataset", "dd366fbcde5a8248195a47b7c0efd974f25f74c2", "au_mfcc.pkl",
        "1e37d512b4ad32cff9af65c7a18c652987ac65d2")
    assert len(content) == 1440 and {v.shape for v in content.values()} == {(294,)}
    assert {v.dtype for v in content.values()} == {np.dtype("f8")}
    assert len({clip.split("-")[-1] for clip in content}) == 24       # actors


@pytest.mark.parametrize("name", EXECUTING)
def test_nothing_is_executed(name, tmp_path):
    content = hostile.executing(str(tmp_path / "made"))[name]
    assert isinstance(read(tmp_path / "x.pkl", content), CorpusError)
    assert not (tmp_path / "made").exists()


def test_the_programs_above_do_work(tmp_path):
    """Else the test above could not fail."""
    script = ("import pickle, sys\nfor name in sys.argv[1:]:\n    try: pickle.load(open(name + "
              "'.pkl', 'rb'))\n    except Exception: pass\n")
    for name in EXECUTING:
        (tmp_path / f"{name}.pkl").write_bytes(hostile.executing(str(tmp_path / name))[name])
    subprocess.run([sys.executable, "-c", script, *EXECUTING], cwd=tmp_path, capture_output=True)
    assert [name for name in EXECUTING if not (tmp_path / name).exists()] == []


SAID = {"attribute": "the global 'collections._sys.modules.__getitem__'", "gzip": "gzip",
        "name-that-clears-the-screen": r"'\x1b[2J.x'", "object-array-4": "'O8'", "empty": "empty",
        "git-lfs": "git lfs pull", "torch-zip": "zip archive", "web-page": "web page",
        "deep-lists": "50 levels", "trailing-bytes": "1 bytes after", "tuple-as-key": "as a key",
        "no-stop": "not a whole pickle"}


@pytest.mark.parametrize("name", REFUSED)
def test_no_plain_data_or_no_whole_pickle(name, tmp_path):
    error, start = read(tmp_path / "x.pkl", REFUSED[name]), time.process_time()
    assert isinstance(error, CorpusError) and SAID.get(name, "") in str(error)
    tracemalloc.start()
    try:
        with pytest.raises(CorpusError):
            read_pickle(tmp_path / "x.pkl")
        assert tracemalloc.get_traced_memory()[1] < (1 << 20) + 300 * len(REFUSED[name])
    finally:
        tracemalloc.stop()
    assert time.process_time() - start < 10


@PROTOCOLS
def test_cut_anywhere(protocol, tmp_path):
    whole = pickle.dumps([{"a": (1, "é", b"b", 2.5)}, np.arange(3, dtype="f4")], protocol)
    for end in range(len(whole)):
        assert isinstance(read(tmp_path / "x.pkl", whole[:end]), CorpusError), end


def test_what_is_no_file(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "gone.pkl", tmp_path / "pipe"):
        with pytest.raises(CorpusError, match=f"{path}: missing, or a folder; name a pickle file"):
            read_pickle(path)


def plain(value) -> bool:
    if type(value) in (list, tuple, set, frozenset):
        return all(map(plain, value))
    if type(value) is dict:
        return all(map(plain, value)) and all(map(plain, value.values()))
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind in "biufcSU"
    return type(value) in (type(None), bool, int, float, str, bytes) or isinstance(value, np.dtype)


WHOLE = [pickle.dumps(value, p) for value in DATA.values() for p in range(6)]
PIECES = [bytes([code]) for code in range(256)] + [
    hostile.g("os", "system"), hostile.g("numpy", "dtype"), hostile.g("builtins", "set"),
    hostile.array(), hostile.dtype(), hostile.u("made"), b"q\x00", b"h\x00", b"(", b"t", b"R", b"b"]


@pytest.mark.filterwarnings("ignore:invalid escape sequence")
@pytest.mark.slow
@settings(max_examples=400, derandomize=True, deadline=None, database=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([*WHOLE, *PYTHON_2, b"."]), st.lists(st.tuples(
    st.floats(0, 1), st.integers(0, 4), st.lists(st.sampled_from(PIECES), max_size=9)), max_size=4))
def test_any_bytes_are_refused_or_plain(tmp_path, content, changes):
    for place, length, pieces in changes:
        start = int(place * len(content))
        content = content[:start] + b"".join(pieces) + content[start + length:]
    result = read(tmp_path / "x.pkl", content)
    assert isinstance(result, CorpusError) or plain(result)
