"""Embeddings of examples in the plane by the activations of a layer: PCA on given axes, or t-SNE."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

import numpy as np

from engine.basics.errors import DataError
from engine.basics.validation import Array
from engine.explain.features import activations_of
from engine.explain.predictions import ClassPredictions, Predictions
from engine.explain.projection import (
    PrincipalAxes,
    Projection,
    layer_rows,
    nearest_neighbours,
    principal_axes,
    project_in_steps,
)
from engine.network.network import Network
from engine.training.metrics import confusion_matrix
from nnviz.cards.map.tsne import TsneEmbedding
from nnviz.session.example_sets import ExampleSet

_FOR_THE_BASIS, _FEWEST = 2000, 200  # Most and fewest examples that axes are computed from. Wide layers take fewer, …
_MOST_NUMBERS = 8_000_000  # … so that about this many activations are in memory at a time.
_AXES_FOR_TSNE = 50  # enough to find neighbours
_ASKED = 1000  # points whose neighbours are counted, which takes up to 50 ms


@dataclass(frozen=True, eq=False)
class EmbeddingSource:
    """Network, layer and examples of an embedding.

    Attributes:
        network, epochs: the network, and the number of epochs that it was trained for.
        part: the part of the data with the examples.
        layer: from 1; 0 is the input.
        most: largest number of examples, an even sample of the part.
    """

    network: Network
    epochs: float
    part: ExampleSet
    layer: int
    most: int

    @property
    def rows(self) -> Array:
        """(k,): numbers of the examples in the split, ascending."""
        return even_sample(self.part, self.most)


@dataclass(frozen=True, eq=False)
class Embedding:
    """Examples as points in the plane.

    Attributes:
        source: network, layer and examples.
        rows: (k,) numbers of the examples in the split.
        points: (k, 2) float32; NaN if activations are not finite.
        answers: predictions for the examples.
        share: share of the variance that the axes explain; NaN if there is no variance, and for t-SNE.
        basis: the axes that activations are projected on; for t-SNE the axes of its input.
        tsne: state of t-SNE; None for PCA.
        neighbours: (classes, classes) counts of points by their class, and by the class of the nearest other point;
            None for regression, and until t-SNE is done.
    """

    source: EmbeddingSource
    rows: Array
    points: Array
    answers: Predictions
    share: float
    basis: PrincipalAxes
    tsne: TsneEmbedding | None = None
    neighbours: Array | None = None

    @property
    def is_sampled(self) -> bool:
        """Whether ``neighbours`` counts only some of the points."""
        return len(self.points) > _ASKED

    def place(self, network: Network, inputs: Array) -> Array | None:
        """Returns the point (2,) of an input (width,), by its activations in ``network``; None if it has no place.

        t-SNE uses the network of the embedding instead, and may take a while.
        """
        sees = network if self.tsne is None else self.source.network
        with np.errstate(all="ignore"):
            seen = activations_of(sees, inputs[None].astype(sees.parameters.dtype), self.source.layer)
            along = self.basis.project(seen)[0]
        if not np.isfinite(along).all():
            return None
        return along if self.tsne is None else self.tsne.place(along)


# Yields the progress 0…1 and the embedding so far; returns the last one.
EmbeddingSteps = Generator[tuple[float, Embedding], None, Embedding | None]


def even_sample(part: ExampleSet, most: int) -> Array:
    """Returns (k,): the numbers in the split of at most ``most`` examples, evenly spread over the part."""
    places = np.linspace(0, part.count - 1, min(most, part.count)).astype(np.int64)
    return places if part.rows is None else part.rows[places]


def basis_for(source: EmbeddingSource, count: int = 2) -> PrincipalAxes:
    """Returns axes of the largest variance, computed from a sample; NaN if activations are not finite."""
    few = min(_chunk_size(source), _FOR_THE_BASIS, source.most)
    rows = layer_rows(source.network, source.part.split, even_sample(source.part, few), source.layer)
    try:
        return principal_axes(rows, count)
    except DataError:
        width = rows.shape[1]
        return PrincipalAxes(np.full(width, np.nan), np.full((count, width), np.nan), np.zeros(count))


def _chunk_size(source: EmbeddingSource) -> int:
    """Returns the number of examples whose activations are in memory at a time."""
    return max(_MOST_NUMBERS // source.network.shape[source.layer], _FEWEST)


def _projected(source: EmbeddingSource, rows: Array, basis: PrincipalAxes) -> Array:
    """Returns (k, axes): the activations of examples along the axes."""
    size = _chunk_size(source)
    chunks = [rows[start : start + size] for start in range(0, len(rows), size)]
    split = source.part.split
    return np.concatenate([basis.project(layer_rows(source.network, split, some, source.layer)) for some in chunks])


def project(source: EmbeddingSource, basis: PrincipalAxes, is_wanted: Callable[[], bool]) -> Embedding | None:
    """Returns the embedding on two given axes; None if ``is_wanted`` became false."""
    rows = source.rows
    steps = project_in_steps(source.network, source.part.split, rows, source.layer, basis)
    while is_wanted():
        try:
            next(steps)
        except StopIteration as finished:
            found: Projection = finished.value
            counts = count_neighbours(found.points, found.answers)
            return Embedding(source, rows, found.points, found.answers, found.share, basis, neighbours=counts)
    return None


def count_neighbours(points: Array, answers: Predictions) -> Array | None:
    """Returns (classes, classes) counts of up to 1,000 points by their class, and by that of the nearest other point.

    None for regression.
    """
    if not isinstance(answers, ClassPredictions):
        return None
    asked = np.linspace(0, len(points) - 1, min(len(points), _ASKED)).astype(np.int64)
    nearest = nearest_neighbours(points, asked)
    labels, is_found = answers.labels, nearest >= 0
    return confusion_matrix(labels[asked[is_found]], labels[nearest[is_found]], answers.classes)


def embed_by_tsne(source: EmbeddingSource, before: Embedding | None) -> EmbeddingSteps:
    """Embeds the examples by t-SNE, starting from ``before`` if it has the same examples, else from two axes.

    Yields the progress 0…1 and the embedding so far; returns the last one.
    """
    axes = basis_for(source, min(_AXES_FOR_TSNE, source.network.shape[source.layer]))
    first = basis_for(source)
    embedding = project(source, first, lambda: True)
    assert embedding is not None
    embedding = replace(embedding, share=float("nan"), neighbours=None)
    if not np.isfinite(embedding.points).all():
        return embedding
    has_same = before is not None and np.array_equal(before.rows, embedding.rows) and before.source.part is source.part
    start = before.points if has_same and before is not None else embedding.points
    tsne = TsneEmbedding(_projected(source, embedding.rows, axes), start)
    embedding = replace(embedding, points=tsne.points, basis=axes, tsne=tsne)
    for share in tsne.steps():
        embedding = replace(embedding, points=tsne.points)
        yield share, embedding
    return replace(embedding, points=tsne.points, neighbours=count_neighbours(tsne.points, embedding.answers))
