"""The place of the import sheet: over the cards in the middle of the window."""

from __future__ import annotations

from collections.abc import Iterator

from PyQt5.QtCore import QEvent, QMimeData, QObject, QPoint, QRect
from PyQt5.QtWidgets import QWidget

from nnviz.cards.importing.sheet import ImportSheet
from nnviz.session.session import Session
from nnviz.window.frame import Frame


class ImportOverlay(QObject):
    """Makes the import sheet at first use and keeps it in its place."""

    def __init__(self, session: Session, frame: Frame) -> None:
        super().__init__(frame)
        self.sheet: ImportSheet | None = None
        self._session, self._frame = session, frame
        session.data_import.changed.connect(self._show)
        frame.changed.connect(self._place)
        frame.installEventFilter(self)

    def prepare(self) -> Iterator[None]:
        """Makes the sheet before it is needed, a piece at a time."""
        sheet = self._made()
        yield
        sheet.prepare()
        yield

    def _made(self) -> ImportSheet:
        if self.sheet is None:
            self.sheet = ImportSheet(self._session.data_import, self._frame)
        return self.sheet

    def _show(self) -> None:
        if self._session.data_import.name is not None:
            self._made()
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
            self.sheet.setGeometry(self._frame.middle().adjusted(0, 0, 0, -self._frame.free_below))


def path_of(given: QMimeData) -> str | None:
    """Returns the local file or folder that is dropped; None for anything else."""
    paths = [url.toLocalFile() for url in given.urls() if url.isLocalFile()]
    return paths[0] if paths else None
