"""The network card, whose first page shows the network as a diagram with its activations for the current input."""

from __future__ import annotations

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtGui import QFontMetrics, QShowEvent
from PyQt5.QtWidgets import QActionGroup, QHBoxLayout, QMenu, QToolButton

from engine.datasets import Dataset
from engine.explain.contribution_paths import Activity
from engine.network.network import Network
from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.cards.stage.diagram.colour_key import ColourKey
from nnviz.cards.stage.diagram.diagram import DiagramView, NetworkDiagram
from nnviz.cards.stage.diagram.layout import LayoutSpec
from nnviz.cards.stage.diagram.model import ACTIVITY, PLANE, DiagramModel
from nnviz.cards.stage.diagram.painting import DiagramContent, short
from nnviz.formatting import text
from nnviz.formatting.meaning import NO_MEANING, Meaning
from nnviz.formatting.round_numbers import steady_end
from nnviz.jobs.timing import TimeBudget
from nnviz.session.selection import Neuron
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.card import Table
from nnviz.ui.neuron_facts import typical_end
from nnviz.ui.pages import Page, TabbedCard
from nnviz.ui.parts import arranged, named
from nnviz.ui.read_out import Piece, spoken
from nnviz.ui.tabs import keep_in_sight

_COUNTS = (20, 60, 150, 400)  # connections between two layers
_LEAST_LIMIT = 1e-4  # smallest range of the colours of tiles
_BETWEEN = {True: 0.065, False: 0.045}  # least seconds between two repaints, during training and otherwise
_TIMES_ITS_COST = {True: 24, False: 3}  # Pause after a repaint as a multiple of its time, likewise.
_MOST_NAMED = 24  # inputs that are labelled with their names
_LONGEST_NAME = 64  # pixels of a class name in the colour key
_LEAST_HEIGHT = 280  # Pixels of the pages. Otherwise each page would enlarge the card when it is shown first.
DRAWN = (28, 28)  # shape of a drawing


class DiagramCard(TabbedCard):
    """Card with tabs, whose first page is the diagram. Other cards become its pages by ``page_of``."""

    def __init__(self, session: Session) -> None:
        super().__init__("Network")
        self._stack.setMinimumHeight(_LEAST_HEIGHT)
        self.diagram = DiagramPage(session)
        self.diagram.in_view_changed.connect(
            lambda in_view: session.queries.want("networkDiagramPage", (ACTIVITY,), in_view)
        )
        self.add_page(self.diagram)

    def showEvent(self, event: QShowEvent) -> None:
        """Keeps all tabs visible. They have no width before they are shown."""
        super().showEvent(event)
        keep_in_sight(self.tabs)


class DiagramPage(Page):
    """Page with the diagram. Its header has the colour key and the number of connections."""

    def __init__(self, session: Session) -> None:
        super().__init__(
            "Network",
            "networkTab",
            (
                "Shows the network on the current input: the activation of each neuron, and the strongest "
                "contributions to the predicted class."
            ),
        )
        self._session, self._model = session, session.models[DiagramModel]
        self._count = 60
        self._is_pointing = False  # Whether the mouse is on a neuron of the diagram.
        self._limit = 0.0
        self._budget = TimeBudget(0, 1)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.refresh)
        self.diagram = named(NetworkDiagram(), "networkDiagram", "Network diagram")
        self.diagram.setWhatsThis(
            "Lights each neuron by its activation for the current input. Click a neuron to show it in the "
            "other cards; arrow keys move the selection, Esc clears it."
        )
        self.view = DiagramView(self.diagram, "networkDiagramView")
        self.body.addWidget(self.view)
        self.key = named(ColourKey(), "networkColourKey", "Colours of the connections")
        self.count_button = self._make_count_button()
        arranged(QHBoxLayout(self.aside), 1, self.key, self.count_button, spacing=4)
        self._connect()
        self.adapt()

    def _connect(self) -> None:
        session = self._session
        self.diagram.pointed.connect(self._pointed)
        self.diagram.chosen.connect(self._choose)
        session.queries[ACTIVITY].changed.connect(self._follow)
        session.selection.neuron_changed.connect(self._chosen_elsewhere)
        session.selection.pointed_changed.connect(self._show_pointed)
        session.training.state_changed.connect(self.refresh)  # Repaints in full quality after training.

    def _make_count_button(self) -> QToolButton:
        tip = "Sets how many connections are drawn between two layers: the strongest."
        button = named(QToolButton(), "strongestButton", "Number of connections", tip)
        button.setProperty("role", "word")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu, group = named(QMenu(button), "strongestMenu"), QActionGroup(button)
        for count in _COUNTS:
            action = menu.addAction(f"strongest {count}")
            action.setObjectName(f"actionStrongest{count}")
            action.setCheckable(True)
            action.setChecked(count == self._count)
            action.triggered.connect(lambda _=False, count=count: self.show_strongest(count))
            group.addAction(action)
        button.setMenu(menu)
        button.setText(f"strongest {self._count} ▾")
        return button

    def show_strongest(self, count: int) -> None:
        """Sets the number of connections between two layers."""
        self._count = count
        self.count_button.setText(f"strongest {count} ▾")
        self.refresh()

    # ---- what there is

    def adapt(self) -> None:
        self._limit = 0.0
        self.refresh()

    def _looks(self, activity: Activity) -> LayoutSpec:
        """Returns the input of the layout, with tiles for weights of pixels or for outputs over a plane."""
        shape, data = tuple(activity.network.shape), self._model.data
        hidden = range(1, len(shape) - 1)
        if data is not None and data.is_picture:
            picture = data.example_shape[0], data.example_shape[1]
            return LayoutSpec(shape, picture, picture, frozenset(hidden[:1]))
        return LayoutSpec(shape, None, (PLANE, PLANE), frozenset(hidden)) if activity.planes else LayoutSpec(shape)

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
        """Returns the names of the inputs, if these are columns and at most 24."""
        return self._meaning(network).columns if network.shape[0] <= _MOST_NAMED else []

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
        """Cancels a scheduled repaint when the page goes out of view."""
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
        self._budget.spend(max(_BETWEEN[is_training], _TIMES_ITS_COST[is_training] * self.diagram.seconds))
        names = self._names()
        self.diagram.set_looks(self._looks(activity), names, self._sources(activity.network))
        self.diagram.show_content(self._content(activity, names))
        self._show_key()
        self._describe_choice(activity)

    def _content(self, activity: Activity, names: list[str]) -> DiagramContent:
        data, chosen = self._model.data, self._session.selection.neuron
        self._limit = steady_end(self._limit, typical_end(activity.network.weights[0]), _LEAST_LIMIT)
        return DiagramContent(
            activity,
            self._limit,
            names,
            is_class=data is not None and data.train.labels is not None,
            chosen=None if chosen is None else (chosen.layer, chosen.number),
            count=self._count,
            planes=dict(enumerate(activity.planes, start=1)),
            labels=_labels(activity, data, self._hints(activity)[0]),
            is_hasty=self._session.state is Status.TRAINING,
            hints=self._hints(activity),
            sources=self._sources(activity.network),
            figures=self._figures(activity),
        )

    def _figures(self, activity: Activity) -> list[str]:
        """Returns the outputs as text in the units of the targets; empty for classes."""
        meaning = self._meaning(activity.network)
        if not meaning.is_regression or not activity.is_lit:
            return []
        values = activity.activations[-1].tolist()
        return [text.figure(meaning.target(value, number), 3) for number, value in enumerate(values)]

    def _hints(self, activity: Activity) -> tuple[str, ...]:
        """Returns how to get activations, and shorter versions; empty if there are any."""
        if activity.is_lit:
            return ("",)
        if activity.example is not None:
            return ("the activations are not finite",)
        can_draw = self._model.data is not None and self._model.data.example_shape == DRAWN
        what_to_do = "draw something" if can_draw else "choose an example"
        return f"{what_to_do} to light the network", what_to_do

    def _show_key(self) -> None:
        if self._model.activity is not None and self.in_view:
            self.key.show_words(*self._key_words())

    def _key_words(self) -> tuple[tuple[str, ...], str, str]:
        """Returns the texts of the colour key: what connections show, the negative and the positive colour.

        The first one has shorter versions.
        """
        activity = self._model.activity
        if activity is None or activity.target is None:
            return ("weights",), "negative", "positive"
        focus = self.diagram.focus
        if focus is not None:
            is_silent = activity.activations[focus[0]][focus[1]] == 0
            what = "activation 0, no contribution" if is_silent else "activation × weight"
            return (what,), "lowers", "raises"
        what_of_output = "contribution to the output", "contribution"
        return what_of_output, "against", f"for {self._short_name(activity.target)}"

    def _short_name(self, output: int) -> str:
        metrics = QFontMetrics(theme.font(theme.SMALL))
        return metrics.elidedText(self._names()[output], Qt.TextElideMode.ElideRight, _LONGEST_NAME)

    # ---- choosing

    def _choose(self, layer: int, number: int) -> None:
        self._session.selection.choose_neuron(Neuron(layer, number) if layer > 0 else None)
        if layer > 0:
            self.view.show_neuron((layer, number))

    def _chosen_elsewhere(self) -> None:
        self.refresh()
        neuron = self._session.selection.neuron
        if neuron is not None and self.in_view:
            self.view.show_neuron((neuron.layer, neuron.number))

    def _describe_choice(self, activity: Activity) -> None:
        """Describes the chosen neuron to screen readers, else how to get activations."""
        neuron, shape = self._session.selection.neuron, activity.network.shape
        has_it = neuron is not None and neuron.layer < len(shape) and neuron.number < shape[neuron.layer]
        chosen = self._described(neuron.layer, neuron.number) if neuron is not None and has_it else []
        self.diagram.set_summary(spoken(chosen) or self._hints(activity)[0])

    # ---- read-out

    def _pointed(self, layer: int, number: int) -> None:
        """Shows the read-out of the neuron under the mouse, and points at the neuron in all cards."""
        self.diagram.show_text(self._described(layer, number) if layer >= 0 else "")
        if layer >= 0 or self._is_pointing:
            self._is_pointing = layer >= 0
            self._session.selection.point_at(Neuron(layer, number) if layer > 0 else None)
        self._show_key()

    def _show_pointed(self) -> None:
        """Shows the neuron that another card points at."""
        pointed = self._session.selection.pointed
        self.diagram.point_at(None if pointed is None else (pointed.layer, pointed.number))
        self._show_key()

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
        if activity.target is not None and layer < len(activity.shares):
            share, answer = float(activity.shares[layer][number]), self._names()[activity.target]
            ink = "positive" if share > 0 else "negative" if share < 0 else "muted"
            lines.append([(short(share, signed=True), ink), (f"to output {answer}", "muted")])
        return lines

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
        return ["from", "to", "weight", self._key_words()[0][0]], rows


def _ends(network: Network) -> tuple[int, int]:
    return network.shape[0], network.shape[-1]


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


def _labels(activity: Activity, data: Dataset | None, hint: str) -> list[tuple[str, ...]]:
    """Returns a long name and shorter ones for each layer."""
    network = activity.network
    size = "×".join(map(str, data.example_shape)) if data is not None and data.is_picture else network.shape[0]
    labels: list[tuple[str, ...]] = [(f"input {size}", "input")]
    if hint and (data is None or not data.is_picture):  # The place of an image shows the hint itself.
        labels[0] = f"input {size} · {hint}", *labels[0]
    for layer, function in enumerate(network.layer_activations[:-1], start=1):
        count = text.count(network.shape[layer])
        short_names = (f"layer {layer} · {count}", f"layer {layer}", f"{layer}")
        labels.append((f"layer {layer} · {count} {function.label}", *short_names))
    return [*labels, ("output",)]


CARDS.register("networkDock")(CardInfo(DiagramCard, {"inside": Place(Column.WATCH, 1, 420)}))
