"""A reader for pickles from strangers: plain data come out of it, and nothing is ever executed.

A pickle is a program for a small stack machine, and it may call whatever Python can import. Two
lines of defence stand between it and us, each enough to keep foreign code from running:

1. ``_scan`` follows the program without building anything. It refuses opcodes and globals that data
   do not need, and what would make the machine ask for more than the file is worth.
2. ``_Recorder`` then builds the containers, but imports nothing: a global becomes a ``_Call``, which
   only notes what it was called with. ``_Builder`` makes arrays of those notes, and checks each.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import re
import sys
from pathlib import Path

import numpy as np

from mlsan.data.validation import CorpusError

# Module and name, as a file spells them -> what our _Builder calls it.
GLOBALS = {("numpy", "ndarray"): "ndarray", ("numpy", "dtype"): "dtype", ("_codecs", "encode"): "encode",
           ("collections", "OrderedDict"): "dict", ("collections", "defaultdict"): "dict"}
for _core in ("numpy.core", "numpy._core"):             # numpy 1 and numpy 2
    GLOBALS |= {(f"{_core}.multiarray", "_reconstruct"): "array", (f"{_core}.multiarray", "scalar"): "scalar",
                (f"{_core}.numeric", "_frombuffer"): "frombuffer"}
for _builtins in ("builtins", "__builtin__"):           # Python 3 and Python 2
    GLOBALS |= {(_builtins, name): name for name in ("set", "frozenset", "bytes")}
    GLOBALS |= {(_builtins, name): "factory" for name in ("list", "dict", "int", "float")}

GETS = {"GET", "BINGET", "LONG_BINGET"}
PUTS = {"PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"}
TUPLES = {"EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"}
ADMITTED = GETS | PUTS | TUPLES | set("""
    PROTO FRAME MARK STOP NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT
    STRING BINSTRING SHORT_BINSTRING UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8
    BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8 EMPTY_LIST LIST APPEND APPENDS EMPTY_DICT DICT SETITEM
    SETITEMS EMPTY_SET ADDITEMS FROZENSET GLOBAL STACK_GLOBAL REDUCE BUILD""".split())
# Which of the values that an opcode takes become dictionary keys or members of a set.
KEYS = {"SETITEM": slice(1, 2), "SETITEMS": slice(1, None, 2), "DICT": slice(0, None, 2),
        "ADDITEMS": slice(1, None), "FROZENSET": slice(0, None)}
PLAIN, CALLABLE, MADE, NESTED = range(4)                # what _scan knows of a value that is no short string

DTYPE = re.compile(r"b1|[iu][1248]|f(2|4|8|16)|c(8|16|32)|[SU][1-9]\d{0,3}")
ATOMS = {type(None), bool, int, float, str, bytes}
DEEPEST = 50                                            # levels of containers
BITS = 64                                               # of an integer

NO_PICKLES = {b"version https://git-lfs": "a git-lfs pointer; fetch the file that it stands for (`git lfs pull`)",
              b"PK\x03\x04": "a zip archive, as torch.save writes; the pickle may be inside",
              b"\x1f\x8b": "compressed by gzip; unpack it first",
              b"<": "a web page, perhaps a 'not found'; fetch the file itself"}


class _Refused(ValueError):
    """Found in the file, and not admitted."""


def read_pickle(path: Path) -> object:
    """The plain data in a pickle: protocols 0 to 5, written by Python 2 or 3, numpy 1 or 2.

    Admitted are dict, list, tuple, set and frozenset up to 50 levels deep, bool, int of up to 64
    bits, float, None, str and bytes, and numpy arrays and scalars of numbers, bools or strings.
    Dictionary keys and members of sets are single values, not tuples. An OrderedDict or defaultdict
    becomes a dict; the strings of Python 2 are read as latin-1. Arrays own their memory.

    Raises:
        CorpusError: not readable, not a whole pickle, or with anything else in it. Nothing was
            imported, executed or written.
    """
    path = Path(path)
    if not path.is_file():
        raise CorpusError(f"{path}: {'a folder' if path.is_dir() else 'no such file'}; name a pickle file")
    try:
        data = path.read_bytes()    # once, so that what was scanned is what is built
        if not data:
            raise CorpusError(f"{path}: empty; fetch the file anew")
        for opening, found in NO_PICKLES.items():
            if data.startswith(opening):
                raise CorpusError(f"{path}: {found}")
        _scan(data)
        noted, budget = _Recorder(io.BytesIO(data), encoding="latin1").load(), 2 * len(data)
        del data
        return _Builder(budget).plain(noted)
    except CorpusError:
        raise
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror}); allow it, or copy the file") from error
    except _Refused as error:
        raise CorpusError(f"{path}: {error}; this reader admits plain containers, numbers, strings and numpy "
                          "arrays of them, and executed nothing. Fetch the file from its publisher, or have "
                          "it written anew with those alone") from error
    except Exception as error:      # whatever a broken pickle makes of pickletools, pickle and numpy
        raise CorpusError(f"{path}: not a pickle, or a damaged one ({type(error).__name__}: {error!s:.200}); "
                          "fetch the file anew") from error


class _Stream(io.BytesIO):
    """Hides the quoted text of protocol 0: genops takes it for ASCII, and no name of ours is written so."""

    def readline(self):
        line = super().readline()
        return b"''\n" if line[:1] in (b"'", b'"') and line.endswith(b"\n") else line


def _scan(data: bytes) -> None:
    """Follow the program, knowing of a value only if it is a short string, a global, a call or a tuple."""
    stack, outer, memo = [], [], {}
    for count, (opcode, argument, at) in enumerate(pickletools.genops(_Stream(data))):
        name = opcode.name
        if name not in ADMITTED:
            raise _Refused(f"the opcode {name} at byte {at}")
        if type(argument) is int and argument.bit_length() > BITS:
            raise _Refused(f"an integer of {argument.bit_length()} bits at byte {at}")
        if name in PUTS:
            index = len(memo) if argument is None else argument
            # The machine keeps a table as long as the largest index; a writer counts the values.
            if not 0 <= index <= count:
                raise _Refused(f"the memo index {index} at byte {at}, after {count} opcodes")
            memo[index] = stack[-1]
        elif name in GETS:
            stack.append(memo[argument])
        elif name == "MARK":
            outer.append(stack)
            stack = []
        else:
            takes, since, kind = opcode.stack_before, [], PLAIN
            if pickletools.markobject in takes:
                takes, since, stack = takes[:takes.index(pickletools.markobject)], stack, outer.pop()
            if len(takes) > len(stack):
                raise ValueError(f"{name} at byte {at} finds too few values")
            taken = stack[len(stack) - len(takes):] + since
            del stack[len(stack) - len(takes):]
            if name in ("GLOBAL", "STACK_GLOBAL"):
                pair = tuple(argument.split(" ", 1) if name == "GLOBAL" else taken)
                if pair not in GLOBALS:
                    said = ".".join(part if type(part) is str else "(made up)" for part in pair)
                    raise _Refused(f"the global {said!r:.120} at byte {at}")
                kind = CALLABLE
            elif name in ("REDUCE", "BUILD"):
                if taken[0] != (CALLABLE if name == "REDUCE" else MADE):
                    raise _Refused(f"{name} at byte {at} on what is no {'global' if name == 'REDUCE' else 'call'}")
                kind = MADE
            elif name in TUPLES or name == "FROZENSET":
                kind = NESTED
            elif type(argument) is str and len(argument) <= 80:
                kind = argument         # it may come to name a global
            # Python hashes nested tuples without regard to their depth and anew each time: the
            # machine would crash, or never end, on a hundred bytes that nest one in itself.
            if name in KEYS and NESTED in taken[KEYS[name]]:
                raise _Refused(f"a tuple or frozenset as a key or a member of a set at byte {at}")
            if opcode.stack_after:
                stack.append(kind)
    if at + 1 != len(data):
        raise _Refused(f"{len(data) - at - 1} bytes after the pickle's end at byte {at}")


class _Call:
    """A global of the file, with what it was called with and the state it was given. It does nothing."""

    __slots__ = ("name", "args", "state")

    def __init__(self, name, args=None):
        self.name, self.args, self.state = name, args, None

    def __call__(self, *args):
        # The machine fills such a dictionary itself; a factory for its missing values has no use here.
        if self.name == "dict" and all(type(arg) is _Call for arg in args):
            return {}
        return _Call(self.name, args)

    def __setstate__(self, state):
        if self.args is None or self.state is not None or state is None:
            raise _Refused(f"a state for {self.name} that it cannot have")
        self.state = state


class _Recorder(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) not in GLOBALS:
            raise _Refused(f"the global {f'{module}.{name}'!r:.120}")
        return _Call(GLOBALS[module, name])


class _Builder:
    """Makes plain data of what was recorded, with no more bytes for all calls together than ``budget``."""

    def __init__(self, budget):
        self.budget = budget
        self.done = {}              # id of a container or a _Call -> what became of it, self while it is made

    def plain(self, value, depth=0):
        kind = type(value)
        if kind in ATOMS:
            return value
        if id(value) in self.done:
            if self.done[id(value)] is self:
                raise _Refused(f"a {kind.__name__} that contains itself")
            return self.done[id(value)]
        if depth == DEEPEST:
            raise _Refused(f"containers more than {DEEPEST} levels deep")
        self.done[id(value)] = self
        if kind in (list, tuple):
            result = kind([self.plain(member, depth + 1) for member in value])
        elif kind in (set, frozenset):
            result = self._members(kind, value)
        elif kind is dict:
            result = self._dict(value.items(), depth)
        elif kind is _Call:
            result = self._called(value, depth)
        else:
            raise _Refused(f"a {kind.__name__}")
        self.done[id(value)] = result
        return result

    def _called(self, call, depth=0):
        match call.name, call.args, call.state:
            case "encode", (str(text), "latin1"), None:
                self._charge(len(text))
                return text.encode("latin-1")
            case "bytes", (), None:
                return b""
            case "set", (list(members),), None:
                return self._members(set, members)
            case "frozenset", (list(members),), None:
                return self._members(frozenset, members)
            case "dict", (list(pairs),), None:
                return self._dict(pairs, depth)
            case "array", (_Call(name="ndarray", args=None), (0,), _), (1, shape, dtype, fortran, raw):
                call.state = None                       # the bytes need not stay beside the array
                return self._array(raw, dtype, shape, "F" if fortran else "C")
            case "frombuffer", (raw, dtype, shape, "C" | "F" as order), None:
                return self._array(raw, dtype, shape, order)
            case "frombuffer", (raw, dtype, shape, "K", tuple(axes)), None:
                return self._array(raw, dtype, shape, "C").transpose(axes).copy("K")
            case "scalar", (dtype, raw), None:
                return self._array(raw, dtype, (), "C")[()]
        raise _Refused(f"{call.name} alone, or called as no writer of plain data calls it")

    def _charge(self, size):
        self.budget -= size
        if self.budget < 0:
            raise _Refused("more data in its calls than the file has bytes for")

    def _single(self, key):
        key = self.plain(key, DEEPEST - 1)
        if type(key) not in ATOMS and not isinstance(key, np.generic):
            raise _Refused(f"a {type(key).__name__} as a key or a member of a set")
        return key

    def _members(self, kind, values):
        self._charge(len(values))
        return kind([self._single(value) for value in values])

    def _dict(self, pairs, depth):
        self._charge(len(pairs))
        result = {self._single(key): self.plain(value, depth + 1) for key, value in pairs}
        if len(result) < len(pairs):
            raise _Refused("a dictionary with a key twice")
        return result

    def _array(self, raw, dtype, shape, order):
        dtype = self._dtype(dtype)
        if type(raw) is _Call:
            raw = self._called(raw)
        elif type(raw) is str:                          # Python 2
            raw = raw.encode("latin-1")
        if type(raw) not in (bytes, bytearray):
            raise _Refused(f"an array made of a {type(raw).__name__}")
        if type(shape) is not tuple or len(shape) > 32 or not all(type(n) is int and n >= 0 for n in shape):
            raise _Refused(f"an array of shape {shape!r:.80}")
        if math.prod(shape) * dtype.itemsize != len(raw):
            raise _Refused(f"an array of {dtype} {shape} in {len(raw)} bytes")
        self._charge(len(raw))
        if dtype.kind == "U" and np.frombuffer(raw, f"{dtype.byteorder}u4").max(initial=0) > sys.maxunicode:
            raise _Refused("an array of strings with letters that do not exist")
        return np.ndarray(shape, dtype, raw, order=order).copy("K")

    @staticmethod
    def _dtype(call):
        match call:
            case _Call(name="dtype", args=(str(kind), *_), state=(3 | 4, "<" | ">" | "=" | "|" as order,
                                                                  None, None, None, *_)):
                if DTYPE.fullmatch(kind):
                    return np.dtype(order + kind)
                raise _Refused(f"the numpy type {kind!r:.40}")
        raise _Refused("a numpy type that is not one of numbers, bools or strings")
