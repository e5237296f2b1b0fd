"""Who speaks, by ear: a person's vector from a few of their utterances, without a label.

A table of names knows only whom it was trained on. Here a person is what k of their utterances say
on the average, each trusted as far as k deserve (Eq. enrolment):

    e_i = (p_i - prior) mu              what utterance i shows of its emotion, in its modality
    swing = v / (v + noise_1 / 2(k - 1)) (log sd of x_i - trust e_i, less that of people on average)
    mean = k T / (k T + noise_0 V s^2) average of (x_i - trust s e_i),               s = exp(swing)
    tells = K / (K + 5 noise_2) (slope of (x_i - mean) / s on e_i, less the usual one)

T is the variance of people's means, V that within a person, v that of people's log sd, mu what
emotions do to a feature: all from train. p_i are the model's own emotions of the utterance, K how
much they vary among the k. So two angry utterances are not taken for an angry person; ``trust``
says how far. The trust, the noises and the usual slope are learned, one number for a modality, by
hearing train's own people in episodes, as prototypical networks are trained (Snell and others,
2017); all else follows from a normal prior. Calibration takes the mean away and a learned part of
the swing; the gates are made of ``tells``. Without an utterance all of it is zero, which is the
unknown speaker. ML-SAN (arXiv 2604.25383) has nothing of the kind.
"""

from __future__ import annotations

import torch
from torch import nn

from mlsan.model.calibration import CALIBRATED

MOMENTS, FLOOR = 10, 1e-3       # rounds that part persons from emotions; the least variance
PACE = 3.0              # of the few numbers that are learned here: as if at three times the rate


def vector_size(dims: dict[str, int]) -> int:
    """R, the length of a heard person's vector."""
    return sum(2 * d for m, d in dims.items() if m in CALIBRATED) + len(dims)


class Enrolment(nn.Module):
    """Vectors of people, (…, R), from sets of utterances; ``vectors`` (S, R) are those it knows.

    It stands in the place of the ``SpeakerTable`` and is asked in the same way, by ids. A vector is
    ``mean`` and ``swing`` of each modality that is calibrated, then one ``tells`` per modality.
    """

    def __init__(self, dims: dict[str, int], emotions: int, rows: int):
        super().__init__()
        self.dims, self.calibrated = dims, [m for m in dims if m in CALIBRATED]
        self.places, start = {}, 0                  # modality -> where its mean and swing lie
        for m in self.calibrated:
            middle, stop = start + dims[m], start + 2 * dims[m]
            self.places[m] = slice(start, middle), slice(middle, stop)
            start = stop
        self.tells = slice(start, vector_size(dims))
        self.register_buffer("vectors", torch.zeros(rows, self.tells.stop))
        self.register_buffer("prior", torch.full((emotions,), 1 / emotions))
        for m, d in dims.items():
            for name in ("between", "within", "log_sd", "between_log_sd"):
                self.register_buffer(f"{name}_{m}", torch.ones(d))
            self.register_buffer(f"effect_{m}", torch.zeros(emotions, d))
            self.register_buffer(f"rest_{m}", torch.ones(d))
        # A few numbers per modality: logarithms of the noises, the logit of the trust.
        self.noise = nn.ParameterDict({m: nn.Parameter(torch.zeros(3)) for m in dims})
        self.trust = nn.ParameterDict({m: nn.Parameter(torch.zeros(())) for m in dims})
        self.usual = nn.ParameterDict({m: nn.Parameter(torch.zeros(())) for m in dims})
        # How much of the swing is undone: the logit, from 2 on, which is .88.
        self.undone = nn.ParameterDict({m: nn.Parameter(torch.zeros(())) for m in self.calibrated})

    @torch.no_grad()
    def prepare(self, features, present, speaker, emotion) -> None:
        """Take the variances and the emotions' effects from train.

        Args:
            features: modality -> (N, D_m), standardised; ``present`` bool (N,) likewise.
            speaker, emotion: (N,) ids and labels; a row without either is left out.
        """
        known = (speaker > 0) & (emotion >= 0)
        self.prior.copy_(torch.bincount(emotion[known], minlength=len(self.prior)) / known.sum())
        for m in self.dims:
            here = known & present[m]
            here &= (torch.bincount(speaker[here], minlength=len(self.vectors)) > 1)[speaker]
            x = features[m][here]                       # of people who were heard more than once
            who = nn.functional.one_hot(speaker[here], len(self.vectors)).to(x.dtype)
            who = who[:, who.sum(0) > 0]                                        # (n, people)
            felt = nn.functional.one_hot(emotion[here], len(self.prior)).to(x.dtype)
            if who.shape[1] < 2:
                continue
            count, shown = who.sum(0)[:, None], felt.sum(0).clamp(min=1)[:, None]
            spread = who.T @ (x - who @ (who.T @ x / count)) ** 2 / (count - 1)
            log_sd = spread.clamp(min=FLOOR).log() / 2                          # (people, D)
            sampled = 1 / (2 * (count - 1))
            among = (log_sd.var(0) - sampled.mean()).clamp(min=FLOOR)
            own = who @ torch.exp(among / (among + sampled) * (log_sd - log_sd.mean(0)))   # (n, D)
            person = torch.zeros_like(log_sd)
            for _ in range(MOMENTS):        # what is both is the emotion's: people are shrunk by 1
                effect = felt.T @ ((x - who @ person) / own) / shown
                person = who.T @ (x - own * (felt @ effect)) / (count + 1)
            rest = ((x - who @ person) / own - felt @ effect).var(0)
            within = rest + (felt.mean(0)[:, None] * effect ** 2).sum(0)
            noise = (who.T @ own ** 2 / count ** 2).mean(0) * within
            for name, value in (("between", person.var(0) - noise), ("within", within),
                                ("rest", rest), ("between_log_sd", among)):
                getattr(self, f"{name}_{m}").copy_(value.clamp(min=FLOOR))
            getattr(self, f"log_sd_{m}").copy_(log_sd.mean(0))
            getattr(self, f"effect_{m}").copy_(effect - self.prior @ effect)

    def hide(self, speaker: torch.Tensor) -> torch.Tensor:
        """Nobody: an episode in which nothing was heard is the unknown speaker already."""
        return speaker

    def forward(self, speaker: torch.Tensor) -> torch.Tensor:
        return self.vectors[speaker]                                            # (B, T, R)

    def know(self, vectors: torch.Tensor) -> None:
        """These people (S - 1, R) from now on; row 0 stays the unknown speaker."""
        self.vectors = torch.cat([torch.zeros_like(self.vectors[:1]), vectors])

    def hear(self, features, present, heard, felt) -> torch.Tensor:
        """Vectors (P, R) of P people from K utterances each, in whatever order (Eq. enrolment).

        Args:
            features: modality -> (P, K, D_m), standardised.
            present: modality -> bool (P, K).
            heard: bool (P, K), False where there is no utterance.
            felt: (P, K, C), what the model takes them for, said by a stranger.
        """
        moments, tells = [], []
        for m, x in features.items():
            there = (heard & present[m]).to(x.dtype)[..., None]                 # (P, K, 1)
            k = there.sum(1)                                                    # (P, 1)
            noise = (PACE * self.noise[m]).exp()
            shift = torch.sigmoid(PACE * self.trust[m]) * (felt - self.prior) @ getattr(
                self, f"effect_{m}")                                            # (P, K, D)
            if m in self.calibrated:
                between, within = getattr(self, f"between_{m}"), getattr(self, f"within_{m}")
                off = x - shift
                off = off - (off * there).sum(1, keepdim=True) / k[:, None].clamp(min=1)
                off = (off.square() * there).sum(1) / (k - 1).clamp(min=1)
                apart = off.clamp(min=FLOOR).log() / 2 - getattr(self, f"log_sd_{m}")
                among = getattr(self, f"between_log_sd_{m}")
                less = among / (among + noise[1] / (2 * (k - 1)).clamp(min=1))
                swing = less * apart * (k > 1)
                own = torch.exp(swing)[:, None]                                 # (P, 1, D)
                average = ((x - own * shift) * there).sum(1) / k.clamp(min=1)   # (P, D)
                within = noise[0] * within * own[:, 0] ** 2
                mean = k * between / (k * between + within) * average
                moments += [mean, torch.sigmoid(2 + PACE * self.undone[m]) * swing]
                x = (x - mean[:, None]) / own
            # How far the modality follows what all of them together say was felt: a slope.
            effect = (felt - self.prior) @ getattr(self, f"effect_{m}")         # (P, K, D)
            effect = effect * there / getattr(self, f"rest_{m}")
            known = (effect.square() * getattr(self, f"rest_{m}")).sum((1, 2))  # (P,)
            slope = (effect * x).sum((1, 2)) / known.clamp(min=FLOOR)
            tells.append(known / (known + 5 * noise[2]) * (slope - 1 - PACE * self.usual[m]))
        return torch.cat([*moments, torch.stack(tells, -1)], dim=-1)

    @torch.no_grad()
    def unsure(self, modality: str, k: int) -> float:
        """The share of the variance between people that k utterances leave open: 1 for none."""
        between = getattr(self, f"between_{modality}")
        noise = (PACE * self.noise[modality][0]).exp() * getattr(self, f"within_{modality}")
        return float((noise / (k * between + noise)).mean())


class Undo(nn.Module):
    """A heard person's gamma and beta: their mean taken away, their swing divided out."""

    def __init__(self, mean: slice, swing: slice):
        super().__init__()
        self.mean, self.swing = mean, swing

    def forward(self, vector: torch.Tensor) -> torch.Tensor:
        """(…, R) -> gamma and beta, (…, 2 D)."""
        scale = torch.exp(-vector[..., self.swing])
        return torch.cat([scale - 1, -scale * vector[..., self.mean]], dim=-1)
