"""A button that starts and stops a race of the compared experiments."""

from __future__ import annotations

from functools import partial

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QToolButton

from nnviz.cards.comparison.race import reason_no_race, start_or_stop_race
from nnviz.formatting.result_text import format_seeds
from nnviz.session.session import Session
from nnviz.session.sweep_text import format_stop_count
from nnviz.ui.parts import named
from nnviz.ui.start_stop import StartStop


class RaceButton(QToolButton):
    """The button of a race; visible if two runs or more are compared."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._sweeps, self._comparison = session.sweeps, session.comparison
        named(self, "raceButton", "Race")
        self.setProperty("role", "word")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._start_stop = StartStop(self, partial(start_or_stop_race, session))
        for signal in (session.sweeps.changed, session.comparison.changed):
            signal.connect(self._show)
        self._show()

    def _show(self) -> None:
        sweeps, plan_progress = self._sweeps, self._sweeps.plan_progress
        reason_unavailable = reason_no_race(self._comparison.runs)
        self.setVisible(len(self._comparison.runs) > 1)
        self._start_stop.show(plan_progress is not None, reason_unavailable is None)
        if plan_progress is None:
            self.setText(f"Race: {format_seeds(sweeps.seeds)}")
            self.setToolTip(reason_unavailable or self._tip())
        else:
            self.setText(format_stop_count(plan_progress))
            self.setToolTip(f"{sweeps.progress}. Stops the race. Finished runs are kept, and you can resume it.")

    def _tip(self) -> str:
        seeds = format_seeds(self._sweeps.seeds)
        return (
            f"Trains each compared setting again with the same {seeds}, and compares the results. Without a "
            "validation set, 10 % of the training set are held out."
        )
