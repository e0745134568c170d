"""The way through a step: its stages in order, and one's moves by whole phases, by layers or by neurons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from nnviz.session.selection import Neuron


class Phase(Enum):
    """What happens: the example goes forward, the loss is computed, deltas flow back, the weights change."""

    FORWARD = "forward"
    LOSS = "loss"
    BACKWARD = "backward"
    UPDATE = "update"


class Pace(Enum):
    """How far one goes at once."""

    WHOLE = "whole"
    LAYER = "layer"
    NEURON = "neuron"


@dataclass(frozen=True)
class Stage:
    """A phase in a layer, from 1; layer 0 is the input, and the loss is of the last layer."""

    phase: Phase
    layer: int


@dataclass(frozen=True)
class Spot:
    """Where one stands: the number of the stage, and the neuron in its layer, from 0."""

    stage: int
    neuron: int


@lru_cache(maxsize=2)
def stages_of(layers: int) -> tuple[Stage, ...]:
    """All stages of a network with so many layers after the input; kept, since there are thousands in a deep one."""
    forward = [Stage(Phase.FORWARD, layer) for layer in range(layers + 1)]
    backward = [Stage(Phase.BACKWARD, layer) for layer in range(layers, 0, -1)]
    update = [Stage(Phase.UPDATE, layer) for layer in range(1, layers + 1)]
    return (*forward, Stage(Phase.LOSS, layers), *backward, *update)


def number_of(stage: Stage, layers: int) -> int:
    """The place of a stage among all, see :func:`stages_of`."""
    if stage.phase is Phase.FORWARD:
        return stage.layer
    if stage.phase is Phase.LOSS:
        return layers + 1
    return 2 * layers + 2 - stage.layer if stage.phase is Phase.BACKWARD else 2 * layers + 1 + stage.layer


def moved(spot: Spot, shape: Sequence[int], pace: Pace, is_forward: bool) -> Spot:
    """The next spot, or the one before; at the ends of the way the same."""
    stages, step = stages_of(len(shape) - 1), 1 if is_forward else -1
    if pace is Pace.NEURON and 0 <= spot.neuron + step < _neurons(stages[spot.stage], shape):
        return Spot(spot.stage, spot.neuron + step)
    place = _next_phase(stages, spot.stage, is_forward) if pace is Pace.WHOLE else spot.stage + step
    if not 0 <= place < len(stages):
        return spot
    if pace is not Pace.NEURON:
        same_layer = stages[place].layer == stages[spot.stage].layer
        return Spot(place, spot.neuron if same_layer else 0)
    return Spot(place, 0 if is_forward else _neurons(stages[place], shape) - 1)


def _neurons(stage: Stage, shape: Sequence[int]) -> int:
    """How many stops a stage has; inputs and outputs are looked at together, and so is the loss."""
    return 1 if stage.phase is Phase.LOSS or stage.layer == 0 else shape[stage.layer]


def _next_phase(stages: Sequence[Stage], now: int, is_forward: bool) -> int:
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
        stage, neuron, source, row: as in ``StepView``; the stage by its number.
        line: which formula was opened.
        chosen: the neuron that all cards showed.
    """

    stage: int
    neuron: int
    source: int
    row: int
    line: int
    chosen: Neuron | None = field(compare=False)


class Trail:
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
