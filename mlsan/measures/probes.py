"""What a small reader finds in features: who speaks, or what is felt."""

from __future__ import annotations

import warnings

from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits


def probe(train_x, train_y, test_x, test_y, kind: str = "linear") -> float | None:
    """How well a small reader names a label from features: its accuracy on test.

    Standardised on train, fitted on train, scored on test. ``linear`` is logistic regression;
    ``mlp`` has one hidden layer of 64 and sees what a linear reader cannot. None where no label of
    test occurs in train: then the accuracy is 0 whatever the features hold, and says nothing.
    """
    if kind == "linear":
        reader = LogisticRegression(max_iter=300)
    elif kind == "mlp":
        reader = MLPClassifier((64,), max_iter=40, random_state=0, early_stopping=True)
    else:
        raise ValueError(f"probe: unknown kind {kind!r}; use 'linear' or 'mlp'")
    if not set(test_y) & set(train_y):
        return None
    # One thread: with more, so small a fit waits for its threads where other processes are busy.
    # And a probe that has not quite converged is still a probe.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = make_pipeline(StandardScaler(), reader).fit(train_x, train_y)
    return float(fitted.score(test_x, test_y))
