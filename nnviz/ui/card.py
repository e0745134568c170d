"""Cards: a header with title and detail, and a body."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from PyQt5.QtCore import QEvent, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QHideEvent, QMouseEvent, QShowEvent, QTextDocumentFragment
from PyQt5.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from nnviz.ui import theme
from nnviz.ui.card_menu import CardMenuButton
from nnviz.ui.column import CardScroll
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.parts import W, arranged, describe, named
from nnviz.ui.tabs import fit_in_sight, stand_close, usual_width

_LEFT = 360  # pixels that tabs leave to what is beside them; else they stand closer together

# Column names and rows, for a CSV file. Many rows may be an iterator, which is consumed in the background.
Table = tuple[list[str], Iterable[Sequence[object]]]


def ancestry(widget: QWidget | None) -> Iterator[QWidget]:
    """Yields the widget itself, if there is one, and its ancestors."""
    while widget is not None:
        yield widget
        widget = widget.parentWidget()


def holder(widget: QWidget | None, kind: type[W]) -> W | None:
    """Returns the widget itself or its nearest ancestor of this kind, or None."""
    return next((one for one in ancestry(widget) if isinstance(one, kind)), None)


class _Label(QLabel):
    """A label whose text a screen reader says even if the label has a name of its own, "test error"."""

    def setText(self, text: str) -> None:
        if text == self.text():
            return
        super().setText(text)
        if self.accessibleName():
            is_rich = self.textFormat() == Qt.TextFormat.RichText
            describe(self, QTextDocumentFragment.fromHtml(text).toPlainText() if is_rich else text)

    def clear(self) -> None:
        self.setText("")


def label(text: str = "", role: str = "", parent: QWidget | None = None) -> QLabel:
    """Returns a label of plain text that the style sheet styles by its role."""
    made = _Label(text, parent)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    return made


class CardHead(QFrame):
    """The header of a card. Cards add controls to ``row``; widgets in ``corner`` are at the right end.

    Attributes:
        has_title: whether it shows the title, if there is room.

    Signals:
        double_clicked: a double click next to the controls.
    """

    double_clicked = pyqtSignal()

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setObjectName("cardHead")
        self.title = label(title, "title")
        self.detail = ElidedLabel(role="muted")
        self.detail.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.has_title = True
        self.corner = arranged(QHBoxLayout(self), spacing=4, margins=(theme.CARD_PADDING, 8, theme.CARD_PADDING, 2))
        self.row = QHBoxLayout()
        self.row.setSpacing(8)
        self.corner.addLayout(self.row, 1)
        self.row.addWidget(self.title)
        self.row.addStretch(1)
        self.row.addWidget(self.detail)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.sized(self.setMinimumHeight, 34)

    def event(self, event: QEvent) -> bool:
        """Fits tabs and badge into the present width."""
        done = bool(super().event(event))
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest, QEvent.Type.Show):
            self._fit_tabs()
            self._fit_title()
        return done

    def _fit_tabs(self) -> None:
        bar = self.findChild(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
        if bar is not None:
            stand_close(bar, self.width() - usual_width(bar) < theme.px(_LEFT))
            beside = self.layout().minimumSize().width() - bar.minimumWidth()
            fit_in_sight(bar, self.width() - beside)

    def leave_title(self) -> None:
        """Shows no title."""
        self.has_title = False
        self.title.hide()

    def _fit_title(self) -> None:
        """Leaves out a title that has no room beside the controls."""
        if self.has_title:
            wide = self.title.sizeHint().width() + self.row.spacing() if self.title.isHidden() else 0
            needed = self.layout().minimumSize().width() + wide
            self.title.setVisible(needed <= self.width())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click beside the controls enlarges the card."""
        self.double_clicked.emit()
        event.accept()


def _body() -> tuple[QFrame, QVBoxLayout]:
    sheet, padding = named(QFrame(), "cardBody"), theme.CARD_PADDING
    return sheet, arranged(QVBoxLayout(sheet), spacing=6, margins=(padding, 6, padding, padding))


class Card(QWidget):
    """A card that is fixed in a column. Subclasses fill ``body``."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.head = CardHead(title)
        sheet, self.body = _body()
        arranged(QVBoxLayout(self), self.head, sheet).setStretch(1, 1)


class LazyView:
    """What cards and pages have in common: they follow the session only while they are in view.

    Attributes:
        in_view: whether the view can be seen: not if it is closed or behind another tab, of which isVisible() knows
            nothing.
    """

    in_view = False
    _is_outdated = False  # whether another run or other data came while it was out of view

    def refresh(self) -> None:
        """Draws what changed while the view was out of view. Subclasses that draw implement it."""

    def adapt(self) -> None:
        """Shows another run or other data. Subclasses implement it if names, axes or choices depend on them."""

    def invalidate(self) -> None:
        """Adapts the view to another run or other data: at once if it is in view, else when it comes into view."""
        self._is_outdated = not self.in_view
        if self.in_view:
            self.adapt()

    def table(self) -> Table | None:
        """Returns what is shown as column names and rows, for a CSV file, or None if there are no numbers."""
        return None

    def _catch_up(self) -> None:
        """Draws the view when it comes into view."""
        if self._is_outdated:
            self.invalidate()
        self.refresh()


class Panel(QWidget, LazyView):
    """A card at its place in the frame of the window, which can be enlarged, copied and exported.

    Signals:
        asked(what): the user chose an entry of the card's menu; ``what`` as in :class:`CardMenuButton`.
        in_view_changed(bool): the card became visible or is no longer visible.
    """

    tables: Mapping[str, tuple[str, Callable[[], Table | None]]] = {}  # further ones by the entry's name: title, table
    is_enlarged = False  # whether it fills the frame
    asked = pyqtSignal(str)
    in_view_changed = pyqtSignal(bool)

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setWindowTitle(title)
        self.head = CardHead(title)
        self.head.double_clicked.connect(lambda: self.asked.emit("enlarge"))
        self.menu_button = CardMenuButton(title, lambda: self.has_table)
        self.menu_button.asked.connect(self.asked)
        self.head.corner.addWidget(self.menu_button)
        self.head.corner.setContentsMargins(theme.CARD_PADDING, 8, theme.CARD_PADDING - 6, 2)
        self.sheet, self.body = _body()
        self._scroll = CardScroll(self.sheet)
        arranged(QVBoxLayout(self), self.head, (self._scroll, 1))
        self._least_width = 0

    def set_name(self, name: str) -> None:
        self.setObjectName(name)
        self.menu_button.set_names(name)

    def set_least_width(self, width: int) -> None:
        """Sets the least width of the card, whatever it shows; its texts are elided."""
        self._least_width = width
        self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        """Returns the least height at which nothing in the card scrolls, and the least width."""
        return QSize(self._least_width, self.head.minimumSizeHint().height() + self._scroll.minimumSizeHint().height())

    def set_strip(self, is_strip: bool) -> None:
        """Chooses the low form of the card. Subclasses that have one implement it."""

    def set_presented(self, is_presented: bool) -> None:
        """Chooses the form for an audience. Subclasses leave out their tools."""
        self.menu_button.setHidden(is_presented)

    def prepare(self) -> Iterator[None]:
        """Makes what other data will need, a piece at a time. Subclasses of which that takes long implement it."""
        return iter(())

    def views(self) -> list[Any]:
        """Returns the card and those of its pages or parts that can be seen, which are widgets and LazyViews."""
        return [self]

    @property
    def caption(self) -> str:
        """The content of the card at present, as a file name for exports."""
        return self.windowTitle()

    @property
    def has_table(self) -> bool:
        """Whether :meth:`table` returns numbers; cheap, unlike making the table."""
        return type(self).table is not LazyView.table

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._visibility_changed(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._visibility_changed(False)

    def _visibility_changed(self, in_view: bool) -> None:
        self.in_view = in_view
        self.in_view_changed.emit(in_view)
        if in_view:
            self._catch_up()
