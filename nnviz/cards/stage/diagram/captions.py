"""Captions below the layers, each of which opens its layer, and the legend of the connections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PyQt5.QtCore import QObject, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PyQt5.QtWidgets import QAbstractButton, QActionGroup, QMenu, QSizePolicy, QToolButton, QWidget

from nnviz.cards.stage.diagram.layout import APART, CAPTION, Fold, Layout
from nnviz.formatting import text
from nnviz.ui import alignment, theme
from nnviz.ui.painted_view import ENTER, paint_focus
from nnviz.ui.parts import describe, named

COUNTS = (20, 46, 150, 400)  # connections between two layers
DEFAULT_COUNT = 46
_PAD, _MARK, _BEFORE_MARK = 4, 9, 7  # pixels
_SLASH = QPointF(5, -5)  # from the middle of a line through a neuron to its end
_BETWEEN = 6  # pixels between two captions
_DASH, _AFTER_DASH, _AFTER_WORD = 15, 6, 12  # pixels of the legend
_LONGEST = 170  # pixels at 100 percent of words in the legend
STRUCK = "struck"  # in the place of a colour: the line through a neuron


@dataclass(frozen=True)
class LayerText:
    """The texts of a layer: versions of its caption, the longest first, and its name for screen readers."""

    versions: tuple[str, ...]
    accessible: str


class LayerCaption(QAbstractButton):
    """The caption of a layer, with the mark of enlarging."""

    def __init__(self, parent: QWidget, layer: int) -> None:
        super().__init__(parent)
        self.layer = layer
        named(self, f"layerCaption{layer}", tip="Shows all weights of this layer.")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def width_of(self, words: str) -> int:
        """Returns the width of the caption with these words."""
        metrics = QFontMetrics(theme.font(theme.SMALL))
        return metrics.horizontalAdvance(words) + 2 * _PAD + _BEFORE_MARK + theme.px(_MARK)

    def sizeHint(self) -> QSize:
        """Returns the size for the present words."""
        return QSize(self.width_of(self.text()), theme.px(CAPTION))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the layer, as Space does."""
        if event.key() in ENTER:
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the words, and two corners as the mark."""
        painter = QPainter(self)
        ink = theme.colour("ink" if self.underMouse() or self.hasFocus() else "muted")
        painter.setPen(ink)
        painter.setFont(theme.font(theme.SMALL))
        painter.drawText(self.rect().adjusted(_PAD, 0, 0, 0), alignment.LEFT, self.text())
        size = theme.px(_MARK)
        left, top = self.width() - _PAD - size + 0.5, (self.height() - size) // 2 + 0.5
        right, bottom, arm = left + size - 1, top + size - 1, round(size * 0.4)
        painter.setPen(QPen(theme.colour("ink"), 1))
        for corner, sign in ((QPointF(right, top), 1), (QPointF(left, bottom), -1)):
            painter.drawLine(corner, corner - QPointF(sign * arm, 0))
            painter.drawLine(corner, corner + QPointF(0, sign * arm))
        if self.hasFocus():
            paint_focus(painter, QRectF(self.rect()), 3)


class Legend(QToolButton):
    """The meaning of the two colours of connections, and of struck neurons. Its menu sets the number of connections.

    Signals:
        chosen(int): the user chose a number of connections.
    """

    chosen = pyqtSignal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        tip = "Sets how many connections are drawn between two layers: the strongest."
        named(self, "networkColourKey", "Colours of the connections", tip)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.entries: tuple[tuple[str, str], ...] = ()  # words and the colour of each, from the left
        menu = named(QMenu(self), "strongestMenu")
        self._group = QActionGroup(menu)
        for count in COUNTS:
            action = menu.addAction(f"{count} strongest of each step")
            action.setObjectName(f"actionStrongest{count}")
            action.setCheckable(True)
            action.setChecked(count == DEFAULT_COUNT)
            action.triggered.connect(lambda _=False, count=count: self.chosen.emit(count))
            self._group.addAction(action)
        self.setMenu(menu)

    def show_entries(self, *entries: tuple[str, str]) -> bool:
        """Sets the words and their colours. Returns whether they have changed."""
        metrics = QFontMetrics(theme.font(theme.SMALL))
        wide = theme.px(_LONGEST)
        shown = tuple((metrics.elidedText(words, Qt.TextElideMode.ElideRight, wide), ink) for words, ink in entries)
        if shown == self.entries:
            return False
        self.entries = shown
        describe(self, ", ".join(words for words, _ in entries))
        self.update()
        return True

    def width_of(self, count: int) -> int:
        """Returns the width of the last entries."""
        metrics = QFontMetrics(theme.font(theme.SMALL))
        words = [each for each, _ in self.entries[len(self.entries) - count :]]
        widths = [metrics.horizontalAdvance(each) + _DASH + _AFTER_DASH for each in words]
        return sum(widths) + _AFTER_WORD * max(0, len(words) - 1) + 2 * _PAD

    def sizeHint(self) -> QSize:
        """Returns the size of all entries."""
        return QSize(self.width_of(len(self.entries)), theme.px(CAPTION))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the entries that fit, from the right."""
        painter = QPainter(self)
        painter.setFont(theme.font(theme.SMALL))
        right = self.width() - _PAD
        for words, ink in reversed(self.entries):
            wide = painter.fontMetrics().horizontalAdvance(words)
            if right - wide - _DASH - _AFTER_DASH < 0:
                break
            painter.setPen(theme.colour("muted"))
            painter.drawText(QRect(right - wide, 0, wide, self.height()), alignment.RIGHT, words)
            right -= wide + _AFTER_DASH
            sample = QRectF(right - _DASH, self.height() / 2 - 1.5, _DASH, 3)
            if ink == STRUCK:
                painter.setPen(QPen(theme.colour("ink"), 2))
                painter.drawLine(sample.center() - _SLASH, sample.center() + _SLASH)
            else:
                painter.fillRect(sample, theme.colour(ink))
            right -= _DASH + _AFTER_WORD
        if self.hasFocus():
            paint_focus(painter, QRectF(self.rect()), 3)


class Captions(QObject):
    """The captions of all layers, and the legend, as children of the diagram.

    Signals:
        opened(layer): the user chose the caption of a layer, from 1.
    """

    opened = pyqtSignal(int)

    def __init__(self, diagram: QWidget) -> None:
        super().__init__(diagram)
        self._diagram = diagram
        self.legend = Legend(diagram)
        self.legend.hide()
        self.buttons: dict[int, LayerCaption] = {}
        self._texts: dict[int, LayerText] = {}
        self._layout: Layout | None = None

    def show_texts(self, texts: dict[int, LayerText]) -> None:
        """Sets the texts by layer."""
        if texts == self._texts:
            return
        self._texts = texts
        for layer in set(self.buttons) - set(texts):
            self.buttons.pop(layer).deleteLater()
        self.arrange(self._layout)

    def _button(self, layer: int) -> LayerCaption:
        """Returns the button of a layer. Tab leads from one to the next, and then to the legend."""
        if layer not in self.buttons:
            button = self.buttons[layer] = LayerCaption(self._diagram, layer)
            button.clicked.connect(lambda: self.opened.emit(layer))
            before = self._diagram
            for other in sorted(self.buttons):
                QWidget.setTabOrder(before, self.buttons[other])
                before = self.buttons[other]
            QWidget.setTabOrder(before, self.legend)
        return self.buttons[layer]

    # ---- places

    def arrange(self, layout: Layout | None) -> None:
        """Places the captions below their layers, each as long as possible, and the legend at the right."""
        self._layout = layout
        if layout is None or not captioned(layout) <= set(self._texts):
            return
        shown = self._stack(layout)
        layers = sorted(set(layout.slots) - {0})
        top, line = round(layout.bottom) + APART, theme.px(CAPTION)
        for each, can_shorten, wide, y in self._attempts(layout, layers, top):
            row = self._row(layout, each, can_shorten, wide if y == top else 0)
            if row is not None:
                break
        else:
            row, wide, y = {}, 0, top
        for layer, (left, words) in row.items():
            self._place(layer, left, top, words)
        shown |= set(row)
        for layer, button in self.buttons.items():
            button.setVisible(layer in shown)
        self.legend.setGeometry(layout.width - wide, y, wide, line)
        self.legend.setVisible(wide > 0)

    def _attempts(self, layout: Layout, layers: list[int], top: int) -> Iterator[tuple[list[int], bool, int, int]]:
        """Yields layers with a caption, whether these may be shortened, and width and top of the legend."""
        count = len(self.legend.entries)
        wide, short = (min(self.legend.width_of(number), layout.width) if count else 0 for number in (count, 1))
        if count:
            yield layers, False, wide, top
        below = top + theme.px(CAPTION) if count and layout.has_line else top
        for each in (layers, layers[:-1], layers[:1]):
            yield each, True, wide, below
        yield layers[:1], True, short, below

    def _row(
        self, layout: Layout, layers: list[int], can_shorten: bool, legend: int
    ) -> dict[int, tuple[int, str]] | None:
        """Returns left end and words of each caption in one row with the legend; None if they do not fit.

        The first caption may be shortened, the others only with ``can_shorten``.
        """
        places = dict.fromkeys(layers, 0)  # of the version of each
        while True:
            boxes = [self._box(layout, layer, places[layer]) for layer in layers]
            ends = [*boxes, (layout.width - legend, layout.width)] if legend else boxes
            clash = next((n for n in range(len(ends) - 1) if ends[n][1] + _BETWEEN > ends[n + 1][0]), None)
            if clash is None:
                if boxes and boxes[-1][1] > layout.width:
                    return None
                return {
                    layer: (box[0], self._texts[layer].versions[places[layer]])
                    for layer, box in zip(layers, boxes, strict=True)
                }
            pair = [
                layer for layer in layers[clash : clash + 2] if places[layer] + 1 < len(self._texts[layer].versions)
            ]
            if not can_shorten:
                pair = [layer for layer in pair if layer == layers[0]]
            if not pair:
                return None
            longest = max(pair, key=lambda layer: len(self._texts[layer].versions[places[layer]]))
            places[longest] += 1

    def _box(self, layout: Layout, layer: int, version: int) -> tuple[int, int]:
        """Returns the ends of a caption: the first one begins at its layer, others are in the middle below theirs."""
        left, right = layout.slots[layer]
        wide = self._button(layer).width_of(self._texts[layer].versions[version])
        block = layout.of(layer)
        if layer == 1 and block is not None and block.grid is not None and wide > right - left:
            start = left - _PAD
        elif layer == 1 and block is not None and block.grid is not None:
            start = block.box[0] - _PAD
        else:
            start = (left + right - wide) / 2
        start = max(0, min(round(start), layout.width - wide))
        return start, start + wide

    def _place(self, layer: int, left: int, top: int, words: str) -> None:
        button = self._button(layer)
        said = self._texts[layer].accessible
        if button.text() != words:
            button.setText(words)
            button.update()
        if button.accessibleName() != said:
            button.setAccessibleName(said)
        button.setGeometry(left, top, button.width_of(words), theme.px(CAPTION))

    def _stack(self, layout: Layout) -> set[int]:
        """Places the captions of folded layers below each other, and returns their layers."""
        if layout.fold is None:
            return set()
        left, _, width, _ = layout.fold.box
        top, rows = folded_rows(layout.fold)
        for row, layer in enumerate(rows):
            if layer is not None:
                versions = self._texts[layer].versions
                words = next((each for each in versions if self._button(layer).width_of(each) <= width), versions[-1])
                self._place(layer, round(left), round(top + row * theme.px(CAPTION)), words)
        return {layer for layer in rows if layer is not None}


def captioned(layout: Layout) -> set[int]:
    """Returns the layers that have captions."""
    rows = [] if layout.fold is None else folded_rows(layout.fold)[1]
    return {layer for layer in [*layout.slots, *rows] if layer}


def folded_rows(fold: Fold) -> tuple[float, list[int | None]]:
    """Returns the top of the captions of folded layers, and the layer of each row; None for layers without a row."""
    _, top, _, height = fold.box
    line = theme.px(CAPTION)
    rows: list[int | None] = list(range(fold.first, fold.last + 1))
    most = max(1, int(height // line) - 1)
    if len(rows) > most:
        rows = [*rows[: most - 2], None, rows[-1]] if most > 2 else rows[:most]
    return top + (height - line * (len(rows) - 1)) / 2, rows


def paint_fold(painter: QPainter, fold: Fold) -> None:
    """Paints the number of the folded layers above their captions."""
    top, rows = folded_rows(fold)
    left, _, width, _ = fold.box
    line = theme.px(CAPTION)
    painter.setFont(theme.font(theme.SMALL))
    painter.setPen(theme.colour("muted"))
    count = fold.last - fold.first + 1
    words = f"+ {text.count(count)} {'layer' if count == 1 else 'layers'}"
    painter.drawText(QRectF(left + _PAD, top - line, width, line), alignment.LEFT, words)
    if None in rows:
        painter.drawText(QRectF(left + _PAD, top + rows.index(None) * line, width, line), alignment.LEFT, "…")


def layer_text(versions: Sequence[str], size: int, layer: int, is_output: bool) -> LayerText:
    """Returns the texts of a layer."""
    name = "Output" if is_output else f"Layer {layer}"
    unit = "neuron" if size == 1 else "neurons"
    return LayerText(tuple(versions), f"{name}, {text.count(size)} {unit}: show all weights")
