"""Downloads that are pinned, verified and resumable.

A ``Pin`` names one file of one commit of a public repository, together with its git blob id, so
that everyone who runs a chapter has the same bytes. A file gets its final name only after its id
was found right: what lies under ``downloads/`` can be trusted, and a cut or an altered download
leaves nothing behind that could be mistaken for it.

Two environment variables:

- ``MLSAN_DATA``: where downloads and what is made of them are kept (default: the user's cache);
- ``MLSAN_MIRROR``: a folder or base http address to try before the public one, laid out as
  ``OWNER/REPO/COMMIT/PATH``. What comes from there is verified in the same way.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import requests
from filelock import FileLock
from platformdirs import user_cache_path
from requests.adapters import HTTPAdapter
from tqdm.auto import tqdm
from urllib3.exceptions import HTTPError, ProtocolError
from urllib3.util import Retry

PUBLIC = "https://raw.githubusercontent.com"
# A machine without a network should learn so in seconds; a slow one may still take its time.
CONNECT_SECONDS, READ_SECONDS = 4, 30
BARREN_TRIES = 5        # give up after so many connections in a row that brought nothing new,
RESTARTS = 60           # or so many that began again, for want of a server that can go on from a byte
CHUNK = 1 << 18


class DownloadError(RuntimeError):
    """A download went wrong. The message names the address and the remedy."""


class Unavailable(DownloadError):
    """Neither the mirror nor the public address has it: tests skip, a chapter shows a notice."""


@dataclass(frozen=True)
class Pin:
    """One file of one commit.

    Attributes:
        repo: ``owner/name``.
        commit: 40 hex digits, so that the address can never serve a later version.
        path: the file inside the repository.
        blob: what ``git hash-object`` prints for the file: 40 hex digits.

    Raises:
        DownloadError: a field that is not of that form, such as a path that leaves its folder.
    """

    repo: str
    commit: str
    path: str
    blob: str

    def __post_init__(self):
        parts = [*self.repo.split("/"), *self.path.split("/")]
        safe = self.repo.count("/") == 1 and all(
            part not in ("", ".", "..") and re.fullmatch(r"[\w.()+@, -]+", part) for part in parts)
        hexes = all(re.fullmatch("[0-9a-f]{40}", h) for h in (self.commit, self.blob))
        if not safe or not hexes:
            raise DownloadError(f"{self}: not a pin; needs repo 'owner/name', a relative path "
                                "without '..', and 40 hex digits each for commit and blob")

    def __str__(self) -> str:
        return f"{self.repo}@{self.commit[:7]}:{self.path}"


def data_dir() -> Path:
    """Where downloads, converted corpora and encoded texts are kept."""
    chosen = os.environ.get("MLSAN_DATA")
    return Path(chosen).expanduser() if chosen else user_cache_path("mlsan", appauthor=False)


def stored(pin: Pin) -> Path:
    """Where ``fetch`` keeps the file; it need not be there yet."""
    return data_dir().joinpath("downloads", *pin.repo.split("/"), pin.commit, *pin.path.split("/"))


def git_blob_id(path: Path) -> str:
    """The id git gives to a file's content: SHA-1 of ``blob <size>\\0`` and the bytes."""
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: digest).hexdigest()


def fetch(pin: Pin, progress: bool = True) -> Path:
    """The pinned file on this machine, downloaded if it is not there yet.

    A cut download is taken up where it stopped, now or in a later call. Several processes may
    fetch the same file at once: one of them downloads, the others wait for it.

    Raises:
        Unavailable: neither the mirror nor the public address has it, or there is no network.
        DownloadError: the bytes are not the pinned ones, or cannot be written.
    """
    final = stored(pin)
    if _is(final, pin):
        return final
    with locked(final):
        if _is(final, pin):                     # while we waited, another process fetched it
            return final
        final.unlink(missing_ok=True)
        missed = []
        for address in _addresses(pin):
            if missed:
                warnings.warn(f"MLSAN_MIRROR lacks {pin} ({missed[0]}); trying {address}",
                              stacklevel=2)
            try:
                part = _download(address, final.with_name(final.name + ".part"), pin, progress)
            except Unavailable as error:
                missed.append(str(error))
            else:
                os.replace(part, final)
                return final
    raise Unavailable(f"{pin} cannot be had:\n  " + "\n  ".join(missed) + "\nCheck the network, or "
                      "set MLSAN_MIRROR to a folder or http address that holds "
                      "OWNER/REPO/COMMIT/PATH.")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the right to make ``path``, against other processes; its parent folder is made."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(path.name + ".lock"))
        lock.acquire()
    except OSError as error:
        raise DownloadError(f"{path}: cannot be made ({error}); set MLSAN_DATA to a folder that "
                            "can be written to") from error
    try:
        yield
    finally:
        lock.release()


def _is(path: Path, pin: Pin) -> bool:
    return path.is_file() and git_blob_id(path) == pin.blob


def _addresses(pin: Pin) -> list[str]:
    tail = f"{pin.repo}/{pin.commit}/{pin.path}"
    public = f"{PUBLIC}/{quote(tail)}"
    mirror = os.environ.get("MLSAN_MIRROR")
    if not mirror:
        return [public]
    if mirror.startswith(("http://", "https://")):
        return [f"{mirror.rstrip('/')}/{quote(tail)}", public]
    return [str(Path(mirror).expanduser() / tail), public]


def _download(address: str, part: Path, pin: Pin, progress: bool) -> Path:
    resumed = part.exists()
    _receive(address, part, pin, progress)
    found = git_blob_id(part)
    if resumed and found != pin.blob:
        # What an earlier call left may be damaged itself; that is no fault of this address.
        part.unlink()
        _receive(address, part, pin, progress)
        found = git_blob_id(part)
    if found != pin.blob:
        part.unlink()
        raise DownloadError(f"{pin} from {address}: not the pinned content (git blob id {found}, "
                            f"expected {pin.blob}); it was removed. Try again; if it stays so, the "
                            "mirror or the connection alters files: set MLSAN_MIRROR to another one")
    return part


def _receive(address: str, part: Path, pin: Pin, progress: bool) -> None:
    """Append to ``part`` until the address says that this was all, whatever cuts come between."""
    barren = restarts = ended = 0
    while True:
        try:
            part.touch()
            held, got = part.stat().st_size, 0
            with _stream(address, held) as (start, total, chunks), \
                    open(part, "r+b") as out, \
                    tqdm(total=total, initial=start, desc=part.stem, unit="B", unit_scale=True,
                         leave=False, disable=not progress) as bar:
                out.truncate(start)
                out.seek(start)
                for chunk in chunks:
                    out.write(chunk)
                    got += len(chunk)
                    bar.update(len(chunk))
            size = part.stat().st_size
            # Cut in its header, an answer tells no length; some servers never do. Then it was whole
            # if the id says so, or if it ends where the last one did.
            if size == total or _is(part, pin) or (got and size == ended):
                return
            raise ProtocolError("it ended without having told its length")
        except (requests.RequestException, HTTPError) as error:     # cut: go on from there
            size = part.stat().st_size
            barren = 0 if got and size != ended else barren + 1
            restarts += size < held + got
            ended = size
            if barren == BARREN_TRIES or restarts == RESTARTS:
                raise Unavailable(f"{address}: keeps being cut off ({error})") from error
            time.sleep(0.1 * 2**barren)
        except OSError as error:
            raise DownloadError(f"{part}: cannot be written ({error}); make room, or set "
                                "MLSAN_DATA to another folder") from error


@contextmanager
def _stream(address: str, offset: int) -> Iterator[tuple[int, int | None, Iterator[bytes]]]:
    """Open a file or an http address: (where the bytes start, size of the whole, the bytes).

    They start at ``offset`` where the other side can do that, else at 0.
    """
    if not address.startswith(("http://", "https://")):
        try:
            file = open(address, "rb")
        except OSError as error:
            raise Unavailable(f"{address}: {error.strerror}") from error
        with file:
            size = os.fstat(file.fileno()).st_size
            start = offset if offset <= size else 0
            file.seek(start)
            yield start, size, iter(lambda: file.read(CHUNK), b"")
        return
    # Not gzipped: the offset counts bytes of the file itself.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={offset}-"} if offset else {})
    with requests.Session() as session:
        session.mount(address.split("//")[0] + "//", HTTPAdapter(max_retries=Retry(
            connect=1, read=1, status=3, backoff_factor=0.2, raise_on_status=False,
            status_forcelist=(429, 500, 502, 503, 504), respect_retry_after_header=False)))
        try:
            answer = session.get(address, headers=headers, stream=True,
                                 timeout=(CONNECT_SECONDS, READ_SECONDS))
        except requests.RequestException as error:
            # The innermost reason; around it stand three layers that repeat the address.
            reason = getattr(error.args[0], "reason", error) if error.args else error
            if isinstance(reason, ProtocolError):       # there is somebody, but the answer was cut
                raise
            raise Unavailable(f"{address}: no answer ({reason})") from error
        with answer:
            if answer.status_code == 416:               # we hold as much as there is, or more
                yield offset, offset, iter(())
                return
            if answer.status_code not in (200, 206):
                raise Unavailable(f"{address}: {answer.status_code} {answer.reason}")
            start = 0
            if answer.status_code == 206:
                sent = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
                start = int(sent[1]) if sent else offset
                if start > offset:
                    raise Unavailable(f"{address}: sends from byte {start}, asked from {offset}")
            length = answer.headers.get("Content-Length")
            # read1 gives what has come: read and iter_content lose what a cut leaves of a chunk.
            yield (start, start + int(length) if length else None,
                   iter(lambda: answer.raw.read1(CHUNK, decode_content=True), b""))
