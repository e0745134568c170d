"""Adds background runs to the comparison once they have results, while the Runs workspace is visible."""

from __future__ import annotations

from collections.abc import Sequence

from nnviz.library import RunGroup
from nnviz.session.active_runs import ActiveRuns
from nnviz.session.comparison import COMPARED, Comparison
from nnviz.session.seeds import Chosen


class AutoCompare:
    """Compares groups in training, each once, so that the user can remove them.

    A race replaces the comparison. Seeds are added only if the user has not chosen runs.

    Attributes:
        sweep: the sweep whose trials are visible; 0 for none.
    """

    def __init__(self, active_runs: ActiveRuns, comparison: Comparison) -> None:
        self._active_runs, self._comparison = active_runs, comparison
        self._new: list[RunGroup] = []
        self._added: set[Chosen] = set()  # that were compared here, and not by the user
        self.sweep = 0
        active_runs.groups_changed.connect(self._begin)
        active_runs.changed.connect(self._look)

    def begin_with(self, run: Chosen) -> None:
        """Compares a run or a group if none was ever compared, so that Runs shows something at first."""
        if not self._comparison.was_used:
            self._compare(run)

    def _begin(self) -> None:
        if self._active_runs.groups:
            self._new = list(self._active_runs.groups)

    def _look(self) -> None:
        """Compares new groups if they are watched and have measurements."""
        if self._active_runs.is_watched and any(map(self._active_runs.has_begun, self._new)):
            self._show(self._new)

    def _show(self, groups: Sequence[RunGroup]) -> None:
        is_race, self._new = len(self._new) > 1, []
        if is_race:
            self.show(groups)
        elif self._comparison.colours.keys() <= self._added and groups[0] not in self._comparison.colours:
            self._compare(groups[0])

    def _compare(self, group: Chosen) -> None:
        if len(self._comparison.colours) < len(COMPARED):
            self._comparison.toggle(group)
            self._added.add(group)

    def end(self, groups: Sequence[RunGroup]) -> None:
        """Ends the plan with these groups in the library. A race that was not compared before is compared now."""
        if groups and (len(self._new) > 1 or (self._new and self._active_runs.is_watched)):
            self._show(groups)
        self._new = []

    def sees(self, sweep: int, groups: Sequence[RunGroup]) -> bool:
        """Whether the results of a plan, by its number and groups, are visible, so that no message is needed."""
        are_compared = bool(groups) and all(group in self._comparison.colours for group in groups)
        return sweep == self.sweep or (self._active_runs.is_watched and are_compared)

    def show(self, groups: Sequence[RunGroup]) -> None:
        """Replaces the comparison by these groups, as far as there are colours."""
        self._comparison.clear()
        for group in groups[: len(COMPARED)]:
            self._compare(group)
