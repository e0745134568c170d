"""The draw card: the current input as a canvas, an image or a form, and the predicted class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PyQt5.QtCore import QMimeData, QSize, pyqtSignal
from PyQt5.QtGui import QDragEnterEvent, QDropEvent
from PyQt5.QtWidgets import QApplication, QHBoxLayout, QSizePolicy, QWidget

from engine.datasets.dataset import PICTURE, POINT
from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.cards.stage.draw.draw_canvas import DrawCanvas
from nnviz.cards.stage.draw.input_form import InputForm
from nnviz.cards.stage.draw.keep_popup import KeepPopup
from nnviz.cards.stage.draw.predicted_class_view import PredictedClassView
from nnviz.digits.drawing import SIDE
from nnviz.digits.strokes import Ink
from nnviz.formatting import text
from nnviz.formatting.meaning import Meaning
from nnviz.session.example_text import draw_request, example_noun, input_title, origin_text
from nnviz.session.messages import Message
from nnviz.session.predicted_class import PredictedClass
from nnviz.session.predicted_numbers import Targets
from nnviz.session.session import Session
from nnviz.session.shared_queries import ANSWER
from nnviz.session.undo import Kind
from nnviz.ui import theme
from nnviz.ui.card import Panel, label
from nnviz.ui.parts import arranged, named, tool
from nnviz.ui.picture import Picture

_WIDE_ANSWER = 100  # pixels; beside one that is wider there is no room for many words
_SEEN = QSize(2 * SIDE, 2 * SIDE)  # two screen pixels for each of the picture's, so that all look the same
_SEEN_TIP = "Shows the drawing as the input of the network: 28 × 28 pixels."
_DIGIT_TIP = "Shows a random digit of the test set, which the network has never learned from (Ctrl+T)."
_BOX_TIP = "Shows the image as the input of the network. Drop or paste another one here."


class PictureBox(Picture):
    """An image view. ``dropped(QMimeData)``: a possible image was dropped; valid until the slot returns."""

    dropped = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__(QSize(0, 0))
        self.setMinimumSize(160, 96)
        self.setMaximumHeight(16_777_215)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAcceptDrops(True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() or event.mimeData().hasImage():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.dropped.emit(event.mimeData())


class DrawCard(Panel):
    """Shows the session's input in a way that suits the data, and passes changes to the session.

    Attributes:
        canvas, pen: of the drawing; hidden for data that are not drawn.
        form: for rows, points and numbers.
        box: for images of another size than the canvas makes.
        keeping: the popup that keeps the input as a user example.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(input_title(None))
        self._session = session
        self._targets = Targets(session)
        self.drawing = DrawCanvas(session)
        self.canvas, self.pen = self.drawing.canvas, self.drawing.pen
        self.form = InputForm(session)
        self.box = named(PictureBox(), "askedPicture", "Current input", _BOX_TIP)
        self.box.dropped.connect(lambda given: self._load(given, "the dropped image"))
        self._rest = QWidget()  # below a short form
        self._rest.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        for part, stretch in ((self.drawing, 1), (self.box, 1), (self.form, 0)):
            self.body.addWidget(part, stretch)
        self.body.addLayout(self._seen_row())
        self.body.addWidget(self._rest, 1)
        self.body.setContentsMargins(theme.CARD_PADDING, 2, theme.CARD_PADDING, 8)  # as of the cards below it
        self._add_buttons()
        self._failure: Message | None = None  # the message that a picture could not be read
        for signal in (session.pictures.read, session.pictures.resized):
            signal.connect(lambda _: session.messages.withdraw(self._failure))  # it is out of date
        session.pictures.failed.connect(self._picture_failed)
        session.question.changed.connect(self._follow)
        session.sketch.changed.connect(self._follow)
        session.undo.changed.connect(self._show_undo)
        session.question.answer_changed.connect(self.refresh)
        session.question.threshold_changed.connect(self.refresh)
        session.data.views.add(self._data_changed)
        for signal in (session.displayed.what_if_changed, session.displayed.snapshot_changed):
            signal.connect(self._make_room)
        theme.changed.connect(self.refresh)
        self._data_changed()

    def _add_buttons(self) -> None:
        self.random_button = tool("", "randomDigitButton", "Random test digit", _DIGIT_TIP)
        theme.set_icon(self.random_button, "dices", "muted")
        self.random_button.clicked.connect(self.show_random_digit)
        tip = "Undoes the last step on the canvas (Ctrl+Backspace)."
        self.undo_button = tool("", "undoStrokeButton", "Undo stroke", tip)
        theme.set_icon(self.undo_button, "undo-2", "muted")
        self.undo_button.clicked.connect(self._session.sketch.undo_stroke)
        self.undo_button.setEnabled(False)
        self.clear_button = tool("clear", "clearButton", "Clear the canvas", "")
        self.clear_button.clicked.connect(self.clear)
        self.head.detail.hide()  # an empty one would take a gap
        self.head.row.setSpacing(2)  # leaves room for the mark
        self.keeping = KeepPopup(self._session, self)
        self.head.row.addWidget(self.keeping.button)
        self.head.row.addWidget(self.random_button)
        self.head.row.addLayout(arranged(QHBoxLayout(), self.undo_button, self.clear_button, spacing=2))

    def _make_room(self) -> None:
        """Makes room for a badge in a narrow header.

        K keeps examples, and Ctrl+Backspace undoes strokes all the same.
        """
        displayed = self._session.displayed
        self.keeping.button.setVisible(displayed.is_live and not displayed.what_if)
        self.undo_button.setVisible(self.is_drawn and displayed.is_live)

    def _seen_row(self) -> QHBoxLayout:
        self.seen = named(Picture(_SEEN), "networkInputPicture", "Input of the network", _SEEN_TIP)
        self.caption_label = named(label(role="muted"), "seenLabel")
        self.caption_label.setWordWrap(True)
        self.caption_label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.answer = PredictedClassView()
        return arranged(QHBoxLayout(), self.seen, (self.caption_label, 1), self.answer, spacing=10)

    # ---- actions

    @property
    def is_drawn(self) -> bool:
        """Whether one draws."""
        return self._session.question.is_drawn

    @property
    def takes_pictures(self) -> bool:
        """Whether images can be pasted."""
        data = self._session.data.dataset
        return data is None or data.kind == PICTURE

    @property
    def noun(self) -> str:
        """The word for an input: "digit", "row", …"""
        return example_noun(self._session.data.dataset)

    def clear(self) -> None:
        """Clears the canvas, or sets back the row that was changed; can be undone."""
        if not self.is_drawn:
            self._session.question.reset()
        elif not self.canvas.is_empty:
            self._session.sketch.replace("clear", ())

    def toggle_eraser(self) -> None:
        self.drawing.eraser_button.toggle()

    def paste(self) -> None:
        """Replaces the image by the clipboard's; undoable. A message says why if that fails."""
        self._load(QApplication.clipboard().mimeData(), "the clipboard")

    def _load(self, given: QMimeData | None, giver: str) -> None:
        if not self.takes_pictures:
            return
        data = self._session.data.dataset
        shape = None if self.is_drawn or data is None else (data.example_shape[0], data.example_shape[1])
        self._session.pictures.load(given, giver, shape)

    @property
    def can_pick(self) -> bool:
        """Whether there are examples to pick from."""
        return self._session.data.dataset is not None

    def show_random_digit(self) -> None:
        """Makes a random example of the test set, or of the training set without one, the input; undoable."""
        self._session.question.set_random_example(f"test {self.noun}")

    def _picture_failed(self) -> None:
        """Stores the session's message, to dismiss it when the next image is read."""
        self._failure = self._session.messages.current

    # ---- display

    def _follow(self) -> None:
        """Shows the session's example; also while the card is out of view, where it is drawn."""
        question, sketch = self._session.question, self._session.sketch
        if self.is_drawn:
            empty = np.full(SIDE * SIDE, sketch.background, np.float32)
            picture = empty if sketch.picture is None else sketch.picture
            self.seen.show_picture(picture.reshape(SIDE, SIDE))
        elif not self.in_view:
            return
        else:
            self.form.follow()
            self._show_box()
        self.caption_label.setText(self._caption())
        self.clear_button.setEnabled(not self.canvas.is_empty if self.is_drawn else question.origin is None)

    def _show_box(self) -> None:
        data, example = self._session.data.dataset, self._session.question.example
        if data is not None and data.kind == PICTURE and example is not None:
            self.box.show_picture(example.reshape(data.example_shape))

    def _show_undo(self) -> None:
        self.undo_button.setEnabled(self._session.undo.last(Kind.DRAWING) is not None)

    def _caption(self) -> str:
        """Returns in a few words how the image was made, or what the form shows."""
        if not self.is_drawn:
            return origin_text(self._session)
        drawing = self.canvas.drawing
        first = drawing[0] if drawing else None
        what = "network input: " if self.answer.width() < _WIDE_ANSWER else ""
        if isinstance(first, Ink) and first.is_example and len(drawing) == 1:
            return f"{what}{first.title}"
        if self.canvas.centred:
            return f"{what}centred 28×28, like MNIST"
        return "not centred: the canvas scaled to 28×28"

    def _data_changed(self) -> None:
        """Shows the widgets for the new data set."""
        data, is_drawn = self._session.data.dataset, self.is_drawn
        kind = PICTURE if data is None else data.kind
        self._show_title(input_title(data))
        self.drawing.setVisible(is_drawn)
        self.box.setVisible(not is_drawn and kind == PICTURE)
        for part in (self.form, self._rest):
            part.setVisible(kind != PICTURE)
        self.seen.setVisible(is_drawn)
        self._make_room()
        region = Meaning(data).region
        hints = (f"click in the {region}", f"click in {region}", "click") if region else ("",)
        self.head.detail.show_versions(*hints)
        self.head.detail.setVisible(bool(region))
        self.canvas.set_hint(f"{draw_request(data).capitalize()} here")
        self._name_buttons()
        self._name_classes()
        self._follow()

    def _show_title(self, words: str) -> None:
        self.head.title.setText(words)
        if self.windowTitle() != text.entry(words):
            self.setWindowTitle(text.entry(words))

    def _name_buttons(self) -> None:
        word, noun = "clear" if self.is_drawn else "reset", self.noun
        tip = "Clears the canvas. Undo restores the drawing."
        if not self.is_drawn:
            tip = f"Resets your changes to this {noun}. Undo restores them."
        self.clear_button.setText(word)
        named(self.clear_button, "clearButton", "Clear the canvas" if self.is_drawn else f"Reset the {noun}", tip)
        tip = f"Shows a random {noun} of the test set, which the network has never learned from (Ctrl+T)."
        named(self.random_button, "randomDigitButton", f"Random test {noun}", tip)
        self.random_button.setEnabled(self.can_pick)

    def adapt(self) -> None:
        self.drawing.setEnabled(self.is_drawn)  # no stroke until it is gone
        self._name_classes()

    def _name_classes(self) -> None:
        data, targets = self._session.data.dataset, self._targets.all
        ends = [target.format(end) for target in targets[:1] for end in (target.low, target.high)]
        is_free = data is not None and data.kind == POINT  # below two fields
        self.answer.set_names(ends if targets else self._session.class_names, is_free)
        # Many short lines would make the card higher.
        self.caption_label.setMaximumHeight(max(_SEEN.height(), self.answer.sizeHint().height()))
        self.caption_label.setText(self._caption())
        self.refresh()

    def refresh(self) -> None:
        if not self.in_view:
            return
        verdict, answer = self._session.question.verdict, self._session.question.answer
        names, targets = self._session.class_names, self._targets.all
        if not self.is_drawn:
            self._follow()
        if answer is not None and len(answer) == len(targets):
            self.answer.show_number(targets[0].format(self._targets.values(answer)[0]), targets[0].name)
        elif verdict is None or answer is None or len(names) != len(answer):
            self.answer.clear()
        else:
            self._show_class(verdict, names)

    def _show_class(self, verdict: PredictedClass, names: Sequence[str]) -> None:
        best, second = names[verdict.best], names[verdict.second]
        self.answer.show_answer(best, verdict.confidence, second, verdict.second_confidence, verdict.is_sure)


PLACES = {
    "train": Place(Column.INPUT, 2, 412, 150),
    "inside": Place(Column.ASK, 1, 272),
    "runs": Place(Column.ASK, 1, 272),
}
CARDS.register("drawDock")(CardInfo(DrawCard, PLACES, needs=(ANSWER,)))
