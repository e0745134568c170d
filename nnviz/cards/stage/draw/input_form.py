"""The form of the current input: a row, a point or a number."""

from __future__ import annotations

from engine.basics.errors import DataError
from engine.datasets import Dataset
from engine.datasets.dataset import PICTURE, POINT, ROW
from engine.datasets.table.raw_columns import RawColumn, raw_columns
from nnviz.cards.stage.draw.value_form import MOST_ROWS, FormRow, ValueForm
from nnviz.formatting import text
from nnviz.jobs.deferred_calls import DeferredCall
from nnviz.session.session import Session


class InputForm(ValueForm):
    """Shows the session's input in the data's own units and texts, and passes changes to the session."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._columns: tuple[RawColumn, ...] = ()
        self._data: Dataset | None = None
        self._new_rows = DeferredCall(self._make_rows, self)
        self.moved.connect(lambda row, value: self._change(row, value, is_moving=True))
        self.changed.connect(self._change)

    def follow(self) -> None:
        """Shows the session's input. Rows for a new data set are made at the next turn of the event loop."""
        data, example = self._session.data.dataset, self._session.question.example
        if data is None or data.kind == PICTURE or example is None:
            return
        if data is self._data:
            self.show_values([column.read(example) for column in self._columns[:MOST_ROWS]])
        else:
            self._new_rows.schedule()

    def _make_rows(self) -> None:
        data = self._session.data.dataset
        if data is not None and data.kind != PICTURE:
            self._data, self._columns = data, raw_columns(data)
            rows = [_form_row(column, data.kind != POINT) for column in self._columns]
            self.set_rows(rows, is_one_line=data.kind != ROW)
            self.follow()

    def _change(self, row: int, value: float, is_moving: bool = False) -> None:
        question, column = self._session.question, self._columns[row]
        if question.example is None or self._data is not self._session.data.dataset:
            return
        try:
            changed = column.write(question.example, value)
            if is_moving:
                question.move_example(changed)
            else:
                question.set_example(changed, text.name(column.name))
        except DataError as error:
            self._session.messages.show_error(f"{text.name(column.name)} was not changed", error)
            self.follow()


def _form_row(column: RawColumn, has_slider: bool) -> FormRow:
    choices = tuple(map(text.name, column.choices))
    return FormRow(text.name(column.name), choices, column.low, column.high, column.step, column.decimals, has_slider)
