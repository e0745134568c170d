"""Why this answer: what contributes to it, and what would turn it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from PyQt5.QtCore import QSize, Qt, QTimer
from PyQt5.QtGui import QIcon, QPixmap
from PyQt5.QtWidgets import QHBoxLayout, QToolButton

from engine.basics.validation import Array
from nnviz.cards.explanation import presentation as why_content
from nnviz.cards.explanation.content import Content
from nnviz.cards.explanation.explanation_data import (
    ATTRIBUTIONS,
    EMPTY,
    FRAMES,
    INTEGRATED,
    LAYERS,
    MEAN,
    METHODS,
    NEAREST,
    OCCLUSION,
    PRODUCT,
    Counterfactual,
    Reasons,
)
from nnviz.cards.explanation.model import NOT_FINITE, REASONS, TURNING, Explanation
from nnviz.cards.explanation.view import ReasonsView
from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.digits.drawing import SIDE
from nnviz.digits.strokes import Ink
from nnviz.formatting import text
from nnviz.formatting.meaning import Meaning
from nnviz.session.selection import Example, Neuron
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.card import DockCard, Table, label
from nnviz.ui.combos import FlatCombo, NameCombo
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.fixed_size_box import FixedSizeBox
from nnviz.ui.parts import arranged, named
from nnviz.ui.picture import grey_image

_MILLISECONDS_A_FRAME = 60
_ICON = QSize(16, 16)
_METHOD_TIP = (
    "How the answer is explained. Integrated gradients (IG) and gradient × input (G × I): what each input adds to the "
    "output's sum. "
    "Occlusion: by how much it falls where the input is covered. Layer by layer: what each neuron contributes. Nearest "
    "examples: what the network learned from that looks alike to it."
)
_SHORTER = {
    INTEGRATED: ("IG",),
    PRODUCT: ("G × I",),
    OCCLUSION: ("occl.",),
    LAYERS: ("layers",),
    NEAREST: ("nearest", "near"),
}
_BASELINE_TIP = "What the input is compared with: contributions are of what differs from it."
_ONE_TIP = "The output that is explained. “its answer” follows the network."
_OTHER_TIP = (
    "Compares the predicted output with this one, to which the smallest change turns it. "
    "Default: the true class of a mistake, else the second best."
)
_INEXACT_TIP = "Shows by how much the contributions fail to add up, because of rounding or the limit of steps."
_CHANGE_TIP = (
    "The smallest change of the input that gets the other answer: its distance (L2), and how many inputs change by "
    "more than a tenth of their range."
)
_VIEW_TIP = "Orange speaks for the output, blue against it."


class WhyPanel(DockCard):
    """Shows contributions to two outputs, and the smallest change from one to the other."""

    def __init__(self, session: Session) -> None:
        super().__init__("Explanation this answer")
        self._session, self._model = session, session.models[Explanation]
        self._frame: int | None = None  # of the film, while it is played
        self._baseline: Array | None = None  # that is shown
        self._film = QTimer(self)
        self._film.setInterval(_MILLISECONDS_A_FRAME)
        self._film.timeout.connect(self._next_frame)
        self._fill_head()
        self.view = named(ReasonsView(), "reasonsView", "What contributes to the answer")
        self.view.setWhatsThis(_VIEW_TIP)
        self.view.clicked.connect(self._choose)
        self.view.pointed.connect(self._point)
        self.body.addWidget(self.view, 1)
        self.body.addLayout(self._sum_row())
        self.body.addLayout(self._change_row())
        self.body.setSpacing(2)
        self.body.setContentsMargins(theme.CARD_PADDING, 4, theme.CARD_PADDING, 6)
        for probe in (REASONS, TURNING):
            session.queries[probe].changed.connect(self.refresh)
        self._model.changed.connect(self._show_choices)
        self.head.marked.connect(self._make_room)
        session.data.changed.connect(self._name_outputs)
        session.runs.replaced.connect(self._name_outputs)
        session.displayed.changed.connect(self._show_line)
        session.question.changed.connect(self._show_line)
        session.selection.example_changed.connect(self._show_line)
        session.selection.pointed_changed.connect(self._show_pointed)
        self._name_outputs()

    # ---- building

    def _fill_head(self) -> None:
        self.head.title.setText("Explanation")
        self.head.detail.hide()  # what is asked needs its room
        self.one_combo = NameCombo("whyCombo", "Output that is explained", _ONE_TIP)
        self.other_combo = NameCombo("whyNotCombo", "Output that it is compared with", _OTHER_TIP)
        self.not_label = label("not", "title")
        self.method_combo = FlatCombo("whyMethodCombo", "Method", _METHOD_TIP)
        self.method_combo.addItems(METHODS)
        self.method_combo.set_shorter(_SHORTER)
        asked = arranged(QHBoxLayout(), self.one_combo, self.not_label, self.other_combo, spacing=4)
        self.head.row.insertLayout(1, asked)
        self.head.row.setSpacing(4)
        self.head.row.addWidget(self.method_combo)
        self.one_combo.activated.connect(self._compare)
        self.other_combo.activated.connect(self._compare)
        self.method_combo.textActivated.connect(lambda method: self._model.choose(method=method))

    def _sum_row(self) -> QHBoxLayout:
        self.sum_label = named(label(role="muted"), "whySumLabel")
        self.baseline_combo = FlatCombo("whyBaselineCombo", "Baseline", _BASELINE_TIP)
        for name in (EMPTY, MEAN):
            self.baseline_combo.addItem("", name)
        self.baseline_combo.setIconSize(_ICON)
        self.baseline_combo.activated.connect(
            lambda index: self._model.choose(baseline=self.baseline_combo.itemData(index))
        )
        self._sum_box = FixedSizeBox(self.sum_label)
        self._sum_width = 0.0  # of the widest words since the method was chosen: else the view would jump
        return arranged(QHBoxLayout(), self._sum_box, self.baseline_combo, 1, spacing=2)

    def _change_row(self) -> QHBoxLayout:
        self.change_label = named(ElidedLabel(role="muted"), "whyChangeLabel", tip=_CHANGE_TIP)
        tip = "Plays the way from the input to its smallest change, with the answer at each moment."
        self.play_button = _button("play", "playChangeButton", "Play the smallest change", tip)
        theme.set_icon(self.play_button, "play", "muted")
        self.play_button.clicked.connect(self.play)
        tip = "Puts the changed picture on the canvas, where the network answers it. Undo restores the drawing."
        self.canvas_button = _button("draw it", "changeToCanvasButton", "Put the smallest change on the canvas", tip)
        self.canvas_button.clicked.connect(self.put_on_canvas)
        row = arranged(
            QHBoxLayout(), (FixedSizeBox(self.change_label), 1), self.play_button, self.canvas_button, spacing=4
        )
        for button in (self.play_button, self.canvas_button):
            policy = button.sizePolicy()
            policy.setRetainSizeWhenHidden(True)  # else the view would jump
            button.setSizePolicy(policy)
        return row

    # ---- what is chosen

    def _name_outputs(self) -> None:
        names = self._session.class_names
        self.one_combo.set_names("its answer", names)
        self.other_combo.set_names("true or second best", names)
        self.other_combo.setVisible(len(names) > 1)
        self._make_room()
        self._show_choices()

    def _make_room(self) -> None:
        """Beside long names a mark leaves no room for the word between them, that of a moment not even for them."""
        mark = self.head.mark
        is_crowded = mark.is_wanted and self.other_combo.has_long_names
        for combo in (self.one_combo, self.other_combo):
            combo.give_way(bool(mark.moment))
        self.not_label.setVisible(self.other_combo.isVisibleTo(self.head) and not is_crowded)

    def _show_choices(self) -> None:
        why, data = self._model, self._session.data.dataset
        self._sum_width = 0.0
        self.one_combo.choose(why.one)
        self.other_combo.choose(why.other)
        self.method_combo.setCurrentText(why.method)
        is_picture, example = data is None or data.is_picture, Meaning(data).example
        empty, mean = "all inputs 0", f"the average {example}"
        shorter = {empty: ("all 0", "0"), mean: (f"average {example}", "average")}
        if is_picture:
            empty, mean = "an empty picture", "the mean picture"
            shorter = {empty: ("empty picture", "empty"), mean: ("mean picture", "mean")}
        self.baseline_combo.set_shorter(shorter)
        self.baseline_combo.setItemText(0, empty)
        self.baseline_combo.setItemText(1, mean)
        self.baseline_combo.setCurrentIndex(self.baseline_combo.findData(why.baseline))
        self.baseline_combo.setVisible(why.method in ATTRIBUTIONS)
        self.refresh()

    def _compare(self) -> None:
        self._model.compare(self.one_combo.currentData(), self.other_combo.currentData())

    def _choose(self, row: int, column: int) -> None:
        """Chooses the neuron or the training example that was clicked, for all cards."""
        selection, turning = self._session.selection, self.turning
        if self._model.method == LAYERS:
            if row > 0 and column >= 0:
                selection.choose_neuron(Neuron(row, column))
        elif self._model.method == NEAREST and turning is not None:
            number = why_content.neighbour_at(turning, row, column)
            selection.choose_example(Example("train", number))

    def _point(self, row: int, column: int) -> None:
        if self._model.method == LAYERS:
            self._session.selection.point_at(Neuron(row, column) if row > 0 and column >= 0 else None)

    def _show_pointed(self) -> None:
        if self._model.method == LAYERS:
            self.refresh()

    # ---- what is shown

    @property
    def reasons(self) -> Reasons | None:
        """The latest reasons that fit the network and the method; None if there are none."""
        found = self._session.queries[REASONS].result
        return found if isinstance(found, Reasons) and self._is_current(found) else None

    @property
    def turning(self) -> Counterfactual | None:
        """Likewise, what would turn the answer."""
        found = self._session.queries[TURNING].result
        return found if found is not None and self._is_current(found) else None

    def _is_current(self, found: Reasons | Counterfactual) -> bool:
        query, why = found.query, self._model
        data, shape = self._session.data.dataset, self._session.displayed.network.shape
        if data is None or data.width != len(query.example):
            return False
        fits = query.has_classes == (data.is_classification and data.outputs > 1)
        same_network = fits and query.network.shape == shape
        same_kind = query.method == why.method or {query.method, why.method} <= set(ATTRIBUTIONS)
        return same_network and same_kind and (query.one, query.other) == (why.one, why.other)

    def refresh(self) -> None:
        """Draws the latest reasons."""
        if not self.in_view:
            return
        reasons, turning = self.reasons, self.turning
        content, line = self._content(reasons, turning), self._line()
        self.view.show_content(None if line else content, line)
        has_content = not line and content is not None
        self.one_combo.show_name(self._name(reasons.one if reasons and has_content else None))
        self.other_combo.show_name(self._name(reasons.other if reasons and has_content else None))
        self._show_words(reasons if has_content else None, turning if has_content else None)

    def _show_line(self) -> None:
        """Where nothing can be explained any more, no probe says so."""
        if self.in_view and (self._line() or self.view.line):
            self.refresh()

    def _line(self) -> str:
        """Why there is nothing to show; empty if there is or will be something."""
        session, inputs = self._session, self._session.displayed.network.shape[0]
        data = session.data.dataset
        if data is None:
            return "the data is not loaded yet"
        if data.width != inputs:
            return f"the network takes {inputs} numbers, the data have {data.width}"
        if self._model.example is None:
            return "draw something to ask why" if data.is_picture else "choose an example to ask why"
        return NOT_FINITE if session.queries[REASONS].result == NOT_FINITE else ""

    def _content(self, reasons: Reasons | None, turning: Counterfactual | None) -> Content | None:
        names, meaning = self._session.class_names, self._session.meaning
        if reasons is None or len(names) != len(reasons.outputs):
            return None
        if self._model.method == NEAREST:
            return (
                why_content.neighbours(turning, names, meaning) if turning is not None and turning.neighbours else None
            )
        if self._model.method == LAYERS:
            pointed = self._session.selection.pointed
            place = None if pointed is None else (pointed.layer, pointed.number)
            return why_content.layers(reasons, place, meaning) if reasons.layers else None
        if not reasons.parts:
            return None
        fits = turning is not None and (turning.one, turning.other) == (reasons.one, reasons.other)
        return why_content.attributions(reasons, turning if fits else None, names, self._frame, meaning)

    def _name(self, output: int | None) -> str:
        return "" if output is None else self._session.class_names[output]

    def _show_words(self, reasons: Reasons | None, turning: Counterfactual | None) -> None:
        names = self._session.class_names
        self.sum_label.setText("" if reasons is None else why_content.sum_line(reasons, turning))
        self.sum_label.setToolTip(_INEXACT_TIP if reasons is not None and reasons.missing else "")
        self._sum_width = max(self._sum_width, self.sum_label.sizeHint().width() * 100 / theme.text_size())
        self._sum_box.set_width(self._sum_width)
        self._show_baseline(reasons)
        is_nearest = self._model.method == NEAREST
        if turning is None:
            words = ""
        elif is_nearest:
            words = f"among {text.count(turning.looked_at)} training examples"
        else:
            words = why_content.change_line(turning, names, self._session.meaning)
        self.change_label.setText(words)
        self.view.setAccessibleDescription(". ".join(filter(None, (self.sum_label.text(), words))))
        has_change = turning is not None and turning.changed is not None
        self.play_button.setVisible(has_change and self._model.method in ATTRIBUTIONS)
        self.canvas_button.setVisible(has_change and turning is not None and turning.query.shape == (SIDE, SIDE))

    def _show_baseline(self, reasons: Reasons | None) -> None:
        """Shows the picture that is compared with, beside its name."""
        if reasons is not None and reasons.query.is_picture and reasons.baseline is not self._baseline:
            self._baseline = reasons.baseline
            picture = QPixmap.fromImage(grey_image(reasons.baseline.reshape(reasons.query.shape)))
            index = self.baseline_combo.findData(self._model.baseline)
            self.baseline_combo.setItemIcon(index, QIcon(picture.scaled(_ICON)))

    # ---- the smallest change

    def play(self) -> None:
        """Plays the film from its beginning."""
        self._frame = 0
        self._film.start()
        self.refresh()

    def _next_frame(self) -> None:
        turning = self.turning
        self._frame = None if self._frame is None else self._frame + 1
        if not self.in_view or turning is None or turning.film is None or self._frame is None or self._frame >= FRAMES:
            self._film.stop()
            self._frame = None
        self.refresh()

    def put_on_canvas(self) -> None:
        """Replaces the drawing by its smallest change; can be undone."""
        turning, data = self.turning, self._session.dataset
        if turning is None or turning.changed is None or data is None:
            return
        title = f"changed into a {self._name(turning.to)}"
        pixels = np.array(turning.changed, np.float32).reshape(SIDE, SIDE)
        ink = Ink(pixels, 1.0, title, is_example=True, fingerprint=data.fingerprint)
        self._session.sketch.replace("smallest change", (ink,))

    # ---- numbers

    def table(self) -> Table | None:
        """The numbers that are shown, for a CSV file."""
        reasons, turning, names = self.reasons, self.turning, self._session.class_names_for_file
        if reasons is None or len(names) != len(reasons.outputs):
            return None
        if reasons.layers:
            return ["layer", "neuron", "contribution"], _rows_of_layers(reasons.layers)
        if self._model.method == NEAREST:
            return ["training example", "class", "distance"], _rows_of_neighbours(turning, names)
        compared = [reasons.one] if reasons.other is None else [reasons.one, reasons.other]
        heads = ["input", "value", *(f"for {names[number]}" for number in compared)]
        meaning = self._session.meaning.for_file
        parts = [part * meaning.spread(reasons.one) for part in reasons.parts]
        columns = [self._given(reasons.query.example, meaning), *parts]
        if turning is not None and turning.changed is not None:
            heads, columns = [*heads, "smallest change"], [*columns, meaning.raw(turning.changed)]
        named_rows = ([why_content.input_name(reasons.query, n, meaning), *row] for n, row in enumerate(_rows(columns)))
        return heads, named_rows

    def _given(self, example: np.ndarray, meaning: Meaning) -> np.ndarray:
        """(width,) the values of an example; of one of the data with all digits of its file."""
        data, origin = self._session.data.dataset, self._session.question.origin
        split = None if data is None or origin is None else data.splits[origin.part]
        if split is not None and origin is not None and np.array_equal(split.example(origin.number), example):
            return meaning.raw_of(split, origin.number)
        return meaning.raw(example)


def _rows(columns: Sequence[np.ndarray]) -> Iterator[list[float]]:
    return iter(np.stack(columns, axis=1).tolist())


def _rows_of_layers(layers: Sequence[np.ndarray]) -> Iterator[list[object]]:
    for layer, values in enumerate(layers):
        for number, value in enumerate(values.tolist()):
            yield [layer or "input", number + 1, value]


def _rows_of_neighbours(turning: Counterfactual | None, names: Sequence[str]) -> Iterator[list[object]]:
    for row in turning.neighbours if turning is not None else ():
        for each in row:
            yield [each.number, "" if each.label is None else names[each.label], each.distance]


def _button(words: str, name: str, accessible: str, tip: str) -> QToolButton:
    button = named(QToolButton(), name, accessible, tip)
    button.setText(words)
    button.setProperty("role", "word")
    if words == "play":
        button.setToolButtonStyle(Qt.ToolButtonIconOnly)
        button.setIconSize(QSize(13, 13))
    return button


PLACES = {"inside": Place(Column.ASK, 3, 209)}
CARDS.register("whyDock")(CardInfo(WhyPanel, PLACES, needs=(REASONS, TURNING)))
