"""Error, RMSE and loss of the compared runs over epochs, each run in its colour."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtWidgets import QHBoxLayout

from engine.sweeps.quantile_bands import LEAST_FOR_QUARTILES, RANGE
from engine.training.history import PARTS, Curve
from nnviz.cards.comparison.runs_plot import RunCurve, RunsPlot
from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.session.compared_run import ComparedRun
from nnviz.session.comparison import SPREADS
from nnviz.session.session import Session
from nnviz.ui.card import Table
from nnviz.ui.choice_button import ChoiceButton
from nnviz.ui.pages import Page, TabbedCard
from nnviz.ui.parts import arranged, named, pill
from nnviz.ui.plots.curve_axes import ERROR, LOSS, RMSE, Quantity

_TIPS = {
    "error": "Error of each compared run against epochs.",
    "rmse": "RMSE of each compared run against epochs.",
    "loss": "Mean loss per example of each compared run against epochs.",
}
_PLOT_TIP = "Draw a rectangle to zoom in; double-click or press 0 to reset. The wheel zooms the epochs."
_PART_TIP = "Selects the examples: the test set, which no run has trained on, the validation set, or the training set."
_LOG_TIP = "Switches between a logarithmic axis, which shows small and large values alike, and a linear one."
_SPREAD_TIP = (
    "Selects the band of a group: its range, or its quartiles, which an outlier does not move. Groups of fewer than "
    "four runs show the range."
)
_HINT = "click runs in the list to compare their curves"


class ComparedCurvesCard(TabbedCard):
    """The card of the curves: pages for error, RMSE and loss, as far as the compared runs have them."""

    def __init__(self, session: Session) -> None:
        super().__init__("Curves")
        self._session = session
        self.curves = [ComparedCurvesPage(session, quantity) for quantity in (ERROR, RMSE, LOSS)]
        for number, page in enumerate(self.curves):
            self.add_page(page, number)
        for signal in (session.comparison.changed, session.active_runs.changed):
            signal.connect(self._offer)
        self._offer()

    def _offer(self) -> None:
        """Shows the tabs of the pages that have curves; without curves the tab of the error."""
        error, rmse, _ = self.curves
        has_rmse = rmse.has_curves
        if error.is_offered != (error.has_curves or not has_rmse) or rmse.is_offered != has_rmse:
            rmse.offer(has_rmse)
            error.offer(error.has_curves or not has_rmse)


class ComparedCurvesPage(Page):
    """The curves of one figure for one split of the data. Empty until it is first shown."""

    def __init__(self, session: Session, quantity: Quantity) -> None:
        name = quantity.name
        title = quantity.title or name.capitalize()
        super().__init__(title, f"their{name.capitalize()}Tab", _TIPS[name])
        self._session, self._quantity = session, quantity
        self.part = "test"

    def _make(self) -> None:
        session, quantity = self._session, self._quantity
        called, prefix = quantity.called, f"their{quantity.name.capitalize()}"
        plot = RunsPlot(quantity, f"{prefix}ResetZoomButton")
        self.plot = named(plot, f"{prefix}Plot", f"{called} of the compared runs against epochs", _PLOT_TIP)
        self.body.addWidget(self.plot)
        self.part_button = ChoiceButton(f"{prefix}PartButton", "Set of examples", _PART_TIP)
        self.part_button.chosen.connect(self.set_part)
        self.log_button = pill("Log", f"{prefix}LogButton", f"Logarithmic axis of the {called}", _LOG_TIP, True)
        self.log_button.setChecked(True)
        self.log_button.toggled.connect(plot.set_log)
        self.spread_button = ChoiceButton(f"{prefix}SpreadButton", "Range or quartiles of a group", _SPREAD_TIP)
        self.spread_button.chosen.connect(session.comparison.set_spread)
        arranged(QHBoxLayout(self.aside), 1, self.part_button, self.spread_button, self.log_button, spacing=4)
        for signal in (session.comparison.changed, session.comparison.spread_changed):
            signal.connect(self.refresh)
        session.active_runs.changed.connect(self._follow)

    def _follow(self) -> None:
        """Draws new measurements of compared groups in training."""
        if any(run.active_group is not None for run in self._session.comparison.runs):
            self.refresh()

    def _named(self, run: ComparedRun, part: str) -> list[tuple[str, Curve]]:
        """Returns the curve of a run, or the curves of a group's runs, named by their seeds."""
        return run.curves(f"{part}_{self._quantity.name}", self._session.active_runs.runs_of(run.chosen))

    def _curves(self, run: ComparedRun, part: str) -> list[Curve]:
        return [curve for _, curve in self._named(run, part)]

    @property
    def has_curves(self) -> bool:
        """Whether a compared run has this figure for any split."""
        return any(
            curve.values for run in self._session.comparison.runs for part in PARTS for curve in self._curves(run, part)
        )

    def set_part(self, part: str) -> None:
        """Shows the figures of the "test", "validation" or "train" split."""
        self.part = part
        self.refresh()

    def refresh(self) -> None:
        if not self.in_view:
            return
        runs = self._session.comparison.runs
        self.part_button.show_choice(dict(zip(PARTS, ("train", "test", "validation"), strict=True)), self.part)
        curves = [RunCurve(run.title, run.colour, self._curves(run, self.part), run.count) for run in runs]
        measured = [curve for curve in curves if any(each.values for each in curve.curves)]
        hint = f"no {self.part} {self._quantity.called} measured" if self._session.comparison.colours else _HINT
        self.plot.show_runs(measured, hint, _planned(runs), self._session.comparison.spread)
        self._show_spread(curves)

    def _show_spread(self, curves: Sequence[RunCurve]) -> None:
        """Shows what bands mean, if groups are compared."""
        groups = [each for each in curves if each.is_group]
        self.spread_button.setVisible(bool(groups))
        words = {spread: _words(groups, spread) for spread in SPREADS}
        self.spread_button.show_choice(words, self._session.comparison.spread)

    def table(self) -> Table:
        """Returns a row for each epoch and a column for each run; a column for each run of a group."""
        named = [
            (f"{run.title} · {seed}" if run.is_group else run.title, curve)
            for run in self._session.comparison.runs
            for seed, curve in self._named(run, self.part)
        ]
        epochs = sorted({epoch for _, curve in named for epoch in curve.epochs})
        columns = [dict(zip(curve.epochs, curve.values, strict=True)) for _, curve in named]
        rows = [[epoch, *(column.get(epoch, "") for column in columns)] for epoch in epochs]
        return ["epoch", *(title for title, _ in named)], rows


def _words(groups: Sequence[RunCurve], spread: str) -> str:
    """Returns what lines and bands mean: "median and range of 5 seeds"."""
    sizes = {each.count for each in groups}
    of = f"of {sizes.pop()} seeds" if len(sizes) == 1 else "of seeds"
    if spread == RANGE:
        return f"median and range {of}"
    are_few = [sum(bool(curve.values) for curve in each.curves) < LEAST_FOR_QUARTILES for each in groups]
    if all(are_few):
        return f"median and range {of}; quartiles need {LEAST_FOR_QUARTILES}"
    return f"median and quartiles {of}{f'; range below {LEAST_FOR_QUARTILES}' if any(are_few) else ''}"


def _planned(runs: Sequence[ComparedRun]) -> int:
    """Returns the last epoch of the compared groups in training; 0 if none is in training."""
    return max((run.active_group.experiment.training.epochs for run in runs if run.active_group is not None), default=0)


CARDS.register("theirCurvesDock")(CardInfo(ComparedCurvesCard, {"runs": Place(Column.WATCH, 1, 380)}))
