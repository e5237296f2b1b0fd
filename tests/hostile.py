"""Pickles made by hand that a stranger might publish, or that a cut download leaves.

``executing(marker)`` are programs that would make the file ``marker``; ``refused()`` execute
nothing, but hold what is no plain data, ask for more than they are worth, or are no whole pickle.
Both give name -> bytes.
"""

from __future__ import annotations

import collections
import datetime
import decimal
import gzip
import io
import marshal
import pickle
import struct
import types
import zipfile

import numpy as np


def u(text: str) -> bytes:
    return b"X" + struct.pack("<I", len(text.encode())) + text.encode()


def b(content: bytes) -> bytes:
    return b"B" + struct.pack("<I", len(content)) + content


def g(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def sg(module: str, name: str) -> bytes:
    return u(module) + u(name) + b"\x93"


def args(*values: bytes) -> bytes:
    return b"(" + b"".join(values) + b"t"


def call(function: bytes, *values: bytes) -> bytes:
    return function + args(*values) + b"R"


def executing(marker: str) -> dict[str, bytes]:
    shell, python = f"touch {marker}", f"open({marker!r}, 'w').close()"
    sh, py, run = u(shell), u(python), args(u(shell)) + b"R."
    nested = b"cos\nsystem\n(V" + shell.encode() + b"\ntR."
    code = marshal.dumps(compile(python, "made", "exec"))
    os_module, system = call(g("importlib", "import_module"), u("os")), g("os", "system")

    def simple(module, name, *values):
        return call(g(module, name), *values) + b"."

    return {
        "os.system-protocol-0": nested,
        "os.system-protocol-2": b"\x80\x02" + system + run,
        "os.system-protocol-4": b"\x80\x04" + sg("os", "system") + run,
        "posix.system": simple("posix", "system", sh),
        "builtins.eval": simple("builtins", "eval", py),
        "builtins.exec": simple("builtins", "exec", py),
        "builtins.open": simple("builtins", "open", u(marker), u("w")),
        "python-2-eval": simple("__builtin__", "eval", py),
        "python-2-commands": simple("commands", "getoutput", sh),
        "io.FileIO": simple("_io", "FileIO", u(marker), u("w")),
        "subprocess.Popen": simple("subprocess", "getoutput", sh),
        "subprocess.run": simple("subprocess", "run", args(u("touch"), u(marker))),
        "timeit": simple("timeit", "timeit", py, u("pass"), g("time", "perf_counter"), b"K\x01"),
        "cProfile": simple("cProfile", "run", py, u(marker + ".profile")),
        "logging.FileHandler": simple("logging", "FileHandler", u(marker)),
        "os.mkdir": simple("os", "mkdir", u(marker)),
        "numpy.memmap": simple("numpy", "memmap", u(marker), u("u1"), u("w+"), b"K\x00", b"K\x08"),
        "numpy.savetxt": simple("numpy", "savetxt", u(marker), args(b"K\x01")),
        "numpy.f2py": simple("numpy.f2py.crackfortran", "getlincoef", py, b"}"),
        "numpy.testing": simple("numpy.testing", "runstring", py, b"}"),
        "pickle-in-a-pickle": simple("_pickle", "loads", b(nested)),
        "inst-opcode": b"(V" + shell.encode() + b"\nios\nsystem\n.",
        "obj-opcode": b"(" + system + sh + b"o.",
        "obj-of-an-admitted-global": b"(" + g("numpy", "dtype") + call(system, sh) + b"o.",
        "getattr-chain": call(g("builtins", "getattr"), os_module, u("system")) + run,
        "attrgetter": call(call(g("operator", "attrgetter"), u("system")), os_module) + run,
        "functools.partial": call(call(g("functools", "partial"), system, sh)) + b".",
        "marshal-and-a-function": call(call(g("types", "FunctionType"), call(
            g("marshal", "loads"), b(code)), g("builtins", "__dict__"))) + b".",
        "map-over-list": simple("builtins", "list", call(g("builtins", "map"), system, args(sh))),
        "dotted-name": b"\x80\x04" + sg("shutil", "os.system") + run,
        "names-from-the-memo": u("os") + b"q\x01" + u("system") + b"q\x02h\x01h\x02\x93" + run,
        "memo-written-over": (u("numpy") + b"q\x00" + u("dtype") + b"q\x01" + u("os") + b"q\x00"
                              + u("system") + b"q\x01h\x00h\x01\x93" + run),
        "memoize-beside-put": (b"\x80\x04" + u("os") + b"q\x00" + u("system") + b"q\x01"
                               + u("numpy") + b"\x94" + u("dtype") + b"\x94h\x00h\x01\x93" + run),
        "names-with-others-between": (u("os") + b"(" + u("numpy") + u("dtype") + b"t0"
                                      + u("system") + b"\x93" + run),
        "names-doubled": u("os") + b"20" + u("system") + b"\x93" + run,
        "hidden-in-data": (b"\x80\x02}" + u("text") + b"](" + b"K\x01" * 50 + call(system, sh)
                           + b"es."),
    }


NDARRAY, F4 = g("numpy", "ndarray"), u("f4")


def dtype(kind: bytes = F4, order: str = "<", rest: bytes = b"NNN") -> bytes:
    return (call(g("numpy", "dtype"), kind, b"\x89", b"\x88")
            + args(b"K\x03", u(order), rest, b"J\xff\xff\xff\xff" * 2, b"K\x00") + b"b")


def array(raw: bytes = b(bytes(8)), shape: bytes = b"K\x02\x85", kind: bytes | None = None,
          of: bytes = NDARRAY, begun: bytes = b"K\x00\x85") -> bytes:
    return (call(g("numpy.core.multiarray", "_reconstruct"), of, begun, b(b"b"))
            + args(b"K\x01", shape, dtype() if kind is None else kind, b"\x89", raw) + b"b")


def scalar(kind: bytes, raw: bytes) -> bytes:
    return call(g("numpy.core.multiarray", "scalar"), kind, raw)


def buffer(*rest: bytes) -> bytes:
    return call(g("numpy._core.numeric", "_frombuffer"), b(bytes(8)), dtype(), *rest)


def encode(text: bytes, codec: str = "latin1") -> bytes:
    return call(g("_codecs", "encode"), text, u(codec))


def zipped() -> bytes:
    with zipfile.ZipFile(out := io.BytesIO(), "w") as archive:
        archive.writestr("archive/data.pkl", b"N.")
    return out.getvalue()


def refused() -> dict[str, bytes]:
    big, most = (b"\x8a\x08" + struct.pack("<q", 1 << n) for n in (40, 62))
    wide = struct.Struct("<Q").pack
    tower, doubled = b")" + b"\x85" * 100_000, b")q\x00" + b"h\x00h\x00\x86q\x00" * 60
    new_set = g("builtins", "set")
    values = {      # each followed by STOP
        # Opcodes
        "persistent-id": b"Psomething\n", "binary-persistent-id": u("some") + b"Q",
        "extension-1": b"\x82\x01", "extension-2": b"\x83\x01\x00",
        "extension-4": b"\x84\x01\x00\x00\x00", "newobj": NDARRAY + args(big) + b"\x81",
        "newobj-with-keywords": NDARRAY + b")}\x92", "next-buffer": b"\x80\x05\x97",
        "read-only-buffer": b"\x80\x05N\x98", "pop": b"NN0", "pop-mark": b"N(N1", "dup": b"N2",
        "unknown-opcode": b"\x80\x04\xff", "protocol-9": b"\x80\x09N",
        # Globals
        "global-alone": NDARRAY, "global-in-a-list": b"](" + NDARRAY + b"e",
        "factory-called": call(g("builtins", "list"), b")"),
        "reconstructor": g("copy_reg", "_reconstructor"),
        "attribute": sg("collections", "_sys.modules.__getitem__") + u("os") + b"\x85R",
        "class-of-an-admitted": b"\x80\x04" + sg("numpy.core.multiarray", "scalar.__class__"),
        "other-of-multiarray": call(g("numpy.core.multiarray", "empty"), big + b"\x85"),
        "name-by-number": b"K\x01K\x02\x93", "name-with-a-newline": sg("numpy\ndtype", ""),
        "name-made-by-a-call": u("numpy") + scalar(dtype(u("S5")), b(b"dtype")) + b"\x93",
        "name-that-clears-the-screen": g("\x1b[2J", "x"),
        "codec-zip": encode(u("a"), "zip"), "codec-of-bytes": encode(b(b"a")),
        "codecs-decode": call(g("_codecs", "decode"), u("a"), u("hex")),
        "torch": g("torch._utils", "_rebuild_tensor_v2"),
        "joblib": g("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81",
        "pandas": g("pandas.core.frame", "DataFrame") + b")\x81",
        # States and calls
        "environment": g("os", "environ") + u("MLSAN_HOSTILE") + u("1") + b"s",
        "our-own-list": g("mlsan.sources.safe_pickle", "OPCODES") + u("INST") + b"a",
        "our-own-function": (g("mlsan.sources.safe_pickle", "read_pickle") + b"N}"
                             + u("__defaults__") + b")s\x86b"),
        "state-for-a-global": g("numpy", "dtype") + b"N}" + u("x") + b"Ns\x86b",
        "state-for-a-dictionary": b"}}" + u("__class__") + b"Nsb", "state-for-a-list": b"]N}\x86b",
        "slots-for-a-list": b"]N](" + u("__class__") + b"e\x86b", "state-twice": array() + b"Nb",
        "no-state": call(g("numpy.core.multiarray", "_reconstruct"), NDARRAY, b"K\x00\x85", F4),
        "type-without-state": array(kind=call(g("numpy", "dtype"), F4, b"\x89", b"\x88")),
        "call-of-a-string": u("os") + b")R", "call-of-an-array": array() + b")R",
        "bytes-of-a-size": call(g("builtins", "bytes"), big),
        "dictionary-of-no-pairs": call(g("collections", "OrderedDict"), b"](K\x01e"),
        # Types of arrays
        **{f"type-{kind}": array(kind=dtype(u(kind))) for kind in (
            "O8", "O", "V8", "V1000000000000", "S1000000000", "U0", "M8", "i3", "f4,f4", "2f4")},
        "type-of-fields": array(kind=dtype(u("V8"), "|", b"N" + args(u("a")) + b"}")),
        "type-of-a-subtype": array(kind=dtype(rest=args(dtype(), b"K\x02\x85") + b"NN")),
        "type-in-an-odd-order": array(kind=dtype(order="O")),
        "type-from-a-list": array(kind=dtype(b"](" + args(u("a"), F4) + b"e")),
        "type-that-is-a-string": array(kind=u("O")),
        "type-that-is-bytes": array(kind=encode(u("O"))),
        "scalar-of-objects": scalar(dtype(u("O8")), b(b"cos\nsystem\n.")),
        "scalar-too-short": scalar(dtype(), b(b"abc")),
        "letters-that-do-not-exist": array(kind=dtype(u("U1")), raw=b(b"\xff" * 8)),
        # Sizes of arrays
        "huge-shape": array(shape=big + b"\x85"),
        "huge-shape-of-nothing": array(raw=b(b""), shape=big * 3 + b"\x87", kind=dtype(u("S1"))),
        "shape-that-overflows": array(shape=most * 2 + b"\x86"),
        "negative-shape": array(shape=b"J\xff\xff\xff\xffJ\xfe\xff\xff\xff\x86"),
        "shape-of-floats": array(shape=b"G" + struct.pack(">d", 2) + b"\x85"),
        "shape-of-a-string": array(shape=u("ab") + big + b"\x86"),
        "shape-of-a-doubled-tuple": doubled + array(shape=b"h\x00"),
        "shape-of-70": array(shape=b"(" + b"K\x01" * 69 + b"K\x02t"),
        "too-few-bytes": array(shape=b"K\x03\x85"), "too-many-bytes": array(shape=b"K\x01\x85"),
        "array-of-a-list": array(raw=b"]"), "array-of-an-array": array(raw=array()),
        "array-begun-huge": array(begun=big + b"\x85"), "subclass": array(of=g("numpy", "memmap")),
        "buffer-with-odd-axes": buffer(b"K\x02\x85", u("K"), b"K\x07\x85"),
        # More than the file is worth
        "memo-never-put": b"h\x05", "memo-below-0": b"Np-1\n",
        "one-string-many-arrays": b(bytes(40_000)) + b"q\x01](" + 300 * array(
            raw=b"h\x01", shape=b"M\x40\x9c\x85", kind=dtype(u("u1"))) + b"e",
        "one-string-encoded-often": u("a" * 40_000) + b"q\x01](" + encode(b"h\x01") * 99 + b"e",
        "one-list-many-sets": (b"](" + b"N" * 4000 + b"eq\x01]("
                               + call(new_set, b"h\x01") * 99 + b"e"),
        "long-of-2-gigabytes": b"\x8b\xff\xff\xff\x7f", "long-negative": b"\x8b\xff\xff\xff\xff",
        "long-of-255-bytes": b"\x8a\xff" + b"\x7f" * 255, "int-in-text": b"I" + b"9" * 100 + b"\n",
        "long-in-text": b"L" + b"9" * 5000 + b"L\n",
        "string-of-4-gigabytes": b"X\xff\xff\xff\xffabc",
        "bytes-of-4-exabytes": b"\x8e" + wide(1 << 62) + b"a",
        "bytearray-of-a-terabyte": b"\x96" + wide(1 << 40) + b"a",
        "deep-lists": b"]" * 20_000 + b"a" * 19_999, "deep-tuples": tower,
        "deep-tuple-as-key": b"}" + tower + b"Ns", "doubled-tuple-as-key": doubled + b"}h\x00Ns",
        "doubled-tuple-in-a-set": doubled + call(new_set, b"](h\x00e"),
        "doubled-tuple-in-pairs": doubled + call(g("collections", "OrderedDict"), b"](h\x00N\x86e"),
        "doubled-frozensets": b"\x80\x04(\x91q\x00" + b"(h\x00h\x00\x91q\x00" * 60,
        "calls-in-calls": new_set * 5_000 + b")" + b"\x85R" * 5_000,
        # Containers
        "list-in-itself": b"]q\x00h\x00a", "dictionary-in-itself": b"}q\x00K\x01h\x00s",
        "tuple-in-itself": b"]q\x00h\x00\x85a", "list-as-key": b"}]Ns",
        "set-in-a-set": b"\x8f(\x8f\x90", "array-as-key": b"}" + array() + b"Ns",
        "complex-as-key": b"}" + scalar(dtype(u("c8")), b(bytes(8))) + b"Ns",
        "tuple-as-key": b"}K\x01\x85Ns", "odd-dictionary": b"(NNNd",
        # No whole pickle
        "nothing-on-the-stack": b"", "no-mark": b"N]e", "two-pickles": b"N.N",
    }
    files = {
        "only-a-header": b"\x80\x04", "no-stop": b"\x80\x02]", "trailing-bytes": b"N.\n",
        "garbage": bytes(range(200, 256)), "empty": b"", "zeros": bytes(100),
        "text": b"The features can be had on request.\n", "json": b'{"0": [1, 2]}',
        "table": b"Sr No.,Utterance,Speaker\n1,hello,Joey\n",
        "web-page": b"<!DOCTYPE html><html><title>404: Not Found</title></html>",
        "git-lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 399324924\n",
        "gzip": gzip.compress(b"N.", mtime=0), "torch-zip": zipped(),
        "torch-old": b"".join(pickle.dumps(x, 2) for x in (0x1950a86a20f9469cfc6c, 1001, {})),
    }
    objects = {
        "complex": 1j, "date": datetime.date(2020, 1, 1), "decimal": decimal.Decimal(1),
        "function": np.mean, "type": float, "range": range(3), "slice": slice(3),
        "counter": collections.Counter("a"), "deque": collections.deque(),
        "namespace": types.SimpleNamespace(a=1), "object-array": np.array([None, {}], object),
        "date-array": np.array(["2020"], "M8[Y]"), "field-array": np.zeros(2, [("a", "f4")]),
        "masked-array": np.ma.array([1.0]), "generator": np.random.default_rng(0),
    }
    return {name: value + b"." for name, value in values.items()} | files | {
        f"{name}-{p}": pickle.dumps(x, p) for name, x in objects.items() for p in (2, 4)}
