"""How emotions, people and models are marked in every figure and widget: colours and letters."""

from __future__ import annotations

import colorsys
import html
from itertools import product

# Okabe and Ito's colour-blind-safe palette (2008), emotions matched by custom where there is one.
EMOTION_COLOURS = {"neutral": "#8c8c8c", "surprise": "#56b4e9", "fear": "#cc79a7",
                   "sadness": "#0072b2", "joy": "#e69f00", "disgust": "#009e73",
                   "anger": "#d55e00"}
SYNONYMS = {"neutral": ("neu",), "surprise": ("surprised", "sur"), "disgust": ("disgusted", "dis"),
            "fear": ("fearful", "afraid", "scared", "fea"), "sadness": ("sad",),
            "joy": ("joyful", "happy", "happiness", "hap"), "anger": ("angry", "ang"),
            "excited": ("excitement", "exc"), "frustrated": ("frustration", "fru")}
# IEMOCAP's other two; then what any further emotion may take: hues in three lightnesses that can be
# read on white and on black.
_OTHERS = {"excited": "#8a6d00", "frustrated": "#8f4fd1"}
_POOL = [tuple(colorsys.hls_to_rgb(hue / 24, light, 0.65))
         for light, hue in product((0.45, 0.6, 0.35), range(24))]
_POOL = [c for c in _POOL if 0.28 < 0.21 * c[0] + 0.72 * c[1] + 0.07 * c[2] < 0.64]
MODALITY_COLOURS = {"text": "#0072b2", "audio": "#d55e00", "visual": "#009e73"}
OURS, THEIRS, BEST = "#0072b2", "#8c8c8c", "#d55e00"
_CYCLE = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#0072b2", "#d55e00", "#8c8c8c", "#8a6d00")
LINEUP = (THEIRS, OURS, BEST, "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a6d00")
_SYMBOLS = ("circle", "diamond", "square", "cross",         # plotly draws these in space too
            "x", "circle-open", "diamond-open", "square-open")
STYLES = len(_CYCLE) * len(_SYMBOLS)


def speaker_style(names) -> dict[str, dict]:
    """name -> marker colour and symbol; the pair is unique for up to ``STYLES`` speakers."""
    return {name: {"color": _CYCLE[i % 8], "symbol": _SYMBOLS[i // 8 % 8]}
            for i, name in enumerate(names)}


def looks(names, what: str) -> dict[str, dict]:
    """name -> marker colour and symbol of up to eight models or modalities, no two alike.

    Raises:
        ValueError: there are more.
    """
    names = list(names)
    if len(names) > len(LINEUP):
        raise ValueError(f"{len(names)} {what}: a figure tells {len(LINEUP)} apart; draw fewer, "
                         "or a second figure")
    spare = [c for c in LINEUP if c not in map(MODALITY_COLOURS.get, names)]
    return {name: {"color": MODALITY_COLOURS.get(name) or spare.pop(0), "symbol": symbol}
            for name, symbol in zip(names, _SYMBOLS, strict=False)}


def shown(text, most: int | None = None) -> str:
    """Somebody's own words for plotly, which would read HTML and TeX in them; cut if ``most``."""
    text = str(text)
    if most and len(text) > most:
        text = text[:most - 1] + "…"
    return html.escape(text, quote=False).replace("$", "&#36;")


def emotion_colours(emotions) -> dict[str, str]:
    """emotion -> colour, no two alike: the known ones' own, under other names too ("happy").

    Any other emotion takes the colour that lies farthest from all that are taken, in alphabetical
    order: the same emotions get the same colours, however they are listed.

    Raises:
        ValueError: there are more emotions than colours.
    """
    emotions = list(dict.fromkeys(emotions))
    known = EMOTION_COLOURS | _OTHERS
    known |= {other: known[name] for name in SYNONYMS for other in SYNONYMS[name]}
    colours, pool = {}, list(_POOL)
    # The seven names themselves come first: of "joy" and "happy", joy has joy's colour.
    for emotion in sorted(emotions, key=lambda e: (e not in EMOTION_COLOURS, e)):
        colour = known.get(emotion.casefold())
        if colour and colour not in colours.values():
            colours[emotion] = colour
    for emotion in sorted(set(emotions) - set(colours)):
        if not pool:
            raise ValueError(f"{len(emotions)} emotions: there are {len(_POOL)} colours for those "
                             "without one of their own; join some of the emotions")
        taken = [[int(c[i:i + 2], 16) / 255 for i in (1, 3, 5)]
                 for c in {*EMOTION_COLOURS.values(), *colours.values()}]
        best = max(pool, key=lambda rgb: min(sum((a - b) ** 2 for a, b in zip(rgb, c, strict=True))
                                             for c in taken))
        pool.remove(best)
        colours[emotion] = "#" + "".join(f"{round(255 * part):02x}" for part in best)
    return {emotion: colours[emotion] for emotion in emotions}


def initials(names) -> dict[str, str]:
    """name -> the letters that stand for it where there is no room, no two alike.

    The first letter (A, B); where names begin alike, as many as tell them apart (Al, An), three at
    most; else the first letter and a number (S1, S2).
    """
    letters = {n: "".join(filter(str.isalnum, n)) or n.strip() or "?" for n in sorted(set(names))}
    groups: dict[str, list[str]] = {}
    for name, own in letters.items():
        groups.setdefault(own[0].casefold(), []).append(name)
    short = {}
    for group in groups.values():
        cuts = [[letters[name][:n] for name in group] for n in (1, 2, 3)]
        cuts = [cut for cut in cuts if len({c.casefold() for c in cut}) == len(group)]
        numbered = [f"{letters[name][0]}{i}" for i, name in enumerate(group, 1)]
        short |= dict(zip(group, cuts[0] if cuts else numbered, strict=True))
    return short
