"""The canvas with its pen: shows the session's drawing, and reports strokes to the session."""

from __future__ import annotations

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from nnviz.cards.stage.draw.canvas import PEN_UNIT, Canvas
from nnviz.digits.strokes import Drawing, Stroke
from nnviz.jobs.timing import TimeBudget
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.fields import check_box
from nnviz.ui.parts import arranged, named, tool

# Between two predictions in the middle of a stroke: at least so long, and in multiples of what one takes.
_SECONDS_BETWEEN, _TIMES_ITS_COST = 0.004, 2
_CANVAS_TIP = (
    "Draw a digit with the mouse or a pen; the right button or the pen's back erases. The prediction follows "
    "each stroke. You can also drop or paste an image."
)
_PEN_TIP = (
    "Sets the width of all strokes and of the eraser. The network was trained on strokes about a tenth of a digit wide."
)
_CENTRE_TIP = (
    "Scales and centres the drawing like the training images. Off shows the canvas to the network as it "
    "is, to see how much it relies on that."
)


class DrawCanvas(QWidget):
    """A canvas, and below it the pen, the eraser and the centring."""

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
        arranged(QVBoxLayout(self), (self.canvas, 1), self._pen_row(), 0, spacing=6)
        session.sketch.changed.connect(self.follow)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the canvas from being higher than it is wide."""
        super().resizeEvent(event)
        self.canvas.setMaximumHeight(self.width())

    def _pen_row(self) -> QHBoxLayout:
        self.pen = named(QSlider(Qt.Orientation.Horizontal), "penWidthSlider", "Pen width", _PEN_TIP)
        self.pen.setRange(6, 40)
        self.pen.setValue(round(self._session.sketch.pen * PEN_UNIT))
        self.pen.valueChanged.connect(self._set_pen)
        tip = "Erases ink with the mouse, also from the input of the network (X). Undo restores it."
        self.eraser_button = tool("", "eraserButton", "Eraser", tip)
        theme.set_icon(self.eraser_button, "eraser", "muted")
        self.eraser_button.setCheckable(True)
        self.eraser_button.toggled.connect(self.canvas.set_erases)
        self.centre = check_box("centreCheck", "Centre the digit", _CENTRE_TIP)
        self.centre.setAccessibleName("Centre the digit")
        self.centre.setChecked(True)
        self.centre.toggled.connect(self._set_centred)
        return arranged(
            QHBoxLayout(), label("Pen", "fieldName"), (self.pen, 1), self.eraser_button, self.centre, spacing=8
        )

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
