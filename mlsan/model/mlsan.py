"""ML-SAN: calibrate, encode, gate, fuse, read the context, classify.

Each of the three stages can be switched off; with all of them off this is the static baseline. One
class, so that a comparison differs in nothing but the stages. Shapes: B dialogues, T turns, M
modalities, D_m features, E speaker vector, H hidden, C emotions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn

from mlsan.data.batches import Batch, Padded, laid_out
from mlsan.data.speaker_ids import UNKNOWN
from mlsan.model.calibration import CALIBRATED, PACE, Calibration, Moments
from mlsan.model.context import Context, Recurrence
from mlsan.model.dropout import ByteDropout, Dropout
from mlsan.model.enrolment import Enrolment, Undo, vector_size
from mlsan.model.gating import Gating
from mlsan.model.messages import Messages
from mlsan.model.regularization import Regularization
from mlsan.model.speakers import SpeakerTable

STAGES = ("calibration", "gating", "regularization")
# Standard deviations from train's mean: what lies farther out counts as if it lay there, so that no
# single feature decides alone. A guess at a size. It comes before calibration, and so leaves loud
# voices as they are: in `simulated` the loudest value lies 14 out.
FAR = 20.0
ROUNDS = 2              # of hearing a person: three gave the same on `simulated`, .600 against .599


def idle(modalities, speakers: str) -> dict[str, str]:
    """The stages that can't act on these modalities in this speaker mode, and why: stage -> reason.

    Trained all the same, they would change nothing but which random numbers dropout draws, and that
    looks like a small gain or loss.
    """
    why = {}
    if not set(CALIBRATED) & set(modalities):
        why["calibration"] = "acts on audio and visual only"
    if len(modalities) < 2:
        why["gating"] = "would only scale the one modality"
    if speakers == "none":
        why["regularization"] = "has nobody to name"
    return why


@dataclass(frozen=True)
class Config:
    """What a model is made of.

    Attributes:
        dims: modality -> D_m.
        emotions: C.
        speakers: rows of the speaker table, the unknown row included.
        stages: which of ``STAGES`` are on.
        context: read the whole dialogue (True) or each utterance alone.
        recurrent: read it with a recurrent network (``Recurrence``), not with attention
            (``Context``).
        evidence: each utterance's own logits are linear in what it shows, and the dialogue is read
            as ``Messages`` between them, not between features.
        moments: calibration starts from everybody's own ``Moments``; people known by ear have
            theirs in their vectors.
        concat_speaker: the second baseline: no stage, but every encoder is told the speaker.
        heard: who speaks is known by ear (``Enrolment``), not by a table of names.
        hidden, speaker_dim, dropout, input_dropout, speaker_dropout: sizes and rates.
    """

    dims: dict[str, int]
    emotions: int
    speakers: int
    stages: tuple[str, ...] = STAGES
    context: bool = True
    recurrent: bool = False
    evidence: bool = False
    moments: bool = False
    concat_speaker: bool = False
    heard: bool = False
    hidden: int = 64
    speaker_dim: int = 32
    dropout: float = 0.4
    input_dropout: float = 0.0
    speaker_dropout: float = 0.05

    def __post_init__(self):
        for stage in self.stages:
            if stage not in STAGES:
                raise ValueError(f"stages: unknown {stage!r}; use some of {', '.join(STAGES)}, "
                                 "or none")

    @property
    def reader(self) -> str:
        """What reads the dialogue: ``none``, ``messages``, ``recurrence`` or ``attention``."""
        if not self.context:
            return "none"
        if self.evidence:
            return "messages"
        return "recurrence" if self.recurrent else "attention"


@dataclass(frozen=True)
class Output:
    """``logits`` (B, T, C), ``gates`` (B, T, M), ``fused`` (B, T, H), and ``calibrated[m]``
    (B, T, D_m); ``alone`` (B, T, C), the logits of each utterance by itself, where the context
    reads these.

    Of the n utterances alone, ``standard[m]`` (n, D_m) are the standardised features and
    ``encoded[m]`` (n, H) what the encoders make of the calibrated ones (see ``MLSAN.closed``).
    """

    logits: torch.Tensor
    gates: torch.Tensor
    calibrated: Mapping[str, torch.Tensor]
    fused: torch.Tensor
    standard: dict[str, torch.Tensor]
    encoded: dict[str, torch.Tensor]
    alone: torch.Tensor | None = None


class MLSAN(nn.Module):
    """The network of arXiv 2604.25383, with what it leaves open chosen by us (see each stage).

    Its parts in order, p_m being 1 where modality m is there and 0 where it isn't (Eq. assembly):

        x_m <- (x_m - mean_m) / sd_m, cut at +-20
        h = sum_m g_m(s) p_m (W_m FiLM(x_m, s) + b_m)
        logits = classify(context(h, whose turn))       or context(classify(h), whose turn)

    the latter with ``config.evidence``, where classify is linear.
    """

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        told = vector_size(config.dims) if config.heard else config.speaker_dim
        extra = told if config.concat_speaker else 0
        for m, d in config.dims.items():        # the train split's moments: see standardise()
            self.register_buffer(f"{m}_mean", torch.zeros(d))
            self.register_buffer(f"{m}_sd", torch.ones(d))
        self.encoders = nn.ModuleDict({
            m: nn.Sequential(ByteDropout(config.input_dropout), nn.Linear(d + extra, config.hidden))
            for m, d in config.dims.items()})
        self.context = None
        if config.reader == "messages":
            self.context = Messages(config.emotions)
        elif config.reader != "none":
            reader = {"recurrence": Recurrence, "attention": Context}[config.reader]
            self.context = reader(config.hidden, config.dropout)
        bend = nn.Identity() if config.evidence else nn.GELU()
        self.classify = nn.Sequential(bend, Dropout(config.dropout),
                                      nn.Linear(config.hidden, config.emotions))
        # The stages come last: the same seed gives the same baseline weights whichever are on.
        if config.heard:
            self.speakers = Enrolment(config.dims, config.emotions, config.speakers)
        else:
            self.speakers = SpeakerTable(config.speakers, config.speaker_dim,
                                         config.speaker_dropout)
        self.calibration = self.moments = self.gating = self.regularization = None
        if "calibration" in config.stages:
            film = None
            if config.moments and not config.heard:
                self.moments = Moments(config.dims, config.speakers)
            if config.heard:
                film = {m: Undo(*at) for m, at in self.speakers.places.items()}
            self.calibration = Calibration(config.dims, config.speaker_dim, film,
                                           PACE if self.moments else 1.0)
        if "gating" in config.stages:
            width = len(config.dims) if config.heard else config.speaker_dim
            self.gating = Gating(len(config.dims), width)
        if "regularization" in config.stages:
            self.regularization = Regularization(config.hidden, config.speakers)

    def standardise(self, features: dict[str, torch.Tensor]) -> None:
        """Take each feature's mean and sd from the (N, D_m) train rows that have the modality.

        A feature that is constant there keeps its size (sd 1), as in scikit-learn.
        """
        for m, x in features.items():
            getattr(self, f"{m}_mean").copy_(x.mean(0))
            constant = (x == x[0]).all(0)
            getattr(self, f"{m}_sd").copy_(torch.where(constant, 1.0, x.std(0).clamp(min=1e-6)))

    def standardised(self, features: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """(..., D_m) features by train's moments, nothing farther out than ``FAR``."""
        out = {}
        for m, x in features.items():
            x = (x - getattr(self, f"{m}_mean")).div_(getattr(self, f"{m}_sd"))     # Eq. assembly
            out[m] = x.clamp_(-FAR, FAR)
        return out

    def represent(self, batch: Batch, speaker: torch.Tensor):
        """Calibrate, encode, gate and fuse as if ``speaker`` (B, T) had spoken.

        Returns ``calibrated`` (standardised where stage 1 is off), ``gates`` and ``fused``, zeros
        where there is no utterance: only utterances are computed.
        """
        x, there = batch.flat
        x = self.started(self.standardised(x), batch, speaker)
        calibrated, _, *inner = self.fuse(x, there, *self.voices(batch, speaker))
        return Padded(calibrated, batch.mask), *(laid_out(v, batch.mask) for v in inner)

    def started(self, x: dict[str, torch.Tensor], batch: Batch,
                speaker: torch.Tensor) -> dict[str, torch.Tensor]:
        """Features (n, D_m) by their speakers' own moments, where stage 1 starts from these."""
        return self.moments(x, speaker[batch.mask]) if self.moments else x

    def voices(self, batch: Batch, speaker: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Vectors (K, E) of the K who are among ``speaker`` (B, T), and whose each utterance is."""
        ids, who = speaker[batch.mask].unique(return_inverse=True)
        return self.speakers(ids), who

    def fuse(self, x: dict[str, torch.Tensor], there: dict[str, torch.Tensor],
             vector: torch.Tensor, who: torch.Tensor | None = None,
             encoded: dict[str, torch.Tensor] | None = None):
        """Calibrate, encode, gate and fuse standardised features (…, D_m), bool (…,).

        Args:
            vector: (…, E) of the speakers; its axes may be 1 where it is one speaker for all.
            who: (n,), whose of the vectors (K, E) each of the n utterances is.
            encoded: what this gave for the same ``x`` and other speakers; taken over where no
                speaker is heard.

        Returns ``calibrated`` (…, D_m) and ``encoded`` (…, H) by modality, ``gates`` (…, M) and
        ``fused`` (…, H).
        """
        if self.calibration:
            x = self.calibration(x, vector, who)
        vector = vector if who is None else vector.index_select(0, who)
        heard = x
        if self.config.concat_speaker:
            heard = {m: torch.cat([v, vector.expand(*v.shape[:-1], -1)], -1) for m, v in x.items()}
        encoded = {m: encoded[m] if encoded and not self.tells(m) else self.encoders[m](v)
                   for m, v in heard.items()}
        h = torch.stack([*encoded.values()], dim=-2)                            # (…, M, H)
        present = torch.stack([there[m] for m in x], dim=-1).to(h.dtype)        # (…, M)
        told = vector[..., self.speakers.tells] if self.config.heard else vector
        gates = self.gating(told) if self.gating else torch.ones_like(present)
        weighed = (gates * present)[..., None] * h              # Eq. assembly, (…, M, H)
        return x, encoded, gates, weighed.sum(-2)

    def tells(self, modality: str) -> bool:
        """Whether the modality's encoder hears something of who speaks."""
        return self.config.concat_speaker or bool(
            self.calibration and modality in self.calibration.film)

    def forward(self, batch: Batch, speaker: torch.Tensor | None = None) -> Output:
        """``speaker`` (B, T) overrides the batch's own: give an utterance to someone else.

        Who answered whom stays as it was.
        """
        speaker = self.speakers.hide(batch.speaker) if speaker is None else speaker
        mask, (x, there) = batch.mask, batch.flat
        x = self.standardised(x)
        calibrated, encoded, *inner = self.fuse(self.started(x, batch, speaker), there,
                                                *self.voices(batch, speaker))
        gates, fused = (laid_out(v, mask) for v in inner)
        if self.config.reader == "messages":
            alone = self.classify(fused)
            logits = self.context(alone, batch.party, mask)
        else:
            alone, h = None, fused
            if self.context is not None:
                h = self.context(fused, batch.party, mask)
            logits = self.classify(h)
        return Output(logits, gates, Padded(calibrated, mask), fused, x, encoded, alone)

    def closed(self, batch: Batch, out: Output) -> torch.Tensor:
        """(n, H) of the n utterances, fused as if the unknown speaker had spoken.

        ``out`` is what the model made of the batch: what no speaker changes is taken from there.
        """
        nobody = self.speakers(torch.full((1,), UNKNOWN, device=batch.mask.device))
        return self.fuse(out.standard, batch.flat[1], nobody, encoded=out.encoded)[-1]

    def alone(self, x: dict[str, torch.Tensor], present: dict[str, torch.Tensor],
              vector: torch.Tensor) -> torch.Tensor:
        """The emotions of utterances without a dialogue: standardised (…, D_m), bool (…,) and
        speakers' vectors (…, E) -> probabilities (…, C)."""
        fused = self.fuse(x, present, vector)[-1]
        if self.config.reader in ("attention", "recurrence"):
            one = fused.reshape(-1, 1, fused.shape[-1])
            party = torch.zeros(one.shape[:2], dtype=torch.long, device=one.device)
            fused = self.context(one, party, party == 0).reshape(fused.shape)
        return self.classify(fused).softmax(-1)

    def hear(self, x: dict[str, torch.Tensor], present: dict[str, torch.Tensor],
             heard: torch.Tensor) -> torch.Tensor:
        """Vectors (P, R) of P people from K utterances each (``Enrolment.hear``).

        What the utterances are taken for, the model says itself: first as a stranger's, then as
        this person's, as far as the first time told.
        """
        training, vectors = self.training, self.speakers.vectors.new_zeros(
            len(heard), self.speakers.vectors.shape[1])
        self.eval()
        for _ in range(ROUNDS):
            with torch.no_grad():
                felt = self.alone(x, present, vectors[:, None])
            vectors = self.speakers.hear(x, present, heard, felt)
        self.train(training)
        return vectors

    def speaker_logits(self, batch: Batch, closed: bool = True) -> torch.Tensor:
        """Stage 3's guess at the speaker, (B, T, S).

        ``closed``: calibration and gates are not told who speaks, so the head can't read it there.
        """
        speaker = torch.full_like(batch.speaker, UNKNOWN) if closed else batch.speaker
        return self.regularization(self.represent(batch, speaker)[2])
