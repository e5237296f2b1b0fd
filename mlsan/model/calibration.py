"""Stage 1, input-level calibration: move audio and visual features to a speaker-neutral space.

Feature-wise linear modulation (FiLM; Perez et al. 2018) as ML-SAN applies it (arXiv 2604.25383):

    x' = (1 + gamma(s)) * x + beta(s)                                       (Eq. calibration)

for audio and visual features; text is left alone. The paper does not publish how gamma and beta
come from the speaker: here a linear map of the speaker's vector, initialised to zero, so that an
untrained stage changes nothing.
"""

from __future__ import annotations

import torch
from torch import nn

CALIBRATED = ("audio", "visual")
# Of what is learned upon moments. On dev worlds 0 to 0.1 did alike where speakers differ; where
# they don't, 0.1 cost .009 in the dialogue and 0.01 cost .001.
PACE = 0.01


class Calibration(nn.Module):
    """Eq. calibration for every audio and visual feature.

    ``film``: modality -> what makes gamma and beta (…, 2 D) of a speaker's vector, where the vector
    says it itself (``enrolment.Undo``); left out, a linear map.
    ``pace``: learned as if at so many times the rate (Adam's steps don't know the output's scale).
    """

    def __init__(self, dims: dict[str, int], speaker_dim: int,
                 film: dict[str, nn.Module] | None = None, pace: float = 1.0):
        super().__init__()
        self.pace = pace
        if film is None:
            film = {m: nn.Linear(speaker_dim, 2 * d) for m, d in dims.items() if m in CALIBRATED}
            for linear in film.values():
                nn.init.zeros_(linear.weight)
                nn.init.zeros_(linear.bias)
        self.film = nn.ModuleDict(film)

    def gamma_beta(self, modality: str, speaker: torch.Tensor):
        """(…, E) speaker vectors -> gamma, beta, each (…, D)."""
        return (self.pace * self.film[modality](speaker)).chunk(2, dim=-1)

    def forward(self, features: dict[str, torch.Tensor], speaker: torch.Tensor,
                who: torch.Tensor | None = None) -> dict[str, torch.Tensor]:
        """``features[m]`` (…, D_m), ``speaker`` (…, E) -> the same shapes, calibrated.

        With ``who`` (n,) for features (n, D_m), ``speaker`` (K, E) are K speakers, and utterance i
        is ``who[i]``'s: gamma and beta are made once a speaker, not once an utterance.
        """
        out = dict(features)
        for m in self.film:
            gamma, beta = self.gamma_beta(m, speaker)
            scale = 1 + gamma
            if who is not None:
                scale, beta = scale.index_select(0, who), beta.index_select(0, who)
            out[m] = (scale * features[m]).add_(beta)                             # Eq. calibration
        return out


class Moments(nn.Module):
    """Where calibration can start: every speaker's own mean and sd, taken from train.

        x' = (x - mean_s) / sd_s                                            (Eq. own-moments)

    So gamma and beta needn't be found by gradient steps, but for what moments leave over. How far
    people are taken to differ at all is estimated from them (``held_back``): who was heard little,
    or differs as luck alone would make people differ, is taken to be more like all others. The
    unknown speaker (row 0) has mean 0 and sd 1.
    """

    def __init__(self, dims: dict[str, int], rows: int):
        super().__init__()
        self.modalities = [m for m in dims if m in CALIBRATED]
        for m in self.modalities:
            self.register_buffer(f"{m}_mean", torch.zeros(rows, dims[m]))
            self.register_buffer(f"{m}_sd", torch.ones(rows, dims[m]))

    @torch.no_grad()
    def take(self, modality: str, x: torch.Tensor, speaker: torch.Tensor) -> None:
        """From the standardised (N, D) train rows that have the modality, and their (N,) ids.

        What somebody never varied keeps its size, as in ``MLSAN.standardise``.
        """
        x, who = x[speaker > 0], speaker[speaker > 0]
        mean, sd = getattr(self, f"{modality}_mean"), getattr(self, f"{modality}_sd")
        n = torch.bincount(who, minlength=len(mean))[:, None]
        own = torch.zeros_like(mean).index_add_(0, who, x) / n.clamp(min=1)
        around = torch.zeros_like(mean).index_add_(0, who, (x - own[who]) ** 2)
        varied, spare = around > 1e-6 * n, (n - 1).clamp(min=1)
        log_sd = torch.where(varied, (around / spare).log() / 2, 0.0)
        usual = log_sd.sum(0) / varied.sum(0).clamp(min=1)
        apart = held_back(torch.where(varied, log_sd - usual, 0.0), 0.5 / spare, varied)
        sd.copy_(torch.where(varied | (n == 1), usual + apart, 0.0).exp())
        mean.copy_(held_back(own, sd ** 2 / n.clamp(min=1), n > 0))

    def forward(self, features: dict[str, torch.Tensor],
                speaker: torch.Tensor) -> dict[str, torch.Tensor]:
        """``features[m]`` (…, D_m), ids (…,) -> the same shapes."""
        out = dict(features)
        for m in self.modalities:
            mean, sd = getattr(self, f"{m}_mean"), getattr(self, f"{m}_sd")
            out[m] = (features[m] - mean[speaker]) / sd[speaker]            # Eq. own-moments
        return out


def held_back(apart: torch.Tensor, luck: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """How far people lie apart, less what is luck of it (empirical Bayes; Efron and Morris 1975).

        d' = d b / (b + v)      where b, the mean over people of d^2 - v, is at least 0

    Args:
        apart: (K, D), d: how far K people's estimates lie from the usual value.
        luck: (K, D) or (K, 1), v: the variance that an estimate of n utterances has by itself, of a
            mean sd^2 / n, of the logarithm of an sd about 1 / 2 (n - 1).
        known: (K, D) or (K, 1), who counts in the mean.
    """
    between = torch.where(known, apart ** 2 - luck, 0.0).sum(0) / known.sum(0).clamp(min=1)
    between = between.clamp(min=0)
    return apart * between / (between + luck)


def neutrality(x: torch.Tensor, speaker: torch.Tensor) -> torch.Tensor:
    """How far the speakers' means and variances lie apart, as a share of the features' variance.

        N = mean over features of  sum_s n_s/n [(mu_s - mu)^2 / v + (v_s/v - 1)^2]  (Eq. neutrality)

    FiLM trained for emotion alone is free to make speakers *easier* to tell apart; this term asks
    for the neutral space by name. It is blind to the features' common scale, so it can't be lowered
    by shrinking them. Utterances of the unknown speaker (id 0) are left out.

    Args:
        x: (n, D) features of n utterances.
        speaker: (n,) ids.
    """
    x, speaker = x[speaker > 0], speaker[speaker > 0]
    if len(x) == 0:                                     # nobody we know by name
        return x.sum()
    member = nn.functional.one_hot(speaker).to(x.dtype)                           # (n, S)
    count = member.sum(0).clamp(min=1)[:, None]                                   # (S, 1)
    mean = member.T @ x / count                                                   # (S, D)
    variance = member.T @ (x - mean[speaker]) ** 2 / count
    share = member.mean(0)[:, None]
    grand_mean, grand_variance = x.mean(0), x.var(0, unbiased=False) + 1e-6
    moved = (mean - grand_mean) ** 2 / grand_variance                   # Eq. neutrality
    stretched = (variance / grand_variance - 1) ** 2                    # Eq. neutrality
    return (share * (moved + stretched)).sum(0).mean()                  # Eq. neutrality
