"""Tests of the explanation card: choices, the film of the smallest change, unusual data and networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, QRect, QSize, Qt
from PyQt5.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from engine.datasets.dataset import Dataset, Split, classification_split, regression_split
from nnviz.cards.explanation.bar_rows import BarRows
from nnviz.cards.explanation.card import ExplanationPage
from nnviz.cards.explanation.conclusion import REGIONS, shown_parts
from nnviz.cards.explanation.explanation_data import INTEGRATED, LAYERS, MEAN, METHODS, NEAREST, OCCLUSION
from nnviz.cards.explanation.model import CONTRIBUTIONS, COUNTERFACTUAL, Explanation
from nnviz.cards.explanation.number_account import account_of
from nnviz.cards.explanation.pictures import ImageRows
from nnviz.cards.explanation.strips import LayerStrips
from nnviz.formatting import text
from nnviz.session.predicted_class import predicted_class_of
from nnviz.session.selection import Example, Neuron
from nnviz.session.status import Status
from nnviz.ui.conclusion_label import ConclusionLabel
from nnviz.ui.read_out import ReadOut
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.cards.stage.plane.plane_helpers import load
from tests.nnviz.helpers import (
    click,
    drag,
    find,
    hover,
    is_shown,
    leave,
    pick,
    seven,
    show_page,
    train_epochs,
    wait_for,
    wait_for_answer,
)

RNG = np.random.default_rng(5)


SHOWN = ("inspector",)  # cards


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards(*SHOWN)


def settle(qtbot: QtBot, window: AnyWindow) -> None:
    """Until both answers are those to the question of now."""
    probes = window.session.queries
    qtbot.waitUntil(
        lambda: probes[CONTRIBUTIONS].is_up_to_date and probes[COUNTERFACTUAL].is_up_to_date, timeout=20_000
    )


def card_of(window: AnyWindow) -> ExplanationPage:
    card = window.card("whyDock")
    assert isinstance(card, ExplanationPage)
    return card


def inside(qtbot: QtBot, window: AnyWindow) -> ExplanationPage:
    window.show_workspace("inside")
    show_page(window, "whyDock")
    card = card_of(window)
    qtbot.waitUntil(lambda: card.in_view)
    return card


@pytest.fixture
def card(ready_window: CardWindow, qtbot: QtBot) -> ExplanationPage:
    return explaining(qtbot, ready_window)


def explaining(qtbot: QtBot, window: AnyWindow) -> ExplanationPage:
    """In view, of a network that has learned a little, and with a seven drawn."""
    train_epochs(qtbot, window, 3)
    card = inside(qtbot, window)
    window.session.sketch.draw(())
    drag(window.canvas, seven(window.canvas))
    settle(qtbot, window)
    return card


def captions(card: ExplanationPage) -> list[str]:
    assert isinstance(card.view.content, ImageRows)
    return [pane.caption for pane in card.view.content.rows[0]]


def other_network(qtbot: QtBot, window: CardWindow, hidden: tuple[int, ...]) -> None:
    """An untrained one that fits the data."""
    window.session.settings.change("shape", hidden=hidden)
    window.session.reset()
    outputs = window.session.data.dataset.outputs  # type: ignore[union-attr]
    shape = [window.session.data.dataset.width, *hidden, outputs]  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: window.session.displayed.network.shape == shape)
    wait_for(qtbot, window, Status.READY)


def test_of_a_number_it_says_how_the_prediction_adds_up(ready_window: CardWindow, qtbot: QtBot) -> None:
    load(qtbot, ready_window, "mpg")
    train_epochs(qtbot, ready_window, 3)
    ready_window.session.question.set_data_example(Example("test", 0))
    card = inside(qtbot, ready_window)
    settle(qtbot, ready_window)
    found, meaning = card.contributions, ready_window.session.meaning
    assert found is not None
    value = meaning.target(float(ready_window.session.prediction[0]))
    assert card.title == f"Why {text.figure(value, 3)} mpg"
    (start, from_what), (total, _), (end, _) = account_of(found, "the average row", meaning)
    assert from_what == "for the average row"
    assert end == text.figure(value, 3)
    assert float(total.replace("−", "-")) == pytest.approx(found.parts[0].sum() * meaning.spread(), rel=0.01)
    network, average = found.query.network, found.baseline
    assert float(start) == pytest.approx(meaning.target(float(network.predict(average[None])[0, 0])), rel=0.01)
    assert card.account.isVisible()


# ---- the drawing


def test_of_an_empty_canvas_nothing_is_asked(ready_window: CardWindow, qtbot: QtBot) -> None:
    card = inside(qtbot, ready_window)
    ready_window.session.sketch.draw(())
    assert card.view.content is None
    assert card.view.line == "draw something to explain its prediction"
    assert not find(card, QToolButton, "playChangeButton").isVisible()
    assert card.table() is None


def test_a_mistake_is_compared_with_its_true_class(
    card: ExplanationPage, ready_window: CardWindow, qtbot: QtBot
) -> None:
    """On the canvas, until something is drawn over it, and on an empty canvas; a choice stays."""
    session = ready_window.session
    test, network = session.data.dataset.test, session.displayed.network
    best, second = np.argsort(-network.predict(test.scaled_inputs()))[:, :2].T
    truth = test.labels
    number = int(np.flatnonzero((best != truth) & (second != truth))[0])
    asked = best[number], truth[number]
    session.question.set_data_example(Example("test", number))
    settle(qtbot, ready_window)
    assert captions(card) == [f"for {asked[0]}", f"for {asked[1]}", f"makes it a {asked[1]}"]

    pick(qtbot, ready_window, "whyNotCombo", str(second[number]))
    settle(qtbot, ready_window)
    assert captions(card)[:2] == [f"for {asked[0]}", f"for {second[number]}"]
    session.models[Explanation].compare(None, None)

    session.sketch.replace("clear", ())
    session.selection.choose_example(Example("test", number))
    settle(qtbot, ready_window)
    assert captions(card)[:2] == [f"for {asked[0]}", f"for {asked[1]}"]

    session.question.set_data_example(Example("test", number))
    drag(ready_window.canvas, seven(ready_window.canvas))
    settle(qtbot, ready_window)
    verdict = session.question.verdict
    assert captions(card)[:2] == [f"for {verdict.best}", f"for {verdict.second}"], "the truth of a drawing is not known"


def test_its_tab_names_both_classes_whichever_page_is_in_front(
    card: ExplanationPage, ready_window: CardWindow, qtbot: QtBot
) -> None:
    panel, question, model = ready_window.card("inspector"), ready_window.session.question, Explanation

    def tab() -> str:
        return str(panel.tabs.tabText(panel.pages.index(card)))

    one, other = (caption.removeprefix("for ") for caption in captions(card)[:2])
    assert tab() == f"Why {one}, not {other}"
    front = show_page(ready_window, "mapPage")
    third = next(number for number in range(10) if number not in (int(one), int(other)))
    ready_window.session.models[model].compare_with(third)
    assert tab() == f"Why {one}, not {third}"
    question.set_data_example(Example("test", 0))
    wait_for_answer(qtbot, ready_window)
    assert tab().startswith(f"Why {question.verdict.best}, not ")
    ready_window.session.sketch.replace("clear", ())
    qtbot.waitUntil(lambda: tab() == "Why")
    assert panel.page is front


def test_a_choice_is_dropped_if_it_no_longer_includes_the_prediction(
    card: ExplanationPage, ready_window: CardWindow, qtbot: QtBot
) -> None:
    session = ready_window.session
    test, network = session.data.dataset.test, session.displayed.network
    outputs = network.predict(test.scaled_inputs())
    ranked = np.argsort(-outputs, kind="stable")
    right = ranked[:, 0] == test.labels
    (sevens,), (ones,), (others,) = (
        np.nonzero(right & of)
        for of in (ranked[:, 0] == 7, (ranked[:, 0] == 1) & (ranked[:, 1] != 7), ~np.isin(ranked[:, 0], (1, 7)))
    )
    rivals = [int(number) for number in others if ranked[number, 1] != 1]

    def explain(number: int) -> tuple[list[str], str]:
        session.question.set_data_example(Example("test", number))
        settle(qtbot, ready_window)
        return captions(card)[:2], card.other_combo.currentText()

    explain(int(sevens[0]))
    pick(qtbot, ready_window, "whyNotCombo", "1")
    settle(qtbot, ready_window)
    assert captions(card)[:2] == ["for 7", "for 1"]
    assert explain(int(sevens[1])) == (["for 7", "for 1"], "1"), "also for another 7"
    assert explain(int(ones[0])) == (["for 1", "for 7"], "7"), "the network predicts a 1: that is explained"
    best, second, *_ = ranked[rivals[0]]
    assert explain(rivals[0]) == ([f"for {best}", f"for {second}"], "default")
    rival = ranked[int(sevens[0]), 1]
    assert explain(int(sevens[0])) == (["for 7", f"for {rival}"], "default"), "it has been dropped for good"


# ---- the conclusion


def test_the_conclusion_is_that_of_the_displayed_network(
    card: ExplanationPage, ready_window: CardWindow, qtbot: QtBot
) -> None:
    session = ready_window.session
    label, verdict = find(card, ConclusionLabel, "whyConclusion"), session.question.verdict
    assert label.conclusion is not None
    assert verdict is not None
    assert f"{verdict.best}" in label.conclusion.text
    assert card.contributions is not None
    found, parts = card.contributions, shown_parts(card.contributions)
    assert found.removal is not None
    pixels = found.query.example.copy()
    for part in found.removal.parts:
        pixels[found.regions[part]] = 0
    best = predicted_class_of(session.displayed.network.predict(pixels[None])[0])
    assert (best.best != verdict.best) == bool(parts)
    assert f"{best.best} ({100 * best.confidence:.0f} %)." in label.conclusion.text
    if 0 < len(parts) <= 3:
        assert all(REGIONS[part] in label.conclusion.lead for part in parts)
    assert isinstance(card.view.content, ImageRows)
    assert len(card.view.content.rows[0][0].outlined) == len(parts), "the parts have outlines in the first image"
    model = session.models[Explanation]

    # The change is played and goes to the canvas.
    end = captions(card)[2]
    card._film.setInterval(1)
    seen = set()
    card._film.timeout.connect(lambda: seen.add(captions(card)[2]))
    click(qtbot, ready_window, QToolButton, "playChangeButton")
    assert captions(card)[2].endswith("%")
    qtbot.waitUntil(lambda: not card._film.isActive())
    assert captions(card)[2] == end
    assert len(seen) > 2

    # On the canvas it gets the other answer.
    turning, before = card.counterfactual, ready_window.session.sketch.drawing
    assert turning is not None
    click(qtbot, ready_window, QToolButton, "changeToCanvasButton")
    wait_for_answer(qtbot, ready_window)
    verdict = ready_window.session.question.verdict
    assert verdict is not None
    assert verdict.best == turning.to
    ready_window.session.undo.undo()
    assert ready_window.session.sketch.drawing is before
    settle(qtbot, ready_window)

    # Two outputs are explained against a baseline, and others are chosen.
    verdict = ready_window.session.question.verdict
    assert verdict is not None
    assert captions(card) == [f"for {verdict.best}", f"for {verdict.second}", f"makes it a {verdict.second}"]
    assert card.sum_label.text().startswith("sums to ")
    assert card.change_label.text().startswith("smallest change ")
    assert (card.one_combo._shown, card.other_combo._shown) == (str(verdict.best), str(verdict.second))

    # Words are plain text.
    for each in card.findChildren(QLabel):
        assert isinstance(each, ConclusionLabel) or "<" not in each.text()

    # The entries of a list are whole.
    for combo in (card.one_combo, card.other_combo):
        combo.showPopup()
        view = combo.view()
        qtbot.waitUntil(view.isVisible)
        metrics = view.fontMetrics()
        entries = [combo.itemText(index) for index in range(combo.count())]
        assert view.viewport().width() >= max(map(metrics.horizontalAdvance, entries)) + 8
        combo.hidePopup()

    # Another baseline is another question.
    assert card.contributions is not None
    assert not card.contributions.baseline.any()
    pick(qtbot, ready_window, "whyBaselineCombo", "the mean image")
    settle(qtbot, ready_window)
    assert card.contributions.baseline.any()
    assert not card.baseline_combo.itemIcon(card.baseline_combo.currentIndex()).isNull(), "it is shown as a picture"
    assert ready_window.session.models[Explanation].baseline == MEAN

    # Another class is compared, but the predicted one is not compared with itself.
    assert not card.one_combo.isEnabled(), "the predicted class is explained"
    pick(qtbot, ready_window, "whyNotCombo", "8")
    settle(qtbot, ready_window)
    assert captions(card)[:2] == [f"for {verdict.best}", "for 8"]
    pick(qtbot, ready_window, "whyNotCombo", str(verdict.best))
    settle(qtbot, ready_window)
    assert captions(card)[:2] == [f"for {verdict.best}", f"for {verdict.second}"]
    assert card.other_combo.currentIndex() == 0

    # Every method, behind Details, shows something, and has a table.
    assert not card.method_combo.isVisible()
    click(qtbot, ready_window, QPushButton, "whyDetailsButton")
    for method in METHODS:
        pick(qtbot, ready_window, "whyMethodCombo", method)
        settle(qtbot, ready_window)
        kinds = {LAYERS: LayerStrips, NEAREST: ImageRows}
        assert isinstance(card.view.content, kinds.get(method, ImageRows)), method
        assert card.sum_label.text(), method
        assert card.baseline_combo.isVisible() == (method not in kinds), method
        table = card.table()
        assert table is not None, method
        rows = list(table[1])
        assert rows, method
        assert {len(row) for row in rows} == {len(table[0])}, method
        hover(card.view, (20, 20))
        assert shown_read_outs(card), method
        leave(card.view)
        assert not shown_read_outs(card), method

    # A click on a neuron or an example chooses it.
    session.models[Explanation].choose(method=LAYERS)
    settle(qtbot, ready_window)
    assert card.contributions is not None
    wanted, content, within = (2, int(card.contributions.layers[2].argmax())), card.view.content, card.view.rect()
    assert content is not None
    spots = (QPoint(x, y) for y in range(within.height()) for x in range(within.width()))
    place = next(spot for spot in spots if content.found_at(within, spot) == wanted)
    qtbot.mouseClick(card.view, Qt.MouseButton.LeftButton, pos=place)
    assert session.selection.neuron == Neuron(*wanted)
    session.models[Explanation].choose(method=NEAREST)
    settle(qtbot, ready_window)
    assert card.counterfactual is not None
    qtbot.mouseClick(card.view, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    assert session.selection.example == Example("train", card.counterfactual.neighbours[0][0].number)

    # It follows the drawing, and clears with it.
    model.choose(method=METHODS[0])
    session.selection.choose_example(None)
    settle(qtbot, ready_window)
    before = card.view.content
    side = ready_window.canvas.height()
    drag(ready_window.canvas, [(0.3 * side, 0.5 * side), (0.7 * side, 0.5 * side)])
    settle(qtbot, ready_window)
    assert card.view.content is not before

    # The network that learns is asked again.
    probes = ready_window.session.queries
    before = probes[CONTRIBUTIONS].result
    train_epochs(qtbot, ready_window, 4)
    probes.hurry()
    settle(qtbot, ready_window)
    assert probes[CONTRIBUTIONS].result is not before
    assert card.contributions is not None
    assert card.contributions.query.network is ready_window.session.displayed.network

    click(qtbot, ready_window, QToolButton, "clearButton")
    qtbot.waitUntil(lambda: card.view.content is None and label.conclusion is None)
    assert card.view.line == "draw something to explain its prediction"

    # Out of view it asks nothing.
    ready_window.show_workspace("train")
    assert not probes[CONTRIBUTIONS].is_wanted
    assert not probes[COUNTERFACTUAL].is_wanted
    before = probes[CONTRIBUTIONS].result
    drag(ready_window.canvas, seven(ready_window.canvas))
    wait_for_answer(qtbot, ready_window)
    assert probes[CONTRIBUTIONS].result is before


def test_in_its_place_it_is_whole_at_any_size(whole_window: MainWindow, qtbot: QtBot) -> None:
    # Another workspace does not make the window grow.
    whole_window.resize(1280, 720)
    QApplication.processEvents()
    assert whole_window.height() == 720
    inside(qtbot, whole_window)
    QApplication.processEvents()
    assert whole_window.height() == 720

    # Its figures are beside the pictures, and whole.
    whole_window.resize(1440, 900)
    card = explaining(qtbot, whole_window)
    click(qtbot, whole_window, QPushButton, "whyDetailsButton")
    for size in (QSize(1440, 900), QSize(1280, 720)):
        whole_window.resize(size)
        qtbot.waitUntil(lambda size=size: whole_window.size() == size)
        QApplication.processEvents()
        expect_read_outs_beside_pictures(card)
        expect_whole_words(card)

    # Enlarged a sentence stays together.
    panel = whole_window.card("inspector")
    whole_window.cards.toggle(panel)
    qtbot.waitUntil(lambda: card.width() > 1000)
    QApplication.processEvents()
    words, combo = card.sum_label, card.baseline_combo
    end = words.mapTo(card, QPoint(words.fontMetrics().horizontalAdvance(words.text()), 0)).x()
    assert 0 <= combo.mapTo(card, QPoint(0, 0)).x() - end < 12


def shown_read_outs(card: ExplanationPage) -> list[ReadOut]:
    """Those in its window: some lie over more than the page."""
    return [each for each in card.window().findChildren(ReadOut) if each.isVisible() and each.text()]


def expect_read_outs_beside_pictures(card: ExplanationPage) -> None:
    """A read-out covers no small picture."""
    assert isinstance(card.view.content, ImageRows)
    within = card.view.rect()
    pictures = [card.view.content.place(within, 0, column) for column in range(3)]
    assert pictures[0].right() < pictures[1].left() < pictures[1].right() < pictures[2].left()
    for picture in pictures:
        hover(card.view, (picture.center().x(), picture.center().y()))
        (shown,) = shown_read_outs(card)
        assert "row" in shown.text()
        corner = card.view.mapFrom(shown.parentWidget(), shown.pos())
        if card.view.content.are_small(within):
            assert not [each for each in pictures if each.intersects(QRect(corner, shown.size()))]
    assert not card.view.toolTip()
    leave(card.view)


def expect_whole_words(card: ExplanationPage) -> None:
    """No words are cut."""
    assert card.sum_label.isVisible()
    assert card.sum_label.width() >= card.sum_label.sizeHint().width()
    assert card.change_label.shown in (card.change_label.text(), *card.change_label._shorter)
    for combo in (card.method_combo, card.baseline_combo):
        assert combo.shown == combo.currentText(), card.window().size()


# ---- any data


def table_of(classes: int) -> Dataset:
    inputs = RNG.random((120, 6), np.float32) * 4
    labels = RNG.integers(0, classes, 120)
    split = classification_split("train", inputs, labels, 6, classes)
    return Dataset("Table", split, split, class_names=tuple(f"<i>kind {n}</i>" for n in range(classes)))


def numbers_of(outputs: int) -> Dataset:
    split = regression_split(
        "train", RNG.random((120, 6), np.float32), RNG.random((120, outputs), np.float32), 6, outputs
    )
    return Dataset("Numbers", split, split)


DATA: dict[str, Callable[[], Dataset]] = {
    "a table": lambda: table_of(3),
    "one number": lambda: numbers_of(1),
    "two numbers": lambda: numbers_of(2),
}


@pytest.mark.parametrize("kind", DATA)
def test_a_chosen_example_of_columns(
    make_cards: MakeCards, load_with: Callable[..., None], qtbot: QtBot, kind: str
) -> None:
    load_with(DATA[kind])
    window = make_cards(*SHOWN)
    qtbot.waitUntil(lambda: is_shown(window.session.data))
    if kind != "a table":
        window.session.settings.change("loss", loss="quadratic", output="identity")
    other_network(qtbot, window, (8,))
    card = inside(qtbot, window)
    assert card.view.line == "", "it begins with a row of the data"
    assert window.session.models[Explanation].baseline == MEAN
    window.session.selection.choose_example(Example("test", 3))
    for method in METHODS:
        window.session.models[Explanation].choose(method=method)
        settle(qtbot, window)
        qtbot.waitUntil(lambda: card.view.content is not None)
        assert isinstance(card.view.content, LayerStrips if method == LAYERS else BarRows)
        card.view.grab()
        assert card.table() is not None
    assert not find(card, QToolButton, "changeToCanvasButton").isVisible()
    assert find(card, QComboBox, "whyNotCombo").isVisible() == (kind != "one number")


def test_a_category_changes_as_a_whole(make_cards: MakeCards, load_with: Callable[..., None], qtbot: QtBot) -> None:
    table = table_of(3)
    inputs = table.train.inputs.copy()
    inputs[:, 3:] = np.eye(3)[RNG.integers(0, 3, len(inputs))]
    split = replace(table.train, inputs=inputs)
    load_with(lambda: replace(table, train=split, test=split, categories=((3, 4, 5),)))
    window = make_cards(*SHOWN)
    qtbot.waitUntil(lambda: is_shown(window.session.data))
    other_network(qtbot, window, (8,))
    inside(qtbot, window)
    found = 0
    for number in range(4):
        window.session.selection.choose_example(Example("test", number))
        settle(qtbot, window)
        turning = window.session.queries[COUNTERFACTUAL].result
        if turning.changed is not None:
            found += 1
            assert sorted(turning.changed[3:]) == [0, 0, 1]
    assert found


def test_any_network(ready_window: CardWindow, qtbot: QtBot) -> None:
    """A deep one, a wide one, one of one neuron, and one without hidden layers."""
    card = inside(qtbot, ready_window)
    drag(ready_window.canvas, seven(ready_window.canvas))
    for hidden in ((6,) * 60, (400,), (1,), ()):
        other_network(qtbot, ready_window, hidden)
        for method in (INTEGRATED, LAYERS, NEAREST, OCCLUSION):
            ready_window.session.models[Explanation].choose(method=method)
            settle(qtbot, ready_window)
            assert card.view.content is not None, (hidden, method, card.view.line)
            card.view.grab()


def test_a_network_that_does_not_fit_the_data_is_reported(
    ready_window: CardWindow, few_digits: Dataset, qtbot: QtBot
) -> None:
    def halved(split: Split | None) -> Split:
        assert split is not None
        return replace(split, inputs=split.inputs[:, :392])

    train_epochs(qtbot, ready_window, 1)
    card = inside(qtbot, ready_window)
    drag(ready_window.canvas, seven(ready_window.canvas))
    data = replace(few_digits, train=halved(few_digits.train), test=halved(few_digits.test), example_shape=(14, 28))
    ready_window.session.data.dataset = data
    ready_window.session.data.changed.emit()
    assert card.view.line == "the network has 784 inputs, the data have 392"
    settle(qtbot, ready_window)


def test_outputs_that_are_not_finite_are_reported(ready_window: CardWindow, qtbot: QtBot, tmp_path: Path) -> None:
    card = inside(qtbot, ready_window)
    network = ready_window.session.displayed.network
    ready_window.session.displayed.network = network.with_parameters(np.full_like(network.parameters, np.nan))
    ready_window.session.displayed.changed.emit()
    drag(ready_window.canvas, seven(ready_window.canvas))
    settle(qtbot, ready_window)
    qtbot.waitUntil(lambda: card.view.line == "the outputs are not finite")
