"""Navigation in a step: its stages in order, moves by phase, layer or neuron, and the history of visits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from nnviz.session.selection import Neuron

_MOST_VISITS = 200  # that are kept to go back to


class StepPhase(Enum):
    """The phases of a step: forward pass, loss, backward pass, update of the weights."""

    FORWARD = "forward"
    LOSS = "loss"
    BACKWARD = "backward"
    UPDATE = "update"


class Stride(Enum):
    """The distance that Previous and Next move at once."""

    WHOLE = "whole"
    LAYER = "layer"
    NEURON = "neuron"


@dataclass(frozen=True)
class StepStage:
    """A phase in a layer, counted from 1. Layer 0 is the input; the loss belongs to the last layer."""

    phase: StepPhase
    layer: int


@dataclass(frozen=True)
class PathStop:
    """A stop on the path: the number of the stage, and the neuron in its layer, counted from 0."""

    stage: int
    neuron: int


@lru_cache(maxsize=2)
def all_stages(layers: int) -> tuple[StepStage, ...]:
    """Returns all stages of a network with that many layers after the input. Cached: a deep network has thousands."""
    forward = [StepStage(StepPhase.FORWARD, layer) for layer in range(layers + 1)]
    backward = [StepStage(StepPhase.BACKWARD, layer) for layer in range(layers, 0, -1)]
    update = [StepStage(StepPhase.UPDATE, layer) for layer in range(1, layers + 1)]
    return (*forward, StepStage(StepPhase.LOSS, layers), *backward, *update)


def stage_number(stage: StepStage, layers: int) -> int:
    """Returns the number of a stage among all, see :func:`all_stages`."""
    if stage.phase is StepPhase.FORWARD:
        return stage.layer
    if stage.phase is StepPhase.LOSS:
        return layers + 1
    return 2 * layers + 2 - stage.layer if stage.phase is StepPhase.BACKWARD else 2 * layers + 1 + stage.layer


def next_stop(stop: PathStop, shape: Sequence[int], stride: Stride, is_forward: bool) -> PathStop:
    """Returns the next stop, or the previous one; at an end of the path the same one."""
    stages, step = all_stages(len(shape) - 1), 1 if is_forward else -1
    if stride is Stride.NEURON and 0 <= stop.neuron + step < _neurons(stages[stop.stage], shape):
        return PathStop(stop.stage, stop.neuron + step)
    place = _next_phase(stages, stop.stage, is_forward) if stride is Stride.WHOLE else stop.stage + step
    if not 0 <= place < len(stages):
        return stop
    if stride is not Stride.NEURON:
        same_layer = stages[place].layer == stages[stop.stage].layer
        return PathStop(place, stop.neuron if same_layer else 0)
    return PathStop(place, 0 if is_forward else _neurons(stages[place], shape) - 1)


def _neurons(stage: StepStage, shape: Sequence[int]) -> int:
    """Returns the number of stops in a stage: inputs, and the loss, are a single stop."""
    return 1 if stage.phase is StepPhase.LOSS or stage.layer == 0 else shape[stage.layer]


def _next_phase(stages: Sequence[StepStage], now: int, is_forward: bool) -> int:
    """Returns the first stage of the next phase; backwards that of the current phase, or of the one before."""
    starts = [place for place, stage in enumerate(stages) if not place or stages[place - 1].phase is not stage.phase]
    ahead = [start for start in starts if start > now]
    behind = [start for start in starts if start < now]
    if is_forward:
        return ahead[0] if ahead else now
    return behind[-1] if behind else now


@dataclass(frozen=True)
class Visit:
    """A visited place.

    Attributes:
        stage: the number of the stage.
        neuron, source, row: as in ``StepPosition``.
        line: the opened formula.
        chosen: the neuron that was chosen in all cards.
    """

    stage: int
    neuron: int
    source: int
    row: int
    line: int
    chosen: Neuron | None = field(compare=False)


class VisitHistory:
    """The visited places in order, as in a web browser; the last one is the current place."""

    def __init__(self) -> None:
        self._visits: list[Visit] = []

    def clear(self) -> None:
        """Forgets all places, which belong to another network."""
        self._visits.clear()

    def note(self, visit: Visit) -> None:
        """Adds the current place, unless it is the last one already."""
        if not self._visits or visit != self._visits[-1]:
            self._visits.append(visit)
            del self._visits[:-_MOST_VISITS]

    @property
    def can_go_back(self) -> bool:
        """Whether there is a previous place."""
        return len(self._visits) > 1

    def back(self) -> Visit | None:
        """Goes back to the previous place and returns it; None if there is none."""
        if not self.can_go_back:
            return None
        self._visits.pop()
        return self._visits[-1]
