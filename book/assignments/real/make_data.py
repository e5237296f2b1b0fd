"""Makes predictions.csv and epochs.csv: two models, read on one small simulated world.

Twelve people whose features are shifted, each in their own way, speak in dialogues; Yara speaks in
test only. Both models are softmax regressions; the adapted one first takes from every feature what
its speaker averaged in train. Fear occurs in four test dialogues and nowhere else in test.
Run ``python make_data.py`` in this folder to write both files anew.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from given import EMOTIONS
from scipy.special import log_softmax
from sklearn.metrics import f1_score

PEOPLE = ("Ada", "Ben", "Chioma", "Dev", "Elif", "Femi", "Greta", "Hugo", "Ines", "Jun", "Kofi",
          "Yara")
PRIOR = np.array([0.46, 0.24, 0.17, 0.13, 0.0])
FEATURES, EPOCHS, PATIENCE = 10, 24, 8
ANGER, FEAR, STRANGER = EMOTIONS.index("anger"), EMOTIONS.index("fear"), len(PEOPLE) - 1


def conversations(rng: np.random.Generator, prototype, shift, loud, temper) -> pd.DataFrame:
    """A row for each turn: split, dialogue, turn, speaker, emotion (codes), features x0, x1, ..."""
    rows = []
    for split, dialogues in (("train", 130), ("dev", 40), ("test", 60)):
        for dialogue in range(dialogues):
            who = rng.choice(STRANGER + (split == "test"), rng.integers(2, 5), replace=False)
            fearful = dialogue % 15 == 7
            last = None
            for turn in range(rng.integers(3, 19)):
                speaker = rng.choice(who)
                p = PRIOR.copy()
                p[ANGER] *= temper[speaker]
                p[FEAR] = 0.35 * fearful
                emotion = rng.choice(len(EMOTIONS), p=p / p.sum())
                if last is not None and rng.random() < 0.25:
                    emotion = last
                last = emotion
                x = loud[speaker] * prototype[emotion] + shift[speaker]
                rows.append([split, dialogue, turn, speaker, emotion,
                             *(x + rng.normal(size=FEATURES))])
    names = ["split", "dialogue", "turn", "speaker", "emotion"]
    return pd.DataFrame(rows, columns=names + [f"x{i}" for i in range(FEATURES)])


def epochs_of(x, y, train, rng: np.random.Generator):
    """Logits (N, C) of all turns after every epoch of a softmax regression's training."""
    weight, bias = rng.normal(0, 0.3, (x.shape[1], len(EMOTIONS))), np.zeros(len(EMOTIONS))
    for _ in range(EPOCHS):
        for some in np.array_split(rng.permutation(train), 30):
            error = np.exp(log_softmax(x[some] @ weight + bias, 1)) - np.eye(len(EMOTIONS))[y[some]]
            weight = 0.999 * weight - 0.06 * x[some].T @ error / len(some)
            bias = bias - 0.06 * error.mean(0)
        yield x @ weight + bias


def logged(logits, y, rows, model: str, seed: int) -> tuple[list[dict], int]:
    """The log of a run, dev measured after every second epoch, and the epoch (from 0) that dev
    chose."""
    log, best = [], (-1.0, 0.0, 0)
    for epoch, of_all in enumerate(logits):
        line = {"model": model, "seed": seed, "epoch": epoch + 1,
                "test_f1": macro(y, of_all, rows["test"])}
        if epoch % 2:
            dev = rows["dev"]
            line["dev_f1"] = macro(y, of_all, dev)
            of_true = log_softmax(of_all[dev], 1)[range(len(dev)), y[dev]]
            line["dev_loss"] = round(-of_true.mean(), 4)
            best = max(best, (line["dev_f1"], -line["dev_loss"], -epoch))
        log.append(line)
        if epoch + best[2] > PATIENCE:
            break
    return log, -best[2]


def macro(y, logits, rows) -> float:
    return round(f1_score(y[rows], logits[rows].argmax(1), average="macro", zero_division=0), 3)


def main(folder: Path) -> None:
    rng = np.random.default_rng(21)
    prototype = rng.normal(size=(len(EMOTIONS), FEATURES))
    prototype *= 2.0 / np.linalg.norm(prototype, axis=1, keepdims=True)
    shift = rng.normal(0, 0.8, (len(PEOPLE), FEATURES))
    loud, temper = rng.uniform(0.5, 1.3, len(PEOPLE)), rng.permutation(np.geomspace(0.3, 4, 12))
    # Who is angry often also sounds angry when nothing is the matter.
    shift += 1.2 * np.log(temper)[:, None] * prototype[ANGER] / 2
    table = conversations(rng, prototype, shift, loud, temper)
    x = table.filter(regex=r"^x\d").to_numpy()
    y, speaker = table.emotion.to_numpy(), table.speaker.to_numpy()
    rows = {split: np.flatnonzero(table.split == split) for split in ("train", "dev", "test")}
    train = rows["train"]
    own = np.stack([x[train][speaker[train] == s].mean(0) for s in range(STRANGER)]
                   + [x[train].mean(0)])
    test = rows["test"]
    out = table.loc[test, ["dialogue", "turn"]].copy()
    out["speaker"] = np.array(PEOPLE)[speaker[test]]
    out["emotion"] = np.array(EMOTIONS, object)[y[test]]
    out.loc[rng.random(len(out)) < 0.02, "emotion"] = ""            # nobody labelled these
    log = []
    for model, inputs, seeds in (("static", x - x[train].mean(0), 3),
                                 ("adapted", x - own[speaker], 2)):
        anger = 0
        for seed in range(seeds):
            logits = list(epochs_of(inputs, y, train, np.random.default_rng([seed, seeds])))
            lines, chosen = logged(logits, y, rows, model, seed)
            log += lines
            out[f"{model}_{seed}"] = np.array(EMOTIONS)[logits[chosen][test].argmax(1)]
            anger = anger + np.exp(log_softmax(logits[chosen][test], 1))[:, ANGER] / seeds
        out[f"{model}_anger"] = anger.round(2)
    silent = rng.random(len(out)) < 0.01                            # no recording, no score
    out.loc[silent, ["static_anger", "adapted_anger"]] = np.nan
    out.to_csv(folder / "predictions.csv", index=False)
    columns = ["model", "seed", "epoch", "dev_f1", "dev_loss", "test_f1"]
    pd.DataFrame(log)[columns].to_csv(folder / "epochs.csv", index=False)


if __name__ == "__main__":
    main(Path(__file__).parent)
