"""One neuron in detail: its weights at the left, facts about it at the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt5.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.basics.validation import Array
from nnviz.formatting.round_numbers import round_end
from nnviz.ui import alignment, theme
from nnviz.ui.card import label
from nnviz.ui.painted_view import PaintedView
from nnviz.ui.parts import arranged, named
from nnviz.ui.weights.heat_map import HeatMap

_BINS = 41
_SCALE = 48  # pixels left of the bars for the ends of the scale
_FOOT = 20  # pixels below the bars for the numbers of the inputs
_FACTS_WIDTH = 296
_LEAST_WIDTH = 170  # of bars with a scale and names
_NARROWEST, _APART = 12, 8  # pixels: a bar that may have a name below it, and between two names
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}


@dataclass(frozen=True)
class NeuronFacts:
    """The facts about a neuron: a title, names with values, and its strongest inputs with their weights.

    ``source`` is the name of an input by its number.
    """

    title: str
    rows: Sequence[tuple[str, str]]
    strongest: Sequence[tuple[str, str]]
    source: Callable[[int], str]


class NeuronView(QWidget):
    """Shows one neuron in place of the mosaic.

    Signals:
        left(): the user pressed Esc, or clicked the image or the button.
        stepped(by): to the previous (-1) or next (1) neuron.
        hovered(input): the input under the mouse, sent again when its weight may have changed; -1 for none.

    Attributes:
        picture, bars: the weights of a neuron whose inputs are pixels, and of any other.
    """

    left = pyqtSignal()
    stepped = pyqtSignal(int)
    hovered = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        named(self, "neuronView", "One neuron")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.picture = named(HeatMap(), "neuronPicture", "Image of the neuron's weights")
        self.picture.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.picture.opened.connect(self.left)
        self.picture.hovered.connect(lambda _, number: self.hovered.emit(number))
        self.bars = named(WeightBars(), "neuronBars", "The neuron's weights as bars")
        self.bars.hovered.connect(self.hovered)
        self.bars.clicked.connect(self.left)
        self._weights = QStackedWidget()
        self._weights.addWidget(self.picture)
        self._weights.addWidget(self.bars)
        row = arranged(QHBoxLayout(self), self._weights, spacing=16)
        row.setStretch(0, 1)
        row.addLayout(self._facts())

    def _facts(self) -> QVBoxLayout:
        self._rows, self._strongest = _Pairs(), _Pairs()
        self.histogram = Histogram()
        content = named(QWidget(), "scrolled")
        strongest = label("strongest inputs", "muted")
        inner = QVBoxLayout(content)
        arranged(inner, self._rows, self.histogram, strongest, self._strongest, spacing=6).addStretch(1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        theme.sized(scroll.setFixedWidth, _FACTS_WIDTH)
        scroll.setWidget(content)
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addLayout(self._buttons())
        column.addWidget(scroll, 1)
        return column

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        back = _button("Back", "neuronBackButton", "Returns to all neurons of the layer (Esc).")
        back.clicked.connect(self.left)
        self._title = named(label(role="title"), "neuronTitle")
        row.addWidget(self._title, 1)
        for sign, word, arrow, step in (("‹", "previous", "Left", -1), ("›", "next", "Right", 1)):  # noqa: RUF001
            turn = _button(sign, f"{word}NeuronButton", f"Shows the {word} neuron of the layer ({arrow} arrow).")
            turn.setAccessibleName(f"{word.capitalize()} neuron")
            turn.clicked.connect(lambda _, step=step: self.stepped.emit(step))
            row.addWidget(turn)
        row.addWidget(back)
        return row

    # ---- what is shown

    def show_neuron(self, facts: NeuronFacts, weights: Array, limit: float, shape: tuple[int, int] | None) -> None:
        """Shows weights (inputs,) and facts; ``shape`` is that of the inputs if they form an image."""
        self._title.setText(facts.title)
        self._rows.show_pairs(facts.rows)
        self._strongest.show_pairs(facts.strongest)
        self.histogram.show_values(weights, limit)
        self._weights.setCurrentWidget(self.bars if shape is None else self.picture)
        if shape is None:
            self.bars.show_values(weights, limit, facts.source)
        else:
            self.picture.show_values(weights[None], limit, shape)

    def show_text(self, text: str) -> None:
        """Shows a read-out next to the mouse; an empty text hides it."""
        (self.picture if self._weights.currentWidget() is self.picture else self.bars).show_text(text)

    # ---- events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() in _STEPS:
            self.stepped.emit(_STEPS[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)


class WeightBars(PaintedView):
    """A bar per input: upward for weights that increase the neuron's sum, downward for those that decrease it.

    The ends of the scale are at the left, the names of the inputs below; of the first and the last where there is no
    room for all.

    Signals:
        hovered(input): the input under the mouse, -1 for none.
        clicked(): anywhere.

    Attributes:
        end: the weight at the end of the scale.
    """

    hovered = pyqtSignal(int)
    clicked = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._values: Array = np.zeros(0)
        self._source: Callable[[int], str] = str
        self.end = 1.0
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumSize(QSize(80, 60))

    def show_values(self, values: Array, limit: float, source: Callable[[int], str]) -> None:
        """Shows weights (inputs,); ``source`` is the name of an input.

        The scale ends at the limit, or at a round number above the largest weight.
        """
        self._source = source
        largest = float(np.nan_to_num(np.abs(values)).max(initial=0.0))
        self._values, self.end = values, max(limit if largest <= limit else round_end(largest), 1e-12)
        if self._mouse is not None:
            self._update_hovered()
        self.update()

    @property
    def field(self) -> QRect:
        """The rectangle of the bars; of a small view the whole, without scale and names."""
        return self.rect() if self._is_small else self.rect().adjusted(theme.px(_SCALE), 0, 0, -theme.px(_FOOT))

    @property
    def _is_small(self) -> bool:
        return self.width() < theme.px(_LEAST_WIDTH)

    @property
    def axis(self) -> list[str]:
        """The names below the bars: all if they fit, else the first and the last, elided."""
        count, room, metrics = len(self._values), self.field.width(), QFontMetrics(theme.font(theme.SMALL))
        if count * _NARROWEST <= room:
            names = list(map(self._source, range(count)))
            if all(metrics.horizontalAdvance(name) + _APART <= room / count for name in names):
                return names
        ends = sorted({0, count - 1} if count else ())
        return [
            metrics.elidedText(self._source(number), Qt.TextElideMode.ElideMiddle, (room - _APART) // 2)
            for number in ends
        ]

    @property
    def _input(self) -> int:
        field = self.field
        if self._mouse is None or not field.left() <= self._mouse.x() <= field.right():
            return -1
        return (self._mouse.x() - field.left()) * len(self._values) // field.width()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the scale and the bars; with more inputs than pixels, the strongest weight of each pixel."""
        painter, field = QPainter(self), self.field
        look, middle = theme.current(), field.height() / 2
        painter.fillRect(field, QColor(look.field))
        if not self._is_small:
            self._paint_scale(painter)
        painter.translate(field.topLeft())
        count = min(len(self._values), field.width())
        if count:
            heights = strongest_of_each(self._values, count) / self.end * (middle - 4)
            pitch = field.width() / count
            wide = pitch - 1 if pitch >= 3 else pitch
            for number, high in enumerate(heights.tolist()):
                ink = look.positive if high > 0 else look.negative
                top = middle - high if high > 0 else middle
                painter.fillRect(QRectF(number * pitch, top, wide, abs(high)), QColor(ink))
        painter.fillRect(QRectF(0, middle, field.width(), 1), QColor(look.faint))

    def _paint_scale(self, painter: QPainter) -> None:
        field, end = self.field, f"{self.end:.3g}"
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("muted"))
        beside = QRect(0, field.top(), theme.px(_SCALE) - 6, field.height())
        for words, place in (
            (f"+{end}", alignment.TOP_RIGHT),
            ("0", alignment.RIGHT),
            (f"−{end}", alignment.BOTTOM_RIGHT),
        ):
            painter.drawText(beside, place, words)
        below = QRect(field.left(), field.bottom() + 4, field.width(), theme.px(_FOOT) - 4)
        names = self.axis
        for number, name in enumerate(names):
            wide = field.width() / len(names)
            room = QRectF(below.x() + number * wide, below.y(), wide, below.height())
            painter.drawText(room, self._side(number, names), name)

    def _side(self, number: int, names: list[str]) -> int:
        """Names stand in the middle below their bars, or at both ends."""
        if len(names) == len(self._values):
            return alignment.TOP
        return alignment.TOP_RIGHT if number else alignment.TOP_LEFT

    def _update_hovered(self) -> None:
        self.hovered.emit(self._input)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()


class Histogram(QWidget):
    """A histogram of the weights, in the colours of the weights."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: Array = np.zeros(_BINS)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.sized(self.setFixedHeight, 36)
        self.setAccessibleName("Histogram of the neuron's weights")
        self.setToolTip(
            "Shows how many weights of each size there are, with 0 in the middle. The bars at the ends count all "
            "larger weights."
        )

    def show_values(self, values: Array, limit: float) -> None:
        """Shows weights (inputs,); the bins range from -limit to limit."""
        places = np.nan_to_num(values / max(limit, 1e-12), nan=0.0).clip(-1, 1) * (_BINS // 2) + _BINS // 2
        self._counts = np.bincount(np.rint(places).astype(np.intp), minlength=_BINS)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        look, pitch = theme.current(), self.width() / _BINS
        highest = max(float(self._counts.max()), 1.0)
        for number, count in enumerate(self._counts.tolist()):
            side = number - _BINS // 2
            ink = look.muted if side == 0 else look.positive if side > 0 else look.negative
            high = (self.height() - 1) * count / highest
            painter.fillRect(QRectF(number * pitch, self.height() - 1 - high, pitch - 1, high), QColor(ink))
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), theme.colour("border"))


class _Pairs(QWidget):
    """Rows of a name at the left and a value at the right."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)
        self._shown: list[tuple[QLabel, QLabel]] = []

    def show_pairs(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Shows these rows, reusing the labels."""
        while len(self._shown) < len(pairs):
            name, value = label(role="muted"), label(role="number")
            value.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
            row = len(self._shown)
            self._grid.addWidget(name, row, 0)
            self._grid.addWidget(value, row, 1, Qt.AlignmentFlag.AlignRight)
            self._shown.append((name, value))
        for number, labels in enumerate(self._shown):
            for part, words in zip(labels, pairs[number] if number < len(pairs) else ("", ""), strict=True):
                part.setText(words)
                part.setVisible(number < len(pairs))


def _button(text: str, name: str, tip: str) -> QPushButton:
    made = named(QPushButton(text), name, text, tip)
    made.setProperty("role", "small")
    return made


def strongest_of_each(values: Array, count: int) -> Array:
    """Returns the weight of largest size in each of ``count`` ranges of the values."""
    starts = np.arange(count) * len(values) // count
    high, low = np.maximum.reduceat(values, starts), np.minimum.reduceat(values, starts)
    return np.nan_to_num(np.where(high > -low, high, low), nan=0.0)
