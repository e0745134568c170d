"""The way through a step: its stages in order, and one's moves by whole phases, by layers or by neurons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from nnviz.session.selection import Neuron


class StepPhase(Enum):
    """What happens: the example goes forward, the loss is computed, deltas flow back, the weights change."""

    FORWARD = "forward"
    LOSS = "loss"
    BACKWARD = "backward"
    UPDATE = "update"


class Stride(Enum):
    """How far one goes at once."""

    WHOLE = "whole"
    LAYER = "layer"
    NEURON = "neuron"


@dataclass(frozen=True)
class StepStage:
    """A phase in a layer, from 1; layer 0 is the input, and the loss is of the last layer."""

    phase: StepPhase
    layer: int


@dataclass(frozen=True)
class PathStop:
    """Where one stands: the number of the stage, and the neuron in its layer, from 0."""

    stage: int
    neuron: int


@lru_cache(maxsize=2)
def all_stages(layers: int) -> tuple[StepStage, ...]:
    """All stages of a network with so many layers after the input; kept, since there are thousands in a deep one."""
    forward = [StepStage(StepPhase.FORWARD, layer) for layer in range(layers + 1)]
    backward = [StepStage(StepPhase.BACKWARD, layer) for layer in range(layers, 0, -1)]
    update = [StepStage(StepPhase.UPDATE, layer) for layer in range(1, layers + 1)]
    return (*forward, StepStage(StepPhase.LOSS, layers), *backward, *update)


def stage_number(stage: StepStage, layers: int) -> int:
    """The place of a stage among all, see :func:`all_stages`."""
    if stage.phase is StepPhase.FORWARD:
        return stage.layer
    if stage.phase is StepPhase.LOSS:
        return layers + 1
    return 2 * layers + 2 - stage.layer if stage.phase is StepPhase.BACKWARD else 2 * layers + 1 + stage.layer


def next_stop(spot: PathStop, shape: Sequence[int], pace: Stride, is_forward: bool) -> PathStop:
    """The next spot, or the one before; at the ends of the way the same."""
    stages, step = all_stages(len(shape) - 1), 1 if is_forward else -1
    if pace is Stride.NEURON and 0 <= spot.neuron + step < _neurons(stages[spot.stage], shape):
        return PathStop(spot.stage, spot.neuron + step)
    place = _next_phase(stages, spot.stage, is_forward) if pace is Stride.WHOLE else spot.stage + step
    if not 0 <= place < len(stages):
        return spot
    if pace is not Stride.NEURON:
        same_layer = stages[place].layer == stages[spot.stage].layer
        return PathStop(place, spot.neuron if same_layer else 0)
    return PathStop(place, 0 if is_forward else _neurons(stages[place], shape) - 1)


def _neurons(stage: StepStage, shape: Sequence[int]) -> int:
    """How many stops a stage has; inputs and outputs are looked at together, and so is the loss."""
    return 1 if stage.phase is StepPhase.LOSS or stage.layer == 0 else shape[stage.layer]


def _next_phase(stages: Sequence[StepStage], now: int, is_forward: bool) -> int:
    """Where the next phase begins; or the present one, or if that is here the one before."""
    starts = [place for place, stage in enumerate(stages) if not place or stages[place - 1].phase is not stage.phase]
    ahead = [start for start in starts if start > now]
    behind = [start for start in starts if start < now]
    if is_forward:
        return ahead[0] if ahead else now
    return behind[-1] if behind else now


_MOST = 200


@dataclass(frozen=True)
class Visit:
    """A place that was looked at.

    Attributes:
        stage, neuron, source, row: as in ``StepPosition``; the stage by its number.
        line: which formula was opened.
        chosen: the neuron that all cards showed.
    """

    stage: int
    neuron: int
    source: int
    row: int
    line: int
    chosen: Neuron | None = field(compare=False)


class VisitHistory:
    """Places in the order of the visits; the last one is where the person is."""

    def __init__(self) -> None:
        self._visits: list[Visit] = []

    def clear(self) -> None:
        """The places are of another network."""
        self._visits.clear()

    def note(self, visit: Visit) -> None:
        """Notes where the person is, unless that is known already."""
        if not self._visits or visit != self._visits[-1]:
            self._visits.append(visit)
            del self._visits[:-_MOST]

    @property
    def can_go_back(self) -> bool:
        """Whether there is a place before."""
        return len(self._visits) > 1

    def back(self) -> Visit | None:
        """The place before, where the person then is; None if there is none."""
        if not self.can_go_back:
            return None
        self._visits.pop()
        return self._visits[-1]
