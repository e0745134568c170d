"""View of an example at one strength of a perturbation, with the predictions before and after it."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QSize, Qt
from PyQt5.QtGui import QFontMetrics, QResizeEvent
from PyQt5.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.basics.validation import Array
from engine.explain.perturbations import PERTURBATIONS, Shape, is_picture
from nnviz.cards.robustness.model import (
    PERTURBED,
    MeasurementSetup,
    PerturbationStrength,
    PerturbedExample,
    RobustnessModel,
)
from nnviz.formatting import text
from nnviz.formatting.text import short
from nnviz.session.predicted_class import predicted_class_of
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.column import ScrollColumn
from nnviz.ui.fixed_size_box import line, say
from nnviz.ui.named_bars import NamedBars
from nnviz.ui.parts import arranged, describe, named, set_look
from nnviz.ui.picture import Picture

_SIDE, _LEAST = 152, 60  # pixels of an image, and the least where there is little room
_PREDICTION, _LONG = 46, 4  # Height of a prediction in pixels; names of at least 4 letters are written smaller.
_WIDE = 232  # Pixels for columns: their names are longer than an image is wide.
_MOST_ROWS = 100  # Columns that are shown, those that change most.
_DRAW_TIP = "The current example, perturbed. Double-click a curve to put it on the canvas."


class PerturbedExampleView(QWidget):
    """The current input at the strength that the curves point at: an image, or a bar for the change of each column."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session, self._model = session, session.models[RobustnessModel]
        title_box, self.title = line("robustExampleTitle", "notice")
        picture = Picture(QSize(_SIDE, _SIDE), is_at_left=True)
        picture.setMinimumHeight(_LEAST)
        self.picture = named(picture, "robustPicture", "Perturbed example", _DRAW_TIP)
        tip = "Shows the inputs of the current example that the perturbation changes most."
        bars = NamedBars(scrolls=True, number="{:+.2f}".format)
        self.bars = named(bars, "robustBars", "Change of each input", tip)
        self.bars.describe = self._describe
        self._columns: Array = np.zeros(0, np.int64)  # those that have bars
        self._stack = QStackedWidget()
        self._stack.addWidget(self.picture)
        self.changes = _scrolled(self.bars)
        self._stack.addWidget(self.changes)
        self.before = PredictionColumn("unperturbed", "robustBefore", Qt.AlignmentFlag.AlignLeft)
        self.after = PredictionColumn("perturbed", "robustAfter", Qt.AlignmentFlag.AlignRight)
        predictions = arranged(QHBoxLayout(), (self.before, 1), (self.after, 1), spacing=4)
        arranged(QVBoxLayout(self), title_box, (self._stack, 100), predictions, 1, spacing=4)
        self._make_room(_SIDE, _SIDE)

    def refresh(self) -> None:
        """Shows the latest example and predictions."""
        shown: PerturbedExample | None = self._session.queries[PERTURBED].result
        setup = self._model.setup
        if shown is None or setup is None or len(shown.inputs[0]) != setup.dataset.width:
            return
        say(self.title, _title(shown.strength, setup))
        before, after = shown.inputs
        if is_picture(setup.shape):
            self.picture.show_picture(after.reshape(setup.shape))
            self._stack.setCurrentWidget(self.picture)
            self._make_room(_SIDE, _SIDE)
        else:
            self._show_changes(after - before)
        has_classes = setup.part.split.labels is not None
        for column, outputs in zip((self.before, self.after), shown.outputs, strict=True):
            column.show_outputs(outputs, self._session, has_classes)
        self.after.set_changed(has_classes and _has_class_changed(*shown.outputs))
        self.after.setVisible(bool(shown.strength.value))

    def _describe(self, row: int) -> str:
        """Returns the text for an input: its value before and after the perturbation."""
        shown: PerturbedExample | None = self._session.queries[PERTURBED].result
        number = int(self._columns[row])
        if shown is None or number >= len(shown.inputs[0]):
            return ""
        meaning = self._session.meaning
        raw = [meaning.raw_input(number, float(inputs[number])) for inputs in shown.inputs]
        return f"{meaning.input(number)}: {' → '.join(meaning.input_text(number, value) for value in raw)}"

    def _show_changes(self, changes: Array) -> None:
        self._columns = np.sort(np.argsort(-np.abs(changes), kind="stable")[:_MOST_ROWS])
        names = [self._session.meaning.input(number) for number in self._columns.tolist()]
        self.bars.show_rows(names, changes[self._columns], is_signed=True)
        self._stack.setCurrentWidget(self.changes)
        self._make_room(_WIDE, self.bars.sizeHint().height())

    def _make_room(self, width: int, height: int) -> None:
        """Sets the size. An image has a fixed size; bars take the height that they need, or scroll."""
        self.setFixedWidth(width)
        self._stack.setMinimumHeight(min(_LEAST, height))
        self._stack.setMaximumHeight(height)


def _scrolled(bars: NamedBars) -> ScrollColumn:
    content = named(QWidget(), "scrolled")
    arranged(QVBoxLayout(content), bars, 1, margins=(0, 0, theme.CARD_PADDING, 0))
    return ScrollColumn("robustScroll", content)


class PredictionColumn(QWidget):
    """One prediction: the class with its confidence, or numbers."""

    def __init__(self, when: str, name: str, side: Qt.AlignmentFlag) -> None:
        super().__init__()
        self._when = when
        self._words = ""
        when_box, self.caption = line(f"{name}Caption")
        self.caption.setText(when)
        self.answer = named(label(role="answer"), name, f"Prediction, {when}")
        theme.sized(self.answer.setFixedHeight, _PREDICTION)
        share_box, self.share = line(f"{name}Share")
        for made in (self.caption, self.answer, self.share):
            made.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        arranged(QVBoxLayout(self), when_box, self.answer, share_box, spacing=2)

    def set_changed(self, has_changed: bool) -> None:
        """Marks a predicted class that the perturbation has changed, by its colour and its caption."""
        set_look(self.answer, "another", has_changed)
        say(self.caption, f"≠ {self._when}" if has_changed else self._when)

    def show_outputs(self, outputs: Array | None, session: Session, has_classes: bool) -> None:
        """Shows outputs (outputs,); None if they are not finite."""
        words, share, is_sure = "–", "", False
        if outputs is not None and has_classes and len(outputs) > 1:
            verdict = predicted_class_of(outputs, session.question.threshold)
            names = session.class_names
            words = names[verdict.best] if verdict.best < len(names) else str(verdict.best)
            share, is_sure = f"{100 * verdict.confidence:.1f} %", verdict.is_sure
        elif outputs is not None:
            meaning = session.meaning
            words, is_sure = text.figure(meaning.target(float(outputs[0])), 3), True
            share = meaning.output(0) if meaning.is_single else _further(outputs)
        set_look(self.answer, "role", "answer" if len(words) < _LONG else "title")
        set_look(self.answer, "sure", is_sure)
        self._words = words
        self._show_words()
        say(self.share, share)

    def _show_words(self) -> None:
        """Shows a long name as far as it fits."""
        words, metrics = self._words, QFontMetrics(theme.font(theme.TEXT, bold=True))
        say(
            self.answer,
            words if len(words) < _LONG else metrics.elidedText(words, Qt.TextElideMode.ElideRight, self.width()),
        )
        describe(self.answer, words)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_words()


def _has_class_changed(before: Array | None, after: Array | None) -> bool:
    """Whether the predicted class differs."""
    return (
        before is not None and after is not None and predicted_class_of(before).best != predicted_class_of(after).best
    )


def _further(outputs: Array) -> str:
    """Returns the second output, with an ellipsis if there are more."""
    return "".join(short(value) for value in outputs[1:2].tolist()) + (", …" if len(outputs) > 2 else "")


def perturbation_text(strength: PerturbationStrength, shape: Shape) -> str:
    """Returns a perturbation with its strength: "Rotation +15°", "Noise 0.3"."""
    kind = PERTURBATIONS[strength.name]()
    return f"{kind.label} {strength_text(strength, shape)}"


def strength_text(strength: PerturbationStrength, shape: Shape, in_both_directions: bool = False) -> str:
    """Returns a strength with its unit, and with a sign if there are two directions: "+15°", "±15°", "0.3", "2 px"."""
    kind = PERTURBATIONS[strength.name]()
    is_signed = min(kind.strengths(shape)) < 0 and strength.value
    sign = ("±" if in_both_directions else "+" if strength.value > 0 else "−") if is_signed else ""
    number = f"{sign}{abs(strength.value):g}".replace("-", "−")
    unit = "column" if kind.unit(shape) == "columns" and strength.value == 1 else kind.unit(shape)
    return number + (unit if unit in ("", "°") else f" {unit}")


def _title(strength: PerturbationStrength, setup: MeasurementSetup) -> str:
    if not strength.name:
        return "point at a curve"
    return perturbation_text(strength, setup.shape) if strength.value else "unperturbed"
