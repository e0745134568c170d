"""A form with a row for each column of an example: a number with a slider, or a choice of texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt5.QtCore import QObject, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QFontMetrics, QResizeEvent
from PyQt5.QtWidgets import QFrame, QGridLayout, QLineEdit, QScrollArea, QSizePolicy, QSlider, QWidget

from engine.basics.errors import SettingError
from engine.basics.validation import number_within, parse_number
from nnviz.formatting import text
from nnviz.jobs.deferred_calls import DeferredCall
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.fields import Combo, NumberEdit, WheelInFocus
from nnviz.ui.note import FieldError
from nnviz.ui.parts import named

_IN_VIEW = 8  # rows; of more, the others are scrolled to
MOST_ROWS = 100  # of more columns there are fields for the first; the others stay as they are in the example
_FIELD, _CHOICE, _WIDEST_CHOICE, _NAME = 78, 86, 128, 108  # pixels
_LEAST_SLIDER = 40  # pixels; shorter ones leave
_INSET = 4  # pixels at the left of a line, where the words of buttons begin
_PARTS = 3  # of a row: its name, its slider and its field
_TIP = "Sets {} of the input."
_AT_ONCE = 3  # rows that are made in one go: as long as the mouse may wait
_LARGEST = 1e30  # that can be typed; a network's numbers cannot be much larger


@dataclass(frozen=True)
class FormRow:
    """A column in the form.

    Attributes:
        name: its name, as it is shown.
        choices: the texts to choose from; empty for a number.
        low, high, step, decimals: of a number: the ends and the step of its slider, and how it is written.
        has_slider: whether there is one.
    """

    name: str
    choices: Sequence[str] = ()
    low: float = 0.0
    high: float = 1.0
    step: float = 0.01
    decimals: int = 2
    has_slider: bool = True


class ValueForm(QScrollArea):
    """Shows and changes the values of an example. Scrolls if not all rows fit.

    Signals:
        moved(row, value): a slider is being dragged.
        changed(row, value): another value was chosen, typed or stepped to; also at the end of dragging.
        rows_made: all rows of other data are there.
    """

    moved = pyqtSignal(int, float)
    changed = pyqtSignal(int, float)
    rows_made = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        named(self, "askForm", "Current input")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._rows: list[_Row] = []
        self._wanted: list[FormRow] = []  # with those that are made soon
        self._values: list[float] = []
        self._is_one_line = False
        self._more_rows = DeferredCall(self._make_more, self)
        self.set_rows(())
        theme.changed.connect(self._fit_captions)

    def _fit_captions(self) -> None:
        for row in self._rows:
            row.fit_caption()

    def set_rows(self, rows: Sequence[FormRow], is_one_line: bool = False) -> None:
        """Makes the first rows now and the others soon, in room that is kept for them: the mouse does not wait for all.

        Beyond the first hundred there are none, and a line says so. ``is_one_line``: whether the few rows stand beside
        each other.
        """
        self._is_one_line = is_one_line
        content = named(
            QWidget(self.viewport()), "askFormContent"
        )  # parents first: each later change of parent styles all again
        grid = QGridLayout(content)
        grid.setContentsMargins(_INSET if is_one_line else 0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(_PARTS * len(rows) if is_one_line and not rows[0].has_slider else 1, 1)
        self._rows, self._wanted, self._values = [], list(rows[:MOST_ROWS]), []
        self._grid = grid
        self._make_next()
        self._keep_room()
        if len(rows) > MOST_ROWS:
            more = label(
                f"{text.count(len(rows) - MOST_ROWS)} more columns are not shown and keep their values",
                "muted",
                content,
            )
            grid.addWidget(named(more, "askFormMore"), MOST_ROWS, 0, 1, 3)
        self.setWidget(content)
        self._report_rows()

    def _make_next(self) -> None:
        """Makes the next rows."""
        content, start = self._grid.parentWidget(), len(self._rows)
        for number, row in enumerate(self._wanted[start : start + _AT_ONCE], start):
            made: _Row = _ChoiceRow(row, number, content) if row.choices else _NumberRow(row, number, content)
            made.moved.connect(lambda value, number=number: self.moved.emit(number, value))
            made.changed.connect(lambda value, number=number: self.changed.emit(number, value))
            made.add_to(self._grid, *((0, _PARTS * number) if self._is_one_line else (number, 0)))
            made.show()
            self._grid.setRowMinimumHeight(number, 0)
            self._rows.append(made)
            if number < len(self._values):
                made.show_value(self._values[number])
        if len(self._rows) < len(self._wanted):
            self._more_rows.schedule()

    def _make_more(self) -> None:
        self._make_next()
        self._report_rows()

    def _report_rows(self) -> None:
        """Reports that all rows are there, if they are."""
        self._fit_sliders()
        if len(self._rows) == len(self._wanted):
            self.updateGeometry()
            self.rows_made.emit()

    def _keep_room(self) -> None:
        """Reserves space for the rows that are made soon, so that nothing moves when they come."""
        if len(self._rows) == len(self._wanted):
            return
        first = self._rows[0]
        height = self._grid.itemAt(self._grid.indexOf(first.field)).sizeHint().height() + self._grid.verticalSpacing()
        for number in range(len(self._rows), len(self._wanted)):
            self._grid.setRowMinimumHeight(number, height)
        longest = max(first.caption.fontMetrics().horizontalAdvance(row.name) for row in self._wanted)
        self._grid.setColumnMinimumWidth(0, min(theme.px(_NAME), longest))

    def show_values(self, values: Sequence[float]) -> None:
        """Shows a value for each row; for texts the index of the chosen one."""
        for number, (row, value) in enumerate(zip(self._rows, values, strict=False)):
            if number >= len(self._values) or value != self._values[number]:
                row.show_value(value)
        self._values = list(values)

    def sizeHint(self) -> QSize:
        hint = self.widget().sizeHint()
        if len(self._wanted) <= _IN_VIEW or self._is_one_line:
            return QSize(hint.width(), hint.height() + 2)
        row, between = self._rows[0].field.sizeHint().height(), self._grid.verticalSpacing()
        return QSize(hint.width(), _IN_VIEW * (row + between) - between + 2)

    def minimumSizeHint(self) -> QSize:
        """Returns the width that the rows need without sliders, and some height: the form scrolls."""
        height = min(self.sizeHint().height(), theme.px(64))
        if self._is_one_line or not self._rows:
            return QSize(self.widget().minimumSizeHint().width(), height)
        names = max(self._grid.columnMinimumWidth(0), *(row.caption.minimumSizeHint().width() for row in self._rows))
        fields = max(row.field.minimumWidth() for row in self._rows) + self.verticalScrollBar().sizeHint().width()
        return QSize(names + self._grid.horizontalSpacing() + fields, height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_sliders()

    def _fit_sliders(self) -> None:
        """Hides the sliders where they would be too short."""
        if not self._is_one_line:
            room = self.width() - self.minimumSizeHint().width() - self._grid.horizontalSpacing()
            for row in self._rows:
                row.show_slider(room >= _LEAST_SLIDER)


class _Slider(WheelInFocus, QSlider):
    """A slider that scrolling the form does not change."""


class _Row(QObject):
    """The parts of a row, which lie in the form's grid. Its signals are those of the form."""

    moved = pyqtSignal(float)
    changed = pyqtSignal(float)

    def __init__(self, row: FormRow, field: QWidget) -> None:
        super().__init__()
        self.row = row
        self.field = field
        theme.sized(field.setMinimumWidth, _CHOICE if row.choices else _FIELD)
        theme.sized(field.setMaximumWidth, _WIDEST_CHOICE if row.choices else _FIELD)
        self.caption = label("", "fieldName", field.parentWidget())
        self.fit_caption()
        self.caption.setToolTip(_TIP.format(row.name))
        self.caption.setBuddy(field)
        self.parts = [self.caption, field, *field.findChildren(QLineEdit)]

    def fit_caption(self) -> None:
        """Shows as much of the name as there is room for."""
        metrics = QFontMetrics(theme.font())
        self.caption.setText(metrics.elidedText(self.row.name, Qt.TextElideMode.ElideMiddle, theme.px(_NAME)))

    def show(self) -> None:
        """Shows the parts now and not a turn of the event loop later, in which they would take no room."""
        for part in self.parts:
            part.ensurePolished()
            part.show()

    def add_to(self, grid: QGridLayout, line: int, start: int) -> None:
        """Puts the parts into a line of the grid, from a column on."""
        grid.addWidget(self.caption, line, start)
        grid.addWidget(self.field, line, start + 1, 1, 2, Qt.AlignmentFlag.AlignRight)

    def show_slider(self, is_shown: bool) -> None:
        """Shows or hides the slider, if there is one."""

    def show_value(self, value: float) -> None:
        """Shows a value without a signal."""


class _ChoiceRow(_Row):
    """Texts to choose from."""

    def __init__(self, row: FormRow, number: int, parent: QWidget) -> None:
        self._combo = Combo(f"askValue{number + 1}Combo", row.name, _TIP.format(row.name), parent)
        super().__init__(row, self._combo)
        self._combo.addItems(row.choices)
        self._combo.activated.connect(lambda place: self.changed.emit(float(place)))

    def show_value(self, value: float) -> None:
        self._combo.setCurrentIndex(int(value))


class _NumberRow(_Row):
    """A number: a field to type into, and a slider over the range of the training examples."""

    def __init__(self, row: FormRow, number: int, parent: QWidget) -> None:
        name, tip = f"askValue{number + 1}", _TIP.format(row.name)
        self._edit = NumberEdit(f"{name}Edit", self._stepped, tip, row.name, parent)
        super().__init__(row, self._edit)
        self._edit.committed.connect(self._typed)
        self._error = FieldError(self._edit)
        self._slider: _Slider | None = None
        self._value = row.low
        if row.has_slider:
            self._add_slider(name, parent)

    def _add_slider(self, name: str, parent: QWidget) -> None:
        row = self.row
        tip = f"{row.name}: drag to set, from {self._words(row.low)} to {self._words(row.high)} as in the training set."
        self._slider = named(_Slider(Qt.Orientation.Horizontal, parent), f"{name}Slider", f"{row.name}, slider", tip)
        self.parts.append(self._slider)
        self._slider.setRange(0, max(1, round((row.high - row.low) / row.step)))
        self._slider.setMinimumWidth(_LEAST_SLIDER)
        self._slider.valueChanged.connect(self._slid)
        self._slider.sliderReleased.connect(lambda: self.changed.emit(self._at(self._slider_place)))

    def add_to(self, grid: QGridLayout, line: int, start: int) -> None:
        super().add_to(grid, line, start)
        if self._slider is not None:
            grid.addWidget(self._slider, line, start + 1)
            grid.addWidget(self.field, line, start + 2)

    def show_slider(self, is_shown: bool) -> None:
        if self._slider is not None:
            self._slider.setVisible(is_shown)

    def show_value(self, value: float) -> None:
        self._value = value
        self._error.show_error("")
        self._edit.show_value(self._words(value))
        if self._slider is not None and not self._slider.isSliderDown():
            self._slider.blockSignals(True)
            self._slider.setValue(round((value - self.row.low) / self.row.step))
            self._slider.blockSignals(False)

    def _words(self, value: float) -> str:
        words = f"{value:.{self.row.decimals}f}"
        return (words if float(words) else words.lstrip("-")).replace("-", "−")

    # ---- changes

    @property
    def _slider_place(self) -> int:
        return 0 if self._slider is None else self._slider.value()

    def _at(self, place: int) -> float:
        """Returns the number at a place of the slider."""
        return float(min(round(self.row.low + place * self.row.step, self.row.decimals), self.row.high))

    def _slid(self, place: int) -> None:
        """Emits ``moved`` while the slider is dragged; keys and clicks on its groove set the value."""
        is_dragged = self._slider is not None and self._slider.isSliderDown()
        (self.moved if is_dragged else self.changed).emit(self._at(place))

    def _stepped(self, typed: str, direction: int) -> str:
        return self._words(_number(typed) + direction * self.row.step)

    def _typed(self, typed: str) -> None:
        if typed == self._words(self._value):  # the value in use, which has more decimals than are shown
            self.show_value(self._value)
            return
        try:
            value = number_within("value", _number(typed), -_LARGEST, _LARGEST, self._words(self.row.low))
        except SettingError as error:
            self._error.show_error(error.message_for(self.row.name))
            return
        self.show_value(value)
        self.changed.emit(value)


def _number(typed: str) -> float:
    """Raises SettingError."""
    return parse_number("value", typed.replace("−", "-"), "0")
