"""A label that elides its text in little space and never widens its layout."""

from __future__ import annotations

from html import escape

from PyQt5.QtCore import QEvent, QSize, Qt
from PyQt5.QtGui import QResizeEvent, QTextDocumentFragment
from PyQt5.QtWidgets import QLabel

from nnviz.ui.parts import describe


class ElidedLabel(QLabel):
    """Shows as much of its text as fits. A rich text that is elided is shown as plain text.

    Attributes:
        only_whole: whether nothing is shown where no version of the text fits; else the shortest ends with "…".
    """

    def __init__(self, text: str = "", role: str = "") -> None:
        super().__init__()
        self.only_whole = False
        self._whole = ""
        self._shorter: tuple[str, ...] = ()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setText(text)

    def text(self) -> str:
        """Returns the whole text."""
        return self._whole

    def setText(self, text: str) -> None:
        """Sets the text, which has no shorter versions."""
        self._show(text, ())

    def _show(self, whole: str, shorter: tuple[str, ...]) -> None:
        if (whole, shorter) == (self._whole, self._shorter):
            return
        is_other, self._whole, self._shorter = whole != self._whole, whole, shorter
        self._fit()
        if is_other:
            self.updateGeometry()
            if self.accessibleName():  # a screen reader would say the name alone
                describe(self, self._plain(whole))

    def show_versions(self, whole: str, *shorter: str, tip: str = "") -> None:
        """Shows the longest version that fits. The last one is elided if necessary; it may be "".

        The tooltip shows the whole text, or ``tip``.
        """
        self._show(whole, shorter)
        self.setToolTip(tip or whole)

    @property
    def shown(self) -> str:
        """The visible text."""
        return self._fitting()

    def _fit(self) -> None:
        super().setText(self._fitting())

    def _fitting(self) -> str:
        if self._whole == "":
            return ""
        self.ensurePolished()  # else it is measured in another font
        metrics = self.fontMetrics()
        room = self.contentsRect().width()
        texts = (self._whole, *self._shorter)
        fitting = next((words for words in texts if metrics.horizontalAdvance(self._plain(words)) <= room), "")
        if fitting or self.only_whole:
            return fitting
        elided = metrics.elidedText(self._plain(texts[-1]), Qt.TextElideMode.ElideRight, max(room, 0))
        return escape(elided) if self.textFormat() == Qt.TextFormat.RichText else elided

    def _plain(self, words: str) -> str:
        """Returns the plain words of a text."""
        is_rich = self.textFormat() == Qt.TextFormat.RichText
        return QTextDocumentFragment.fromHtml(words).toPlainText() if is_rich else words

    def sizeHint(self) -> QSize:
        """Returns room for the whole text."""
        self.ensurePolished()
        margins = self.contentsMargins()
        width = self.fontMetrics().horizontalAdvance(self._plain(self._whole)) + margins.left() + margins.right()
        return QSize(width, self.fontMetrics().height() + margins.top() + margins.bottom())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Fits the text again to another font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()
