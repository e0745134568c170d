"""The card of the network: its shape as text, and its layers to add, remove and resize."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from engine.basics.errors import EngineError
from engine.basics.validation import parameter_count, parse_shape, parse_whole, whole_number
from engine.experiment import Experiment
from engine.network.activations import ACTIVATIONS
from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.cards.settings.default_button import DefaultButton
from nnviz.formatting import text
from nnviz.formatting.layers import drawn_layers, left_out
from nnviz.formatting.meaning import Meaning
from nnviz.session.session import Session
from nnviz.session.settings import is_of_layers
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.card import Card, label
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.fields import Combo, FieldEdit, NumberEdit, step_whole
from nnviz.ui.note import FieldError, Note, NoticeLine
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
_ROOM_FOR_LAYERS = 2  # hidden layers that always have room, so that a preset with fewer does not move what is below
# What the preset gives, in words.
_LAYER_WORDS: dict[str, Callable[[Any], str]] = {
    "hidden": lambda sizes: f"hidden layers {', '.join(map(str, sizes))}" if sizes else "no hidden layer",
    "activations": lambda names: " and ".join(dict.fromkeys(ACTIVATIONS[name].label for name in names[:-1])),
}
_LONGEST_SHAPE = 2**24  # characters; Qt's default limit would cut the shape of a very deep network, and drop layers
_SEED_TIP = "Sets the seed that draws the initial weights and the order of examples. The same seed reproduces the run."


@dataclass(frozen=True)
class Layer:
    """A hidden layer, as a row shows it."""

    neurons: int
    activation: str = "relu"


class NetworkCard(Card):
    """Edits the network. A notice says what happens where the fields describe another network than the current one."""

    def __init__(self, session: Session) -> None:
        super().__init__("Network")
        self._session = session
        tip = (
            "Sets the number of neurons per layer, from the inputs to the outputs. More neurons can fit more "
            "complex data, but train more slowly."
        )
        self.shape_edit = named(FieldEdit(), "shapeEdit", "Shape of the network", tip)
        self.shape_edit.setMaxLength(_LONGEST_SHAPE)
        self.shape_edit.editingFinished.connect(self._shape_typed)
        self.shape_edit.textChanged.connect(self._drop_solved_problem)
        self._mark = DefaultButton(session, "shapeDefaultButton", "layers", self.shape_edit, _LAYER_WORDS)
        self.body.addLayout(arranged(QHBoxLayout(), (self.shape_edit, 1), self._mark, spacing=4))
        self._error = Note(self.shape_edit, "shapeError")
        self._rows = QVBoxLayout()
        self._rows.setAlignment(Qt.AlignmentFlag.AlignTop)
        room = arranged(QHBoxLayout(), self._rows)
        room.addStrut(_ROOM_FOR_LAYERS * theme.ROW + 2 * (theme.ROW - 2) + (_ROOM_FOR_LAYERS + 1) * 4)  # at least
        self.body.addLayout(room)
        self.body.addLayout(self._foot())
        self._seed_error = FieldError(self._seed)
        self._notice = NoticeLine("networkNotice")
        self.body.addWidget(self._notice)
        self.body.setSpacing(4)
        self.body.setContentsMargins(theme.CARD_PADDING, 6, theme.CARD_PADDING, 6)  # fields have space of their own
        for signal in (session.settings.changed, session.run_or_data_changed):
            signal.connect(self._show)
        session.training.state_changed.connect(self._show_notice)
        self._layer_rows: list[_LayerRow] = []
        self._rows_made_for: tuple[object, ...] = ()
        self._show()

    def _foot(self) -> QHBoxLayout:
        tip = "Adds a hidden layer before the output. It combines the features of the layers before it."
        self._add = named(QPushButton(" Add layer"), "addLayerButton", "Add a hidden layer", tip)
        theme.set_icon(self._add, "plus")
        self._add.clicked.connect(self._add_layer)
        self._seed = NumberEdit("seedEdit", step_whole(0), _SEED_TIP, "Seed")
        theme.sized(self._seed.setFixedWidth, 122, beside=30)  # room for ten digits: any seed of 32 bits
        self._seed.committed.connect(self._seed_typed)
        return arranged(QHBoxLayout(), self._add, 1, label("Seed", "fieldName"), self._seed, spacing=6)

    # ---- changes

    def _shape_typed(self) -> None:
        typed = self.shape_edit.text()
        if typed == self._session_shape() and "shape" not in self._session.settings.problems:
            return
        self._try("shape", lambda: self._session.settings.change("shape", shape=parse_shape(typed)))

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

    def _seed_typed(self, typed: str) -> None:
        self._try("seed", lambda: self._session.settings.change("seed", seed=_whole("seed", typed, 0, "1")))

    def _try(self, field: str, change: Callable[[], None]) -> None:
        """Carries out a change, or notes as a problem of the field why it cannot be made."""
        problem = None
        try:
            change()
        except EngineError as error:
            problem = error.message_for(field)
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
        if "seed" not in self._session.settings.problems:
            self._seed.show_value(str(experiment.seed))
        self.head.detail.setText(f"{text.count(parameter_count(experiment.shape))} parameters")
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
        inputs, outputs = self._end_rows(experiment)
        arranged(self._rows, inputs, *rows, outputs, spacing=4)
        self._order_tabs()

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
        for one, other in itertools.pairwise([self.shape_edit, self._mark, *in_rows, self._add, self._seed]):
            QWidget.setTabOrder(one, other)

    def _show_notice(self) -> None:
        run, training = self._session.runs.current, self._session.training
        misfit = run.misfit(self._session.data.dataset)
        if training.learned_from_others:
            self._notice.show_text(*_LEARNED_FROM_OTHERS)
        elif not training.starts_new_network:
            self._notice.show_text(misfit or "", "The network does not fit the data.")
        elif self._session.state is Status.TRAINING:
            self._notice.show_text(*_WAITS)
        else:
            self._notice.show_text(*_COMES)

    def _show_problems(self) -> None:
        problems = self._session.settings.problems
        fields: dict[str, FieldEdit | NumberEdit] = {"shape": self.shape_edit}
        fields |= {_problem_name(row.index): row.neurons for row in self._layer_rows}
        for name, field in fields.items():
            set_look(field, "wrong", name in problems)
        of_layers = [problems[field] for field in problems if is_of_layers(field)]
        first = next((field for name, field in fields.items() if name in problems), self.shape_edit)
        self._error.show_text(" ".join(of_layers), first)
        self._seed_error.show_error(problems.get("seed", ""))


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


class _LayerRow(QFrame):
    """The row of a hidden layer: neurons, activation, and a button that removes it. ``index`` counts from 0."""

    def __init__(self, panel: NetworkCard, index: int) -> None:
        super().__init__()
        self.setObjectName("layerRow")
        self.index = index
        number = index + 1
        self.neurons = NumberEdit(
            f"layer{number}Edit",
            step_whole(1, by=8),
            "Sets the number of neurons in this hidden layer. More neurons let the layer represent more features.",
            f"Neurons of hidden layer {number}",
        )
        theme.sized(self.neurons.setFixedWidth, 76, beside=26)
        self.neurons.committed.connect(lambda typed: panel._resize(index, typed))
        self.activation = Combo(
            f"activation{number}Combo",
            f"Activation of hidden layer {number}",
            "Sets the function from a neuron's weighted sum to its activation. Only a nonlinear one makes "
            "further layers useful.",
        )
        theme.sized(self.activation.setFixedWidth, 82, beside=26)
        for name in ACTIVATIONS:
            if ACTIVATIONS[name].hidden:
                self.activation.addItem(ACTIVATIONS[name].label, name)
        self.activation.activated.connect(lambda: panel._change_layer(index, activation=self.activation.currentData()))
        tip = "Removes this hidden layer from the network."
        self.remove = named(QToolButton(), f"removeLayer{number}Button", f"Remove hidden layer {number}", tip)
        theme.set_icon(self.remove, "x", "muted")
        self.remove.clicked.connect(lambda: panel._remove(index))
        parts = (self.neurons, label("neurons", "fieldName"), 1, self.activation, self.remove)
        arranged(QHBoxLayout(self), *parts, spacing=4, margins=(6, 1, 3, 1))

    def show_layer(self, layer: Layer) -> None:
        self.neurons.show_value(str(layer.neurons))
        self.activation.show_value(layer.activation)


def _inputs_text(meaning: Meaning, count: int) -> str:
    """Returns the text of the inputs: "inputs (28×28 pixels)", "inputs x, y", "inputs"."""
    word = "input" if count == 1 else "inputs"
    if meaning.picture is not None:
        return f"{word} ({'×'.join(map(str, meaning.picture))} pixels)"
    return f"{word} {', '.join(meaning.columns)}" if meaning.example == "point" else word


def _outputs_text(meaning: Meaning, count: int) -> str:
    """Returns the text of the outputs: "classes", "number (mpg)", "numbers"."""
    if not meaning.is_regression:
        return "class" if count == 1 else "classes"
    return f"number ({meaning.target_name})" if meaning.target_name else "number" if count == 1 else "numbers"


def _end_row(size: int, what: str, activation: str) -> QFrame:
    """Returns a row for the inputs or the outputs, whose numbers follow the data."""
    frame = named(QFrame(), "layerRow")
    frame.setProperty("end", True)
    of_output = " Choose the activation of the output under Initialisation and loss." if activation else ""
    frame.setToolTip(f"Follows from the data and cannot be changed here.{of_output}")
    theme.sized(frame.setMinimumHeight, theme.ROW - 2)
    number = label(str(size), "title")
    theme.sized(number.setFixedWidth, 66)
    number.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    name = ElidedLabel(what, "fieldName")
    name.setToolTip(f"{what} · {activation}: {frame.toolTip()}" if activation else what)
    arranged(QHBoxLayout(frame), number, (name, 1), label(activation, "fieldName"), spacing=6, margins=(13, 1, 8, 1))
    return frame


def _gap_row(count: int) -> QFrame:
    """Returns a row in place of hidden layers that are not drawn."""
    frame = named(QFrame(), "layerRow")
    frame.setProperty("end", True)
    frame.setToolTip("This network has more layers than rows. Edit all sizes in the field Shape above.")
    arranged(QHBoxLayout(frame), label(left_out(count), "fieldName"), margins=(13, 4, 8, 4))
    return frame


CARDS.register("networkCard")(CardInfo(NetworkCard, {"train": Place(Column.CHOOSE, 2)}, is_fixed=True))
