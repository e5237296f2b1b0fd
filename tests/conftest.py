"""Small corpora, made once; and one thread per process, so that xdist's workers don't fight."""

import pytest
import torch
from pages import browser, sites, visit  # noqa: F401 (fixtures)

from mlsan.sources.simulated import simulate

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def small():
    """120 simulated dialogues of 6 speakers."""
    return simulate(dialogues=120, speakers=6, text_dim=8, audio_dim=9, visual_dim=7)
