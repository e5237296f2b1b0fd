"""Downloads that are pinned, verified and resumable.

A ``Pin`` names one file of one commit of a public repository, together with its git blob id, a
``Deposit`` a file that lies elsewhere, with its checksum, so that everyone who runs a chapter has
the same bytes. A file gets its final name only after its id was found right: what lies under
``downloads/`` can be trusted. A failed download leaves nothing but a ``.part``, where the next call
goes on. This is code of our own since pooch, which does the like, knows no git blob ids and begins
again after a cut.

Two environment variables:

- ``MLSAN_DATA``: where downloads and what is made of them are kept (default: the user's cache);
- ``MLSAN_MIRROR``: a folder or base http address to try before the public one, laid out as
  ``OWNER/REPO/COMMIT/PATH``, and a deposit by its ``place``. What comes from there is verified in
  the same way.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from filelock import FileLock
from platformdirs import user_cache_path
from tqdm.auto import tqdm
from urllib3.exceptions import HTTPError, ProtocolError

PUBLIC = "https://raw.githubusercontent.com"
# A machine without a network should learn so in seconds; a slow one may still take its time.
CONNECT_SECONDS, READ_SECONDS = 4, 30
# Cuts before we give up. One that brought nothing counts for five, and for thirty (so that we ask
# twice) no answer at all, or one that is whole and wrong.
PATIENCE = 60


class DownloadError(RuntimeError):
    """A download went wrong. The message names the address and the remedy."""


class Unavailable(DownloadError):
    """Neither the mirror nor the public address has it: tests skip, a chapter shows a notice."""


@dataclass(frozen=True)
class Pin:
    """One file of one commit, in a form that can neither change nor leave its folder.

    Attributes:
        repo: ``owner/name``.
        commit: 40 hex digits.
        path: the file inside the repository.
        blob: what ``git hash-object`` prints for the file: 40 hex digits.
    """

    repo: str
    commit: str
    path: str
    blob: str

    def __post_init__(self):
        names = f"{self.repo}/{self.path}".split("/")
        safe = all(re.fullmatch(r"(?!\.\.?$)[\w.()+@, -]+", name) for name in names)
        hexes = re.fullmatch("[0-9a-f]{40} [0-9a-f]{40}", f"{self.commit} {self.blob}")
        if not safe or not hexes or self.repo.count("/") != 1:
            raise DownloadError(f"{self}: not a pin; needs repo 'owner/name', a relative path "
                                "without '..', and 40 hex digits each for commit and blob")

    def __str__(self) -> str:
        return f"{self.repo}@{self.commit[:7]}:{self.path}"

    @property
    def place(self) -> str:
        """Below a mirror, the public address and our own folder."""
        return f"{self.repo}/{self.commit}/{self.path}"

    @property
    def address(self) -> str:
        return f"{PUBLIC}/{self.place}"

    @property
    def id(self) -> str:
        return f"git blob id {self.blob}"

    def id_of(self, path: Path) -> str:
        return f"git blob id {git_blob_id(path)}"


@dataclass(frozen=True)
class Deposit:
    """A file outside any repository, pinned by its checksum.

    Attributes:
        place: below a mirror and our own folder; a constant of ours, so nobody leads it elsewhere.
        kind: "md5" or "sha256".
        checksum: in hex digits.
        address: its public address; None where only a mirror can have it.
    """

    place: str
    kind: str
    checksum: str
    address: str | None = None

    def __str__(self) -> str:
        return self.place

    @property
    def id(self) -> str:
        return f"{self.kind} {self.checksum}"

    def id_of(self, path: Path) -> str:
        with open(path, "rb") as file:
            return f"{self.kind} {hashlib.file_digest(file, self.kind).hexdigest()}"


def data_dir() -> Path:
    """Where downloads, converted corpora and encoded texts are kept."""
    chosen = os.environ.get("MLSAN_DATA")
    return Path(chosen).expanduser() if chosen else user_cache_path("mlsan", appauthor=False)


def stored(pin: Pin | Deposit) -> Path:
    """Where ``fetch`` keeps the file; it need not be there yet."""
    return data_dir() / "downloads" / pin.place


def git_blob_id(path: Path) -> str:
    """The id git gives to a file's content: SHA-1 of ``blob <size>\\0`` and the bytes."""
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: digest).hexdigest()


def fetch(pin: Pin | Deposit, progress: bool = True) -> Path:
    """The pinned file on this machine, downloaded if it is not there yet.

    A cut download is taken up where it stopped, now or in a later call. Several processes may
    fetch the same file at once: one of them downloads, the others wait for it.

    Raises:
        Unavailable: neither the mirror nor the public address has it, or there is no network.
        DownloadError: the bytes are not the pinned ones, or cannot be written.
    """
    final, missed = stored(pin), []
    if _is(final, pin):
        return final
    with locked(final):
        if _is(final, pin):                     # while we waited, another process fetched it
            return final
        final.unlink(missing_ok=True)
        mirror = os.environ.get("MLSAN_MIRROR")
        mirrored = mirror and f"{os.path.expanduser(mirror).rstrip('/')}/{pin.place}"
        for address in filter(None, (mirrored, pin.address)):
            if missed:
                warnings.warn(f"MLSAN_MIRROR lacks {pin} ({missed[0]}); trying {address}",
                              stacklevel=2)
            try:
                return _download(address, pin, final, progress)
            except Unavailable as error:
                missed.append(str(error))
    raise Unavailable(f"{pin} cannot be had:\n  " + "\n  ".join(missed) + "\nCheck the network, or "
                      f"set MLSAN_MIRROR to a folder or http address that holds {pin.place}.")


def fetch_first(pins: Sequence[Pin | Deposit], progress: bool = True) -> Path:
    """The first file that can be had, of several that each would do; raises as ``fetch`` does."""
    for pin in pins[:-1]:
        try:
            return fetch(pin, progress)
        except Unavailable:
            pass
    return fetch(pins[-1], progress)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the right to make ``path``, against other processes; its parent folder is made."""
    # Lock files have a folder of their own and stay there: one that is removed splits those who
    # wait, on the old file, from those who come, on a new one, and two would hold the same lock.
    lock = data_dir() / "locks" / ("-".join(path.relative_to(data_dir()).parts) + ".lock")
    try:
        for folder in (path.parent, lock.parent):
            folder.mkdir(parents=True, exist_ok=True)
        with FileLock(lock):
            yield
    except OSError as error:
        raise DownloadError(f"{path}: cannot be made ({error}); make room, or set MLSAN_DATA to a "
                            "folder that can be written to") from error


def _is(path: Path, pin: Pin | Deposit) -> bool:
    return path.is_file() and pin.id_of(path) == pin.id


def _download(address: str, pin: Pin | Deposit, final: Path, progress: bool) -> Path:
    """Fill a ``.part``, whatever cuts come between, and give it its final name."""
    part, patience = final.with_name(final.name + ".part"), PATIENCE
    part.touch()
    try:
        while patience > 0:
            held, cut = part.stat().st_size, None
            try:
                _receive(address, part, held, progress)
            except (requests.RequestException, HTTPError) as error:
                # The innermost reason; around it stand three layers that repeat the address.
                cut = getattr(error.args[0], "reason", error.args[0])
            found = pin.id_of(part)
            if found == pin.id:
                return part.replace(final)
            if not cut:         # once more, from nothing: what was left may have been damaged
                os.truncate(part, 0)
            brought, answered = part.stat().st_size != held, isinstance(cut, (str, ProtocolError))
            patience -= 30 if not answered else 1 if brought else 5
            time.sleep(0.2)
    finally:
        if part.exists() and not part.stat().st_size:
            part.unlink()
    if cut:
        raise Unavailable(f"{address}: keeps failing ({cut})")
    raise DownloadError(f"{pin} from {address}: not the pinned content ({found}, expected "
                        f"{pin.id}); it was removed. Try again; if it stays so, the mirror or the "
                        "connection alters files: set MLSAN_MIRROR to another one")


def _receive(address: str, part: Path, held: int, progress: bool) -> None:
    """Append to ``part`` what one connection brings after the bytes held; a cut raises."""
    if os.path.isfile(address):
        shutil.copyfile(address, part)
        return
    if "://" not in address:
        raise Unavailable(f"{address}: no such file")
    # Not gzipped: the range counts bytes of the file itself.
    headers = {"Accept-Encoding": "identity", "Range": f"bytes={held}-"}
    with requests.get(address, headers=headers, stream=True,
                      timeout=(CONNECT_SECONDS, READ_SECONDS)) as answer:
        code, told = answer.status_code, f"{answer.status_code} {answer.reason}"
        if code == 416:                         # we hold as much as there is, or more
            return
        if code == 429 or code >= 500:          # busy: as good as cut
            raise ProtocolError(told)
        if code not in (200, 206):
            raise Unavailable(f"{address}: {told}")
        start = held if code == 206 else 0
        length = answer.headers.get("Content-Length")
        with open(part, "ab") as file, tqdm.wrapattr(
                file, "write", start + int(length) if length else None, initial=start,
                desc=part.stem, leave=False, disable=not progress) as out:
            file.truncate(start)
            # read1 gives what has come: read and iter_content lose what a cut leaves of a chunk.
            for chunk in iter(lambda: answer.raw.read1(1 << 18, decode_content=True), b""):
                out.write(chunk)
    # Cut in its header, an answer tells no length; some servers never do. It was whole then if it
    # began again and ended where the last one did, and in any case if its id is right.
    if not length and not start < held == part.stat().st_size:
        raise ProtocolError("it ended without having told its length")
