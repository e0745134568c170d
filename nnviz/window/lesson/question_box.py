"""The options of a question: one row each, with the feedback of the chosen one below it."""

from __future__ import annotations

from collections.abc import Set

from PyQt5.QtCore import QEvent, QObject, Qt, QUrl, pyqtSignal
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QAbstractButton, QCheckBox, QFrame, QHBoxLayout, QLabel, QRadioButton, QVBoxLayout, QWidget

from nnviz.lessons import texts
from nnviz.lessons.document import Option, Question
from nnviz.ui import theme
from nnviz.ui.parts import arranged, describe, named, set_look
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
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(self.chosen)
        text = named(QLabel(option.html), "lessonOptionText")
        text.setTextFormat(Qt.TextFormat.RichText)
        text.setWordWrap(True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self._sign = named(QLabel(), "lessonVerdict")
        self._sign.setVisible(False)
        row = arranged(QHBoxLayout(), self.button, (text, 1), self._sign, spacing=6)
        for part in (self.button, self._sign):
            row.setAlignment(part, Qt.AlignmentFlag.AlignTop)
        self._option = option
        self._feedback = named(QLabel(), "lessonFeedback")
        self._feedback.setTextFormat(Qt.TextFormat.RichText)
        self._feedback.setWordWrap(True)
        self._feedback.linkActivated.connect(lambda url: open_link(QUrl(url)))
        self._feedback.setVisible(False)
        self.button.installEventFilter(self)
        below = arranged(QHBoxLayout(), (self._feedback, 1), margins=(26, 0, 0, 0))
        arranged(QVBoxLayout(self), row, below, spacing=2, margins=(8, 7, 8, 7))

    def show_state(self, is_chosen: bool, is_judged: bool, is_final: bool, is_neutral: bool) -> bool:
        """Shows whether the option is chosen, and whether it is right or that this is still to be found out.

        Args:
            is_chosen, is_judged, is_final: whether the user chose it, its verdict is shown, and the choice is final.
            is_neutral: whether a right option was not found by the user, so that it is not green.

        Returns:
            Whether feedback has appeared, or a verdict in its place.
        """
        is_right, before = self._option.is_correct, self._feedback.text()
        verdict = texts.RIGHT if is_right else texts.WRONG
        self.button.setChecked(is_chosen)
        self.button.setEnabled(not is_final)
        set_look(self, "chosen", is_chosen)
        self._sign.setVisible(is_judged)
        if is_judged:
            good = "muted" if is_neutral else "good"
            icon = theme.icon("circle-check", good) if is_right else theme.icon("circle-x", "error")
            self._sign.setPixmap(icon.pixmap(theme.px(18)))
            self._sign.setToolTip(verdict)
        html = (self._option.feedback or verdict) if is_judged else texts.PREDICTED if is_chosen else ""
        self._feedback.setText(html)
        self._feedback.setVisible(bool(html))
        spoken = plain_text(html)
        describe(self.button, f"{verdict} {spoken}" if is_judged and self._option.feedback else spoken)
        return bool(html) and html != before

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Marks the row while its button has the focus."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            set_look(self, "focused", event.type() == QEvent.Type.FocusIn)
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
        self._correct = question.correct
        for place, row in enumerate(self._rows):
            row.chosen.connect(lambda place=place: self.chosen.emit(place))
        arranged(QVBoxLayout(self), *self._rows)

    def show_answer(self, chosen: Set[int], has_feedback: bool, is_final: bool, is_by_program: bool) -> list[QWidget]:
        """Shows which options are chosen, and whether they are right.

        Args:
            chosen: their numbers, from 0.
            has_feedback: whether chosen options are judged; else they are predictions of what is still to be seen.
            is_final: whether the right options are shown, too, and the choice is final.
            is_by_program: whether the program chose the right ones, so that they look neutral.

        Returns:
            The rows whose feedback has appeared.
        """
        judged = chosen | self._correct if is_final else chosen if has_feedback else set()
        states = [(place in chosen, place in judged, is_final, is_by_program) for place in range(len(self._rows))]
        return [row for row, state in zip(self._rows, states, strict=True) if row.show_state(*state)]
