"""Every card of Look inside with data of every kind: what each shows, also after the data were switched."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from engine.explain.predictions import ClassPredictions, NumberPredictions
from nnviz.cards.explanation.bar_rows import BarRows
from nnviz.cards.explanation.card import ExplanationPage
from nnviz.cards.explanation.explanation_data import METHODS, OCCLUSION
from nnviz.cards.explanation.model import Explanation
from nnviz.cards.inspector.card import Inspector
from nnviz.cards.map.card import MapPage
from nnviz.cards.mistakes.example_list import ExampleList
from nnviz.cards.mistakes.mistakes_card import MistakesCard
from nnviz.cards.neuron.card import NeuronPage
from nnviz.cards.robustness.card import RobustnessPage
from nnviz.cards.robustness.model import RobustnessModel
from nnviz.cards.step_through.card import StepThroughPage
from nnviz.cards.step_through.model import StepThrough
from nnviz.session.example_sets import SET_LABELS
from nnviz.session.selection import Neuron
from nnviz.session.status import Status
from nnviz.ui.conclusion_label import ConclusionLabel
from nnviz.ui.pages import Page
from tests.nnviz.cards.any_data import KINDS, Kind
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.helpers import MANY_EPOCHS, find, hover, is_shown, leave


@pytest.fixture
def ready_window(make_cards: MakeCards, load_with: Callable[..., None], few_digits: Dataset) -> CardWindow:
    """With 100 test examples of MNIST, as some cards ask about all of them again and again."""
    assert few_digits.test is not None
    data = replace(few_digits, test=few_digits.test.head(100))
    load_with(lambda: data)
    return make_cards("inspector", "mistakesDock")


P = TypeVar("P", bound=Page)


class Inside:
    """A window in Look inside, and its cards."""

    def __init__(self, window: CardWindow, qtbot: QtBot, folder: Path) -> None:
        self.window, self.qtbot, self.session = window, qtbot, window.session
        self._folder, self._made = folder, dict[str, str]()
        window.show_workspace("inside")
        self.network = window.card("inspector")
        assert isinstance(self.network, Inspector)

    def load(self, name: str) -> Dataset:
        """Loads data of a kind, and waits for a network that fits them."""
        kind, session = KINDS[name], self.session
        if name not in self._made:
            self._made[name] = kind.make(self._folder)
        session.data.load(self._made[name], kind.settings)
        self.qtbot.waitUntil(lambda: is_shown(session.data) and self.fits, timeout=20_000)
        data = session.dataset
        assert data is not None
        return data

    @property
    def fits(self) -> bool:
        """Whether there is a network for the data."""
        return not self.session.replacement.is_making and self.session.runs.current.misfit(self.session.dataset) is None

    def train(self, epochs: int) -> None:
        """To the end of a given number of epochs; of very many: until it has begun."""
        self.session.settings.change("epochs", epochs=epochs)
        self.session.start()
        wanted = Status.TRAINING if epochs == MANY_EPOCHS else Status.FINISHED
        self.qtbot.waitUntil(lambda: self.session.state is wanted, timeout=20_000)

    def settle(self) -> None:
        """Until all that is asked for is known; after a training some of it would wait for its turn for a while."""
        probes = self.session.queries
        probes.hurry()
        self.qtbot.waitUntil(lambda: all(not p.is_wanted or p.is_up_to_date for p in probes), timeout=20_000)
        QApplication.processEvents()

    def choose(self, layer: int = 1) -> None:
        """A neuron, and the first of the examples that are listed."""
        self.session.selection.choose_neuron(Neuron(layer, 0))
        self.settle()
        self.session.mistakes.choose(0)
        if self.session.selection.example is None:  # nothing is wrong
            self.session.selection.choose_example(_first(self.session.dataset))
        self.settle()

    def turn_to(self, kind: type[P]) -> P:
        """Brings a page to the front."""
        page = next(page for page in self.network.pages if isinstance(page, kind))
        self.network.turn_to(page)
        self.settle()
        return page


def _first(data: Dataset | None) -> object:
    from nnviz.session.selection import Example

    assert data is not None
    return Example(next(part for part in ("test", "train") if part in data.splits), 0)


@pytest.fixture
def inside(reads_here: None, ready_window: CardWindow, qtbot: QtBot, tmp_path: Path) -> Inside:
    ready_window.resize(1440, 900)
    return Inside(ready_window, qtbot, tmp_path)


# Penguins of which none are tested speak of the same as those of which some are; a folder's pictures are as small.
@pytest.mark.parametrize("name", [name for name in KINDS if name not in ("penguins", "small pictures")])
def test_every_card_speaks_of_the_data(inside: Inside, name: str) -> None:
    kind, data = KINDS[name], inside.load(name)
    inside.train(2)
    inside.settle()
    inside.choose()
    _check_mistakes(inside, kind, data)
    _check_diagram(inside, kind, data)
    _check_neuron(inside, kind, data)
    _check_why(inside, kind, data)
    _check_step(inside, kind, data)
    _check_map(inside, kind, data)
    _check_robust(inside, kind, data)
    assert inside.session.messages.current is None


def _check_mistakes(inside: Inside, kind: Kind, data: Dataset) -> None:
    card, list_card = inside.window.card("mistakesDock"), inside.window.card("mistakePicturesDock")
    assert isinstance(card, MistakesCard)
    assert isinstance(list_card, ExampleList)
    found = inside.session.mistakes.found
    assert found is not None
    assert found.part.where == kind.part
    if kind.target:
        assert card.windowTitle() == card.head.title.text() == "Errors"
        assert list_card.caption == "Largest errors"
        assert isinstance(found.answers, NumberPredictions)
        assert card.numbers.isVisible()
        assert list_card.rows.count == len(found.part.split)
        head = [column.title for column in list_card.rows.model().columns]
        assert "predicted" in head
    else:
        assert card.windowTitle() == "Mistakes"
        assert isinstance(found.answers, ClassPredictions)
        wrong = int((found.answers.answers != found.answers.labels).sum())
        assert card.head.title.text() == ("1 mistake" if wrong == 1 else f"{wrong} mistakes")
        has_matrix = len(inside.session.class_names) <= 10
        assert card.matrix.isVisible() is has_matrix
        assert card.pairs.isVisible() is not has_matrix
        assert inside.session.class_names[0] == kind.outputs
        assert card.width() < 320, "long names do not widen the column"
    if kind.first and len(inside.session.mistakes.listed):
        assert kind.first in [column.title for column in list_card.rows.model().columns]
    assert not card.grab().isNull()


def _check_diagram(inside: Inside, kind: Kind, data: Dataset) -> None:
    diagram = inside.window.stage.network.diagram
    assert not diagram.grab().isNull()
    painting = diagram._painting
    assert painting is not None
    assert len(painting.words.sources) == kind.sources
    assert painting.words.names[0].startswith(kind.outputs[:20])
    content = diagram._content
    assert content is not None
    assert content.is_class is not bool(kind.target)
    if kind.target and data.target_scaling is not None:
        answer = inside.session.displayed.network.predict(content.activity.example[None])
        raw = float(data.target_scaling.undo(answer)[0, 0])
        assert float(content.figures[0].replace("−", "-")) == pytest.approx(raw, rel=1e-2, abs=0.01)


def _check_neuron(inside: Inside, kind: Kind, data: Dataset) -> None:
    card = inside.turn_to(NeuronPage)
    names = card.weights.bars._names
    assert card.weights.map.isVisible() is data.is_picture
    if not data.is_picture:
        assert names[0].startswith(kind.first)
        assert "input" not in names[0] or not data.columns
    by = find(card, QLabel, "neuronMeansName").text()
    lines = list(card.activations.examples._lines)
    assert by.startswith("how strongly it fires")
    assert not kind.target or kind.target in by
    report = card._model.report
    assert report is not None
    if not report.is_dead:
        assert bool(lines) is not data.is_picture
        if kind.target:  # its activation, and its number or which example it is
            assert all(" · " in line for line in lines)
    conclusion = find(card, QLabel, "neuronConclusion").toolTip()
    assert f"ithout it the {SET_LABELS[kind.part]} {'RMSE' if kind.target else 'error'}" in conclusion


def _check_why(inside: Inside, kind: Kind, data: Dataset) -> None:
    card = inside.turn_to(ExplanationPage)
    for method in METHODS:
        inside.session.models[Explanation].choose(method=method)
        inside.settle()
        assert not card.view.line, method
        assert card.view.content is not None, method
        assert not card.view.grab().isNull()
        assert card.table() is not None
        if method == OCCLUSION and not data.is_picture:
            _check_bars(card, kind, data, inside)
    is_point = data.is_plane or data.columns == ("x",)
    baseline = "the mean image" if data.is_picture else f"the average {'point' if is_point else 'row'}"
    assert card.baseline_combo.itemText(1) == baseline
    inside.session.models[Explanation].choose(method=METHODS[0])


def _check_bars(card: ExplanationPage, kind: Kind, data: Dataset, inside: Inside) -> None:
    """A bar for each column as a person knows it; of a number in its unit, with the column's value beside it."""
    bars = card.view.content
    assert isinstance(bars, BarRows)
    names = {row.name for row in bars.rows}
    assert names == {field.name for field in inside.session.meaning.fields}
    assert kind.first in names
    inputs_of_categories = sum(len(group) - 1 for group in data.categories)
    assert len(names) == data.width - inputs_of_categories
    if kind.target:
        assert bars.heads[0] == f"adds to {kind.target}"
        assert bars.text_head == "its value"
        assert "smallest change" not in find(card, QLabel, "whyChangeLabel").text()
        assert not card.play_button.isVisible()


def _check_step(inside: Inside, kind: Kind, data: Dataset) -> None:
    page = inside.turn_to(StepThroughPage)
    inside.qtbot.waitUntil(lambda: page._content is not None)
    content = page._content
    assert content is not None
    rows, last = content.rows(), content.names.layers
    if not data.is_picture:
        assert rows.name(0).startswith(kind.first)
        assert ("as given" in rows.heads) is (data.scaling is not None)
    name = content.names.neuron(last, 0)
    assert name.startswith(f"output {kind.outputs}" if not kind.outputs.startswith("output") else kind.outputs)
    would = find(page, ConclusionLabel, "stepConclusion")
    what = "RMSE" if kind.target else "error"
    inside.qtbot.waitUntil(lambda: inside.session.models[StepThrough].effects.would is not None, timeout=20_000)
    assert what in would.toolTip()


def _check_map(inside: Inside, kind: Kind, data: Dataset) -> None:
    page = inside.turn_to(MapPage)
    inside.qtbot.waitUntil(lambda: page._embedding is not None)
    assert page.classes.isVisible() is not bool(kind.target)
    assert page.scale.isVisible() is bool(kind.target)
    if kind.target:
        assert page.scale.accessibleDescription().startswith(f"{kind.target} from ")
    place = page.view.place_of(0)
    hover(page.view, (place.x(), place.y()))
    reported = find(page.view, QLabel, "readOut").text()
    if kind.first:
        assert kind.first in reported
    assert "<b>red</b>" not in reported, "names are escaped"
    leave(page.view)
    table = page.table()
    assert table is not None
    assert len(list(table[1])) == len(inside.session.mistakes.found.part.split)


def _check_robust(inside: Inside, kind: Kind, data: Dataset) -> None:
    page = inside.turn_to(RobustnessPage)
    inside.session.models[RobustnessModel].begin()
    inside.qtbot.waitUntil(lambda: not inside.session.models[RobustnessModel].work.is_running, timeout=30_000)
    assert inside.session.models[RobustnessModel].problem == ""
    assert len(page.plots.plots) == kind.disturbances
    assert page.status.text().startswith("RMSE" if kind.target else "Error")
    if not data.is_picture:
        assert page.plots.plots[1].places[-1] <= len(inside.session.meaning.fields)
    if kind.target and data.target_scaling is not None:
        measured = inside.session.models[RobustnessModel].measured
        assert measured is not None
        found = inside.session.mistakes.found
        assert found is not None
        assert isinstance(found.answers, NumberPredictions)
        rmse = float(np.sqrt(((found.answers.errors * data.target_scaling.spread) ** 2).mean()))
        assert measured[1].curves["noise"][0].rmse == pytest.approx(rmse, rel=1e-3)


def test_switching_in_any_order_shows_nothing_of_before(inside: Inside) -> None:
    """Also while it learns, with a neuron, an example and a class chosen, and every page in view."""
    rng = random.Random(1)  # in training, paused, trained and untrained
    order = ["mnist", "penguins", "mpg", "spirals", "sine", "small pictures"]
    rng.shuffle(order)
    for name in order:
        kind, data = KINDS[name], inside.load(name)
        how = rng.choice([0, 1, MANY_EPOCHS])
        if how:
            inside.train(how)
        for page in rng.sample(range(4), 4):
            inside.network.tabs.setCurrentIndex(page)
            QApplication.processEvents()
        inside.session.selection.choose_neuron(Neuron(rng.randint(1, 3), 0))
        inside.session.mistakes.choose(0)
        inside.session.models[Explanation].choose(method=rng.choice(METHODS))
        if inside.session.state is Status.TRAINING and rng.random() < 0.5:
            inside.session.pause()
            inside.qtbot.waitUntil(lambda: inside.session.state is not Status.TRAINING, timeout=20_000)
        inside.network.tabs.setCurrentIndex(0)
        if inside.session.state is not Status.TRAINING:
            inside.settle()
            _check_mistakes(inside, kind, data)
            _check_diagram(inside, kind, data)
        meaning = inside.session.meaning
        assert meaning.data is data
        assert inside.session.class_names[0] == meaning.output(0)
        assert inside.window.card("mistakesDock").windowTitle() == ("Errors" if kind.target else "Mistakes")


def test_an_example_that_is_chosen_is_asked_about_in_every_card(inside: Inside) -> None:
    # A point of the plot is chosen and reported.
    data = inside.load("mpg")
    inside.train(2)
    inside.settle()
    card = inside.window.card("mistakesDock")
    assert isinstance(card, MistakesCard)
    plot, found = card.numbers.plot, inside.session.mistakes.found
    assert found is not None
    worst = int(inside.session.mistakes.listed[0])
    place = plot.place_of(worst)
    hover(plot, (place.x(), place.y()))
    reported = find(plot, QLabel, "readOut").text()
    assert "predicted: " in reported
    assert "origin " in reported
    leave(plot)
    inside.qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=QPoint(round(place.x()), round(place.y())))
    example = inside.session.selection.example
    assert example is not None
    assert example.part == "test"
    chosen = data.splits["test"].targets[example.number, 0]
    plot.setFocus()
    inside.qtbot.keyClick(plot, Qt.Key.Key_Right)
    other = inside.session.selection.example
    assert other is not None
    assert other != example
    assert data.splits["test"].targets[other.number, 0] >= chosen

    # An example that is chosen is asked about in every card.
    inside.session.selection.choose_example(None)
    inside.settle()
    question, selection, undo = inside.session.question, inside.session.selection, inside.session.undo
    steps = undo.last()
    rows = inside.window.card("mistakePicturesDock").rows
    rows.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down):
        inside.qtbot.keyClick(rows, key)
    chosen = selection.example
    assert chosen is not None
    assert question.origin == chosen
    assert undo.last() is steps, "looking through the list is no step"
    inside.settle()
    raw = float(data.target_scaling.undo(question.prediction[None])[0, 0])
    diagram = inside.window.stage.network.diagram  # it draws a moment later

    def reported() -> float:
        assert diagram._content is not None
        return float(diagram._content.figures[0].replace("−", "-"))

    inside.qtbot.waitUntil(lambda: reported() == pytest.approx(raw, rel=1e-2))
    question.set_random_example()
    inside.settle()
    assert selection.example == question.origin
    np.testing.assert_array_equal(inside.session.models[Explanation].example, question.example)


def _sum(network: object, row: np.ndarray, output: int) -> float:
    from engine import explain

    return float(explain.target_sums(explain.forward(network, row[None].astype(np.float32)), output)[0])


def test_a_row_that_was_made_is_not_lost_when_another_is_chosen(inside: Inside) -> None:
    data = inside.load("penguins")
    inside.settle()
    question = inside.session.question
    made = question.example + 0.5
    question.set_example(made)
    inside.session.mistakes.choose(0)
    inside.settle()
    assert question.origin is not None
    np.testing.assert_array_equal(inside.session.models[Explanation].example, question.example)
    inside.session.undo.undo()
    inside.settle()
    np.testing.assert_array_equal(question.example, made)
    np.testing.assert_array_equal(inside.session.models[Explanation].example, made)

    # A category is covered as a whole.
    inside.train(3)
    inside.settle()
    inside.choose()
    inside.session.models[Explanation].choose(method=OCCLUSION)
    inside.settle()
    card = inside.turn_to(ExplanationPage)
    assert card.contributions is not None
    network, example = inside.session.displayed.network, card.contributions.query.example
    covered = example.copy()
    group = list(data.categories[0])
    covered[group] = card.contributions.baseline[group]
    sums = [_sum(network, row, card.contributions.one) for row in (example, covered)]
    assert card.contributions.parts[0][group].sum() == pytest.approx(sums[0] - sums[1], abs=1e-4)
