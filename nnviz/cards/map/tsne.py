"""t-SNE: an embedding in which points with similar activations lie together. Computed by openTSNE, an optional package.

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
_FEWEST = 5  # points for a meaningful embedding
_EARLY, _LATE = 250, 500  # iterations while clusters form, and afterwards
_SLICE = 10  # Iterations of a step: 0.1 s for 2,500 points. Fewer would lose the momentum, which each step resets.
_EXAGGERATION = 12
_SMALL = 1e-4  # Initial standard deviation: points that start close together can still change places.
_NEIGHBOURS_SHARE = 0.1  # share of the work that finding the neighbours takes
_MANY = 5000  # Points from which forces are interpolated on a grid instead of summed over a tree.


def is_installed() -> bool:
    """Whether openTSNE is installed. Does not import it."""
    return find_spec("openTSNE") is not None


class TsneEmbedding:
    """Embedding in progress, which also places new examples. Calls of several threads run one after the other.

    Attributes:
        points: (k, 2) float32, the points so far; a new array after each step.
    """

    def __init__(self, activations: Array, start: Array) -> None:
        """``activations``: (k, width), finite; ``start``: (k, 2), approximate initial points."""
        self.points = np.asarray(start, np.float32)
        self._activations = np.asarray(activations, np.float64)
        self._embedding: Any = None  # None until the neighbours are found, and for very few points
        self._lock = threading.Lock()

    def steps(self) -> Generator[float, None, None]:
        """Moves the points; yields the progress 0…1."""
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
        noise = np.random.default_rng(0).normal(0, _SMALL / 100, start.shape)  # Equal points must be able to separate.
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
        """Returns the point (2,) of an example with activations (width,); None if there are too few points."""
        with self._lock, np.errstate(all="ignore"):
            if self._embedding is None:
                return None
            count = min(25, len(self.points) // 2)
            given = np.asarray(activations, np.float64)[None]
            placed = self._embedding.transform(given, k=count, perplexity=min(5.0, count / 3))
            return np.array(placed, np.float32)[0]
