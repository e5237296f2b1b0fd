"""A network that reads a dialogue turn by turn, in the manner of DialogueRNN.

Majumder and others, "DialogueRNN: An attentive RNN for emotion detection in conversations" (AAAI
2019). One direction, no speaker embedding, no listener update. It is here as the slow way: three
cells and an attention for each turn, one turn after the other.
"""

from __future__ import annotations

import torch
from loops import corpus_of, peak_mb, seconds
from made import Shape
from torch import nn

from mlsan.data.batches import Batch
from mlsan.data.speaker_ids import speaker_ids


class DialogueRNN(nn.Module):
    """Global, party and emotion states of H numbers each; what is said is u (B, H).

        global    g_t = GRU([u_t, q_t-1(speaker)], g_t-1)
        attention c_t = sum_i softmax_i(u_t W g_i) g_i         over the turns before
        party     q_t(speaker) = GRU([u_t, c_t], q_t-1(speaker)), others' stay
        emotion   e_t = GRU(q_t(speaker), e_t-1)
    """

    def __init__(self, dims: dict[str, int], emotions: int, hidden: int, dropout: float):
        super().__init__()
        self.encode = nn.Sequential(nn.Dropout(dropout), nn.Linear(sum(dims.values()), hidden))
        self.of_all, self.of_party = nn.GRUCell(2 * hidden, hidden), nn.GRUCell(2 * hidden, hidden)
        self.of_emotion = nn.GRUCell(hidden, hidden)
        self.ask = nn.Linear(hidden, hidden, bias=False)
        self.classify = nn.Sequential(nn.Dropout(dropout), nn.Linear(hidden, emotions))

    def forward(self, batch: Batch) -> torch.Tensor:
        """Logits (B, T, C). Nothing comes back from later turns, so padding, which is at the end,
        changes no utterance."""
        said = self.encode(torch.cat([*batch.features.values()], -1))           # (B, T, H)
        B, T, H = said.shape
        here = torch.arange(B, device=said.device)
        parties = said.new_zeros(B, int(batch.party.max()) + 1, H)
        everyone, felt = said.new_zeros(B, H), said.new_zeros(B, H)
        before, emotions = [], []
        for t in range(T):
            u, who = said[:, t], batch.party[:, t]
            context = self.attend(u, before)
            before.append(everyone := self.of_all(torch.cat([u, parties[here, who]], -1), everyone))
            party = self.of_party(torch.cat([u, context], -1), parties[here, who])
            parties = parties.index_put((here, who), party)
            emotions.append(felt := self.of_emotion(party, felt))
        return self.classify(torch.stack(emotions, 1))

    def attend(self, u: torch.Tensor, before: list[torch.Tensor]) -> torch.Tensor:
        """(B, H) of the global states of the turns before; zeros at the first."""
        if not before:
            return torch.zeros_like(u)
        past = torch.stack(before, 1)                                           # (B, t, H)
        weight = (past @ self.ask(u)[..., None]).softmax(1)                     # (B, t, 1)
        return (weight * past).sum(1)


def epoch(model: DialogueRNN, optimiser, tensors, dialogues, batch_size: int) -> float:
    """Train once on all of them, in random order; returns the mean loss of a step."""
    losses = []
    for chosen in torch.randperm(len(dialogues)).split(batch_size):
        batch = tensors.batch(dialogues[chosen.numpy()])
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(model(batch)[batch.labelled],
                                           batch.emotion[batch.labelled])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        losses.append(loss.detach())
    return float(torch.stack(losses).mean())


@torch.no_grad()
def read(model: DialogueRNN, tensors, dialogues) -> None:
    for chosen in torch.as_tensor(dialogues).split(256):
        model(tensors.batch(chosen))


def per_turn(shape: Shape, recipe: dict) -> dict:
    """``train_per_s`` and ``eval_per_s``, utterances a second, and ``peak_mb``."""
    corpus, settings = corpus_of(shape), recipe["settings"]
    tensors = corpus.tensors(speaker_ids(corpus).ids)
    train, rows = corpus.dialogues("train"), len(corpus.rows("train"))
    torch.manual_seed(0)
    model = DialogueRNN(corpus.dims, len(corpus.emotions), recipe["hidden"], recipe["dropout"])
    optimiser = torch.optim.AdamW(model.parameters(), settings["learning_rate"], fused=True)
    size = settings["batch_size"]
    epoch(model, optimiser, tensors, train[:4 * size], size)                # warms up
    trained = seconds(lambda: epoch(model, optimiser, tensors, train, size))
    model.eval()
    return {"train_per_s": rows / trained,
            "eval_per_s": rows / seconds(lambda: read(model, tensors, train)),
            "peak_mb": peak_mb()}
