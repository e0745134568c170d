"""The regression pages: predictions over targets, and residuals over predictions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PyQt5.QtWidgets import QHBoxLayout

from engine.basics.validation import Array
from engine.datasets import Dataset
from nnviz.cards.registry import CARDS, CardInfo
from nnviz.cards.regression.model import MOST, PREDICTED, PredictedNumbers, PredictedPart, RegressionModel
from nnviz.formatting import text
from nnviz.formatting.meaning import IN_FILE, listed, off_by
from nnviz.formatting.round_numbers import steady_end
from nnviz.session.selection import Example
from nnviz.session.session import Session
from nnviz.ui.card import Table, label
from nnviz.ui.choice_button import ChoiceButton
from nnviz.ui.pages import Page
from nnviz.ui.parts import arranged, named
from nnviz.ui.plots.legend import Key
from nnviz.ui.plots.painted_axes import AxesFrame, ends_of
from nnviz.ui.plots.point_plot import PointPlot, Series
from nnviz.ui.read_out import Piece, spoken

_MOST_FIELDS = 6  # columns in the read-out
_TIPS = {
    "predicted": "Shows the prediction for each example against the true value. On the dashed line both are equal.",
    "residuals": (
        "Shows the residual of each example (predicted − true) against its prediction. A bend in the points "
        "means underfitting; where they scatter more, errors vary more."
    ),
}
_HOW = "Click an example to use it as the input. Left and Right go to the next one, Enter uses it."
_PART_TIPS = {
    "train": "Shows or hides the examples of the training set.",
    "test": "Shows or hides the examples of the test set, which the network never learns from.",
}
_OUTPUT_TIP = "Selects the target that is drawn."


class PointsPage(Page):
    """Base class of both pages: points of the test set, and faint ones of the training set.

    A page has a tab only for regression.

    Attributes:
        plot: the points.
        keys: legend entries that show or hide a part of the data, by its name.
    """

    def __init__(self, session: Session, name: str, title: str) -> None:
        super().__init__(title, f"{name}View", _TIPS[name])
        self._session, self._model = session, session.models[RegressionModel]
        self._output = 0
        self.plot = named(PointPlot(), f"{name}Plot", f"{title} numbers of examples", _HOW)
        self.keys = {part: Key(part, part, f"{name}{part.capitalize()}Key", _PART_TIPS[part]) for part in _PART_TIPS}
        self.output = ChoiceButton(f"{name}OutputButton", "Target that is drawn", _OUTPUT_TIP)
        self._sample = label(f"{text.count(MOST)} examples, spread evenly", "muted")
        keys = arranged(QHBoxLayout(), 1, self._sample, *self.keys.values(), self.output, spacing=4)
        arranged(self.body, keys, (self.plot, 1))
        self._connect()
        self.adapt()

    def _connect(self) -> None:
        session, plot = self._session, self.plot
        plot.hovered.connect(self._describe)
        plot.chosen.connect(self._predict)
        plot.moved.connect(self._choose)
        self.output.chosen.connect(self._show_output)
        for key in self.keys.values():
            key.toggled.connect(self.refresh)
        session.selection.example_changed.connect(self._show_choice)
        session.queries[PREDICTED].changed.connect(self.refresh)

    # ---- what is shown

    def adapt(self) -> None:
        data, meaning = self._session.data.dataset, self._session.meaning
        self._output = 0
        if data is not None:
            self.keys["test"].setVisible(data.test is not None)
        self.output.setVisible(meaning.is_regression and not meaning.is_single)
        self._name_output()
        self.refresh()

    def _name_output(self) -> None:
        data, meaning = self._session.data.dataset, self._session.meaning
        if data is not None and meaning.is_regression:
            names = {str(number): meaning.output(number) for number in range(data.outputs)}
            self.output.show_choice(names, str(self._output))

    def _show_output(self, number: str) -> None:
        self._output = int(number)
        self._name_output()
        self.refresh()

    @property
    def _shown(self) -> list[PredictedPart]:
        """The shown parts of the data in the order of painting."""
        known = self._model.predicted
        parts = [] if known is None else [each for each in known.parts if self.keys[each.part.name].isChecked()]
        return parts[::-1]

    def refresh(self) -> None:
        """Shows the latest predictions."""
        if not self.in_view:
            return
        known, parts = self._model.predicted, self._shown
        self._sample.setVisible(known is not None and known.is_sample)
        is_alone = len(parts) == 1
        series = [
            Series(self._points(each), each.part.name, each.part.name == "train" and not is_alone) for each in parts
        ]
        self.plot.show_points(series, self._frame(known), self._reason)
        self._show_choice()

    @property
    def _reason(self) -> str:
        """Reason why there are no points; empty while they are computed."""
        misfit = self._session.runs.current.misfit(self._session.data.dataset)
        return "" if misfit is None else "this network does not fit the data"

    def _numbers(self, part: PredictedPart) -> tuple[Array, Array]:
        """Returns (k,) each: targets and predictions of the shown output."""
        return part.true[:, self._output], part.predicted[:, self._output]

    def _points(self, part: PredictedPart) -> Array:
        raise NotImplementedError

    def _frame(self, known: PredictedNumbers | None) -> AxesFrame:
        raise NotImplementedError

    def _named(self, word: str) -> str:
        """Returns the name of an axis: "true mpg"."""
        return f"{word} {self._session.meaning.output(self._output)}"

    @property
    def _off_by(self) -> str:
        """Name of the axis of residuals."""
        return f"off by {self._session.meaning.output(self._output)}, + is too high"

    # ---- examples

    def _example(self, number: int) -> tuple[PredictedPart, int] | None:
        """Returns the part of the data and the row of a point."""
        for part in self._shown:
            if 0 <= number < len(part.rows):
                return part, number
            number -= len(part.rows)
        return None

    def _describe(self, number: int) -> None:
        found = self._example(number)
        self.plot.show_text([] if found is None else self._read_out(*found))

    def _read_out(self, part: PredictedPart, row: int) -> list[list[Piece]]:
        """Returns the read-out: the example, target and prediction, and its first columns."""
        where, meaning = part.part, self._session.meaning
        index = where.number(int(part.rows[row]))
        true, predicted = (float(of[row]) for of in self._numbers(part))
        numbers = f"true {text.steady(true, 4)} · predicted {text.steady(predicted, 4)}"
        values = meaning.row(where.split.example(index))
        columns = listed(meaning.fields, values, _MOST_FIELDS)
        lines: list[list[Piece]] = [
            [(meaning.where(where.where, index), where.name)],
            [(numbers, "ink")],
            [(off_by(predicted - true, meaning.unit), "ink")],
        ]
        return lines + [[(line, "muted")] for line in columns]

    def _predict(self, number: int) -> None:
        """Chooses the example and makes it the current input."""
        self._choose(number)
        if self._example(number) is not None and self._session.selection.example is not None:
            self._session.question.set_data_example(self._session.selection.example)

    def _choose(self, number: int) -> None:
        found = self._example(number)
        if found is not None:
            part, row = found
            self._session.selection.choose_example(Example(part.part.where, part.part.number(int(part.rows[row]))))

    def _show_choice(self) -> None:
        example, before = self._session.selection.example, 0
        self.plot.show_choice(None)
        self.plot.set_summary("")
        for part in self._shown if example is not None else []:
            index = part.part.index(example.number) if example is not None and part.part.where == example.part else None
            places = [] if index is None else np.flatnonzero(part.rows == index).tolist()
            if places:
                self.plot.show_choice(before + places[0])
                self.plot.set_summary(spoken(self._read_out(part, places[0])))
            before += len(part.rows)

    # ---- for a file

    def table(self) -> Table | None:
        """Returns a row for each shown example, for a CSV file."""
        if not self._shown:
            return None
        in_file = [IN_FILE] if self._are_in_file else []
        name = self._session.meaning.for_file.output(self._output)
        head = ["part", "example", *in_file, f"true {name}", f"predicted {name}", "predicted − true"]
        return head, self._rows()

    @property
    def _are_in_file(self) -> bool:
        """Whether rows of the source file are known."""
        return any(each.part.split.rows is not None for each in self._shown)

    def _rows(self) -> Iterator[list[object]]:
        known, output = self._model.predicted, self._output
        for part in self._shown:
            assert known is not None
            columns = known.dataset.shortest_targets(part.true)[:, output], part.predicted[:, output]
            for row, true, predicted in zip(part.rows.tolist(), *map(np.ndarray.tolist, columns), strict=True):
                number, split = part.part.number(row), part.part.split
                known_exactly = split.exact_number(known.dataset.target_name(output), number)
                true = true if known_exactly is None else known_exactly
                in_file = [split.file_row(number) or ""] if self._are_in_file else []
                yield [part.part.name, number, *in_file, true, predicted, predicted - true]


class PredictedPage(PointsPage):
    """Predictions over targets, with the diagonal."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, "predicted", "Predicted")

    def _points(self, part: PredictedPart) -> Array:
        return np.stack(self._numbers(part), axis=1)

    def _frame(self, known: PredictedNumbers | None) -> AxesFrame:
        if known is None:
            return AxesFrame()
        true, predicted = ends_of([self._numbers(part) for part in known.parts])
        return AxesFrame(true, predicted, self._named("true"), self._named("predicted"), true)


class ResidualsPage(PointsPage):
    """Residuals (prediction − target) over predictions, with the line of 0."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, "residuals", "Residuals")
        self._end = 0.0

    def adapt(self) -> None:
        self._end = 0.0
        super().adapt()

    def _points(self, part: PredictedPart) -> Array:
        true, predicted = self._numbers(part)
        with np.errstate(invalid="ignore"):
            return np.stack([predicted, predicted - true], axis=1)

    def _frame(self, known: PredictedNumbers | None) -> AxesFrame:
        if known is None:
            return AxesFrame(line=(0.0, 0.0))
        numbers = [self._numbers(part) for part in known.parts]
        true, predicted = ends_of(numbers)
        with np.errstate(invalid="ignore"):
            sizes = np.concatenate([np.abs(each - other) for each, other in numbers])
        largest = float(sizes[np.isfinite(sizes)].max(initial=0.0))
        self._end = steady_end(self._end, min(largest, true[1] - true[0]), 1e-9)
        return AxesFrame(predicted, (-self._end, self._end), self._named("predicted"), self._off_by, (0, 0))


def _predicts_numbers(data: Dataset) -> bool:
    return not data.is_classification


for _name, _page, _number in (("predictedPage", PredictedPage, 2), ("residualsPage", ResidualsPage, 3)):
    _info = CardInfo(_page, needs=(PREDICTED,), page_of="curvesDock", page_number=_number, suits=_predicts_numbers)
    CARDS.register(_name)(_info)
