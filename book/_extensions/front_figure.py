"""The front page's figure: what it is worth to know who speaks, from the book's own records."""

from __future__ import annotations

import plotly.graph_objects as go

from mlsan import recorded
from mlsan.figures import finished
from mlsan.marks import BEST, OURS, THEIRS

ACTED = {"RAVDESS, face and MFCC": ("actors", "strangers", "ravdess"),
         "RAVDESS, face and eGeMAPS": ("actors", "strangers", "ravdess-egemaps"),
         "CREMA-D, voice": ("actors-cremad", "strangers-cremad", "cremad")}
TALKED = {"simulated people": "context-off", "six friends": "friends"}
CLIPS = ("0", "1", "2", "4", "8", "16")
DASHES = ("solid", "dash", "dot")
ALT = ("Two views. People it was trained on: a static model, one told a false name and one told "
       "the true name, on three sets of acted recordings, on simulated people and on the six "
       "friends; the true name is best everywhere but on the friends, where all are alike, and the "
       "false one is worst on recordings. People it never met: recall rises with the number of "
       "their clips that were heard, from 0 to 16, in all three sets.")


def front_figure() -> go.Figure:
    """Two views, by a menu: known people in five corpora, and strangers by clips heard."""
    figure = go.Figure()
    known = {"nobody's": {}, "a false one": {}, "the true one": {}}
    for name, (record, _, corpus) in ACTED.items():
        means = {m["kind"]: m["unweighted_recall"] for m in recorded(record)[corpus]["means"]}
        known["nobody's"][name] = means["static"]
        known["a false one"][name] = means["all, told a shuffled actor"]
        known["the true one"][name] = means["all"]
    for name, record in TALKED.items():
        for m in recorded(record)["means"]:
            if m.get("baseline") or len(m["stages"]) not in (0, 3):
                continue
            told = "nobody's" if not m["stages"] else (
                "the true one" if m["speakers"] == "identity" else "a false one")
            known[told].setdefault(name, m["weighted_f1"])
    rows = [*ACTED, *TALKED][::-1]
    for (told, scores), (colour, symbol) in zip(known.items(), (
            (THEIRS, "circle"), (BEST, "x"), (OURS, "diamond")), strict=True):
        there = [row for row in rows if row in scores]
        figure.add_scatter(x=[scores[row] for row in there], y=[rows.index(row) for row in there],
                           name=f"told {told}" if told != "nobody's" else "told no name",
                           mode="markers", marker={"size": 12, "color": colour, "symbol": symbol},
                           text=there,
                           hovertemplate="%{text}: %{x:.3f}<extra>%{fullData.name}</extra>")
    for (name, (_, record, corpus)), dash in zip(ACTED.items(), DASHES, strict=True):
        curve = recorded(record)[corpus]["curves"]["by ear"]
        figure.add_scatter(x=list(range(len(CLIPS))), visible=False, name=name,
                           y=[curve[k]["unweighted_recall"] for k in CLIPS],
                           error_y={"array": [curve[k]["sd"] for k in CLIPS], "thickness": 2},
                           mode="lines+markers", marker={"size": 8},
                           line={"color": OURS, "dash": dash, "width": 2.5},
                           hovertemplate="%{y:.3f}<extra>%{fullData.name}</extra>")
    finished(figure, ALT, "share found (see below)", "", height=480)
    names = [{"x": 0, "xref": "paper", "xanchor": "left", "y": i, "yshift": 15, "text": row,
              "showarrow": False, "font": {"size": 12}} for i, row in enumerate(rows)]
    views = [
        ("people it was trained on", [True] * 3 + [False] * 3,
         {"xaxis.title.text": "share found", "yaxis.title.text": "", "annotations": names,
          "xaxis.tickmode": "auto", "xaxis.range": [0.4, 0.95], "yaxis.showticklabels": False,
          "yaxis.range": [-0.5, len(rows) - 0.2]}),
        ("people it never met", [False] * 3 + [True] * 3,
         {"xaxis.title.text": "clips heard of a new person, without labels", "annotations": [],
          "yaxis.title.text": "share found", "xaxis.tickmode": "array",
          "xaxis.tickvals": list(range(len(CLIPS))), "xaxis.ticktext": list(CLIPS),
          "xaxis.range": [-0.3, len(CLIPS) - 0.7], "yaxis.showticklabels": True,
          "yaxis.range": [0.45, 0.9]})]
    figure.update_layout(
        annotations=names, margin={"t": 150},
        updatemenus=[{"buttons": [{"label": label, "method": "update",
                                   "args": [{"visible": visible}, layout]}
                                  for label, visible, layout in views],
                      "x": 0, "xanchor": "left", "y": 1.34, "yanchor": "bottom"}])
    figure.update_xaxes(title_text="share found", range=[0.4, 0.95])
    return figure.update_yaxes(showticklabels=False, range=[-0.5, len(rows) - 0.2],
                               tickvals=None)
