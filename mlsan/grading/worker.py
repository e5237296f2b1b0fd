"""The student's process: executes the cells it is sent, then answers calls, until it is ended.

Started by the judge within a sandbox, with the pipe as its standard input and output. It sets its
own limits and gives up what rights it has before the first cell. Nothing in here is secret.
"""

from __future__ import annotations

import inspect
import json
import linecache
import os
import random
import re
import resource
import sys
import types

import numpy as np
import torch

from mlsan.exercises.answers import Wrong, plain, same, snapshot
from mlsan.grading import pipe

ERROR = 400                    # characters of an error's message that are passed on


def main() -> None:
    limits = json.loads(sys.argv[1])
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):             # what a student prints is no message
        os.dup2(nowhere, stream)
    confine(**limits)
    torch.set_num_threads(1)

    def tell(value) -> None:
        outgoing.write(pipe.encode(value))
        outgoing.flush()

    space = notebook_space()
    while message := incoming.read(pipe.HEAD.size):
        total, tree = pipe.head(message)
        asked = pipe.decode((tree, incoming.read(total)))
        if "seed" in asked:
            random.seed(asked["seed"])
            np.random.seed(asked["seed"])
            torch.manual_seed(asked["seed"])
            tell({})
        elif "cell" in asked:
            tell(executed(asked["cell"], asked["number"], space))
        else:
            tell(answered(asked, space))


def confine(uid: int, memory: int, file: int, processes: int) -> None:
    """Bytes of memory and of a file, processes and threads; then, of root, another user."""
    for what, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, file),
                       (resource.RLIMIT_NPROC, processes), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(what, (most, most))
    if os.geteuid() == 0 and uid:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)


def notebook_space() -> dict:
    """The names that a notebook starts with."""
    module = sys.modules["__main__"] = types.ModuleType("__main__")
    vars(module)["display"] = lambda *things, **options: None
    sys.path.insert(0, os.getcwd())
    return vars(module)


def executed(source: str, number: int, space: dict) -> dict:
    """Run a cell; what it raised, if anything."""
    name = f"<cell {number}>"
    source = re.sub(r"^\s*[%!].*$", "", source, flags=re.M)        # magics are the notebook's own
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    try:
        exec(compile(source, name, "exec"), space)
    except BaseException as error:       # SystemExit and KeyboardInterrupt end a cell as well
        return {"error": described(error)}
    return {}


def described(error: BaseException) -> str:
    """An error and the line of the student's that it came from."""
    place, trace = "", error.__traceback__
    while trace:
        name, line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        if name.startswith("<cell"):
            place = f", at: {linecache.getline(name, line).strip()}"
        trace = trace.tb_next
    return f"{type(error).__name__}: {error}"[:ERROR] + place[:ERROR]


def answered(asked: dict, space: dict) -> dict:
    """A name's value, or what its function gives back, with the arguments that it changed."""
    name = asked["name"]
    if name not in space:
        return {"missing": True}
    if "args" not in asked:
        return {"callable": True} if callable(space[name]) else given(space[name])
    arguments = dict(enumerate(asked["args"])) | asked["kwargs"]
    before = {key: snapshot(value) for key, value in arguments.items()}
    try:
        result = space[name](*asked["args"], **asked["kwargs"])
        if inspect.isgenerator(result):
            result = list(result)
    except BaseException as error:
        return {"error": described(error)}
    changed = {key: plain(value) for key, value in arguments.items()
               if before[key] is not None and not same(snapshot(value), before[key], 0)}
    return given(result) | {"changed": changed}


def given(value) -> dict:
    """A value as plain as the pipe wants it."""
    try:
        value = plain(value)
        pipe.encode(value)
    except (Wrong, pipe.NotPlain) as reason:
        return {"odd": str(reason)[:ERROR]}
    except BaseException as error:       # an object of the student's can fail at being looked at
        return {"error": described(error)}
    return {"value": value}


if __name__ == "__main__":
    main()
