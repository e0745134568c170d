"""The page "Why": contributions to a prediction, and the smallest change that leads to another one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from PyQt5.QtCore import QSize, Qt, QTimer
from PyQt5.QtGui import QIcon, QPixmap, QResizeEvent
from PyQt5.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from engine.basics.validation import Array
from nnviz.cards.explanation import presentation
from nnviz.cards.explanation.comparison import ComparedContributions, content_of, explains_same, sentences_of
from nnviz.cards.explanation.conclusion import conclusion_of, shown_parts
from nnviz.cards.explanation.content import Content
from nnviz.cards.explanation.explanation_data import (
    ATTRIBUTIONS,
    EMPTY,
    FRAMES,
    LAYERS,
    MEAN,
    METHODS,
    NEAREST,
    Contributions,
    Counterfactual,
)
from nnviz.cards.explanation.model import (
    CONTRIBUTIONS,
    COUNTERFACTUAL,
    NOT_FINITE,
    SECOND_CONTRIBUTIONS,
    Explanation,
)
from nnviz.cards.explanation.number_account import NumberAccount, account_of
from nnviz.cards.explanation.view import ExplanationView
from nnviz.cards.registry import CARDS, CardInfo
from nnviz.digits.drawing import SIDE
from nnviz.digits.strokes import Ink
from nnviz.formatting import text
from nnviz.formatting.meaning import Meaning
from nnviz.session.selection import Example, Neuron
from nnviz.session.session import Session
from nnviz.session.shared_queries import SECOND_ANSWER
from nnviz.ui import theme
from nnviz.ui.card import Table, label
from nnviz.ui.combos import FlatCombo, NameCombo
from nnviz.ui.conclusion_label import ConclusionLabel
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.fixed_size_box import FixedSizeBox
from nnviz.ui.pages import Page
from nnviz.ui.parts import arranged, named, pill
from nnviz.ui.picture import grey_image

_MILLISECONDS_A_FRAME = 60
_CONTROLS = 290  # pixels of the column of the controls
_NARROW = 700  # pixels of a page in which the conclusion has one line more
_LONGEST_TITLE = 26  # characters; with longer names of classes the title is "Why"
_ICON = QSize(16, 16)
_METHOD_TIP = (
    "Selects the attribution method: it explains the logit (the output's weighted sum) by inputs or neurons. "
    "Nearest examples shows similar training examples."
)
_BASELINE_TIP = "Reference input: contributions explain how the logit differs from its value at this baseline."
_ONE_TIP = "The predicted class, which is explained. It follows the prediction of the network."
_OTHER_TIP = (
    "Selects the class to compare with. It is the target of the counterfactual, too. Default: the true class of a "
    "mistake, else the second most likely class."
)
_SUM_TIP = "Attributions sum to this share of the difference of the {} between the input and the baseline."
_INEXACT_TIP = "± is the error of the sum: rounding, or the limit of integration steps."
_CHANGE_TIP = (
    "Counterfactual: the smallest change found of the input that gets the other prediction. Shows its L2 norm "
    "and how many inputs change by more than 10 % of their range."
)
_ONE_NUMBER_TIP = "Selects the predicted number to explain: orange inputs raise it, blue ones lower it."
_OTHER_NUMBER_TIP = "Selects another predicted number to compare with."
_VIEW_TIP = "Orange inputs support the output, blue ones oppose it."
_NUMBER_VIEW_TIP = "Orange inputs raise the predicted number, blue ones lower it."


class ExplanationPage(Page):
    """Shows contributions to two outputs, and the smallest change from one class to the other.

    While two networks are compared, it shows the contributions to one output against the other in both. Its widgets are
    made when it is first shown.
    """

    def __init__(self, session: Session) -> None:
        tip = "Shows which parts of the input support the prediction, and the smallest change to another one."
        super().__init__("Why", "whyTab", tip)
        self._session, self._model = session, session.models[Explanation]
        self._frame: int | None = None  # frame of the film while it is played
        self._baseline: Array | None = None  # the shown baseline
        self._film = QTimer(self)
        self._film.setInterval(_MILLISECONDS_A_FRAME)
        self._film.timeout.connect(self._next_frame)
        for signal in (session.question.answer_changed, self._model.changed):
            signal.connect(self._show_title)
        self._show_title()

    def _show_title(self) -> None:
        names = [self._name(number) for number in self._model.compared_classes]
        answer, meaning = self._session.question.answer, self._session.meaning
        if meaning.is_regression and meaning.is_single and answer is not None and len(answer) == 1:
            names = [f"{text.figure(meaning.target(float(answer[0])), 3)} {meaning.unit}".rstrip()]
        title = f"Why {', not '.join(names)}"
        self.retitle(title if names and len(title) <= _LONGEST_TITLE else "Why")

    # ---- building

    def _make(self) -> None:
        session = self._session
        self.view = named(ExplanationView(), "reasonsView", "Contributions to the prediction")
        self.view.setWhatsThis(_VIEW_TIP)
        self.conclusion_label = ConclusionLabel("whyConclusion")
        self.conclusion_label.setProperty("role", "headline")
        self.view.clicked.connect(self._choose)
        self.view.pointed.connect(self._point)
        controls = QWidget()
        theme.sized(controls.setFixedWidth, _CONTROLS)
        self._details, self.account = QWidget(), NumberAccount()
        arranged(QVBoxLayout(self._details), self._method_row(), self._sum_row(), spacing=2)
        rows = self._choice_row(), self.account, self._change_row(), self._details
        arranged(QVBoxLayout(controls), *rows, 1, spacing=4)
        self._details.hide()
        row = arranged(QHBoxLayout(), (self.view, 1), controls, spacing=18)
        arranged(self.body, self.conclusion_label, (row, 1), spacing=4)
        for name in (CONTRIBUTIONS, COUNTERFACTUAL, SECOND_CONTRIBUTIONS):
            session.queries[name].changed.connect(self.refresh)
        session.side_by_side.changed.connect(self.refresh)
        theme.changed.connect(self._show_figures)
        self._model.changed.connect(self._show_choices)
        session.displayed.changed.connect(self._show_line)
        session.question.changed.connect(self._show_line)
        session.selection.example_changed.connect(self._show_line)
        session.selection.pointed_changed.connect(self._show_pointed)
        self.adapt()

    def _choice_row(self) -> QHBoxLayout:
        self.one_combo = NameCombo("whyCombo", "Explained output", _ONE_TIP)
        self.other_combo = NameCombo("whyNotCombo", "Compared output", _OTHER_TIP)
        self.not_label = label("not", "title")
        self.one_combo.activated.connect(self._compare)
        self.other_combo.activated.connect(self._compare)
        words = label("Why", "title")
        tip = "Shows the method, the baseline, and how far the contributions explain the prediction."
        self.details_button = pill("Details", "whyDetailsButton", "Details", tip, checkable=True)
        self.details_button.toggled.connect(lambda is_on: self._details.setVisible(is_on))
        parts = words, self.one_combo, self.not_label, self.other_combo, 1, self.details_button
        return arranged(QHBoxLayout(), *parts, spacing=4)

    def _method_row(self) -> QHBoxLayout:
        self.method_combo = FlatCombo("whyMethodCombo", "Method", _METHOD_TIP)
        self.method_combo.addItems(METHODS)
        self.method_combo.textActivated.connect(lambda method: self._model.choose(method=method))
        return arranged(QHBoxLayout(), self.method_combo, 1)

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
        self._sum_width = 0.0  # Width of the widest text since the method was chosen, or the view would jump.
        return arranged(QHBoxLayout(), self._sum_box, self.baseline_combo, 1, spacing=2)

    def _change_row(self) -> QHBoxLayout:
        self.change_label = named(ElidedLabel(role="muted"), "whyChangeLabel", tip=_CHANGE_TIP)
        tip = "Plays the change from the input to its counterfactual, with the prediction at each step."
        self.play_button = _button("play", "playChangeButton", "Play the counterfactual", tip)
        theme.set_icon(self.play_button, "play", "muted")
        self.play_button.clicked.connect(self.play)
        tip = "Puts the counterfactual on the canvas. Undo restores the drawing."
        self.canvas_button = _button("Draw it", "changeToCanvasButton", "Put the counterfactual on the canvas", tip)
        self.canvas_button.clicked.connect(self.put_on_canvas)
        change_box = FixedSizeBox(self.change_label)
        row = arranged(QHBoxLayout(), (change_box, 1), self.play_button, self.canvas_button, spacing=4)
        for button in (self.play_button, self.canvas_button):
            policy = button.sizePolicy()
            policy.setRetainSizeWhenHidden(True)  # Otherwise the view would jump.
            button.setSizePolicy(policy)
        return row

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.is_filled:
            self._show_figures()

    def _show_figures(self) -> None:
        """Shows the figures of one network; two have none, and one line more for their sentences."""
        is_shown = self.compared_contributions is None
        self.conclusion_label.set_lines(1 + (not is_shown) + (self.width() < theme.px(_NARROW)))
        self._sum_box.setVisible(is_shown)
        self.baseline_combo.setVisible(is_shown and self._model.method in ATTRIBUTIONS)
        self.change_label.setVisible(is_shown)

    # ---- what is chosen

    def adapt(self) -> None:
        """Names the outputs as the data and the network do."""
        for part in (self.not_label, self.other_combo):
            part.setVisible(len(self._session.class_names) > 1)
        is_regression = self._session.meaning.is_regression
        self.one_combo.set_tip(_ONE_NUMBER_TIP if is_regression else _ONE_TIP)
        self.other_combo.set_tip(_OTHER_NUMBER_TIP if is_regression else _OTHER_TIP)
        self.view.setWhatsThis(_NUMBER_VIEW_TIP if is_regression else _VIEW_TIP)
        self._show_choices()

    def _show_choices(self) -> None:
        model, data = self._model, self._session.data.dataset
        self._sum_width = 0.0
        names, is_regression = self._session.class_names, self._session.meaning.is_regression
        self.one_combo.set_names("predicted", names)
        self.other_combo.set_names("default", names)
        self.one_combo.setEnabled(is_regression)  # Of classes it is the predicted one.
        self.one_combo.choose(model.one)
        self.other_combo.choose(model.other)
        self.method_combo.setCurrentText(model.method)
        is_picture, example = data is None or data.is_picture, Meaning(data).example
        empty, mean = "all inputs 0", f"the average {example}"
        shorter = {empty: ("all 0", "0"), mean: (f"average {example}", "average")}
        if is_picture:
            empty, mean = "an empty image", "the mean image"
            shorter = {empty: ("empty image", "empty"), mean: ("mean image", "mean")}
        self.baseline_combo.set_shorter(shorter)
        self.baseline_combo.setItemText(0, empty)
        self.baseline_combo.setItemText(1, mean)
        self.baseline_combo.show_value(model.baseline)
        self._show_figures()
        self.refresh()

    def _compare(self) -> None:
        one, other = self.one_combo.currentData(), self.other_combo.currentData()
        if self._session.meaning.is_regression:
            self._model.compare(one, other)
        else:
            self._model.compare_with(other)

    def _choose(self, row: int, column: int) -> None:
        """Chooses the clicked neuron or training example, for all cards."""
        selection, change = self._session.selection, self.counterfactual
        if self._model.method == LAYERS:
            if row > 0 and column >= 0:
                selection.choose_neuron(Neuron(row, column))
        elif self._model.method == NEAREST and change is not None:
            number = presentation.neighbour_at(change, row, column)
            selection.choose_example(Example("train", number))

    def _point(self, row: int, column: int) -> None:
        if self._model.method == LAYERS:
            self._session.selection.point_at(Neuron(row, column) if row > 0 and column >= 0 else None)

    def _show_pointed(self) -> None:
        if self._model.method == LAYERS:
            self.refresh()

    # ---- what is shown

    @property
    def contributions(self) -> Contributions | None:
        """The latest contributions for the network and the method; None if there are none."""
        found = self._session.queries[CONTRIBUTIONS].result
        return found if isinstance(found, Contributions) and self._is_current(found) else None

    @property
    def counterfactual(self) -> Counterfactual | None:
        """The latest counterfactual for the network and the method; None if there is none."""
        found = self._session.queries[COUNTERFACTUAL].result
        return found if found is not None and self._is_current(found) else None

    @property
    def compared_contributions(self) -> ComparedContributions | None:
        """The latest contributions in both networks; None while nothing is compared, and for methods without them."""
        sides, first = self._session.side_by_side.sides, self.contributions
        second = self._session.queries[SECOND_CONTRIBUTIONS].result
        if sides is None or first is None or second is None or not explains_same(first, second):
            return None
        if len(self._session.class_names) != len(first.outputs):
            return None
        is_first = self._session.side_by_side.is_second_later
        before, after = (first, second) if is_first else (second, first)
        return ComparedContributions(before, after, (sides[0].name, sides[1].name))

    def _is_current(self, found: Contributions | Counterfactual) -> bool:
        query, model = found.query, self._model
        data, shape = self._session.data.dataset, self._session.displayed.network.shape
        if data is None or data.width != len(query.example):
            return False
        fits = query.has_classes == (data.is_classification and data.outputs > 1)
        same_network = fits and query.network.shape == shape
        same_kind = query.method == model.method or {query.method, model.method} <= set(ATTRIBUTIONS)
        asked = query.one, query.other
        if query.pair is not None and set(query.pair) == {found.one, found.other}:
            asked = query.pair
        return same_network and same_kind and asked == (model.one, model.other)

    def refresh(self) -> None:
        """Shows the latest contributions."""
        if not self.in_view:
            return
        contributions, change = self.contributions, self.counterfactual
        names, meaning = self._session.class_names, self._session.meaning
        both = None if self._line() else self.compared_contributions
        if both is not None and contributions is not None:
            self.view.show_content(content_of(both, meaning))
            self.conclusion_label.show_conclusion(sentences_of(both, names, meaning))
            self.one_combo.show_name(self._name(contributions.one))
            self.other_combo.show_name(self._name(contributions.other))
            self._show_words(contributions, None)
            self._show_figures()
            return
        self._show_figures()
        if contributions is not None and contributions.query.pair is not None:
            self.other_combo.choose(contributions.other)  # The prediction may have changed to the other class.
        content, line = self._content(contributions, change), self._line()
        known = None if line or content is None else contributions
        self.view.show_content(None if line else content, line)
        self.conclusion_label.show_conclusion(None if known is None else conclusion_of(known, names, meaning))
        self.one_combo.show_name(self._name(None if known is None else known.one))
        self.other_combo.show_name(self._name(None if known is None else known.other))
        self._show_words(known, None if known is None else change)

    def _show_line(self) -> None:
        """Shows the reason why nothing can be explained, which no query reports."""
        if self.in_view and (self._line() or self.view.line):
            self.refresh()

    def _line(self) -> str:
        """Returns the reason why there is no content; empty if there is or will be one."""
        session, inputs = self._session, self._session.displayed.network.shape[0]
        data = session.data.dataset
        if data is None:
            return "the data are not loaded yet"
        if data.width != inputs:
            return f"the network has {inputs} inputs, the data have {data.width}"
        if self._model.example is None:
            return (
                "draw something to explain its prediction"
                if data.is_picture
                else "choose an example to explain its prediction"
            )
        return NOT_FINITE if session.queries[CONTRIBUTIONS].result == NOT_FINITE else ""

    def _content(self, contributions: Contributions | None, change: Counterfactual | None) -> Content | None:
        names, meaning = self._session.class_names, self._session.meaning
        if contributions is None or len(names) != len(contributions.outputs):
            return None
        if self._model.method == NEAREST:
            return presentation.neighbours(change, names, meaning) if change is not None and change.neighbours else None
        if self._model.method == LAYERS:
            pointed = self._session.selection.pointed
            place = None if pointed is None else (pointed.layer, pointed.number)
            return presentation.layers(contributions, place, meaning) if contributions.layers else None
        if not contributions.parts:
            return None
        fits = change is not None and (change.one, change.other) == (
            contributions.one,
            contributions.other,
        )
        regions = [contributions.regions[part] for part in shown_parts(contributions)]
        return presentation.attributions(contributions, change if fits else None, names, self._frame, meaning, regions)

    def _name(self, output: int | None) -> str:
        return "" if output is None else self._session.class_names[output]

    def _show_words(self, contributions: Contributions | None, change: Counterfactual | None) -> None:
        names = self._session.class_names
        self.sum_label.setText("" if contributions is None else presentation.sum_line(contributions, change))
        self.sum_label.setToolTip("" if contributions is None else self._sum_tip(contributions))
        self._sum_width = max(self._sum_width, self.sum_label.sizeHint().width() * 100 / theme.text_size())
        self._sum_box.set_width(self._sum_width)
        self._show_baseline(contributions)
        baseline = self.baseline_combo.currentText()
        meaning = self._session.meaning
        self.account.show_lines([] if contributions is None else account_of(contributions, baseline, meaning))
        is_nearest = self._model.method == NEAREST
        if change is None:
            versions: tuple[str, ...] = ("",)
        elif is_nearest:
            among = f"among {text.count(change.looked_at)}"
            versions = f"{among} training examples", among
        else:
            versions = presentation.change_line(change, names, self._session.meaning)
        sizes = "" if change is None or is_nearest else presentation.change_sizes(change)
        self.change_label.show_versions(*versions, tip=sizes or _CHANGE_TIP)
        sums = f"{self.sum_label.text()} {self.baseline_combo.currentText()}" if self.sum_label.text() else ""
        self.view.set_summary(". ".join(filter(None, (sums, versions[0]))) or self.view.line)
        has_change = change is not None and change.changed is not None
        self.play_button.setVisible(has_change and self._model.method in ATTRIBUTIONS)
        self.canvas_button.setVisible(has_change and change is not None and change.query.shape == (SIDE, SIDE))

    def _show_baseline(self, contributions: Contributions | None) -> None:
        """Shows the image of the baseline next to its name."""
        if (
            contributions is not None
            and contributions.query.is_picture
            and contributions.baseline is not self._baseline
        ):
            self._baseline = contributions.baseline
            picture = QPixmap.fromImage(grey_image(contributions.baseline.reshape(contributions.query.shape)))
            index = self.baseline_combo.findData(self._model.baseline)
            self.baseline_combo.setItemIcon(index, QIcon(picture.scaled(_ICON)))

    # ---- the smallest change

    def play(self) -> None:
        """Plays the film from its beginning."""
        self._frame = 0
        self._film.start()
        self.refresh()

    def _next_frame(self) -> None:
        change = self.counterfactual
        self._frame = None if self._frame is None else self._frame + 1
        if not self.in_view or change is None or change.film is None or self._frame is None or self._frame >= FRAMES:
            self._film.stop()
            self._frame = None
        self.refresh()

    def put_on_canvas(self) -> None:
        """Replaces the drawing by its smallest change; can be undone."""
        change, data = self.counterfactual, self._session.dataset
        if change is None or change.changed is None or data is None:
            return
        title = f"changed into a {self._name(change.to)}"
        pixels = np.array(change.changed, np.float32).reshape(SIDE, SIDE)
        ink = Ink(pixels, 1.0, title, is_example=True, fingerprint=data.fingerprint)
        self._session.sketch.replace("counterfactual", (ink,))

    # ---- numbers

    def _sum_tip(self, contributions: Contributions) -> str:
        quantity = "prediction" if self._session.meaning.is_regression else "logit"
        of_sum = "" if contributions.share is None else _SUM_TIP.format(quantity)
        return " ".join(filter(None, (of_sum, _INEXACT_TIP if contributions.missing else "")))

    def table(self) -> Table | None:
        """Returns the shown numbers, for a CSV file."""
        contributions, change, names = (
            self.contributions,
            self.counterfactual,
            self._session.class_names_for_file,
        )
        if contributions is None or len(names) != len(contributions.outputs):
            return None
        if (both := self.compared_contributions) is not None:
            return self._table_of_both(both)
        if contributions.layers:
            return ["layer", "neuron", "contribution"], _rows_of_layers(contributions.layers)
        if self._model.method == NEAREST:
            return ["training example", "class", "distance"], _rows_of_neighbours(change, names)
        compared = [contributions.one] if contributions.other is None else [contributions.one, contributions.other]
        heads = ["input", "value", *(f"for {names[number]}" for number in compared)]
        meaning = self._session.meaning.for_file
        parts = [part * meaning.spread(contributions.one) for part in contributions.parts]
        columns = [self._given(contributions.query.example, meaning), *parts]
        if change is not None and change.changed is not None:
            heads, columns = [*heads, "smallest change found"], [*columns, meaning.raw(change.changed)]
        named_rows = (
            [presentation.input_name(contributions.query, n, meaning), *row] for n, row in enumerate(_rows(columns))
        )
        return heads, named_rows

    def _table_of_both(self, both: ComparedContributions) -> Table:
        query, meaning = both.after.query, self._session.meaning.for_file
        before, after = (each * meaning.spread(both.after.one) for each in both.totals)
        rows = _rows([self._given(query.example, meaning), before, after, after - before])
        named_rows = ([presentation.input_name(query, n, meaning), *row] for n, row in enumerate(rows))
        return ["input", "value", *both.names, "difference"], named_rows

    def _given(self, example: np.ndarray, meaning: Meaning) -> np.ndarray:
        """Returns the values (width,) of an example; one of the data has all digits of its file."""
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


def _rows_of_neighbours(change: Counterfactual | None, names: Sequence[str]) -> Iterator[list[object]]:
    for row in change.neighbours if change is not None else ():
        for each in row:
            yield [each.number, "" if each.label is None else names[each.label], each.distance]


def _button(words: str, name: str, accessible: str, tip: str) -> QToolButton:
    button = named(QToolButton(), name, accessible, tip)
    button.setText(words)
    button.setProperty("role", "word")
    if words == "play":
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setIconSize(QSize(13, 13))
    return button


NEEDS = CONTRIBUTIONS, COUNTERFACTUAL, SECOND_CONTRIBUTIONS, SECOND_ANSWER
CARDS.register("whyDock")(CardInfo(ExplanationPage, needs=NEEDS, page_of="inspector", page_number=2))
