"""Pickles made by hand that a stranger might publish, or that a cut download leaves.

``executing(marker)`` are programs that would make the file ``marker``, or alter this process;
``refused()`` do no harm by executing, but hold what is no plain data, ask for more than they are worth,
or are no whole pickle. Both give name -> (bytes, what the error has to say).
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


def executing(marker: str) -> dict[str, tuple[bytes, str]]:
    shell, python = f"touch {marker}", f"open({marker!r}, 'w').close()"
    nested = b"cos\nsystem\n(V" + shell.encode() + b"\ntR."
    code = marshal.dumps(compile(python, "made", "exec"))
    os_module = call(g("importlib", "import_module"), u("os"))

    def simple(module, name, *values):
        return call(g(module, name), *values) + b".", f"{module}.{name}"

    return {
        "os.system-protocol-0": (nested, "os.system"),
        "os.system-protocol-2": (b"\x80\x02" + call(g("os", "system"), u(shell)) + b".", "os.system"),
        "os.system-protocol-4": (b"\x80\x04" + call(sg("os", "system"), u(shell)) + b".", "os.system"),
        "posix.system": simple("posix", "system", u(shell)),
        "builtins.eval": simple("builtins", "eval", u(python)),
        "builtins.exec": simple("builtins", "exec", u(python)),
        "builtins.open": simple("builtins", "open", u(marker), u("w")),
        "python-2-eval": simple("__builtin__", "eval", u(python)),
        "python-2-commands": simple("commands", "getoutput", u(shell)),
        "io.FileIO": simple("_io", "FileIO", u(marker), u("w")),
        "subprocess.Popen": simple("subprocess", "getoutput", u(shell)),
        "subprocess.run": simple("subprocess", "run", args(u("touch"), u(marker))),
        "timeit": simple("timeit", "timeit", u(python), u("pass"), g("time", "perf_counter"), b"K\x01"),
        "cProfile": simple("cProfile", "run", u(python), u(marker + ".profile")),
        "logging.FileHandler": simple("logging", "FileHandler", u(marker)),
        "os.mkdir": simple("os", "mkdir", u(marker)),
        "numpy.memmap": simple("numpy", "memmap", u(marker), u("u1"), u("w+"), b"K\x00", b"K\x08"),
        "numpy.savetxt": simple("numpy", "savetxt", u(marker), args(b"K\x01")),
        "numpy.f2py": simple("numpy.f2py.crackfortran", "getlincoef", u(python), b"}"),
        "numpy.testing": simple("numpy.testing", "runstring", u(python), b"}"),
        "pickle-in-a-pickle": simple("_pickle", "loads", b(nested)),
        "inst-opcode": (b"(V" + shell.encode() + b"\nios\nsystem\n.", "INST"),
        "obj-opcode": (b"(" + g("os", "system") + u(shell) + b"o.", "os.system"),
        "obj-of-an-admitted-global": (b"(" + g("numpy", "dtype") + call(g("os", "system"), u(shell)) + b"o.",
                                      "os.system"),
        "getattr-chain": (call(call(g("builtins", "getattr"), os_module, u("system")), u(shell)) + b".",
                          "builtins.getattr"),
        "attrgetter": (call(call(call(g("operator", "attrgetter"), u("system")), os_module), u(shell)) + b".",
                       "operator.attrgetter"),
        "functools.partial": (call(call(g("functools", "partial"), g("os", "system"), u(shell))) + b".",
                              "functools.partial"),
        "marshal-and-a-function": (call(call(g("types", "FunctionType"), call(g("marshal", "loads"), b(code)),
                                             g("builtins", "__dict__"))) + b".", "types.FunctionType"),
        "map-over-list": (call(g("builtins", "list"), call(g("builtins", "map"), g("os", "system"),
                                                           args(u(shell)))) + b".", "builtins.map"),
        "dotted-name": (b"\x80\x04" + call(sg("shutil", "os.system"), u(shell)) + b".", "shutil.os.system"),
        "names-from-the-memo": (u("os") + b"q\x01" + u("system") + b"q\x02h\x01h\x02\x93" + args(u(shell)) + b"R.",
                                "os.system"),
        "memo-written-over": (u("numpy") + b"q\x00" + u("dtype") + b"q\x01" + u("os") + b"q\x00"
                              + u("system") + b"q\x01h\x00h\x01\x93" + args(u(shell)) + b"R.", "os.system"),
        "memoize-beside-put": (b"\x80\x04" + u("os") + b"q\x00" + u("system") + b"q\x01" + u("numpy") + b"\x94"
                               + u("dtype") + b"\x94h\x00h\x01\x93" + args(u(shell)) + b"R.", "os.system"),
        "names-with-others-between": (u("os") + b"(" + u("numpy") + u("dtype") + b"t0" + u("system") + b"\x93"
                                      + args(u(shell)) + b"R.", "POP"),
        "names-doubled": (u("os") + b"20" + u("system") + b"\x93" + args(u(shell)) + b"R.", "DUP"),
        "hidden-in-data": (b"\x80\x02}" + u("text") + b"](" + b"K\x01" * 50 + call(g("os", "system"), u(shell))
                           + b"es.", "os.system"),
    }


NDARRAY = g("numpy", "ndarray")
F4 = u("f4")


def dtype(kind: bytes = F4, order: str = "<", rest: bytes = b"NNN") -> bytes:
    return (call(g("numpy", "dtype"), kind, b"\x89", b"\x88")
            + args(b"K\x03", u(order), rest, b"J\xff\xff\xff\xff" * 2, b"K\x00") + b"b")


def array(raw: bytes = b(bytes(8)), shape: bytes = b"K\x02\x85", kind: bytes | None = None,
          of: bytes = NDARRAY, version: bytes = b"K\x01", begun: bytes = b"K\x00\x85") -> bytes:
    return (call(g("numpy.core.multiarray", "_reconstruct"), of, begun, b(b"b"))
            + args(version, shape, dtype() if kind is None else kind, b"\x89", raw) + b"b")


def scalar(kind: bytes, raw: bytes) -> bytes:
    return call(g("numpy.core.multiarray", "scalar"), kind, raw)


def encode(text: bytes, codec: str = "latin1") -> bytes:
    return call(g("_codecs", "encode"), text, u(codec))


def zipped() -> bytes:
    with zipfile.ZipFile(out := io.BytesIO(), "w") as archive:
        archive.writestr("archive/data.pkl", b"N.")
    return out.getvalue()


def refused() -> dict[str, tuple[bytes, str]]:
    wide = struct.Struct("<Q").pack
    big = b"\x8a\x08" + struct.pack("<q", 1 << 40)
    nones = b"](" + b"N" * 4000 + b"eq\x01"
    tower = b")" + b"\x85" * 100_000
    doubled = b")q\x00" + b"h\x00h\x00\x86q\x00" * 60
    nested_sets = b"(\x91q\x00" + b"(h\x00\x91q\x00" * 60
    known = {
        # Opcodes
        "persistent-id": (b"Psomething\n.", "PERSID"),
        "binary-persistent-id": (u("some") + b"Q.", "BINPERSID"),
        "extension-1": (b"\x82\x01.", "EXT1"),
        "extension-2": (b"\x83\x01\x00.", "EXT2"),
        "extension-4": (b"\x84\x01\x00\x00\x00.", "EXT4"),
        "newobj": (g("numpy", "ndarray") + args(b"K\x01") + b"\x81.", "NEWOBJ"),
        "newobj-of-a-stranger": (g("subprocess", "Popen") + b")\x81.", "subprocess.Popen"),
        "newobj-with-keywords": (g("numpy", "ndarray") + b")}\x92.", "NEWOBJ_EX"),
        "next-buffer": (b"\x80\x05\x97.", "NEXT_BUFFER"),
        "readonly-buffer": (b"\x80\x05N\x98.", "READONLY"),
        "pop": (b"NN0.", "POP"),
        "pop-mark": (b"N(N1.", "POP_MARK"),
        "dup": (b"N2.", "DUP"),
        "unknown-opcode": (b"\x80\x04\xff.", "unknown"),
        "protocol-9": (b"\x80\x09N.", "protocol: 9"),
        # Globals
        "a-global-alone": (g("numpy", "dtype") + b".", "dtype alone"),
        "a-global-in-a-list": (b"](" + NDARRAY + b"e.", "ndarray alone"),
        "a-type-in-a-list": (b"](" + dtype() + b"e.", "dtype alone"),
        "a-factory-called": (call(g("builtins", "list"), b")") + b".", "factory"),
        "reconstructor": (call(g("copyreg", "_reconstructor"), NDARRAY, g("builtins", "object"), b"N") + b".",
                          "copyreg._reconstructor"),
        "python-2-reconstructor": (g("copy_reg", "_reconstructor") + b".", "copy_reg._reconstructor"),
        "dotted-name": (sg("collections", "_sys.modules.__getitem__") + u("os") + b"\x85R.",
                        "collections._sys.modules.__getitem__"),
        "class-of-an-admitted": (b"\x80\x04" + sg("numpy.core.multiarray", "scalar.__class__") + b".",
                                 "__class__"),
        "other-of-multiarray": (call(g("numpy.core.multiarray", "empty"), big + b"\x85") + b".",
                                "multiarray.empty"),
        "other-of-numeric": (g("numpy._core.numeric", "load") + b".", "numpy._core.numeric.load"),
        "builtins-of-numpy": (g("numpy", "__builtins__") + b".", "numpy.__builtins__"),
        "name-by-number": (b"K\x01K\x02\x93.", "(made up)"),
        "name-made-by-a-call": (u("numpy") + scalar(dtype(u("U5")), b("dtype".encode("utf-32-le"))) + b"\x93.",
                                "(made up)"),
        "name-in-bytes": (b(b"numpy") + b(b"dtype") + b"\x93.", "(made up)"),
        "name-with-a-newline": (sg("numpy\ndtype", "") + b".", "numpy"),
        "name-with-a-space": (g("numpy dtype", "") + b".", "numpy"),
        "name-that-clears-the-screen": (g("\x1b[2J", "x") + b".", r"'\x1b[2J.x'"),
        "python-2-rot13": (encode(u("bf"), "rot13") + b".", "encode"),
        "codec-zip": (encode(u("a"), "zip") + b".", "encode"),
        "codec-utf-7": (encode(u("a"), "utf-7") + b".", "encode"),
        "codec-of-bytes": (encode(b(b"a")) + b".", "encode"),
        "codecs-decode": (call(g("_codecs", "decode"), u("a"), u("hex")) + b".", "_codecs.decode"),
        "codecs-module": (call(g("codecs", "encode"), u("a"), u("hex")) + b".", "codecs.encode"),
        "torch-tensor": (g("torch._utils", "_rebuild_tensor_v2") + b".", "torch._utils._rebuild_tensor_v2"),
        "torch-exec": (g("torch.jit.unsupported_tensor_ops", "execWrapper") + b".", "torch.jit"),
        "joblib": (g("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81.", "joblib"),
        "pandas": (g("pandas.core.frame", "DataFrame") + b")\x81.", "pandas.core.frame.DataFrame"),
        # States and calls
        "environment-without-a-call": (g("os", "environ") + u("MLSAN_HOSTILE") + u("1") + b"s.", "os.environ"),
        "import-path-without-a-call": (g("sys", "path") + u("/nowhere") + b"a.", "sys.path"),
        "our-own-list": (g("mlsan.sources.unpickle", "GLOBALS") + args(u("os"), u("system")) + u("dtype") + b"s.",
                         "mlsan.sources.unpickle.GLOBALS"),
        "our-own-function": (g("mlsan.sources.unpickle", "read_pickle") + b"N}" + u("__defaults__") + b")s\x86b.",
                             "mlsan.sources.unpickle.read_pickle"),
        "state-for-a-global": (g("numpy", "dtype") + b"N}" + u("x") + b"Ns\x86b.", "BUILD"),
        "state-for-a-dictionary": (b"}}" + u("__class__") + b"Nsb.", "BUILD"),
        "state-for-a-list": (b"]N}\x86b.", "BUILD"),
        "state-twice": (array()[:-1] + b"bNb.", "state"),
        "state-for-bytes": (encode(u("a")) + b"Nb.", "encode"),
        "no-state": (call(g("numpy.core.multiarray", "_reconstruct"), NDARRAY, b"K\x00\x85", b(b"b")) + b".",
                     "array"),
        "type-without-state": (array(kind=call(g("numpy", "dtype"), F4, b"\x89", b"\x88")) + b".", "numpy type"),
        "call-of-a-string": (u("os") + b")R.", "REDUCE"),
        "call-of-an-array": (array() + b")R.", "REDUCE"),
        "call-without-a-tuple": (g("numpy", "dtype") + b"]R.", "not a pickle"),
        "set-of-a-string": (call(g("builtins", "set"), u("ab")) + b".", "set"),
        "bytes-of-a-size": (call(g("builtins", "bytes"), big) + b".", "bytes"),
        "dictionary-of-no-pairs": (call(g("collections", "OrderedDict"), b"](K\x01e") + b".", "not a pickle"),
        # Types of arrays
        **{f"type-{kind}": (array(kind=dtype(u(kind))) + b".", repr(kind)) for kind in (
            "O8", "O", "V8", "V1000000000000", "S1000000000", "U0", "M8", "m8", "i3", "f4,f4", "2f4", "c1", "")},
        "type-of-fields": (array(kind=dtype(u("V8"), "|", b"N" + args(u("a")) + b"}")) + b".", "numpy type"),
        "type-of-a-subtype": (array(kind=dtype(rest=args(dtype(), b"K\x02\x85") + b"NN")) + b".", "numpy type"),
        "type-in-an-odd-order": (array(kind=dtype(order="O")) + b".", "numpy type"),
        "type-from-a-list": (array(kind=dtype(b"](" + args(u("a"), F4) + b"e")) + b".", "numpy type"),
        "type-that-is-a-string": (array(kind=F4) + b".", "numpy type"),
        "scalar-of-objects": (scalar(dtype(u("O8")), b(b"cos\nsystem\n.")) + b".", "'O8'"),
        "scalar-too-short": (scalar(dtype(), b(b"abc")) + b".", "3 bytes"),
        "letters-that-do-not-exist": (scalar(dtype(u("U1")), b(b"\xff" * 4)) + b".", "letters"),
        # Sizes of arrays
        "huge-shape": (array(shape=big + b"\x85") + b".", "1099511627776"),
        "huge-shape-of-nothing": (array(raw=b(b""), shape=big * 3 + b"\x87", kind=dtype(u("S1"))) + b".",
                                  "0 bytes"),
        "shape-that-overflows": (array(shape=(b"\x8a\x08" + struct.pack("<q", 1 << 62)) * 2 + b"\x86") + b".",
                                 "8 bytes"),
        "negative-shape": (array(shape=b"J\xff\xff\xff\xffJ\xfe\xff\xff\xff\x86") + b".", "shape"),
        "shape-of-floats": (array(shape=b"G" + struct.pack(">d", 2) + b"\x85") + b".", "shape"),
        "shape-of-bools": (array(shape=b"\x88\x88\x86") + b".", "shape"),
        "shape-in-a-list": (array(shape=b"](K\x02e") + b".", "shape"),
        "shape-of-40": (array(shape=b"(" + b"K\x01" * 39 + b"K\x02t") + b".", "shape"),
        "too-few-bytes": (array(shape=b"K\x03\x85") + b".", "8 bytes"),
        "too-many-bytes": (array(shape=b"K\x01\x85") + b".", "8 bytes"),
        "array-of-a-list": (array(raw=b"]") + b".", "list"),
        "array-of-an-array": (array(raw=array()) + b".", "ndarray"),
        "array-begun-huge": (array(begun=big + b"\x85") + b".", "array"),
        "array-of-version-2": (array(version=b"K\x02") + b".", "array"),
        "subclass": (array(of=g("numpy", "memmap")) + b".", "numpy.memmap"),
        "no-class": (array(of=dtype()) + b".", "array"),
        "buffer-in-an-odd-order": (call(g("numpy.core.numeric", "_frombuffer"), b(bytes(8)), dtype(), b"K\x02\x85",
                                        u("A")) + b".", "frombuffer"),
        "buffer-with-odd-axes": (call(g("numpy._core.numeric", "_frombuffer"), b(bytes(8)), dtype(), b"K\x02\x85",
                                      u("K"), b"K\x07\x85") + b".", "not a pickle"),
        # More than the file is worth
        "memo-of-2-billion": (b"Nr\xff\xff\xff\x7f.", "memo index 2147483647"),
        "memo-in-text": (b"Np999999999\n.", "memo index"),
        "memo-beyond-any": (b"Np" + b"9" * 30 + b"\n.", "bits"),
        "memo-below-0": (b"Np-1\n.", "memo index -1"),
        "memo-never-put": (b"h\x05.", "not a pickle"),
        "one-string-many-arrays": (b"](" + b(bytes(4000)) + b"q\x01" + 9 * array(
            raw=b"h\x01", shape=b"M\xa0\x0f\x85", kind=dtype(u("u1"))) + b"e.", "more data"),
        "one-string-encoded-often": (b"](" + u("a" * 4000) + b"q\x01" + encode(b"h\x01") * 9 + b"e.", "more data"),
        "one-list-many-sets": (b"](" + nones + call(g("builtins", "set"), b"h\x01") * 9 + b"e.", "more data"),
        "long-of-2-gigabytes": (b"\x8b\xff\xff\xff\x7f.", "not a pickle"),
        "long-of-less-than-0": (b"\x8b\xff\xff\xff\xff.", "not a pickle"),
        "long-of-255-bytes": (b"\x8a\xff" + b"\x7f" * 255 + b".", "2039 bits"),
        "long-in-text": (b"L" + b"9" * 5000 + b"L\n.", "not a pickle"),
        "int-of-100-digits": (b"I" + b"9" * 100 + b"\n.", "bits"),
        "string-of-4-gigabytes": (b"X\xff\xff\xff\xffabc.", "not a pickle"),
        "bytes-of-4-exabytes": (b"\x8e" + wide(1 << 62) + b"a.", "not a pickle"),
        "bytearray-of-a-terabyte": (b"\x96" + wide(1 << 40) + b"a.", "not a pickle"),
        "frame-of-a-terabyte": (b"\x80\x04\x95" + wide(1 << 40) + b"N.", "not a pickle"),
        "frame-beyond-64-bits": (b"\x80\x04\x95" + b"\xff" * 8 + b"N.", "not a pickle"),
        "deep-lists": (b"]" * 20_000 + b"a" * 19_999 + b".", "levels deep"),
        "deep-tuples": (tower + b".", "levels deep"),
        "deep-tuple-as-key": (b"}" + tower + b"Ns.", "as a key"),
        "doubled-tuple-as-key": (b"}" + doubled + b"Ns.", "as a key"),
        "doubled-tuple-in-a-set": (doubled + call(g("builtins", "set"), b"](h\x00e") + b".", "levels deep"),
        "doubled-tuple-in-pairs": (doubled + call(g("collections", "OrderedDict"), b"](h\x00N\x86e") + b".",
                                   "levels deep"),
        "doubled-frozensets": (b"\x80\x04" + nested_sets + b".", "member of a set"),
        "calls-in-calls": (g("builtins", "set") * 5_000 + b")" + b"\x85R" * 5_000 + b".", "set"),
        # Containers
        "list-in-itself": (b"]q\x00h\x00a.", "contains itself"),
        "dictionary-in-itself": (b"}q\x00K\x01h\x00s.", "contains itself"),
        "tuple-in-itself": (b"]q\x00h\x00\x85a.", "contains itself"),
        "list-as-key": (b"}]Ns.", "unhashable"),
        "set-in-a-set": (b"\x8f(\x8f\x90.", "unhashable"),
        "array-as-key": (b"}" + array() + b"Ns.", "ndarray as a key"),
        "tuple-as-key": (b"}K\x01\x85Ns.", "as a key"),
        "key-twice": (b"}" + (encode(u("a")) + b"Ns") * 2 + b".", "key twice"),
        "bytearray": (b"\x96" + wide(1) + b"a.", "bytearray"),
        "odd-dictionary": (b"(NNNd.", "not a pickle"),
        # No whole pickle
        "nothing-on-the-stack": (b".", "too few values"),
        "no-mark": (b"N]e.", "not a pickle"),
        "only-a-header": (b"\x80\x04", "STOP"),
        "no-stop": (b"\x80\x02]", "STOP"),
        "trailing-bytes": (b"N.\n", "1 bytes after"),
        "two-pickles": (b"N.N.", "2 bytes after"),
        "wrong-header": (b"\x81\x02N.", "NEWOBJ"),
        "garbage": (bytes(range(200, 256)), "not a pickle"),
        "empty": (b"", "empty"),
        "zeros": (bytes(100), "not a pickle"),
        "text": (b"The features can be had on request.\n", "not a pickle"),
        "table": (b"Sr No.,Utterance,Speaker\n1,hello,Joey\n", "not a pickle"),
        "json": (b'{"0": [1, 2]}', "not a pickle"),
        "web-page": (b"<!DOCTYPE html><html><title>404: Not Found</title></html>", "web page"),
        "git-lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 399324924\n",
                    "git lfs pull"),
        "gzip": (gzip.compress(b"N.", mtime=0), "gzip"),
        "torch-zip": (zipped(), "zip archive"),
        "torch-old": (b"".join(pickle.dumps(x, 2) for x in (0x1950a86a20f9469cfc6c, 1001, {})), "77 bits"),
    }
    objects = {
        "complex": (1j, ".complex"),
        "date": (datetime.date(2020, 1, 1), "datetime.date"),
        "decimal": (decimal.Decimal(1), "decimal.Decimal"),
        "function": (np.mean, "numpy.mean"),
        "type": (float, "factory"),
        "range": (range(3), "range"),
        "slice": (slice(3), ".slice"),
        "counter": (collections.Counter("a"), "Counter"),
        "deque": (collections.deque(), "deque"),
        "namespace": (types.SimpleNamespace(a=1), "SimpleNamespace"),
        "object-array": (np.array([None, {}], object), "'O8'"),
        "date-array": (np.array(["2020"], "M8[Y]"), "M8"),
        "field-array": (np.zeros(2, [("a", "f4")]), "numpy type"),
        "masked-array": (np.ma.array([1.0]), "numpy.ma"),
        "generator": (np.random.default_rng(0), "numpy.random"),
    }
    return known | {f"{name}-{p}": (pickle.dumps(x, p), said) for name, (x, said) in objects.items()
                    for p in (2, 4)}
