"""t-SNE: places points so that those with like activations lie together. Computed by openTSNE, an optional package.

van der Maaten and Hinton 2008, "Visualizing Data using t-SNE"; openTSNE: Poličar, Stražar and Zupan 2024.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from importlib.util import find_spec
from typing import Any

import numpy as np

from engine.basics.validation import Array

_PERPLEXITY = 30.0  # about the number of neighbours that count
_FEWEST = 5  # points of which an arrangement says anything
_EARLY, _LATE = 250, 500  # iterations while clusters form, and afterwards
_SLICE = 10  # iterations between two looks: 0.1 s for 2,500 points. Momentum begins anew with each, so not fewer
_EXAGGERATION = 12
_SMALL = 1e-4  # the first deviation: points that begin close together can still change places
_NEIGHBOURS_SHARE = 0.1  # of the work: finding the neighbours
_MANY = 5000  # points from which forces are interpolated on a grid instead of summed over a tree


def is_installed() -> bool:
    """Whether openTSNE is there; it is not imported for that."""
    return find_spec("openTSNE") is not None


class Arrangement:
    """Points that are being placed, and further ones among them. One thread works at a time; others wait for it.

    Attributes:
        points: (k, 2) float32, where they are so far; a new array after each step.
    """

    def __init__(self, activations: Array, start: Array) -> None:
        """``activations``: (k, width), finite; ``start``: (k, 2), roughly where the points begin."""
        self.points = np.asarray(start, np.float32)
        self._activations = np.asarray(activations, np.float64)
        self._embedding: Any = None  # None while neighbours are being found, and for very few points
        self._lock = threading.Lock()

    def steps(self) -> Generator[float, None, None]:
        """Places the points; yields the share 0…1 that is done."""
        if len(self.points) < _FEWEST:
            return
        yield 0.0
        with self._lock:
            self._embedding = self._begin()
        slices = [_EXAGGERATION] * (_EARLY // _SLICE) + [1] * (_LATE // _SLICE)
        for done, exaggeration in enumerate(slices):
            yield _NEIGHBOURS_SHARE + (1 - _NEIGHBOURS_SHARE) * done / len(slices)
            with self._lock, np.errstate(all="ignore"):
                self._embedding.optimize(_SLICE, exaggeration=exaggeration, momentum=0.8, inplace=True)
                self.points = np.array(self._embedding, np.float32)

    def _begin(self) -> Any:
        import openTSNE  # takes a second

        count = len(self.points)
        start = self.points.astype(np.float64) - self.points.mean(axis=0)
        spread = start.std(axis=0).max()
        noise = np.random.default_rng(0).normal(0, _SMALL / 100, start.shape)  # equal points must be able to part
        affinities = openTSNE.affinity.PerplexityBasedNN(
            self._activations, perplexity=min(_PERPLEXITY, (count - 1) / 3), n_jobs=1, random_state=0
        )
        method = "fft" if count >= _MANY else "bh"
        return openTSNE.TSNEEmbedding(
            start * (_SMALL / spread if spread > 0 else 0) + noise,
            affinities,
            negative_gradient_method=method,
            n_jobs=1,
            random_state=0,
        )

    def place(self, activations: Array) -> Array | None:
        """(2,): where an example with these activations (width,) belongs among the points; None if they are few."""
        with self._lock, np.errstate(all="ignore"):
            if self._embedding is None:
                return None
            count = min(25, len(self.points) // 2)
            given = np.asarray(activations, np.float64)[None]
            placed = self._embedding.transform(given, k=count, perplexity=min(5.0, count / 3))
            return np.array(placed, np.float32)[0]
