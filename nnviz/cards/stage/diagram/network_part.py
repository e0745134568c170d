"""The middle of the stage: the network as a diagram with its activations for the current input."""

from __future__ import annotations

from functools import partial

import numpy as np
from PyQt5.QtCore import QTimer, pyqtSignal
from PyQt5.QtWidgets import QVBoxLayout

from engine.basics.validation import Array
from engine.explain.contribution_paths import Activity
from engine.network.network import Network
from nnviz.cards.stage.diagram.captions import DEFAULT_COUNT, STRUCK, LayerText, captioned, layer_text
from nnviz.cards.stage.diagram.diagram import NetworkDiagram
from nnviz.cards.stage.diagram.images import blocks_of
from nnviz.cards.stage.diagram.layout import LayoutSpec
from nnviz.cards.stage.diagram.model import ACTIVITY, DEAD, PLANE, DiagramModel
from nnviz.cards.stage.diagram.painting import DiagramContent, short, text_ink
from nnviz.cards.stage.diagram.shown_neurons import NeuronIndex
from nnviz.cards.stage.part import StagePart
from nnviz.formatting import text
from nnviz.formatting.meaning import NO_MEANING, Meaning
from nnviz.jobs.timing import TimeBudget
from nnviz.session.predicted_numbers import Targets
from nnviz.session.selection import Neuron
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.ui.card import Table
from nnviz.ui.parts import arranged, named
from nnviz.ui.read_out import Piece, spoken

_BETWEEN = {True: 0.065, False: 0.045}  # least seconds between two repaints, during training and otherwise
_TIMES_ITS_COST = {True: 24, False: 3}  # Pause after a repaint as a multiple of its time, likewise.
_UNNOTICED = 0.003  # seconds of a repaint that do not delay the mouse noticeably; longer ones in training are rarer
_WIDEST_TILE, _WIDEST_OF_OTHERS, _WIDEST_PLANE = 144, 64, 100  # pixels of tiles of drawings, other images, planes
DRAWN = (28, 28)  # shape of a drawing


class NetworkPart(StagePart):
    """The diagram with its captions and legend.

    Signals:
        opened(layer): the user wants to see all weights of a layer, from 1; the last one is the output.
    """

    opened = pyqtSignal(int)
    needs = (ACTIVITY, DEAD)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session, self._model = session, session.models[DiagramModel]
        self._targets = Targets(session)
        self._count = DEFAULT_COUNT
        self._is_pointing = False  # Whether the mouse is on a neuron of the diagram.
        self._budget = TimeBudget(0, 1)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.refresh)
        self.diagram = named(NetworkDiagram(), "networkDiagram", "Network diagram")
        self.diagram.setWhatsThis(
            "Shows the activation of each neuron for the current input. Click a neuron to choose it; arrow keys "
            "move the choice, Esc ends it. Enter shows all weights of its layer."
        )
        arranged(QVBoxLayout(self), self.diagram)
        self.captions, self.legend = self.diagram.captions, self.diagram.captions.legend
        self._connect()
        self.adapt()

    def _connect(self) -> None:
        session = self._session
        self.diagram.arranged.connect(self._show_captions)
        self.diagram.pointed.connect(self._pointed)
        self.diagram.map_pointed.connect(lambda layer: self.diagram.show_text(self._described_map(layer)))
        self.diagram.chosen.connect(self._choose)
        self.diagram.opened.connect(self.opened)
        self.legend.chosen.connect(self.show_strongest)
        for query in self.needs:
            session.queries[query].changed.connect(self._follow)
        session.selection.neuron_changed.connect(self.refresh)
        session.selection.pointed_changed.connect(self._show_pointed)
        session.training.state_changed.connect(self.refresh)  # Repaints in full quality after training.

    def show_strongest(self, count: int) -> None:
        """Sets the number of connections between two layers."""
        self._count = count
        self.refresh()

    # ---- what there is

    def adapt(self) -> None:
        """Chooses the shown neurons again."""
        self.diagram.forget()
        self.refresh()

    def _spec(self, activity: Activity) -> LayoutSpec:
        """Returns the input of the layout, with tiles for weights of pixels or for activations over a plane."""
        shape, data = tuple(activity.network.shape), self._model.data
        is_class = self._is_class
        hidden = range(1, len(shape) - 1)
        if data is not None and data.is_picture:
            tile = data.example_shape[0], data.example_shape[1]
            widest = _WIDEST_TILE if data.example_shape == DRAWN else _WIDEST_OF_OTHERS
            return LayoutSpec(shape, tile, frozenset({1}), True, widest, is_class=is_class)
        if activity.planes and hidden:
            return LayoutSpec(shape, (PLANE, PLANE), frozenset(hidden), False, _WIDEST_PLANE, is_class=is_class)
        return LayoutSpec(shape, is_class=is_class)

    @property
    def _is_class(self) -> bool:
        data = self._model.data
        return data is not None and data.train.labels is not None

    def _names(self) -> list[str]:
        """Returns the outputs' names. During a replacement of the run the displayed network is the previous one."""
        names, outputs = self._session.class_names, self._session.displayed.network.shape[-1]
        return names if len(names) == outputs else [str(number) for number in range(outputs)]

    def _meaning(self, network: Network) -> Meaning:
        """Returns the meaning of inputs and outputs, if the data fit the network."""
        meaning = self._session.meaning
        fits = meaning.data is not None and (meaning.data.width, meaning.data.outputs) == _ends(network)
        return meaning if fits else NO_MEANING

    def _sources(self, network: Network) -> list[str]:
        """Returns the names of the inputs; none for images."""
        meaning = self._meaning(network)
        if meaning.picture is not None:
            return []
        return meaning.columns or [str(number + 1) for number in range(network.shape[0])]

    # ---- drawing

    def _follow(self) -> None:
        """Shows the new activity now, or when the time budget allows it."""
        if not self.in_view or self._later.isActive():
            return
        if self._budget.is_due:
            self.refresh()
        else:
            self._later.start(max(1, round(1000 * self._budget.seconds_left)))

    def set_in_view(self, in_view: bool) -> None:
        """Cancels a scheduled repaint when the part goes out of view."""
        if not in_view:
            self._later.stop()
        super().set_in_view(in_view)

    def refresh(self) -> None:
        """Shows the latest activity."""
        activity = self._model.activity
        if not self.in_view or activity is None:
            return
        if self._session.state is Status.LOADING and self._session.runs.current.untouched:
            return  # Only the loaded data tell whether inputs are images.
        self._later.stop()
        is_training = self._session.state is Status.TRAINING
        cost = self.diagram.seconds
        pause = _TIMES_ITS_COST[is_training] * cost
        if is_training:
            pause *= max(1.0, cost / _UNNOTICED)
        self._budget.spend(max(_BETWEEN[is_training], pause))
        names, sources = self._names(), self._sources(activity.network)
        self.diagram.set_spec(self._spec(activity), names, sources)
        self.diagram.show_content(self._content(activity, names, sources))
        self._show_legend()
        self._show_captions()
        self._describe_choice(activity)

    def _content(self, activity: Activity, names: list[str], sources: list[str]) -> DiagramContent:
        data, chosen = self._model.data, self._session.selection.neuron
        what_if = self._session.displayed.what_if
        return DiagramContent(
            activity,
            partial(self._model.limit, activity.network),
            names,
            is_class=self._is_class,
            chosen=None if chosen is None else (chosen.layer, chosen.number),
            count=self._count,
            planes=dict(enumerate(activity.planes, start=1)),
            is_curve=data is not None and data.is_curve,
            inks=self._inks(),
            struck=self._dead(activity).union(
                (neuron.layer, neuron.number) for neuron, factor in what_if.items() if not factor
            ),
            is_hasty=self._session.state is Status.TRAINING,
            sources=sources,
            figures=self._figures(activity),
        )

    def _dead(self, activity: Activity) -> frozenset[NeuronIndex]:
        """Returns the dead neurons without those that the current input activates."""
        dead = self._model.dead
        return frozenset(each for each in dead if not activity.is_lit or not activity.activations[each[0]][each[1]])

    def _figures(self, activity: Activity) -> list[str]:
        """Returns the outputs as text in the units of the targets; empty for classes."""
        meaning = self._meaning(activity.network)
        if not meaning.is_regression or not activity.is_lit:
            return []
        values = activity.activations[-1]
        if len(self._targets.all) == len(values):  # as the answer is written
            numbers = self._targets.values(values).tolist()
            return [target.format(number) for target, number in zip(self._targets.all, numbers, strict=True)]
        return [text.figure(meaning.target(value, number), 3) for number, value in enumerate(values.tolist())]

    # ---- words

    def _show_captions(self) -> None:
        activity = self._model.activity
        # A layout of the network before may be arranged again when the next one is known, but not yet shown.
        if activity is not None and self.in_view and self.diagram.shape == tuple(activity.network.shape):
            self.captions.show_texts(self._captions(activity))

    def _captions(self, activity: Activity) -> dict[int, LayerText]:
        """Returns the texts of the layers with captions."""
        network, arrangement = activity.network, self.diagram.arrangement
        if arrangement is None:
            return {}
        last = len(network.weights)
        texts = {}
        for layer in captioned(arrangement):
            size, function = network.shape[layer], network.layer_activations[layer - 1].label
            block = arrangement.of(layer)
            shown = size if block is None else block.shown
            name, count = "output" if layer == last else f"layer {layer}", text.count(size)
            has_tiles = layer == 1 and block is not None and block.grid is not None and block.grid.inputs > 1
            versions = [f"{name} · {count}", name]
            if shown < size and layer != last:
                part = f"{text.count(shown)} of {count}"
                versions = [f"{name} · {part}", name]
                if has_tiles:
                    versions.insert(0, f"{name} · the {part} that {self._what_for(activity)}")
            elif layer == 1 and layer != last:
                versions.insert(0, f"{name} · {count} {function}")
                if has_tiles and not activity.planes:
                    end = text.figure(self._model.limit(network, 1), 2)
                    versions.insert(0, f"{versions[0]} · weights −{end} … +{end}")
            if layer < last:
                versions.append(str(layer))
            texts[layer] = layer_text(versions, size, layer, layer == last)
        return texts

    def _what_for(self, activity: Activity) -> str:
        """Returns what the shown neurons have in common: "matter most for your 7"."""
        if activity.target is None:
            return "have the largest weights"
        name = self._names()[activity.target]
        return f"matter most for {'your ' if self._session.question.is_drawn else ''}{name}"

    def _show_legend(self) -> None:
        if self._model.activity is not None and self.in_view and self.legend.show_entries(*self._entries()):
            self.captions.arrange(self.diagram.arrangement)

    def _inks(self) -> tuple[str, str]:
        """Returns the colours of connections that oppose and support the output: ink where classes have colours."""
        data = self._model.data
        return ("faint", "ink") if data is not None and data.is_plane else ("negative", "positive")

    def _entries(self) -> list[tuple[str, str]]:
        """Returns the words of the legend with their colours, those of dead neurons first: none without connections."""
        activity = self._model.activity
        if activity is None or activity.target is None:
            return []
        name, focus = self._names()[activity.target], self.diagram.focus
        words = ("opposes", f"supports {name}") if self._is_class else ("lowers", f"raises {name}")
        if focus is not None:
            words = ("lowers", "raises")
        entries = list(zip(words, self._inks(), strict=True))
        if focus is not None and activity.activations[focus[0]][focus[1]] == 0:
            entries = [("activation 0, no contribution", "muted")]
        return [("dead", STRUCK), *entries] if self._dead(activity) else entries

    # ---- choosing

    def _choose(self, layer: int, number: int) -> None:
        self._session.selection.choose_neuron(Neuron(layer, number) if layer > 0 else None)

    def _describe_choice(self, activity: Activity) -> None:
        """Describes the chosen neuron to screen readers, else all layers, or how to get activations."""
        neuron, shape = self._session.selection.neuron, activity.network.shape
        has_it = neuron is not None and neuron.layer < len(shape) and neuron.number < shape[neuron.layer]
        chosen = self._described(neuron.layer, neuron.number) if neuron is not None and has_it else []
        self.diagram.set_summary(spoken(chosen) or self._overview(activity))

    def _overview(self, activity: Activity) -> str:
        """Returns the largest activation of each layer, or how to get activations; nothing while it trains."""
        if activity.is_lit:
            if self._session.state is Status.TRAINING:
                return ""  # it would be out of date before it is read
            layers = enumerate(activity.activations[1:-1], start=1)
            return "; ".join(_largest(layer, values) for layer, values in layers)
        if activity.example is not None:
            return "the activations are not finite"
        can_draw = self._model.data is not None and self._model.data.example_shape == DRAWN
        return f"{'draw something' if can_draw else 'choose an example'} to see the activations"

    # ---- read-out

    def _pointed(self, layer: int, number: int) -> None:
        """Shows the read-out of the neuron under the mouse with its tile, and points at the neuron in all cards."""
        if layer >= 0:
            self.diagram.show_text(self._described(layer, number), self.diagram.enlarged_tile((layer, number)))
        else:
            self.diagram.show_text("")
        if layer >= 0 or self._is_pointing:
            self._is_pointing = layer >= 0
            self._session.selection.point_at(Neuron(layer, number) if layer > 0 else None)
        self._show_legend()

    def _show_pointed(self) -> None:
        """Shows the neuron that another card points at."""
        pointed = self._session.selection.pointed
        self.diagram.point_at(None if pointed is None else (pointed.layer, pointed.number))
        self._show_legend()

    def _name(self, layer: int, number: int, for_file: bool = False) -> str:
        """Returns "layer 1 · neuron 4", "answer 7", "input 3"; for a file with names as the data's source has them."""
        if layer == 0:
            meaning = self._meaning(self._session.displayed.network)
            return (meaning.for_file if for_file else meaning).input(number)
        if layer == len(self._session.displayed.network.shape) - 1:
            names = self._session.class_names_for_file if for_file else []
            return f"output {(names if number < len(names) else self._names())[number]}"
        return f"layer {layer} · neuron {text.count(number + 1)}"

    def _described(self, layer: int, number: int) -> list[list[Piece]]:
        """Returns the read-out of a neuron: its name, its numbers and its contribution."""
        activity = self._model.activity
        if activity is None:
            return []
        lines: list[list[Piece]] = [[(self._name(layer, number), "ink")]]
        figures = self._raw(activity, layer, number) + _figures(activity, layer, number)
        if figures:
            lines.append([(figures, "muted")])
        if (layer, number) in self._dead(activity):
            lines.append([("dead: 0 for all measured examples", "muted")])
        if activity.target is not None and layer < len(activity.shares):
            share, answer = float(activity.shares[layer][number]), self._names()[activity.target]
            oppose, support = map(text_ink, self._inks())
            ink = support if share > 0 else oppose if share < 0 else "muted"
            lines.append([(short(share, signed=True), ink), (f"to output {answer}", "muted")])
        return lines

    def _described_map(self, layer: int) -> list[list[Piece]]:
        """Returns the read-out of a heat map."""
        activity, arrangement = self._model.activity, self.diagram.arrangement
        if activity is None or arrangement is None:
            return []
        weights = activity.network.weights[layer - 1]
        _, _, width, height = arrangement.maps[layer]
        rows, columns = blocks_of(weights.shape, (round(width), round(height)))
        name = "output" if layer == len(activity.network.weights) else f"layer {layer}"
        means = f", means of {rows} × {columns}" if rows * columns > 1 else ""
        limit = text.figure(self._model.limit(activity.network, layer), 2)
        count = text.count(weights.size)
        return [
            [(f"weights of {name}", "ink"), (f"−{limit} … +{limit}", "muted")],
            [(f"{count} weights{means}, a row for each neuron", "muted")],
            [("click to enlarge", "muted")],
        ]

    def _raw(self, activity: Activity, layer: int, number: int) -> str:
        """Returns an input or a prediction in the unit of the data, "3 750 · "; empty if the network has the same."""
        if layer == 0 and activity.example is not None and activity.network.brightness is not None:
            return f"{short(float(activity.example[number]))} · "
        meaning, is_last = self._meaning(activity.network), layer == len(activity.activations) - 1
        is_scaled = meaning.data is not None and (meaning.data.scaling if layer == 0 else meaning.data.target_scaling)
        if not activity.is_lit or not is_scaled or not (layer == 0 or is_last):
            return ""
        value = float(activity.activations[layer][number])
        raw = meaning.raw_input(number, value) if layer == 0 else meaning.target(value, number)
        return f"{meaning.input_text(number, raw) if layer == 0 else text.figure(raw)} · "

    # ---- for a file

    def table(self) -> Table | None:
        """Returns the shown connections, the strongest first, for a CSV file."""
        activity = self._model.activity
        if activity is None:
            return None
        rows: list[list[object]] = []
        for links in self.diagram.links:
            ends = zip(links.below.tolist(), links.above.tolist(), links.values.tolist(), strict=True)
            for below, above, value in reversed(list(ends)):
                weight = float(activity.network.weights[links.layer - 1][above, below])
                names = self._name(links.layer - 1, below, True), self._name(links.layer, above, True)
                rows.append([*names, weight, value])
        return ["from", "to", "weight", "contribution" if activity.is_lit else "weight"], rows


def _ends(network: Network) -> tuple[int, int]:
    return network.shape[0], network.shape[-1]


def _largest(layer: int, activations: Array) -> str:
    """Returns "layer 1, 64 neurons, the largest activation is 2.6, of neuron 4"."""
    number = int(np.argmax(np.abs(activations)))
    count, largest = text.count(len(activations)), short(float(activations[number]))
    return f"layer {layer}, {count} neurons, the largest activation is {largest}, of neuron {text.count(number + 1)}"


def _figures(activity: Activity, layer: int, number: int) -> str:
    """Returns activation, weighted sum and bias of a neuron: "ReLU(3.27) = 3.27 · bias −0.06"."""
    network = activity.network
    if layer == 0:
        return f"value {short(float(activity.activations[0][number]))}" if activity.is_lit else ""
    bias = f"bias {short(float(network.biases[layer - 1][number, 0]), signed=True)}"
    if not activity.is_lit:
        return bias
    value, total = (short(float(each[number])) for each in (activity.activations[layer], activity.sums[layer - 1]))
    function = network.layer_activations[layer - 1]
    if not function.hidden:  # A function of all sums of the layer.
        return f"sum {total} · {function.label} {value} · {bias}"
    return f"{function.label}({total}) = {value} · {bias}"
