"""The answers to the drawing at earlier moments of the training: how the answer came about."""

from __future__ import annotations

from html import escape

import numpy as np
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QSizePolicy

from engine.validation import Array
from nnviz.look import theme
from nnviz.panels.cards import CARDS, CardInfo, Column, Place
from nnviz.session.asked import PAST, PastAnswers
from nnviz.session.session import Session
from nnviz.session.verdict import Verdict, verdict_of
from nnviz.widgets.card import DockCard, Table
from nnviz.widgets.parts import named
from nnviz.widgets.plots.strip_plot import ShareLine, StripPlot

_FEWEST = 3  # lines, at least
_WORTH_A_LINE = 0.005  # the confidence from which the second class gets a line


class LearningStripPanel(DockCard):
    """The confidence in the leading classes by epoch, for the drawing as it is now and the whole training so far."""

    def __init__(self, session: Session) -> None:
        super().__init__("While it learns")
        self._session = session
        self._probe = session.probes[PAST]
        tip = (
            "How the network would have answered this drawing at each moment of its training so far: the classes that "
            "lead now, and those that once did."
        )
        self.plot = named(StripPlot(), "learningStrip", "Confidence in the leading classes by epoch")
        self.plot.setWhatsThis(tip)  # a tooltip would lie over what the read-out tells
        self.head.detail.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)  # its text must not widen the card
        self.head.detail.setTextFormat(Qt.RichText)  # with the names escaped
        self.head.row.setStretchFactor(self.head.detail, 100)
        self.head.detail.setAlignment(Qt.AlignRight | Qt.AlignVCenter)
        self.body.addWidget(self.plot, 1)
        self.body.setContentsMargins(theme.CARD_PADDING, 0, theme.CARD_PADDING, 8)
        self._name_lines()
        self._probe.changed.connect(self.refresh)
        theme.changed.connect(self._name_lines)

    @property
    def _known(self) -> PastAnswers | None:
        """The answers so far; None without a drawing, or if none were computed yet."""
        known: PastAnswers | None = self._probe.result
        return known

    def refresh(self) -> None:
        """Draws the latest answers; old lines stay while new ones are computed."""
        if not self.in_view:
            return
        known = self._known
        if known is None or not known.answers or len(known.answers[-1]) < 2:
            self._show_nothing()
        else:
            self._draw(known, verdict_of(known.answers[-1]))
        self._name_lines()

    # ---- drawing

    def _draw(self, known: PastAnswers, verdict: Verdict) -> None:
        confidences = np.clip(np.array(known.answers), 0, 1)
        names = self._session.class_names
        lines = [
            ShareLine(names[index], colour, confidences[:, index].tolist())
            for index, colour in zip(leaders(confidences, verdict), theme.CLASSES, strict=False)
        ]
        is_alone = len(known.epochs) == 1
        self.plot.show_lines(known.epochs, lines, "train to see it change" if is_alone else "")

    def _show_nothing(self) -> None:
        has_none = self._known is not None  # else they are still being computed
        is_empty = self._session.question.example is None
        self.plot.show_lines([], [], "draw a digit to see it" if is_empty else "no answer" if has_none else "")

    def _name_lines(self) -> None:
        """Names the classes in the head, in the colours of their lines, and tells a screen reader how they went."""
        lines = self.plot.lines
        names = f"{', '.join(map(_coloured, lines))} by epoch" if lines else ""
        if self.head.detail.text() != names:
            self.head.detail.setText(names)
        ends = [f"{line.name}: {line.shares[0]:.1%} to {line.shares[-1]:.1%}" for line in lines]
        self.plot.setAccessibleDescription(", ".join(ends) or "no answer")

    def table(self) -> Table | None:
        """Epochs and the outputs of all classes, for a CSV file."""
        known = self._known
        if known is None or not known.answers:
            return None
        rows: list[list[object]] = [
            [epoch, *answer.tolist()] for epoch, answer in zip(known.epochs, known.answers, strict=True)
        ]
        return ["epoch", *self._session.class_names], rows


def leaders(confidences: Array, verdict: Verdict) -> list[int]:
    """The classes of ``confidences``, (epochs, classes), that get a line, at most as many as there are colours.

    First come the best and the second of the verdict, then the classes that once led, by their highest confidence. If
    these are fewer than three, others follow by their confidence now, in whole percent, and then by their mean.
    """
    best = confidences.argmax(axis=1)
    led = np.bincount(best, minlength=confidences.shape[1])
    named = [verdict.best]
    if confidences[-1, verdict.second] >= _WORTH_A_LINE or led[verdict.second]:
        named.append(verdict.second)
    others = [index for index in range(len(led)) if index not in named]
    once = sorted((index for index in others if led[index]), key=lambda index: -confidences[:, index].max())
    now, mean = np.floor(100 * confidences[-1] + 0.5), confidences.mean(axis=0)
    never = sorted((index for index in others if not led[index]), key=lambda index: (-now[index], -mean[index]))
    return [*named, *once, *never[: max(0, _FEWEST - len(named) - len(once))]][: len(theme.CLASSES)]


def _coloured(line: ShareLine) -> str:
    return f'<span style="color:{theme.colour(line.colour).name()}">{escape(line.name)}</span>'


CARDS.register("learningStripDock")(CardInfo(LearningStripPanel, {"train": Place(Column.ASK, 3, 110)}, needs=(PAST,)))
