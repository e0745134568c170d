"""The page "Neuron": what the chosen neuron looks for and fires for, and the error without it."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from nnviz.cards.neuron.ablation import AblationRanking
from nnviz.cards.neuron.activations import ActivationColumns
from nnviz.cards.neuron.conclusion import ablation_sentence, response_sentences
from nnviz.cards.neuron.controls import NeuronControls
from nnviz.cards.neuron.edit_dialog import EditDialog
from nnviz.cards.neuron.model import NEURON, NEURON_ERROR, NEURON_NOW, STRONGEST, NeuronModel
from nnviz.cards.neuron.weights import NeuronWeights
from nnviz.cards.registry import CARDS, CardInfo
from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion
from nnviz.formatting.layers import LayerNames
from nnviz.formatting.round_numbers import steady_end
from nnviz.formatting.text import short
from nnviz.jobs.timing import TimeBudget
from nnviz.session.displayed import neuron_name, what_if_text
from nnviz.session.example_sets import SET_LABELS
from nnviz.session.selection import Neuron
from nnviz.session.session import Session
from nnviz.session.side_by_side import Side
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.card import Table, label
from nnviz.ui.conclusion_label import ConclusionLabel
from nnviz.ui.fixed_size_box import line
from nnviz.ui.neuron_facts import typical_end
from nnviz.ui.pages import Page
from nnviz.ui.parts import arranged
from nnviz.ui.weights.weight_changes import WeightChanges

_SECONDS_BETWEEN_VIEWS = 0.2
_LEAST_LIMIT = 1e-4  # of the colours
_CONTROLS = 226  # pixels of the column of the controls
_NARROW = 900  # pixels of a page whose conclusion has two lines
_LOW = 160  # pixels of a page that has no room for the note about what-ifs
_FACTS_TIP = "Its activation for the current input, and its bias: the constant added to its weighted inputs."
_NOTHING = "Click a neuron in the network or among the weights to show it here."


class NeuronPage(Page):
    """Shows the chosen neuron in columns. While two networks are compared, the first has its weights in both.

    If no neuron is chosen and there is an input, it chooses the one that contributes most. Its widgets are made when it
    is first shown.

    Attributes:
        weights, activations: the columns.
        changes: the weights in two networks, in place of ``weights`` while they are compared.
        ranking: the ranking of the layer by ablation, in place of the columns while it is open.
        edit_dialog: changes the bias or a weight.
    """

    def __init__(self, session: Session) -> None:
        super().__init__("Neuron", "neuronTab", "Shows what the chosen neuron responds to, and what it contributes to.")
        self._session, self._model = session, session.models[NeuronModel]
        self._due = TimeBudget(_SECONDS_BETWEEN_VIEWS)
        self._limit = 0.0  # of the colours of the changes
        session.selection.neuron_changed.connect(self._show_title)
        self._show_title()

    def _show_title(self) -> None:
        neuron = self._model.neuron
        self.retitle("Neuron" if neuron is None else f"Neuron {text.count(neuron.number + 1)}")

    def _make(self) -> None:
        self._nothing = label(_NOTHING, "muted")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing.setWordWrap(True)
        self.weights, self.activations = NeuronWeights(), ActivationColumns(self._session)
        self.changes = WeightChanges()
        self.changes.hide()
        self.ranking = AblationRanking(self._model.ranking)
        self._columns = QWidget()
        arranged(
            QHBoxLayout(self._columns),
            (self.weights, 1),
            (self.changes, 1),
            (self.activations, 2),
            self._facts_and_controls(),
            spacing=24,
        )
        self._stack = QStackedWidget()
        for page in (self._nothing, self._columns, self.ranking):
            self._stack.addWidget(page)
        self._conclusion = ConclusionLabel("neuronConclusion")
        self._conclusion.setProperty("role", "headline")
        arranged(self.body, self._conclusion, (self._stack, 1), spacing=4)
        self.edit_dialog = EditDialog(self)
        self._connect()
        self._turn()

    def _facts_and_controls(self) -> QWidget:
        """Returns the last column: what changes the neuron, and its layer, activation and bias."""
        self._controls = NeuronControls(self._session)
        facts, self._facts = line("neuronFacts")
        column = QWidget()
        theme.sized(column.setFixedWidth, _CONTROLS)
        arranged(QVBoxLayout(column), self._controls, 1, facts, spacing=4)
        return column

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.is_filled:
            self._fit()

    def _fit(self) -> None:
        self._conclusion.set_lines(2 if self.width() < theme.px(_NARROW) else 1)
        self._controls.set_explained(self.height() >= theme.px(_LOW))
        self._show_conclusion()

    def _connect(self) -> None:
        theme.changed.connect(self._fit)
        session, queries = self._session, self._session.queries
        session.selection.neuron_changed.connect(self._turn)
        session.displayed.changed.connect(self._follow_when_due)
        session.training.state_changed.connect(self._follow)  # The end of training shows its last parameters.
        session.displayed.what_if_changed.connect(self._show_conclusion)
        queries[NEURON].changed.connect(self._show_report)
        queries[NEURON_NOW].changed.connect(self._show_facts)
        queries[NEURON_ERROR].changed.connect(self._show_conclusion)
        queries[STRONGEST].changed.connect(self._choose_strongest)
        session.side_by_side.changed.connect(self.refresh)
        self.weights.turned.connect(self._show_weights)
        self.weights.weight_picked.connect(self._edit)
        self._controls.edit_button.clicked.connect(lambda: self._edit(None))
        self.in_view_changed.connect(lambda in_view: None if in_view else self.edit_dialog.hide())
        self.edit_dialog.bias_set.connect(self._set_bias)
        self.edit_dialog.weight_set.connect(self._set_weight)
        self._controls.rank_button.clicked.connect(self._rank)
        self.ranking.left.connect(self._leave_ranking)
        self.ranking.chosen.connect(self._choose_ranked)
        self.ranking.pointed.connect(self._point_ranked)
        session.selection.pointed_changed.connect(self._show_pointed)
        self._model.ranking.changed.connect(self._show_ranking)

    # ---- what is shown

    def adapt(self) -> None:
        self._turn()

    def _turn(self) -> None:
        """Shows the chosen neuron, or a hint how to choose one."""
        neuron = self._model.neuron
        if neuron is None:
            self.edit_dialog.hide()
        self._stack.setCurrentWidget(self._nothing if neuron is None else self._columns)
        self._model.ranking.cancel()
        self.refresh()

    def refresh(self) -> None:
        if self.in_view:
            self._choose_strongest()
            self._controls.refresh()
            self._follow()
            self._show_report()

    def _choose_strongest(self) -> None:
        """Chooses the neuron that contributes most, if none is chosen."""
        if self.in_view and self._model.neuron is None and self._model.strongest is not None:
            self._session.selection.choose_neuron(self._model.strongest)

    @property
    def _shown(self) -> Neuron | None:
        """The chosen neuron, while the page is in view."""
        return self._model.neuron if self.in_view else None

    def _follow_when_due(self) -> None:
        """Draws the parameters. During training only every 0.2 s, because the weights of a neuron change slowly."""
        if self._session.state is not Status.TRAINING or self._due.is_due:
            self._follow()

    def _follow(self) -> None:
        """Draws the displayed parameters. Results of queries follow later."""
        self._due.spend(0)
        if self._shown is not None:
            self._show_facts()
            self._show_weights()
            if self.edit_dialog.isVisible():
                self._fill_dialog()

    def _show_weights(self) -> None:
        neuron, model = self._shown, self._model
        sides = self._session.side_by_side.sides
        self.weights.setVisible(sides is None)
        self.changes.setVisible(sides is not None)
        if neuron is not None and sides is not None:
            self._show_changes(neuron, sides)
        elif neuron is not None:
            self.weights.show_neuron(model.names(neuron.layer), neuron, model.report, model.tile)

    def _show_changes(self, neuron: Neuron, sides: tuple[Side, Side]) -> None:
        """Shows the neuron's weights in both networks."""
        before, after = (side.network.weights[neuron.layer - 1][neuron.number].copy() for side in sides)
        end = max(typical_end(before[None]), typical_end(after[None]))
        self._limit = steady_end(self._limit, end, _LEAST_LIMIT)
        tile = self._model.tile if neuron.layer == 1 else None
        heads = (sides[0].name, sides[0].ink), (sides[1].name, sides[1].ink)
        source = self._model.names(neuron.layer).source
        one, other = (float(side.network.biases[neuron.layer - 1][neuron.number, 0]) for side in sides)
        self.changes.show_neuron(before, after, self._limit, tile, source, heads, (one, other))

    def _show_facts(self) -> None:
        neuron, network = self._shown, self._session.displayed.network
        if neuron is not None:
            now = self._session.queries[NEURON_NOW].result
            facts = [
                f"layer {neuron.layer}",
                f"activation {'–' if now is None else short(now)}",
                f"bias {short(float(network.biases[neuron.layer - 1][neuron.number, 0]))}",
            ]
            self._facts.show_versions(" · ".join(facts), " · ".join(facts[1:]), facts[1], tip=_FACTS_TIP)

    def _show_report(self) -> None:
        neuron = self._shown
        self._show_conclusion()
        if neuron is not None:
            self.activations.refresh()
            if neuron.layer > 1:
                self._show_weights()

    def _show_conclusion(self) -> None:
        """Shows the conclusion. If it is too long, the classes for which the neuron hardly fires are left out."""
        if not self.in_view:
            return
        found, report = self._conclude(), self._model.report
        is_short = found is None or not found.last or self._conclusion.advance(found.text) <= self.width()
        if is_short or found is None or report is None or report.is_dead:
            self._conclusion.show_conclusion(found)
        else:
            self._conclusion.show_conclusion(found._replace(rest=""), more=found.rest)

    def _conclude(self) -> Conclusion | None:
        """Returns what the neuron responds to, and the error without it once that is measured."""
        model, report = self._model, self._model.report
        if report is None:
            return None
        meaning = model.meaning
        if report.means is None:
            ends = [[text.figure(meaning.target(end), 3) for end in fifth[:2]] for fifth in report.fifths]
            names = [" to ".join(each) for each in ends]
        else:
            names = [meaning.output(number) for number in range(len(report.means))]
        response = response_sentences(report.response, SET_LABELS[report.part.name], names, meaning.output(0))
        return None if response is None else response._replace(last=self._effect_sentence())

    def _effect_sentence(self) -> str:
        """Returns the change of the error by the what-ifs or without the neuron; empty if it is not measured."""
        change, what_if = self._model.error_change, self._session.displayed.what_if
        if change is None or not self._model.is_error_current or (self._model.is_output and not what_if):
            return ""
        is_without = not what_if or what_if == {self._model.neuron: 0}
        condition = "without it" if is_without else f"with {what_if_text(what_if)}"
        part = SET_LABELS[change.part]
        before, after = change.before, change.after
        if before.error is not None and after.error is not None:
            return ablation_sentence(condition, f"{part} error", before.error, after.error, change.count)
        assert before.rmse is not None
        assert after.rmse is not None
        name = self._model.meaning.target_name
        of = f" of {name}" if name else ""
        return ablation_sentence(condition, f"{part} RMSE{of}", before.rmse, after.rmse, 0)

    # ---- ranking by ablation

    def _rank(self) -> None:
        data, neuron = self._model.data, self._model.neuron
        if data is not None and neuron is not None:
            self._stack.setCurrentWidget(self.ranking)
            displayed = self._session.displayed
            off = {each.number for each, by in displayed.what_if.items() if each.layer == neuron.layer and not by}
            self.ranking.measure(displayed.network, neuron.layer, data, self._model.part_of(data), frozenset(off))
            self.ranking.back.setFocus()

    def _show_ranking(self) -> None:
        if self._stack.currentWidget() is self.ranking:
            if self._model.ranking.about is not None:
                self.ranking.refresh()
            else:
                self._turn()

    def _leave_ranking(self) -> None:
        self._turn()
        self._controls.rank_button.setFocus()

    def _choose_ranked(self, number: int) -> None:
        chosen = Neuron(self._model.ranking.about.layer, number)
        if chosen == self._model.neuron:
            self._turn()
        self._session.selection.choose_neuron(chosen)

    def _point_ranked(self, number: int) -> None:
        about = self._model.ranking.about  # None if the ranking has just been dropped.
        self._session.selection.point_at(None if number < 0 or about is None else Neuron(about.layer, number))

    def _show_pointed(self) -> None:
        pointed, about = self._session.selection.pointed, self._model.ranking.about
        is_ranked = pointed is not None and about is not None and pointed.layer == about.layer
        self.ranking.point_at(pointed.number if pointed is not None and is_ranked else None)

    # ---- edits

    def _edit(self, source: int | None) -> None:
        """Opens the dialog for the bias, or for the weight of an input."""
        if self._model.neuron is not None:
            self._fill_dialog()
            self.edit_dialog.ask(source, self._controls.edit_button if source is None else self.weights.map)

    def _fill_dialog(self) -> None:
        neuron, network = self._model.neuron, self._session.displayed.as_trained
        if neuron is not None:
            layer = neuron.layer - 1
            bias, weights = float(network.biases[layer][neuron.number, 0]), network.weights[layer][neuron.number]
            self.edit_dialog.show_neuron(neuron_name(neuron), bias, weights, self._model.names(neuron.layer).source)

    def _set_bias(self, value: float) -> None:
        if self._model.neuron is not None:
            self._session.edits.set_bias(self._model.neuron, value)

    def _set_weight(self, source: int, value: float) -> None:
        if self._model.neuron is not None:
            self._session.edits.set_weight(self._model.neuron, source, value)

    # ---- for a file

    def table(self) -> Table | None:
        """Returns the numbers of the neuron, or of the ranking while it is open; None if no neuron is chosen."""
        if self._stack.currentWidget() is self.ranking:
            return self.ranking.table()
        neuron, sides = self._model.neuron, self._session.side_by_side.sides
        if neuron is not None and sides is not None:
            return _table_of_both(sides, neuron, self._model.names(neuron.layer, for_file=True))
        return None if neuron is None else (["what", "which", "value"], self._rows(neuron))

    def _rows(self, neuron: Neuron) -> list[Sequence[object]]:
        network, model = self._session.displayed.as_trained, self._model
        layer, names = neuron.layer - 1, model.names(neuron.layer, for_file=True)
        rows: list[Sequence[object]] = [["bias", "", float(network.biases[layer][neuron.number, 0])]]
        own = network.weights[layer][neuron.number].tolist()
        rows += [["weight", names.source(number), weight] for number, weight in enumerate(own)]
        if not model.is_output:
            above = network.weights[neuron.layer][:, neuron.number].tolist()
            next_names = model.names(neuron.layer + 1, for_file=True)
            rows += [["leads to", next_names.neuron(n), weight] for n, weight in enumerate(above)]
        report, data = model.report, model.data
        if report is not None and data is not None and report.means is not None:
            means = report.means.tolist()
            meaning = model.meaning.for_file
            rows += [["mean activation", meaning.output(number), mean] for number, mean in enumerate(means)]
        return rows


def _table_of_both(sides: tuple[Side, Side], neuron: Neuron, names: LayerNames) -> Table:
    """Returns the neuron's bias and weights in both networks."""
    layer, number = neuron.layer - 1, neuron.number
    values = [
        [float(side.network.biases[layer][number, 0]), *side.network.weights[layer][number].tolist()] for side in sides
    ]
    which = ["bias", *map(names.source, range(len(values[0]) - 1))]
    rows = [[name, before, after, after - before] for name, before, after in zip(which, *values, strict=True)]
    return ["which", sides[0].name, sides[1].name, "difference"], rows


NEEDS = NEURON, NEURON_NOW, NEURON_ERROR, STRONGEST
CARDS.register("neuronDock")(CardInfo(NeuronPage, needs=NEEDS, page_of="inspector", page_number=1))
