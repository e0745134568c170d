"""The text of a lesson: rich text as high as it needs, which loads nothing but images of the lesson's folder."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from PyQt5.QtCore import QByteArray, QSize, Qt, QUrl
from PyQt5.QtGui import QDesktopServices, QImage, QResizeEvent, QTextDocument, QWheelEvent
from PyQt5.QtWidgets import QFrame, QSizePolicy, QTextBrowser

from engine.basics.errors import EngineError
from nnviz.digits.picture_files import colours_of_file
from nnviz.lessons import texts
from nnviz.lessons.folder import file_of_lesson
from nnviz.ui import theme
from nnviz.ui.parts import named

_EMPTY = QImage(1, 1, QImage.Format.Format_ARGB32)
_EMPTY.fill(0)
_WIDEST = 600  # pixels of an image in a text that has no width yet
_LARGEST = 1200, 3000  # width and height in pixels of an image that is kept
_MOST_KEPT = 20  # images: as many as a step may have


class LessonText(QTextBrowser):
    """Shows HTML that :mod:`nnviz.lessons.document` made. Links open in the browser after a click."""

    def __init__(self, html: str, folder: Path, name: str = "lessonText") -> None:
        super().__init__()
        named(self, name, texts.TEXT_NAME)
        self._folder, self._html = folder, html
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setOpenLinks(False)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.document().setIndentWidth(16)
        self.document().setDocumentMargin(8 if name == "lessonHint" else 0)
        self.anchorClicked.connect(open_link)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)  # as with another size of the font
        theme.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        self.document().setDefaultStyleSheet(
            f"p {{ margin-bottom: 6px; }} a {{ color: {theme.current().ink}; }}"
            "code { font-family: monospace; } pre { white-space: pre-wrap; }"
            "th, td { padding: 2px 10px 2px 0; text-align: left; }"
        )
        self.setHtml(self._html)
        self._fit()

    def loadResource(self, kind: int, url: QUrl) -> Any:
        """Returns an image of the lesson's folder, at most as wide as the text; an empty one for all else."""
        return image_at(kind, url, self._folder, self.viewport().width())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width() and "<img" in self._html:
            self.setHtml(self._html)  # images have the width of the text
        self._fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leaves the wheel to the column: the whole text is shown."""
        event.ignore()

    def _fit(self, *_: object) -> None:
        self.document().setTextWidth(self.viewport().width())
        self.setFixedHeight(max(1, round(self.document().size().height())))

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(120), self.height())


def image_at(kind: int, url: QUrl, folder: Path, width: int) -> Any:
    """Returns an image of a folder, at most that wide; an empty one, or no content, for all else.

    For an invalid value Qt would load the file itself, from the working directory.
    """
    if kind != QTextDocument.ResourceType.ImageResource:
        return QByteArray()
    if url.scheme():
        return _EMPTY
    try:
        path = file_of_lesson(folder, unquote(url.path()))
        stat = path.stat()
        image = _image_in(path, stat.st_mtime_ns, stat.st_size)
    except (EngineError, OSError):
        return _EMPTY
    width = width if width > 0 else _WIDEST
    return image if image.width() <= width else image.scaledToWidth(width, Qt.TransformationMode.SmoothTransformation)


@lru_cache(maxsize=_MOST_KEPT)
def _image_in(path: Path, time: int, size: int) -> QImage:
    """Returns an image as it is in a file of that time and size: decoded once, however often and wide it is shown.

    Raises EngineError and OSError as :func:`colours_of_file`.
    """
    pixels = colours_of_file(path, *_LARGEST)
    height, width, _ = pixels.shape
    return QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()


def open_link(url: QUrl) -> None:
    """Opens a link in the browser, if it is https."""
    if url.scheme() == "https":
        QDesktopServices.openUrl(url)


def plain_text(html: str) -> str:
    """Returns HTML as plain text, for a control or a screen reader."""
    document = QTextDocument()
    document.setHtml(html)
    return document.toPlainText().strip()
