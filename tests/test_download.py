"""Downloads against a server that cuts, alters, ignores and refuses, and against a folder."""

import hashlib
import multiprocessing
import os
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mlsan.sources import download
from mlsan.sources.download import DownloadError, Pin, Unavailable, fetch, git_blob_id, stored

CONTENT = random.Random(0).randbytes(300_000)
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def pin_of(content=CONTENT, path="data/some file.csv"):
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    return Pin("owner/repo", COMMIT, path, blob)


class Handler(BaseHTTPRequestHandler):
    """Serves ``server.content``; ``server.cuts``: how many bytes each next answer may send."""

    def do_GET(self):
        server = self.server
        server.requests.append((self.path, self.headers.get("Range")))
        if server.status != 200:
            return self.send_error(server.status)
        offset = 0
        if self.headers.get("Range") and server.ranges:
            offset = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            if offset >= len(server.content):
                return self.send_error(416)
        body = server.content[offset:]
        self.send_response(206 if offset else 200)
        if offset:
            last = len(server.content) - 1
            self.send_header("Content-Range", f"bytes {offset}-{last}/{len(server.content)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        cut = server.cuts.pop(0) if server.cuts else len(body)
        self.wfile.write(body[:cut])
        self.wfile.flush()
        self.close_connection = True

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.content, server.status, server.ranges = CONTENT, 200, True
    server.cuts, server.requests = [], []
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


def files_left():
    root = download.data_dir()
    return sorted(p.name for p in root.rglob("*") if p.is_file() and p.suffix != ".lock")


def test_blob_id_is_gits(tmp_path):
    (tmp_path / "hello").write_bytes(b"hello\n")
    assert git_blob_id(tmp_path / "hello") == "ce013625030ba8dba906f756967f9e9ca394464a"
    (tmp_path / "empty").write_bytes(b"")
    assert git_blob_id(tmp_path / "empty") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


def test_public_address_is_owner_repo_commit_path(server, monkeypatch):
    monkeypatch.setattr(download, "PUBLIC", server.address)
    path = fetch(pin_of(), progress=False)
    assert path.read_bytes() == CONTENT
    assert server.requests == [(f"/owner/repo/{COMMIT}/data/some%20file.csv", None)]
    assert path == stored(pin_of()) and files_left() == ["some file.csv"]


def test_second_fetch_asks_nobody(server, monkeypatch):
    monkeypatch.setattr(download, "PUBLIC", server.address)
    fetch(pin_of(), progress=False)
    fetch(pin_of(), progress=False)
    assert len(server.requests) == 1


@pytest.mark.parametrize("seed", range(3))
def test_cut_downloads_go_on_where_they_stopped(server, monkeypatch, seed):
    monkeypatch.setattr(download, "PUBLIC", server.address)
    rng = random.Random(seed)
    cuts = [rng.randrange(1, 90_000) for _ in range(4)]
    server.cuts = list(cuts)
    assert fetch(pin_of(), progress=False).read_bytes() == CONTENT
    offsets = [int(r[6:-1]) if r else 0 for _, r in server.requests]
    assert len(offsets) == 5 and offsets == sorted(offsets)
    assert sum(cuts) - 4 * download.CHUNK <= offsets[-1] <= sum(cuts)


def test_a_server_without_ranges_starts_again(server, monkeypatch):
    monkeypatch.setattr(download, "PUBLIC", server.address)
    server.ranges, server.cuts = False, [200_000, 70_000]
    assert fetch(pin_of(), progress=False).read_bytes() == CONTENT
    assert len(server.requests) == 3


def test_always_cut_gives_up_and_goes_on_in_a_later_call(server, monkeypatch):
    monkeypatch.setattr(download, "PUBLIC", server.address)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    server.cuts = [70_000] + [0] * 100
    with pytest.raises(Unavailable, match="keeps being cut off"):
        fetch(pin_of(), progress=False)
    assert not stored(pin_of()).exists() and files_left() == ["some file.csv.part"]
    server.cuts = []
    assert fetch(pin_of(), progress=False).read_bytes() == CONTENT
    assert server.requests[-1][1] is not None and files_left() == ["some file.csv"]


@pytest.mark.parametrize("leftover", [b"other bytes", CONTENT + b"more", CONTENT])
def test_a_leftover_part_is_used_or_replaced(server, monkeypatch, leftover):
    monkeypatch.setattr(download, "PUBLIC", server.address)
    part = stored(pin_of()).with_name("some file.csv.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(leftover)
    assert fetch(pin_of(), progress=False).read_bytes() == CONTENT
    assert files_left() == ["some file.csv"]


@pytest.mark.parametrize("served", [CONTENT[:-1], b"\0" + CONTENT[1:], b""])
@pytest.mark.parametrize("kind", ["http", "folder"])
def test_altered_or_truncated_content_is_refused(server, place, monkeypatch, kind, served):
    server.content = served
    monkeypatch.setenv("MLSAN_MIRROR", server.address if kind == "http" else str(place / "mirror"))
    write_mirror(place / "mirror", served)
    wrong = hashlib.sha1(b"blob %d\0" % len(served) + served).hexdigest()
    with pytest.raises(DownloadError, match="MLSAN_MIRROR") as error:
        fetch(pin_of(), progress=False)
    assert not isinstance(error.value, Unavailable)
    assert wrong in str(error.value) and pin_of().blob in str(error.value)
    assert "some" in str(error.value) and files_left() == []


def write_mirror(root, content=CONTENT):
    path = root / "owner/repo" / COMMIT / "data/some file.csv"
    path.parent.mkdir(parents=True)
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


def test_a_mirror_that_lacks_the_file_is_named(server, place, monkeypatch):
    monkeypatch.setenv("MLSAN_MIRROR", str(place / "empty"))
    monkeypatch.setattr(download, "PUBLIC", server.address)
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


def test_damaged_file_is_fetched_again(server, monkeypatch):
    monkeypatch.setattr(download, "PUBLIC", server.address)
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
