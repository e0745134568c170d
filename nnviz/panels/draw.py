"""The canvas, and the picture of the drawing that the network sees."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QSize, Qt, QTimer
from PyQt5.QtWidgets import QApplication, QHBoxLayout, QSizePolicy, QSlider, QToolButton

from engine.datasets import Split
from nnviz.digits.examples import example_ink, fits_canvas
from nnviz.digits.strokes import Drawing, Ink, Stroke
from nnviz.jobs.pace import Budget
from nnviz.look import theme
from nnviz.panels.cards import CARDS, CardInfo, Column, Place
from nnviz.session.asked import ANSWER
from nnviz.session.messages import Message
from nnviz.session.session import Session
from nnviz.session.undo import Kind
from nnviz.widgets.canvas import PEN_UNIT, Canvas
from nnviz.widgets.card import DockCard, label
from nnviz.widgets.fields import check_box
from nnviz.widgets.parts import arranged, named
from nnviz.widgets.picture import Picture
from nnviz.widgets.verdict import VerdictView

_SIDE = 28
# Of two drawings that the network is asked about, in the middle of a stroke; and in multiples of what one takes.
_SECONDS_BETWEEN, _TIMES_ITS_COST = 0.004, 2
_WIDE_ANSWER = 100  # pixels; beside one that is wider there is no room for many words
_SEEN = QSize(2 * _SIDE, 2 * _SIDE)  # two screen pixels for each of the picture's, so that all look the same
_CANVAS_TIP = (
    "Draw a digit with the mouse or a pen; the right button or a pen's back erases. The network answers at every "
    "move. Pictures can be dropped or pasted here."
)
_PEN_TIP = (
    "The width of all strokes of the drawing, and of the eraser. The network learned from strokes about a tenth of a "
    "digit wide."
)
_SEEN_TIP = "The drawing as the network sees it: 28 × 28 pixels."
_CENTRE_TIP = (
    "On: the drawing is scaled and centred before the network sees it, as its training pictures were. Off: it sees "
    "the canvas as it is, and you see how much it depends on that."
)


class DrawPanel(DockCard):
    """Shows the session's drawing on a canvas, and passes on to the session what is drawn there."""

    def __init__(self, session: Session) -> None:
        super().__init__("Draw a digit")
        self._session = session
        self._random = np.random.default_rng()
        self._passed_on: Drawing = ()  # the drawing that was last passed on to the session, or taken from it
        self._pace = Budget(_SECONDS_BETWEEN, _TIMES_ITS_COST)
        self._later = QTimer(self)  # passes the last move on
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._pass_on)
        self._add_canvas()
        self.body.addLayout(self._pen_row())
        self.body.addLayout(self._seen_row())
        self._add_buttons()
        self._failure: Message | None = None  # the message that a picture could not be read
        session.pictures.read.connect(lambda _: session.messages.withdraw(self._failure))  # it is out of date
        session.pictures.failed.connect(self._picture_failed)
        session.sketch.changed.connect(self._follow)
        session.undo.changed.connect(self._show_undo)
        session.question.answered.connect(self.refresh)
        session.question.threshold_changed.connect(self.refresh)
        session.data.changed.connect(self._data_changed)
        session.runs.replaced.connect(self._name_classes)
        self._data_changed()
        self._follow()

    def _add_canvas(self) -> None:
        self.canvas = named(Canvas(), "drawCanvas", "Drawing canvas", _CANVAS_TIP)
        self.canvas.changed.connect(self._pass_on_when_due)
        self.canvas.stroke_finished.connect(self._stroke_finished)
        self.canvas.dropped.connect(lambda given: self._session.pictures.load(given, "what was dropped"))
        self.body.addWidget(self.canvas, 1)

    def _add_buttons(self) -> None:
        tip = "Puts a random picture of the test set on the canvas; the network has not learned from it (Ctrl+T)."
        self.random_button = _tool("", "randomDigitButton", "Random test digit", tip)
        theme.set_icon(self.random_button, "dices", "muted")
        self.random_button.clicked.connect(self.show_random_digit)
        tip = "Undoes the last step on the canvas (Ctrl+Backspace)."
        self.undo_button = _tool("undo", "undoStrokeButton", "Undo stroke", tip)
        self.undo_button.clicked.connect(self._session.sketch.undo_stroke)
        self.undo_button.setEnabled(False)
        tip = "Clears the canvas. Undo restores the drawing."
        self.clear_button = _tool("clear", "clearButton", "Clear the canvas", tip)
        self.clear_button.clicked.connect(self.clear)
        self.head.detail.hide()  # an empty one would take a gap
        self.head.row.setSpacing(2)  # leaves room for the mark of a what-if
        self.head.row.addWidget(self.random_button)
        self.head.row.addLayout(arranged(QHBoxLayout(), self.undo_button, self.clear_button, spacing=2))

    def _pen_row(self) -> QHBoxLayout:
        self.pen = named(QSlider(Qt.Horizontal), "penWidthSlider", "Pen width", _PEN_TIP)
        self.pen.setRange(6, 40)
        self.pen.setValue(round(self._session.sketch.pen * PEN_UNIT))
        self.pen.valueChanged.connect(self._set_pen)
        tip = "While this is on, the mouse erases ink, also in the picture that the network sees (X). Undo restores it."
        self.eraser_button = _tool("", "eraserButton", "Eraser", tip)
        theme.set_icon(self.eraser_button, "eraser", "muted")
        self.eraser_button.setCheckable(True)
        self.eraser_button.toggled.connect(self.canvas.set_erases)
        self.centre = check_box("centreCheck", "Centre", _CENTRE_TIP)
        self.centre.setAccessibleName("Centre as MNIST")
        self.centre.setChecked(True)
        self.centre.toggled.connect(self._set_centred)
        return arranged(
            QHBoxLayout(), label("Pen", "fieldName"), (self.pen, 1), self.eraser_button, self.centre, spacing=8
        )

    def _seen_row(self) -> QHBoxLayout:
        self.seen = named(Picture(_SEEN), "networkInputPicture", "What the network sees", _SEEN_TIP)
        self.caption_label = named(label(role="muted"), "seenLabel")
        self.caption_label.setWordWrap(True)
        self.caption_label.setMaximumHeight(_SEEN.height())  # else many short lines would make the card higher
        self.caption_label.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        self.answer = VerdictView()
        return arranged(QHBoxLayout(), self.seen, (self.caption_label, 1), self.answer, spacing=10)

    # ---- actions

    def clear(self) -> None:
        """Clears the canvas; can be undone."""
        if not self.canvas.is_empty:
            self._session.sketch.replace("clear", ())

    def toggle_eraser(self) -> None:
        self.eraser_button.toggle()

    def paste(self) -> None:
        """Replaces the drawing by the clipboard's picture; can be undone. A message says why if that fails."""
        self._session.pictures.load(QApplication.clipboard().mimeData(), "the clipboard")

    @property
    def test_pictures(self) -> Split | None:
        """The data's test examples, if they are pictures that fit the canvas; else None."""
        data = self._session.data.dataset
        return data.test if data is not None and fits_canvas(data) else None

    def show_random_digit(self) -> None:
        """Replaces the drawing by a random picture of the test set; can be undone."""
        test, data = self.test_pictures, self._session.data.dataset
        if test is None or data is None:
            return
        ink = example_ink(data, "test", int(self._random.integers(len(test))))
        self._session.sketch.replace("test digit", (ink,))

    def _stroke_finished(self, before: Drawing, after: tuple[Stroke, ...]) -> None:
        what = "erasing" if after[-1].eraser else "stroke"
        self._later.stop()  # the whole stroke is passed on now
        self._passed_on = after
        self._session.sketch.step(what, before, after)

    def _picture_failed(self) -> None:
        """Remembers the session's message, to dismiss it when the next picture can be read."""
        self._failure = self._session.messages.current

    def _set_pen(self, width: int) -> None:
        self.canvas.set_pen(width)
        self._session.sketch.look(pen=width / PEN_UNIT)

    def _set_centred(self, centred: bool) -> None:
        self.canvas.set_centred(centred)
        self._session.sketch.look(centred=centred)

    def _pass_on_when_due(self) -> None:
        """Of moves in quick succession only some are passed on: nobody would see what the others are answered."""
        if self.canvas.is_drawing and not self._pace.is_due:
            self._later.start(round(1000 * self._pace.seconds_left) + 1)
            return
        self._later.stop()
        with self._pace:
            self._pass_on()

    def _pass_on(self) -> None:
        """Passes the canvas's drawing and size on to the session, also in the middle of a stroke."""
        self._session.sketch.look(field=self.canvas.field)
        self._passed_on = self.canvas.drawing
        self._session.sketch.draw(self._passed_on)

    # ---- display

    def _follow(self) -> None:
        """Shows the session's drawing, which may differ from the canvas's after undo or a picture."""
        sketch = self._session.sketch
        if sketch.drawing is not self._passed_on:
            self._passed_on = sketch.drawing
            self.canvas.restore(sketch.drawing)
        picture = np.zeros(_SIDE * _SIDE, np.float32) if sketch.picture is None else sketch.picture
        self.centre.setChecked(sketch.centred)  # which follows the data
        self.seen.show_picture(picture.reshape(_SIDE, _SIDE))
        self.caption_label.setText(self._caption())
        self.clear_button.setEnabled(not self.canvas.is_empty)

    def _show_undo(self) -> None:
        self.undo_button.setEnabled(self._session.undo.last(Kind.DRAWING) is not None)

    def _caption(self) -> str:
        """How the picture beside it was made, in a few words."""
        drawing = self.canvas.drawing
        first = drawing[0] if drawing else None
        what = "what the network sees: " if self.answer.width() < _WIDE_ANSWER else ""
        if isinstance(first, Ink) and first.is_example and len(drawing) == 1:
            return f"{what}{first.title}"
        if self.canvas.centred:
            return f"{what}centred 28×28, like MNIST"
        return "not centred: the canvas scaled to 28×28"

    def _data_changed(self) -> None:
        self.random_button.setEnabled(self.test_pictures is not None)
        self._name_classes()

    def _name_classes(self) -> None:
        self.answer.set_names(self._session.class_names)
        self.caption_label.setText(self._caption())
        self.refresh()

    def refresh(self) -> None:
        if not self.in_view:
            return
        verdict, answer = self._session.question.verdict, self._session.question.answer
        names = self._session.class_names
        if verdict is None or answer is None or len(names) != len(answer):
            self.answer.clear()
            return
        best, second = names[verdict.best], names[verdict.second]
        self.answer.show_answer(best, verdict.confidence, second, verdict.second_confidence, verdict.is_sure)


def _tool(text: str, name: str, accessible: str, tip: str) -> QToolButton:
    button = named(QToolButton(), name, accessible, tip)
    button.setText(text)
    button.setProperty("role", "word" if text else "")
    return button


PLACES = {"train": Place(Column.ASK, 1, 432), "inside": Place(Column.ASK, 1, 270)}
CARDS.register("drawDock")(CardInfo(DrawPanel, PLACES, needs=(ANSWER,)))
