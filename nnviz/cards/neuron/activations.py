"""What a neuron answers: on average to each class, and the examples to which it answers most."""

from __future__ import annotations

import numpy as np
from PyQt5.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.datasets import Dataset
from nnviz.cards.neuron.example_grid import ExampleGrid
from nnviz.cards.neuron.model import NEURON, NeuronReport
from nnviz.formatting import text
from nnviz.formatting.meaning import listed
from nnviz.formatting.text import short
from nnviz.session.chosen_neuron import Subject
from nnviz.session.selection import Example
from nnviz.ui.fixed_size_box import line, say
from nnviz.ui.named_bars import NamedBars
from nnviz.ui.parts import arranged, named

_FIELDS_TOLD = 8


class NeuronAnswers(QWidget):
    """Two columns of the neuron's card.

    Attributes:
        means: its mean answer to each class, or to each fifth of the targets.
        examples: those that excite it most.
    """

    def __init__(self, subject: Subject) -> None:
        super().__init__()
        self._subject, self._session = subject, subject.session
        self.means = named(NamedBars(), "neuronMeans", "Its mean answer to each class")
        tip = "The examples to which it answers most. A click chooses one."
        self.examples = named(ExampleGrid(), "neuronExamples", "The examples that excite it most", tip)
        means_box, self._means_name = line("neuronMeansName")
        examples_box, self._examples_name = line("neuronExamplesName")
        left = arranged(QVBoxLayout(), means_box, (self.means, 1), spacing=4)
        right = arranged(QVBoxLayout(), examples_box, (self.examples, 1), spacing=4)
        arranged(QHBoxLayout(self), (left, 25), (right, 24), spacing=18)
        self.means.describe = self._describe_mean
        self.examples.describe = self._describe_example
        self.examples.picked.connect(self._choose)

    def refresh(self) -> None:
        """Shows what is known. Until it is, what is shown stays; without data that fit there is nothing to show."""
        report, data = self._subject.report, self._subject.data
        if data is None:
            has_data = self._session.data.dataset is not None
            say(self._means_name, "needs data that fit this network" if has_data else "needs data")
            say(self._examples_name, "")
        if data is None or self._session.queries[NEURON].result is None:
            self.means.show_rows([], np.zeros(0))
            self.examples.show_lines([])
        elif report is not None:
            self._show(report, data)

    def _show(self, report: NeuronReport, data: Dataset) -> None:
        meaning = self._subject.meaning
        by = meaning.output(0) if report.means is None else "class"
        dead = f"dead: the same for all {text.count(report.part.count)}"
        say(self._means_name, dead if report.is_dead else f"mean answer by {by}")
        if report.means is not None:
            self.means.show_rows([meaning.output(number) for number in range(len(report.means))], report.means)
        else:
            ends = [[text.compact(meaning.target(end)) for end in fifth[:2]] for fifth in report.fifths]
            names = [" – ".join(each) for each in ends]
            self.means.show_rows(names, np.array([mean for _, _, mean in report.fifths]))
        by = f" · {meaning.output(0)}" if report.means is None else ""
        say(self._examples_name, "nothing excites it" if report.is_dead else f"excite it most{by}")
        tile = self._subject.tile
        if report.is_dead:
            self.examples.show_lines([])
        elif tile is None:
            self.examples.show_lines([self._line_of(report, number) for number in range(len(report.excited_by))])
        else:
            self.examples.show_pictures([example.inputs.reshape(tile) for example in report.excited_by])

    def _line_of(self, report: NeuronReport, number: int) -> str:
        """ "0.34 · Adelie · test 4", "2.13 · blue (0.31, −0.62)", "0.84 · 210k · row 212"."""
        example, meaning = report.excited_by[number], self._subject.meaning
        row = meaning.file_row(report.part.where, example.number)
        where = f" · {report.part.where} {text.count(example.number)}" if row is None else f" · row {text.count(row)}"
        if meaning.example == "point":
            where = f" ({', '.join(meaning.row(example.inputs))})"
        what = text.compact(meaning.target(example.target)) if example.label is None else meaning.output(example.label)
        return f"{short(example.answer)} · {what}{where}"

    def _describe_example(self, number: int) -> str:
        """The same with the values of the columns."""
        report, meaning = self._subject.report, self._subject.meaning
        if report is None or number >= len(report.excited_by):
            return ""
        example = report.excited_by[number]
        told = listed(meaning.fields, meaning.row(example.inputs), _FIELDS_TOLD)
        first = f"{self._line_of(report, number)} · a click chooses it"
        return "\n".join([first, meaning.where(report.part.where, example.number), *told])

    def _choose(self, number: int) -> None:
        report = self._subject.report
        if report is not None:
            self._session.selection.choose_example(Example(report.part.where, report.excited_by[number].number))

    def _describe_mean(self, row: int) -> str:
        report, data = self._subject.report, self._subject.data
        if report is None or data is None:
            return ""
        if report.means is None:
            low, high, mean = report.fifths[row]
            ends = f"{self._subject.meaning.answer(low)} … {self._subject.meaning.answer(high)}"
            return f"{self._subject.meaning.output(0)} {ends}: {mean:.4f} on average"
        name, mean = self._subject.meaning.output(row), float(report.means[row])
        return f"{name}: {mean:.4f} on average · above 0 for {report.active:.0%} of all"
