"""The distributions page: weights, biases, activations and gradients of each layer, and the number of dead neurons."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QHBoxLayout

from engine.training.distributions import DistributionSummary, LayerDistributions
from nnviz.cards.distributions.conclusion import MANY_DEAD, LayerFigures, layer_conclusion, saturated_share
from nnviz.cards.distributions.model import STATISTICS, Distributions, LayerStatistics
from nnviz.cards.registry import CARDS, CardInfo
from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion
from nnviz.formatting.layers import drawn_layers, left_out
from nnviz.formatting.round_numbers import steady_end
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.card import Table
from nnviz.ui.column import ScrollColumn
from nnviz.ui.conclusion_label import ConclusionLabel
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.histogram_grid import HistogramCell, HistogramGrid, HistogramRow, histogram
from nnviz.ui.pages import Page
from nnviz.ui.parts import arranged, named

_KINDS = ("weights", "biases", "activations", "gradients")
_MOST = 99.8  # percent of the numbers that the axis holds: a few outliers must not squeeze all others together


class DistributionsPage(Page):
    """Shows layer statistics, a row for each layer. They are computed only while the page is in view."""

    def __init__(self, session: Session) -> None:
        super().__init__(
            "Distributions",
            "distributionsView",
            "Shows the distributions of weights, biases, activations and gradients in each layer, now and at the "
            "start.",
        )
        self._session, self._model = session, session.models[Distributions]
        self._limits: dict[tuple[int, str], float] = {}
        self.grid = named(
            HistogramGrid([kind.capitalize() for kind in _KINDS]),
            "distributionsGrid",
            "Distributions of weights, biases, activations and gradients in each layer",
        )
        self._conclusion = ConclusionLabel("distributionsConclusion")
        scroll = ScrollColumn("distributionsScroll", self.grid)
        self._keys = named(ElidedLabel(role="muted"), "distributionsKey")
        self._keys.setTextFormat(Qt.TextFormat.RichText)
        self._keys.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head = arranged(QHBoxLayout(), (self._conclusion, 1), self._keys, spacing=12)
        arranged(self.body, head, (scroll, 1), spacing=4)
        self._colour_keys()
        theme.changed.connect(self._colour_keys)
        self._model.query.changed.connect(self.refresh)
        session.runs.replaced.connect(self._limits.clear)

    def _colour_keys(self) -> None:
        now, start = theme.colour("ink").name(), theme.colour("muted").name()
        words = f'<span style="color:{now}">■</span> {self._when}&nbsp;&nbsp; <span style="color:{start}">―</span>'
        keys = f"{words} at the start"
        tip = f"Bars: {self._when}; line: at the start. The height of a bar is the square root of its count."
        self._keys.show_versions(f"{keys}&nbsp;&nbsp; bar height ∝ √count", keys, f"{words} start", tip=tip)

    @property
    def _when(self) -> str:
        """The epoch of the statistics: "now", "at epoch 3"."""
        known = self._known
        if known is None or known.epoch is None:
            return "now"
        return f"at {self._session.runs.current.epoch_text(known.epoch)}"

    def refresh(self) -> None:
        if self.in_view:
            known = self._known
            self._colour_keys()
            self._conclusion.show_conclusion(_conclude(known) if known else None)
            self.grid.show_rows(self._rows(known) if known else [])

    @property
    def _known(self) -> LayerStatistics | None:
        known: LayerStatistics | None = self._model.query.result
        return known

    def _rows(self, known: LayerStatistics) -> list[HistogramRow]:
        """Returns a row for each drawn layer, and one in place of the layers between them."""
        count = len(known.now)
        first, last = drawn_layers(count)
        rows = [self._row(layer, _name(layer, count), known.now[layer], known.start[layer]) for layer in first + last]
        if last:
            rows.insert(len(first), HistogramRow("…", left_out(count).strip("… "), False, []))
        return rows

    def _row(self, index: int, name: str, now: LayerDistributions, start: LayerDistributions) -> HistogramRow:
        cells = [self._cell(index, kind, getattr(now, kind), getattr(start, kind)) for kind in _KINDS]
        if now.dead is None:
            return HistogramRow(name, f"{text.count(now.neurons)} outputs", False, cells)
        note = f"{text.compact(now.dead)} of {text.compact(now.neurons)} dead"
        return HistogramRow(name, note, now.dead > MANY_DEAD * now.neurons, cells)

    def _cell(self, index: int, kind: str, now: DistributionSummary, start: DistributionSummary) -> HistogramCell:
        low, high = self._ends(index, kind, now, start)
        summary = (
            f"{kind} {self._when}: mean {now.mean:+.3g}, standard deviation {now.deviation:.3g}, from "
            f"{now.low:.3g} to {now.high:.3g}\nat the start: mean {start.mean:+.3g}, standard deviation "
            f"{start.deviation:.3g}, from {start.low:.3g} to {start.high:.3g}"
        )
        return HistogramCell(histogram(now.sample, low, high), histogram(start.sample, low, high), low, high, summary)

    def _ends(self, index: int, kind: str, now: DistributionSummary, start: DistributionSummary) -> tuple[float, float]:
        """Returns the ends of the axis: round numbers around most of both samples, which change seldom."""
        samples = [spread.sample for spread in (now, start) if len(spread.sample)]
        sizes = [np.percentile(np.abs(sample), _MOST) for sample in samples] or [0.0]
        wanted = max(float(max(sizes)), 1e-12)
        least = 0.0 if min(now.low, start.low) >= 0 and kind == "activations" else -1.0
        limit = self._limits[index, kind] = steady_end(self._limits.get((index, kind), 0.0), wanted)
        return least * limit, limit

    def table(self) -> Table | None:
        """Returns header and rows for a CSV file: a row for each layer, kind and epoch. None without statistics."""
        known = self._known
        head = ["layer", "numbers", "when", "count", "mean", "deviation", "lowest", "highest", "dead neurons"]
        lines: list[list[object]] = []
        for when, layers in (("start", known.start), (self._when, known.now)) if known else ():
            for index, layer in enumerate(layers, start=1):
                for kind in _KINDS:
                    spread: DistributionSummary = getattr(layer, kind)
                    figures = (spread.count, spread.mean, spread.deviation, spread.low, spread.high)
                    lines.append([index, kind, when, *figures, "" if layer.dead is None else layer.dead])
        return (head, lines) if lines else None


def _conclude(known: LayerStatistics) -> Conclusion | None:
    """Returns what is unusual about the layers."""
    layers = [
        LayerFigures(
            activation,
            layer.neurons,
            layer.dead or 0,
            saturated_share(activation, layer.activations.sample),
            layer.gradients.deviation,
        )
        for activation, layer in zip(known.activations, known.now, strict=True)
    ]
    return layer_conclusion(layers, known.now[0].activations.count // known.now[0].neurons)


def _name(layer: int, count: int) -> str:
    return "Output" if layer == count - 1 else f"Layer {layer + 1}"


CARDS.register("distributionsPage")(
    CardInfo(DistributionsPage, needs=(STATISTICS,), page_of="curvesDock", page_number=4)
)
