"""`mlsan fetch --all --to FOLDER`: data for a class without a network."""

import pytest

from mlsan import catalogue
from mlsan.catalogue import SOURCES
from mlsan.sources import download


def test_everything_at_hand_becomes_a_mirror(mlsan, monkeypatch, tmp_path):
    """Without a network: what the first folder has is copied, what it lacks is named."""
    pin = SOURCES["meld"].pins()
    source, data = tmp_path / "source", tmp_path / "data"
    for one in pin:
        (source / one.place).parent.mkdir(parents=True, exist_ok=True)
        (source / one.place).write_text("changed")
    monkeypatch.setenv("MLSAN_MIRROR", str(source))
    monkeypatch.setenv("MLSAN_DATA", str(data))
    kept = data / "downloads" / "some" / "file.csv"
    kept.parent.mkdir(parents=True)
    kept.write_text("content")
    monkeypatch.setattr(catalogue, "SOURCES", {
        "simulated": SOURCES["simulated"], "meld": SOURCES["meld"]})
    monkeypatch.setattr(catalogue, "fetch", lambda name, **_: [kept] if name == "simulated"
                        else [download.fetch(one) for one in pin])
    code, out, _ = mlsan("fetch", "--all", "--to", tmp_path / "mirror")
    assert code == 0 and "simulated: there" in out and "meld: " in out
    assert "not the pinned content" in out and "MLSAN_MIRROR=" in out
    assert (tmp_path / "mirror" / "some" / "file.csv").read_text() == "content"
    assert not list((tmp_path / "mirror").rglob("*MELD*"))


@pytest.mark.parametrize("words", [["--all"], ["--to", "x"], [], ["meld", "--all", "--to", "x"]])
def test_fetch_says_what_it_takes(words, mlsan):
    code, _, error = mlsan("fetch", *words)
    assert code == 2 and "--all --to FOLDER" in error
