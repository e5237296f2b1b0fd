"""The reader for pickles from strangers: what it gives back, and all that it has to refuse."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
import tracemalloc
from collections import OrderedDict, defaultdict

import hostile
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mlsan.data.validation import CorpusError
from mlsan.sources.feature_files import unpickle
from mlsan.sources.feature_files.safe_pickle import read_pickle

EXECUTING, REFUSED = hostile.executing("MARKER"), hostile.refused()
watched = None      # events that Python reports while a file is read


def _note(event, arguments):
    if watched is not None and event != "builtins.id":
        watched.append((event, *map(str, arguments[:2])))


sys.addaudithook(_note)


def read(path, content):
    """What the reader gives, or its CorpusError; it may have done no more than open the file."""
    global watched
    path.write_bytes(content)
    before = set(sys.modules), dict(os.environ), list(sys.path), dict(unpickle.GLOBALS), os.listdir(path.parent)
    watched = []
    try:
        result = read_pickle(path)
    except CorpusError as error:
        result = error
    finally:
        events, watched = watched, None
    assert events == [("open", str(path), "r")]
    after = set(sys.modules), dict(os.environ), list(sys.path), dict(unpickle.GLOBALS), os.listdir(path.parent)
    assert after == before
    return result


@pytest.fixture(autouse=True, scope="module")
def imported(tmp_path_factory):
    """What Python and numpy import at their first use is no fault of a file."""
    path = tmp_path_factory.mktemp("first") / "first.pkl"
    for protocol in range(6):
        path.write_bytes(pickle.dumps([np.array(["a"]), {b"b"}], protocol))
        read_pickle(path)


def same(given, expected):
    """Equal in value and in type, all the way down."""
    assert type(given) is type(expected)
    if isinstance(expected, dict):
        assert list(given) == list(expected)
        for key in expected:
            same(given[key], expected[key])
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


def plain(value) -> bool:
    if type(value) in (list, tuple, set, frozenset):
        return all(map(plain, value))
    if type(value) is dict:
        return all(map(plain, value)) and all(map(plain, value.values()))
    if type(value) is np.ndarray or isinstance(value, np.generic):
        return value.dtype.kind in "biufcSU" and type(value).__module__ == "numpy"
    return type(value) in (type(None), bool, int, float, str, bytes)


# What it reads

rng = np.random.default_rng(0)
DATA = {
    "features": ({7: ["7_0", "7_1"]}, {7: [[1, 0], [0, 1]]}, {7: [4, 0]},
                 {7: list(rng.normal(size=(2, 300)).astype("f4"))}, {7: ["", "é😀"]}, [7]),
    "containers": [{"a": (1, 2, 3, 4), "b": [()]}, {1, "x"}, frozenset({b"y", 2.5}), {}, set(), []],
    "numbers": [0, -1, 255, 65536, 2**31, -(2**63), 2**63 - 1, 0.1, -1e300, float("inf"), float("nan"),
                True, None],
    "texts": ["", "a\nb\\u0041'\"", "\x00é€😀", b"", b"a", bytes(range(256)), "a" * 300, b"b" * 70_000],
    "shared": [shared := [1, 2], shared, ("s", shared), "s"],
    "shapes": [np.arange(6.0).reshape(2, 3), np.asfortranarray(rng.normal(size=(3, 5))), np.array(3.5),
               np.zeros((0, 4)), np.zeros(0), np.arange(10)[::2],
               np.arange(24).reshape(2, 3, 4).transpose(1, 0, 2)],
    "types": [np.array([0, 1, 2]).astype(t) for t in
              "? i1 u1 <i2 >i4 u8 f2 <f4 >f8 longdouble c8 >c16 S3 <U2 >U5".split()],
    "scalars": [np.float32(1.5), np.float64(-2), np.int64(3), np.int8(98), np.bool_(True), np.str_("é"),
                np.bytes_(b"b"), np.complex64(1j), np.array(1, ">i4")[()], b"b", {np.int64(5): np.float32(0)}],
    "alone": np.array(["neutral", "joy"]),
}


def spelled(content: bytes, core: str) -> bytes:
    """The pickle as numpy 1 (``core``) or 2 (``_core``) would have written it."""
    content = re.sub(rb"cnumpy\._?core\.", f"cnumpy.{core}.".encode(), content)
    content = re.sub(rb"\x8c.numpy\._?core\.(multiarray|numeric)", lambda found: b"\x8c" + bytes(
        [len(name := f"numpy.{core}.".encode() + found[1])]) + name, content)
    # A frame tells its length, which may have changed; it is optional.
    return content[:2] + content[11:] if content[2:3] == b"\x95" else content


@pytest.mark.parametrize("core", ["core", "_core"])
@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", [name for name in DATA if name != "texts"])
def test_every_protocol_and_spelling_of_numpy(name, protocol, core, tmp_path):
    same(read(tmp_path / "x.pkl", spelled(pickle.dumps(DATA[name], protocol), core)), DATA[name])


@pytest.mark.parametrize("protocol", range(6))
def test_every_text(protocol, tmp_path):
    same(read(tmp_path / "x.pkl", pickle.dumps(DATA["texts"], protocol)), DATA["texts"])


@pytest.mark.parametrize("protocol", range(6))
def test_dictionaries_with_an_order_or_a_default_are_plain_ones(protocol, tmp_path):
    given = [OrderedDict(b=1, a=[2]), defaultdict(list, {3: [np.float32(4)]}), defaultdict(None, a=1)]
    same(read(tmp_path / "x.pkl", pickle.dumps(given, protocol)), [dict(one) for one in given])


def test_what_is_shared_in_the_file_is_shared_in_the_data(tmp_path):
    a = np.arange(3)
    first, second, (third,) = read(tmp_path / "x.pkl", pickle.dumps([a, a, (a,)]))
    assert first is second is third


RAW = np.array([0.1, -3, 1e30], "<f4").tobytes()
BINARY_2 = (b"\x80\x02}q\x01U\x0eSes01F_impro01q\x02]q\x03(cnumpy.core.multiarray\n_reconstruct\nq\x04"
            b"cnumpy\nndarray\nq\x05K\x00\x85U\x01b\x87Rq\x06(K\x01K\x03\x85cnumpy\ndtype\nq\x07U\x02f4K\x00K\x01"
            b"\x87Rq\x08(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
            b"U\x0c" + RAW + b"tbU\x04Caf\xe9q\x09es.")
TEXT_2 = (b"(dp1\nS'Ses01F_impro01'\np2\n(lp3\ncnumpy.core.multiarray\n_reconstruct\np4\n(cnumpy\nndarray\np5\n"
          b"(I0\ntS'b'\ntRp6\n(I1\n(I3\ntcnumpy\ndtype\np7\n(S'f4'\nI0\nI1\ntRp8\n"
          b"(I3\nS'<'\nNNNI-1\nI-1\nI0\ntbI00\nS" + repr(RAW)[1:].encode() + b"\ntbaS'Caf\\xe9'\np9\nas.")


@pytest.mark.parametrize("content", [BINARY_2, TEXT_2], ids=["protocol-2", "protocol-0"])
def test_a_file_of_python_2(content, tmp_path):
    expected = {"Ses01F_impro01": [np.array([0.1, -3, 1e30], "f4"), "Café"]}
    same(read(tmp_path / "x.pkl", content), expected)


def test_other_values_of_python_2(tmp_path):
    content = (b"((lp0\nL5L\naI01\naV\\u00e9\nac__builtin__\nset\np1\n((lp2\nS'a'\natRp3\nccollections\n"
               b"OrderedDict\n((lp4\n(lp5\nS'k'\naI1\naatRp6\nt.")
    same(read(tmp_path / "x.pkl", content), ([5, True, "é"], {"a"}, {"k": 1}))


# What it refuses


@pytest.mark.parametrize("off", ["neither", "_scan", "_Recorder"])
@pytest.mark.parametrize("name", EXECUTING)
def test_nothing_is_executed_by_either_line_of_defence(name, off, tmp_path, monkeypatch):
    marker = tmp_path / "made"
    content, said = hostile.executing(str(marker))[name]
    if off == "_scan":
        monkeypatch.setattr(unpickle, "_scan", lambda data: None)
    if off == "_Recorder":
        monkeypatch.setattr(unpickle, "_Recorder", pickle.Unpickler)
    error = read(tmp_path / "x.pkl", content)
    assert isinstance(error, CorpusError) and not marker.exists()
    assert str(error).startswith(f"{tmp_path / 'x.pkl'}: ") and (off == "_scan" or said in str(error))


def test_the_programs_above_do_work(tmp_path):
    """Else the test above could not fail."""
    script = ("import pickle, sys\nfor name in sys.argv[1:]:\n    try: pickle.load(open(name + '.pkl', 'rb'))\n"
              "    except Exception: pass\n")
    for name in EXECUTING:
        (tmp_path / f"{name}.pkl").write_bytes(hostile.executing(str(tmp_path / name))[name][0])
    subprocess.run([sys.executable, "-c", script, *EXECUTING], cwd=tmp_path, capture_output=True)
    assert [name for name in EXECUTING if not (tmp_path / name).exists()] == []


@pytest.mark.parametrize("name", REFUSED)
def test_no_plain_data_or_no_whole_pickle(name, tmp_path):
    content, said = REFUSED[name]
    error = read(tmp_path / "x.pkl", content)
    assert isinstance(error, CorpusError)
    assert str(error).startswith(f"{tmp_path / 'x.pkl'}: ") and said in str(error)
    assert re.search(r"fetch|unpack|inside", str(error), re.I), "no remedy"
    assert str(error).isprintable()


def test_memory_asked_for_is_in_proportion_to_the_file(tmp_path):
    asking = {name: content for name, (content, _) in REFUSED.items() if len(content) < 10_000}
    worst = {}
    for name, content in asking.items():
        (tmp_path / "x.pkl").write_bytes(content)
        tracemalloc.start()
        with pytest.raises(CorpusError):
            read_pickle(tmp_path / "x.pkl")
        worst[name] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert {name: size for name, size in worst.items() if size > 1 << 20} == {}


@pytest.mark.parametrize("protocol", range(6))
def test_cut_anywhere(protocol, tmp_path):
    whole = pickle.dumps([{"a": (1, "é", b"b", 2.5)}, np.arange(3, dtype="f4")], protocol)
    for end in range(len(whole)):
        assert isinstance(read(tmp_path / "x.pkl", whole[:end]), CorpusError), end


def test_what_is_no_file(tmp_path):
    with pytest.raises(CorpusError, match=r"gone\.pkl: no such file"):
        read_pickle(tmp_path / "gone.pkl")
    with pytest.raises(CorpusError, match="a folder; name a pickle file"):
        read_pickle(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CorpusError, match="no such file"):
        read_pickle(tmp_path / "pipe")


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    def denied(self):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "x.pkl").write_bytes(b"N.")
    monkeypatch.setattr(unpickle.Path, "read_bytes", denied)
    with pytest.raises(CorpusError, match=r"x\.pkl: cannot be read \(Permission denied\)"):
        read_pickle(tmp_path / "x.pkl")


@pytest.mark.parametrize("broken", [MemoryError(), RecursionError("too deep"), SystemError("odd")], ids=repr)
def test_whatever_pickle_raises_is_told_of_the_file(broken, tmp_path, monkeypatch):
    def fail(data):
        raise broken

    monkeypatch.setattr(unpickle, "_scan", fail)
    error = read(tmp_path / "x.pkl", b"N.")
    assert isinstance(error, CorpusError) and type(broken).__name__ in str(error)


# Any bytes at all

WHOLE = [pickle.dumps(value, protocol) for value in DATA.values() for protocol in range(6)]
WHOLE = [BINARY_2, TEXT_2, *(content for content in WHOLE if len(content) < 10_000)]
PIECES = [bytes([code]) for code in range(256)] + [hostile.g(*name) for name in unpickle.GLOBALS] + [
    hostile.g("os", "system"), hostile.sg("os", "mkdir"), hostile.sg("numpy", "dtype"), hostile.u("made"),
    hostile.array(), hostile.dtype(),
    b"q\x00", b"h\x00", b"(", b"t", b"R", b"b", b"s", b"u", b"\x85", b"\x90", b"]", b"}", b"N"]
FUZZ = settings(max_examples=150, derandomize=True, deadline=None, database=None,
                suppress_health_check=[HealthCheck.function_scoped_fixture])


def check(path, content):
    result = read(path, content)
    assert isinstance(result, CorpusError) or plain(result)


@pytest.mark.slow
@FUZZ
@given(st.data())
def test_altered_bytes(tmp_path, data):
    content = bytearray(data.draw(st.sampled_from(WHOLE)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    check(tmp_path / "x.pkl", bytes(content))


@pytest.mark.filterwarnings("ignore:invalid escape sequence")
@pytest.mark.slow
@FUZZ
@given(st.sampled_from(WHOLE), st.data())
def test_pieces_put_in_or_left_out(tmp_path, whole, data):
    start = data.draw(st.integers(0, len(whole) - 1))
    end = min(len(whole), start + data.draw(st.integers(0, 8)))
    pieces = b"".join(data.draw(st.lists(st.sampled_from(PIECES), max_size=4)))
    check(tmp_path / "x.pkl", whole[:start] + pieces + whole[end:])


@pytest.mark.slow
@FUZZ
@given(st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join))
@example(b"\x80\x05\x95\x00\x00\x00\x00\x00\x00\x00\x00")
def test_programs_of_random_pieces(tmp_path, program):
    check(tmp_path / "x.pkl", program + b".")


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.integers(0, 9), inner, max_size=4)
    | st.tuples(inner, inner), max_leaves=12)


@pytest.mark.slow
@FUZZ
@given(values, st.integers(0, 5))
def test_any_plain_data_come_back(tmp_path, value, protocol):
    same(read(tmp_path / "x.pkl", pickle.dumps(value, protocol)), value)
