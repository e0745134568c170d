"""The section of the network: its layers to add, remove and resize, and its shape as text."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PyQt5.QtCore import QSize, Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent, QMouseEvent
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from engine.basics.errors import EngineError, counted
from engine.basics.validation import parameter_count, parse_shape, parse_whole, whole_number
from engine.experiment import Experiment
from engine.network.activations import ACTIVATIONS
from nnviz.cards.settings.default_button import DefaultButton
from nnviz.cards.settings.section_head import SectionHead
from nnviz.formatting import text
from nnviz.formatting.layers import drawn_layers, left_out
from nnviz.formatting.meaning import Meaning
from nnviz.session.session import Session
from nnviz.session.settings import is_of_layers
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.fields import Combo, FieldEdit, NumberEdit, step_whole
from nnviz.ui.hover import ShownOnHover
from nnviz.ui.note import Note, NoticeLine
from nnviz.ui.parts import arranged, named, set_look

# What the notice says, and what it says where that does not fit.
_WAITS = (
    "Shape, initial weights and loss apply to the next run. Press Reset to start it with a new network.",
    "Next run: press Reset to start it.",
)
_COMES = (
    "Shape, initial weights and loss apply to the next run. Press Space or Reset to start it with a new network.",
    "Next run: press Space to start it.",
)
_LEARNED_FROM_OTHERS = (
    "This network has learned from other training examples. Press Space to train a new one; Train, Fine-tune trains "
    "this one.",
    "It learned from other examples.",
)
# What the preset gives, in words.
_LAYER_WORDS: dict[str, Callable[[Any], str]] = {
    "hidden": lambda sizes: f"hidden layers {', '.join(map(str, sizes))}" if sizes else "no hidden layer",
    "activations": lambda names: " and ".join(dict.fromkeys(ACTIVATIONS[name].label for name in names[:-1])),
}
_LONGEST_SHAPE = 2**24  # characters; Qt's default limit would cut the shape of a very deep network, and drop layers
_SHAPE_TIP = (
    "Sets the number of neurons per layer, from the inputs to the outputs. More neurons can fit more "
    "complex data, but train more slowly."
)
_APART = 4  # pixels between two rows
_LEAST_LAYERS = 2  # hidden layers that always have room, so that a preset with fewer does not move what is below
_END_HEIGHT, _SIZE_WIDTH, _BESIDE_ACTIVATION = 26, 54, 38  # pixels


@dataclass(frozen=True)
class Layer:
    """A hidden layer, as a row shows it."""

    neurons: int
    activation: str = "relu"


class NetworkSection(QWidget):
    """Edits the network. A notice says what happens where the fields describe another network than the current one.

    A double click on the heading, or F2, opens all sizes as one text in its place.

    ``hidden_rows_changed``: there are other rows than before, while the field of all sizes stands in their place.

    Attributes:
        head: the heading.
        shape_edit: the field of all sizes.
        notice: the line of the notice, which the card places.
    """

    hidden_rows_changed = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._is_text = False  # whether the field of all sizes stands in place of the rows
        self.shape_edit = named(FieldEdit(), "shapeEdit", "Shape of the network", _SHAPE_TIP)
        self.shape_edit.setMaxLength(_LONGEST_SHAPE)
        self.shape_edit.editingFinished.connect(self._shape_typed)
        self.shape_edit.textChanged.connect(self._drop_solved_problem)
        self.shape_edit.hide()
        self._error = Note(self.shape_edit, "shapeError")
        self._title = NetworkTitle()
        self._title.edit_wanted.connect(self.edit_shape)
        self.head = SectionHead(self._title)
        self.head.row.insertWidget(1, self.shape_edit, 1000)
        self._mark = DefaultButton(session, "shapeDefaultButton", "layers", self._title, _LAYER_WORDS)
        self._parameters = named(ElidedLabel(role="muted"), "networkParameters", "Size of the network")
        self._parameters.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._parameters.only_whole = True
        self.head.row.addWidget(self._mark)
        self.head.row.addWidget(self._parameters, 100)
        self._rows = arranged(QVBoxLayout(), spacing=_APART)
        self._rows.setAlignment(Qt.AlignmentFlag.AlignTop)
        # The least room is a widget of its own: as the minimum of the rows it would replace what they need.
        self._least_room = QWidget()
        self._layers = QWidget()
        arranged(QHBoxLayout(self._layers), self._least_room, (self._rows, 1))
        self._add = self._adder()
        self._foot = arranged(QHBoxLayout(), self._add, 1)
        self._column = arranged(QVBoxLayout(self), self.head, self._layers, spacing=_APART)
        self._column.addLayout(self._foot)
        self.notice = NoticeLine("networkNotice")
        for signal in (session.settings.changed, session.run_or_data_changed):
            signal.connect(self._show)
        session.training.state_changed.connect(self._show_notice)
        self._layer_rows: list[_LayerRow] = []
        self._ends: list[QFrame] = []
        self._shows_ends = True
        self._rows_made_for: tuple[object, ...] = ()
        self._show()

    def _adder(self) -> QPushButton:
        tip = "Adds a hidden layer before the output. It combines the features of the layers before it."
        made = named(QPushButton("+ Layer"), "addLayerButton", "Add a hidden layer", tip)
        made.setProperty("role", "quiet")
        made.clicked.connect(self._add_layer)
        return made

    # ---- what there is room for

    def show_adder_in_head(self, is_in_head: bool) -> None:
        """Puts the button that adds a layer into the heading, or below the layers."""
        if is_in_head:
            self.head.row.addWidget(self._add)
        else:
            self._foot.insertWidget(0, self._add)
        self._add.setVisible(not self._is_text)  # else it would be shown, and need room, a little later

    def show_ends(self, is_shown: bool) -> None:
        """Shows or hides the rows of inputs and outputs."""
        self._shows_ends = is_shown
        for row in self._ends:
            row.setVisible(is_shown)
        least = _LEAST_LAYERS * (theme.ROW + _APART) - _APART + 2 * (_END_HEIGHT + _APART) * is_shown
        theme.sized(self._least_room.setMinimumHeight, least)

    def show_as_text(self, is_text: bool) -> None:
        """Shows the field of all sizes beside the title in place of the rows, or the rows."""
        if is_text != self._is_text:
            self._is_text = is_text
            self._layers.setVisible(not is_text)
            self._place_shape(is_edited=False)

    def _place_shape(self, is_edited: bool) -> None:
        """Shows the field of all sizes in place of the title while it is edited there, or the rows have left."""
        self._title.setVisible(not is_edited)
        self._parameters.setVisible(not (is_edited or self._is_text))
        self._add.setVisible(not self._is_text)
        self.shape_edit.setVisible(is_edited or self._is_text)

    def edit_shape(self) -> None:
        """Opens the field of all sizes, unless it is locked."""
        if self.shape_edit.isEnabled():
            self._place_shape(is_edited=not self._is_text)
            self.shape_edit.setFocus()
            self.shape_edit.selectAll()

    def _close_shape(self) -> None:
        """Closes the field in the heading; one that is wrong stays open."""
        if not self._is_text and "shape" not in self._session.settings.problems and not self.shape_edit.isHidden():
            had_focus = self.shape_edit.hasFocus()
            self._place_shape(is_edited=False)
            if had_focus:
                self._title.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Drops what was typed into the field of all sizes on Esc."""
        if event.key() == Qt.Key.Key_Escape and self.shape_edit.hasFocus():
            self.shape_edit.setText(self._session_shape())
            self._session.settings.set_problem("shape", None)
            self._close_shape()
        else:
            super().keyPressEvent(event)

    # ---- changes

    def _shape_typed(self) -> None:
        typed = self.shape_edit.text()
        if typed != self._session_shape() or "shape" in self._session.settings.problems:
            self._try("shape", lambda: self._session.settings.change("shape", shape=parse_shape(typed)))
        self._close_shape()

    def _drop_solved_problem(self, shown: str) -> None:
        """Drops the problem of the shape once the field shows the shape in use again, as after an undo in it."""
        if "shape" in self._session.settings.problems and shown == self._session_shape():
            self._session.settings.set_problem("shape", None)
            self._show_problems()

    def _resize(self, index: int, typed: str) -> None:
        self._try(_problem_name(index), lambda: self._change_layer(index, neurons=_whole("neurons", typed, 1, "64")))

    def _change_layer(self, index: int, **fields: object) -> None:
        layers = list(_layers_of(self._session.settings.experiment))
        if index < len(layers):
            layers[index] = replace(layers[index], **fields)  # type: ignore[arg-type]
            self._take("shape" if "neurons" in fields else "activation", layers)

    def _add_layer(self) -> None:
        layers = _layers_of(self._session.settings.experiment)
        last = layers[-1] if layers else Layer(32)
        self._try("shape", lambda: self._take("shape", [*layers, last]))

    def _remove(self, index: int) -> None:
        layers = list(_layers_of(self._session.settings.experiment))
        del layers[index]
        self._take("shape", layers)

    def _take(self, what: str, layers: Sequence[Layer]) -> None:
        experiment = self._session.settings.experiment
        shape = (experiment.inputs, *(layer.neurons for layer in layers), experiment.outputs)
        activations = (*(layer.activation for layer in layers), experiment.output)
        self._session.settings.change(what, shape=shape, activations=activations)

    def _try(self, field: str, change: Callable[[], None]) -> None:
        """Carries out a change, or notes as a problem of the field why it cannot be made."""
        problem = None
        try:
            change()
        except EngineError as error:
            problem = text.regrouped(error.message_for(field))
        self._session.settings.set_problem(field, problem)
        self._show()

    # ---- display

    def _session_shape(self) -> str:
        return ", ".join(str(size) for size in self._session.settings.experiment.shape)

    def _show(self) -> None:
        experiment = self._session.settings.experiment
        self._show_rows(experiment)
        if "shape" not in self._session.settings.problems:
            self.shape_edit.setText(self._session_shape())
            if not self.shape_edit.hasFocus():
                self.shape_edit.setCursorPosition(0)  # of many sizes, the first are seen
                self._close_shape()
        count = text.count(parameter_count(experiment.shape))
        self._parameters.show_versions(f"{count} parameters", count)
        self._show_problems()
        self._mark.show_typed()
        self._show_notice()

    def _show_rows(self, experiment: Experiment) -> None:
        """Shows the layers. Makes new rows only if their number changes, so that the one being typed in stays."""
        made_for = (*_fixed_of(experiment), self._session.data.dataset)
        if made_for != self._rows_made_for:
            self._rows_made_for = made_for
            self._make_rows(experiment)
        for row in self._layer_rows:
            if _problem_name(row.index) not in self._session.settings.problems:
                row.show_layer(Layer(experiment.hidden[row.index], experiment.activations[row.index]))

    def _make_rows(self, experiment: Experiment) -> None:
        first, last = drawn_layers(len(experiment.hidden))
        kept = self._layer_rows if [row.index for row in self._layer_rows] == first + last else []
        while (item := self._rows.takeAt(0)) is not None:
            row = item.widget()
            if row not in kept:
                for field in row.findChildren(NumberEdit):
                    field.forget_typed()  # else it would be committed as the field loses the focus
                row.setParent(None)  # type: ignore[call-overload]  # hides it at once, however late Qt deletes it
                row.deleteLater()
        self._layer_rows = kept or [_LayerRow(self, index) for index in first + last]
        rows: list[QWidget] = list(self._layer_rows)
        if last:
            rows.insert(len(first), _gap_row(len(experiment.hidden)))
        self._ends = list(self._end_rows(experiment))
        arranged(self._rows, self._ends[0], *rows, self._ends[1], spacing=_APART)
        self.show_ends(self._shows_ends)
        self._order_tabs()
        if self._is_text:
            self.hidden_rows_changed.emit()

    def _end_rows(self, experiment: Experiment) -> tuple[QFrame, QFrame]:
        data = self._session.data.dataset
        fits = data is not None and (data.width, data.outputs) == (experiment.inputs, experiment.outputs)
        meaning = Meaning(data if fits else None)
        inputs = _end_row(experiment.inputs, _inputs_text(meaning, experiment.inputs), "")
        outputs = _outputs_text(meaning, experiment.outputs)
        return inputs, _end_row(experiment.outputs, outputs, ACTIVATIONS[experiment.output].label)

    def _order_tabs(self) -> None:
        """Orders the focus by rows from the top, although rows are made later than the controls below them."""
        in_rows = [part for row in self._layer_rows for part in (row.neurons, row.activation, row.remove)]
        for one, other in itertools.pairwise([self._title, self.shape_edit, self._mark, *in_rows, self._add]):
            QWidget.setTabOrder(one, other)

    def _show_notice(self) -> None:
        run, training = self._session.runs.current, self._session.training
        misfit = run.misfit(self._session.data.dataset)
        if training.learned_from_others:
            self.notice.show_text(*_LEARNED_FROM_OTHERS)
        elif not training.starts_new_network:
            self.notice.show_text(misfit or "", "The network does not fit the data.")
        elif self._session.state is Status.TRAINING:
            self.notice.show_text(*_WAITS)
        else:
            self.notice.show_text(*_COMES)

    def _show_problems(self) -> None:
        problems = self._session.settings.problems
        fields: dict[str, FieldEdit | NumberEdit] = {"shape": self.shape_edit}
        fields |= {_problem_name(row.index): row.neurons for row in self._layer_rows}
        for name, field in fields.items():
            set_look(field, "wrong", name in problems)
        of_layers = [problems[field] for field in problems if is_of_layers(field)]
        first = next((field for name, field in fields.items() if name in problems), self.shape_edit)
        if "shape" in problems and self.shape_edit.isHidden():
            self._place_shape(is_edited=True)  # as when an undo brings it back
        self._error.show_text(" ".join(of_layers), first)


def _fixed_of(experiment: Experiment) -> tuple[object, ...]:
    """Returns what the rows cannot change: the number of layers, inputs and outputs."""
    return len(experiment.hidden), experiment.inputs, experiment.outputs, experiment.output


def _layers_of(experiment: Experiment) -> tuple[Layer, ...]:
    return tuple(map(Layer, experiment.hidden, experiment.activations))


def _whole(name: str, typed: str, least: int, example: str) -> int:
    """Returns a typed whole number. Raises SettingError."""
    return whole_number(name, parse_whole(name, typed, example), least, example)


def _problem_name(index: int) -> str:
    """Returns the key of a hidden layer, from 0, among the session's problems."""
    return f"layer {index + 1}"


class NetworkTitle(QLabel):
    """The heading "Network", which takes the focus for F2.

    ``edit_wanted``: a double click, or F2.
    """

    edit_wanted = pyqtSignal()

    def __init__(self) -> None:
        super().__init__("Network")
        tip = "Double click, or F2, edits the sizes of all layers as one text."
        named(self, "networkTitle", "Network", tip)
        self.setProperty("role", "title")
        self.setIndent(0)  # else its edge would indent it
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setIndent(0)  # the line below it when it has the focus would move the text to the right
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.edit_wanted.emit()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F2:
            self.edit_wanted.emit()
        else:
            super().keyPressEvent(event)


class _ActivationCombo(Combo):
    """A combo box that is as wide as its choice."""

    def sizeHint(self) -> QSize:
        words = self.fontMetrics().horizontalAdvance(self.currentText())
        return QSize(words + _BESIDE_ACTIVATION, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


class _LayerRow(QFrame):
    """The row of a hidden layer: neurons, activation, and a button that removes it. ``index`` counts from 0."""

    def __init__(self, panel: NetworkSection, index: int) -> None:
        super().__init__()
        self.setObjectName("layerRow")
        self.index = index
        number = index + 1
        self.neurons = NumberEdit(
            f"layer{number}Edit",
            step_whole(1, by=8),
            "Sets the number of neurons in this hidden layer. The arrow keys and the wheel change it. More neurons let "
            "the layer represent more features.",
            f"Neurons of hidden layer {number}",
        )
        self.neurons.hide_arrows()
        theme.sized(self.neurons.setFixedWidth, _SIZE_WIDTH, beside=10)
        self.neurons.committed.connect(lambda typed: panel._resize(index, typed))
        self.activation = _ActivationCombo(
            f"activation{number}Combo",
            f"Activation of hidden layer {number}",
            "Sets the function from a neuron's weighted sum to its activation. Only a nonlinear one makes "
            "further layers useful.",
        )
        for name in ACTIVATIONS:
            if ACTIVATIONS[name].hidden:
                self.activation.addItem(ACTIVATIONS[name].label, name)
        self.activation.activated.connect(lambda: panel._change_layer(index, activation=self.activation.currentData()))
        self.activation.currentIndexChanged.connect(self.activation.updateGeometry)
        tip = "Removes this hidden layer from the network."
        self.remove = named(QToolButton(), f"removeLayer{number}Button", f"Remove hidden layer {number}", tip)
        theme.set_icon(self.remove, "x", "muted")
        self.remove.clicked.connect(lambda: panel._remove(index))
        words = ElidedLabel("neurons", "fieldName")
        words.only_whole = True
        parts = (self.neurons, (words, 1), self.remove, self.activation)
        arranged(QHBoxLayout(self), *parts, spacing=4, margins=(3, 1, 3, 1))
        ShownOnHover(self, self.remove)

    def show_layer(self, layer: Layer) -> None:
        self.neurons.show_value(str(layer.neurons))
        self.activation.show_value(layer.activation)


def _inputs_text(meaning: Meaning, count: int) -> str:
    """Returns the text of the inputs: "pixels", "inputs x, y", "inputs of 6 columns", "inputs"."""
    word = "input" if count == 1 else "inputs"
    if meaning.picture is not None:
        return "pixels"
    if meaning.example == "point":
        return f"{word} {', '.join(meaning.columns)}"
    columns = len(meaning.fields)
    return f"{word} of {counted(columns, 'column')}" if columns not in (0, count) else word


def _outputs_text(meaning: Meaning, count: int) -> str:
    """Returns the text of the outputs: "digits", "species", "classes", "number (mpg)", "numbers"."""
    if meaning.is_regression:
        return f"number ({meaning.target_name})" if meaning.target_name else "number" if count == 1 else "numbers"
    data = meaning.data
    if data is not None and data.coding is not None:
        return text.name(data.coding.target)
    classes = () if data is None else data.class_names
    for word, is_one in {"digits": str.isdecimal, "letters": str.isalpha}.items():
        if classes and all(len(name) == 1 and is_one(name) for name in classes):
            return word
    return "class" if count == 1 else "classes"


def _end_row(size: int, what: str, activation: str) -> QFrame:
    """Returns a row for the inputs or the outputs, whose numbers follow the data."""
    frame = named(QFrame(), "endRow")
    of_output = " Choose the activation of the output under More, Initialisation and loss." if activation else ""
    frame.setToolTip(f"Follows from the data and cannot be changed here.{of_output}")
    theme.sized(frame.setMinimumHeight, _END_HEIGHT)
    number = label(str(size), "title")
    theme.sized(number.setFixedWidth, _SIZE_WIDTH - 4)
    number.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    name = ElidedLabel(what, "fieldName")
    name.setToolTip(f"{what} · {activation}: {frame.toolTip()}" if activation else what)
    arranged(QHBoxLayout(frame), number, (name, 1), label(activation, "fieldName"), spacing=4, margins=(8, 0, 8, 0))
    return frame


def _gap_row(count: int) -> QFrame:
    """Returns a row in place of hidden layers that are not drawn."""
    frame = named(QFrame(), "endRow")
    frame.setToolTip("This network has more layers than rows. Double click “Network” to edit all sizes.")
    arranged(QHBoxLayout(frame), label(left_out(count), "fieldName"), margins=(8, 4, 8, 4))
    return frame
