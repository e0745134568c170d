"""The place of the import sheet: over everything beside the column."""

from __future__ import annotations

from collections.abc import Iterator

from PyQt5.QtCore import QEvent, QMimeData, QObject, QPoint, QRect, Qt
from PyQt5.QtGui import QPainter, QPaintEvent, QRegion
from PyQt5.QtWidgets import QWidget

from nnviz.cards.importing.sheet import ImportSheet
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.window.frame import Frame

_VISIBLE = 0.4  # share of what is beside the sheet that can be seen through the veil


class _Veil(QWidget):
    """Dims a window except for some rectangles. The mouse works through it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("importVeil")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def dim_around(self, *clear: QRect) -> None:
        """Dims all of the window but these rectangles."""
        self.setGeometry(self.parentWidget().rect())
        dimmed = QRegion(self.rect())
        for place in clear:
            dimmed = dimmed.subtracted(QRegion(place))
        self.setMask(dimmed)

    def paintEvent(self, event: QPaintEvent) -> None:
        ground = theme.colour("window")
        ground.setAlphaF(1 - _VISIBLE)
        QPainter(self).fillRect(self.rect(), ground)


class ImportOverlay(QObject):
    """Makes the import sheet at first use, keeps it in its place, and dims the rest of the window but a lesson."""

    def __init__(self, session: Session, frame: Frame) -> None:
        super().__init__(frame)
        self.sheet: ImportSheet | None = None
        self._session, self._frame = session, frame
        self._veil: _Veil | None = None
        self._above = 0
        session.data_import.changed.connect(self._show)
        frame.changed.connect(self._place)
        frame.installEventFilter(self)

    def prepare(self) -> Iterator[None]:
        """Makes the sheet before it is needed, a piece at a time."""
        sheet = self._made()
        yield
        sheet.prepare()
        yield

    def set_above(self, pixels: int) -> None:
        """Leaves that many pixels free above the sheet, for a message."""
        if pixels != self._above:
            self._above = pixels
            self._place()

    def _made(self) -> ImportSheet:
        if self.sheet is None:
            self.sheet = ImportSheet(self._session.data_import, self._frame)
        return self.sheet

    def _show(self) -> None:
        if self._session.data_import.name is not None:
            self._made()
            if self._veil is None:
                self._veil = _Veil(self._frame.window())
            if self._veil.isHidden():
                self._veil.raise_()
                self._veil.show()
        elif self._veil is not None:
            self._veil.hide()
        self._place()

    @property
    def is_open(self) -> bool:
        """Whether the sheet is shown."""
        return self.sheet is not None and self.sheet.isVisible()

    def covers(self, widget: QWidget) -> bool:
        """Whether a widget lies below the sheet."""
        if self.sheet is None or not self.is_open or self.sheet.isAncestorOf(widget):
            return False
        place = QRect(widget.mapTo(widget.window(), QPoint(0, 0)), widget.size())
        return QRect(self.sheet.mapTo(widget.window(), QPoint(0, 0)), self.sheet.size()).contains(place.center())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        if self.sheet is not None and self._session.data_import.name is not None:
            self.sheet.setGeometry(self._frame.beside_column().adjusted(0, self._above, 0, 0))
            if self._veil is not None:
                shift = self._frame.mapTo(self._frame.window(), QPoint(0, 0))
                clear = [self._frame.beside_column(), self._frame.lesson_in_front()]
                self._veil.dim_around(*(place.translated(shift) for place in clear))


def path_of(given: QMimeData) -> str | None:
    """Returns the local file or folder that is dropped; None for anything else."""
    paths = [url.toLocalFile() for url in given.urls() if url.isLocalFile()]
    return paths[0] if paths else None
