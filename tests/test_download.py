"""Downloads against a server that cuts, alters, ignores and refuses, and against a folder."""

import hashlib
import os
import random
import subprocess
import sys
import time
import tracemalloc
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from mlsan.sources import download
from mlsan.sources.download import DownloadError, Pin, Unavailable, fetch, git_blob_id, stored

CONTENT = random.Random(0).randbytes(300_000)
PLACES = random.Random(0).sample(range(1, len(CONTENT)), 50)
FILE, PART = "some file.csv", "some file.csv.part"


def blob_of(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


PIN = Pin("owner/repo", "0123456789" * 4, f"data/{FILE}", blob_of(CONTENT))
NOBODY = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """An empty data folder, no mirror, and a public address where nobody listens."""
    monkeypatch.setenv("MLSAN_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(download, "PUBLIC", NOBODY)
    for name in ("MLSAN_MIRROR", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def server(file_server):
    file_server.content = CONTENT
    return file_server


@pytest.fixture(params=["public", "http mirror", "folder"])
def serve(request, server, place, monkeypatch):
    """Puts a content where it is looked for, and returns where that is."""
    folder = place / "mirror" / PIN.repo / PIN.commit / "data"
    root = str(place / "mirror") if request.param == "folder" else server.address
    if request.param != "public":
        monkeypatch.setenv("MLSAN_MIRROR", root + "/")
        monkeypatch.setattr(download, "PUBLIC", NOBODY)
    folder.mkdir(parents=True)

    def put(content):
        server.content = content
        (folder / FILE).write_bytes(content)
        return root

    return put


def get(path=PIN.path):
    return fetch(replace(PIN, path=path), progress=False).read_bytes()


def offsets(server):
    return [offset for _, offset in server.requests]


def files_left():
    """All but the lock files, which stay in a folder of their own."""
    return sorted(p.name for p in download.data_dir().rglob("*")
                  if p.is_file() and p.parent != download.data_dir() / "locks")


def test_blob_id_is_gits(place):
    for content, blob in ((b"hello\n", "ce013625030ba8dba906f756967f9e9ca394464a"),
                          (b"", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")):
        (place / "file").write_bytes(content)
        assert git_blob_id(place / "file") == blob


def test_a_file_is_fetched_once_and_again_when_damaged(server):
    path = fetch(PIN)
    assert get() == CONTENT and path == stored(PIN) and files_left() == [FILE]
    assert server.requests == [(f"/owner/repo/{PIN.commit}/data/some%20file.csv", 0)]
    path.write_bytes(CONTENT[:-5])
    assert get() == CONTENT and len(server.requests) == 2


@pytest.mark.parametrize(("ranges", "cuts", "asked"), [
    (True, [b - a for a, b in pairwise([0, *sorted(PLACES)])], sorted(PLACES)),
    (False, PLACES, PLACES),
    (True, [200_000] + [-1000] * 6, [200_000] * 7)])        # six without even a header
def test_fifty_cuts_lose_nothing(server, ranges, cuts, asked):
    server.ranges, server.cuts = ranges, cuts[:]
    assert get() == CONTENT and files_left() == [FILE] and offsets(server) == [0, *asked]


@pytest.mark.parametrize("ranges", [True, False])
def test_fifty_downloads_each_cut_once(server, ranges):
    server.ranges, chunk = ranges, 2**18
    edges = [0, 1, len(CONTENT) - 1, chunk - 1, chunk, chunk + 1, *range(-90, 0, 5)]
    for i, cut in enumerate([*edges, *PLACES[len(edges):]]):
        server.cuts, server.requests = [cut], []
        assert get(f"data/{i}") == CONTENT and offsets(server) == [0, max(cut, 0)], cut
    assert len(files_left()) == 50


def test_fifty_cuts_over_ten_calls(server):
    for call in range(10):
        server.cuts = [100 * call + i for i in range(1, 6)] + [0] * 100
        with pytest.raises(Unavailable, match="keeps failing"):
            get()
        assert files_left() == [PART]
    server.cuts = []
    assert get() == CONTENT and files_left() == [FILE]
    assert offsets(server) == sorted(offsets(server)) and len(set(offsets(server))) == 51


@pytest.mark.parametrize(("cuts", "left"), [
    ([100_000] * 500, [PART]), ([place // 3 for place in PLACES] * 10, [PART]),
    ([0] * 500, []), ([-1000] * 500, [])])
def test_a_server_that_is_always_cut_is_given_up(server, cuts, left):
    server.ranges, server.cuts = False, cuts[:]
    with pytest.raises(Unavailable, match=f"{server.address}.*keeps failing"):
        get()
    assert server.cuts and files_left() == left
    server.cuts = []
    assert get() == CONTENT


def test_a_server_that_tells_no_length(server):
    server.tells_length, server.cuts = False, [200_000, -30, 0, 50_000]
    assert get() == CONTENT
    server.content, server.ranges = b"<!DOCTYPE html>", False
    with pytest.raises(DownloadError, match="not the pinned content"):
        get("other")
    assert files_left() == [FILE]


def start():
    """A process that fetches; without the package, which takes seconds to import."""
    code = f"import download; download.fetch(download.{PIN!r}, progress=False)"
    alone = {"MLSAN_MIRROR": download.PUBLIC, "PYTHONPATH": str(Path(download.__file__).parent)}
    return subprocess.Popen([sys.executable, "-c", code], env={**os.environ, **alone})


@pytest.mark.parametrize(("ranges", "sent"), [(True, [90_000, 40_000]), (False, [90_000])])
def test_a_killed_download_goes_on_in_the_next_process(server, ranges, sent):
    server.ranges, server.cuts, held = ranges, list(sent), [0]
    server.go_on.clear()
    part = stored(PIN).with_name(PART)
    for _ in sent:
        process = start()
        while not part.exists() or part.stat().st_size in (0, held[-1]):
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
        process.wait()
        held.append(part.stat().st_size)
        assert files_left() == [PART]
    server.go_on.set()
    assert start().wait() == 0 and stored(PIN).read_bytes() == CONTENT
    assert offsets(server) == held and files_left() == [FILE]


def test_processes_at_once_share_one_download(server):
    server.go_on.clear()
    server.cuts = [90_000]
    workers = [start() for _ in range(3)]
    time.sleep(2)                               # so that all have begun before one is done
    server.go_on.set()
    assert [w.wait() for w in workers] == [0] * 3 and stored(PIN).read_bytes() == CONTENT
    assert offsets(server) == [0, 90_000] and files_left() == [FILE]


def test_memory_does_not_grow_with_the_file(server, serve):
    server.cuts, content = [20_000_000], bytes(30_000_000)
    serve(content)
    pin = replace(PIN, blob=blob_of(content))
    tracemalloc.start()
    try:
        fetch(pin, progress=False)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("leftover", [b"", b"other", CONTENT[:9], CONTENT + b"more", CONTENT])
def test_a_leftover_part_is_used_or_replaced(serve, leftover):
    serve(CONTENT)
    stored(PIN).parent.mkdir(parents=True)
    stored(PIN).with_name(PART).write_bytes(leftover)
    assert get() == CONTENT and files_left() == [FILE]


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 300000\n" % 0


@pytest.mark.parametrize("served", [
    CONTENT[:-1], b"\0" + CONTENT[1:], CONTENT[:200_000] + bytes(100_000), b"", POINTER,
    b"<!DOCTYPE html><title>Sign in</title>"])
@pytest.mark.parametrize("cuts", [[], [150_000]])
def test_other_content_is_refused_and_leaves_nothing(server, serve, served, cuts):
    server.cuts, address = cuts[:], serve(served)
    with pytest.raises(DownloadError, match="set MLSAN_MIRROR") as error:
        get()
    assert not isinstance(error.value, Unavailable) and files_left() == []
    assert all(n in str(error.value) for n in (address, str(PIN), blob_of(served), PIN.blob))
    serve(CONTENT)
    assert get() == CONTENT


@pytest.mark.parametrize("found", ["404", "403", "503", "refused"])
def test_nowhere_to_be_had(server, place, monkeypatch, found):
    """Without a network that is known within seconds; only a busy server is asked again."""
    monkeypatch.setenv("MLSAN_MIRROR", str(place / "empty"))
    if found == "refused":
        monkeypatch.setattr(download, "PUBLIC", NOBODY)
    else:
        server.status = int(found)
    started = time.perf_counter()
    remedy = f"(?s){place}/empty.*{download.PUBLIC}.*{found}.*Check the network.*set MLSAN_MIRROR"
    with pytest.warns(UserWarning), pytest.raises(Unavailable, match=remedy):
        get()
    assert time.perf_counter() - started < 10 and files_left() == []
    assert (len(server.requests) > 1) == (found == "503")


def test_a_mirror_that_lacks_the_file_is_named(server, place, monkeypatch):
    monkeypatch.setenv("MLSAN_MIRROR", str(place / "empty"))
    with pytest.warns(UserWarning, match="MLSAN_MIRROR lacks owner/repo"):
        assert get() == CONTENT


@pytest.mark.parametrize("change", [
    {"path": "../../etc/passwd"}, {"path": "/etc/passwd"}, {"path": "a/../b"}, {"path": "C:/b"},
    {"path": "a\\..\\b"}, {"path": "a\n"}, {"repo": "../repo"}, {"repo": "owner"},
    {"repo": "owner/repo/more"}, {"commit": "main"}, {"blob": "0" * 39}])
def test_unsafe_pins_are_refused(change):
    with pytest.raises(DownloadError, match="not a pin"):
        replace(PIN, **change)


@pytest.mark.parametrize("below", ["downloads", "locks"])
def test_a_data_folder_that_cannot_be_written(place, below):
    (place / "data").mkdir()
    (place / "data" / below).write_text("not a folder")
    with pytest.raises(DownloadError, match=f"{FILE}: cannot be made.*{below}.*set MLSAN_DATA"):
        get()
