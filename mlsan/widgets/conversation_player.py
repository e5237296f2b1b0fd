"""Step through a conversation turn by turn, and see what the trained model made of each turn."""

from __future__ import annotations

from pathlib import Path

import anywidget
import numpy as np
import torch
import traitlets

from mlsan.data.batches import Batch
from mlsan.data.corpus import Corpus
from mlsan.marks import STYLES, speaker_style
from mlsan.measures import bayes
from mlsan.model.mlsan import MLSAN
from mlsan.runs import Run
from mlsan.widgets import page_model
from mlsan.widgets.common import esm


@torch.no_grad()
def heard_alone(model: MLSAN, batch: Batch, modality: str) -> torch.Tensor:
    """(T, C): every turn's probabilities if, in that turn, ``modality`` were all that is heard.

    ``batch`` holds one dialogue. The other turns keep all their modalities.
    """
    turns = batch.mask.shape[1]
    # The dialogue once for each of its turns: in copy t, turn t is what is heard alone.
    copies = torch.zeros(turns, dtype=torch.long, device=batch.mask.device)
    here = torch.eye(turns, dtype=torch.bool, device=batch.mask.device)
    repeated = Batch(features={m: x[copies] for m, x in batch.features.items()},
                     present={m: p[copies] if m == modality else p[copies] & ~here
                              for m, p in batch.present.items()},
                     mask=batch.mask[copies], speaker=batch.speaker[copies],
                     party=batch.party[copies], emotion=batch.emotion[copies],
                     row=batch.row[copies])
    probability = model.eval()(repeated).logits.softmax(-1)                 # (T, T, C)
    return probability.diagonal().T


@torch.no_grad()
def turns_of(run: Run, dialogue: int) -> list[dict]:
    """What the player shows of every turn of a dialogue: ``page_model.turns_of``, and with it

    ``gates`` (M,); ``model`` (C,), the network's probabilities, and for simulated conversations
    ``exact`` (C,), the posterior of ``bayes.dialogue``; ``alone`` (M, C), the network's if it heard
    one modality (``heard_alone``).
    """
    corpus = run.corpus
    device = next(run.model.parameters()).device
    batch = corpus.tensors(run.speakers.ids, device).batch([dialogue])
    out = run.model.eval()(batch)
    rows = batch.row[0].cpu().numpy()
    alone = torch.stack([heard_alone(run.model, batch, m) for m in corpus.modalities], 1)
    shown = {"model": out.logits[0].softmax(-1), "gates": out.gates[0], "alone": alone}
    # Doubles, because a float32 that is rounded would be written with all its decimals.
    values = {name: v.cpu().double().numpy().round(3).tolist() for name, v in shown.items()}
    if posterior_known(corpus, rows):
        values["exact"] = np.exp(bayes.dialogue(corpus, rows)).round(3).tolist()
    return [turn | {name: value[t] for name, value in values.items()}
            for t, turn in enumerate(page_model.turns_of(run, rows))]


def posterior_known(corpus: Corpus, rows) -> bool:
    """Whether the exact posterior is known: all is as it was simulated, and nothing is absent."""
    return (corpus.truth is not None and set(corpus.truth.prototypes) == set(corpus.modalities)
            and set(corpus.table.speaker.iloc[rows]) <= set(corpus.truth.speakers)
            and all(present[rows].all() for present in corpus.present.values()))


class ConversationPlayer(anywidget.AnyWidget):
    """Conversations as chat, turn by turn: its gates, its emotion, and what each modality says.

    Args:
        run: a trained ``MLSAN``, whatever it is made of; dialogues: indices of the dialogues to
            choose from.

    ``dialogue`` and ``turn`` are the place that is shown. All values are computed here (see
    ``turns_of``) and only drawn in the page, kernel or none.

    Raises:
        CorpusError: there are no such dialogues.
    """

    _esm = esm("conversation-player.js")
    _css = Path(__file__).with_name("conversation-player.css")
    conversations = traitlets.List().tag(sync=True)
    speakers = traitlets.Dict().tag(sync=True)
    config = traitlets.Dict().tag(sync=True)
    dialogue = traitlets.Int(0).tag(sync=True)
    turn = traitlets.Int(0).tag(sync=True)

    def __init__(self, run: Run, dialogues, **kwargs):
        dialogues = list(dialogues)
        page_model.rows_of(run, dialogues, "ConversationPlayer")
        conversations = [turns_of(run, int(d)) for d in dialogues]
        cast = {turn["speaker"] for turns in conversations for turn in turns}
        everyone = set(run.corpus.table.speaker)
        # As in other figures, unless the corpus has more people than there are styles.
        style = speaker_style(sorted(everyone if len(everyone) <= STYLES else cast))
        super().__init__(conversations=conversations, speakers={s: style[s] for s in sorted(cast)},
                         config=page_model.config_of(run), **kwargs)
