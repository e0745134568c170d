"""The strip with a hint about the run, at the foot of the middle column. It moves no card."""

from __future__ import annotations

from html import escape

from PyQt5.QtCore import QRect, Qt, pyqtSignal
from PyQt5.QtGui import QResizeEvent, QShowEvent
from PyQt5.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from nnviz.formatting import text
from nnviz.hints.rules import Hint
from nnviz.ui import theme
from nnviz.ui.conclusion_label import keeping_spaces
from nnviz.ui.parts import arranged, named

_LINES = 2  # of text at most
_AIR = 8  # pixels above and below the text, and below buttons in a line of their own


class HintStrip(QFrame):
    """Shows a hint with its buttons, in a strip of fixed height. Its owner hides it when there is no hint.

    Signals:
        applied, asked, dismissed: the user pressed Apply, *Why?* or ×.
    """

    applied = pyqtSignal()
    asked = pyqtSignal()
    dismissed = pyqtSignal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        named(self, "hintStrip", "Hint about this run")
        self._hint: Hint | None = None
        self._icon = QLabel()
        self.text = named(QLabel(), "hintText")
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.text.setWordWrap(True)
        self._apply = named(QPushButton(), "applyHintButton")
        why = named(QPushButton("Why?"), "whyHintButton", "Why this hint is shown", "Explains this hint in the guide.")
        close = named(
            QToolButton(),
            "dismissHintButton",
            "Dismiss this hint",
            "Hides hints of this kind for good; Help undoes that.",
        )
        theme.set_icon(close, "x", "muted")
        for button, signal in ((self._apply, self.applied), (why, self.asked), (close, self.dismissed)):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _=False, signal=signal: signal.emit())
        self._buttons = QWidget()
        arranged(QHBoxLayout(self._buttons), self._apply, why, spacing=theme.GAP)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(theme.CARD_PADDING, 0, 6, 0)
        self._grid.setSpacing(theme.GAP)
        self._grid.setColumnStretch(1, 1)
        for column, part in enumerate((self._icon, self.text, self._buttons, close)):  # Tab goes in this order
            self._grid.addWidget(part, 0, column)
        theme.changed.connect(self._show_icon)
        self._show_icon()

    def show_hint(self, hint: Hint) -> None:
        """Shows the sentence, whose names may come from files, and what applying it does."""
        self._hint = hint
        self._apply.setText(text.entry(hint.label))
        self._apply.setAccessibleName(hint.label)
        what = "Changes this setting" if hint.steps else "Trains this experiment again with other seeds"
        self._apply.setToolTip(f"{what}. {'Ctrl+Z undoes it.' if hint.steps else ''}".strip())
        self.text.setToolTip(text.plain(hint.sentence))
        self.setAccessibleDescription(text.plain(hint.sentence))
        self._fit()

    def set_area(self, area: QRect) -> None:
        """Lies at the foot of that part of the parent, as wide as it.

        Buttons that would leave less than half of the width to the text are below it.
        """
        height = max(theme.px(40), _LINES * self.text.fontMetrics().lineSpacing() + _AIR)
        buttons = self._buttons.sizeHint()
        if buttons.width() > area.width() // 2:
            self._grid.addWidget(self._buttons, 1, 0, 1, 4, Qt.AlignmentFlag.AlignRight)
            height += buttons.height() + _AIR
        else:
            self._grid.addWidget(self._buttons, 0, 2)
        self.setGeometry(area.left(), area.bottom() + 1 - height, area.width(), height)
        self.raise_()
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _show_icon(self) -> None:
        self._icon.setPixmap(theme.icon("circle-alert", "ink").pixmap(16))

    def _fit(self) -> None:
        """Shortens the observation to the lines that there are. The diagnosis is always whole."""
        if self._hint is None:
            return
        self._grid.activate()
        words = text.plain(self._hint.observation).split(" ")
        diagnosis = f'<span style="font-weight: 600">{escape(text.plain(self._hint.diagnosis))}.</span>'
        most = (_LINES + 0.5) * self.text.fontMetrics().lineSpacing()
        shown = " ".join(words)
        while True:
            self.text.setText(keeping_spaces(f"{escape(shown)}: {diagnosis}"))
            if self.text.heightForWidth(self.text.width()) <= most or len(words) < 2:
                return
            words.pop()
            shown = f"{' '.join(words)} …"
