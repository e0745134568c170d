"""The map card: the examples of a part of the data as points, by the activations of a layer."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.basics.optional_packages import install_advice
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.explain.predictions import ClassPredictions
from nnviz.cards.map.conclusion import class_sentences, number_sentences
from nnviz.cards.map.controls import MapOptions, MapToolbar
from nnviz.cards.map.embedding import Embedding
from nnviz.cards.map.legend import ClassLegend, ColourScale
from nnviz.cards.map.model import MAP, MAP_PLACE, PCA, TSNE, MapModel
from nnviz.cards.map.presentation import (
    class_colour_names,
    class_names,
    colour_range,
    example_image,
    highlight_text,
    make_dots,
    point_colours,
    read_out_lines,
    targets_of,
)
from nnviz.cards.map.view import MapView
from nnviz.cards.registry import CARDS, CardInfo
from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion
from nnviz.session.example_text import example_noun
from nnviz.session.selection import Classes, Example, ExampleGroup
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.card import Table, label
from nnviz.ui.conclusion_label import ConclusionLabel
from nnviz.ui.pages import Page
from nnviz.ui.parts import arranged, named
from nnviz.ui.plots.legend import Key, Sample
from nnviz.ui.read_out import spoken

_RINGS_TIP = "Marks the misclassified examples with a ring."
_HELP = (
    "Each point is an example; similar activations are close together. Click: choose. Wheel: zoom. Drag: move. "
    "Shift and drag: lasso. Double click: show all."
)


class MapPage(Page):
    """Page with the map, its legend at the right and a toolbar below."""

    def __init__(self, session: Session) -> None:
        tip = (
            "Projects the activations of a layer onto a plane: examples that the layer sees as similar are close "
            "together."
        )
        super().__init__("Map", "mapTab", tip)
        self._session, self._model = session, session.models[MapModel]
        self._shown: tuple[object, ...] = ()  # the last content of the view
        self._about: object = None  # identity of the shown map
        self.view = named(MapView(), "mapView", "Map of the examples")
        self.view.setWhatsThis(_HELP)
        self.classes = named(ClassLegend(), "mapKeys", "Classes")
        self.scale = ColourScale()
        self.rings = Key("ink", "mistakes", "mapMistakesKey", _RINGS_TIP, Sample.RING)
        self.choices, self.bar = MapOptions(session), MapToolbar(session)
        self.conclusion = ConclusionLabel("mapConclusion")
        self.conclusion.setProperty("role", "headline")
        self._note = label(role="muted")
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._note.setWordWrap(True)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._with_keys())
        self._stack.addWidget(self._note)
        self.body.setSpacing(6)
        self.body.addWidget(self.conclusion)
        self.body.addWidget(self._stack, 1)
        self.body.addWidget(self.bar)
        arranged(QHBoxLayout(self.aside), self.choices)
        self._connect()
        self._name_classes()

    def _with_keys(self) -> QWidget:
        page, keys = QWidget(), QVBoxLayout()
        arranged(keys, self.classes, (self.scale, 1), self.rings, 1)
        arranged(QHBoxLayout(page), (self.view, 1), keys, spacing=8)
        return page

    def _connect(self) -> None:
        session, view = self._session, self.view
        view.hovered.connect(self._describe)
        view.chosen.connect(self._choose)
        view.circled.connect(self._circle)
        view.opened.connect(session.mistakes.put_on_canvas)
        self.classes.clicked.connect(self._choose_class)
        self.rings.toggled.connect(self.refresh)
        view.all_wanted.connect(lambda: session.selection.choose_classes(None))
        self.bar.fit.clicked.connect(view.show_all)
        self.bar.lasso.toggled.connect(self._set_lasso)
        signals = (self._model.changed, session.mistakes.changed, session.training.state_changed, theme.changed)
        for signal in (*signals, session.selection.classes_changed):
            signal.connect(self.refresh)
        session.selection.example_changed.connect(self._show_choice)
        session.queries[MAP_PLACE].changed.connect(self._show_mark)

    # ---- what is shown

    def adapt(self) -> None:
        self._name_classes()
        self.refresh()

    def _name_classes(self) -> None:
        data, classes = self._session.data.dataset, self._session.selection.classes
        if data is not None:
            inks = class_colour_names(data) if data.is_classification else []
            self.classes.show_classes(class_names(data), inks, lambda number: classes is None or classes.true == number)

    @property
    def _embedding(self) -> Embedding | None:
        """The embedding, if it has points to paint."""
        embedding, data = self._model.embedding, self._session.data.dataset
        has_place = embedding is not None and bool(np.isfinite(embedding.points).all(axis=1).any())
        is_known = data is not None and embedding is not None and embedding.source.part.is_of(data)
        return embedding if is_known and self._session.mistakes.part is not None and has_place else None

    def refresh(self) -> None:
        """Shows the latest embedding and the choices."""
        if not self.in_view:
            return
        embedding, data = self._embedding, self._session.data.dataset
        self.choices.refresh()
        self._stack.setCurrentIndex(1 if embedding is None else 0)
        if embedding is None or data is None:
            self._note.setText(self._empty_reason())
            self._shown = ()
            self.bar.refresh("")
            self.conclusion.show_conclusion(None)
            return
        selection = self._session.selection
        shown = embedding, selection.classes, self._session.mistakes.group, self.rings.isChecked(), theme.current()
        if shown != self._shown:
            self._shown = shown
            self._draw(embedding, data)
        self.bar.refresh(self._summary(embedding), bool(self._highlight_text))
        self._show_choice()
        self._show_mark()

    def _draw(self, embedding: Embedding, data: Dataset) -> None:
        classes, group = self._session.selection.classes, self._session.mistakes.group
        dots = make_dots(embedding, data, classes, group, self.rings.isChecked())
        about = embedding.basis if embedding.tsne is None else (embedding.source.part, embedding.source.layer)
        self.view.show_dots(dots, point_colours(data), is_another=about != self._about)
        self._about = about
        is_classes = isinstance(embedding.answers, ClassPredictions)
        self.classes.setVisible(is_classes)
        self.rings.setVisible(is_classes)
        self.scale.setVisible(not is_classes)
        self._name_classes()
        self.conclusion.show_conclusion(self._conclude(embedding, data))
        if not is_classes:
            meaning = self._session.meaning
            low, high = (meaning.answer(end) for end in colour_range(embedding))
            self.scale.show_ends(low, high, meaning.output(0))

    def _conclude(self, embedding: Embedding, data: Dataset) -> Conclusion | None:
        """Returns what the points on the map mean, all of them, whatever is highlighted."""
        answers, counts = embedding.answers, embedding.neighbours
        if not isinstance(answers, ClassPredictions):
            return number_sentences(embedding.points, targets_of(embedding), self._session.meaning.output(0))
        names = class_names(data)
        return None if counts is None else class_sentences(counts, answers.confusion, names, embedding.is_sampled)

    def _summary(self, embedding: Embedding | None) -> str:
        """Returns one line about the map; a highlighted choice comes first."""
        if embedding is None:
            return ""
        part, count, highlighted = embedding.source.part, len(embedding.rows), self._highlight_text
        if highlighted:
            strong = text.count(count - int(self.view.dots.are_faded.sum()))
            what = "examples" if embedding.tsne is None else f"at epoch {self._epoch(embedding.source.epochs)}"
            return f"showing {highlighted}: {strong} of {text.count(count)} {what}"
        of = "" if count == part.count else f" of {text.count(part.count)}"
        words = f"{text.count(count)}{of} examples"
        if embedding.tsne is not None:
            return f"{words} at epoch {self._epoch(embedding.source.epochs)}{self._since(embedding)}"
        if embedding.source.network.shape[embedding.source.layer] == 1:
            return f"{words} · one neuron: its activation from left to right"
        share = "none of" if np.isnan(embedding.share) else f"{100 * embedding.share:.0f} % of"
        return f"{words} · the two axes explain {share} the variance"

    @property
    def _highlight_text(self) -> str:
        """The highlighted examples as text; empty if there are none."""
        data = self._session.data.dataset
        return (
            "" if data is None else highlight_text(data, self._session.selection.classes, self._session.mistakes.group)
        )

    def _epoch(self, epochs: float) -> str:
        return self._session.runs.current.epoch_name(epochs)

    def _since(self, embedding: Embedding) -> str:
        """Returns how the displayed network differs from the embedded one; empty if it does not."""
        displayed = self._session.displayed
        if self._model.is_of_now:
            return ""
        is_same, now = displayed.epochs == embedding.source.epochs, self._epoch(displayed.epochs)
        if displayed.is_live:
            return " · the network has changed since" if is_same else f" · now epoch {now}"
        return "" if is_same else f" · not of epoch {now}"

    def _empty_reason(self) -> str:
        """Returns the reason why there are no points."""
        session = self._session
        if session.data.dataset is None:
            return "The data are not loaded yet."
        if session.mistakes.part is None:
            return "This network does not fit the data."
        if self._model.method == TSNE and not self._model.has_tsne:
            return f"t-SNE requires openTSNE, an optional dependency. {install_advice('tsne')}"
        if self._model.embedding is not None:
            return "The activations of this layer are not finite, so there is no projection."
        if self._model.method == PCA or self._model.tsne.is_running:
            return "Projecting the examples …"
        return "No t-SNE of this network yet. Press Arrange."

    def _show_choice(self) -> None:
        embedding, example = self._embedding, self._session.selection.example
        if not self.in_view or embedding is None:
            return
        is_here = example is not None and example.part == embedding.source.part.where
        found = np.flatnonzero(embedding.rows == example.number).tolist() if is_here and example is not None else []
        self.view.show_choice(found[0] if found else None)
        data = self._session.data.dataset
        told = read_out_lines(embedding, self._session.meaning, found[0]) if found and data is not None else []
        self.view.set_summary("\n".join(filter(None, [self._summary(embedding), spoken(told)])))

    def _show_mark(self) -> None:
        if self.in_view:
            data = self._session.data.dataset
            name = "drawing" if data is None or data.is_picture else example_noun(data)
            self.view.show_mark(self._session.queries[MAP_PLACE].result, name)

    # ---- mouse and keys

    def _describe(self, number: int) -> None:
        embedding, data = self._embedding, self._session.data.dataset
        if embedding is None or data is None or not 0 <= number < len(embedding.rows):
            self.view.show_text("")
        else:
            self.view.show_text(
                read_out_lines(embedding, self._session.meaning, number), example_image(embedding, data, number)
            )

    def _choose(self, number: int) -> None:
        embedding, selection = self._embedding, self._session.selection
        if embedding is not None and 0 <= number < len(embedding.rows):
            selection.choose_example(Example(embedding.source.part.where, int(embedding.rows[number])))
        else:
            self._choose_nothing()

    def _choose_nothing(self) -> None:
        self._session.selection.choose_example(None)
        self._session.selection.choose_classes(None)

    def _circle(self, numbers: Array) -> None:
        """Chooses the examples in the lasso. An empty lasso ends the choice."""
        embedding = self._embedding
        has_some = embedding is not None and len(numbers) > 0
        group = (
            ExampleGroup(embedding.source.part.where, embedding.rows[numbers])
            if has_some and embedding is not None
            else None
        )
        self._session.selection.choose_group(group)
        self.bar.lasso.setChecked(False)

    def _set_lasso(self, lassoes: bool) -> None:
        """Switches the lasso on or off. The map takes the focus, so that Esc ends it."""
        self.view.lassoes = lassoes
        self.view.setCursor(Qt.CursorShape.CrossCursor if lassoes else Qt.CursorShape.ArrowCursor)
        if lassoes:
            self.view.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Handles Esc: leaves the lasso, else ends the choice."""
        selection = self._session.selection
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self.bar.lasso.isChecked():
            self.bar.lasso.setChecked(False)
        elif selection.example or selection.classes or selection.group:
            self._choose_nothing()
        else:
            super().keyPressEvent(event)

    def _choose_class(self, number: int) -> None:
        chosen, selection = Classes(number, None), self._session.selection
        selection.choose_classes(None if selection.classes == chosen else chosen)
        self._shown = ()  # The clicked legend entry has changed its own state.
        self.refresh()

    # ---- for a file

    def table(self) -> Table | None:
        """Returns a row for each point, for a CSV file."""
        embedding, data = self._embedding, self._session.data.dataset
        if embedding is None or data is None:
            return None
        answers, meaning = embedding.answers, self._session.meaning.for_file
        pairs: list[list[object]] = []
        if isinstance(answers, ClassPredictions):
            head = ["true class", "answer"]
            for true, said in zip(answers.labels.tolist(), answers.answers.tolist(), strict=True):
                pairs.append([meaning.output(true), meaning.output(said)])
        else:
            head = ["target", "answer"]
            for place, output in enumerate(answers.outputs.tolist()):
                true = meaning.truth_of(embedding.source.part.split, int(embedding.rows[place]), output)
                pairs.append([true, meaning.target(float(answers.answers[place]), output)])
        places = zip(embedding.rows.tolist(), embedding.points.tolist(), pairs, strict=True)
        return ["example", "x", "y", *head], [[number, *point, *pair] for number, point, pair in places]


CARDS.register("mapPage")(CardInfo(MapPage, needs=(MAP, MAP_PLACE), page_of="inspector", page_number=4))
