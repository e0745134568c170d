"""Legend of the map: an entry for each class, or a colour scale for targets that are numbers."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QRect, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QImage, QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from nnviz.ui import alignment, theme
from nnviz.ui.card import label
from nnviz.ui.parts import arranged, named
from nnviz.ui.plots.legend import Key

_MOST = 12  # entries
_NARROWEST, _WIDEST = 52, 120  # pixels
_BAR, _WORDS = 12, 60  # widths of the scale and of the numbers beside it


class ClassLegend(QWidget):
    """Entries of the classes, one below the other; of more than twelve classes only the first.

    Signals:
        clicked(int): a click on the entry of the class with that number.
    """

    clicked = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[Key] = []
        self._shown: tuple[list[str], list[str]] = [], []
        self._parts: list[QWidget] = []  # the entries, and the number of further classes
        self._column = arranged(QVBoxLayout(self), spacing=0)
        theme.changed.connect(self._fit)

    def show_classes(self, names: list[str], inks: list[str], are_strong: Callable[[int], bool]) -> None:
        """Sets names and colours of the classes. Entries of classes that are not highlighted are empty."""
        if (names, inks) != self._shown:
            self._make(names, inks)
        for number, key in enumerate(self.keys):
            key.setChecked(are_strong(number))

    def _make(self, names: list[str], inks: list[str]) -> None:
        self._shown = names, inks
        while self._column.count():
            item = self._column.takeAt(0)
            if item.widget() is not None:
                item.widget().deleteLater()
        self.keys = [
            self._key(number, *each) for number, each in enumerate(list(zip(names, inks, strict=True))[:_MOST])
        ]
        self._parts = [*self.keys]
        if len(names) > _MOST:
            self._parts.append(label(f"  and {len(names) - _MOST} more", "muted"))
        for part in self._parts:
            self._column.addWidget(part)
        self._fit()

    def _fit(self) -> None:
        widest = max((part.sizeHint().width() for part in self._parts), default=0)
        self.setFixedWidth(min(max(widest, theme.px(_NARROWEST)), theme.px(_WIDEST)))

    def _key(self, number: int, name: str, ink: str) -> Key:
        tip = f"Highlights the examples of class {name} in all cards. Click again to show all."
        key = Key(ink, name, f"mapClass{number}Key", tip)
        key.setSizePolicy(
            QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed
        )  # A long name must not widen the column.
        key.setAccessibleName(f"Class {name}")
        key.clicked.connect(lambda: self.clicked.emit(number))
        return key


class ColourScale(QWidget):
    """Vertical colour bar with the targets at both ends."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "mapScale", "Colours of the targets")
        self._low = self._high = self._name = ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self._new_look)

    def show_ends(self, low: str, high: str, name: str) -> None:
        """Sets the targets at both ends, and the name of the target."""
        if (low, high, name) != (self._low, self._high, self._name):
            self._low, self._high, self._name = low, high, name
            self.setAccessibleDescription(f"{name} from {low} to {high}")
            self.update()

    def _new_look(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Returns the preferred size, as wide as a number."""
        return QSize(16 + theme.px(_WORDS), 120)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the bar and the numbers."""
        painter = QPainter(self)
        colours = QImage(1, 256, QImage.Format.Format_RGB32)
        for row, rgb in enumerate(reversed(theme.sequential_table(theme.current()))):
            colours.setPixel(0, row, rgb)
        bar = QRect(4, 4, _BAR, self.height() - 8)
        painter.drawImage(bar, colours)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("muted"))
        words = bar.adjusted(_BAR + 6, -4, theme.px(_WORDS), 4)
        painter.drawText(words, alignment.TOP_LEFT, self._high)
        painter.drawText(words, alignment.BOTTOM_LEFT, self._low)
        name = painter.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideMiddle, words.width())
        painter.drawText(words, alignment.LEFT, name)
