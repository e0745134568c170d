"""Tests of the robustness card with all kinds of data, and with deep, wide, tiny and broken networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Thread, current_thread, main_thread

import numpy as np
import pytest
from PyQt5.QtGui import QFontMetrics
from PyQt5.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset, Split
from engine.datasets.dataset import one_hot
from engine.experiment import Experiment
from engine.explain.perturbations import PERTURBATIONS, InputStatistics, input_statistics
from nnviz.cards.robustness import model as robustness
from nnviz.cards.robustness.card import RobustnessPage, scale_to
from nnviz.cards.robustness.model import PERTURBED, PerturbationStrength, RobustnessModel
from nnviz.session.run import new_run
from nnviz.ui import theme
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.mistakes.mistakes_helpers import made_up
from tests.nnviz.cards.robustness.robustness_helpers import measured, page_of, shown_example
from tests.nnviz.helpers import find, is_shown

Load = Callable[[Callable[[], Dataset]], None]


SHOWN = ("inspector",)  # cards


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards(*SHOWN, workspace="inside")


def other_data(
    make_cards: MakeCards, load_with: Load, qtbot: QtBot, data: Dataset, *hidden: int
) -> tuple[CardWindow, RobustnessPage]:
    """A window with that data and an untrained network that fits it, measured."""
    load_with(lambda: data)
    window = make_cards(*SHOWN)
    qtbot.waitUntil(lambda: is_shown(window.session.data))
    is_classes = data.train.labels is not None
    output, loss = ("softmax", "cross-entropy") if is_classes else ("identity", "quadratic")
    shape, activations = (data.width, *hidden, data.outputs), ("relu",) * len(hidden) + (output,)
    window.session.runs.show(new_run(Experiment(shape=shape, activations=activations, loss=loss)))
    page = page_of(window, qtbot)
    measured(window, qtbot)
    assert not page.grab().isNull()
    return window, page


def numbers(outputs: int) -> Dataset:
    """A table with targets, and no test examples."""
    rng = np.random.default_rng(4)
    inputs = rng.normal(size=(300, 3)).astype(np.float32)
    return Dataset("Numbers", Split(inputs, rng.normal(size=(300, outputs)).astype(np.float32)))


def test_a_table_has_two_curves_and_shows_what_changes(make_cards: MakeCards, load_with: Load, qtbot: QtBot) -> None:
    window, page = other_data(make_cards, load_with, qtbot, made_up(3, 200), 5)
    assert [plot.title for plot in page.plots.plots] == ["Noise", "Occlusion"]
    assert page.plots.plots[1].places == [0, 1, 2, 3, 4]
    window.session.models[RobustnessModel].point_at(PerturbationStrength("covered", 2.0))
    shown = shown_example(window, qtbot)
    changed = shown.inputs[0] != shown.inputs[1]
    assert changed.sum() == 2
    assert page.example.bars.isVisible()
    assert not page.example.picture.isVisible()
    assert page.example.title.text() == "Occlusion 2 columns"
    page.plots.opened.emit()
    assert window.session.sketch.drawing == (), "no picture for the canvas"


@pytest.mark.parametrize(
    ("largest", "words"),
    [(0.45, ["0", "0.25", "0.5"]), (4.5, ["0", "2.5", "5"]), (0.9, ["0", "0.5", "1"]), (45_000, ["0", "25k", "50k"])],
)
def test_ticks_of_an_rmse_say_where_they_are(largest: float, words: list[str]) -> None:
    scale = scale_to(largest)
    assert [word for _, word in scale.ticks] == words
    assert [place for place, _ in scale.ticks] == [0, scale.end / 2, scale.end]


@pytest.mark.parametrize("outputs", [1, 3])
def test_numbers_have_an_rmse(make_cards: MakeCards, load_with: Load, qtbot: QtBot, outputs: int) -> None:
    window, page = other_data(make_cards, load_with, qtbot, numbers(outputs), 5)
    of = " of target" if outputs == 1 else ""
    assert page.status.text() == f"RMSE{of} on 300 train examples at epoch 0"
    assert page.plots.colour == "train"
    assert page.plots.scale.end >= max(page.plots.plots[0].line.y)
    window.session.models[RobustnessModel].point_at(PerturbationStrength("noise", 1.0))
    shown_example(window, qtbot)
    assert page.example.after.answer.text() not in ("", "–")
    table = page.table()
    assert table is not None
    assert all(row[3] == "" for row in table[1])


def test_every_column_that_changes_can_be_reached(make_cards: MakeCards, load_with: Load, qtbot: QtBot) -> None:
    rng, names = np.random.default_rng(4), tuple(f"Stadt = Köln {number}" for number in range(30))
    inputs = rng.normal(size=(60, 30)).astype(np.float32)
    data = Dataset("Wide", Split(inputs, rng.normal(size=(60, 1)).astype(np.float32)), columns=names)
    window, page = other_data(make_cards, load_with, qtbot, data, 5)
    window.session.models[RobustnessModel].point_at(PerturbationStrength("noise", 1.0))
    shown_example(window, qtbot)
    bars = page.example.bars
    assert bars.count == 30
    assert page.example.changes.verticalScrollBar().maximum() > 0, "the last ones by scrolling"
    widest = QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance(names[-1])
    assert bars.name_width >= widest, "names are whole"


def test_pictures_that_are_not_square(make_cards: MakeCards, load_with: Load, qtbot: QtBot) -> None:
    rng, labels = np.random.default_rng(1), np.arange(60) % 2
    split = Split(rng.random((60, 6 * 10), np.float32), one_hot(labels, 2), labels)
    window, page = other_data(make_cards, load_with, qtbot, Dataset("Slips", split, split, (6, 10), ("a", "b")), 4)
    assert len(page.plots.plots) == len(list(PERTURBATIONS))
    window.session.models[RobustnessModel].point_at(PerturbationStrength("rotation", 90.0))
    assert len(shown_example(window, qtbot).inputs[1]) == 60
    assert page.example.picture.isVisible()
    page.plots.opened.emit()
    assert window.session.sketch.drawing == ()


@pytest.mark.parametrize("hidden", [(4,) * 60, (1000,), (1,), ()], ids=["deep", "wide", "one neuron", "none hidden"])
def test_networks_of_any_shape(
    make_cards: MakeCards, load_with: Load, qtbot: QtBot, few_digits: Dataset, hidden: tuple[int, ...]
) -> None:
    data = Dataset("Few", few_digits.train.head(200), few_digits.train.head(20), (28, 28), few_digits.class_names)
    _, page = other_data(make_cards, load_with, qtbot, data, *hidden)
    assert all(len(plot.line.x) == len(plot.places) for plot in page.plots.plots)


def test_names_of_classes_are_plain_text_and_shortened(make_cards: MakeCards, load_with: Load, qtbot: QtBot) -> None:
    names = ("<b>bold</b> and very long", "&other <i>")
    window, page = other_data(make_cards, load_with, qtbot, made_up(2, 60, 4, names), 3)
    window.session.models[RobustnessModel].point_at(PerturbationStrength("noise", 1.0))
    shown_example(window, qtbot)
    answer = page.example.before.answer
    assert answer.text()[:3] in ("<b>", "&ot")
    assert answer.fontMetrics().horizontalAdvance(answer.text()) <= answer.width()


def test_answers_that_are_not_finite_are_reported_calmly(make_cards: MakeCards, load_with: Load, qtbot: QtBot) -> None:
    load_with(lambda: numbers(1))
    window = make_cards(*SHOWN)
    qtbot.waitUntil(lambda: is_shown(window.session.data))
    experiment = Experiment(shape=(3, 4, 1), activations=("identity", "identity"), loss="quadratic")
    run = new_run(experiment)
    run.parameters[:] = 3e38
    window.session.runs.show(run)
    page = page_of(window, qtbot)
    note = find(page, QLabel, "robustNothing")
    qtbot.waitUntil(lambda: note.isVisible() and note.text() == "The outputs of the network are not finite.")
    assert window.session.messages.current is None


def test_a_loss_that_cannot_have_the_targets(make_cards: MakeCards, load_with: Load, qtbot: QtBot) -> None:
    load_with(lambda: numbers(2))
    window = make_cards(*SHOWN)
    qtbot.waitUntil(lambda: is_shown(window.session.data))
    window.session.runs.show(new_run(Experiment(shape=(3, 4, 2), activations=("relu", "softmax"))))
    note = find(page_of(window, qtbot), QLabel, "robustNothing")
    qtbot.waitUntil(lambda: note.text().startswith("The network's loss does not fit the data: targets must"))


def test_a_network_that_does_not_fit_the_data(ready_window: CardWindow, qtbot: QtBot) -> None:
    ready_window.session.runs.show(new_run(Experiment(shape=(3, 4, 2), activations=("relu", "softmax"))))
    page = page_of(ready_window, qtbot)
    note = find(page, QLabel, "robustNothing")
    assert note.isVisible()
    assert "does not fit" in note.text()
    assert not page.measure_button.isEnabled()
    assert page.table() is None


def test_other_data_takes_the_place_of_what_was_pointed_at(
    make_cards: MakeCards, load_with: Load, qtbot: QtBot, few_digits: Dataset
) -> None:
    assert few_digits.test is not None
    digits = replace(few_digits, test=few_digits.test.head(30))
    window, page = other_data(make_cards, load_with, qtbot, digits, 4)
    model = window.session.models[RobustnessModel]
    model.point_at(PerturbationStrength("rotation", 30.0))
    window.session.data.dataset = made_up(3, 60)
    window.session.data.changed.emit()
    assert model.measured is None
    assert model.pointed is None
    window.session.runs.show(new_run(Experiment(shape=(4, 3, 3), activations=("relu", "softmax"))))
    measured(window, qtbot)
    assert len(page.plots.plots) == 2


def test_a_large_table_is_not_measured_in_the_interfaces_thread(
    make_cards: MakeCards, load_with: Load, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[Thread] = []

    def noted(data: Dataset) -> InputStatistics:
        threads.append(current_thread())
        return input_statistics(data)

    monkeypatch.setattr(robustness, "input_statistics", noted)
    window, _ = other_data(make_cards, load_with, qtbot, made_up(3, 400), 5)
    model = window.session.models[RobustnessModel]
    for _ in range(3):  # quick enough for the interface's thread
        model.point_at(None)
        shown_example(window, qtbot)
        window.session.queries[PERTURBED].hurry()
    model.point_at(PerturbationStrength("noise", 0.5))
    shown_example(window, qtbot)
    assert threads
    assert main_thread() not in threads
