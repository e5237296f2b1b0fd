"""The student's process as the judge sees it: cells to execute, names to ask for, and patience."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import time
from pathlib import Path

import numpy as np
import torch

from mlsan.exercises import Wrong
from mlsan.grading import pipe, sandbox

START = 120                              # seconds until a process has to be there
CELL, CALL, WHOLE = 60, 60, 400          # seconds for a cell, a call, everything
STARTS = 12                              # a process that was ended is started anew so often


class TimedOut(Exception):
    """A call took longer than it may."""


class Ended(Exception):
    """The student's process is gone, or speaks nonsense."""


class NoSandbox(Exception):
    """The sandbox gives no process: nobody's submission can be judged."""


class Stopped(Exception):
    """The student's code raised an error, or lacks a name; the message says which."""


class Student:
    """Runs ``cells`` in a sandbox of some ``level``, with the files of ``folder`` beside them."""

    def __init__(self, cells: list[str], seed: int, level: str, folder: Path) -> None:
        self.cells, self.seed, self.level, self.folder = cells, seed, level, folder
        self.failed_cells: dict[int, str] = {}
        self.hung_cells: set[int] = set()
        self.until = time.monotonic() + WHOLE
        self.starts, self.process, self.box = 0, None, None

    def __enter__(self) -> Student:
        return self

    def __exit__(self, *_) -> None:
        self.end()

    def asked(self, name: str):
        """The value of one of the notebook's names; a function that asks, if it is one."""
        reply = self._reply({"name": name})
        return self._call(name) if reply.get("callable") else _value(reply, name)

    def _call(self, name: str):
        def called(*args, **kwargs):
            reply = self._reply({"name": name, "args": args, "kwargs": kwargs})
            for key, value in reply.get("changed", {}).items():
                _write_back(args[key] if isinstance(key, int) else kwargs[key], value)
            return _value(reply, name)
        return called

    def _reply(self, message: dict) -> dict:
        self._start()
        return self._exchanged(message, CALL)

    def _start(self) -> None:
        """A running process that has executed the cells, but for those that hung before."""
        while not self.process or self.process.poll() is not None:
            self.end()
            self.starts += 1
            if self.starts > STARTS or time.monotonic() > self.until:
                raise Ended("Your program ended or hung too often to go on.")
            self.box = sandbox.Box(self.level, self.folder).__enter__()
            limits = json.dumps({"uid": self.box.uid} | sandbox.LIMITS)
            self.process = subprocess.Popen(
                self.box.command(["-m", "mlsan.grading.worker", limits]), cwd=self.box.cwd,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env=self.box.environment, start_new_session=True, bufsize=0)
            os.set_blocking(self.process.stdout.fileno(), False)
            os.set_blocking(self.process.stdin.fileno(), False)
            self._execute()

    def _execute(self) -> None:
        try:
            self._exchanged({"seed": self.seed % 2**32}, START)
        except (TimedOut, Ended) as reason:      # before any line of the student's
            raise NoSandbox(f"no process starts in sandbox {self.level}: {reason}") from None
        try:
            for number, source in enumerate(self.cells):
                if number in self.hung_cells:
                    continue
                reply = self._exchanged({"cell": source, "number": number}, CELL)
                if "error" in reply:
                    self.failed_cells[number] = str(reply["error"])
        except (TimedOut, Ended) as reason:
            self.hung_cells.add(number)
            self.failed_cells[number] = str(reason)
            self.end()

    def _exchanged(self, message: dict, seconds: float) -> dict:
        """Send a message and read the answer; what takes longer than ``seconds`` is ended."""
        until = min(time.monotonic() + seconds, self.until)
        try:
            self._write(pipe.encode(message), until)
            total, tree = pipe.head(self._read(pipe.HEAD.size, until))
            reply = pipe.decode((tree, self._read(total, until)))
        except (BrokenPipeError, pipe.Unreadable) as error:
            self.end()
            raise Ended(f"Your program ended, or wrote where it should not: {error}.") from None
        except (TimedOut, Ended):
            self.end()
            raise
        if not isinstance(reply, dict):
            self.end()
            raise Ended("Your program wrote where it should not.")
        return reply

    def _write(self, data: bytes, until: float) -> None:
        stream = self.process.stdin
        while data:
            _await(stream, selectors.EVENT_WRITE, until)
            data = data[stream.write(data) or 0:]

    def _read(self, size: int, until: float) -> bytes:
        parts, stream = [], self.process.stdout
        while size:
            _await(stream, selectors.EVENT_READ, until)
            if not (part := stream.read(size)):
                raise Ended("Your program ended itself, or used more memory than it may.")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def end(self) -> None:
        """End the process and all that it started; the next question starts another."""
        if self.process:
            try:
                os.killpg(self.process.pid, 9)
            except (ProcessLookupError, PermissionError):
                self.process.kill()
            self.process.communicate()
            self.process = None
        if self.box:
            self.box.__exit__()
            self.box = None


def _await(stream, event: int, until: float) -> None:
    """Wait until a pipe's end can be read or written, but no longer than ``until``."""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, event)
        if not selector.select(max(0.0, until - time.monotonic())):
            raise TimedOut("It took too long and was ended: is there a loop without end?")


def _value(reply: dict, name: str):
    if "missing" in reply:
        raise Stopped(f"Your notebook defines no `{name}`.")
    if "error" in reply:
        raise Stopped(f"Your code stopped with {reply['error']}")
    if "odd" in reply:
        raise Wrong(f"`{name}` gives back {reply['odd']}")
    if reply.get("value") is ...:
        raise Wrong(f"`{name}` isn't begun.")
    if reply.get("value") is None:
        raise Wrong(f"`{name}` gives nothing back: end it with `return`.")
    return reply["value"]


def _write_back(argument, value) -> None:
    """What the student's code did to an argument in place, done to the test's own."""
    if isinstance(argument, np.ndarray) and np.shape(value) == argument.shape:
        argument[...] = value
    elif isinstance(argument, torch.Tensor) and np.shape(value) == tuple(argument.shape):
        argument.copy_(torch.as_tensor(value))
    elif isinstance(argument, list):
        argument[:] = list(value)
