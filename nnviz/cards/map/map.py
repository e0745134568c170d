"""The map: all examples of a part of the data as points, placed by what a layer of the network sees in them."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.basics.optional_packages import install_command
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.explain.predictions import ClassPredictions
from nnviz.cards.map.keys import ClassKeys, Scale
from nnviz.cards.map.map_content import (
    class_names,
    dots_of,
    ends_of,
    ink_names,
    inks_of,
    picture_of,
    standing_out,
    words_of,
)
from nnviz.cards.map.map_controls import MapBar, MapChoices
from nnviz.cards.map.view import MapView
from nnviz.cards.registry import CARDS, CardInfo
from nnviz.formatting import text
from nnviz.session.asked_words import noun
from nnviz.session.cloud import Cloud
from nnviz.session.map import AXES, MAP, MAP_PLACE, TSNE
from nnviz.session.selection import Classes, Example, Group
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.card import Table, label
from nnviz.ui.pages import Page
from nnviz.ui.parts import arranged, named
from nnviz.ui.plots.legend import Key, Sample

_RINGS_TIP = "Rings around the examples that are answered wrong."
_HELP = (
    "Each point is an example; those that the layer sees as alike lie together. Point at one to see it, click it to "
    "choose it; wheel and drag zoom and move, Shift and drag circles points, a double click shows all."
)


class MapPage(Page):
    """The map, with its keys at the right and a line below it."""

    def __init__(self, session: Session) -> None:
        tip = "The examples as points: which of them a layer sees as alike, and which it mixes up."
        super().__init__("Map", "mapTab", tip)
        self._session = session
        self._shown: tuple[object, ...] = ()  # what the view was last given
        self._about: object = None  # what it is a map of
        self.view = named(MapView(), "mapView", "Map of the examples")
        self.view.setWhatsThis(_HELP)
        self.classes = named(ClassKeys(), "mapKeys", "Classes")
        self.scale = Scale()
        self.rings = Key("text", "mistakes", "mapMistakesKey", _RINGS_TIP, Sample.RING)
        self.choices, self.bar = MapChoices(session), MapBar(session)
        self._note = label(role="muted")
        self._note.setAlignment(Qt.AlignCenter)
        self._note.setWordWrap(True)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._with_keys())
        self._stack.addWidget(self._note)
        self.body.setSpacing(6)
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
        signals = (session.map.changed, session.mistakes.changed, session.training.state_changed, theme.changed)
        for signal in (*signals, session.selection.classes_changed, session.data.changed, session.runs.replaced):
            signal.connect(self.refresh)
        session.data.changed.connect(self._name_classes)
        session.selection.example_changed.connect(self._show_choice)
        session.queries[MAP_PLACE].changed.connect(self._show_mark)

    # ---- what is shown

    def _name_classes(self) -> None:
        data, classes = self._session.data.dataset, self._session.selection.classes
        if data is not None:
            inks = ink_names(data) if data.is_classification else []
            self.classes.show_classes(class_names(data), inks, lambda number: classes is None or classes.true == number)

    @property
    def _cloud(self) -> Cloud | None:
        """The points, if they can be drawn."""
        cloud, data = self._session.map.cloud, self._session.data.dataset
        has_place = cloud is not None and bool(np.isfinite(cloud.points).all(axis=1).any())
        is_known = data is not None and cloud is not None and cloud.subject.part.is_of(data)
        return cloud if is_known and self._session.mistakes.part is not None and has_place else None

    def refresh(self) -> None:
        """Draws the latest points and choices."""
        if not self.in_view:
            return
        cloud, data = self._cloud, self._session.data.dataset
        self.choices.refresh()
        self._stack.setCurrentIndex(1 if cloud is None else 0)
        if cloud is None or data is None:
            self._note.setText(self._reason())
            self._shown = ()
            self.bar.refresh("")
            return
        selection = self._session.selection
        shown = cloud, selection.classes, self._session.mistakes.group, self.rings.isChecked(), theme.current()
        if shown != self._shown:
            self._shown = shown
            self._draw(cloud, data)
        self.bar.refresh(self._said(cloud), bool(self._standing_out))
        self._show_choice()
        self._show_mark()

    def _draw(self, cloud: Cloud, data: Dataset) -> None:
        classes, group = self._session.selection.classes, self._session.mistakes.group
        dots = dots_of(cloud, data, classes, group, self.rings.isChecked())
        about = cloud.basis if cloud.arrangement is None else (cloud.subject.part, cloud.subject.layer)
        self.view.show_dots(dots, inks_of(data), is_another=about != self._about)
        self._about = about
        is_classes = isinstance(cloud.answers, ClassPredictions)
        self.classes.setVisible(is_classes)
        self.rings.setVisible(is_classes)
        self.scale.setVisible(not is_classes)
        self._name_classes()
        if not is_classes:
            meaning = self._session.meaning
            low, high = (meaning.answer(end) for end in ends_of(cloud))
            self.scale.show_ends(low, high, meaning.output(0))

    def _said(self, cloud: Cloud | None) -> str:
        """What is on the map, in a line; if most of it stands back, that comes first."""
        if cloud is None:
            return ""
        part, count, standing_out = cloud.subject.part, len(cloud.rows), self._standing_out
        if standing_out:
            strong = text.count(count - int(self.view.dots.are_faded.sum()))
            what = "examples" if cloud.arrangement is None else f"as of epoch {self._epoch(cloud.subject.epochs)}"
            return f"only {standing_out} · {strong} of {text.count(count)} {what}"
        of = "" if count == part.count else f" of {text.count(part.count)}"
        words = f"{text.count(count)}{of} examples"
        if cloud.arrangement is not None:
            return f"{words} as of epoch {self._epoch(cloud.subject.epochs)}{self._since(cloud)}"
        if cloud.subject.network.shape[cloud.subject.layer] == 1:
            return f"{words} · one neuron: its activation from left to right"
        share = "none of" if np.isnan(cloud.share) else f"{100 * cloud.share:.0f} % of"
        return f"{words} · the two axes show {share} the variance"

    @property
    def _standing_out(self) -> str:
        """Which examples stand out, in words; empty if all are shown alike."""
        data = self._session.data.dataset
        return "" if data is None else standing_out(data, self._session.selection.classes, self._session.mistakes.group)

    def _epoch(self, epochs: float) -> str:
        return self._session.runs.current.epoch_name(epochs)

    def _since(self, cloud: Cloud) -> str:
        """What has become of the network since then, or that another moment is looked back at."""
        displayed = self._session.displayed
        if self._session.map.is_of_now:
            return ""
        is_same, now = displayed.epochs == cloud.subject.epochs, self._epoch(displayed.epochs)
        if displayed.is_live:
            return " · now the network has changed" if is_same else f" · now epoch {now}"
        return "" if is_same else f" · not of epoch {now}"

    def _reason(self) -> str:
        """Why there is nothing to show."""
        session = self._session
        if session.data.dataset is None:
            return "The data are not loaded yet."
        if session.mistakes.part is None:
            return "This network does not fit the data."
        if session.map.method == TSNE and not session.map.can_arrange:
            return f"t-SNE needs the package openTSNE. Install it with: {install_command('tsne')}"
        if session.map.cloud is not None:
            return "The activations of this layer are not finite, so the examples have no place."
        if session.map.method == AXES or session.map.arranging.is_running:
            return "The examples are being placed …"
        return "This network's examples are not arranged yet."

    def _show_choice(self) -> None:
        cloud, example = self._cloud, self._session.selection.example
        if not self.in_view or cloud is None:
            return
        is_here = example is not None and example.part == cloud.subject.part.where
        found = np.flatnonzero(cloud.rows == example.number).tolist() if is_here and example is not None else []
        self.view.show_choice(found[0] if found else None)
        data = self._session.data.dataset
        told = words_of(cloud, self._session.meaning, found[0]) if found and data is not None else []
        lines = ["  ".join(words for words, _ in line) for line in told]
        self.view.setAccessibleDescription("\n".join([self._said(cloud), *lines]))

    def _show_mark(self) -> None:
        if self.in_view:
            data = self._session.data.dataset
            name = "drawing" if data is None or data.is_picture else noun(data)
            self.view.show_mark(self._session.queries[MAP_PLACE].result, name)

    # ---- what a person does

    def _describe(self, number: int) -> None:
        cloud, data = self._cloud, self._session.data.dataset
        if cloud is None or data is None or not 0 <= number < len(cloud.rows):
            self.view.show_text("")
        else:
            self.view.show_text(words_of(cloud, self._session.meaning, number), picture_of(cloud, data, number))

    def _choose(self, number: int) -> None:
        cloud, selection = self._cloud, self._session.selection
        if cloud is not None and 0 <= number < len(cloud.rows):
            selection.choose_example(Example(cloud.subject.part.where, int(cloud.rows[number])))
        else:
            self._choose_nothing()

    def _choose_nothing(self) -> None:
        self._session.selection.choose_example(None)
        self._session.selection.choose_classes(None)

    def _circle(self, numbers: Array) -> None:
        """Chooses what is in the lasso; an empty one ends the choice."""
        cloud = self._cloud
        has_some = cloud is not None and len(numbers) > 0
        group = Group(cloud.subject.part.where, cloud.rows[numbers]) if has_some and cloud is not None else None
        self._session.selection.choose_group(group)
        self.bar.lasso.setChecked(False)

    def _set_lasso(self, lassoes: bool) -> None:
        """The map takes the keyboard too, so that Esc ends it."""
        self.view.lassoes = lassoes
        self.view.setCursor(Qt.CrossCursor if lassoes else Qt.ArrowCursor)
        if lassoes:
            self.view.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves the lasso, or else chooses nothing."""
        selection = self._session.selection
        if event.key() != Qt.Key_Escape:
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
        self._shown = ()  # the key that was clicked has changed itself
        self.refresh()

    # ---- for a file

    def table(self) -> Table | None:
        """A row for each point, for a CSV file."""
        cloud, data = self._cloud, self._session.data.dataset
        if cloud is None or data is None:
            return None
        answers, meaning = cloud.answers, self._session.meaning.for_file
        pairs: list[list[object]] = []
        if isinstance(answers, ClassPredictions):
            head = ["true class", "answer"]
            for true, said in zip(answers.labels.tolist(), answers.answers.tolist(), strict=True):
                pairs.append([meaning.output(true), meaning.output(said)])
        else:
            head = ["target", "answer"]
            for place, output in enumerate(answers.outputs.tolist()):
                true = meaning.truth_of(cloud.subject.part.split, int(cloud.rows[place]), output)
                pairs.append([true, meaning.target(float(answers.answers[place]), output)])
        places = zip(cloud.rows.tolist(), cloud.points.tolist(), pairs, strict=True)
        return ["example", "x", "y", *head], [[number, *point, *pair] for number, point, pair in places]


CARDS.register("mapPage")(CardInfo(MapPage, needs=(MAP, MAP_PLACE), page_of="networkDock", page_number=2))
