"""The chart of the compared runs: what the comparison concludes, and a figure over epochs, each run in its colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QAction, QActionGroup, QStackedWidget, QWidget

from engine.sweeps.quantile_bands import LEAST_FOR_QUARTILES
from engine.training.history import Curve
from nnviz.cards.comparison.differences import chart_conclusion
from nnviz.cards.comparison.runs_plot import RunCurve, RunsPlot
from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.formatting.conclusion import Conclusion
from nnviz.formatting.run_name import short_names
from nnviz.formatting.units import unit_of
from nnviz.session.compared_run import ComparedRun
from nnviz.session.comparison import SPREADS
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.card import Panel, Table, label
from nnviz.ui.choice_button import ChoiceButton
from nnviz.ui.conclusion_label import ConclusionLabel
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.parts import named, set_look
from nnviz.ui.plots.curve_axes import ERROR, LOSS, RMSE, Quantity

_PARTS = {"test": "Test", "validation": "Validation", "train": "Training"}
# What can be shown, by the name of the figure.
_VIEWS = {f"{part}_{quantity.name}": (part, quantity) for quantity in (ERROR, RMSE, LOSS) for part in _PARTS}
_VIEW_TIP = "Chooses the figure, the scales and the bands. Copies and exports the chart."
_PLOT_TIP = "Draw a rectangle to zoom in; double-click or press 0 to reset. The wheel zooms the epochs."
_LOG_TIP = "Gives each factor of ten the same height. Otherwise the axis of values is linear."
_ROOT_TIP = "Makes the first epochs wide. Otherwise the axis of epochs is linear."
_SPREADS = {  # what the menu says of each meaning of a band, and its tip
    SPREADS[0]: ("Bands: range", "Bands of seeds go from the lowest to the highest value."),
    SPREADS[1]: (
        "Bands: quartiles",
        "Bands of seeds hold their middle half, which an outlier does not move. "
        f"Groups of fewer than {LEAST_FOR_QUARTILES} runs show the range.",
    ),
}
_NO_RUN, _NONE_COMPARED = "Train a network and it appears here.", "Click a run in the list to see its curve."
_MANY, _BOTTOM_OF_FEW = 1000, 0.01  # test examples, and the lowest value of the axis of fewer as a share of its end
_MOST_LINES, _RAGGED = 3, 1.1  # of the headline, whose lines are not full
_LEAST_WITH_METHOD = 240  # pixels of the height from which the method stands below the headline


class ComparedCurvesPanel(Panel):
    """A headline, the curves of one figure, and a menu that chooses the figure.

    Attributes:
        view: name of the shown figure, "test_error".
        log, root: the actions for the scales.
    """

    def __init__(self, session: Session) -> None:
        super().__init__("Curves")
        self._session = session
        self._preferred = "test_error"
        self.view = self._preferred
        self._is_presented = False
        self.head.leave_title()
        self.head.detail.hide()
        self.conclusion = ConclusionLabel("comparisonConclusion")
        self.method = named(ElidedLabel(role="muted"), "comparisonMethod", "How the runs are compared")
        self.view_button = ChoiceButton("theirView", "View", _VIEW_TIP)
        self.view_button.setProperty("role", "word")
        self.view_button.chosen.connect(self.show_view)
        self.head.row.insertWidget(0, self.conclusion, 100)  # takes all the room there is
        self.head.row.addWidget(self.view_button, 0, Qt.AlignmentFlag.AlignTop)
        self.head.corner.setAlignment(self.menu_button, Qt.AlignmentFlag.AlignTop)
        self.plot = named(RunsPlot(), "theirPlot", "Compared runs against epochs", _PLOT_TIP)
        self._hint = named(label(role="muted"), "theirHint")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setWordWrap(True)
        self._stack = QStackedWidget()
        for part in (self.plot, self._hint):
            self._stack.addWidget(part)
        self.body.addWidget(self.method)
        self.body.addWidget(self._stack, 1)
        self._add_actions()
        library = session.library
        for signal in (session.comparison.changed, session.comparison.spread_changed, library.listed):
            signal.connect(self.refresh)
        session.active_runs.changed.connect(self._follow)
        theme.changed.connect(self._fit_headline)

    def _add_actions(self) -> None:
        self.log = self._switch("Logarithmic values", "actionTheirLogarithmic", _LOG_TIP)
        self.root = self._switch("Square-root epochs", "actionTheirRootEpochs", _ROOT_TIP)
        for action in (self.log, self.root):
            action.setChecked(True)
            action.toggled.connect(lambda _: self.plot.set_axes(self.log.isChecked(), self.root.isChecked()))
        spreads = QActionGroup(self)
        self.spreads = {}
        for spread, (words, tip) in _SPREADS.items():
            action = self.spreads[spread] = self._switch(words, f"actionTheir{spread.capitalize()}", tip)
            action.triggered.connect(lambda _=False, spread=spread: self._session.comparison.set_spread(spread))
            spreads.addAction(action)
        reset = QAction("Reset zoom", self)
        reset.setObjectName("actionTheirResetZoom")
        reset.setEnabled(False)
        reset.triggered.connect(self.plot.reset_zoom)
        self.plot.zoomed.connect(reset.setEnabled)
        groups = (self.log, self.root), tuple(self.spreads.values()), (reset,), self.menu_button.give_entries()
        self.view_button.add_actions(*groups)

    def _switch(self, words: str, name: str, tip: str) -> QAction:
        action = QAction(words, self)
        action.setObjectName(name)
        action.setCheckable(True)
        action.setToolTip(tip)
        return action

    def take(self, widget: QWidget) -> None:
        """Shows a widget beside the menu, as the button of seeds while the list is not there; not to an audience."""
        widget.setHidden(self._is_presented)
        self.head.row.insertWidget(self.head.row.indexOf(self.view_button), widget, 0, Qt.AlignmentFlag.AlignTop)

    def set_presented(self, is_presented: bool) -> None:
        super().set_presented(is_presented)
        self._is_presented = is_presented
        self.view_button.setHidden(is_presented)

    def show_view(self, name: str) -> None:
        """Shows the figure of that name, whenever compared runs have it."""
        self._preferred = name
        self.refresh()

    def adapt(self) -> None:
        self.refresh()

    def _follow(self) -> None:
        """Draws new measurements of compared groups in training."""
        if any(run.active_group is not None for run in self._session.comparison.runs):
            self.refresh()

    # ---- what is shown

    def refresh(self) -> None:
        if not self.in_view:
            return
        runs, library = self._session.comparison.runs, self._session.library
        views = [name for name in _VIEWS if any(curve.values for run in runs for _, curve in self._named(run, name))]
        self.view = self._preferred if self._preferred in views else next(iter(views), self._preferred)
        titles = {name: f"{_PARTS[part]} {quantity.called}" for name, (part, quantity) in _VIEWS.items()}
        self.view_button.show_choice({name: titles[name] for name in views or [self.view]}, self.view)
        for spread, action in self.spreads.items():
            action.setChecked(spread == self._session.comparison.spread)
            action.setVisible(any(run.is_group for run in runs))
        names = short_names([run.title for run in runs])
        curves = [self._curve(run, name) for run, name in zip(runs, names, strict=True)]
        measured = [curve for curve in curves if any(each.values for each in curve.curves)]
        self.plot.show_runs(measured, self._quantity(runs), _planned(runs), self._session.comparison.spread)
        if not self._session.comparison.colours:
            self._hint.setText(_NONE_COMPARED if library.count else _NO_RUN)
        else:
            self._hint.setText("" if len(runs) < len(self._session.comparison.colours) else "Not measured yet.")
        self._stack.setCurrentWidget(self.plot if measured else self._hint)
        self._show_conclusion(chart_conclusion(runs, self._session.comparison.baseline))

    def _show_conclusion(self, found: Conclusion | None) -> None:
        self.conclusion.show_conclusion(None if found is None else Conclusion(found.lead))
        more = [] if found is None else [words for words in found[1:] if words]
        versions = [" ".join(more[:count]) for count in range(len(more), 0, -1)] or [""]
        self.method.show_versions(*versions)
        self._fit_headline()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_headline()

    def _fit_headline(self) -> None:
        """Gives the headline the lines that it needs beside the buttons; a very long one has small letters."""
        beside = sum(part.sizeHint().width() for part in (self.view_button, self.menu_button)) + 4 * theme.GAP
        room = max(self.width() - beside - 2 * theme.CARD_PADDING, 1)
        lead = "" if self.conclusion.conclusion is None else self.conclusion.conclusion.lead
        for role in ("headline", "title"):
            set_look(self.conclusion, "role", role)
            width = self.conclusion.advance(lead)
            lines = 1 if width <= room else -(-round(_RAGGED * width) // room)
            if lines <= _MOST_LINES:
                break
        self.conclusion.set_lines(min(lines, _MOST_LINES))
        has_room = self.height() >= theme.px(_LEAST_WITH_METHOD)
        self.method.setVisible(has_room and bool(self.method.text()))

    def _named(self, run: ComparedRun, figure: str, with_estimates: bool = False) -> list[tuple[str, Curve]]:
        """Returns the curve of a run, or the curves of a group's runs, named by their seeds."""
        return run.curves(figure, self._session.active_runs.runs_of(run.chosen), with_estimates)

    def _curve(self, run: ComparedRun, name: str) -> RunCurve:
        curves = [curve for _, curve in self._named(run, self.view, with_estimates=True)]
        return RunCurve(run.title, name, run.colour, curves, run.count, run.lacks_estimates)

    def _quantity(self, runs: Sequence[ComparedRun]) -> Quantity:
        """Returns the shown quantity with the unit of the runs, and the end of its axis."""
        _, quantity = _VIEWS[self.view]
        data = self._session.data.dataset
        test = None if data is None else data.test
        if quantity is ERROR and test is not None and len(test) < _MANY:
            return replace(ERROR, bottom=_BOTTOM_OF_FEW)
        units = {unit_of(run.record.target) for run in runs if run.record is not None}
        return replace(RMSE, unit=units.pop()) if quantity is RMSE and len(units) == 1 else quantity

    @property
    def caption(self) -> str:
        return f"{self.view.replace('_', ' ')} of runs"

    def table(self) -> Table:
        """Returns a row for each epoch and a column for each run; a column for each run of a group."""
        named = [
            (f"{run.title} · {seed}" if run.is_group else run.title, curve)
            for run in self._session.comparison.runs
            for seed, curve in self._named(run, self.view)
        ]
        epochs = sorted({epoch for _, curve in named for epoch in curve.epochs})
        columns = [dict(zip(curve.epochs, curve.values, strict=True)) for _, curve in named]
        rows = [[epoch, *(column.get(epoch, "") for column in columns)] for epoch in epochs]
        return ["epoch", *(title for title, _ in named)], rows


def _planned(runs: Sequence[ComparedRun]) -> int:
    """Returns the last epoch of the compared groups in training; 0 if none is in training."""
    return max((run.active_group.experiment.training.epochs for run in runs if run.active_group is not None), default=0)


CARDS.register("theirCurvesDock")(CardInfo(ComparedCurvesPanel, {"runs": Place(Column.WATCH, 1)}))
