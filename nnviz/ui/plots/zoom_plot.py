"""A plot with an automatic view that can be zoomed by wheel, keys or a rectangle drawn with the mouse."""

from __future__ import annotations

from PyQt5.QtCore import QPoint, QPointF, QRect, Qt, pyqtSignal
from PyQt5.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PyQt5.QtWidgets import QFrame, QToolButton

from nnviz.ui.painted_view import ARROWS
from nnviz.ui.parts import named, set_look
from nnviz.ui.plots.base_plot import BasePlot
from nnviz.ui.plots.curve_axes import Axes, Ends

View = tuple[Ends, Ends]  # ranges of positions on the x and on the y axis

_STEP = 0.8  # part of the range that remains after one notch of the wheel
_PAN = 0.1  # part of the range by which an arrow key moves the view
_LEAST_DRAG = 6  # pixels; a shorter drag counts as a click
_THIN = 16  # pixels; a rectangle that is lower (or narrower) zooms only the other axis
_LEAST = 1 / 100, 1 / 500  # part of the whole range, of epochs and of values


class ZoomPlot(BasePlot):
    """Keeps a zoomed view until it is reset; otherwise shows the view set by :meth:`set_home`.

    Attributes:
        axes: how epochs and values become positions.

    Signals:
        view_changed: the ranges of the axes changed.
        zoomed(is_zoomed): the user zoomed, or the zoom was reset.
    """

    view_changed = pyqtSignal()
    zoomed = pyqtSignal(bool)
    axes: Axes

    def _make_zoomable(self, reset_name: str) -> None:
        """Sets up zooming. Subclasses call it once, after :meth:`_disable_mouse_actions`."""
        self._home: View = ((0.0, 1.0), (0.0, 1.0))
        self._bounds: View = self._home
        self._zoom: View | None = None
        self._pressed: QPoint | None = None
        self._band = named(QFrame(self), "zoomBand")
        self._band.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._band.hide()
        self.reset_button = named(QToolButton(self), reset_name, "Reset zoom", "Shows the curves in full again (0).")
        self.reset_button.setText("Reset zoom")
        self.reset_button.setProperty("role", "overPlot")
        self.reset_button.setCursor(Qt.CursorShape.ArrowCursor)
        self.reset_button.clicked.connect(self.reset_zoom)
        self.reset_button.hide()
        self.getViewBox().sigResized.connect(self._place_button)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # ---- the view

    @property
    def is_zoomed(self) -> bool:
        return self._zoom is not None

    @property
    def view(self) -> View:
        """The ranges of the axes."""
        return self._zoom or self._home

    def set_home(self, home: View, bounds: View) -> None:
        """Sets the automatic view, and how far one can zoom out."""
        self._home, self._bounds = home, bounds
        self._apply()

    def zoom_to(self, view: View) -> None:
        """Shows this view, limited to where there is something to see."""
        clamped = (
            _clamped(view[0], self._bounds[0], _LEAST[0] * (self._bounds[0][1] - self._bounds[0][0])),
            _clamped(view[1], self._bounds[1], _LEAST[1] * (self._bounds[1][1] - self._bounds[1][0])),
        )
        self._zoom = None if _same(clamped, self._home) else clamped
        self._apply()

    def zoom_by(self, factor: float, at: QPointF, upwards: bool) -> None:
        """Scales the range of the x axis, or ``upwards`` that of y, by ``factor``; the point ``at`` keeps its place."""
        x, y = self.view
        self.zoom_to((x, _scaled(y, at.y(), factor)) if upwards else (_scaled(x, at.x(), factor), y))

    def pan_by(self, across: float, upwards: float) -> None:
        """Moves a zoomed view by fractions of its ranges."""
        if self.is_zoomed:
            (x, y), (far, high) = self.view, self._bounds
            self.zoom_to((_moved(x, far, across), _moved(y, high, upwards)))

    def reset_zoom(self) -> None:
        self._zoom = None
        if self.reset_button.hasFocus():
            self.setFocus()
        self._apply()

    def _apply(self) -> None:
        x, y = self.view
        box = self.getViewBox()
        if self.reset_button.isHidden() == self.is_zoomed:
            self.reset_button.setVisible(self.is_zoomed)
            self._place_button()
            self.zoomed.emit(self.is_zoomed)
        if [list(x), list(y)] != box.targetRange():
            box.setRange(xRange=x, yRange=y, padding=0, update=True)
            self.view_changed.emit()

    def _place_button(self) -> None:
        self.reset_button.adjustSize()
        self.reset_button.move(self.plot_area().right() - self.reset_button.width() - 4, 12)

    def plot_area(self) -> QRect:
        """Returns the rectangle in which curves are drawn, in pixels of the widget."""
        return self.mapFromScene(self.getViewBox().sceneBoundingRect()).boundingRect()

    # ---- mouse

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms the epochs around the mouse, or the values with Ctrl; a sideways wheel moves the view."""
        turned = event.angleDelta()
        event.accept()
        if turned.y():
            self.zoom_by(_STEP ** (turned.y() / 120), self.place(event.pos()), _has_control(event))
        elif turned.x():
            self.pan_by(-_PAN * turned.x() / 120, 0)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.pos()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            drawn = self._drawn_to(event.pos())
            self._band.setGeometry(drawn)
            self._band.setVisible(not drawn.isEmpty())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            return
        drawn = self._drawn_to(event.pos())
        self._end_drag()
        if not drawn.isEmpty():
            one, other = self.place(drawn.topLeft()), self.place(drawn.bottomRight())
            self.zoom_to(((one.x(), other.x()), (other.y(), one.y())))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.reset_zoom()

    def _drawn_to(self, point: QPoint) -> QRect:
        """Returns the rectangle from the press to the point, a stripe if it is thin, or an empty one for a click."""
        assert self._pressed is not None
        drawn, area = QRect(self._pressed, point).normalized(), self.plot_area()
        if max(drawn.width(), drawn.height()) < _LEAST_DRAG:
            return QRect()
        if drawn.height() <= _THIN < drawn.width():
            drawn.setTop(area.top())
            drawn.setBottom(area.bottom())
        elif drawn.width() <= _THIN < drawn.height():
            drawn.setLeft(area.left())
            drawn.setRight(area.right())
        return drawn.intersected(area)

    def _end_drag(self) -> None:
        self._pressed = None
        self._band.hide()

    # ---- keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Zooms with + and −, the values with Ctrl; 0 resets, arrows move the view, Esc cancels a rectangle."""
        key = event.key()
        middle = self.place(self.plot_area().center())
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(_STEP, middle, _has_control(event))
        elif key in (Qt.Key.Key_Minus, Qt.Key.Key_Underscore):
            self.zoom_by(1 / _STEP, middle, _has_control(event))
        elif key == Qt.Key.Key_0:
            self.reset_zoom()
        elif key in ARROWS and self.is_zoomed:
            right, down = ARROWS[key]
            self.pan_by(_PAN * right, -_PAN * down)
        elif key == Qt.Key.Key_Escape and self._pressed is not None:
            self._end_drag()
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        set_look(self, "ring", event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        set_look(self, "ring", False)


def _has_control(event: QWheelEvent | QKeyEvent) -> bool:
    return bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)


def _scaled(ends: Ends, at: float, factor: float) -> Ends:
    return at + (ends[0] - at) * factor, at + (ends[1] - at) * factor


def _moved(ends: Ends, bounds: Ends, share: float) -> Ends:
    """Moves a range, within the bounds and with its width kept."""
    by = share * (ends[1] - ends[0])
    by = min(max(by, bounds[0] - ends[0]), bounds[1] - ends[1])
    return ends[0] + by, ends[1] + by


def _clamped(ends: Ends, bounds: Ends, least: float) -> Ends:
    """Limits a range to the bounds and to a width of at least ``least``, unless the bounds are narrower."""
    width = min(max(ends[1] - ends[0], least), bounds[1] - bounds[0])
    middle = (ends[0] + ends[1]) / 2
    if ends[0] < bounds[0] or ends[1] > bounds[1]:
        inside = max(ends[0], bounds[0]), min(ends[1], bounds[1])
        width = max(min(inside[1] - inside[0], width), min(least, width))
        middle = sum(inside) / 2
    low = min(max(middle - width / 2, bounds[0]), bounds[1] - width)
    return low, low + width


def _same(one: View, other: View) -> bool:
    return all(
        abs(a - b) <= 1e-3 * (theirs[1] - theirs[0])
        for mine, theirs in zip(one, other, strict=True)
        for a, b in zip(mine, theirs, strict=True)
    )
