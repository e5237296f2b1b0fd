"""The pipe between a student's process and the one that judges it: plain values, nothing else.

A message is its length and its JSON's length (two big-endian 8-byte numbers), the JSON, and the
arrays that the JSON refers to, as safetensors. Reading one executes nothing.
"""

from __future__ import annotations

import json
import struct

import numpy as np
import torch
from safetensors.numpy import load, save

HEAD = struct.Struct(">QQ")
MOST = 64 << 20                # bytes a message may have


class Unreadable(Exception):
    """What came through the pipe is no message."""


class NotPlain(Exception):
    """A value that the pipe does not carry; the message says of what type."""


def encode(value) -> bytes:
    """A message of None, bools, numbers, strings, arrays, tensors, and lists, tuples, sets and
    dicts of them."""
    arrays: dict[str, np.ndarray] = {}
    tree = json.dumps(_packed(value, arrays)).encode()
    body = save(arrays) if arrays else b""
    if len(tree) + len(body) > MOST:
        raise NotPlain(f"something of {(len(tree) + len(body)) >> 20} MB; {MOST >> 20} are carried")
    return HEAD.pack(len(tree) + len(body), len(tree)) + tree + body


def _packed(value, arrays: dict[str, np.ndarray]):
    if value is None or type(value) in (bool, int, float, str):
        return value
    if value is ...:
        return {"dots": True}
    if isinstance(value, torch.Tensor):
        return {"tensor": _kept(value.detach().cpu().numpy(), arrays)}
    if isinstance(value, np.ndarray | np.generic):
        value = np.asarray(value)
        if value.dtype.kind in "biuf":
            return {"array": _kept(value, arrays)}
        value = value.tolist()
        return _packed(value, arrays)
    if type(value) in (list, tuple, set, frozenset):
        name = {list: "list", tuple: "tuple"}.get(type(value), "set")
        return {name: [_packed(part, arrays) for part in value]}
    if type(value) is dict:
        return {"dict": [[_packed(key, arrays), _packed(part, arrays)]
                         for key, part in value.items()]}
    raise NotPlain(f"an object of type {type(value).__name__}")


def _kept(array: np.ndarray, arrays: dict[str, np.ndarray]) -> str:
    name = str(len(arrays))
    arrays[name] = np.ascontiguousarray(array).reshape(array.shape)
    return name


def decode(message: bytes):
    """The value of a message without its two lengths' head; ``Unreadable`` if it is none."""
    tree_size, body = message
    try:
        arrays = load(body[tree_size:]) if len(body) > tree_size else {}
        return _unpacked(json.loads(body[:tree_size]), arrays)
    except Exception as error:           # a stranger wrote it: whatever is wrong with it is theirs
        raise Unreadable(f"{type(error).__name__} in what came back") from None


def _unpacked(tree, arrays):
    if not isinstance(tree, dict):
        return tree
    ((kind, content),) = tree.items()
    if kind == "dots":
        return ...
    if kind in ("array", "tensor"):
        array = np.array(arrays[content])
        return torch.from_numpy(array) if kind == "tensor" else array
    if kind == "dict":
        return {_unpacked(key, arrays): _unpacked(part, arrays) for key, part in content}
    parts = [_unpacked(part, arrays) for part in content]
    return {"list": list, "tuple": tuple, "set": frozenset}[kind](parts)


def head(data: bytes) -> tuple[int, int]:
    """(bytes to come, bytes of JSON among them) from a message's first 16 bytes."""
    total, tree = HEAD.unpack(data)
    if total > MOST or tree > total:
        raise Unreadable(f"a message of {total} bytes")
    return total, tree
