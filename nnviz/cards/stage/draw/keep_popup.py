"""The popup that keeps the current input as a user example with its true class or values, and the button for it."""

from __future__ import annotations

import math

from PyQt5.QtCore import QPoint, Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from engine.basics.errors import EngineError
from engine.datasets.table.cells import plain_number
from nnviz.formatting import text
from nnviz.session.predicted_numbers import Targets
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.fields import Combo, FieldEdit
from nnviz.ui.parts import arranged, named, set_look, tool

_TIP = "Saves the input as your own example (K). It is used for training only if you choose “Train on these”."
_CLASS_TIP = "Sets the true class, whatever the network predicts."
_NUMBER_TIP = "Sets the true value, in its unit. Separate several with semicolons."
_IMPORT_TIP = "Imports examples that were exported here. Undo removes them."
_SHOW_TIP = "Shows the examples that you kept, and their predictions."
_LEAST = 250  # pixels


class KeepPopup(QFrame):
    """Asks for the true class or values of the current input. Closes when the example is kept or on a click elsewhere.

    Attributes:
        button: opens the popup below its anchor.

    Signals:
        kept(str): an example was kept; a message.
        import_wanted, show_wanted: the user wants to import examples, or to see them.
    """

    kept = pyqtSignal(str)
    import_wanted, show_wanted = pyqtSignal(), pyqtSignal()

    def __init__(self, session: Session, parent: QWidget, anchor: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._session, self._anchor = session, anchor
        self._targets = Targets(session)
        named(self, "keepBox", "Keep as an example of your own")
        theme.sized(self.setMinimumWidth, _LEAST)
        self.button = tool("Keep as your own example …", "keepExampleButton", "Keep as your own example", _TIP)
        self.button.clicked.connect(self.open)
        padding = theme.CARD_PADDING
        margins = (padding, padding, padding, padding)
        arranged(QVBoxLayout(self), self._truth_row(), self._files_row(), spacing=10, margins=margins)
        for signal in (session.user_examples.changed, session.data.changed):
            signal.connect(self.follow)
        session.question.changed.connect(self._follow_question)
        self.follow()

    def _truth_row(self) -> QHBoxLayout:
        self._is = label(role="fieldName")
        self.combo = Combo("keepClassCombo", "True class", _CLASS_TIP)
        self.combo.setPlaceholderText("select the class")
        self.field = named(FieldEdit(), "keepNumberEdit", "True value", _NUMBER_TIP)
        self.keep_button = named(QPushButton("Keep"), "keepButton", "Keep", _TIP)
        self.keep_button.setProperty("role", "primary")
        self.keep_button.clicked.connect(self.keep)
        self.combo.currentIndexChanged.connect(lambda _: self._follow_choice())
        return arranged(QHBoxLayout(), self._is, (self.combo, 1), (self.field, 1), self.keep_button, spacing=8)

    def _files_row(self) -> QHBoxLayout:
        self.count_label = named(label(role="muted"), "keptLabel")
        self.show_button = tool("Show", "showOwnButton", "Show your own examples", _SHOW_TIP)
        self.import_button = tool("Import …", "importOwnButton", "Import examples of your own", _IMPORT_TIP)
        for button, wanted in ((self.show_button, self.show_wanted), (self.import_button, self.import_wanted)):
            button.clicked.connect(self.hide)
            button.clicked.connect(wanted)
        return arranged(QHBoxLayout(), self.count_label, 1, self.show_button, self.import_button, spacing=4)

    # ---- open

    def follow(self) -> None:
        """Shows whether the input can be kept, and how many examples are kept."""
        session = self._session
        self.button.setEnabled(session.user_examples.examples is not None)
        self._follow_choice()
        count = session.user_examples.count
        self.count_label.setText(f"{text.count(count)} kept" if count else "none kept yet")
        self.show_button.setVisible(count > 0)

    def _follow_choice(self) -> None:
        data = self._session.data.dataset
        is_chosen = data is None or not data.is_classification or self.combo.currentIndex() >= 0
        self.keep_button.setEnabled(self._session.user_examples.can_add and is_chosen)

    def _follow_question(self) -> None:
        """Does nothing while the popup is closed, so that a pen stroke costs nothing."""
        if self.isVisible():
            self.follow()

    def open(self) -> None:
        """Opens the popup below its anchor, with the true class or values if they are known."""
        data = self._session.data.dataset
        if data is None or not self.button.isEnabled():
            return
        is_class = data.is_classification
        self.combo.setVisible(is_class)
        self.field.setVisible(not is_class)
        if is_class:
            self._is.setText("True class")
            self.combo.clear()
            self.combo.addItems([text.name(data.class_name(number)) for number in range(data.outputs)])
            self.combo.setCurrentIndex(self._true_class())
            self.combo.view().keyboardSearch("")  # resets the search by typed letters
        else:
            self._is.setText(" · ".join(text.name(name, 24) for name in data.targets[:2]) or "True value")
            self.field.setText(self._likely_numbers())
            set_look(self.field, "wrong", False)
        self.follow()
        self.adjustSize()
        self.move(self._anchor.mapToGlobal(QPoint(self._anchor.width() - self.width(), self._anchor.height() + 4)))
        self.show()
        (self.combo if is_class else self.field).setFocus()
        self.field.selectAll()

    def _true_class(self) -> int:
        """Returns the class of an example of the data set; -1 for any other input."""
        label = self._session.question.label
        return -1 if label is None else label

    def _likely_numbers(self) -> str:
        truth = self._targets.truth
        return "" if truth is None else "; ".join(plain_number(value) for value in truth.tolist())

    # ---- keep

    def keep(self) -> None:
        """Keeps the example with the chosen class or the typed values."""
        own, data = self._session.user_examples, self._session.data.dataset
        truth = self._truth()
        if data is None or truth is None or not own.can_add:
            return
        before = own.count
        try:
            own.add(truth)
        except EngineError as error:
            self._session.messages.show_error("The example was not kept", error)
        else:
            what = self.combo.currentText() if data.is_classification else self.field.text()
            was_there = "" if own.count > before else " (already kept)"
            self.kept.emit(f"Kept as {what}{was_there} · {text.count(own.count)} of your own")
        self.hide()

    def _truth(self) -> int | list[float] | None:
        data = self._session.data.dataset
        assert data is not None
        if data.is_classification:
            number = self.combo.currentIndex()
            return number if number >= 0 else None
        try:
            numbers = [float(part.replace(",", ".").replace("−", "-")) for part in self.field.text().split(";")]
        except ValueError:
            numbers = []
        is_right = len(numbers) == data.outputs and all(map(math.isfinite, numbers))
        set_look(self.field, "wrong", not is_right)
        return numbers if is_right else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keeps the example by Enter; closes by Esc."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.keep()
        else:
            super().keyPressEvent(event)
