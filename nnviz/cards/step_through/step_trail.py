"""The places in a step where a person has been, to go back to, as in a browser."""

from __future__ import annotations

from dataclasses import dataclass, field

from nnviz.session.selection import Neuron

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
