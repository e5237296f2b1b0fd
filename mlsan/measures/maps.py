"""Flat maps of high-dimensional features."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.neighbors import NearestNeighbors

NEIGHBOURS = 15


def umap(x: np.ndarray, *, start: np.ndarray | str = "spectral", axes: int = 2) -> np.ndarray:
    """(n, D) -> (n, axes) by UMAP (McInnes et al. 2018).

    ``start``: another map of the same rows (n, axes), from which this one sets out, so that two
    maps can be compared point by point. Neighbours come from scikit-learn: exact, and quicker than
    UMAP's own search on the few thousand points of a page.
    """
    import umap as library  # compiles for some seconds: only where a map is drawn

    distance, index = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(x).kneighbors(x)
    with warnings.catch_warnings():  # it warns that a fixed seed means one thread: what we want
        warnings.simplefilter("ignore", UserWarning)
        return library.UMAP(n_neighbors=NEIGHBOURS, n_components=axes, init=start, random_state=0,
                            precomputed_knn=(index, distance, None)).fit_transform(x)
