"""Ranking of the neurons of a layer by ablation: by how much the error rises without each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.datasets import Dataset
from engine.explain.neurons import ablate_each
from engine.network.network import Network
from engine.training.metrics import Evaluation
from nnviz.formatting import text
from nnviz.formatting.meaning import Meaning
from nnviz.jobs.stepwise import StepwiseTask, shares_only
from nnviz.session.example_sets import ExampleSet
from nnviz.ui import theme
from nnviz.ui.card import Table, label
from nnviz.ui.column import ScrollColumn
from nnviz.ui.named_bars import NamedBars
from nnviz.ui.parts import arranged, named, pill
from nnviz.ui.share_bar import ShareBar


class RankedLayer(NamedTuple):
    """Layer whose neurons are ranked, and the measure.

    Attributes:
        layer: number of the layer, from 1.
        part: name of the part of the data.
        what: name of the measure: "error", "RMSE of mpg".
        off: indices of neurons that are switched off already: the error does not change without them.
    """

    layer: int
    part: str
    what: str
    off: frozenset[int] = frozenset()


class AblationRanking(QWidget):
    """View of the ranking.

    Signals:
        left: the user goes back to the neuron.
        chosen(neuron): a click on a neuron, by its index.
        pointed(neuron): the mouse points at another neuron; -1 for none.
    """

    left = pyqtSignal()
    chosen = pyqtSignal(int)
    pointed = pyqtSignal(int)

    def __init__(self, ranking: StepwiseTask) -> None:
        super().__init__()
        self._ranking = ranking
        self._order: list[int] = []
        self._title = named(label(), "rankingTitle")
        self._progress = ShareBar(160)
        tip = "Returns to the neuron and cancels a measurement in progress."
        self.back = pill("Back", "rankingBackButton", "Back to the neuron", tip)
        self.bars = named(
            NamedBars(scrolls=True, number=_rise_text), "rankingBars", "Rise of the error without each neuron"
        )
        self.bars.describe = self._describe
        self.bars.picked.connect(lambda row: self.chosen.emit(self._order[row]))
        self.bars.hovered.connect(lambda row: self.pointed.emit(self._order[row] if row >= 0 else -1))
        head = arranged(QHBoxLayout(), (self._title, 1), self._progress, self.back, spacing=12)
        content = named(QWidget(), "scrolled")
        arranged(QVBoxLayout(content), self.bars, 1, margins=(0, 0, theme.CARD_PADDING, 0))
        arranged(QVBoxLayout(self), head, (ScrollColumn("rankingScroll", content), 1), spacing=6)
        self.back.clicked.connect(self.left)

    def measure(
        self, network: Network, layer: int, data: Dataset, part: ExampleSet, off: frozenset[int] = frozenset()
    ) -> None:
        """Ranks the neurons of a layer on a part of the data. Neurons that are ``off`` have no rank.

        The network must not change during the measurement.
        """
        name = Meaning(data).target_name
        what = "error" if data.is_classification else f"RMSE of {name}" if name else "RMSE"
        steps = lambda: ablate_each(network, part.examples, layer, data.target_scaling)  # noqa: E731
        self._ranking.start(RankedLayer(layer, part.name, what, off), lambda: shares_only(steps()))

    def refresh(self) -> None:
        """Shows the progress, or the ranked neurons, the least important first."""
        ranking = self._ranking
        self._progress.show_share(ranking.share, ranking.is_running)
        if ranking.result is None:
            self._title.setText(f"Ablating each neuron of layer {ranking.about.layer} …")
            self._order = []
            self.bars.show_rows([], np.zeros(0))
            return
        whole, all_results = ranking.result
        layer, part, what, off = ranking.about
        rises = np.array([_rise(whole, each) for each in all_results])
        rises[list(off)] = np.nan
        self._order = np.argsort(rises, kind="stable").tolist()  # NaN comes last
        names = [f"neuron {number + 1}{(' (off)' if number in off else '')}" for number in self._order]
        self.bars.show_rows(names, rises[self._order], is_signed=True)
        unit = ", in points" if whole.error is not None else ""
        self._title.setText(
            f"Layer {layer}: rise of the {part} {what} without each neuron{unit}; least important first"
        )

    def _describe(self, row: int) -> str:
        if self._ranking.result is None:
            return ""
        number, (whole, each) = self._order[row], self._ranking.result
        if number in self._ranking.about.off:
            return f"neuron {number + 1} is already switched off · click to show it"
        return f"without neuron {number + 1}: {change_text(whole, each[number])} · click to show it"

    def point_at(self, neuron: int | None) -> None:
        """Outlines a neuron that another card points at."""
        self.bars.point_at(self._order.index(neuron) if neuron in self._order else None)

    def table(self) -> Table | None:
        """Returns a row for each neuron of the layer; None until it is measured."""
        ranking = self._ranking
        if ranking.result is None:
            return None
        whole, all_results = ranking.result
        names = ["error", "rmse", "loss"]
        head = ["layer", "neuron", *(f"{name} {how} it" for name in names for how in ("with", "without"))]
        rows: list[list[object]] = []
        for number, each in enumerate(all_results):
            results = (whole, each) if number not in ranking.about.off else (None, whole)
            figures = [_or_empty(getattr(of, name, None)) for name in names for of in results]
            rows.append([ranking.about.layer, number + 1, *figures])
        return [name.replace("rmse", "RMSE") for name in head], rows


def change_text(before: Evaluation, after: Evaluation) -> str:
    """Returns both errors, for regression the RMSE: "2.28 % → 2.50 %"."""
    if before.rmse is not None and after.rmse is not None:
        return f"{text.figure(before.rmse)} → {text.figure(after.rmse)}"
    assert before.error is not None
    assert after.error is not None
    return f"{text.percent(before.error)} → {text.percent(after.error)}"


def _rise(whole: Evaluation, each: Evaluation) -> float:
    """Returns the rise of the error in percentage points; for regression of the RMSE, in the unit of the target."""
    if whole.rmse is not None and each.rmse is not None:
        return each.rmse - whole.rmse
    assert whole.error is not None
    assert each.error is not None
    return 100 * (each.error - whole.error)


def _rise_text(value: float) -> str:
    if not abs(value) < 1000:
        return text.signed(value)
    return (f"{value:+.2f}" if abs(value) >= 0.01 or not value else f"{value:+.1g}").replace("-", "−")


def _or_empty(error: float | None) -> object:
    return "" if error is None else error
