"""What is trained beside the window is compared as soon as there is something to see, for who looks on."""

from __future__ import annotations

from collections.abc import Sequence

from nnviz.library import Group
from nnviz.session.active_runs import ActiveRuns
from nnviz.session.comparison import COMPARED, Comparison


class AutoCompare:
    """Compares groups under way, each once: a person may leave them out again.

    A race takes the place of what was compared. Seeds are compared only where the user has not chosen runs.

    Attributes:
        sweep: the sweep whose trials are in view; 0 for none.
    """

    def __init__(self, active_runs: ActiveRuns, comparison: Comparison) -> None:
        self._active_runs, self._comparison = active_runs, comparison
        self._new: list[Group] = []
        self._added: set[Group] = set()  # that were compared here, and not by the user
        self.sweep = 0
        active_runs.groups_changed.connect(self._begin)
        active_runs.changed.connect(self._look)

    def _begin(self) -> None:
        if self._active_runs.groups:
            self._new = list(self._active_runs.groups)

    def _look(self) -> None:
        """Compares them when somebody looks, and something was measured."""
        if self._active_runs.is_watched and any(map(self._active_runs.has_begun, self._new)):
            self._show(self._new)

    def _show(self, groups: Sequence[Group]) -> None:
        is_race, self._new = len(self._new) > 1, []
        if is_race:
            self.show(groups)
        elif self._comparison.colours.keys() <= self._added and groups[0] not in self._comparison.colours:
            self._compare(groups[0])

    def _compare(self, group: Group) -> None:
        if len(self._comparison.colours) < len(COMPARED):
            self._comparison.toggle(group)
            self._added.add(group)

    def end(self, groups: Sequence[Group]) -> None:
        """It is over, and these have runs in the library. A race is compared now if nobody looked before."""
        if groups and (len(self._new) > 1 or (self._new and self._active_runs.is_watched)):
            self._show(groups)
        self._new = []

    def sees(self, sweep: int, groups: Sequence[Group]) -> bool:
        """Whether what came of a plan, of that number and with these groups, is in view; a message would cover it."""
        are_compared = bool(groups) and all(group in self._comparison.colours for group in groups)
        return sweep == self.sweep or (self._active_runs.is_watched and are_compared)

    def show(self, groups: Sequence[Group]) -> None:
        """Compares these groups in the place of others, as many as can be told apart."""
        self._comparison.clear()
        for group in groups[: len(COMPARED)]:
            self._compare(group)
