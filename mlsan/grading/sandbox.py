"""Where a student's process runs: what it can see, use and reach.

``bubblewrap``: namespaces of its own. No network, no process but its own, nothing of the disk but
Python and the assignment's files, read-only, and a small folder in memory that goes when it goes.
``user``: another user (from root), with limits; it sees the disk as any user does, and no network
where root may cut it off.
``none``: the limits alone.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

import mlsan

LEVELS = ("bubblewrap", "user", "none")
LIMITS = {"memory": 6 << 30, "file": 20 << 20, "processes": 64}
SCRATCH = 100 << 20            # bytes a student's process may write in all
HOME = "/submission"
PACKAGE = Path(mlsan.__file__).parent
ENVIRONMENT = {"HOME": HOME, "TMPDIR": HOME, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8",
               "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
               "MPLBACKEND": "agg", "PYTHONPATH": str(PACKAGE.parent),
               "PYTHONDONTWRITEBYTECODE": "1"}


def best() -> str:
    """The strongest level that works here, found by trying."""
    return next(level for level in LEVELS if level == "none" or _works(level))


def _works(level: str) -> bool:
    if level == "user" and os.geteuid():
        return False
    with tempfile.TemporaryDirectory() as folder, Box(level, Path(folder)) as box:
        become = f"os.setgroups([]); os.setresgid(*3 * [{box.uid}]); os.setresuid(*3 * [{box.uid}])"
        code = "import os; " + (become if box.uid else "") + "\nimport numpy"
        with suppress(OSError):
            return subprocess.run(box.command(["-c", code]), env=box.environment, cwd=box.cwd,
                                  capture_output=True, timeout=60).returncode == 0
    return False


class Box:
    """One student's surroundings, for a ``with``: made on entering, gone without rest on leaving.

    ``files``: a folder whose files the student's program finds beside itself.
    """

    def __init__(self, level: str, files: Path) -> None:
        self.level, self.files = level, files
        # A number of its own, so that no other process counts against its limits.
        self.uid = 0 if level == "none" or os.geteuid() else 61_000 + os.getpid() % 4_000
        self.environment = dict(ENVIRONMENT)

    def __enter__(self) -> Box:
        self.folder = None
        if self.level != "bubblewrap":
            self.folder = Path(tempfile.mkdtemp(prefix="mlsan-grade-"))
            for path in self.files.iterdir():
                shutil.copy(path, self.folder)
            if self.uid:
                os.chown(self.folder, self.uid, self.uid)
            self.environment |= {"HOME": str(self.folder), "TMPDIR": str(self.folder)}
        return self

    @property
    def cwd(self) -> Path | None:
        return self.folder

    def command(self, arguments: list[str]) -> list[str]:
        """The words that run Python with these arguments in here."""
        python = [sys.executable, *arguments]
        if self.level == "bubblewrap":
            return [*self._bubblewrap(), *python]
        return ["unshare", "--net", *python] if self.level == "user" and _can_unshare() else python

    def _bubblewrap(self) -> list[str]:
        shown = [Path(sys.prefix), Path(sys.base_prefix), PACKAGE]
        parents = sorted({parent for path in shown for parent in path.parents} - {Path("/")})
        words = ["bwrap", "--die-with-parent", "--new-session", "--unshare-pid", "--unshare-net",
                 "--unshare-ipc", "--unshare-uts", "--clearenv"]
        if os.geteuid():                 # root gives its rights up later, in the worker
            words += ["--unshare-user"]
        for name, value in self.environment.items():
            words += ["--setenv", name, value]
        for place in ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/alternatives"):
            if os.path.islink(place):
                words += ["--symlink", os.readlink(place), place]
            elif os.path.exists(place):
                words += ["--ro-bind", place, place]
        for parent in parents:
            if not parent.is_relative_to("/usr"):
                words += ["--perms", "0755", "--dir", str(parent)]
        for path in shown:
            if not path.is_relative_to("/usr"):
                words += ["--ro-bind", str(path), str(path)]
        words += ["--proc", "/proc", "--dev", "/dev"]
        words += ["--tmpfs", "/dev/shm", "--remount-ro", "/dev/shm"]     # it knows no size
        words += ["--perms", "1777", "--size", str(SCRATCH), "--tmpfs", HOME]
        for path in sorted(self.files.iterdir()):
            words += ["--ro-bind", str(path), f"{HOME}/{path.name}"]
        if Path("/tmp") not in parents:      # of a checkout in /tmp; then TMPDIR has to do
            words += ["--symlink", HOME, "/tmp"]
        return [*words, "--chdir", HOME, "--"]

    def __exit__(self, *_) -> None:
        if self.level == "user" and self.uid:
            _end_all_of(self.uid)
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


@cache
def _can_unshare() -> bool:
    """Whether a process can be given a network of its own, with nobody in it."""
    with suppress(OSError):
        return subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode == 0
    return False


def _end_all_of(uid: int) -> None:
    """End every process of a user, until there is none: it may be making new ones."""
    for _ in range(100):
        ended = 0
        for folder in Path("/proc").iterdir():
            with suppress(OSError):
                if folder.name.isdigit() and folder.stat().st_uid == uid:
                    os.kill(int(folder.name), signal.SIGKILL)
                    ended += 1
        if not ended:
            return
