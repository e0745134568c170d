"""Activations of the neuron: the mean for each class, and the examples with the largest."""

from __future__ import annotations

import numpy as np
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.datasets import Dataset
from nnviz.cards.neuron.model import NEURON, NeuronModel, NeuronReport
from nnviz.formatting import text
from nnviz.formatting.meaning import listed
from nnviz.formatting.text import short
from nnviz.session.example_sets import SET_LABELS
from nnviz.session.example_text import counted_noun
from nnviz.session.selection import Example
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.example_grid import ExampleGrid
from nnviz.ui.fixed_size_box import line, say
from nnviz.ui.named_bars import NamedBars
from nnviz.ui.parts import arranged, named

_MOST_FIELDS = 8  # columns in a tooltip
_LEAST_WIDTH = 300  # pixels in which bars and rows of a table have room
_NAMED_BY_CLASS = "digit", "letter", "character"  # nouns of examples that are also what their classes are


class ActivationColumns(QWidget):
    """Two columns of the neuron card.

    Attributes:
        means: mean activation for each class, or for each fifth of the targets.
        examples: examples with the largest activations.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session, self._model = session, session.models[NeuronModel]
        self.means = named(NamedBars(), "neuronMeans", "Mean activation for each group of examples")
        tip = "Shows the examples with the strongest activation. Click one to choose it."
        self.examples = named(ExampleGrid(2, 3), "neuronExamples", "Examples with the strongest activation", tip)
        means_box, self._means_name = line("neuronMeansName")
        examples_box, self._examples_name = line("neuronExamplesName")
        left = arranged(QVBoxLayout(), (self.means, 1), means_box, spacing=4)
        self._right = QWidget()
        arranged(QVBoxLayout(self._right), (self.examples, 1), examples_box, spacing=4)
        arranged(QHBoxLayout(self), (left, 1), (self._right, 1), spacing=24)
        self.means.rows_changed.connect(self._name_means)
        self.means.describe = self._describe_mean
        self.examples.describe = self._describe_example
        self.examples.picked.connect(self._choose)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves out rows of a table where they have no room."""
        super().resizeEvent(event)
        self._right.setVisible(self._model.tile is not None or self.width() >= theme.px(_LEAST_WIDTH))

    def refresh(self) -> None:
        """Shows the report. The previous one stays until it is computed; without suitable data nothing is shown."""
        report, data = self._model.report, self._model.data
        if data is None:
            has_data = self._session.data.dataset is not None
            say(self._means_name, "no data that fit this network" if has_data else "no data")
            say(self._examples_name, "")
        if data is None or self._session.queries[NEURON].result is None:
            self.means.show_rows([], np.zeros(0))
            self.examples.show_lines([])
        elif report is not None:
            self._show(report, data)

    def _show(self, report: NeuronReport, data: Dataset) -> None:
        meaning, tile = self._model.meaning, self._model.tile
        if report.means is not None:
            self.means.show_rows([meaning.output(number) for number in range(len(report.means))], report.means)
        else:
            ends = [[text.compact(meaning.target(end)) for end in fifth[:2]] for fifth in report.fifths]
            names = [" – ".join(each) for each in ends]
            self.means.show_rows(names, np.array([mean for _, _, mean in report.fifths]))
        self._name_means()
        if report.is_dead:
            say(self._examples_name, "It fires for none.")
        else:
            nouns = f"{SET_LABELS[report.part.name]} {counted_noun(data)}s"
            self._examples_name.show_versions(f"the {nouns} it fires for most", "most of all for these", "for these")
        if report.is_dead:
            self.examples.show_lines([])
        elif tile is None:
            self.examples.show_lines([self._line_of(report, number) for number in range(len(report.excited_by))])
        else:
            self.examples.show_pictures([example.inputs.reshape(tile) for example in report.excited_by])

    def _name_means(self) -> None:
        """Names the bars, and says how many of them have no room."""
        report, data = self._model.report, self._model.data
        if report is None or data is None:
            return
        shown = len(self.means.order)
        top = f"top {shown}" if shown < len(self.means.values) else ""
        if report.means is None:
            each, tip = f"by {self._model.meaning.output(0)}", "The mean activation for each fifth of the examples."
        else:
            noun = counted_noun(data)
            each = top or f"for each {noun if noun in _NAMED_BY_CLASS else 'class'}"
            tip = "The mean activation for each class."
        fires = "how strongly it fires"
        self._means_name.show_versions(f"{fires}{', ' if top else ' '}{each}", f"fires {each}", each, tip=tip)

    def _line_of(self, report: NeuronReport, number: int) -> str:
        """Returns "0.34 · Adelie · test 4", "2.13 · blue (0.31, −0.62)", "0.84 · 210k · row 212"."""
        example, meaning = report.excited_by[number], self._model.meaning
        row = meaning.file_row(report.part.where, example.number)
        where = f" · {report.part.where} {text.count(example.number)}" if row is None else f" · row {text.count(row)}"
        if meaning.example == "point":
            where = f" ({', '.join(meaning.row(example.inputs))})"
        what = text.compact(meaning.target(example.target)) if example.label is None else meaning.output(example.label)
        return f"{short(example.activation)} · {what}{where}"

    def _describe_example(self, number: int) -> str:
        """Returns the tooltip of an example: its line, and the values of its columns."""
        report, meaning = self._model.report, self._model.meaning
        if report is None or number >= len(report.excited_by):
            return ""
        example = report.excited_by[number]
        told = listed(meaning.fields, meaning.row(example.inputs), _MOST_FIELDS)
        first = f"{self._line_of(report, number)} · click to choose it"
        return "\n".join([first, meaning.where(report.part.where, example.number), *told])

    def _choose(self, number: int) -> None:
        report = self._model.report
        if report is not None:
            self._session.selection.choose_example(Example(report.part.where, report.excited_by[number].number))

    def _describe_mean(self, row: int) -> str:
        report, data = self._model.report, self._model.data
        if report is None or data is None:
            return ""
        row = self.means.order[row]
        if report.means is None:
            low, high, mean = report.fifths[row]
            ends = f"{self._model.meaning.answer(low)} … {self._model.meaning.answer(high)}"
            return f"{self._model.meaning.output(0)} {ends}: {mean:.4f} on average"
        name, mean = self._model.meaning.output(row), float(report.means[row])
        return f"{name}: {mean:.4f} on average · above 0 for {report.active:.0%} of all"
