"""The table and the bars of a benchmark's numbers."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

NOT = "not measured"
KINDS = {"loop": "this loop", "earlier": "the earlier loop", "per_turn": "turn by turn",
         "floor": "the floor", "on_gpu": "this loop, on a GPU"}


def ratio(above: dict | None, below: dict | None, key: str) -> float | None:
    return above[key] / below[key] if above and below else None


def growth_of(found: dict) -> float | None:
    """By what share an utterance takes longer than at any smaller size, at the worst."""
    sizes = sorted((int(name.split()[0]), 1 / of["fit_per_s"]) for name, of in found.items()
                   if name.endswith("utterances"))
    times = [time for _, time in sizes]
    return max(t / min(times[:i]) - 1 for i, t in enumerate(times) if i) if times[1:] else None


def bars(found: dict) -> list[tuple[str, float | None, str, float]]:
    """(what, measured, at least or at most, the bar), at MELD's size and at IEMOCAP's."""
    out, at = [], found["corpora"].get
    for corpus in ("meld", "iemocap"):
        ours, old, floor = (at(f"{corpus} / {kind}") for kind in ("loop", "earlier", "floor"))
        out += [(f"{corpus}: training / the earlier", ratio(ours, old, "train_per_s"), ">=", 6),
                (f"{corpus}: training / the floor", ratio(ours, floor, "train_per_s"), ">=", 0.35),
                (f"{corpus}: scoring / the earlier", ratio(ours, old, "eval_per_s"), ">=", 6),
                (f"{corpus}: peak memory, MB", ours["peak_mb"], "<=", 800)]
    long = ratio(at("meld / loop"), at("110 turns / loop"), "train_per_s")
    out += [("110 turns: time of an utterance / MELD's", long, "<=", 2),
            ("an utterance's time grows with their number by", growth_of(found["growth"]), "<=",
             0.1)]
    return out


def number(value: float | None) -> str:
    if value is None:
        return NOT
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def show(found: dict) -> None:
    """Print all of it; what is None was not measured."""
    console, about = Console(), found["about"]
    console.print(f"{about['processor']}, {about['threads']} thread, torch "
                  f"{about['versions']['torch']}, commit {about['commit']}; the earlier loop is "
                  f"{about['earlier']}'s")
    table = Table("", "training", "whole epochs", "scoring", "peak MB",
                  title="Utterances a second")
    rows = {f"{corpus}: {KINDS[kind]}": of for name, of in found["corpora"].items()
            for corpus, kind in [name.split(" / ")]} | found["growth"]
    for name, of in rows.items():
        keys = ("train_per_s", "fit_per_s", "eval_per_s", "peak_mb")
        table.add_row(name, *([number(of[k]) if k in of else "" for k in keys] if of else
                              [NOT, "", "", ""]))
    console.print(table)
    floor = found["corpora"]["meld / floor"]
    console.print(f"meld's floor: {floor['train_flop'] / 1e6:.2f} MFLOP an utterance in training "
                  f"({floor['train_flop_by_formula'] / 1e6:.2f} by hand), "
                  f"{floor['flop_per_s'] / 1e9:.0f} GFLOP/s; "
                  f"{floor['train_bytes'] / 1e3:.0f} kB, {floor['bytes_per_s'] / 1e9:.1f} GB/s")
    table = Table("", "times as fast", title="Five seeds at once, at best")
    for name, value in found["seeds_at_once"].items():
        table.add_row(name, number(value))
    console.print(table)
    table = Table("", "seconds", title="What a reader waits for")
    waits = {f"ablation, {name}": of and of["seconds"] for name, of in found["ablations"].items()}
    waits |= {"UMAP's first map": found["first_map"]["seconds"]}
    waits |= found["notebooks"] or {"notebooks": None}
    for name, value in waits.items():
        table.add_row(name, number(value))
    console.print(table)
    table = Table("", "measured", "bar", "", title="Bars")
    for name, value, sign, bar in bars(found):
        met = value is not None and (value >= bar if sign == ">=" else value <= bar)
        table.add_row(name, number(value), f"{sign} {bar:g}",
                      "" if value is None else "met" if met else "missed")
    console.print(table)
