"""View of the map: thousands of points, zoomed and moved by mouse and keys, with a lasso and a read-out."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PyQt5.QtWidgets import QWidget

from engine.basics.validation import Array
from engine.explain.projection import are_inside
from nnviz.cards.map.camera import Camera, fitting, following
from nnviz.ui import theme
from nnviz.ui.map.mark import box_of_mark, paint_mark, paint_ring
from nnviz.ui.map.names import middles, paint_names
from nnviz.ui.map.painting import Dots, PointPainter, no_dots
from nnviz.ui.painted_view import ARROWS, ENTER, paint_focus
from nnviz.ui.read_out import ReadOut, Text

_NEAR = 10.0  # Pixels up to which the mouse points at a point.
_CLICK = 4  # pixels that the mouse may move in a click
_STEP, _ZOOM = 40, 1.25  # pixels and factor of a key press
_RADII = {3000: 1.9, 600: 2.4, 0: 3.2}  # radius of points in pixels, by the least number of points
_RING = 7.0  # radius of the ring around a chosen point
_SIDE, _AIR = 64, 8  # pixels of the image in the read-out, and around it


class MapView(QWidget):
    """Map that the user explores: the wheel zooms, a drag moves, Shift and drag, or ``lassoes``, is a lasso.

    A press and release within a few pixels is a click, also with a lasso.

    Signals:
        hovered(int): index of the point under the mouse, sent again if its read-out may have changed; -1 for none.
        chosen(int): a click on a point; -1 for the background.
        circled(object): indices (k,) of the points in a lasso.
        opened(): Enter, or a double click on a point.
        all_wanted(): the user shows all points again.

    Attributes:
        lassoes: whether each drag with the left button is a lasso.
    """

    hovered = pyqtSignal(int)
    chosen = pyqtSignal(int)
    circled = pyqtSignal(object)
    opened = pyqtSignal()
    all_wanted = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.lassoes = False
        self._dots, self._inks = no_dots(), [QColor(Qt.GlobalColor.gray)]
        self._middles: dict[int, Array] = {}
        self._camera = Camera()
        self._moved: Camera | None = None  # As the user left it, perhaps at another size.
        self._places: Array = np.zeros((0, 2), np.float32)  # of the points, in pixels of the widget
        self._painter, self._is_stale = PointPainter(), True
        self._mark: Array | None = None
        self.mark_name = ""  # label of the mark
        self._choice: int | None = None
        self._mouse: QPoint | None = None
        self._hovered = -1
        self._pressed: QPoint | None = None
        self._is_click = False  # whether the mouse has hardly moved since it was pressed
        self._lasso: list[QPoint] = []
        self._read_out = ImageReadOut(self)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # paintEvent covers the whole widget
        theme.changed.connect(self._repaint)

    # ---- what is shown

    def show_dots(self, dots: Dots, inks: list[QColor], is_another: bool = False) -> None:
        """Shows points in colours. ``is_another``: a different map, which is shown as a whole."""
        self._dots, self._inks, self._middles = dots, inks, middles(dots)
        if is_another:
            self._moved = None
        if self._moved is None:
            self._camera = self._whole if is_another else following(self._camera, self._in_sight)
        self._repaint()
        self._find_hovered(again=True)

    def show_mark(self, place: Array | None, name: str) -> None:
        """Marks the place (2,) of the current input with its name, "drawing"; None removes the mark."""
        if place is not self._mark or name != self.mark_name:
            self._mark, self.mark_name = place, name
            self.update()

    def show_choice(self, number: int | None) -> None:
        """Paints a ring around the chosen point; None removes it."""
        if number != self._choice:
            self._choice = number
            self.update()

    def show_text(self, text: Text, image: QImage | None = None) -> None:
        """Shows a read-out next to the mouse; an empty text hides it."""
        self._read_out.show_example(text, image, self._mouse)

    def set_summary(self, words: str) -> None:
        """Sets what a screen reader says of the map while nothing in it is pointed at."""
        self._read_out.set_summary(words)

    @property
    def camera(self) -> Camera:
        """The visible section."""
        return self._camera

    @property
    def dots(self) -> Dots:
        """The points."""
        return self._dots

    def place_of(self, number: int) -> QPointF:
        """Returns the pixel of a point."""
        x, y = self._camera.pixels(self._dots.points[number : number + 1])[0].tolist()
        return QPointF(x, y)

    def sizeHint(self) -> QSize:
        """Returns the preferred size."""
        return QSize(400, 240)

    # ---- the camera

    @property
    def _in_sight(self) -> Array:
        """The points and the mark."""
        points = self._dots.points
        return points if self._mark is None else np.concatenate([points, self._mark[None]])

    @property
    def _whole(self) -> Camera:
        return fitting(self._in_sight, self.width(), self.height())

    def show_all(self) -> None:
        """Shows all points, and follows them when they move."""
        self._moved, self._camera = None, self._whole
        self._repaint()
        self.all_wanted.emit()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Zooms in by a factor at a pixel, by default the middle."""
        place = at or QPointF(self.width() / 2, self.height() / 2)
        self._move_to(self._camera.zoomed(factor, place.x(), place.y(), self._whole.scale))

    def _move_to(self, camera: Camera) -> None:
        self._moved = self._camera = camera
        self._repaint()
        self._find_hovered()

    def _repaint(self) -> None:
        self._is_stale = True
        self.update()

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the points, from a cached image if nothing changed, and the overlays."""
        if self._is_stale:
            self._paint_points()
        painter = QPainter(self)
        painter.drawImage(0, 0, self._painter.image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        places = {ink: self._at(middle) for ink, middle in self._middles.items()}
        mark = None if self._mark is None or not np.isfinite(self._mark).all() else self._at(self._mark)
        taken = paint_names(painter, self._dots.names, places, None if mark is None else box_of_mark(mark))
        for number, ink in ((self._hovered, "muted"), (-1 if self._choice is None else self._choice, "ink")):
            if 0 <= number < len(self._dots.points):
                paint_ring(painter, self.place_of(number), _RING, ink)
        if mark is not None:
            paint_mark(painter, mark, self.mark_name, QRectF(self.rect()), taken)
        if len(self._lasso) > 1:
            self._paint_lasso(painter)
        if self.hasFocus():
            paint_focus(painter, QRectF(self.rect()), 4)

    def _paint_points(self) -> None:
        """Paints the points into the cached image, in device pixels."""
        self._is_stale = False
        ratio = self.devicePixelRatioF()
        self._places = self._camera.pixels(self._dots.points)
        closeness = np.log2(max(self._camera.scale / max(self._whole.scale, 1e-30), 1.0))
        radius = next(size for least, size in _RADII.items() if len(self._places) >= least) + 0.35 * float(closeness)
        size = max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))
        ground, ring = theme.colour("card").rgb() & 0xFFFFFF, theme.colour("ink").rgb() & 0xFFFFFF
        colours = np.array([ink.rgb() & 0xFFFFFF for ink in self._inks], np.uint32)
        self._painter.paint(size, self._places * ratio, self._dots, colours, ground, ring, radius * ratio)
        self._painter.image.setDevicePixelRatio(ratio)

    def _at(self, point: Array) -> QPointF:
        x, y = self._camera.pixels(point[None])[0].tolist()
        return QPointF(x, y)

    def _paint_lasso(self, painter: QPainter) -> None:
        filling = theme.colour("ink")
        filling.setAlpha(40)
        painter.setPen(QPen(theme.colour("ink"), 1.5))
        painter.setBrush(filling)
        painter.drawPolygon(QPolygonF([QPointF(point) for point in self._lasso]))

    # ---- the mouse

    def _find_hovered(self, again: bool = False) -> None:
        """Finds the point under the mouse. Reports a different point, and with ``again`` also the same one."""
        number = -1 if self._mouse is None or self._pressed is not None else self._nearest(self._mouse)
        if number != self._hovered or (again and number >= 0):
            self._hovered = number
            self.hovered.emit(number)
            self.update()

    def _nearest(self, to: QPoint) -> int:
        """Returns the index of the nearest point within reach, faded ones last; -1 for none."""
        places = self._camera.pixels(self._dots.points)
        if not len(places):
            return -1
        distances = np.hypot(places[:, 0] - to.x(), places[:, 1] - to.y())
        distances = np.where(self._dots.are_faded, distances + _NEAR / 2, distances)
        nearest = int(np.nan_to_num(distances, nan=np.inf).argmin())
        return nearest if distances[nearest] <= _NEAR else -1

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms at the mouse."""
        self.zoom(1.2 ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Starts to move the map, or a lasso."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._mouse = self._pressed = event.pos()
            self._is_click = True
            self.show_text("")
            if self.lassoes or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._lasso = [event.pos()]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Moves the map, extends the lasso or points at a point."""
        before, self._mouse = self._mouse, event.pos()
        if self._pressed is None:
            self._find_hovered(again=True)
        elif self._lasso:
            self._lasso.append(event.pos())
            self._is_click = self._is_click and self._is_near(event.pos())
            self.update()
        elif before is not None and not (self._is_click and self._is_near(event.pos())):
            self._is_click = False
            way = event.pos() - before
            self._move_to(self._camera.moved(way.x(), way.y()))
        else:
            self._mouse = before

    def _is_near(self, at: QPoint) -> bool:
        """Whether a pixel is within a click of the place where the button was pressed."""
        return self._pressed is not None and (at - self._pressed).manhattanLength() <= _CLICK

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends a lasso, or reports a click."""
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            return
        was_click, lasso = self._is_click and self._is_near(event.pos()), self._lasso
        self._pressed, self._lasso, self._mouse = None, [], event.pos()
        if was_click:
            self.chosen.emit(self._nearest(event.pos()))
        elif lasso:
            corners = np.array([(point.x(), point.y()) for point in lasso], float)
            self.circled.emit(np.flatnonzero(are_inside(self._camera.pixels(self._dots.points), corners)))
        self._find_hovered(again=True)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Opens the point under the mouse; on the background shows all points."""
        if event.button() == Qt.MouseButton.LeftButton and self._nearest(event.pos()) >= 0:
            self.opened.emit()
        else:
            self.show_all()

    def leaveEvent(self, event: QEvent) -> None:
        """Hides the read-out."""
        self._mouse = None
        self._find_hovered()
        self.show_text("")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the section that the user chose, else shows all points."""
        self._camera = self._whole if self._moved is None else self._moved.resized(self.width(), self.height())
        self._repaint()

    # ---- the keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Handles keys: arrows move, + and − zoom, 0 and Home show all, Enter opens the choice, Esc drops a lasso."""
        key = event.key()
        if key in ARROWS:  # the map moves to the other side
            right, down = ARROWS[key]
            self._move_to(self._camera.moved(-_STEP * right, -_STEP * down))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.zoom(1 / _ZOOM if key == Qt.Key.Key_Minus else _ZOOM)
        elif key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.show_all()
        elif key in ENTER and self._choice is not None:
            self.opened.emit()
        elif key == Qt.Key.Key_Escape and self._lasso:
            self._pressed, self._lasso = None, []
            self.update()
        else:
            super().keyPressEvent(event)


class ImageReadOut(ReadOut):
    """Read-out with an image of the example to the left of its text."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._image: QImage | None = None

    def show_example(self, text: Text, image: QImage | None, at: QPoint | None) -> None:
        """Shows text and image next to a pixel of the widget; hidden if the text is empty or the pixel is None."""
        self._image = image
        self.setContentsMargins(*((_SIDE + _AIR + 4, 0, 6, 0) if image is not None else (0, 0, 0, 0)))
        self.setMinimumHeight(_SIDE + 2 * _AIR if image is not None else 0)
        self.show_text(text, at)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the text, and the image."""
        super().paintEvent(event)
        if self._image is None:
            return
        painter = QPainter(self)
        frame = QRect(_AIR, (self.height() - _SIDE) // 2, _SIDE, _SIDE)
        painter.fillRect(frame, Qt.GlobalColor.black)
        size: QSize = self._image.size().scaled(frame.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(QPoint(0, 0), size)
        place.moveCenter(frame.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, self._image)
