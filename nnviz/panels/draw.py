"""The canvas, and the picture of it that the network is shown."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QSize, Qt
from PyQt5.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QToolButton, QUndoStack

from nnviz.session import Session
from nnviz.undo import Change
from nnviz.widgets.canvas import DEFAULT_PEN, Canvas
from nnviz.widgets.card import DockCard, label
from nnviz.widgets.picture import Picture

_SIDE = 28


class DrawPanel(DockCard):
    """Draw with the mouse; the session asks the network at every stroke and at every view of its training."""

    def __init__(self, session: Session) -> None:
        super().__init__("Draw a digit", "drawDock")
        self._session = session
        self.undo_stack = QUndoStack(self)
        self.canvas = Canvas()
        self.canvas.setObjectName("drawCanvas")
        self.canvas.setAccessibleName("Drawing canvas")
        self.canvas.setToolTip("Draw a digit with the mouse. It is scaled and centred before the network sees it.")
        self.canvas.changed.connect(self._drawn)
        self.canvas.stroke_finished.connect(self._stroke_finished)
        self.body.addWidget(self.canvas, 1)
        self.body.addLayout(self._pen_row())
        self.body.addLayout(self._seen_row())
        self._add_buttons()
        session.prediction_changed.connect(self._show_answer)
        session.data_changed.connect(self._show_answer)
        self._drawn()

    def _add_buttons(self) -> None:
        self.undo_button = _tool(
            "undo", "undoStrokeButton", "Takes back the last thing done on the canvas (Ctrl+Backspace)."
        )
        self.undo_button.clicked.connect(self.undo_stroke)
        self.undo_button.setEnabled(False)
        self.undo_stack.canUndoChanged.connect(self.undo_button.setEnabled)
        self.clear_button = _tool("clear", "clearButton", "Empties the canvas. Undo brings the drawing back.")
        self.clear_button.clicked.connect(self.clear)
        for button in (self.undo_button, self.clear_button):
            self.head.row.addWidget(button)

    def _pen_row(self) -> QHBoxLayout:
        self.pen = QSlider(Qt.Horizontal)
        self.pen.setObjectName("penWidthSlider")
        self.pen.setAccessibleName("Pen width")
        self.pen.setToolTip("How thick the pen is. The network learned from strokes about a tenth of a digit wide.")
        self.pen.setRange(6, 40)
        self.pen.setValue(DEFAULT_PEN)
        self.pen.valueChanged.connect(self.canvas.set_pen_width)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label("Pen", "fieldName"))
        row.addWidget(self.pen, 1)
        return row

    def _seen_row(self) -> QHBoxLayout:
        self.seen = Picture(QSize(64, 64))
        self.seen.setObjectName("networkInputPicture")
        self.seen.setAccessibleName("What the network is shown")
        self.seen.setToolTip("The drawing as the network gets it: 28 × 28 pixels, made as the training pictures were.")
        words = label("What the network sees: 28×28, centred like MNIST", "muted")
        words.setWordWrap(True)
        words.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        self.answer = label(role="answer")
        self.answer.setObjectName("answerLabel")
        self.answer.setAccessibleName("The network's answer")
        self.answer.setMinimumWidth(34)
        self.answer.setAlignment(Qt.AlignRight | Qt.AlignVCenter)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.seen)
        row.addWidget(words, 1)
        row.addWidget(self.answer)
        return row

    # ---- what the person does

    def clear(self) -> None:
        """Empties the canvas, undoably."""
        if not self.canvas.is_empty:
            self.undo_stack.push(Change("clear", self.canvas.restore, self.canvas.drawing, ()))

    def undo_stroke(self) -> None:
        """Takes back the last thing done on the canvas."""
        self.undo_stack.undo()

    def _stroke_finished(self, before: object, after: object) -> None:
        self.undo_stack.push(Change("stroke", self.canvas.restore, before, after))

    def _drawn(self) -> None:
        picture = self.canvas.network_input()
        self.seen.show_picture(picture.reshape(_SIDE, _SIDE))
        self._session.set_drawing(None if self.canvas.is_empty else picture)
        self.clear_button.setEnabled(not self.canvas.is_empty)

    def refresh(self) -> None:
        """The answer as it is now."""
        self._show_answer()

    def _show_answer(self) -> None:
        if not self.in_view:
            return
        answer, data = self._session.prediction, self._session.dataset
        if data is None or answer is None or len(answer) != len(data.class_names):
            self.answer.clear()
        else:
            self.answer.setText(data.class_names[int(np.argmax(answer))])


def _tool(text: str, name: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setObjectName(name)
    button.setAccessibleName({"undo": "Undo stroke", "clear": "Clear the canvas"}[text])
    button.setToolTip(tip)
    return button
