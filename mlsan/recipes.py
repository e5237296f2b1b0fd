"""Recipes: the sizes, rates and epochs of a run, chosen on dev, once for each kind of corpus.

A corpus names its recipe (its source wrote it there), a plan may name another; what a corpus is
*called* decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsan.data.validation import CorpusError
from mlsan.training import Settings


@dataclass(frozen=True)
class Recipe:
    """Sizes of the model (see ``Config``) and ``settings`` of its training; kept with every run."""

    hidden: int = 64
    dropout: float = 0.4
    input_dropout: float = 0.0
    speaker_dim: int = 32
    recurrent: bool = False
    evidence: bool = False
    moments: bool = False
    settings: Settings = Settings()

    @property
    def sizes(self) -> dict:
        """``Config``'s fields of the same names."""
        return {k: v for k, v in vars(self).items() if k != "settings"}


# For published features, and for IEMOCAP, sizes and rates are those chosen on MELD's text:
# generated features are no ground to choose on.
_MELD = Recipe(hidden=256, dropout=0.5, input_dropout=0.5, recurrent=True,
               settings=Settings(batch_size=32, learning_rate=1e-3, weight_decay=0.05))
RECIPES = {
    # Chosen on the dev split of simulated conversations; what a corpus without a recipe gets.
    "general": Recipe(),
    # The ladder's last rung (record ``ladder``): what the data of simulated conversations hold.
    "evidence": Recipe(dropout=0.0, evidence=True, moments=True),
    "meld": _MELD,
    # Dialogues five times as long as MELD's: about as many utterances in a batch.
    "iemocap": Recipe(**_MELD.sizes, settings=Settings(batch_size=6, learning_rate=1e-3,
                                                       weight_decay=0.05)),
    "meld-friends": Recipe(input_dropout=0.3, settings=Settings(
        batch_size=32, learning_rate=2e-3, weight_decay=0.3)),
    # Acted clips. RAVDESS: of 28 drawn at random, the best on dev, over both protocols and both
    # voices, of a static model, a table of names and people known by ear together.
    "ravdess": Recipe(hidden=512, dropout=0.5, input_dropout=0.2, speaker_dim=64,
                      settings=Settings(epochs=25, patience=25, batch_size=32,
                                        learning_rate=2e-3)),
    "cremad": Recipe(),         # the best on dev of nine of those
}


def recipe_named(name: str, said_by: str) -> Recipe:
    """The recipe of that name; ``said_by`` begins the message where there is none.

    Raises:
        CorpusError: there is none of that name.
    """
    if name not in RECIPES:
        raise CorpusError(f"{said_by}: unknown recipe {name!r}; use one of {', '.join(RECIPES)}")
    return RECIPES[name]
