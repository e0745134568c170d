"""Weights of the neuron: its own, those carried back to the input, or the input found by gradient ascent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PyQt5.QtCore import QSize, pyqtSignal
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from engine.basics.validation import Array
from nnviz.cards.neuron.model import NeuronReport
from nnviz.formatting.layers import LayerNames
from nnviz.formatting.round_numbers import steady_end
from nnviz.session.selection import Neuron
from nnviz.ui.combos import FlatCombo
from nnviz.ui.fixed_size_box import line, say
from nnviz.ui.named_bars import NamedBars
from nnviz.ui.neuron_facts import signed, typical_end
from nnviz.ui.parts import arranged, named
from nnviz.ui.picture import Picture
from nnviz.ui.weights.heat_map import HeatMap

BACK, ASCENT, OWN = "projected to input", "gradient ascent", "its own weights"
_LEAST_LIMIT = 1e-4


class NeuronWeights(QWidget):
    """First column of the neuron card.

    Signals:
        weight_picked(source): a click on one of the neuron's own weights.
        turned: another view was chosen.

    Attributes:
        map: the weights as an image.
        bars: the weights with the largest absolute values, for inputs that are no image.
        input: the input found by gradient ascent, for inputs that are images.
    """

    weight_picked = pyqtSignal(int)
    turned = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._limit = 0.0
        self._values: Array = np.zeros(0)
        self._source: Callable[[int], str] = str
        self._is_own = True
        self._tile: tuple[int, int] | None = None
        tip = (
            "Weights of the neuron. Where they are orange, ink raises its weighted sum; where they are blue, it "
            "lowers it. Click a weight to edit it."
        )
        self.map = named(HeatMap(), "neuronMap", "Weights as an image", tip)
        self.bars = named(NamedBars(), "neuronWeightBars", "Strongest weights")
        self.bars.setToolTip("Weights of the strongest inputs. Click a weight to edit it.")
        self.input = named(Picture(QSize(0, 100)), "neuronInput", "Input with the strongest activation")
        self.input.setMinimumHeight(60)
        self.input.setMaximumHeight(16_777_215)
        self._stack = QStackedWidget()
        for view in (self.map, self.bars, self.input):
            self._stack.addWidget(view)
        tip = (
            "Shows what a neuron of a deeper layer responds to: its weights projected to the input as if the "
            "layers were linear, an input found by gradient ascent, or its own weights."
        )
        self.view = FlatCombo("neuronViewCombo", "View of the neuron", tip)
        self.view.addItems([BACK, ASCENT, OWN])
        caption, self._caption = line("neuronWeightsCaption")
        arranged(QVBoxLayout(self), (self._stack, 1), caption, self.view, 0, spacing=4)
        self.map.hovered.connect(lambda _, number: self.map.show_text(self._describe(number)))
        self.map.opened.connect(lambda _: self._pick(self.map.pointed[1] if self.map.pointed else -1))
        self.bars.describe = lambda row: self._describe(self.bars.order[row])
        self.bars.picked.connect(lambda row: self._pick(self.bars.order[row]))
        self.view.currentIndexChanged.connect(self.turned)

    def sizeHint(self) -> QSize:
        """Returns the preferred size: a square image and a line below it."""
        return QSize(196, 220)

    def show_neuron(
        self, names: LayerNames, neuron: Neuron, report: NeuronReport | None, tile: tuple[int, int] | None
    ) -> None:
        """Shows a neuron.

        ``names`` are those of its layer, ``report`` is None until it is computed, and ``tile`` is the shape of the
        network's input, None if that is no image.
        """
        is_first = neuron.layer == 1
        self._tile = tile
        self._fit_height()
        self.view.setVisible(not is_first)
        view = OWN if is_first or report is None else self.view.currentText()
        self._is_own, self._source = view == OWN, names.source
        own = names.network.weights[neuron.layer - 1][neuron.number]
        if view == OWN or report is None:
            self._show(own, tile if is_first else None, "what it looks for" if is_first else "its weights")
            return
        self._source = replace(names, layer=0, tile=tile).source
        if view == BACK:
            self._show(report.carried_back, tile, "what it looks for, approximately")
        elif report.ascent is not None:
            self._show_ascent(report.ascent, tile)

    def _fit_height(self) -> None:
        """Limits the height to that of the image, so that the caption follows it closely."""
        rows, columns = self._tile or (0, 0)
        high = round(self.width() * rows / columns) if columns else 10_000
        if high != self._stack.maximumHeight():
            self._stack.setMaximumHeight(max(60, high))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_height()

    def _show(self, values: Array, tile: tuple[int, int] | None, caption: str) -> None:
        self._values = values
        self._limit = steady_end(self._limit, typical_end(values[None]), _LEAST_LIMIT)
        if tile is None:
            self._show_bars(values)
        else:
            self._stack.setCurrentWidget(self.map)
            self.map.show_values(values[None], self._limit, tile)
        say(self._caption, caption)

    def _show_ascent(self, values: Array, tile: tuple[int, int] | None) -> None:
        self._values = values
        if tile is None:
            self._show_bars(values)
        else:
            self._stack.setCurrentWidget(self.input)
            self.input.show_picture(values.reshape(tile))
        say(self._caption, "an input that it fires for")

    def _show_bars(self, values: Array) -> None:
        self._stack.setCurrentWidget(self.bars)
        self.bars.show_rows([self._source(number) for number in range(len(values))], values, is_signed=True)

    def _describe(self, number: int) -> str:
        if not 0 <= number < len(self._values):
            return ""
        edit = " · click to edit it" if self._is_own else ""
        return f"{self._source(number)}: {signed(float(self._values[number]))}{edit}"

    def _pick(self, number: int) -> None:
        if self._is_own and 0 <= number < len(self._values):
            self.weight_picked.emit(number)
