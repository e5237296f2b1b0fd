"""Multi-party conversations whose truth is known, because we planted it.

How a turn comes about. Speaker s, whose own last emotion was i, answers a turn whose emotion was j.
The new emotion e is drawn from (Eq. transition)

    p(e | i, j) = (1 - inertia - contagion) prior[e] + inertia [e = i] + contagion [e = j]

and every modality m of the utterance shows it around a prototype, as loudly as s does (Eq.
simulated):

    z_m = a[s, m] prototype_m[e] + noise        noise ~ N(0, I)
    x_m = exp(log_gain_m[s]) * z_m + shift_m[s] for audio and visual;  x_text = z_text

The gain and shift are exactly what a speaker-conditioned FiLM can undo; the expressiveness a[s, m]
is exactly how far a gate should trust modality m of speaker s. Where a speaker has not spoken yet,
or nobody has, the inertia's or contagion's share goes to the prior, so that the emotions' marginal
is the prior at every turn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mlsan.data.corpus import Corpus
from mlsan.data.validation import MODALITIES, CorpusError

EMOTIONS = ("neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger")
# MELD's train counts (declare-lab/MELD, data/MELD/train_sent_emo.csv): a sitcom's imbalance.
PRIOR = np.array([4710, 1205, 268, 683, 1743, 271, 1109]) / 9989

NAMES = ("Ada", "Ben", "Chioma", "Dev", "Elif", "Femi", "Greta", "Hugo",
         "Ines", "Jun", "Kofi", "Lena", "Mateo", "Noor", "Olga", "Pavel",
         "Quinn", "Rosa", "Sami", "Tove", "Uma", "Victor", "Wren", "Yara")

SENTENCES = {
    "neutral": ("The train leaves at {n}.", "I put the keys on the table.", "We meet in room {n}.",
                "That is the other folder."),
    "surprise": ("Wait, all {n} of them?", "You are here already?", "I had no idea!",
                 "Since when?"),
    "fear": ("Something moved out there.", "I don't want to go in.", "What if it falls?",
             "Please don't leave me here."),
    "sadness": ("I miss how it was.", "They are not coming back.", "It has been {n} weeks.",
                "I thought we had more time."),
    "joy": ("We did it!", "This is the best news in {n} days!", "Come here, look at this!",
            "I could dance."),
    "disgust": ("That has been there for {n} days.", "Take it away.", "I can smell it from here.",
                "Who would eat this?"),
    "anger": ("That is the {n}th time!", "Don't touch my desk.", "You said you would call.",
              "I asked you for one thing."),
}


@dataclass(frozen=True)
class Strengths:
    """How strongly the speakers differ. All zero but ``separation`` and ``loudness``: they don't.

    Attributes:
        gain: sd of the log-gain of each audio and visual feature, over speakers.
        shift: sd of its shift, in units of the noise before the gain.
        spread: 0 = all speakers equally expressive in all modalities; 1 = Dirichlet(0.8) shares.
        loudness: a speaker's expressiveness summed over the modalities.
        separation: length of every emotion's prototype, in units of the noise.
        inertia, contagion: shares of a speaker's own last emotion, of the last turn's emotion.
    """

    gain: float = 0.9
    shift: float = 0.7
    spread: float = 1.0
    loudness: float = 1.6
    separation: float = 1.63
    inertia: float = 0.35
    contagion: float = 0.20

    def scaled(self, strength: float) -> Strengths:
        """The same world with the differences between speakers times ``strength`` (0 to 1)."""
        return replace(self, gain=self.gain * strength, shift=self.shift * strength,
                       spread=self.spread * strength)


@dataclass(frozen=True)
class Truth:
    """Everything planted. S speakers, C emotions, D_m features of modality m.

    Attributes:
        speakers: the S names, in the order of the arrays' rows.
        prior: (C,) the emotions' marginal.
        prototypes: modality -> (C, D_m), rows of length ``strengths.separation``.
        log_gain, shift: modality -> (S, D_m); zero for text.
        expressiveness: (S, 3), columns in the order of ``MODALITIES``.
        strengths: the settings it was drawn with.
    """

    speakers: tuple[str, ...]
    prior: np.ndarray
    prototypes: dict[str, np.ndarray]
    log_gain: dict[str, np.ndarray]
    shift: dict[str, np.ndarray]
    expressiveness: np.ndarray
    strengths: Strengths


def simulate(dialogues: int = 2000, speakers: int = 24, text_dim: int = 32, audio_dim: int = 24,
             visual_dim: int = 16, strengths: Strengths = Strengths(), seed: int = 0) -> Corpus:
    """Draw a corpus of simulated conversations; ``corpus.truth`` holds what was planted.

    72% of the dialogues are train, 8% dev, 20% test; each has 2 to 5 of the speakers, all equally
    likely, and 5 to 14 turns. The same arguments give the same corpus, bit for bit.

    Raises:
        CorpusError: fewer than 5 speakers, 25 dialogues, or as many features as emotions.
    """
    dims = dict(zip(MODALITIES, (text_dim, audio_dim, visual_dim), strict=True))
    if speakers < 5 or dialogues < 25 or min(dims.values()) < len(EMOTIONS):
        raise CorpusError(f"simulate: {speakers} speakers, {dialogues} dialogues, dims {dims}; "
                          f"needs at least 5, 25 and {len(EMOTIONS)} features a modality")
    rng = np.random.default_rng(seed)
    truth = _plant(rng, speakers, dims, strengths)
    table, speaker, emotion = _converse(rng, dialogues, truth)
    features = _express(rng, truth, speaker, emotion)
    return Corpus("simulated", table, features, EMOTIONS, truth=truth, licence="MIT (generated)",
                  provenance=f"mlsan.sources.simulated, seed {seed}, {strengths}")


def _plant(rng, n_speakers, dims, strengths) -> Truth:
    prototypes = {}
    for m, d in dims.items():
        drawn = rng.standard_normal((d, len(EMOTIONS)))
        directions = np.linalg.qr(drawn)[0].T                                  # (C, D), orthonormal
        prototypes[m] = strengths.separation * directions

    def by_speaker(strength):                                                  # modality -> (S, D)
        # What is said needs no calibration.
        sds = {m: 0.0 if m == "text" else strength for m in dims}
        return {m: sds[m] * rng.standard_normal((n_speakers, d)) for m, d in dims.items()}

    log_gain, shift = by_speaker(strengths.gain), by_speaker(strengths.shift)
    share = rng.dirichlet([0.8] * len(dims), n_speakers)
    share = strengths.spread * share + (1 - strengths.spread) / len(dims)
    names = tuple(NAMES[i % len(NAMES)] + (f" {i // len(NAMES) + 1}" if i >= len(NAMES) else "")
                  for i in range(n_speakers))
    return Truth(names, PRIOR, prototypes, log_gain, shift, strengths.loudness * share, strengths)


def _converse(rng, n_dialogues, truth):
    """Who speaks, and with what emotion: the table, and both as (N,) indices."""
    s = truth.strengths
    splits = np.repeat(("train", "dev", "test"),
                       (n_dialogues - n_dialogues * 8 // 100 - n_dialogues // 5,
                        n_dialogues * 8 // 100, n_dialogues // 5))
    rows = []
    for d, split in enumerate(splits):
        cast = rng.choice(len(truth.speakers), rng.integers(2, 6), replace=False)
        last = {}                                       # speaker -> the emotion of their last turn
        before = speaker = None
        for turn in range(rng.integers(5, 15)):
            # Turns mostly change hands; one in five is a speaker going on.
            others = cast[cast != speaker] if rng.random() < 0.8 else cast
            speaker = rng.choice(others)
            p = transition(truth.prior, s.inertia, s.contagion, last.get(speaker), before)
            before = last[speaker] = rng.choice(len(EMOTIONS), p=p)
            rows.append((f"{split}-{d}", turn, speaker, before, split))
    dialogue, turn, speaker, emotion, split = map(np.array, zip(*rows, strict=True))
    text = [rng.choice(SENTENCES[EMOTIONS[e]]).format(n=rng.integers(4, 20)) for e in emotion]
    table = pd.DataFrame({"dialogue": dialogue, "turn": turn,
                          "speaker": np.array(truth.speakers)[speaker],
                          "emotion": np.array(EMOTIONS)[emotion],
                          "split": split, "text": text})
    return table, speaker, emotion


def transition(prior, inertia, contagion, own=None, before=None) -> np.ndarray:
    """p(e | own last emotion, last turn's emotion), shape (C,) (Eq. transition).

    ``own`` and ``before`` are None where there was none.
    """
    lasts, spreads = inertia * (own is not None), contagion * (before is not None)
    p = (1 - lasts - spreads) * prior                   # Eq. transition
    if own is not None:
        p[own] += inertia
    if before is not None:
        p[before] += contagion
    return p


def express(prototype, loud, noise, log_gain, shift):
    """What a speaker shows of an emotion in one modality (Eq. simulated).

    Everything is (n, D), or broadcasts to it.
    """
    z = loud * prototype + noise                        # Eq. simulated
    return np.exp(log_gain) * z + shift                 # Eq. simulated


def _express(rng, truth, speaker, emotion):
    features = {}
    for i, (m, prototype) in enumerate(truth.prototypes.items()):
        noise = rng.standard_normal((len(emotion), prototype.shape[1]))
        x = express(prototype[emotion], truth.expressiveness[speaker, i, None], noise,
                    truth.log_gain[m][speaker], truth.shift[m][speaker])
        features[m] = x.astype(np.float32)
    return features
