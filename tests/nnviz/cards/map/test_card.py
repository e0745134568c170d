"""Tests of the map card: embeddings, read-outs and choices, with all kinds of data and networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import Any

import numpy as np
import pytest
from PyQt5.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QApplication, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from engine.basics.optional_packages import install_advice
from engine.basics.validation import Array
from engine.datasets import Dataset, Split
from engine.experiment import Experiment
from engine.explain.features import activations_of
from engine.explain.projection import PrincipalAxes, project_in_steps
from engine.network.network import Network
from nnviz.cards.map import embedding as cloud_module
from nnviz.cards.map.card import MapPage
from nnviz.cards.map.embedding import Embedding
from nnviz.cards.map.model import MAP, MAP_PLACE, PCA, TSNE, MapModel
from nnviz.cards.map.tsne import TsneEmbedding, is_installed
from nnviz.session.run import new_run
from nnviz.session.selection import Classes, Example, Neuron
from nnviz.ui.choice_button import ChoiceButton
from nnviz.ui.pages import TabbedCard
from nnviz.ui.plots.legend import Key
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.mistakes.mistakes_helpers import examples, made_up, settle, title
from tests.nnviz.cards.stage.plane.plane_helpers import load
from tests.nnviz.helpers import (
    click,
    drag,
    find,
    hover,
    is_shown,
    leave,
    pause,
    press,
    seven,
    train_epochs,
    train_for_a_while,
)

Load = Callable[[Callable[[], Dataset]], None]
needs_tsne = pytest.mark.skipif(not is_installed(), reason="openTSNE is not installed")


SHOWN = ("inspector",)  # cards
WITH_MISTAKES = pytest.mark.parametrize("cards", [(*SHOWN, "mistakesDock")], ids=["mistakes"])


@pytest.fixture
def cards() -> tuple[str, ...]:
    """The cards of the window, unless a test names others."""
    return SHOWN


@pytest.fixture
def ready_window(make_cards: MakeCards, cards: tuple[str, ...]) -> CardWindow:
    return make_cards(*cards)


def page_of(window: CardWindow) -> MapPage:
    """In front."""
    window.show_workspace("inside")
    card = window.card("inspector")
    assert isinstance(card, TabbedCard)
    page = next(page for page in card.pages if isinstance(page, MapPage))
    card.tabs.setCurrentIndex(card.pages.index(page))
    return page


def placed(window: CardWindow, qtbot: QtBot) -> Embedding:
    """Until the points are those of now."""
    probe = window.session.queries[MAP]
    qtbot.waitUntil(lambda: probe.is_up_to_date and window.session.models[MapModel].is_of_now, timeout=20_000)
    embedding = window.session.models[MapModel].embedding
    assert embedding is not None
    return embedding


@pytest.fixture
def page(ready_window: CardWindow, qtbot: QtBot) -> MapPage:
    """With the points of an untrained network."""
    page = page_of(ready_window)
    placed(ready_window, qtbot)
    return page


def choose(qtbot: QtBot, page: MapPage, name: str, key: str) -> None:
    """An entry of a button at the right of the head."""
    button = find(page.aside, ChoiceButton, name)
    assert key in button.entries
    button.chosen.emit(key)


def point(page: MapPage, number: int) -> tuple[float, float]:
    """Where a point is."""
    at = page.view.place_of(number)
    return at.x(), at.y()


def circle(page: MapPage, numbers: list[int]) -> tuple[Array, Array]:
    """A lasso around these points, with Shift; its upper left and lower right corner, whole pixels as a mouse has."""
    points = np.array([point(page, number) for number in numbers])
    low, high = np.floor(points.min(axis=0)) - 4, np.ceil(points.max(axis=0)) + 4
    corners = [low, (high[0], low[1]), high, (low[0], high[1])]
    kinds = [QEvent.Type.MouseButtonPress, *[QEvent.Type.MouseMove] * 3, QEvent.Type.MouseButtonRelease]
    for kind, corner in zip(kinds, [*corners, corners[-1]], strict=True):
        button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
        event = QMouseEvent(
            kind, QPointF(*corner), Qt.MouseButton(button), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
        )
        QApplication.sendEvent(page.view, event)
    return low, high


# ---- where the points are


def test_points_are_the_last_hidden_layers_activations(page: MapPage, ready_window: CardWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    embedding, data = session.models[MapModel].embedding, session.dataset
    assert embedding is not None
    assert data is not None
    assert data.test is not None
    assert embedding.source.layer == 2
    inputs = data.test.scaled_inputs()
    activations = activations_of(session.displayed.network, inputs, 2)
    assert embedding.points == pytest.approx(embedding.basis.project(activations), abs=1e-3)
    assert page.view.dots.inks.tolist() == data.test.labels.tolist()
    answers = session.displayed.network.predict(inputs).argmax(axis=1)
    assert page.view.dots.are_ringed.tolist() == (answers != data.test.labels).tolist()
    assert "500 examples" in page.bar.said.text()
    assert f"the two axes explain {100 * embedding.share:.0f} % of the variance" in page.bar.said.text()

    # They are listed, reported and chosen.
    made = page.table()
    assert made is not None
    head, rows = made
    lines = list(rows)
    assert head == ["example", "x", "y", "true class", "answer"]
    assert len(lines) == 500
    assert lines[7][1:3] == pytest.approx(page.view.dots.points[7].tolist())

    # An example is reported and shown.
    number = int(page.view.dots.points[:, 0].argmax())
    hover(page.view, point(page, number))
    read_out = find(page.view, QLabel, "readOut")
    assert not read_out.isHidden()
    assert f"test example {number}" in read_out.text()
    assert not read_out.grab().isNull()
    leave(page.view)
    assert read_out.isHidden()

    # A click chooses it everywhere.
    number = int(page.view.dots.points[:, 0].argmax())
    qtbot.mouseClick(page.view, Qt.MouseButton.LeftButton, pos=page.view.place_of(number).toPoint())
    assert ready_window.session.selection.example == Example("test", number)
    assert f"test example {number}" in page.view.accessibleDescription()
    page.view.setFocus()
    qtbot.keyClick(page.view, Qt.Key.Key_Escape)
    assert ready_window.session.selection.example is None

    # Rings can be hidden.
    assert page.view.dots.are_ringed.any()
    click(qtbot, page, Key, "mapMistakesKey")
    assert not page.view.dots.are_ringed.any()

    # The lasso button makes the next drag a lasso.
    button = click(qtbot, page, QToolButton, "mapLassoButton")
    assert page.view.lassoes
    circle(page, [0, 1])
    assert not page.view.lassoes
    assert not button.isChecked()
    assert ready_window.session.mistakes.group is not None
    qtbot.mouseClick(page.view, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    assert ready_window.session.mistakes.group is None


def test_the_basis_stays_while_it_learns_and_points_follow(
    page: MapPage, ready_window: CardWindow, qtbot: QtBot
) -> None:
    before = placed(ready_window, qtbot)
    train_epochs(qtbot, ready_window, 2)
    after = placed(ready_window, qtbot)
    assert after.basis is before.basis
    assert not np.array_equal(after.points, before.points)
    click(qtbot, page, QToolButton, "mapTurnButton")
    turned = placed(ready_window, qtbot)
    assert turned.basis is not before.basis
    assert turned.share > after.share, "other axes fit better"
    ready_window.session.reset()
    qtbot.waitUntil(lambda: ready_window.session.displayed.network.provenance.get("epochs", 0) == 0)
    again = placed(ready_window, qtbot)
    assert again.basis is not turned.basis, "another network has other axes"

    # Points follow while it learns.
    seen: list[Embedding | None] = []
    ready_window.session.models[MapModel].changed.connect(
        lambda: seen.append(ready_window.session.models[MapModel].embedding)
    )
    train_for_a_while(qtbot, ready_window)
    qtbot.waitUntil(lambda: len(set(map(id, seen))) >= 3, timeout=20_000)
    pause(qtbot, ready_window)
    placed(ready_window, qtbot)

    # Hidden it costs nothing.
    session = ready_window.session
    ready_window.show_workspace("train")
    assert not session.queries[MAP].is_wanted
    before = session.models[MapModel].embedding
    train_epochs(qtbot, ready_window, 1)
    assert session.models[MapModel].embedding is before
    page_of(ready_window)
    assert placed(ready_window, qtbot) is not before


def test_any_layer_and_the_part_of_the_mistakes(page: MapPage, ready_window: CardWindow, qtbot: QtBot) -> None:
    # A drawing is marked and moves.
    session, probe = ready_window.session, ready_window.session.queries[MAP_PLACE]
    stroke = np.array(seven(ready_window.canvas))
    session.sketch.draw(())
    qtbot.waitUntil(lambda: probe.is_up_to_date and probe.result is None)
    ready_window.canvas.set_strokes([stroke])
    qtbot.waitUntil(lambda: probe.is_up_to_date and probe.result is not None)
    first = probe.result
    embedding = placed(ready_window, qtbot)
    assert session.question.example is not None
    seen = activations_of(session.displayed.network, session.question.example[None], 2)
    assert first == pytest.approx(embedding.basis.project(seen)[0], abs=1e-4)
    ready_window.canvas.set_strokes([stroke, stroke + 20])
    qtbot.waitUntil(lambda: probe.is_up_to_date and probe.result is not first)
    ready_window.canvas.set_strokes([])
    qtbot.waitUntil(lambda: probe.is_up_to_date and probe.result is None)
    assert not page.view.grab().isNull()

    # Any layer and the part of the mistakes.
    for layer, width in ((0, 784), (1, 64), (3, 10)):
        choose(qtbot, page, "mapLayerButton", str(layer))
        embedding = placed(ready_window, qtbot)
        assert embedding.source.layer == layer
        assert len(embedding.basis.mean) == width
        assert not page.view.grab().isNull()

    # Another part is that of the mistakes.
    choose(qtbot, page, "mapPartButton", "train")
    embedding = placed(ready_window, qtbot)
    assert embedding.source.part.name == "train"
    assert ready_window.session.mistakes.part is embedding.source.part


# ---- what is seen and chosen


@WITH_MISTAKES
def test_a_lasso_lists_its_examples(page: MapPage, ready_window: CardWindow, qtbot: QtBot) -> None:
    # Esc leaves the lasso and then drops what is chosen.
    button, selection = click(qtbot, page, QToolButton, "mapLassoButton"), ready_window.session.selection
    press(qtbot, ready_window, Qt.Key.Key_Escape)
    assert not button.isChecked()
    assert not page.view.lassoes
    click(qtbot, page, QToolButton, "mapLassoButton")
    drag(page.view, [(2, 2), (page.view.width() - 2, 2), (page.view.width() - 2, page.view.height() - 2), (3, 3)])
    assert not button.isChecked()
    group = selection.group
    assert group is not None, "a closed lasso is no click"
    click(qtbot, page, QToolButton, "mapLassoButton")
    press(qtbot, ready_window, Qt.Key.Key_Escape)
    assert selection.group is group
    press(qtbot, ready_window, Qt.Key.Key_Escape)
    assert selection.group is None

    # A lasso lists its examples.
    answers = settle(ready_window, qtbot)
    places = page.view.camera.pixels(page.view.dots.points)
    low, high = circle(page, np.argsort(places[:, 0])[:6].tolist())
    inside = ((places >= low) & (places <= high)).all(axis=1)
    mistakes, card = ready_window.session.mistakes, examples(ready_window)
    assert sorted(mistakes.listed.tolist()) == np.flatnonzero(inside).tolist()
    assert title(card).startswith("Selected on")
    wrong = answers.are_wrong[mistakes.listed]
    assert (np.diff(wrong.astype(int)) <= 0).all(), "mistakes come first"
    assert (page.view.dots.are_faded == ~inside).all()
    ready_window.session.selection.choose_classes(Classes(3, 5))
    assert ready_window.session.mistakes.group is None, "one choice at a time"
    assert title(card).startswith("3 predicted as 5")

    # A cell of the matrix stands out.
    answers = settle(ready_window, qtbot)
    ready_window.session.selection.choose_classes(Classes(1, None))
    assert (page.view.dots.are_faded == (answers.labels != 1)).all()
    assert [key.isChecked() for key in page.classes.keys] == [number == 1 for number in range(10)]
    key = find(page, Key, "mapClass1Key")
    qtbot.mouseClick(key, Qt.MouseButton.LeftButton)
    assert ready_window.session.selection.classes is None
    assert not page.view.dots.are_faded.any()
    assert all(key.isChecked() for key in page.classes.keys)
    qtbot.mouseClick(find(page, Key, "mapClass7Key"), Qt.MouseButton.LeftButton)
    assert ready_window.session.selection.classes == Classes(7, None)


@WITH_MISTAKES
def test_it_says_that_only_some_stand_out_and_how_to_see_all_alike(
    page: MapPage, ready_window: CardWindow, qtbot: QtBot
) -> None:
    answers, selection = settle(ready_window, qtbot), ready_window.session.selection
    true, answer = (int(each[answers.are_wrong][0]) for each in (answers.labels, answers.answers))
    ordinary = page.bar.said.text()
    count = int(((answers.labels == true) & (answers.answers == answer)).sum())
    for how in ("button", "key", "escape"):
        selection.choose_classes(Classes(true, answer))
        assert page.bar.said.text() == f"showing {true} predicted as {answer}: {count} of 500 examples", how
        if how == "button":
            click(qtbot, page, QToolButton, "mapFitButton")
        else:
            page.view.setFocus()
            press(qtbot, ready_window, Qt.Key.Key_0 if how == "key" else Qt.Key.Key_Escape)
        assert selection.classes is None, how
        assert not page.view.dots.are_faded.any(), how
        assert page.bar.said.text() == ordinary, how
    said = []
    for classes in (Classes(4, None), Classes(None, 4), Classes(4, 4), Classes(None, None)):
        selection.choose_classes(classes)
        said.append(page.bar.said.text().split(": ")[0])
    assert said[0] == "showing class 4"
    assert said[1] == "showing predicted as 4"
    assert said[2] == "showing 4 predicted correctly"
    assert said[3] == ordinary


# ---- t-SNE


def slowly(monkeypatch: pytest.MonkeyPatch) -> tuple[Event, list[int]]:
    """The points are computed one example after the other, from the second on when that event is set."""
    opened, done = Event(), []

    def steps(network: Network, split: Split, rows: np.ndarray, layer: int, basis: PrincipalAxes) -> Any:
        found = project_in_steps(network, split, rows, layer, basis)
        for number in range(len(rows)):
            yield number
            opened.wait(10)
            done.append(layer)
        return (yield from found)

    monkeypatch.setattr(cloud_module, "project_in_steps", steps)
    return opened, done


def test_points_that_nobody_asks_for_any_more_are_given_up(
    page: MapPage, ready_window: CardWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    model = ready_window.session.models[MapModel]
    opened, done = slowly(monkeypatch)
    model.choose_layer(1)
    qtbot.waitUntil(lambda: ready_window.session.queries[MAP]._is_busy)
    model.changed.connect(lambda: model.embedding is not None and seen.append(model.embedding.source.layer))
    model.choose_layer(0)
    opened.set()
    qtbot.waitUntil(lambda: 0 in seen)
    assert done.count(1) <= 1
    assert 1 not in seen


def test_points_of_data_that_have_gone_are_not_shown(
    page: MapPage, ready_window: CardWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, opened = ready_window.session, Event()

    def steps(*given: Any) -> Any:
        found = yield from project_in_steps(*given)
        opened.wait(10)
        return found

    monkeypatch.setattr(cloud_module, "project_in_steps", steps)
    session.models[MapModel].fit_axes()
    qtbot.waitUntil(lambda: session.queries[MAP]._is_busy)
    data = made_up(3, 40, 784)
    session.data.dataset = data
    session.data.changed.emit()
    session.runs.show(new_run(Experiment(shape=(784, 5, 3), activations=("relu", "softmax"))))
    shown: list[Embedding] = []
    session.models[MapModel].changed.connect(
        lambda: session.models[MapModel].embedding is not None and shown.append(session.models[MapModel].embedding)
    )
    opened.set()
    placed(ready_window, qtbot)
    assert page.view.dots.inks.max() < 3
    assert all(embedding.source.network.shape == [784, 5, 3] for embedding in shown)


@needs_tsne
def test_tsne_of_one_moment(
    make_cards: MakeCards, load_with: Load, few_digits: Dataset, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 100 examples, in a third of the steps."""
    monkeypatch.setattr("nnviz.cards.map.tsne._EARLY", 100)
    monkeypatch.setattr("nnviz.cards.map.tsne._LATE", 150)
    assert few_digits.test is not None
    data = replace(few_digits, test=few_digits.test.head(100))
    load_with(lambda: data)
    ready_window = make_cards(*SHOWN)
    session, page = ready_window.session, page_of(ready_window)
    placed(ready_window, qtbot)
    ready_window.canvas.set_strokes([np.array(seven(ready_window.canvas))])
    train_epochs(qtbot, ready_window, 1)
    choose(qtbot, page, "mapMethodButton", TSNE)
    assert session.models[MapModel].tsne.is_running
    assert find(page, QToolButton, "mapArrangeButton").text() == "Stop"
    qtbot.waitUntil(lambda: session.models[MapModel].tsne.result is not None, timeout=60_000)
    first = session.models[MapModel].embedding
    assert first is not None
    assert first.neighbours is not None
    assert page.conclusion.conclusion is not None
    assert "at epoch 1" in page.bar.said.text()
    session.selection.choose_classes(Classes(1, None))
    assert page.bar.said.text().startswith("showing class 1: ")
    assert page.bar.said.text().endswith(" of 100 at epoch 1")
    session.selection.choose_classes(None)
    labels = page.view.dots.inks
    together = [np.ptp(first.points[labels == label], axis=0).mean() for label in range(10)]
    assert np.mean(together) < np.ptp(first.points, axis=0).mean()
    probe = session.queries[MAP_PLACE]
    qtbot.waitUntil(lambda: probe.is_up_to_date and probe.result is not None, timeout=20_000)
    assert (np.abs(probe.result) < 2 * np.abs(first.points).max()).all()
    assert session.models[MapModel].is_of_now
    session.edits.switch(Neuron(1, 4))
    assert "the network has changed since" in page.bar.said.text()
    session.edits.end_what_if()
    train_epochs(qtbot, ready_window, 1)
    assert session.models[MapModel].embedding is first, "it stays that of its moment"
    assert "at epoch 1 · now epoch 2" in page.bar.said.text()
    click(qtbot, page, QToolButton, "mapArrangeButton")
    assert session.models[MapModel].tsne.is_running
    assert session.models[MapModel].tsne.about.network is session.displayed.network
    click(qtbot, page, QToolButton, "mapArrangeButton")
    assert not session.models[MapModel].tsne.is_running
    choose(qtbot, page, "mapMethodButton", PCA)
    assert placed(ready_window, qtbot).tsne is None


@needs_tsne
def test_tsne_can_be_stopped_and_what_there_is_stays(page: MapPage, ready_window: CardWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    choose(qtbot, page, "mapMethodButton", TSNE)
    qtbot.waitUntil(lambda: session.models[MapModel].tsne.share > 0.15, timeout=60_000)
    click(qtbot, page, QToolButton, "mapArrangeButton")
    assert not session.models[MapModel].tsne.is_running
    assert session.models[MapModel].embedding is not None
    assert page.bar.progress.isHidden()
    assert page.conclusion.conclusion is None, "the neighbours of unfinished points are not counted"
    session.reset()
    qtbot.waitUntil(lambda: session.models[MapModel].embedding is None)
    assert "No t-SNE of this network yet" in page._note.text()

    # Of another part and layer.
    tsne = ready_window.session.models[MapModel].tsne
    choose(qtbot, page, "mapMethodButton", TSNE)
    choose(qtbot, page, "mapPartButton", "train")
    assert tsne.is_running
    assert tsne.about.part.name == "train"
    choose(qtbot, page, "mapLayerButton", "1")
    assert tsne.about.layer == 1
    choose(qtbot, page, "mapCountButton", "1000")
    assert tsne.about.most == 1000
    ready_window.session.mistakes.set_part("test")
    assert not tsne.is_running, "the other card has changed it: whether this is worth the time, a person says"
    assert page.bar.arrange.text() == "Arrange"


# ---- any data, any network


def other_data(make_cards: MakeCards, load_with: Load, qtbot: QtBot, data: Dataset, *hidden: int) -> CardWindow:
    """A window with that data and an untrained network that fits it."""
    load_with(lambda: data)
    window = make_cards(*SHOWN, "mistakesDock")
    qtbot.waitUntil(lambda: is_shown(window.session.data))
    is_classes = data.train.labels is not None
    output, loss = ("softmax", "cross-entropy") if is_classes else ("identity", "quadratic")
    activations = ("relu",) * len(hidden) + (output,)
    shape = (data.width, *hidden, data.outputs)
    window.session.runs.show(new_run(Experiment(shape=shape, activations=activations, loss=loss)))
    return window


@pytest.mark.parametrize("outputs", [1, 3])
def test_numbers_take_a_scale(make_cards: MakeCards, load_with: Load, qtbot: QtBot, outputs: int) -> None:
    rng = np.random.default_rng(4)
    split = Split(rng.normal(size=(300, 3)).astype(np.float32), rng.normal(size=(300, outputs)).astype(np.float32))
    window = other_data(make_cards, load_with, qtbot, Dataset("Numbers", split, split.head(100)), 5)
    page = page_of(window)
    placed(window, qtbot)
    assert page.scale.isVisible()
    assert not page.rings.isVisible()
    assert np.corrcoef(page.view.dots.inks, split.targets[:100, 0])[0, 1] > 0.95
    hover(page.view, point(page, 5))
    reported = find(page.view, QLabel, "readOut").text()
    assert ("target" if outputs == 1 else "output ") in reported
    circle(page, [1, 2, 3])
    assert len(window.session.mistakes.listed) >= 3
    made = page.table()
    assert made is not None
    assert made[0] == ["example", "x", "y", "target", "answer"]
    assert not page.grab().isNull()


@pytest.mark.parametrize("classes", [2, 100])
def test_a_table_of_columns(make_cards: MakeCards, load_with: Load, qtbot: QtBot, classes: int) -> None:
    names = ("<b>bold</b>", "a & b, a very long name indeed") if classes == 2 else ()
    window = other_data(make_cards, load_with, qtbot, made_up(classes, 4000, names=names), 8)
    page = page_of(window)
    placed(window, qtbot)
    assert page.classes.width() <= 120
    assert len(page.classes.keys) == min(classes, 12)
    hover(page.view, point(page, int(page.view.dots.points[:, 0].argmax())))
    read_out = find(page.view, QLabel, "readOut").text()
    assert "input 1" in read_out
    assert "<b>" not in read_out.lower().replace("&lt;b&gt;", "")
    assert not page.grab().isNull()


def test_deep_wide_and_tiny_networks(page: MapPage, ready_window: CardWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    for hidden in ((6,) * 60, (1000,), (1,), ()):
        shape, activations = (784, *hidden, 10), ("relu",) * len(hidden) + ("softmax",)
        session.runs.show(new_run(Experiment(shape=shape, activations=activations, loss="cross-entropy")))
        embedding = placed(ready_window, qtbot)
        assert embedding.source.network.shape == list(shape)
        assert embedding.source.layer == max(len(hidden), 1), shape
        assert np.isfinite(embedding.points).all(), shape
        assert not page.grab().isNull()
        if hidden == (1,):
            assert "one neuron" in page.bar.said.text()
            assert not embedding.points[:, 1].any()
        if len(hidden) == 60:
            entries = find(page.aside, ChoiceButton, "mapLayerButton").entries
            assert "60" in entries
            assert len(entries) < 50


def test_what_cannot_be_placed_is_reported(
    page: MapPage, ready_window: CardWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without the package it says how to get it.
    monkeypatch.setattr("nnviz.cards.map.model.is_installed", lambda: False)
    choose(qtbot, page, "mapMethodButton", TSNE)
    assert page._note.isVisible()
    assert page._note.text().endswith(install_advice("tsne"))
    choose(qtbot, page, "mapMethodButton", PCA)
    assert page.view.isVisible()

    # Activations that are not finite.
    session = ready_window.session
    broken = session.displayed.network.copy()
    broken.weights[0][:] = np.nan
    session.displayed.network = broken
    session.models[MapModel].fit_axes()
    session.displayed.changed.emit()
    placed(ready_window, qtbot)
    assert page._note.isVisible()
    assert "not finite" in page._note.text()
    assert page.table() is None

    # A network that does not fit.
    session = ready_window.session
    session.runs.show(new_run(Experiment(shape=(5, 3, 2), activations=("relu", "softmax"), loss="cross-entropy")))
    qtbot.waitUntil(lambda: session.models[MapModel].embedding is None)
    assert "does not fit" in page._note.text()
    assert not page.grab().isNull()


def test_the_mark_is_called_what_is_asked_about(ready_window: CardWindow, qtbot: QtBot) -> None:
    load(qtbot, ready_window, "penguins")
    page = page_of(ready_window)
    placed(ready_window, qtbot)
    probe = ready_window.session.queries[MAP_PLACE]
    qtbot.waitUntil(lambda: probe.is_up_to_date and probe.result is not None)
    assert page.view.mark_name == "row"


# ---- t-SNE without a window; in this file, as importing openTSNE takes a second


def clusters(each: int = 40, width: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Three clusters of points, and which each is in."""
    rng = np.random.default_rng(3)
    labels = np.repeat(np.arange(3), each)
    return rng.normal(size=(3, width))[labels] * 20 + rng.normal(size=(len(labels), width)), labels


def arranged(activations: np.ndarray, start: np.ndarray | None = None) -> TsneEmbedding:
    """All steps taken."""
    made = TsneEmbedding(activations, np.zeros((len(activations), 2)) if start is None else start)
    shares = list(made.steps())
    assert shares == sorted(shares)
    assert all(0 <= share < 1 for share in shares)
    return made


@needs_tsne
def test_what_is_alike_lies_together_and_stays_where_it_was() -> None:
    activations, labels = clusters()
    made = arranged(activations)
    points = made.points.copy()
    middles = np.array([points[labels == label].mean(axis=0) for label in range(3)])
    nearest = np.linalg.norm(points[:, None] - middles, axis=2).argmin(axis=1)
    assert (nearest == labels).all()
    assert points.dtype == np.float32

    # A further example is placed among those like it.
    place = made.place(activations[labels == 1].mean(axis=0))
    assert place is not None
    assert np.linalg.norm(middles - place, axis=1).argmin() == 1
    assert np.array_equal(made.points, points), "the others stay"

    # The next one begins where it was, so clusters keep their places from one snapshot to the next.
    again = arranged(activations + 0.01, points).points

    def order(points: np.ndarray) -> np.ndarray:
        middles = np.array([points[labels == label].mean(axis=0) for label in range(3)])
        return np.sign(middles[[0, 1, 2]] - middles[[1, 2, 0]])

    assert np.array_equal(order(points), order(again))


@needs_tsne
def test_each_step_shows_new_places() -> None:
    activations, _ = clusters()
    made = TsneEmbedding(activations, activations[:, :2])
    steps = made.steps()
    for _ in range(3):
        next(steps)
    first = made.points
    next(steps)
    assert not np.array_equal(first, made.points)
    steps.close()
    assert made.place(activations[0]) is not None, "also where it was stopped"


@needs_tsne
@pytest.mark.parametrize("count", [1, 4, 5, 12])
def test_few_points(count: int) -> None:
    activations, _ = clusters(each=10)
    made = arranged(activations[:count], activations[:count, :2])
    assert made.points.shape == (count, 2)
    assert np.isfinite(made.points).all()
    place = made.place(activations[0])
    assert (place is None) == (count < 5)


@needs_tsne
def test_equal_points() -> None:
    made = arranged(np.ones((30, 4)))
    assert np.isfinite(made.points).all()


@needs_tsne
def test_one_neuron() -> None:
    made = arranged(np.linspace(0, 1, 50)[:, None])
    assert np.isfinite(made.points).all()
