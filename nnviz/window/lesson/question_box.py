"""The options of a question: one row each, with the feedback of the chosen one below it."""

from __future__ import annotations

from collections.abc import Set

from PyQt5.QtCore import QEvent, QObject, Qt, QUrl, pyqtSignal
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QAbstractButton, QCheckBox, QFrame, QHBoxLayout, QLabel, QRadioButton, QVBoxLayout

from nnviz.lessons import texts
from nnviz.lessons.document import Option, Question
from nnviz.ui.parts import arranged, named, set_look
from nnviz.window.lesson.text_view import open_link, plain_text


class _Row(QFrame):
    """An option; a click anywhere chooses it.

    Signals:
        chosen: the user chose it.
    """

    chosen = pyqtSignal()

    def __init__(self, option: Option, is_multiple: bool, name: str) -> None:
        super().__init__()
        self.setObjectName("lessonOption")
        words = plain_text(option.html)
        self.button: QAbstractButton = named(
            QCheckBox() if is_multiple else QRadioButton(), name, words, texts.OPTION_TIP
        )
        self.button.setAutoExclusive(False)
        self.button.setFocusPolicy(Qt.TabFocus)
        self.button.clicked.connect(self.chosen)
        text = named(QLabel(option.html), "lessonOptionText")
        text.setTextFormat(Qt.RichText)
        text.setWordWrap(True)
        text.setTextInteractionFlags(Qt.NoTextInteraction)
        row = arranged(QHBoxLayout(), self.button, (text, 1), spacing=6)
        row.setAlignment(self.button, Qt.AlignTop)
        self._html = option.feedback
        self._feedback = named(QLabel(), "lessonFeedback")
        self._feedback.setTextFormat(Qt.RichText)
        self._feedback.setProperty("role", "muted")
        self._feedback.setWordWrap(True)
        self._feedback.linkActivated.connect(lambda url: open_link(QUrl(url)))
        self._feedback.setVisible(False)
        self.button.installEventFilter(self)
        below = arranged(QHBoxLayout(), (self._feedback, 1), margins=(24, 0, 0, 0))
        arranged(QVBoxLayout(self), row, below, spacing=2, margins=(8, 7, 8, 7))

    def show_chosen(self, is_chosen: bool, has_feedback: bool) -> None:
        """Shows whether the option is chosen, with its feedback, or that it is still to be found out."""
        self.button.setChecked(is_chosen)
        set_look(self, "chosen", is_chosen)
        self._feedback.setText(self._html if has_feedback else texts.PREDICTED)
        self._feedback.setVisible(is_chosen and bool(self._feedback.text()))
        self.button.setAccessibleDescription(plain_text(self._feedback.text()) if is_chosen else "")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Marks the row while its button has the focus."""
        if event.type() in (QEvent.FocusIn, QEvent.FocusOut):
            set_look(self, "focused", event.type() == QEvent.FocusIn)
        return False

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.rect().contains(event.pos()):
            self.chosen.emit()


class QuestionBox(QFrame):
    """A question.

    Signals:
        chosen(int): the user chose the option of that number, from 0.
    """

    chosen = pyqtSignal(int)

    def __init__(self, question: Question, number: int) -> None:
        super().__init__()
        named(self, "lessonQuestion", texts.CHOOSE_ALL if question.is_multiple else texts.CHOOSE_ONE)
        self._rows = [
            _Row(option, question.is_multiple, f"lessonOption{number + 1}_{place}Button")
            for place, option in enumerate(question.options, start=1)
        ]
        for place, row in enumerate(self._rows):
            row.chosen.connect(lambda place=place: self.chosen.emit(place))
        arranged(QVBoxLayout(self), *self._rows)

    def show_answer(self, chosen: Set[int], has_feedback: bool) -> None:
        """Shows which options are chosen. Without feedback they are predictions of what is still to be seen."""
        for place, row in enumerate(self._rows):
            row.show_chosen(place in chosen, has_feedback)
