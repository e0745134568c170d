"""The drawing, asked again at every moment of the training so far: how the answer came about."""

from __future__ import annotations

from html import escape

import numpy as np
from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtWidgets import QSizePolicy

from engine.validation import Array
from nnviz.look import theme
from nnviz.panels.prediction import class_names
from nnviz.session.answer import Replay, Verdict
from nnviz.session.session import Session
from nnviz.widgets.card import DockCard, Table
from nnviz.widgets.plots.strip_plot import ShareLine, StripPlot

_COLOURS = ("accent", "test", "muted")  # the leading class, the second, the third
_SLICE = 0.003  # seconds of the interface's time at once
_REST = 30  # milliseconds between a change of the drawing and the first slice: the pen goes first


class LearningStripPanel(DockCard):
    """The leading classes' probability by epoch. Whatever is drawn, and whenever: it is asked about the whole past."""

    def __init__(self, session: Session) -> None:
        super().__init__("While it learns", "learningStripDock")
        self._session = session
        self._replay = Replay()
        self._epochs: list[float] = []
        self._lines: list[ShareLine] = []
        self._answers: list[Array] = []
        self.plot = StripPlot()
        self.plot.setObjectName("learningStrip")
        self.plot.setAccessibleName("Probability of the leading classes by epoch")
        self.plot.setToolTip(
            "What the network would have said to this drawing at each moment of its training so far. "
            "Asking changes nothing in the network."
        )
        self.head.detail.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)  # the words do not widen the card
        self.head.row.setStretchFactor(self.head.detail, 100)
        self.head.detail.setAlignment(Qt.AlignRight | Qt.AlignVCenter)
        self.body.addWidget(self.plot, 1)
        self.body.setContentsMargins(theme.CARD_PADDING, 0, theme.CARD_PADDING, 8)
        self._describe()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._ask_on)
        session.run_changed.connect(self._start_anew)
        session.data_changed.connect(self._start_anew)
        session.prediction_changed.connect(self._drawing_may_differ)
        session.snapshot.connect(self._show)
        theme.changed.connect(self._show_head)  # its words are in the theme's colours

    # ---- asking

    def _start_anew(self) -> None:
        self._replay.restart(self._session.drawing)
        self._show()

    def _drawing_may_differ(self) -> None:
        if self._replay.drawing is not self._session.drawing:
            self._show()

    def _show(self) -> None:
        """Draws what is known, if that is all there is to know; else it is asked for, and the old lines stay."""
        if not self.in_view:
            return
        session = self._session
        if self._replay.drawing is not session.drawing:
            self._replay.restart(session.drawing)
        newest, verdict = session.moments.newest, session.verdict
        if verdict is None:
            self._timer.stop()
            self._show_nothing()
            return
        if newest is not None and newest.parameters is session.shown.parameters:
            self._replay.know(newest, session.prediction)
        if not self._replay.lacks(session.moments):
            self._draw(verdict)
        elif not self._timer.isActive():
            self._timer.start(_REST)

    def _ask_on(self) -> None:
        session = self._session
        if self._replay.ask(session.shown, session.moments, _SLICE):
            self._show()
        else:
            self._timer.start(0)

    def _visibility_changed(self, in_view: bool) -> None:
        super()._visibility_changed(in_view)
        if not in_view:
            self._timer.stop()
            self._replay.restart(None)  # lets go of the moments, which take memory

    def refresh(self) -> None:
        """The past as the network has it now."""
        self._show()

    # ---- drawing

    def _draw(self, verdict: Verdict) -> None:
        session = self._session
        self._epochs, self._answers = self._replay.series(session.moments)
        now, answer = session.run.epochs, session.prediction
        if answer is not None and (not self._epochs or now > self._epochs[-1]):
            self._epochs.append(now)
            self._answers.append(answer)
        shares = np.clip(np.array(self._answers), 0, 1)
        names = class_names(session)
        leaders = _leaders(shares, verdict)
        self._lines = [
            ShareLine(names[index], colour, shares[:, index].tolist())
            for index, colour in zip(leaders, _COLOURS, strict=False)
        ]
        is_alone = len(self._epochs) == 1
        self.plot.show_lines(self._epochs, self._lines, "train to see it change" if is_alone else "")
        self._show_head()
        self._describe()

    def _show_nothing(self) -> None:
        self._epochs, self._answers, self._lines = [], [], []
        is_empty = self._session.drawing is None
        self.plot.show_lines([], [], "draw a digit to see it" if is_empty else "no answer")
        self._show_head()
        self._describe()

    def _show_head(self) -> None:
        """Which line is which."""
        words = f"{', '.join(_inked(line) for line in self._lines)} by epoch" if self._lines else ""
        if self.head.detail.text() != words:
            self.head.detail.setText(words)

    def _describe(self) -> None:
        ends = [f"{line.name}: {line.shares[0]:.1%} to {line.shares[-1]:.1%}" for line in self._lines]
        self.plot.setAccessibleDescription(", ".join(ends) or "no answer")

    def table(self) -> Table | None:
        """Epochs and the outputs of all classes, for a CSV file."""
        if not self._epochs:
            return None
        rows: list[list[object]] = [
            [epoch, *answer.tolist()] for epoch, answer in zip(self._epochs, self._answers, strict=True)
        ]
        return ["epoch", *class_names(self._session)], rows


def _leaders(shares: Array, verdict: Verdict) -> list[int]:
    """The likeliest now, in whole percent, as the verdict tells them.

    Of those that have nearly nothing, the likeliest over the training as a whole: a peak of one view is none.
    """
    now = np.floor(100 * shares[-1] + 0.5)
    now[verdict.best] = np.inf
    if now[verdict.second] >= 1:
        now[verdict.second] = 1000  # of equals it is the one that is told
    order: list[int] = np.lexsort((-shares.mean(axis=0), -now)).tolist()
    return order[: len(_COLOURS)]


def _inked(line: ShareLine) -> str:
    return f'<span style="color:{theme.colour(line.colour).name()}">{escape(line.name)}</span>'
