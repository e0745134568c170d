"""Examples as points by a layer's activations: along two fixed axes, or arranged by t-SNE."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

import numpy as np

from engine.basics.errors import DataError
from engine.basics.validation import Array
from engine.explain.features import activations_of
from engine.explain.predictions import Predictions
from engine.explain.projection import PrincipalAxes, Projected, layer_rows, principal_axes, project_in_steps
from engine.network.network import Network
from nnviz.jobs.tsne import Arrangement
from nnviz.session.part import Part

_FOR_THE_BASIS, _FEWEST = 2000, 200  # examples; a few axes need no more, of very wide layers fewer are taken …
_MOST_NUMBERS = 8_000_000  # … so that their activations are about so many at once
_AXES_FOR_TSNE = 50  # that are enough for neighbours


@dataclass(frozen=True, eq=False)
class Subject:
    """What is placed: some examples of a part, as a layer of a network sees them at one moment.

    Attributes:
        layer: from 1; 0 is the input.
        most: how many examples at most; they are spread evenly over the part.
    """

    network: Network
    epochs: float
    part: Part
    layer: int
    most: int

    @property
    def rows(self) -> Array:
        """(k,): the numbers of the examples in the split, ascending."""
        return spread(self.part, self.most)


@dataclass(frozen=True, eq=False)
class Cloud:
    """Examples as points.

    Attributes:
        subject: what is shown.
        rows: (k,) the examples' numbers in the split.
        points: (k, 2) float32; NaN where activations are not finite.
        answers: the network's answers to them.
        share: the share of the variance that the axes show; NaN if there is none, and for t-SNE.
        basis: the axes that activations are projected on, for t-SNE before they are arranged.
        arrangement: what t-SNE works on; None for fixed axes.
    """

    subject: Subject
    rows: Array
    points: Array
    answers: Predictions
    share: float
    basis: PrincipalAxes
    arrangement: Arrangement | None = None

    def place(self, network: Network, inputs: Array) -> Array | None:
        """(2,): where an example (width,) lies on fixed axes, as that network sees it; with t-SNE as that of the map.

        None if it has no place. May take a while with t-SNE.
        """
        sees = network if self.arrangement is None else self.subject.network
        with np.errstate(all="ignore"):
            seen = activations_of(sees, inputs[None].astype(sees.parameters.dtype), self.subject.layer)
            along = self.basis.project(seen)[0]
        if not np.isfinite(along).all():
            return None
        return along if self.arrangement is None else self.arrangement.place(along)


# Yields the share 0…1 that is done, and the cloud so far; returns the last one.
Steps = Generator[tuple[float, Cloud], None, Cloud | None]


def spread(part: Part, most: int) -> Array:
    """(k,): the numbers in the split of at most so many examples, evenly spread over the part."""
    places = np.linspace(0, part.count - 1, min(most, part.count)).astype(np.int64)
    return places if part.rows is None else part.rows[places]


def basis_for(subject: Subject, count: int = 2) -> PrincipalAxes:
    """The axes for a subject, worked out from some of its examples; of NaN where activations are not finite."""
    few = min(_at_once(subject), _FOR_THE_BASIS, subject.most)
    rows = layer_rows(subject.network, subject.part.split, spread(subject.part, few), subject.layer)
    try:
        return principal_axes(rows, count)
    except DataError:
        width = rows.shape[1]
        return PrincipalAxes(np.full(width, np.nan), np.full((count, width), np.nan), np.zeros(count))


def _at_once(subject: Subject) -> int:
    """How many examples' activations are held at once."""
    return max(_MOST_NUMBERS // subject.network.shape[subject.layer], _FEWEST)


def _along(subject: Subject, rows: Array, basis: PrincipalAxes) -> Array:
    """(k, axes): the examples' activations along the axes."""
    size = _at_once(subject)
    chunks = [rows[start : start + size] for start in range(0, len(rows), size)]
    split = subject.part.split
    return np.concatenate([basis.project(layer_rows(subject.network, split, some, subject.layer)) for some in chunks])


def cloud_on(subject: Subject, basis: PrincipalAxes, goes_on: Callable[[], bool]) -> Cloud | None:
    """The examples on given axes of two; None if that was given up because it no longer ``goes_on``."""
    rows = subject.rows
    steps = project_in_steps(subject.network, subject.part.split, rows, subject.layer, basis)
    while goes_on():
        try:
            next(steps)
        except StopIteration as finished:
            found: Projected = finished.value
            return Cloud(subject, rows, found.points, found.answers, found.share, basis)
    return None


def arrange(subject: Subject, before: Cloud | None) -> Steps:
    """Arranges the examples by t-SNE, begun from an earlier cloud of the same examples, or else from two axes.

    Yields the share 0…1 that is done, and the cloud so far; returns the last one.
    """
    axes = basis_for(subject, min(_AXES_FOR_TSNE, subject.network.shape[subject.layer]))
    first = basis_for(subject)
    cloud = cloud_on(subject, first, lambda: True)
    assert cloud is not None
    cloud = replace(cloud, share=float("nan"))
    if not np.isfinite(cloud.points).all():
        return cloud
    begins = before is not None and np.array_equal(before.rows, cloud.rows) and before.subject.part is subject.part
    start = before.points if begins and before is not None else cloud.points
    arrangement = Arrangement(_along(subject, cloud.rows, axes), start)
    cloud = replace(cloud, points=arrangement.points, basis=axes, arrangement=arrangement)
    for share in arrangement.steps():
        cloud = replace(cloud, points=arrangement.points)
        yield share, cloud
    return replace(cloud, points=arrangement.points)
