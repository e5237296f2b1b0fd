"""A voice made from scratch, source and filter (Fant, 1960): pulses of the glottis, and a throat.

Small enough to hear what each number does; no recording of anybody.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

RATE = 16000        # samples a second
# First three formants in Hz of an adult man's vowels (Peterson & Barney, 1952); two more that stay
# where a tube of 17.5 cm has them; bandwidths of all five.
VOWELS = {"a": (730, 1090, 2440), "i": (270, 2290, 3010), "o": (570, 840, 2410)}
HIGHER = (3500, 4500)
BANDWIDTHS = (80, 100, 140, 200, 250)


@dataclass(frozen=True)
class Person:
    """``pitch`` in Hz when calm; ``tract``, the length of the throat, 1 for an adult man's."""

    pitch: float
    tract: float


@dataclass(frozen=True)
class Mood:
    """What an emotion multiplies: ``pitch``, ``loudness``, ``rate`` of the syllables; ``swing``,
    by how many semitones the pitch moves within a syllable; ``breath``, noise beside the pulses."""

    pitch: float = 1.0
    loudness: float = 1.0
    rate: float = 1.0
    swing: float = 2.0
    breath: float = 0.03


PEOPLE = {"Ana": Person(210, 0.84), "Ben": Person(115, 1.0)}
MOODS = {"neutral": Mood(), "anger": Mood(1.3, 2.2, 1.3, 5.0, 0.02),
         "sadness": Mood(0.92, 0.5, 0.75, 1.0, 0.12)}


def speak(person: Person, mood: Mood, take: int = 0, vowels: str = "aioai") -> np.ndarray:
    """One clip of a second, (RATE,) float32 in -1 to 1; takes differ by a little chance.

    A slow speaker is cut off, a fast one falls silent: a clip has one length.
    """
    rng = np.random.default_rng(take)
    pitch = person.pitch * mood.pitch * 2 ** (rng.normal(0, 0.7) / 12)          # semitones
    loud = 0.05 * mood.loudness * 10 ** (rng.normal(0, 1.5) / 20)               # decibels
    length = 0.2 / (mood.rate * rng.normal(1, 0.05))
    time = np.arange(RATE) / RATE
    within = (time % length) / length                   # 0 to 1 in each syllable
    hum = np.sin(2 * np.pi * within)
    f0 = pitch * 2 ** (mood.swing / 2 * hum / 12) * (1 - 0.1 * time)            # falls, as one does
    source = _pulses(f0 * (1 + 0.01 * rng.normal(size=RATE)))
    source += mood.breath * rng.normal(size=RATE)
    syllable = np.minimum((time // length).astype(int), len(vowels))
    wave = np.zeros(RATE)
    for i, vowel in enumerate(vowels):                  # each in its own setting of the throat
        here = syllable == i
        wave[here] = _throat(source[here], np.array(VOWELS[vowel] + HIGHER) / person.tract)
    wave *= np.sin(np.pi * within) ** 0.5
    return np.clip(loud * wave / np.abs(wave).std(), -1, 1).astype(np.float32)


def _pulses(f0: np.ndarray) -> np.ndarray:
    """A pulse at each opening of the glottis, of a falling spectrum."""
    phase = np.cumsum(f0) / RATE
    opens = np.diff(np.floor(phase), prepend=0.0)
    return lfilter([1], [1, -1.88, 0.94 ** 2], opens)


def _throat(source: np.ndarray, formants: np.ndarray) -> np.ndarray:
    """A resonance after the other, in Hz."""
    for formant, bandwidth in zip(formants, BANDWIDTHS, strict=True):
        radius = np.exp(-np.pi * bandwidth / RATE)
        a = [1, -2 * radius * np.cos(2 * np.pi * formant / RATE), radius ** 2]
        source = lfilter([sum(a)], a, source)
    return np.diff(source, prepend=0.0)                 # lips
