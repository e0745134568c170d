"""The line below a card's header that says what the figures mean."""

from __future__ import annotations

from html import escape

from PyQt5.QtCore import QEvent, QSize, Qt
from PyQt5.QtGui import QFont, QFontMetrics, QResizeEvent
from PyQt5.QtWidgets import QLabel, QSizePolicy

from nnviz.formatting.conclusion import Conclusion
from nnviz.formatting.text import plain
from nnviz.ui.parts import describe, named

_SPARE = 2  # pixels, for descenders


def keeping_spaces(html: str) -> str:
    """Returns HTML in which Qt breaks no line at a narrow no-break space."""
    return f'<span style="white-space: pre-wrap">{html}</span>'


class ConclusionLabel(QLabel):
    """Shows a conclusion with an emphasised first sentence, in lines of fixed number, so that nothing moves.

    If the lines are too few for all sentences, the last are left out, but never the first. The tooltip has all of them.
    """

    def __init__(self, name: str, lines: int = 1) -> None:
        """``name`` is the Qt object name; ``lines`` are kept free also while there is no conclusion."""
        super().__init__()
        named(self, name, "Conclusion")
        self._lines, self._apart = lines, False
        self._conclusion: Conclusion | None = None
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_lines(self, lines: int, apart: bool = False) -> None:
        """Sets the number of lines, which changes the height.

        ``apart``: whether the second sentence begins a line.
        """
        if (lines, apart) != (self._lines, self._apart):
            self._lines, self._apart = lines, apart
            self._fit()
            self.updateGeometry()

    @property
    def conclusion(self) -> Conclusion | None:
        """The conclusion, whole; None if there is none."""
        return self._conclusion

    def show_conclusion(self, conclusion: Conclusion | None, more: str = "") -> None:
        """Shows the conclusion, whose names may come from files; None leaves the lines empty.

        ``more``: plain words that only the tooltip and the description for screen readers have.
        """
        if conclusion != self._conclusion:
            self._conclusion = conclusion
            self._fit()
        words = " ".join(filter(None, ("" if conclusion is None else plain(conclusion.text), more)))
        self.setToolTip(words)  # The program's style shows every tooltip as plain text.
        describe(self, words)

    def advance(self, words: str) -> int:
        """Returns the width of words in one line, in pixels, if they are emphasised."""
        self.ensurePolished()
        font = self.font()
        font.setWeight(QFont.Weight.DemiBold)
        return QFontMetrics(font).horizontalAdvance(words) + 1

    def _fit(self) -> None:
        conclusion = self._conclusion
        if conclusion is None:
            self.setText("")
            return
        lead, *others = (escape(plain(words)) for words in conclusion if words)
        emphasised = f'<span style="font-weight: 600">{lead}</span>'
        for count in range(len(others), -1, -1):
            self.setText(keeping_spaces(("<br>" if self._apart else " ").join([emphasised, *others[:count]])))
            if self.heightForWidth(self.width()) <= (self._lines + 0.5) * self.fontMetrics().lineSpacing():
                return

    def sizeHint(self) -> QSize:
        self.ensurePolished()
        return QSize(0, self._lines * self.fontMetrics().lineSpacing() + _SPARE)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hasHeightForWidth(self) -> bool:
        """Whether layouts ask for the height of the text: no, it has a fixed one."""
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Fits the sentences again to another font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()
            self.updateGeometry()
