"""A reader for pickles from strangers: plain data come out of it, and nothing is ever executed.

A pickle is a program for a small stack machine, which calls whatever Python can import. Here the
machine imports nothing: whatever is called, filled or given a state is a ``_Note`` of ours, which
keeps what it gets. Plain data are made of the notes afterwards, each of which has to be of a known
kind.
"""

from __future__ import annotations

import io
import pickle
import re
import sys
from pathlib import Path

import numpy as np

from mlsan.data.validation import CorpusError

# Spelled by Python 2 or 3, numpy 1 or 2; the last four are what a defaultdict is called with.
GLOBALS = re.compile(r"""numpy\.(ndarray|dtype) | collections\.(OrderedDict|defaultdict)
    | numpy\._?core\.(multiarray\.(_reconstruct|scalar) | numeric\._frombuffer) | _codecs\.encode
    | (builtins|__builtin__)\.(set|frozenset|bytes|list|dict|int|float)""", re.VERBOSE)
OPCODES = """PROTO MARK STOP NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT
    BINFLOAT STRING BINSTRING SHORT_BINSTRING UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8
    BINBYTES SHORT_BINBYTES BINBYTES8 EMPTY_LIST LIST APPEND APPENDS SETITEM SETITEMS ADDITEMS
    EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 GLOBAL STACK_GLOBAL REDUCE BUILD GET BINGET LONG_BINGET
    PUT BINPUT LONG_BINPUT MEMOIZE""".split()
ATOMS = type(None), bool, int, float, str, bytes
KEYS = *ATOMS, np.bool_, np.integer, np.floating, np.character      # many a complex hashes alike
DTYPE = re.compile(r"[<>=|](b1|[iu][1248]|f(2|4|8|16)|c(8|16|32)|[SU][1-9]\d{0,3})")
SWELL = 64          # bytes in calls for each of the file; an empty list has 56 for its one
NO_PICKLES = {
    rb"\Z": "empty; fetch the file anew",
    rb"version https://git-lfs": "a git-lfs pointer; fetch what it stands for (`git lfs pull`)",
    rb"PK\x03\x04": "a zip archive, as torch.save writes; the pickle may be inside",
    rb"\x1f\x8b": "compressed by gzip; unpack it first",
    rb"<": "a web page, perhaps a 'not found'; fetch the file itself"}


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
        raise CorpusError(f"{path}: missing, or a folder; name a pickle file")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror}); allow it") from error
    for opening, found in NO_PICKLES.items():
        if re.match(opening, data):
            raise CorpusError(f"{path}: {found}")
    try:
        reader = _Reader(data)
        value = reader.load()
        if rest := reader.read(len(data)):
            raise ValueError(f"{len(rest)} bytes after the pickle's end")
        return reader.plain(value)
    except Exception as error:      # whatever a broken pickle makes of pickle and numpy
        found = error if type(error) is ValueError else f"not a whole pickle ({error!r:.200})"
        raise CorpusError(
            f"{path}: {found}; this reader admits plain containers, numbers, strings and numpy "
            "arrays of them, and executed nothing. Fetch the file from its publisher, or have it "
            "written anew with those alone") from error


class _Note:
    """A name in the file, a call of it, a dictionary or a set; with all that the file gives it."""

    __slots__ = ("name", "args", "state", "items")

    def __init__(self, name, args=None):
        self.name, self.args, self.state, self.items = name, args, None, []

    def __call__(self, *args):
        return _Note(self.name, args[:6])       # none takes more, and many could share a long list

    def __setstate__(self, state):
        self.state = state

    def __setitem__(self, *pair):
        self.items.append(pair)

    def add(self, member):
        self.items.append(member)


class _Reader(pickle._Unpickler):
    """Python's own machine, with fewer opcodes; its copy in C can be asked for a memo of any size.

    Dictionaries and sets are notes as well, so that it hashes nothing of the file's: hashing goes
    through all levels of a tuple, and a hundred bytes can nest one in itself 2**60 times.
    """

    def __init__(self, data):
        file = io.BytesIO(data)
        super().__init__(file, encoding="latin1")
        self.tell, self.made, self.left = file.tell, {}, SWELL * len(data)

    def find_class(self, module, name):
        found = f"{module}.{name}"
        if not GLOBALS.fullmatch(found):
            raise ValueError(f"the global {found!r:.120} at byte {self.tell() - 1}")
        return _Note(found.split(".")[-1])

    def load_other(self):
        raise ValueError(f"not a pickle, or one with an odd opcode at byte {self.tell() - 1}")

    def load_dict(self):
        items = self.pop_mark()
        self.append(_Note("OrderedDict", ([*zip(items[::2], items[1::2], strict=True)],)))

    def load_frozenset(self):
        members = self.pop_mark()
        self.append(_Note("frozenset", (members,)))

    dispatch = dict.fromkeys(range(256), load_other) | {
        code: pickle._Unpickler.dispatch[code] for code in [getattr(pickle, o)[0] for o in OPCODES]}
    dispatch |= {
        pickle.DICT[0]: load_dict, pickle.FROZENSET[0]: load_frozenset,
        pickle.EMPTY_DICT[0]: lambda self: self.append(_Note("OrderedDict", ())),
        pickle.EMPTY_SET[0]: lambda self: self.append(_Note("set", ())),
        pickle.FRAME[0]: lambda self: self.read(8),     # how much to buffer; here all is at hand
        pickle.BYTEARRAY8[0]: pickle._Unpickler.load_binbytes8}     # sets no memory aside

    def plain(self, value, depth=0):
        """What a value stands for, which the machine has left."""
        if type(value) is int and value.bit_length() > 64:
            raise ValueError(f"an integer of {value.bit_length()} bits")
        if type(value) in ATOMS:
            return value
        if depth == 50:
            raise ValueError("containers more than 50 levels deep, or one within itself")
        if id(value) not in self.made:
            self.made[id(value)] = self.noted(value, depth) if type(value) is _Note else (
                type(value)([self.plain(member, depth + 1) for member in value]))
        return self.made[id(value)]

    def key(self, value):
        key = self.plain(value, 49)
        if not isinstance(key, KEYS):
            raise ValueError(f"a {type(key).__name__} as a key or a member of a set")
        return key

    def noted(self, note, depth=0):
        match note.name, note.args, note.state:
            case "OrderedDict" | "defaultdict", args, None if args is not None:
                given = args[0] if args and type(args[0]) is list else []   # not a default
                made = {self.key(k): self.plain(v, depth + 1) for k, v in given + note.items}
            case "set", () | (list(),) as args, None:
                made = set(map(self.key, sum(args, note.items)))
            case "frozenset", (list(members),), None:
                made = frozenset(map(self.key, members))
            case "bytes", (), None:
                made = b""
            case "encode", (str(text), "latin1"), None:
                made = text.encode("latin-1")
            case "dtype", (str(kind), *_), (_, str(first), None, None, None, *_) if (
                    DTYPE.fullmatch(first + kind)):
                made = np.dtype(first + kind)
            case "dtype", (str(kind), *_), _:
                raise ValueError(f"the numpy type {kind!r:.40}")
            case "scalar", (dtype, raw), None:
                made = self.array(raw, dtype, ())[()]
            case "_frombuffer", (raw, dtype, shape, order, *axes), None:
                made = self.array(raw, dtype, shape, "F" if order == "F" else "C")
                made = made.transpose(*axes).copy("K") if axes else made
            case "_reconstruct", (_Note(), (0,), _), (1, shape, dtype, fortran, raw):
                made = self.array(raw, dtype, shape, "F" if fortran else "C")
            case _:
                raise ValueError(f"{note.name}, as no writer of plain data calls it")
        # What it was called with takes time, and many calls can share it.
        self.left -= sum(map(sys.getsizeof, note.args), sys.getsizeof(made))
        if self.left < 0:
            raise ValueError("calls that take or make more than the file has bytes for")
        return made

    def array(self, raw, dtype, shape, order="C"):
        dtype = self.plain(dtype)
        if not isinstance(dtype, np.dtype):     # a str would do for numpy, and make it objects
            raise ValueError("an array without a numpy type")
        # plain() would keep the bytes beside the array. A str: Python 2.
        raw = self.noted(raw) if type(raw) is _Note else raw
        raw = raw.encode("latin-1") if type(raw) is str else raw
        array = np.ndarray(shape, dtype, raw, order=order).copy("K")
        if array.nbytes != len(raw):
            raise ValueError(f"an array of {array.nbytes} bytes in {len(raw)}")
        if dtype.kind == "U":
            array.tolist()                      # fails at letters that do not exist
        return array
