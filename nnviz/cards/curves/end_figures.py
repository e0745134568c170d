"""The last figures of the curves, large, at the ends of the curves."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QEvent, QObject, QPoint, Qt
from PyQt5.QtGui import QFontMetrics, QHelpEvent
from PyQt5.QtWidgets import QLabel, QToolTip

from nnviz.cards.curves.known_figures import PARTS, EndFigure, ShownFigures
from nnviz.ui import theme
from nnviz.ui.parts import describe, named, set_look
from nnviz.ui.plots.spacing import pushed_apart
from nnviz.ui.plots.zoom_plot import ZoomPlot

_BESIDE, _GAP = 16, 7  # pixels at 100 %: right of a curve's end, and before the word
_LINE = 1.12  # of the height of the text: the least distance of two figures
_MOST = 1 / 3  # of the plot's width for the figures, if their words fit
_TOP, _LOW_TOP, _BOTTOM = 10, 3, 2  # pixels above the chart, above a low one, and below it
_SPARE = 2  # pixels: labels are a pixel wider than their texts
_WIDEST = "0.0017"  # one of 60,000 examples in percent


class EndFigures(QObject):
    """Figures at the ends of the curves: right of the playhead, or of the whole chart while the past is displayed.

    The mouse goes through them to the chart. Right of the chart their tooltips appear.
    """

    def __init__(self, plot: ZoomPlot) -> None:
        super().__init__(plot)
        self._plot, self._size, self._is_low = plot, theme.FIGURE, False
        self._known, self._end = ShownFigures(), 0.0
        self._written: tuple[object, ...] = ()  # what the labels show
        self._hidden: set[str] = set()  # parts whose curves are hidden
        self._gutter, self._has_words = 0, True
        self._labels = {part: self._label(f"{part}Figure") for part in PARTS}
        self._words = {part: self._label("muted") for part in PARTS}
        self._past, self._note, self._now = self._label("back"), self._label("muted"), self._label("muted")
        self._past.setProperty("end", "past")
        self.set_prefix("")
        plot.viewport().installEventFilter(self)
        plot.getViewBox().sigResized.connect(self.place)
        plot.view_changed.connect(self.place)
        theme.changed.connect(self._theme_changed)
        self._write()

    def _label(self, role: str) -> QLabel:
        made = QLabel(self._plot)
        made.setTextFormat(Qt.TextFormat.PlainText)
        made.setProperty("role", role)
        made.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        made.hide()
        return made

    def set_prefix(self, prefix: str) -> None:
        """Sets how the labels' object names begin: "" for ``testFigure``, "loss" for ``lossTestFigure``."""

        def name(words: str) -> str:
            return f"{prefix}{words[0].upper()}{words[1:]}" if prefix else words

        for part in PARTS:
            self._labels[part].setObjectName(name(f"{part}Figure"))
            self._words[part].setObjectName(name(f"{part}FigureName"))
        named(self._past, name("figuresEpoch"), "Displayed epoch")
        self._note.setObjectName(name("figuresNote"))
        self._now.setObjectName(name("liveFigure"))

    def set_low(self, is_low: bool) -> None:
        """Makes the figures small, as in a chart that is only some lines of text high."""
        self._is_low = is_low
        self._gutter, self._written = 0, ()
        self._write()
        self.place()

    @property
    def _top(self) -> int:
        return _LOW_TOP if self._is_low else _TOP

    def _set_looks(self) -> None:
        for part, figure in self._labels.items():
            set_look(figure, "end", "large" if self._size_of(part) == theme.FIGURE else "small")

    # ---- what is shown

    def show(self, known: ShownFigures, end: float) -> None:
        """Shows figures beside an epoch, that of the playhead or the end of the curves."""
        self._known, self._end = known, end
        self._write()
        self.place()

    def set_shown(self, part: str, shown: bool) -> None:
        """Shows or hides the figure of a curve that is shown or hidden."""
        (self._hidden.discard if shown else self._hidden.add)(part)
        self._write()
        self.place()

    def _write(self) -> None:
        quantity, known = self._plot.axes.quantity, self._known
        has_room = 2 * _LINE * theme.px(theme.FIGURE) <= self._plot.height()
        self._size = theme.FIGURE if has_room and not self._is_low else theme.LARGE
        now = known, quantity, tuple(sorted(self._hidden)), self._gutter, theme.text_size(), self._size
        if now == self._written:
            return
        self._written = now
        self._make_room()
        self._set_looks()
        by_part = {figure.part: figure for figure in known.figures if figure.part not in self._hidden}
        for part in PARTS:
            self._write_figure(part, by_part.get(part))
        live = "" if known.now is None or "test" in self._hidden else self._live_text(known.now)
        for each, words in ((self._past, known.past), (self._note, known.note), (self._now, live)):
            each.setText(words if by_part or each is self._past else "")
            each.adjustSize()
        self._past.setVisible(bool(known.past))  # where there is room
        describe(self._past, known.past)

    def _write_figure(self, part: str, figure: EndFigure | None) -> None:
        shown, word, quantity = self._labels[part], self._words[part], self._plot.axes.quantity
        shown.setVisible(figure is not None)
        word.setVisible(figure is not None and self._has_words)
        shown.setText("" if figure is None else quantity.text(figure.value))
        word.setText(part)
        if figure is None:
            return
        words = word.sizeHint().width() + theme.px(_GAP) if self._has_words else 0
        if shown.sizeHint().width() + words > self._gutter - theme.px(_BESIDE):
            shown.setText(quantity.number(figure.value))  # the unit stands at the axis, too
        shown.setAccessibleName(figure.name)
        describe(shown, f"{quantity.text(figure.value)}, {figure.when}")
        shown.setToolTip(figure.tip)
        for each in (shown, word):
            each.adjustSize()

    def _live_text(self, value: float) -> str:
        """Returns the test figure of the live network; in a narrow plot without its unit, which the axis has, too."""
        quantity = self._plot.axes.quantity
        words = f"now {quantity.text(value)} test"
        self._now.ensurePolished()  # it has the font of its role then
        has_room = self._now.fontMetrics().horizontalAdvance(words) <= self._gutter - theme.px(_BESIDE)
        return words if has_room else f"now {quantity.number(value)} test"

    # ---- where

    def _size_of(self, part: str) -> int:
        return theme.LARGE if part == "validation" else self._size

    def _make_room(self) -> None:
        """Makes the gutter as wide as the widest figure; in a narrow plot without its unit, else without the word."""
        large, small = QFontMetrics(theme.font(self._size, bold=True)), QFontMetrics(theme.font(theme.SMALL))
        unit, most = self._plot.axes.quantity.unit, int(_MOST * self._plot.width())
        word = theme.px(_GAP) + small.horizontalAdvance("train") + _SPARE
        share, whole = (
            theme.px(_BESIDE) + large.horizontalAdvance(f"{_WIDEST} {each}".rstrip()) + word for each in ("%", unit)
        )
        self._has_words = share <= most
        gutter = min(max(whole, share), most) if self._has_words else share - word
        if gutter != self._gutter:
            self._gutter = gutter
            self._plot.getPlotItem().layout.setContentsMargins(0, self._top, gutter, _BOTTOM)

    def place(self) -> None:
        """Moves the figures to the ends of the curves; called when the view changed."""
        area, shown = self._plot.plot_area(), self._shown()
        gutter = area.right() + 1 + theme.px(_BESIDE)
        if self._known.past:
            top = max(area.top() - self._top, 0)
            has_room = top + self._past.height() + len(shown) * self._apart <= self._plot.height()
            self._past.setVisible(has_room)  # both figures stay
            self._move(self._past, gutter, top)
            top += has_room * self._past.height() + round(self._apart / 2)
            centres = [top + number * self._apart for number in range(len(shown))]
            left = gutter
        else:
            left = self._left(gutter)
            centres = self._centres(shown)
        below = 0.0
        for figure, centre in zip(shown, centres, strict=True):
            label, word = self._labels[figure.part], self._words[figure.part]
            top = round(centre - label.height() / 2)
            self._move(label, left, top)
            base = top + label.fontMetrics().ascent() - word.fontMetrics().ascent()
            self._move(word, left + label.width() + theme.px(_GAP), base)
            below = centre + self._apart / 2
        for each in (self._note, self._now):
            has_room = below + each.height() <= self._plot.height()
            each.setVisible(bool(each.text()) and has_room)
            if not each.isHidden():
                self._move(each, left if each is self._note else gutter, round(below))
                below += each.height()

    def _shown(self) -> list[EndFigure]:
        """Returns the figures that are shown; in the live network the largest comes first."""
        shown = [figure for figure in self._known.figures if figure.part not in self._hidden]
        return shown if self._known.past else sorted(shown, key=lambda figure: -figure.value)

    @property
    def _apart(self) -> float:
        return _LINE * theme.px(self._size)

    def _left(self, gutter: int) -> int:
        """Returns where the figures begin: beside the end of the curves, or in the gutter if that is out of view."""
        area, share = self._plot.plot_area(), float(self._plot.axes.share(self._end, self._plot.view[0]))
        return round(area.left() + share * area.width()) + theme.px(_BESIDE) if 0 <= share <= 1 else gutter

    def _centres(self, shown: Sequence[EndFigure]) -> list[float]:
        """Returns the middles of the figures, from above: the heights of their values, pushed apart."""
        area, (low, high), axes = self._plot.plot_area(), self._plot.view[1], self._plot.axes
        heights = [float(axes.height(figure.value * axes.quantity.factor)) for figure in shown]
        rows = [area.bottom() - (height - low) / max(high - low, 1e-12) * area.height() for height in heights]
        half = theme.px(self._size) / 2
        return pushed_apart(rows, self._apart, self._labels["test"].height() / 2, area.bottom() - half)

    @staticmethod
    def _move(label: QLabel, left: int, top: int) -> None:
        if label.pos() != QPoint(left, top):
            label.move(left, top)

    # ---- events

    def _theme_changed(self) -> None:
        if self._plot.getPlotItem() is not None:  # a closed plot has none
            self._written = ()
            self._write()
            self.place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Makes room in another size of the plot, and shows the tooltips right of the chart."""
        if event.type() == QEvent.Type.Resize:
            self._make_room()
            self._write()
        elif isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self._plot.mapFromGlobal(event.globalPos())
            for label in self._labels.values():
                if (
                    not label.isHidden()
                    and label.geometry().contains(place)
                    and label.x() > self._plot.plot_area().right()
                ):
                    QToolTip.showText(event.globalPos(), label.toolTip(), self._plot)
                    return True
        return False
