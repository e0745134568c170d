"""Controls of the map: the choices in its header, and the toolbar below it."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QHBoxLayout, QToolButton, QWidget

from nnviz.cards.map.model import COUNTS, PCA, TSNE, MapModel
from nnviz.formatting import text
from nnviz.formatting.layers import drawn_layers
from nnviz.session.example_sets import SET_LABELS
from nnviz.session.session import Session
from nnviz.ui.card import label
from nnviz.ui.choice_button import ChoiceButton
from nnviz.ui.fixed_size_box import FixedSizeBox
from nnviz.ui.parts import arranged, named, set_look
from nnviz.ui.share_bar import ShareBar

_LAYER_TIP = "Selects the layer. Examples with similar activations in it are close together."
_METHOD_TIP = (
    "PCA projects onto the two axes of the largest variance, also during training. t-SNE keeps neighbours together; "
    "it is slower, and for one epoch."
)
_COUNT_TIP = (
    "Sets how many examples t-SNE arranges. On one core 1 000 take about 3 s, 2 500 about 8 s, 10 000 about 35 s."
)
_PART_TIP = "Selects the examples to show: the test, validation or training set."
_TURN_TIP = (
    "Computes the PCA axes of the displayed network. They stay fixed while the network learns, so that you see the "
    "points move."
)
_ARRANGE_TIP = "Runs t-SNE for the displayed network. It starts from the current positions."
_STOP_TIP = "Stops t-SNE. The points stay where they are."
_LASSO_TIP = (
    "Selects the points that you circle (or hold Shift and drag). The card Mistakes lists them. Esc leaves the mode."
)
_FIT_TIP = "Shows all points without a highlight (0, or a double click on the background)."


class MapOptions(QWidget):
    """Choices in the header: layer, method, number of examples, part of the data."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session, self._model = session, session.models[MapModel]
        self.layer = ChoiceButton("mapLayerButton", "Layer", _LAYER_TIP)
        self.method = ChoiceButton("mapMethodButton", "PCA or t-SNE", _METHOD_TIP)
        self.count = ChoiceButton("mapCountButton", "Number of examples", _COUNT_TIP)
        self.part = ChoiceButton("mapPartButton", "Set of examples", _PART_TIP)
        arranged(QHBoxLayout(self), 1, self.layer, self.method, self.count, self.part, spacing=10)
        self.layer.chosen.connect(lambda key: self._model.choose_layer(int(key)))
        self.method.chosen.connect(self._model.choose_method)
        self.count.chosen.connect(lambda key: self._model.choose_count(int(key)))
        self.part.chosen.connect(self._choose_part)

    def _choose_part(self, name: str) -> None:
        self._session.mistakes.set_part(name)
        if self._model.method == TSNE:
            self._model.start_tsne()

    def refresh(self) -> None:
        """Shows the current choices."""
        chosen, mistakes = self._model, self._session.mistakes
        first, last = drawn_layers(len(chosen.layers))
        layers = {str(layer): layer_name(layer, chosen.layers[-1]) for layer in [*first, *last]}
        layers.setdefault(str(chosen.layer), layer_name(chosen.layer, chosen.layers[-1]))
        self.layer.show_choice(layers, str(chosen.layer))
        self.method.show_choice({PCA: PCA, TSNE: TSNE}, chosen.method)
        self.count.show_choice({str(count): text.count(count) for count in COUNTS}, str(chosen.count))
        self.count.setVisible(chosen.method == TSNE)
        part = mistakes.part
        self.part.show_choice({name: SET_LABELS[name] for name in mistakes.parts}, part.name if part else "")
        self.part.setVisible(part is not None)


def layer_name(layer: int, last: int) -> str:
    """Returns "input", "layer 2" or "output"."""
    return "input" if layer == 0 else "output" if layer == last else f"layer {layer}"


class MapToolbar(QWidget):
    """Line below the map: a summary, the progress of t-SNE, and buttons."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._model = session.models[MapModel]
        self.said = named(label(role="muted"), "mapSaid")
        self.progress = ShareBar(100)
        self.turn = _button("mapTurnButton", "Refit PCA", "Recompute the axes", _TURN_TIP)
        self.arrange = _button("mapArrangeButton", "Arrange", "Arrange by t-SNE", _ARRANGE_TIP)
        self.lasso = _button("mapLassoButton", "Lasso", "Lasso", _LASSO_TIP)
        self.lasso.setCheckable(True)
        self.fit = _button("mapFitButton", "Show all", "Show all points", _FIT_TIP)
        buttons = (self.progress, self.turn, self.arrange, self.lasso, self.fit)
        arranged(QHBoxLayout(self), (FixedSizeBox(self.said), 1), *buttons, spacing=8)
        self.turn.clicked.connect(self._model.fit_axes)
        self.arrange.clicked.connect(self._start_or_stop)

    def _start_or_stop(self) -> None:
        work = self._model.tsne
        if work.is_running:
            work.cancel()
        else:
            self._model.start_tsne()

    def refresh(self, said: str, is_partial: bool = False) -> None:
        """Shows the summary ``said`` and the progress; ``is_partial``: only some of the examples are highlighted."""
        work, is_tsne = self._model.tsne, self._model.method == TSNE
        if said != self.said.text():
            self.said.setText(said)
        set_look(self.said, "role", "notice" if is_partial else "muted")
        self.turn.setVisible(not is_tsne)
        self.turn.setEnabled(self._model.embedding is not None)
        self.progress.show_share(work.share, is_tsne and work.is_running)
        self.arrange.setVisible(is_tsne and self._model.has_tsne)
        self.arrange.setText("Stop" if work.is_running else "Arrange again" if self._model.embedding else "Arrange")
        self.arrange.setAccessibleName("Stop t-SNE" if work.is_running else "Arrange by t-SNE")
        self.arrange.setToolTip(_STOP_TIP if work.is_running else _ARRANGE_TIP)


def _button(name: str, words: str, accessible: str, tip: str) -> QToolButton:
    button = named(QToolButton(), name, accessible, tip)
    button.setText(words)
    button.setProperty("role", "word")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
