"""Plotly figures from plain arrays, one colour per emotion throughout, legible on a phone.

Every figure carries its text alternative in ``layout.meta.alt``; the book's build refuses one
without. Text and grid colours are left to the page, which knows whether it is light or dark.
"""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from mlsan.marks import (  # noqa: F401 (all of them: a notebook has them from here)
    BEST,
    EMOTION_COLOURS,
    LINEUP,
    MODALITY_COLOURS,
    OURS,
    THEIRS,
    emotion_colours,
    initials,
    looks,
    shown,
    speaker_style,
)

_CLEAR = "rgba(0,0,0,0)"


def _menu(buttons: list[dict]) -> dict:
    return {"buttons": buttons, "x": 0, "xanchor": "left", "y": 1.0, "yanchor": "bottom",
            "pad": {"b": 6}}


def finished(figure: go.Figure, alt: str, x: str, y: str, height: int = 420, **layout) -> go.Figure:
    """The common look: axis titles, a legend on top (a phone has no room beside), and ``alt``."""
    figure.update_layout(
        meta={"alt": alt}, height=height, margin={"l": 56, "r": 12, "t": 64, "b": 48},
        template="none", paper_bgcolor=_CLEAR, plot_bgcolor=_CLEAR, font={"size": 13},
        hovermode="closest",
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0,
                "itemsizing": "constant"})
    axis = {"showgrid": True, "gridcolor": "rgba(128,128,128,.25)", "zeroline": False,
            "automargin": True}
    figure.update_xaxes(title=x, **axis)
    figure.update_yaxes(title=y, **axis)
    return figure.update_layout(**layout)


def clouds(views: dict[str, np.ndarray], speakers, emotions, order, alt: str) -> go.Figure:
    """Maps of the same utterances, one after the other: a menu changes the map and the colours.

    Args:
        views: name -> (n, 2) or (n, 3) coordinates of the same n utterances.
        speakers, emotions: (n,) names; order: the emotions' order.
    """
    speakers, emotions = np.asarray(speakers), np.asarray(emotions)
    names = list(dict.fromkeys(sorted(speakers)))
    style, colours = speaker_style(names), emotion_colours(order)
    if unknown := set(emotions) - set(order):
        raise ValueError(f"clouds: {', '.join(sorted(unknown))} not in `order`; name every emotion")
    figure, kinds, first = go.Figure(), [], next(iter(views))
    flat = views[first].shape[1] == 2
    draw = figure.add_scattergl if flat else figure.add_scatter3d
    for view, points in views.items():
        for kind, labels, groups in (("speaker", speakers, names), ("emotion", emotions, order)):
            for group in groups:
                here = labels == group
                marker = style[group] if kind == "speaker" else {"color": colours[group]}
                other = emotions if kind == "speaker" else speakers
                places = dict(zip("xyz", points[here].round(2).T, strict=False))
                draw(**places, mode="markers", name=shown(group), showlegend=kind == "emotion",
                     text=[shown(label) for label in other[here]],
                     hovertemplate="%{fullData.name}, %{text}<extra></extra>",
                     visible=(view, kind) == (first, "speaker"),
                     marker={"size": 5 if flat else 3, "opacity": 0.75, **marker})
                kinds.append((view, kind))
    buttons = [{"label": f"{shown(view)}, by {kind}", "method": "update",
                "args": [{"visible": [k == (view, kind) for k in kinds]}]}
               for view in views for kind in ("speaker", "emotion")]
    finished(figure, alt, "", "", height=520, updatemenus=[_menu(buttons)])
    # The menu takes the legend's place, and there are no axis titles below.
    figure.update_layout(legend={"yanchor": "top", "y": -0.02}, margin={"b": 72})
    bare = {"showticklabels": False, "title": ""}
    figure.update_scenes(xaxis=bare, yaxis=bare, zaxis=bare, dragmode="turntable")
    figure.update_xaxes(showticklabels=False)
    return figure.update_yaxes(showticklabels=False)


def scores(rows: list[dict], lines: dict[str, float], alt: str,
           x: str = "weighted F1") -> go.Figure:
    """Dots with their standard deviations, one row per model, and the limits they run up against.

    Args:
        rows: dicts with ``name``, ``mean``, ``sd`` and optionally ``colour``.
        lines: each limit's value by its label.
    """
    figure = go.Figure()
    ends = [row["mean"] + side * row["sd"] for row in rows for side in (-1, 1)]
    ends += lines.values()
    room = 0.06 * (max(ends) - min(ends))
    for i, row in enumerate(reversed(rows)):
        figure.add_scatter(x=[row["mean"]], y=[i], mode="markers", name=shown(row["name"]),
                           showlegend=False,
                           marker={"size": 11, "color": row.get("colour", OURS)},
                           error_x={"array": [row["sd"]], "thickness": 2},
                           hovertemplate="%{fullData.name}: %{x:.3f}<extra></extra>")
        # The names stand above their dots: beside the plot they would take half a phone.
        figure.add_annotation(x=0, xref="paper", xanchor="left", y=i, yshift=13, showarrow=False,
                              text=shown(row["name"], 60), font={"size": 12})
    for label, value in lines.items():
        figure.add_vline(x=value, line={"dash": "dash", "color": BEST, "width": 2})
        figure.add_annotation(x=value, xanchor="right", y=1, yref="paper", yanchor="bottom",
                              showarrow=False, font={"size": 12},
                              text=f"{shown(label, 60)} {value:.3f}")
    finished(figure, alt, x, "", height=110 + 42 * len(rows))
    # A little more room above the highest dot than below the lowest: its name stands there.
    figure.update_yaxes(showticklabels=False, tickvals=list(range(len(rows))),
                        range=[-0.5, len(rows) - 0.3])
    return figure.update_xaxes(range=[min(ends) - room, max(ends) + room], nticks=6)


def against_planted(planted: dict, learned: dict, names: dict, alt: str, x: str,
                    y: str) -> go.Figure:
    """What was learned against what was planted, by modality.

    ``planted``, ``learned``: modality -> (n,) values; ``names``: modality -> the points' names.
    """
    figure = go.Figure()
    for m, look in looks(planted, "modalities").items():
        few = len(planted[m]) < 100         # many dots would hide one another
        figure.add_scatter(
            x=np.round(planted[m], 3), y=np.round(learned[m], 3), mode="markers",
            name=shown(m), text=list(map(shown, names[m])),
            hovertemplate="%{text}: planted %{x:.2f}, learned %{y:.2f}<extra></extra>",
            marker={**look, "size": 9 if few else 5, "opacity": 0.85 if few else 0.6})
    return finished(figure, alt, x, y)


def ternary(points: dict[str, np.ndarray], modalities, speakers, alt: str) -> go.Figure:
    """Each speaker's shares of three modalities in one triangle; label -> (S, 3), rows sum to 1.

    Raises:
        ValueError: not three modalities, or more than eight labels.
    """
    if len(modalities) != 3:
        raise ValueError(f"ternary: {len(modalities)} modalities; a triangle has three corners. "
                         "Draw against_planted, or gate_bars")
    figure, others = go.Figure(), looks(points, "labels")
    look = ({"color": OURS, "symbol": "circle"},
            {"color": BEST, "symbol": "x-thin", "line": {"width": 2, "color": BEST}})
    look = dict(zip(points, look, strict=False)) if len(points) < 3 else others
    axes = dict(zip("abc", map(shown, modalities), strict=True))
    values = ", ".join(f"{m} %{{{k}:.2f}}" for k, m in axes.items())
    for label, share in points.items():
        figure.add_scatterternary(
            **dict(zip("abc", np.asarray(share).T.round(3), strict=True)), mode="markers",
            name=shown(label), text=list(map(shown, speakers)),
            marker={"size": 9, "opacity": 0.85, **look[label]},
            hovertemplate="%{text}: " + values + "<extra>%{fullData.name}</extra>")
    finished(figure, alt, "", "", height=460)
    axis = {"showgrid": True, "gridcolor": "rgba(128,128,128,.3)", "tickvals": [0.25, 0.5, 0.75],
            "tickfont": {"size": 11}}
    # Not the whole width: the corners' names stand half outside.
    return figure.update_layout(ternary={
        "bgcolor": _CLEAR, "domain": {"x": [0.04, 0.88]},
        **{f"{k}axis": axis | {"title": {"text": m}} for k, m in axes.items()}})


def gate_bars(gates: dict, planted: dict, speakers, alt: str) -> go.Figure:
    """Every speaker's gate as a bar, and what was planted, which orders them, as a diamond.

    ``gates``, ``planted``: modality -> (S,) values. A menu changes the modality.
    """
    figure, buttons, orders = go.Figure(), [], []
    names, look = np.array(list(map(shown, speakers))), looks(gates, "modalities")
    for i, m in enumerate(gates):
        order = np.argsort(np.asarray(planted[m]))
        orders.append(list(names[order]))
        gate, truth = (np.asarray(v[m])[order].round(2) for v in (gates, planted))
        figure.add_bar(y=orders[i], x=gate, orientation="h", name="gate", visible=i == 0,
                       marker={"color": look[m]["color"]},
                       hovertemplate="%{y}: gate %{x:.2f}<extra></extra>")
        figure.add_scatter(y=orders[i], x=truth, mode="markers", name="planted", visible=i == 0,
                           marker={"symbol": "diamond", "size": 9, "color": THEIRS,
                                   "line": {"width": 1, "color": "white"}},
                           hovertemplate="%{y}: planted %{x:.2f}<extra></extra>")
        visible = [k // 2 == i for k in range(2 * len(gates))]      # two traces per modality
        buttons.append({"label": shown(m), "method": "update", "args": [
            {"visible": visible}, {"yaxis.categoryarray": orders[i]}]})
    finished(figure, alt, "gate, and planted expressiveness", "", height=110 + 20 * len(names),
             bargap=0.35, updatemenus=[_menu(buttons)])
    figure.update_layout(legend={"x": 1, "xanchor": "right"})       # the menu is at the left
    figure.update_xaxes(range=[0, 2.05])                            # a gate lies between 0 and 2
    # By name, even where the names are numbers or dates; long ones are cut.
    return figure.update_yaxes(type="category", tickfont={"size": 11}, categoryorder="array",
                               categoryarray=orders[0], tickvals=list(names),
                               ticktext=[shown(s, 24) for s in speakers])


def confusion(counts: np.ndarray, emotions, alt: str) -> go.Figure:
    """Of each true emotion's utterances, the share that was called each emotion.

    ``counts``: (C, C), a row for each true emotion.
    """
    counts, names = np.asarray(counts, float), list(map(shown, emotions))
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    figure = go.Figure(go.Heatmap(
        z=share.round(3), x=names, y=names, zmin=0, zmax=1, showscale=False,
        colorscale=[[0, "rgba(0,114,178,0)"], [1, "rgba(0,114,178,.7)"]],
        texttemplate="%{z:.2f}" if len(names) <= 12 else None, textfont={"size": 11},
        customdata=counts,
        hovertemplate="%{y} called %{x}: %{z:.2f} (%{customdata:.0f})<extra></extra>"))
    finished(figure, alt, "called", "truly", height=max(440, 160 + 24 * len(names)))
    axis = {"type": "category", "showgrid": False, "tickvals": names,
            "ticktext": [shown(e, 24) for e in emotions]}
    figure.update_xaxes(tickangle=-45, **axis)
    return figure.update_yaxes(autorange="reversed", **axis)


def per_class(models: dict[str, dict], emotions, alt: str, y: str = "F1") -> go.Figure:
    """Each emotion's score by model with its interval.

    ``models``: by name, a dict with ``mean``, ``low`` and ``high``, (C,) each; eight at most.
    """
    figure, look = go.Figure(), looks(models, "models")
    names, wide = list(map(shown, emotions)), 0.3 if len(models) < 5 else 0.7
    for i, (name, s) in enumerate(models.items()):
        mean, low, high = (np.asarray(s[k]) for k in ("mean", "low", "high"))
        place = np.arange(len(names)) + wide * (i / max(len(models) - 1, 1) - 0.5)
        figure.add_scatter(
            x=place, y=mean.round(3), name=shown(name), mode="markers", text=names,
            marker={"size": 9, **look[name]},
            error_y={"array": high - mean, "arrayminus": mean - low, "thickness": 2},
            hovertemplate="%{text}: %{y:.3f}<extra>%{fullData.name}</extra>")
    finished(figure, alt, "", y)
    return figure.update_xaxes(tickvals=list(range(len(names))), tickangle=-45,
                               ticktext=[shown(e, 24) for e in emotions])


def lines(x, series: dict[str, dict], alt: str, x_title: str, y_title: str, **layout) -> go.Figure:
    """Named curves over ``x``.

    ``series``: by name, a dict with ``y``, and optionally ``low``, ``high``, ``colour``, ``dash``;
    those without a colour get one that no other has, up to eight.
    """
    figure, given = go.Figure(), {s.get("colour") for s in series.values()}
    spare = [c for c in dict.fromkeys((OURS, *LINEUP)) if c not in given]
    if (bare := sum("colour" not in s for s in series.values())) > len(spare):
        raise ValueError(f"lines: {bare} curves without a colour, {len(spare)} colours left; draw "
                         "fewer, or a second figure")
    for name, s in series.items():
        y, error = np.asarray(s["y"]), None
        if "low" in s:
            above, below = np.asarray(s["high"]) - y, y - np.asarray(s["low"])
            error = {"array": above, "arrayminus": below, "thickness": 2}
        figure.add_scatter(
            x=list(x), y=y.round(4), name=shown(name), mode="lines+markers", error_y=error,
            line={"color": s.get("colour") or spare.pop(0), "dash": s.get("dash", "solid"),
                  "width": 2.5},
            marker={"size": 8}, hovertemplate="%{y:.3f}<extra>%{fullData.name}</extra>")
    return finished(figure, alt, x_title, y_title, **layout)


def power(result: dict, corpus: str, runs, alt: str) -> go.Figure:
    """How often intervals exclude 0, by what was planted, 0 at the left (the record ``intervals``).

    ``runs``: of how many the models are compared, four numbers at most. Dotted: the same over
    dialogues alone, as if no other seed could have been drawn.
    """
    rows = {(row["runs"], row.get("gain", 0)): row
            for row in (*result["alike"], *result["planted"]) if row["corpus"] == corpus}
    gains, series = sorted({gain for _, gain in rows}), {}
    for k, colour in zip(runs, (BEST, OURS, "#009e73", "#cc79a7"), strict=False):
        for way, dash in (("dialogues", "dot"), ("both", "solid")):
            series[f"{k} seeds, {way}"] = {"y": [rows[k, gain][way] for gain in gains],
                                           "colour": colour, "dash": dash}
    figure = lines(gains, series, alt, "planted gain, points of weighted F1",
                   "share of intervals that exclude 0")
    for trace in figure.data:
        name, way = trace.name.split(", ")
        trace.update(name=name, showlegend=way == "both",
                     hovertemplate="%{y:.2f}<extra>" + trace.name + "</extra>")
    figure.add_hline(y=0.05, line={"color": THEIRS, "width": 1.5, "dash": "dash"})
    figure.add_annotation(x=1, y=0.07, xref="paper", xanchor="right", yanchor="bottom",
                          showarrow=False, font={"size": 12},
                          text="dotted: dialogues alone<br>dashed: 1 in 20")
    return figure.update_yaxes(range=[-0.03, 1.03])
