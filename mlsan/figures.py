"""Plotly figures from plain arrays, one colour per emotion throughout, legible on a phone.

Every figure carries its text alternative in ``layout.meta.alt``; the book's build refuses one without.
Text and grid colours are left to the page, which knows whether it is light or dark.
"""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

# Okabe and Ito's colour-blind-safe palette (2008), emotions matched by custom where there is one.
EMOTION_COLOURS = {"neutral": "#8c8c8c", "surprise": "#56b4e9", "fear": "#cc79a7", "sadness": "#0072b2",
                   "joy": "#e69f00", "disgust": "#009e73", "anger": "#d55e00"}
MODALITY_COLOURS = {"text": "#0072b2", "audio": "#d55e00", "visual": "#009e73"}
OURS, THEIRS, BEST = "#0072b2", "#8c8c8c", "#d55e00"
_CYCLE = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#0072b2", "#d55e00", "#8c8c8c", "#8a6d00")
_SYMBOLS = ("circle", "diamond", "square", "cross")


def speaker_style(names) -> dict[str, dict]:
    """name -> marker colour and symbol; the pair is unique for up to 32 speakers."""
    return {name: {"color": _CYCLE[i % 8], "symbol": _SYMBOLS[i // 8 % 4]} for i, name in enumerate(names)}


def finished(figure: go.Figure, alt: str, x: str, y: str, height: int = 420, **layout) -> go.Figure:
    """The common look: axis titles, a legend on top (a phone has no room beside), and ``alt``."""
    figure.update_layout(
        meta={"alt": alt}, height=height, margin={"l": 56, "r": 12, "t": 64, "b": 48}, template="none",
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", font={"size": 13}, hovermode="closest",
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "itemsizing": "constant"})
    figure.update_xaxes(title=x, showgrid=True, gridcolor="rgba(128,128,128,.25)", zeroline=False, automargin=True)
    figure.update_yaxes(title=y, showgrid=True, gridcolor="rgba(128,128,128,.25)", zeroline=False, automargin=True)
    return figure.update_layout(**layout)


def clouds(before, after, speakers, emotions, order, alt: str) -> go.Figure:
    """Two maps of the same utterances, side by side in time: buttons change the map and the colours.

    Args:
        before, after: (n, 2) coordinates; speakers, emotions: (n,) names; order: the emotions' order.
    """
    speakers, emotions = np.asarray(speakers), np.asarray(emotions)
    names = list(dict.fromkeys(sorted(speakers)))
    style = speaker_style(names)
    figure, kinds = go.Figure(), []
    views = {"raw": np.asarray(before).round(2), "calibrated": np.asarray(after).round(2)}
    for view, points in views.items():
        for kind, labels, groups in (("speaker", speakers, names), ("emotion", emotions, order)):
            for group in groups:
                here = labels == group
                marker = style[group] if kind == "speaker" else {"color": EMOTION_COLOURS[group]}
                other = emotions if kind == "speaker" else speakers
                figure.add_scattergl(
                    x=points[here, 0], y=points[here, 1], mode="markers", name=str(group), text=other[here],
                    hovertemplate="%{fullData.name}, %{text}<extra></extra>", visible=(view, kind) == ("raw", "speaker"),
                    marker={"size": 5, "opacity": 0.75, **marker}, showlegend=kind == "emotion")
                kinds.append((view, kind))
    buttons = [{"label": f"{view}, by {kind}", "method": "update",
                "args": [{"visible": [k == (view, kind) for k in kinds]}]}
               for view in views for kind in ("speaker", "emotion")]
    finished(figure, alt, "", "", height=520, updatemenus=[{
        "buttons": buttons, "x": 0, "xanchor": "left", "y": 1.0, "yanchor": "bottom", "pad": {"b": 6}}])
    # The menu takes the legend's place, and there are no axis titles below.
    figure.update_layout(legend={"yanchor": "top", "y": -0.02}, margin={"b": 72})
    figure.update_xaxes(showticklabels=False)
    return figure.update_yaxes(showticklabels=False)


def scores(rows: list[dict], lines: dict[str, float], alt: str, x: str = "weighted F1") -> go.Figure:
    """Dots with their standard deviations, one row per model, and the limits they run up against.

    ``rows``: dicts with ``name``, ``mean``, ``sd`` and optionally ``colour``; ``lines``: label -> value.
    """
    figure = go.Figure()
    ends = [row["mean"] + side * row["sd"] for row in rows for side in (-1, 1)] + list(lines.values())
    room = 0.06 * (max(ends) - min(ends))
    for i, row in enumerate(reversed(rows)):
        figure.add_scatter(x=[row["mean"]], y=[i], mode="markers", showlegend=False, name=row["name"],
                           marker={"size": 11, "color": row.get("colour", OURS)},
                           error_x={"array": [row["sd"]], "thickness": 2},
                           hovertemplate="%{fullData.name}: %{x:.3f}<extra></extra>")
        # The names stand above their dots: beside the plot they would take half a phone.
        figure.add_annotation(x=0, xref="paper", xanchor="left", y=i, yshift=13, showarrow=False,
                              text=row["name"], font={"size": 12})
    for label, value in lines.items():
        figure.add_vline(x=value, line={"dash": "dash", "color": BEST, "width": 2})
        figure.add_annotation(x=value, xanchor="right", y=1, yref="paper", yanchor="bottom", showarrow=False,
                              text=f"{label} {value:.3f}", font={"size": 12})
    finished(figure, alt, x, "", height=110 + 42 * len(rows))
    figure.update_yaxes(showticklabels=False, tickvals=list(range(len(rows))), range=[-0.5, len(rows) - 0.3])
    return figure.update_xaxes(range=[min(ends) - room, max(ends) + room], nticks=6)


def against_planted(planted, learned, modalities, speakers, alt: str) -> go.Figure:
    """Mean gate of each speaker and modality (S, M) against the expressiveness that was planted."""
    figure = go.Figure()
    for i, m in enumerate(modalities):
        figure.add_scatter(x=np.round(planted[:, i], 3), y=np.round(learned[:, i], 3), mode="markers", name=m,
                           text=list(speakers), hovertemplate="%{text}: planted %{x:.2f}, gate %{y:.2f}<extra></extra>",
                           marker={"size": 9, "color": MODALITY_COLOURS[m], "symbol": _SYMBOLS[i], "opacity": 0.85})
    return finished(figure, alt, "planted expressiveness", "learned gate")


def lines(x, series: dict[str, dict], alt: str, x_title: str, y_title: str, **layout) -> go.Figure:
    """Named curves over ``x``: each a dict with ``y``, and optionally ``low``, ``high``, ``colour``, ``dash``."""
    figure = go.Figure()
    for name, s in series.items():
        y = np.asarray(s["y"])
        error = ({"array": np.asarray(s["high"]) - y, "arrayminus": y - np.asarray(s["low"]), "thickness": 2}
                 if "low" in s else None)
        figure.add_scatter(x=list(x), y=y.round(4), name=name, mode="lines+markers", error_y=error,
                           line={"color": s.get("colour", OURS), "dash": s.get("dash", "solid"), "width": 2.5},
                           marker={"size": 8}, hovertemplate="%{y:.3f}<extra>%{fullData.name}</extra>")
    return finished(figure, alt, x_title, y_title, **layout)
