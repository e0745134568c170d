"""The canvas with its pen: shows the session's drawing and its 28 × 28 input, and reports strokes to the session."""

from __future__ import annotations

from PyQt5.QtCore import QRectF, QSize, Qt, QTimer
from PyQt5.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PyQt5.QtWidgets import QButtonGroup, QHBoxLayout, QSlider, QVBoxLayout, QWidget

from nnviz.cards.stage.draw.canvas import PEN_UNIT, Canvas
from nnviz.digits.drawing import SIDE
from nnviz.digits.strokes import Drawing, Ink, Stroke
from nnviz.jobs.timing import TimeBudget
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.fields import check_box
from nnviz.ui.parts import arranged, describe, named, tool
from nnviz.ui.picture import Picture

# Between two predictions in the middle of a stroke: at least so long, and in multiples of what one takes.
_SECONDS_BETWEEN, _TIMES_ITS_COST = 0.004, 2
_CANVAS_TIP = (
    "Draw a digit with the mouse or a pen; the right button or the pen's back erases. The prediction follows "
    "each stroke. You can also drop or paste an image."
)
_SEEN_SHARE, _SEEN_EDGE, _SEEN_APART = 0.27, 1, 6  # of the canvas; pixels of its edge, and from the corner
_DRAW_TIP = "Draws ink with the mouse (X). The right button erases, too."
_PEN_TIP = (
    "Sets the width of all strokes and of the eraser. The network was trained on strokes about a tenth of a digit wide."
)
_CENTRE_TIP = (
    "Scales and centres the drawing like the training images. Off shows the canvas to the network as it "
    "is, to see how much it relies on that."
)


class NetworkInput(Picture):
    """The input of the network as a small picture, through which the mouse draws."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(QSize(0, 0))
        named(self, "networkInputPicture", "Input of the network", "The input as the network gets it.")
        self.setParent(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def place(self) -> None:
        """Takes its place in the lower right corner of the canvas, with whole screen pixels for each of its own."""
        canvas = self.parentWidget()
        pixels = SIDE * max(1, round(_SEEN_SHARE * canvas.width() / SIDE))
        self.setFixedSize(pixels + 2 * _SEEN_EDGE, pixels + 2 * _SEEN_EDGE)
        apart = _SEEN_APART + self.width()
        self.move(canvas.width() - apart, canvas.height() - apart)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._image is not None:
            painter.drawImage(self.rect().adjusted(_SEEN_EDGE, _SEEN_EDGE, -_SEEN_EDGE, -_SEEN_EDGE), self._image)
        painter.setPen(QPen(theme.colour("edge"), _SEEN_EDGE))
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))


class DrawCanvas(QWidget):
    """A canvas with the network's input in its corner, and the tools for it, which others place.

    Attributes:
        canvas: what one draws on.
        seen: the network's input. It makes way for strokes.
        pen_button, eraser_button: choose what the left button of the mouse does; ``tools`` has both.
        pen, pen_row: the width of the pen, alone and with its name.
        centre: whether the drawing is centred.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._passed_on: Drawing = ()  # the drawing that was last passed on to the session, or taken from it
        self._pace = TimeBudget(_SECONDS_BETWEEN, _TIMES_ITS_COST)
        self._later = QTimer(self)  # passes the last move on
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._pass_on)
        self.canvas = named(Canvas(), "drawCanvas", "Drawing canvas", _CANVAS_TIP)
        self.canvas.changed.connect(self._pass_on_when_due)
        self.canvas.stroke_finished.connect(self._stroke_finished)
        self.canvas.dropped.connect(lambda given: self._session.pictures.load(given, "the dropped image"))
        self.canvas.set_background(session.sketch.background)
        self.seen = NetworkInput(self.canvas)
        arranged(QVBoxLayout(self), self.canvas)
        self._make_tools()
        self.canvas.changed.connect(self._show_seen)
        self.canvas.stroke_finished.connect(self._show_seen)
        session.sketch.changed.connect(self.follow)
        self.follow()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.layout().activate()  # the canvas gets its size now
        self.seen.place()

    def _make_tools(self) -> None:
        self.pen = named(QSlider(Qt.Orientation.Horizontal), "penWidthSlider", "Pen width", _PEN_TIP)
        self.pen.setRange(6, 40)
        self.pen.setValue(round(self._session.sketch.pen * PEN_UNIT))
        self.pen.valueChanged.connect(self._set_pen)
        tip = "Erases ink with the mouse, also from the input of the network (X). Undo restores it."
        self.pen_button = tool("Pen", "penButton", "Pen", _DRAW_TIP)
        self.eraser_button = tool("Eraser", "eraserButton", "Eraser", tip)
        choice = QButtonGroup(self)
        for button in (self.pen_button, self.eraser_button):
            button.setProperty("role", "choice")
            button.setCheckable(True)
            choice.addButton(button)
        self.pen_button.setChecked(True)
        self.tools = QWidget()
        arranged(QHBoxLayout(self.tools), self.pen_button, self.eraser_button, 1, spacing=2)
        self.eraser_button.toggled.connect(self.canvas.set_erases)
        self.centre = check_box("centreCheck", "Centre the digit", _CENTRE_TIP)
        self.centre.setChecked(True)
        self.centre.toggled.connect(self._set_centred)
        self.pen_row = QWidget()
        arranged(QHBoxLayout(self.pen_row), label("Pen width", "fieldName"), (self.pen, 1), spacing=8)

    def toggle_eraser(self) -> None:
        """Takes the eraser, or the pen again."""
        (self.pen_button if self.eraser_button.isChecked() else self.eraser_button).setChecked(True)

    # ---- what is drawn

    def _stroke_finished(self, before: Drawing, after: tuple[Stroke, ...]) -> None:
        what = "erasing" if after[-1].eraser else "stroke"
        self._later.stop()  # the whole stroke is passed on now
        self._passed_on = after
        self._session.sketch.step(what, before, after)

    def _set_pen(self, width: int) -> None:
        self.canvas.set_pen(width)
        self._session.sketch.set_options(pen=width / PEN_UNIT)

    def _set_centred(self, centred: bool) -> None:
        self.canvas.set_centred(centred)
        self._session.sketch.set_options(centred=centred)

    def _pass_on_when_due(self) -> None:
        """Passes on some of the moves in quick succession: the predictions for the others would not be seen."""
        left = self._pace.seconds_left  # once: it may become due in between
        if self.canvas.is_drawing and left > 0:
            self._later.start(round(1000 * left) + 1)
            return
        self._later.stop()
        with self._pace:
            self._pass_on()

    def _pass_on(self) -> None:
        """Passes the canvas's drawing and size on to the session, also in the middle of a stroke."""
        self._session.sketch.set_options(field=self.canvas.field)
        self._passed_on = self.canvas.drawing
        self._session.sketch.draw(self._passed_on)

    def follow(self) -> None:
        """Shows the session's drawing, which may differ from the canvas's after undo or a dropped image."""
        sketch = self._session.sketch
        self.canvas.set_background(sketch.background)
        if sketch.drawing is not self._passed_on:
            self._passed_on = sketch.drawing
            self.canvas.restore(sketch.drawing)
        self.centre.setChecked(sketch.centred)  # which follows the data
        if sketch.picture is not None:
            self.seen.show_picture(sketch.picture.reshape(SIDE, SIDE))
        self._describe_seen()
        self._show_seen()

    # ---- what the network gets

    def _show_seen(self) -> None:
        """Shows the network's input while there is one and no stroke crosses it."""
        pen = self.canvas.pen_place
        crosses = pen is not None and self.seen.geometry().contains(pen)
        self.seen.setVisible(self._session.sketch.picture is not None and not crosses)

    def _describe_seen(self) -> None:
        """Says at the canvas and to screen readers how the network's input was made."""
        words = self._seen_text()
        describe(self.seen, words)
        tip = f"{_CANVAS_TIP}\nIn the corner is the input of the network: {words}."
        if self.canvas.toolTip() != tip:
            self.canvas.setToolTip(tip)

    def _seen_text(self) -> str:
        drawing = self.canvas.drawing
        first = drawing[0] if drawing else None
        if isinstance(first, Ink) and first.is_example and len(drawing) == 1:
            return first.title
        return "centred 28×28, like MNIST" if self.canvas.centred else "not centred, the canvas scaled to 28×28"
