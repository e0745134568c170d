"""The canvas: lines of the mouse or a tablet's pen, an eraser, pictures; white on black."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PyQt5.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import (
    QColor,
    QCursor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
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

from engine.validation import Array
from nnviz.digits.drawing import picture_of
from nnviz.digits.strokes import Drawing, Stroke
from nnviz.look import theme
from nnviz.widgets.sheet import Sheet, draw_line, extent_of, piece_of

PEN_UNIT = 240  # pens are told in 240ths of the canvas's shorter side
DEFAULT_PEN = 18
_ERASER = 2.0  # pens wide
_LIGHTEST = 0.5  # share of the pen's width when it hardly touches the tablet
_LARGEST_CURSOR = 96  # pixels: what every desktop can show
_OUTSIDE = QColor(255, 255, 255, 26)  # over what the network does not see
_ROUND = 6  # the radius of the corners
_HINT = "Draw a digit here"


class Canvas(QWidget):
    """Keeps the drawing in units of its shorter side, from its centre, so that it looks the same at every size.

    Signals:
        changed: another point, another drawing, or more or less of it in sight.
        stroke_finished(before, after): the whole drawing, for undo with :meth:`restore`.
        dropped(QMimeData): something that may be a picture, valid until the slot returns.

    Attributes:
        erases: whether the left button erases; the right button and the back of a tablet's pen always do.
        centred: whether the network sees the drawing scaled and centred as MNIST is.
    """

    changed = pyqtSignal()
    stroke_finished = pyqtSignal(object, object)
    dropped = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self._marks: Drawing = ()
        self._live: _Live | None = None
        self._sheet: Sheet | None = None  # the drawing, and the line under way but for its last piece
        self._is_target = False
        self.erases = False
        self.centred = True
        self.setAttribute(Qt.WA_OpaquePaintEvent)
        self.setAcceptDrops(True)
        self.setCursor(Qt.CrossCursor)
        self.setFocusPolicy(Qt.ClickFocus)
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Expanding)
        self.setMinimumSize(QSize(160, 136))  # at 1280 × 720 its column needs the rest
        self.resize(272, 240)
        self._pen = DEFAULT_PEN / PEN_UNIT

    @property
    def _side(self) -> int:
        """Canvas pixels in a unit."""
        return max(1, min(self.width(), self.height()))

    @property
    def _middle(self) -> Array:
        return np.array([self.width(), self.height()]) / 2

    # ---- the drawing

    @property
    def strokes(self) -> list[Array]:
        """Those of the pen: (n, 2) float arrays, canvas pixels, y down."""
        pens = [mark for mark in self.drawing if isinstance(mark, Stroke) and not mark.eraser]
        return [np.round(stroke.points * self._side + self._middle, 9) for stroke in pens]

    def set_strokes(self, strokes: Sequence[Array]) -> None:
        """Replaces the drawing. ``strokes`` are (n, 2) arrays in canvas pixels, y down."""
        arrays = [np.asarray(stroke, float).reshape(-1, 2) for stroke in strokes]
        self.restore(tuple(Stroke((stroke - self._middle) / self._side) for stroke in arrays if len(stroke)))

    @property
    def drawing(self) -> Drawing:
        """Strokes and pictures, whatever size the canvas has now or later."""
        return self._marks if self._live is None else (*self._marks, self._live.stroke())

    def restore(self, drawing: Drawing) -> None:
        """Puts another drawing in the place of this one."""
        self._marks = tuple(drawing)
        self._live = None  # a stroke under way, if there is one, went with the others
        self._tell()

    @property
    def pen_width(self) -> float:
        """In canvas pixels, as the canvas is now."""
        return self._pen * self._side

    def set_pen(self, width: float) -> None:
        """The pen of the whole drawing, in 240ths of the shorter side, however large the canvas is.

        What is erased stays so; the next eraser goes with it.
        """
        self._pen = width / PEN_UNIT
        self.set_erases(self.erases)
        self._tell()

    def set_erases(self, erases: bool) -> None:
        """Whether the left button erases."""
        self.erases = erases
        self.setCursor(_ring(_ERASER * self.pen_width) if erases else QCursor(Qt.CrossCursor))

    def set_centred(self, centred: bool) -> None:
        """Whether the network sees the drawing as MNIST's were made, or the square in the middle as it is."""
        self.centred = centred
        self._tell()

    def network_input(self) -> Array:
        """(784,) float32 in 0…1: what the network is shown."""
        return picture_of(self.drawing, self._pen, self.centred, self.field).ravel()

    @property
    def field(self) -> tuple[float, float]:
        """Width and height of the canvas in units: what can be seen of the drawing."""
        return self.width() / self._side, self.height() / self._side

    @property
    def is_empty(self) -> bool:
        """Whether nothing was drawn, or all of it cleared."""
        return not self.drawing

    def _tell(self) -> None:
        self._sheet = None
        self.update()
        self.changed.emit()

    # ---- pen

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The left button puts the pen down, the right one the eraser."""
        if event.button() in (Qt.LeftButton, Qt.RightButton):
            self._put_down(event.localPos(), 1.0, self.erases or event.button() == Qt.RightButton, event.button())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draws while the pen is down."""
        self._move_to(event.localPos(), 1.0)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lifts what that button put down."""
        if self._live is not None and event.button() == self._live.button:
            self._lift()

    def tabletEvent(self, event: QTabletEvent) -> None:
        """A tablet's pen draws as the mouse does, with its finer positions and its pressure."""
        if event.type() == QEvent.TabletPress:
            erases = self.erases or event.pointerType() == QTabletEvent.Eraser
            self._put_down(event.posF(), event.pressure(), erases, Qt.NoButton)
        elif event.type() == QEvent.TabletMove:
            self._move_to(event.posF(), event.pressure())
        elif event.type() == QEvent.TabletRelease and self._live is not None:
            self._lift()
        event.accept()

    def _put_down(self, place: QPointF, pressure: float, erases: bool, button: Qt.MouseButton) -> None:
        if self._live is not None and self._live.button != button:
            return  # one thing at a time
        if self._live is not None:
            self._lift()  # its release was lost
        if erases and not self._marks:
            return
        ink_before = self._up_to_date_sheet().pixmap.toImage() if erases else None
        self._live = _Live(button, _ERASER * self._pen if erases else 0.0, ink_before)
        self._live.add(self._in_units(place), pressure)
        self._show_new_piece()
        self.changed.emit()

    def _move_to(self, place: QPointF, pressure: float) -> None:
        if self._live is None or not self._live.add(self._in_units(place), pressure):
            return
        stroke = self._live.stroke()
        if len(stroke.points) > 2:  # the last piece but one is bent now as it will stay
            piece = piece_of(stroke, len(stroke.points) - 3)
            self._up_to_date_sheet().lay_piece(*piece, self._pen, stroke.eraser)
        self._show_new_piece()
        self.changed.emit()

    def _lift(self) -> None:
        assert self._live is not None
        before, live, stroke = self._marks, self._live, self._live.stroke()
        sheet = self._up_to_date_sheet()
        sheet.lay_piece(*piece_of(stroke, max(0, len(stroke.points) - 2)), self._pen, stroke.eraser)
        self._live = None
        if live.ink_before is not None and sheet.pixmap.toImage() == live.ink_before:
            self.changed.emit()  # the eraser met nothing: that is no step
            return
        self._marks = (*before, stroke)
        self.stroke_finished.emit(before, self._marks)

    def _in_units(self, place: QPointF) -> tuple[float, float]:
        return (place.x() - self.width() / 2) / self._side, (place.y() - self.height() / 2) / self._side

    def _show_new_piece(self) -> None:
        """Repaints what the last two pieces cover: the last may have bent the one before."""
        assert self._live is not None
        if not self._marks and self._live.is_new:
            self.update()  # the hint goes
            return
        points = np.array(self._live.points[-4:]) * self._side + self._middle
        covered = extent_of(points, (self._live.eraser or self._pen) * self._side)
        # A bent line leaves the box of its points a little.
        margin = 2 + 0.15 * max(covered.width(), covered.height())
        self.update(covered.adjusted(-margin, -margin, margin, margin).toAlignedRect())

    # ---- pictures

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A picture or a file is welcome; whether it can be read is told when it is let go."""
        if event.mimeData().hasImage() or event.mimeData().hasUrls():
            event.acceptProposedAction()
            self._set_target(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """It is taken elsewhere."""
        self._set_target(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Hands it on."""
        self._set_target(False)
        event.acceptProposedAction()
        self.dropped.emit(event.mimeData())

    def _set_target(self, is_target: bool) -> None:
        self._is_target = is_target
        self.update()

    # ---- looks

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The eraser keeps its share of the canvas, and its ring shows it. Ink may come into sight, or go out of it."""
        super().resizeEvent(event)
        self.changed.emit()
        if self.erases:
            self.set_erases(True)

    def _up_to_date_sheet(self) -> Sheet:
        sheet = self._sheet
        if sheet is None or sheet.size != self.size() or sheet.ratio != self.devicePixelRatioF():
            sheet = self._sheet = Sheet(self.size(), self.devicePixelRatioF())
            sheet.lay(self._marks, self._pen)
            stroke = self._live.stroke() if self._live else None
            for number in range(len(stroke.points) - 2 if stroke else 0):
                assert stroke is not None
                sheet.lay_piece(*piece_of(stroke, number), self._pen, stroke.eraser)
        return sheet

    def paintEvent(self, event: QPaintEvent) -> None:
        """White ink with round ends on black, in both themes: as the network sees it."""
        sheet = self._up_to_date_sheet()
        painter = sheet.painter(self)
        painter.save()
        painter.resetTransform()
        painter.setClipRect(event.rect())
        painter.drawPixmap(0, 0, sheet.pixmap)
        painter.restore()
        if self._live is not None:
            stroke = self._live.stroke()
            draw_line(painter, *piece_of(stroke, max(0, len(stroke.points) - 2)), self._pen, stroke.eraser)
        painter.resetTransform()
        self._paint_signs(painter)
        painter.fillPath(self._beyond_the_corners(), theme.colour("card"))

    def _paint_signs(self, painter: QPainter) -> None:
        """What is no ink: the hint, what the network does not see, and whether a picture may be let go here."""
        if self.is_empty:
            painter.setPen(Qt.gray)
            painter.setFont(theme.font(theme.SMALL))
            painter.drawText(self.rect(), Qt.AlignCenter, _HINT)
        if not self.centred:
            beyond = (max(self.width(), self.height()) - self._side) / 2
            wide = self.width() > self.height()
            edge = QRectF(0, 0, beyond, self.height()) if wide else QRectF(0, 0, self.width(), beyond)
            painter.fillRect(edge, _OUTSIDE)
            painter.fillRect(
                edge.translated(*((self._side + beyond, 0) if wide else (0, self._side + beyond))), _OUTSIDE
            )
        if self._is_target:
            painter.setPen(QPen(theme.colour("accent"), 2))
            painter.setBrush(Qt.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), _ROUND, _ROUND)

    def _beyond_the_corners(self) -> QPainterPath:
        whole, sheet = QPainterPath(), QPainterPath()
        whole.addRect(QRectF(self.rect()))
        sheet.addRoundedRect(QRectF(self.rect()), _ROUND, _ROUND)
        return whole.subtracted(sheet)


class _Live:
    """The stroke under way."""

    def __init__(self, button: Qt.MouseButton, eraser: float, ink_before: object) -> None:
        self.button = button
        self.eraser = eraser
        self.ink_before = ink_before
        self.points: list[tuple[float, float]] = []
        self._widths: list[float] = []

    @property
    def is_new(self) -> bool:
        """Whether it is a dot yet."""
        return len(self.points) == 1

    def add(self, point: tuple[float, float], pressure: float) -> bool:
        """Whether it is another point than the last."""
        if self.points and self.points[-1] == point:
            return False
        self.points.append(point)
        self._widths.append(_LIGHTEST + (1 - _LIGHTEST) * max(0.0, min(pressure, 1.0)) ** 0.5)
        return True

    def stroke(self) -> Stroke:
        """As it is now."""
        widths = None if self.eraser or min(self._widths) == 1 else np.array(self._widths)
        return Stroke(np.array(self.points), widths, self.eraser)


def _ring(diameter: float) -> QCursor:
    """A circle as large as the eraser, seen on black and on white."""
    size = int(min(max(diameter, 8), _LARGEST_CURSOR)) | 1
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.Antialiasing)
    for inset, colour in ((0.5, Qt.gray), (1.5, Qt.black)):
        painter.setPen(QColor(colour))
        painter.drawEllipse(QRectF(inset, inset, size - 2 * inset, size - 2 * inset))
    painter.end()
    return QCursor(pixmap)
