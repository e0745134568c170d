"""Three views of a sweep's trials: dots over each setting, parallel coordinates, the best so far."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial

from PyQt5.QtCore import Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QHideEvent, QKeyEvent
from PyQt5.QtWidgets import QGridLayout, QStackedWidget, QVBoxLayout, QWidget

from nnviz.cards.sweep.parallel_plot import ParallelPlot
from nnviz.cards.sweep.trial_points import (
    ResultAxis,
    TrialDots,
    best_so_far,
    dots,
    line_axes,
    line_places,
    lines,
    places_along,
    result_axis,
    setting_frame,
)
from nnviz.cards.sweep.trial_table import TrialTable
from nnviz.cards.sweep.trial_text import run_readout, trial_readout
from nnviz.ui.card import label
from nnviz.ui.parts import arranged, named
from nnviz.ui.plots.point_plot import PointPlot
from nnviz.ui.read_out import spoken

_MOST_PLOTS, _IN_A_ROW = 8, 4
_LEAST = (120, 96)  # pixels of one of several plots
_BEGINS = "first run in progress"
_DOTS_TIP = (
    "Each dot is a run, or the median of a trial's seeds. Click it to choose its trial, press C to compare it; "
    "Enter or a double click opens the run."
)
_LINES_TIP = (
    "Each line is a trial: its values, and its result at the right. Click it to choose the trial, press C to "
    "compare it; Enter or a double click opens its run."
)
_BEST_TIP = (
    "Each dot is a finished run, in order; the line is the best trial so far. Click a dot to choose its trial; "
    "Enter or a double click opens the run."
)


class TrialViews(QStackedWidget):
    """Shows one of the views; the others are not drawn.

    Signals:
        chosen(int): the user chose the trial of that number.
        compare_wanted: the user toggled the comparison of the chosen trial.
        opened(int, int): the user wants to open a run: its trial, and its index in the table; -1 for the median run.
    """

    chosen = pyqtSignal(int)
    compare_wanted = pyqtSignal()
    opened = pyqtSignal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self._table: TrialTable | None = None
        self._unit = ""
        self._plots: list[PointPlot] = []
        self._due: deque[Callable[[], None]] = deque()  # plots that are drawn in one of the next turns
        self._next = QTimer(self)
        self._next.setSingleShot(True)
        self._next.timeout.connect(self._draw_next)
        self._drawn: dict[PointPlot, TrialDots] = {}
        self.grid = QWidget()
        self._cells = QGridLayout(self.grid)
        self._cells.setContentsMargins(0, 0, 0, 0)
        self._cells.setSpacing(4)
        self._more = label(role="muted")
        self._dots = QWidget()
        arranged(QVBoxLayout(self._dots), (self.grid, 1), self._more)
        self.lines = named(ParallelPlot(), "trialLines", "Parallel coordinates of the trials", "")
        self.lines.setWhatsThis(_LINES_TIP)
        self.best = self._new_plot("trialBestPlot", "Best trial so far, over finished runs", _BEST_TIP)
        for view in (self._dots, self.lines, self.best):
            self.addWidget(view)
        self._show_plots(1)
        self.lines.hovered.connect(self._describe_line)
        self.lines.chosen.connect(self.chosen)
        self.lines.moved.connect(self.chosen)
        self.lines.opened.connect(lambda trial: self.opened.emit(trial, -1))

    def _new_plot(self, name: str, accessible: str, tip: str) -> PointPlot:
        plot = named(PointPlot(), name, accessible, "")
        plot.setWhatsThis(tip)
        plot.setMinimumSize(*_LEAST)
        plot.hovered.connect(lambda dot: self._describe_dot(plot, dot))
        for signal in (plot.chosen, plot.moved):
            signal.connect(lambda dot: self._tell(plot, dot))
        plot.opened.connect(lambda dot: self._open(plot, dot))
        return plot

    @property
    def plots(self) -> list[PointPlot]:
        """The plots of the settings."""
        return self._plots

    def drawn(self, plot: PointPlot) -> TrialDots:
        """Returns the trials and runs of a plot's dots."""
        return self._drawn[plot]

    # ---- drawing

    def show_table(
        self,
        table: TrialTable,
        view: str,
        is_log: bool,
        unit: str,
        colours: Mapping[int, str],
        at_once: bool = True,
    ) -> None:
        """Draws trials as "dots", "parallel" coordinates or "best" so far; ``colours`` are those of compared trials.

        Args:
            at_once: whether to draw all plots in this turn of the event loop; else input events come between them.
        """
        self._table, self._unit = table, unit
        result = result_axis(table, is_log, unit)
        hint = _BEGINS if not table.runs else ""
        self._due.clear()
        if view == "dots":
            at_once |= self._show_plots(len(table.axes))
            self._due += [partial(self._draw_plot, number, result, colours) for number in range(len(self._plots))]
            self._draw_next()
            while at_once and self._due:
                self._draw_next()
            self.setCurrentWidget(self._dots)
        elif view == "parallel":
            places = line_places(table, result)
            self.lines.show_lines(line_axes(table, result), places, lines(table, colours), hint)
            self.setCurrentWidget(self.lines)
        else:
            drawn, path, frame = best_so_far(table, result, colours)
            self._drawn[self.best] = drawn
            self.best.show_points(drawn.series, frame, hint, path)
            self.setCurrentWidget(self.best)

    def _draw_next(self) -> None:
        """Draws the next plot in the queue."""
        if self._due:
            self._due.popleft()()
        if self._due:
            self._next.start(0)

    def _draw_plot(self, number: int, result: ResultAxis, colours: Mapping[int, str]) -> None:
        table = self._table
        if table is None or number >= len(self._plots):
            return
        drawn = self._drawn[self._plots[number]] = dots(table, places_along(table, number), result, colours)
        frame = setting_frame(table.axes[number], result, is_first=not number)
        self._plots[number].show_points(drawn.series, frame, "" if table.runs else _BEGINS)

    def _show_plots(self, count: int) -> bool:
        """Shows a plot for each of up to eight settings, in one or two rows; returns whether some are new."""
        shown = min(count, _MOST_PLOTS)
        is_new = shown > len(self._plots)
        while len(self._plots) > shown:
            plot = self._plots.pop()
            self._drawn.pop(plot, None)
            plot.deleteLater()
            self._cells.removeWidget(plot)
        while len(self._plots) < shown:
            number = len(self._plots) + 1
            self._plots.append(self._new_plot(f"trialDots{number}Plot", f"Runs over setting {number}", _DOTS_TIP))
        in_a_row = shown if shown <= _IN_A_ROW else -(-shown // 2)
        for number, plot in enumerate(self._plots):
            self._cells.addWidget(plot, number // in_a_row, number % in_a_row)
        more = count - shown
        self._more.setText(f"{more} more settings vary. Parallel coordinates show all.")
        self._more.setVisible(more > 0)
        return is_new

    def show_choice(self, trial: int | None) -> None:
        """Highlights a trial in the current view; None for none."""
        for plot, drawn in self._drawn.items():
            plot.show_choice(drawn.dot_of(trial))
        self.lines.show_choice(trial)
        table = self._table
        words = "" if trial is None or table is None else spoken(trial_readout(table, trial, self._unit))
        for view in (*self._drawn, self.lines):
            view.set_summary(words)

    def hideEvent(self, event: QHideEvent) -> None:
        """Clears the queue: everything is drawn when the view is shown again."""
        self._next.stop()
        self._due.clear()
        super().hideEvent(event)

    # ---- mouse and keys

    def _describe_dot(self, plot: PointPlot, dot: int) -> None:
        drawn, table = self._drawn.get(plot), self._table
        if drawn is None or table is None or not 0 <= dot < len(drawn.trials):
            plot.show_text("")
            return
        run, trial = int(drawn.runs[dot]), int(drawn.trials[dot])
        told = trial_readout(table, trial, self._unit) if run < 0 else run_readout(table, table.runs[run], self._unit)
        plot.show_text(told)

    def _describe_line(self, trial: int) -> None:
        table = self._table
        self.lines.show_text("" if trial < 0 or table is None else trial_readout(table, trial, self._unit))

    def _tell(self, plot: PointPlot, dot: int) -> None:
        drawn = self._drawn.get(plot)
        if drawn is not None and 0 <= dot < len(drawn.trials):
            self.chosen.emit(int(drawn.trials[dot]))

    def _open(self, plot: PointPlot, dot: int) -> None:
        drawn = self._drawn.get(plot)
        if drawn is not None and 0 <= dot < len(drawn.trials):
            self.opened.emit(int(drawn.trials[dot]), int(drawn.runs[dot]))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """C compares the chosen trial, in every view."""
        if event.key() == Qt.Key.Key_C and not event.modifiers():
            self.compare_wanted.emit()
        else:
            super().keyPressEvent(event)
