"""Small corpora, made once; short training; a thread per process: xdist's workers don't fight."""

import sys
from dataclasses import replace

import pytest
import torch
from acted_files import acted  # noqa: F401 (a fixture)
from feature_files import meld_mirror, pinned  # noqa: F401 (fixtures)
from file_server import file_server  # noqa: F401 (a fixture)
from joblib import parallel_config
from newcomers import kept_by_ear, newcomers, said  # noqa: F401 (fixtures)
from pages import browser, sites, visit  # noqa: F401 (fixtures)
from stage import stage  # noqa: F401 (a fixture)

from mlsan import cli
from mlsan.recipes import RECIPES
from mlsan.sources.simulated import simulate

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def small():
    """120 simulated dialogues of 6 speakers."""
    return simulate(dialogues=120, speakers=6, text_dim=8, audio_dim=9, visual_dim=7)


@pytest.fixture
def quick(monkeypatch):
    """Every recipe takes two epochs, and many runs follow one another in this process."""
    for name, recipe in RECIPES.items():
        settings = replace(recipe.settings, epochs=2, batch_size=16)
        monkeypatch.setitem(RECIPES, name, replace(recipe, hidden=16, settings=settings))
    with parallel_config(backend="sequential"):
        yield


@pytest.fixture
def mlsan(quick, monkeypatch, capsys):
    """Run ``mlsan ARGS``; gives exit code, stdout, stderr. Two epochs a training."""
    monkeypatch.setenv("COLUMNS", "200")

    def call(*args):
        monkeypatch.setattr(sys, "argv", ["mlsan", *map(str, args)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        printed = capsys.readouterr()
        return stop.value.code or 0, printed.out, printed.err

    return call
