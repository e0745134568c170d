"""The canvas: draws strokes with the mouse or a tablet's pen, erases them, and accepts dropped images.

Ink is white on black, or black on a light background.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PyQt5.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, pyqtSignal
from PyQt5.QtGui import (
    QColor,
    QCursor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QFontMetrics,
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QTabletEvent,
)
from PyQt5.QtWidgets import QSizePolicy, QWidget

from engine.basics.validation import Array
from engine.datasets.brightness import ink_brightness
from engine.datasets.loading import is_data
from engine.storage import FORMATS
from nnviz.cards.stage.draw.drawing_pixmap import DrawingPixmap, draw_piece, extent_of
from nnviz.digits.drawing import DEFAULT_PEN, picture_of
from nnviz.digits.strokes import Drawing, Stroke
from nnviz.library import is_exported_run
from nnviz.ui import alignment, theme
from nnviz.ui.parts import describe

PEN_UNIT = 240  # pen widths are given in 240ths of the canvas's shorter side
_ERASER = 2.0  # width of the eraser, in pen widths
_LIGHTEST = 0.5  # width of a stroke at the lightest pressure, as a share of the pen's width
_LARGEST_CURSOR = 96  # pixels; every desktop can show a cursor of this size
_HINT = QColor(255, 255, 255, 160), QColor(0, 0, 0, 150)  # the hint on a dark and on a light background
_MIDDLE = 0.25, 0.75  # between these the background is neither dark nor light, and the hint is opaque
_HINT_MARGIN = 8  # pixels
_ROUND = 6  # corner radius in pixels


class Canvas(QWidget):
    """A widget to draw in. The drawing's unit is the shorter side and its origin the centre: it scales with the canvas.

    Signals:
        changed: the drawing changed, or more or less of it is visible.
        stroke_finished(before, after): the whole drawing before and after a stroke; :meth:`restore` undoes it.
        dropped(QMimeData): something that may be a picture was dropped; valid until the slot returns.

    Attributes:
        erases: whether the left button erases; the right button and the eraser end of a tablet's pen always do.
        centred: whether the network is shown the drawing scaled and centred like the digits of MNIST.
    """

    changed = pyqtSignal()
    stroke_finished = pyqtSignal(object, object)
    dropped = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self._finished: Drawing = ()  # without the stroke in progress
        self._in_progress: _StrokeInProgress | None = None
        self._sheet: DrawingPixmap | None = (
            None  # the drawing as pixels, without the last piece of a stroke in progress
        )
        self._is_target = False
        self.erases = False
        self.centred = True
        self._background = 0.0
        self._hint = "Draw here"
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAcceptDrops(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.resize(272, 240)
        self._pen = DEFAULT_PEN
        self.changed.connect(self._describe)
        self._describe()

    def set_hint(self, words: str) -> None:
        """Sets what stands on the empty canvas."""
        self._hint = words
        self.update()

    def _describe(self) -> None:
        """Describes to screen readers whether something is drawn."""
        describe(self, "empty" if self.is_empty else "drawn")

    @property
    def _side(self) -> int:
        """Canvas pixels per unit of the drawing."""
        return max(1, min(self.width(), self.height()))

    @property
    def _middle(self) -> Array:
        return np.array([self.width(), self.height()]) / 2

    # ---- the drawing

    @property
    def strokes(self) -> list[Array]:
        """The pen strokes, without the eraser's: (n, 2) float arrays in canvas pixels, y down."""
        pens = [part for part in self.drawing if isinstance(part, Stroke) and not part.eraser]
        return [np.round(stroke.points * self._side + self._middle, 9) for stroke in pens]

    def set_strokes(self, strokes: Sequence[Array]) -> None:
        """Replaces the drawing. ``strokes`` are (n, 2) arrays in canvas pixels, y down."""
        arrays = [np.asarray(stroke, float).reshape(-1, 2) for stroke in strokes]
        self.restore(tuple(Stroke((stroke - self._middle) / self._side) for stroke in arrays if len(stroke)))

    @property
    def drawing(self) -> Drawing:
        """The strokes and images, in units that do not depend on the canvas's size."""
        return self._finished if self._in_progress is None else (*self._finished, self._in_progress.stroke())

    def restore(self, drawing: Drawing) -> None:
        """Replaces the drawing, including a stroke in progress."""
        self._finished = tuple(drawing)
        self._in_progress = None
        self._drawing_changed()

    @property
    def pen_width(self) -> float:
        """Width of the pen in canvas pixels at the present size."""
        return self._pen * self._side

    def set_pen(self, width: float) -> None:
        """Sets the pen's width, in 240ths of the shorter side, for the whole drawing.

        Finished eraser strokes keep their width; later ones are twice as wide as the new pen.
        """
        self._pen = width / PEN_UNIT
        self.set_erases(self.erases)
        self._drawing_changed()

    def set_erases(self, erases: bool) -> None:
        self.erases = erases
        self.setCursor(_ring(_ERASER * self.pen_width) if erases else QCursor(Qt.CursorShape.CrossCursor))

    def set_centred(self, centred: bool) -> None:
        """Chooses whether the network is shown the drawing centred like MNIST, or the middle square as it is."""
        self.centred = centred
        self._drawing_changed()

    def network_input(self) -> Array:
        """Returns what the network is shown: (784,) float32 in 0…1."""
        return picture_of(self.drawing, self._pen, self.centred, self.field, self._background).ravel()

    @property
    def _is_light(self) -> bool:
        return ink_brightness(self._background) < self._background

    def set_background(self, background: float) -> None:
        """Sets the brightness of the empty canvas, 0…1. On one above 0.5 the pen draws in black."""
        if background != self._background:
            self._background, self._sheet = background, None
            self.update()

    @property
    def field(self) -> tuple[float, float]:
        """Width and height of the canvas in units of the drawing."""
        return self.width() / self._side, self.height() / self._side

    @property
    def is_drawing(self) -> bool:
        """Whether a stroke is in progress."""
        return self._in_progress is not None

    @property
    def pen_place(self) -> QPoint | None:
        """The last place of the stroke in progress, in canvas pixels; None between strokes."""
        if self._in_progress is None:
            return None
        x, y = np.array(self._in_progress.points[-1]) * self._side + self._middle
        return QPoint(round(x), round(y))

    @property
    def is_empty(self) -> bool:
        return not self.drawing

    def _drawing_changed(self) -> None:
        self._sheet = None
        self.update()
        self.changed.emit()

    # ---- pen

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Starts a pen stroke with the left button, an eraser stroke with the right one."""
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self._put_down(
                event.localPos(), 1.0, self.erases or event.button() == Qt.MouseButton.RightButton, event.button()
            )

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._move_to(event.localPos(), 1.0)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._in_progress is not None and event.button() == self._in_progress.button:
            self._lift()

    def tabletEvent(self, event: QTabletEvent) -> None:
        """Draws with a tablet's pen, which has finer positions than the mouse and reports its pressure."""
        if event.type() == QEvent.Type.TabletPress:
            erases = self.erases or event.pointerType() == QTabletEvent.PointerType.Eraser
            self._put_down(event.posF(), event.pressure(), erases, Qt.MouseButton.NoButton)
        elif event.type() == QEvent.Type.TabletMove:
            self._move_to(event.posF(), event.pressure())
        elif event.type() == QEvent.Type.TabletRelease and self._in_progress is not None:
            self._lift()
        event.accept()

    def _put_down(self, place: QPointF, pressure: float, erases: bool, button: Qt.MouseButton) -> None:
        if self._in_progress is not None and self._in_progress.button != button:
            return  # another button has a stroke in progress
        if self._in_progress is not None:
            self._lift()  # the release event was lost
        if erases and not self._finished:
            return
        ink_before = self._up_to_date_sheet().pixmap.toImage() if erases else None
        self._in_progress = _StrokeInProgress(button, _ERASER * self._pen if erases else 0.0, ink_before)
        self._in_progress.add(self._in_units(place), pressure)
        self._show_new_piece()
        self.changed.emit()

    def _move_to(self, place: QPointF, pressure: float) -> None:
        if self._in_progress is None or not self._in_progress.add(self._in_units(place), pressure):
            return
        stroke = self._in_progress.stroke()
        if len(stroke.points) > 2:  # the next point has fixed the shape of the last piece but one
            self._up_to_date_sheet().lay_piece(stroke, len(stroke.points) - 3, self._pen)
        self._show_new_piece()
        self.changed.emit()

    def _lift(self) -> None:
        assert self._in_progress is not None
        before, ended, stroke = self._finished, self._in_progress, self._in_progress.stroke()
        sheet = self._up_to_date_sheet()
        sheet.lay_piece(stroke, ended.last_piece, self._pen)
        self._in_progress = None
        if ended.ink_before is not None and sheet.pixmap.toImage() == ended.ink_before:
            self.changed.emit()  # an eraser stroke that met no ink is not kept
            return
        self._finished = (*before, stroke)
        self.stroke_finished.emit(before, self._finished)

    def _in_units(self, place: QPointF) -> tuple[float, float]:
        return (place.x() - self.width() / 2) / self._side, (place.y() - self.height() / 2) / self._side

    def _show_new_piece(self) -> None:
        """Repaints the area of the last two pieces, because a new point also bends the piece before it."""
        assert self._in_progress is not None
        if not self._finished and len(self._in_progress.points) == 1:
            self.update()  # to remove the hint
            return
        points = np.array(self._in_progress.points[-4:]) * self._side + self._middle
        covered = extent_of(points, (self._in_progress.eraser or self._pen) * self._side)
        # A bent piece reaches slightly beyond the box around its points.
        margin = 2 + 0.15 * max(covered.width(), covered.height())
        self.update(covered.adjusted(-margin, -margin, margin, margin).toAlignedRect())

    # ---- pictures

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accepts images and files; whether a file can be read is known after the drop.

        Data, networks and runs are the window's, below it.
        """
        given = event.mimeData()
        path = given.urls()[0].toLocalFile() if given.hasUrls() else ""
        if given.hasImage() or (given.hasUrls() and not _is_of_window(path)):
            event.acceptProposedAction()
            self._set_target(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._set_target(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_target(False)
        event.acceptProposedAction()
        self.dropped.emit(event.mimeData())

    def _set_target(self, is_target: bool) -> None:
        self._is_target = is_target
        self.update()

    # ---- looks

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Adapts the eraser's cursor to the new size, and reports that other parts of the drawing may be visible."""
        super().resizeEvent(event)
        self.changed.emit()
        if self.erases:
            self.set_erases(True)

    def _up_to_date_sheet(self) -> DrawingPixmap:
        sheet = self._sheet
        if sheet is None or sheet.size != self.size() or sheet.ratio != self.devicePixelRatioF():
            sheet = self._sheet = DrawingPixmap(self.size(), self.devicePixelRatioF(), self._background)
            sheet.lay(self._finished, self._pen)
            if self._in_progress is not None:
                stroke = self._in_progress.stroke()
                for number in range(self._in_progress.last_piece):
                    sheet.lay_piece(stroke, number, self._pen)
        return sheet

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints ink with round ends on the background, alike in both themes, as the network sees it."""
        sheet = self._up_to_date_sheet()
        painter = sheet.painter(self)
        painter.save()
        painter.resetTransform()
        painter.setClipRect(event.rect())
        painter.drawPixmap(0, 0, sheet.pixmap)
        painter.restore()
        if self._in_progress is not None:
            stroke = self._in_progress.stroke()
            draw_piece(painter, stroke, self._in_progress.last_piece, self._pen, self._background)
        painter.resetTransform()
        self._paint_hint(painter)
        whole, rounded = QPainterPath(), QPainterPath()
        whole.addRect(QRectF(self.rect()))
        rounded.addRoundedRect(QRectF(self.rect()), _ROUND, _ROUND)
        painter.fillPath(whole.subtracted(rounded), theme.colour("card"))
        self._paint_edge(painter)

    def _paint_hint(self, painter: QPainter) -> None:
        """Paints the hint on the empty canvas, in large letters where they fit."""
        if not self.is_empty:
            return
        room = self.rect().adjusted(_HINT_MARGIN, 0, -_HINT_MARGIN, 0)
        is_wide = QFontMetrics(theme.font(theme.LARGE)).horizontalAdvance(self._hint) <= room.width()
        ink = QColor(_HINT[self._is_light])
        if _MIDDLE[0] < self._background < _MIDDLE[1]:
            ink.setAlpha(255)
        painter.setPen(ink)
        painter.setFont(theme.font(theme.LARGE if is_wide else theme.SMALL))
        painter.drawText(room, alignment.CENTER | Qt.TextFlag.TextWordWrap, self._hint)

    def _paint_edge(self, painter: QPainter) -> None:
        """Paints a thin edge, which is thicker while something that can be dropped is over the canvas."""
        ink, width = ("ink", 2) if self._is_target else ("edge", 1)
        painter.setPen(QPen(theme.colour(ink), width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        inset = width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), _ROUND, _ROUND)


@dataclass(eq=False)
class _StrokeInProgress:
    button: Qt.MouseButton
    eraser: float
    ink_before: QImage | None
    points: list[tuple[float, float]] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)

    @property
    def last_piece(self) -> int:
        return max(0, len(self.points) - 2)

    def add(self, point: tuple[float, float], pressure: float) -> bool:
        """Adds a point and returns True, unless it equals the last one."""
        if self.points and self.points[-1] == point:
            return False
        self.points.append(point)
        self.widths.append(_LIGHTEST + (1 - _LIGHTEST) * max(0.0, min(pressure, 1.0)) ** 0.5)
        return True

    def stroke(self) -> Stroke:
        widths = None if self.eraser or min(self.widths) == 1 else np.array(self.widths)
        return Stroke(np.array(self.points), widths, self.eraser)


def _ring(diameter: float) -> QCursor:
    """Returns a cursor: a circle of this diameter in pixels that is visible on black and on white."""
    size = int(min(max(diameter, 8), _LARGEST_CURSOR)) | 1
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for inset, colour in ((0.5, Qt.GlobalColor.gray), (1.5, Qt.GlobalColor.black)):
        painter.setPen(QColor(colour))
        painter.drawEllipse(QRectF(inset, inset, size - 2 * inset, size - 2 * inset))
    painter.end()
    return QCursor(pixmap)


def _is_of_window(path: str) -> bool:
    """Whether it has a name as data, networks and runs have; .npz files are either."""
    return is_data(path) or is_exported_run(path) or any(each.names(path) for each in FORMATS)
