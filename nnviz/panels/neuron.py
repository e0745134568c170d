"""The chosen neuron: what it looks for, what it answers to what, where it leads, and what would be without it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from engine.datasets import Dataset
from nnviz.look import text
from nnviz.panels.cards import CARDS, CardInfo, Column, Place
from nnviz.panels.neuron_controls import Chip, NeuronControls
from nnviz.panels.neuron_facts import LayerNames, signed
from nnviz.panels.neuron_ranking import RankingView, change_text
from nnviz.panels.neuron_weights import NeuronWeights
from nnviz.session.asked_neuron import NEURON, NEURON_ERROR, NEURON_NOW, Effect, NeuronReport, measured_part
from nnviz.session.displayed import neuron_name, what_if_text
from nnviz.session.selection import Example, Neuron
from nnviz.session.session import Session
from nnviz.widgets.card import DockCard, Table, label
from nnviz.widgets.fixed_size_box import FixedSizeBox
from nnviz.widgets.neuron.edit_dialog import EditDialog
from nnviz.widgets.neuron.example_grid import ExampleGrid
from nnviz.widgets.neuron.link_bars import LinkBars
from nnviz.widgets.neuron.named_bars import NamedBars
from nnviz.widgets.parts import arranged, named, set_look

_NOTHING = "Click a neuron in the network or among the weights to see what it does."
_LINKS = 110  # pixels, the highest bars
_LEADS = 152  # pixels, wide enough for two errors side by side
_ROLES = {"test": "testFigure", "train": "trainFigure"}  # other parts have no colour


class NeuronPanel(DockCard):
    """Four columns: weights, mean answers, examples, and where it leads.

    Attributes:
        weights: what it looks for.
        means: its mean answer to each class, or to each fifth of the targets.
        examples: those that excite it most.
        links: the weights that lead from it.
        ranking: which neurons of the layer could go, in place of all that while it is open.
    """

    def __init__(self, session: Session) -> None:
        super().__init__("Neuron")
        self._session = session
        self._controls = NeuronControls(session)
        self._answer = Chip("neuronAnswer", "Its answer", "What the neuron answers to the drawing, now.")
        self._bias = Chip("neuronBias", "Its bias", "What is added to its weighted inputs.")
        self.head.title.setTextFormat(Qt.PlainText)
        for place, widget in enumerate((self._answer, self._bias), start=1):
            self.head.row.insertWidget(place, widget)
        self.head.row.addWidget(self._controls)
        self._nothing = label(_NOTHING, "muted")
        self._nothing.setAlignment(Qt.AlignCenter)
        self._nothing.setWordWrap(True)
        self.ranking = RankingView(session.ranking)
        self._stack = QStackedWidget()
        for page in (self._nothing, self._columns(), self.ranking):
            self._stack.addWidget(page)
        self.body.addWidget(self._stack, 1)
        self.edit_dialog = EditDialog(self)
        self._connect()
        self._turn()

    # ---- building

    def _columns(self) -> QWidget:
        page = QWidget()
        self.weights = NeuronWeights()
        self.means = named(NamedBars(), "neuronMeans", "Its mean answer to each class")
        tip = "The examples to which it answers most. A click chooses one."
        self.examples = named(ExampleGrid(), "neuronExamples", "The examples that excite it most", tip)
        columns = QHBoxLayout(page)
        means_name, self._means_name = _line("neuronMeansName")
        excite, self._excite_name = _line("neuronExamplesName")
        arranged(
            columns,
            (self.weights, 27),
            (_column(means_name, (self.means, 1)), 25),
            (_column(excite, (self.examples, 1)), 24),
            (self._leads(), 23),
            spacing=18,
        )
        self._body = page
        return page

    def _leads(self) -> QVBoxLayout:
        leads, self._leads_name = _line("neuronLeadsName")
        tip = "Its weight for each neuron of the next layer: orange raises, blue lowers. A click chooses that neuron."
        self.links = named(LinkBars(), "neuronLinks", "Where it leads", tip)
        without, self._without = _line("neuronWithout", "")
        change, self._change = _line("neuronEffect", "testFigure")
        measured, self._measured = _line("neuronEffectOf")
        tip = "Ranks all neurons of the layer by what the error loses without each. That can take a while."
        self.which = named(QPushButton("which could go?"), "whichCouldGoButton", "Which could go?", tip)
        self.which.setProperty("role", "pill")
        self.which.setFocusPolicy(Qt.TabFocus)
        self._change.setToolTip("The error of the network as it is trained → what it would be.")
        button = arranged(QHBoxLayout(), self.which, 1)
        self.links.setMaximumHeight(_LINKS)
        self.links.setMinimumWidth(_LEADS)
        return _column(leads, (self.links, 100), without, change, measured, button, 1)

    def _connect(self) -> None:
        session, probes = self._session, self._session.probes
        session.selection.neuron_changed.connect(self._turn)
        session.displayed.changed.connect(self.refresh)
        session.displayed.what_if_changed.connect(self._show_effect)
        for signal in (session.runs.replaced, session.data.changed):
            signal.connect(self._turn)
        probes[NEURON].changed.connect(self._show_report)
        probes[NEURON_NOW].changed.connect(self._show_now)
        probes[NEURON_ERROR].changed.connect(self._show_effect)
        self.weights.turned.connect(self._show_weights)
        self.weights.weight_picked.connect(self._edit)
        self._controls.edit_button.clicked.connect(lambda: self._edit(None))
        self.edit_dialog.bias_set.connect(self._set_bias)
        self.edit_dialog.weight_set.connect(self._set_weight)
        self.examples.describe = self._describe_example
        self.examples.picked.connect(self._choose_example)
        self.means.describe = self._describe_mean
        self.links.describe = self._describe_link
        self.links.picked.connect(self._follow_link)
        self.which.clicked.connect(self._rank)
        self.ranking.left.connect(self._leave_ranking)
        self.ranking.chosen.connect(self._choose_ranked)
        session.ranking.changed.connect(self._show_ranking)

    # ---- what is chosen

    @property
    def _neuron(self) -> Neuron | None:
        return self._session.selection.neuron

    @property
    def _data(self) -> Dataset | None:
        """The data set, if the network fits it."""
        data = self._session.data.dataset
        return data if self._session.runs.current.misfit(data) is None else None

    @property
    def _tile(self) -> tuple[int, int] | None:
        data = self._data
        return None if data is None or not data.is_picture else (data.example_shape[0], data.example_shape[1])

    def _names(self, layer: int) -> LayerNames:
        """Names for a layer, from 1."""
        classes = () if self._data is None else self._data.class_names
        return LayerNames(self._session.displayed.network, layer - 1, self._tile if layer == 1 else None, classes)

    def _turn(self) -> None:
        """Shows the chosen neuron, or how to choose one."""
        neuron = self._neuron
        name = "Neuron" if neuron is None else neuron_name(neuron)
        self.head.title.setText(name[0].upper() + name[1:])
        for chip in (self._answer, self._bias):
            chip.setVisible(neuron is not None)
        if neuron is None:
            self.edit_dialog.hide()
        self._stack.setCurrentWidget(self._nothing if neuron is None else self._body)
        self.refresh()

    # ---- what is shown

    def refresh(self) -> None:
        """Draws what is displayed now."""
        if not self.in_view:
            return
        self._controls.refresh()
        if self._neuron is None:
            return
        self._show_weights()
        self._show_links(self._neuron)
        self._show_now()
        self._show_report(with_weights=False)
        self._show_effect()

    def _show_weights(self) -> None:
        neuron, network = self._neuron, self._session.displayed.network
        if neuron is None or not self.in_view:
            return
        bias = float(network.biases[neuron.layer - 1][neuron.number, 0])
        self._bias.show_text(f"bias {_short(bias)}")
        names = self._names(neuron.layer)
        self.weights.show_neuron(names, neuron, self._report, self._tile)
        if self.edit_dialog.isVisible():
            self._tell_dialog()

    def _show_links(self, neuron: Neuron) -> None:
        network = self._session.displayed.as_trained
        is_output = neuron.layer == len(network.weights)
        self.links.show_values(np.zeros(0) if is_output else network.weights[neuron.layer][:, neuron.number].copy())
        above = "the outputs" if neuron.layer == len(network.weights) - 1 else f"layer {neuron.layer + 1}"
        name = self._names(neuron.layer).class_name(neuron.number)
        _say(self._leads_name, f"is an output{f': {name}' if name else ''}" if is_output else f"feeds {above}")
        self.which.setEnabled(not is_output and self._data is not None)

    def _show_now(self) -> None:
        if self.in_view:
            now = self._session.probes[NEURON_NOW].result
            self._answer.show_text("answer –" if now is None else f"answer {_short(now)}")

    @property
    def _report(self) -> NeuronReport | None:
        """What is known of the chosen neuron; None while that is computed."""
        report: NeuronReport | None = self._session.probes[NEURON].result
        return report if report is not None and report.neuron == self._neuron else None

    def _show_report(self, with_weights: bool = True) -> None:
        report, data = self._report, self._data
        if not self.in_view or self._neuron is None:
            return
        if with_weights and self._neuron.layer > 1:
            self._show_weights()
        if report is None or data is None:
            self._show_no_report(data is None)
            return
        _say(self._means_name, _dead_or(report, "mean answer by " + ("target" if report.means is None else "class")))
        if report.means is not None:
            self.means.show_rows([data.class_name(number) for number in range(len(report.means))], report.means)
        else:
            names = [f"{_short(low)} … {_short(high)}" for low, high, _ in report.fifths]
            self.means.show_rows(names, np.array([mean for _, _, mean in report.fifths]))
        _say(self._excite_name, "excite it most")
        if self._tile is None:
            self.examples.show_lines([self._line_of(report, number) for number in range(len(report.excited_by))])
        else:
            self.examples.show_pictures([example.inputs.reshape(self._tile) for example in report.excited_by])

    def _show_no_report(self, without_data: bool) -> None:
        """Keeps what is shown while the next is computed; without data there is nothing to show."""
        if without_data:
            why = self._session.runs.current.misfit(self._session.data.dataset)
            _say(self._means_name, "needs data that fit this network" if why else "needs data")
            _say(self._excite_name, "")
        if without_data or self._session.probes[NEURON].result is None:
            self.means.show_rows([], np.zeros(0))
            self.examples.show_lines([])

    def _line_of(self, report: NeuronReport, number: int) -> str:
        example = report.excited_by[number]
        data, label_of = self._data, example.label
        name = "" if data is None or label_of is None else f" · {data.class_name(label_of)}"
        return f"{report.part} {text.count(example.number + 1)}{name}: {_short(example.answer)}"

    def _show_effect(self) -> None:
        if not self.in_view or self._neuron is None:
            return
        effect: Effect | None = self._session.probes[NEURON_ERROR].result
        what_if = self._session.displayed.what_if
        if effect is not None and effect.neuron != (None if what_if else self._neuron):
            effect = None
        words = f"if {what_if_text(what_if)}" if what_if else "without it"
        is_output = not self._session.edits.can_scale(self._neuron) and not what_if
        _say(self._without, "" if is_output else words)
        if effect is None:
            _say(self._change, "" if is_output else "…")
            _say(self._measured, "")
            return
        what = "loss" if effect.before.error is None else "error"
        set_look(self._change, "role", _ROLES.get(effect.part, "title"))
        _say(self._change, change_text(effect.before, effect.after))
        _say(self._measured, f"{effect.part} {what} · {text.count(effect.count)}")
        self._measured.setToolTip(f"Measured on {text.count(effect.count)} examples of the {effect.part} part.")

    # ---- which could go

    def _rank(self) -> None:
        data, neuron = self._data, self._neuron
        if data is not None and neuron is not None:
            self._stack.setCurrentWidget(self.ranking)
            self._session.ranking.start(self._session.displayed.network, neuron.layer, *measured_part(data))
            self.ranking.back.setFocus()

    def _show_ranking(self) -> None:
        if self._stack.currentWidget() is self.ranking:
            if self._session.ranking.layer:
                self.ranking.refresh()
            else:
                self._turn()

    def _leave_ranking(self) -> None:
        self._session.ranking.cancel()
        self._turn()
        self.which.setFocus()

    def _choose_ranked(self, number: int) -> None:
        chosen = Neuron(self._session.ranking.layer, number)
        if chosen == self._neuron:
            self._turn()
        self._session.selection.choose_neuron(chosen)

    # ---- edits

    def _tell_dialog(self) -> None:
        neuron, network = self._neuron, self._session.displayed.as_trained
        if neuron is not None:
            layer = neuron.layer - 1
            bias, weights = float(network.biases[layer][neuron.number, 0]), network.weights[layer][neuron.number]
            self.edit_dialog.show_neuron(neuron_name(neuron), bias, weights, self._names(neuron.layer).source)

    def _edit(self, source: int | None) -> None:
        """Opens the window for the bias, or for the weight of an input."""
        if self._neuron is not None:
            self._tell_dialog()
            self.edit_dialog.ask(source)

    def _set_bias(self, value: float) -> None:
        if self._neuron is not None:
            self._session.edits.set_bias(self._neuron, value)

    def _set_weight(self, source: int, value: float) -> None:
        if self._neuron is not None:
            self._session.edits.set_weight(self._neuron, source, value)

    # ---- pointing and picking

    def _describe_example(self, number: int) -> str:
        report = self._report
        return "" if report is None else f"{self._line_of(report, number)} · a click chooses it"

    def _choose_example(self, number: int) -> None:
        report = self._report
        if report is not None:
            self._session.selection.choose_example(Example(report.part, report.excited_by[number].number))

    def _describe_mean(self, row: int) -> str:
        report, data = self._report, self._data
        if report is None or data is None:
            return ""
        if report.means is None:
            low, high, mean = report.fifths[row]
            return f"targets {low:.4g} … {high:.4g}: {mean:.4f} on average"
        return f"{data.class_name(row)}: {report.means[row]:.4f} on average · above 0 for {report.active:.0%} of all"

    def _describe_link(self, number: int) -> str:
        neuron = self._neuron
        if neuron is None:
            return ""
        weight = float(self._session.displayed.as_trained.weights[neuron.layer][number, neuron.number])
        return f"{self._names(neuron.layer + 1).neuron(number)}: {signed(weight)} · a click shows it"

    def _follow_link(self, number: int) -> None:
        if self._neuron is not None:
            self._session.selection.choose_neuron(Neuron(self._neuron.layer + 1, number))

    # ---- for a file

    @property
    def caption(self) -> str:
        """The neuron's name."""
        return self.head.title.text()

    def table(self) -> Table | None:
        """The neuron's numbers, or those of the ranking while it is open; None for nothing chosen."""
        neuron, network = self._neuron, self._session.displayed.as_trained
        if self._stack.currentWidget() is self.ranking:
            return self.ranking.table()
        if neuron is None:
            return None
        layer, names = neuron.layer - 1, self._names(neuron.layer)
        rows: list[Sequence[object]] = [["bias", "", float(network.biases[layer][neuron.number, 0])]]
        own = network.weights[layer][neuron.number].tolist()
        rows += [["weight", names.source(number), weight] for number, weight in enumerate(own)]
        if neuron.layer < len(network.weights):
            above = network.weights[neuron.layer][:, neuron.number].tolist()
            rows += [["leads to", self._names(neuron.layer + 1).neuron(n), weight] for n, weight in enumerate(above)]
        report, data = self._report, self._data
        if report is not None and data is not None and report.means is not None:
            means = report.means.tolist()
            rows += [["mean answer", data.class_name(number), mean] for number, mean in enumerate(means)]
        return ["what", "which", "value"], rows


def _line(name: str, role: str = "muted") -> tuple[FixedSizeBox, QLabel]:
    """A line of text that changes without a new layout."""
    made = named(label(role=role), name)
    made.setTextFormat(Qt.PlainText)
    return FixedSizeBox(made), made


def _say(where: QLabel, words: str) -> None:
    if where.text() != words:
        where.setText(words)


def _column(*parts: QWidget | QHBoxLayout | int | tuple[QWidget, int]) -> QVBoxLayout:
    return arranged(QVBoxLayout(), *parts, spacing=4)


def _dead_or(report: NeuronReport, words: str) -> str:
    return f"dead: the same for all {text.count(report.count)}" if report.is_dead else words


def _short(value: float) -> str:
    """3.21, −0.06, 0.004: two decimals, or one digit of a smaller number."""
    small = 0 < abs(value) < 0.005
    return f"{value:{'.1g' if small else '.2f' if abs(value) < 1000 else '.3g'}}".replace("-", "−")


CARDS.register("neuronDock")(
    CardInfo(NeuronPanel, {"inside": Place(Column.WATCH, 2, 300)}, needs=(NEURON, NEURON_NOW, NEURON_ERROR))
)
