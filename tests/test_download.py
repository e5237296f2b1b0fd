"""Downloads against a server that cuts, alters, ignores and refuses, and against a folder."""

import hashlib
import multiprocessing
import os
import random
import subprocess
import sys
import threading
import time
import tracemalloc
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mlsan.sources import download
from mlsan.sources.download import DownloadError, Pin, Unavailable, fetch, git_blob_id, stored

CONTENT = random.Random(0).randbytes(300_000)
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def pin_of(content=CONTENT, path="data/some file.csv"):
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    return Pin("owner/repo", COMMIT, path, blob)


class Handler(BaseHTTPRequestHandler):
    """Serves ``server.content``; ``server.cuts``: how many bytes of its content each next answer sends.

    A negative cut takes so many bytes from the end of the header too.
    """

    def do_GET(self):
        server = self.server
        server.requests.append((self.path, self.headers.get("Range")))
        if server.status != 200:
            return self.send_error(server.status)
        offset, size = 0, len(server.content)
        if self.headers.get("Range") and server.ranges:
            offset = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            if offset >= size:
                return self.send_error(416)
        head = [f"HTTP/1.1 {206 if offset else 200} OK", "Connection: close"]
        head += [f"Content-Range: bytes {offset}-{size - 1}/{size}"] * bool(offset)
        head += [f"Content-Length: {size - offset}"] * server.tells_length
        head = "\r\n".join([*head, "\r\n"]).encode()
        cut = server.cuts.pop(0) if server.cuts else size
        with suppress(ConnectionError):                 # the other side was killed
            self.wfile.write(head[:len(head) + min(cut, 0)])
            self.wfile.write(memoryview(server.content)[offset:offset + max(cut, 0)])
        server.go_on.wait(30)
        self.close_connection = True

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.content, server.status, server.ranges, server.tells_length = CONTENT, 200, True, True
    server.cuts, server.requests, server.go_on = [], [], threading.Event()
    server.go_on.set()
    server.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """An empty data folder, no mirror, and a public address where nobody listens."""
    monkeypatch.setenv("MLSAN_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("MLSAN_MIRROR", raising=False)
    monkeypatch.setattr(download, "PUBLIC", "http://127.0.0.1:9")
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    return tmp_path


@pytest.fixture
def public(server, monkeypatch):
    """The server in the public address's place; no pause between one connection and the next."""
    monkeypatch.setattr(download, "PUBLIC", server.address)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    return server


def offsets(server):
    return [int(r.removeprefix("bytes=")[:-1]) if r else 0 for _, r in server.requests]


def files_left():
    root = download.data_dir()
    return sorted(p.name for p in root.rglob("*") if p.is_file() and p.suffix != ".lock")


def test_blob_id_is_gits(tmp_path):
    (tmp_path / "hello").write_bytes(b"hello\n")
    assert git_blob_id(tmp_path / "hello") == "ce013625030ba8dba906f756967f9e9ca394464a"
    (tmp_path / "empty").write_bytes(b"")
    assert git_blob_id(tmp_path / "empty") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


def test_public_address_is_owner_repo_commit_path(public):
    path = fetch(pin_of(), progress=False)
    assert path.read_bytes() == CONTENT
    assert public.requests == [(f"/owner/repo/{COMMIT}/data/some%20file.csv", None)]
    assert path == stored(pin_of()) and files_left() == ["some file.csv"]


def test_second_fetch_asks_nobody(public):
    fetch(pin_of(), progress=False)
    fetch(pin_of(), progress=False)
    assert len(public.requests) == 1


@pytest.mark.parametrize("seed", range(3))
def test_fifty_cuts_at_random_bytes_lose_nothing(public, seed):
    places = sorted(random.Random(seed).sample(range(1, len(CONTENT)), 50))
    public.cuts = [b - a for a, b in zip([0, *places], places, strict=False)]
    assert fetch(pin_of(), progress=False).read_bytes() == CONTENT
    assert offsets(public) == [0, *places] and files_left() == ["some file.csv"]


@pytest.mark.parametrize("seed", range(3))
def test_fifty_cuts_of_a_server_without_ranges(public, seed):
    public.ranges, rng = False, random.Random(seed)
    public.cuts = [rng.randrange(len(CONTENT)) for _ in range(50)]
    assert fetch(pin_of(), progress=False).read_bytes() == CONTENT
    assert len(public.requests) == 51 and files_left() == ["some file.csv"]


@pytest.mark.parametrize("ranges", [True, False])
def test_fifty_downloads_each_cut_once(public, ranges):
    public.ranges, rng = ranges, random.Random(ranges)
    edges = [0, 1, len(CONTENT) - 1, *(download.CHUNK + i for i in (-1, 0, 1)), *range(-90, 0, 5)]
    for i, cut in enumerate(edges + [rng.randrange(len(CONTENT)) for _ in range(50 - len(edges))]):
        public.cuts, before = [cut], len(public.requests)
        assert fetch(pin_of(path=f"data/{i}"), progress=False).read_bytes() == CONTENT, cut
        assert offsets(public)[before:] == [0, max(cut, 0)], cut
    assert len(files_left()) == 50


def test_answers_that_break_off_before_their_content(public):
    public.cuts = [200_000] + [-1000] * 6
    assert fetch(pin_of(), progress=False).read_bytes() == CONTENT
    assert offsets(public) == [0] + [200_000] * 7


def test_fifty_cuts_over_ten_calls(public):
    rng = random.Random(0)
    for _ in range(10):
        public.cuts = [rng.randrange(1, 5000) for _ in range(5)] + [0] * 100
        with pytest.raises(Unavailable, match="keeps being cut off"):
            fetch(pin_of(), progress=False)
        assert files_left() == ["some file.csv.part"]
    public.cuts = []
    assert fetch(pin_of(), progress=False).read_bytes() == CONTENT
    assert offsets(public) == sorted(offsets(public)) and files_left() == ["some file.csv"]


@pytest.mark.parametrize("cut", ["the same", "random"])
def test_a_server_without_ranges_that_is_always_cut_is_given_up(public, cut):
    public.ranges, rng = False, random.Random(0)
    public.cuts = [100_000 if cut == "the same" else rng.randrange(100_000) for _ in range(500)]
    with pytest.raises(Unavailable, match="keeps being cut off"):
        fetch(pin_of(), progress=False)
    assert len(public.requests) == 1 + (download.BARREN_TRIES if cut == "the same" else download.RESTARTS)
    public.cuts = []
    assert fetch(pin_of(), progress=False).read_bytes() == CONTENT


@pytest.mark.parametrize(("ranges", "sent"), [(True, [90_000, 40_000]), (False, [90_000])])
def test_a_killed_download_goes_on_in_the_next_process(server, ranges, sent):
    server.ranges = ranges
    pin, part = pin_of(), stored(pin_of()).with_name("some file.csv.part")
    code = f"import download; download.fetch(download.{pin!r}, progress=False)"
    alone = {**os.environ, "MLSAN_MIRROR": server.address,      # without the package, which takes seconds
             "PYTHONPATH": str(Path(download.__file__).parent)}
    server.go_on.clear()
    server.cuts, held = list(sent), [0]
    for _ in sent:
        process = subprocess.Popen([sys.executable, "-c", code], env=alone)
        while not part.exists() or part.stat().st_size in (0, held[-1]):
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
        process.wait()
        held.append(part.stat().st_size)
        assert not stored(pin).exists()
    server.go_on.set()
    assert subprocess.run([sys.executable, "-c", code], env=alone).returncode == 0
    assert stored(pin).read_bytes() == CONTENT and files_left() == ["some file.csv"]
    assert offsets(server) == held


def test_a_server_that_tells_no_length(public):
    public.tells_length, public.cuts = False, [200_000, -30, 0, 50_000]
    assert fetch(pin_of(), progress=False).read_bytes() == CONTENT
    public.content, public.ranges = b"<!DOCTYPE html>", False
    with pytest.raises(DownloadError, match="not the pinned content"):
        fetch(pin_of(path="other"), progress=False)
    assert files_left() == ["some file.csv"]


@pytest.mark.parametrize("kind", ["http", "folder"])
def test_memory_does_not_grow_with_the_file(server, place, monkeypatch, kind):
    server.content = bytes(30_000_000)
    server.cuts = [20_000_000]
    write_mirror(place / "mirror", server.content)
    monkeypatch.setenv("MLSAN_MIRROR", server.address if kind == "http" else str(place / "mirror"))
    pin = pin_of(server.content)
    tracemalloc.start()
    try:
        fetch(pin, progress=False)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("leftover", [b"other bytes", CONTENT + b"more", CONTENT])
def test_a_leftover_part_is_used_or_replaced(public, leftover):
    part = stored(pin_of()).with_name("some file.csv.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(leftover)
    assert fetch(pin_of(), progress=False).read_bytes() == CONTENT
    assert files_left() == ["some file.csv"]


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 300000\n" % 0


@pytest.mark.parametrize("served", [
    CONTENT[:-1], b"\0" + CONTENT[1:], CONTENT[:200_000] + bytes(100_000), b"", POINTER,
    b"<!DOCTYPE html><title>Sign in</title>"])
@pytest.mark.parametrize("kind", ["http", "http, cut", "folder"])
def test_other_content_is_refused_and_leaves_nothing(server, place, monkeypatch, kind, served):
    server.content, server.cuts = served, [150_000] * kind.endswith("cut")
    monkeypatch.setenv("MLSAN_MIRROR", str(place / "mirror") if kind == "folder" else server.address)
    write_mirror(place / "mirror", served)
    wrong = hashlib.sha1(b"blob %d\0" % len(served) + served).hexdigest()
    with pytest.raises(DownloadError, match="MLSAN_MIRROR") as error:
        fetch(pin_of(), progress=False)
    assert not isinstance(error.value, Unavailable) and files_left() == []
    assert all(named in str(error.value) for named in (str(pin_of()), wrong, pin_of().blob))
    server.content = CONTENT
    write_mirror(place / "mirror")
    assert fetch(pin_of(), progress=False).read_bytes() == CONTENT


def write_mirror(root, content=CONTENT):
    path = root / "owner/repo" / COMMIT / "data/some file.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_folder_mirror(place, monkeypatch):
    write_mirror(place / "mirror")
    monkeypatch.setenv("MLSAN_MIRROR", str(place / "mirror"))
    assert fetch(pin_of()).read_bytes() == CONTENT


def test_folder_mirror_resumes(place, monkeypatch):
    write_mirror(place / "mirror")
    monkeypatch.setenv("MLSAN_MIRROR", str(place / "mirror"))
    part = stored(pin_of()).with_name("some file.csv.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT[:1000])
    assert fetch(pin_of(), progress=False).read_bytes() == CONTENT


def test_a_mirror_that_lacks_the_file_is_named(public, place, monkeypatch):
    monkeypatch.setenv("MLSAN_MIRROR", str(place / "empty"))
    with pytest.warns(UserWarning, match="MLSAN_MIRROR lacks owner/repo"):
        assert fetch(pin_of(), progress=False).read_bytes() == CONTENT


@pytest.mark.parametrize("status", [404, 403])
def test_nowhere_to_be_had(server, monkeypatch, status):
    server.status = status
    monkeypatch.setenv("MLSAN_MIRROR", server.address + "/")
    with pytest.warns(UserWarning), pytest.raises(Unavailable) as error:
        fetch(pin_of(), progress=False)
    for named in (server.address, str(status), "127.0.0.1:9", "set MLSAN_MIRROR", "network"):
        assert named in str(error.value)
    assert files_left() in ([], ["some file.csv.part"])
    assert not any(p.stat().st_size for p in download.data_dir().rglob("*.part"))


def test_no_network_is_known_within_seconds():
    started = time.perf_counter()
    with pytest.raises(Unavailable, match="no answer"):
        fetch(pin_of(), progress=False)
    assert time.perf_counter() - started < 10


def test_damaged_file_is_fetched_again(public):
    path = fetch(pin_of(), progress=False)
    path.write_bytes(CONTENT[:-5])
    assert fetch(pin_of(), progress=False).read_bytes() == CONTENT


@pytest.mark.parametrize("fields", [
    ("owner/repo", COMMIT, "../../etc/passwd", "0" * 40),
    ("owner/repo", COMMIT, "/etc/passwd", "0" * 40),
    ("owner/repo", COMMIT, "a/../b", "0" * 40),
    ("owner/repo", COMMIT, "a\\..\\b", "0" * 40),
    ("owner/repo", COMMIT, "C:/b", "0" * 40),
    ("../repo", COMMIT, "a", "0" * 40),
    ("owner", COMMIT, "a", "0" * 40),
    ("owner/repo", "main", "a", "0" * 40),
    ("owner/repo", COMMIT, "a", "0" * 39),
])
def test_unsafe_pins_are_refused(fields):
    with pytest.raises(DownloadError, match="not a pin"):
        Pin(*fields)


def test_a_data_folder_that_cannot_be_made(place, monkeypatch):
    (place / "file").write_text("not a folder")
    monkeypatch.setenv("MLSAN_DATA", str(place / "file" / "below"))
    with pytest.raises(DownloadError, match="set MLSAN_DATA"):
        fetch(pin_of(), progress=False)


def _fetch_in_a_process(data, mirror, results):
    os.environ.update(MLSAN_DATA=data, MLSAN_MIRROR=mirror)
    results.put(hashlib.sha1(fetch(pin_of(), progress=False).read_bytes()).hexdigest())


@pytest.mark.slow
def test_processes_at_once_share_one_download(server, place):
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    given = (str(place / "data"), server.address, results)
    workers = [context.Process(target=_fetch_in_a_process, args=given) for _ in range(3)]
    for w in workers:
        w.start()
    found = [results.get(timeout=120) for _ in workers]
    for w in workers:
        w.join()
    assert set(found) == {hashlib.sha1(CONTENT).hexdigest()}
    assert len(server.requests) == 1 and files_left() == ["some file.csv"]
