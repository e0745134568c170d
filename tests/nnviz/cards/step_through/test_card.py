"""The page "Step through": every number opens into its formula, whatever the data and the network."""

from __future__ import annotations

import gc
from collections.abc import Callable
from threading import Event
from weakref import ref

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtWidgets import QLabel, QPushButton, QSlider, QSpinBox
from pytestqt.qtbot import QtBot

from engine.datasets.arrays import Arrays, dataset_of
from engine.datasets.dataset import Dataset, classification_split, regression_split
from engine.explain.step_trace import BIAS
from nnviz.cards.step_through import model as step_through
from nnviz.cards.step_through.card import StepThroughPage
from nnviz.cards.step_through.model import StepThrough
from nnviz.cards.step_through.navigation import (
    PathStop,
    StepPhase,
    StepStage,
    Stride,
    all_stages,
    next_stop,
    stage_number,
)
from nnviz.cards.step_through.view import effect_text
from nnviz.formatting.conclusion import Conclusion
from nnviz.jobs.stepwise import Steps
from nnviz.session.exact_replay import ExactReplay, ReplayRequest
from nnviz.session.selection import Example, Neuron
from nnviz.session.status import Status
from nnviz.ui.conclusion_label import ConclusionLabel
from nnviz.ui.pages import TabbedCard
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.helpers import MANY_EPOCHS, click, click_tab, find, hover, is_shown

SEVEN = [np.array([[60, 60], [120, 55], [180, 60], [150, 120], [120, 200]], float)]


SHOWN = ("inspector",)  # cards


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards(*SHOWN)


def page_of(window: CardWindow, qtbot: QtBot) -> StepThroughPage:
    """In front, with the step on the next batch."""
    window.session.models[StepThrough].choose(of_example=False)
    window.show_workspace("inside")
    card = window.card("inspector")
    assert isinstance(card, TabbedCard)
    click_tab(qtbot, window, "stepThroughTab")
    page = card.page
    assert isinstance(page, StepThroughPage)
    newest(page, window, qtbot)
    return page


def newest(page: StepThroughPage, window: CardWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.session.models[StepThrough].is_newest)
    assert not page.grab().isNull()


@pytest.fixture
def page(ready_window: CardWindow, qtbot: QtBot) -> StepThroughPage:
    return page_of(ready_window, qtbot)


def go(page: StepThroughPage, phase: StepPhase, layer: int) -> None:
    page.go_to(all_stages(len(page._shape) - 1).index(StepStage(phase, layer)))
    assert not page.grab().isNull()


def shown(page: StepThroughPage) -> dict[str, tuple[str, ...]]:
    """The numbers of the stage by name."""
    rows = page.parts.numbers.rows
    return {rows.name(place): rows.texts(place) for place in range(rows.count)}


def lines(page: StepThroughPage) -> list[tuple[str, str]]:
    """The formulas: their names, and their right sides with numbers."""
    rows = page.parts.lines.rows
    assert rows.second is not None
    return [(rows.name(place), rows.second(place)[0]) for place in range(rows.count)]


def pick(qtbot: QtBot, widget: object, place: int) -> None:
    """Clicks the row or cell of that number."""
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=widget.place_of(place).center())  # type: ignore[attr-defined]


def test_it_begins_with_the_example_on_the_stage(ready_window: CardWindow, qtbot: QtBot) -> None:
    ready_window.show_workspace("inside")
    example = ready_window.session.question.example
    assert example is not None, "without a drawing a random one"
    click_tab(qtbot, ready_window, "stepThroughTab")
    model = ready_window.session.models[StepThrough]
    qtbot.waitUntil(lambda: model.is_newest)
    assert model.recorded is not None
    np.testing.assert_array_equal(model.recorded.step.inputs[0], example)


# ---- the way


def test_one_walks_by_phases_layers_and_neurons() -> None:
    shape = [4, 3, 2]
    names = [(stage.phase.value, stage.layer) for stage in all_stages(2)]
    for layers in (1, 2, 5):
        assert [stage_number(stage, layers) for stage in all_stages(layers)] == list(range(3 * layers + 2))
    assert names[:4] == [("forward", 0), ("forward", 1), ("forward", 2), ("loss", 2)]
    assert names[4:] == [("backward", 2), ("backward", 1), ("update", 1), ("update", 2)]
    for stride, stops in ((Stride.WHOLE, 3), (Stride.LAYER, 7), (Stride.NEURON, 16)):
        stop, count = PathStop(0, 0), 0
        while (after := next_stop(stop, shape, stride, True)) != stop:
            assert next_stop(after, shape, stride, False).stage <= after.stage
            stop, count = after, count + 1
        assert count == stops
    back = PathStop(2, 0)
    assert next_stop(back, shape, Stride.NEURON, False) == PathStop(1, 2)
    assert next_stop(PathStop(1, 2), shape, Stride.NEURON, True) == back
    assert next_stop(PathStop(0, 0), shape, Stride.WHOLE, False) == PathStop(0, 0)


# ---- numbers


def test_where_a_weights_change_comes_from(page: StepThroughPage, ready_window: CardWindow, qtbot: QtBot) -> None:
    written = ready_window.session.models[StepThrough].recorded
    assert written is not None
    ready_window.session.selection.choose_neuron(Neuron(2, 3))
    go(page, StepPhase.UPDATE, 2)
    pick(qtbot, page.parts.numbers, 2)
    view = page._content.position  # type: ignore[union-attr]
    before, gradient, after = written.step.parameters_of(2, 3)
    name = page.parts.numbers.rows.name(2)
    said_before, said_after = (float(words.replace("−", "-")) for words in shown(page)[name])
    assert said_before == pytest.approx(before[view.source], abs=1e-4)
    assert said_after - said_before == pytest.approx(after[view.source] - before[view.source], rel=0.1)
    said = lines(page)
    assert [line for line, _ in said] == ["gradient", "step", "weight after"]
    assert f"{gradient[view.source]:.3g}".lstrip("-") in said[1][1]
    assert f"{before[view.source]:.3g}".lstrip("-") in said[2][1]
    assert "example" in page.parts.terms.rows.name(0)
    assert "→" in find(page, QLabel, "stepResult").text()

    # A click measures the gradient.
    go(page, StepPhase.UPDATE, 3)
    click(qtbot, ready_window, QPushButton, "checkGradientButton")
    result = find(page, QLabel, "stepResult")
    qtbot.waitUntil(lambda: "measured" in result.text())
    measured, gradient = (float(part.split()[-1].replace("−", "-")) for part in result.text().split("·"))
    assert measured == pytest.approx(gradient, rel=1e-3, abs=1e-8)

    # The bias has its update.
    go(page, StepPhase.UPDATE, 3)
    names = list(shown(page))
    page._pick(names.index("bias"))
    assert page._content is not None
    assert page._content.position.source == BIAS
    assert lines(page)[-1][0] == "bias after"


def test_a_tiny_change_can_be_seen(page: StepThroughPage, ready_window: CardWindow, qtbot: QtBot) -> None:
    ready_window.session.settings.change("learning rate", learning_rate=1e-5)
    newest(page, ready_window, qtbot)
    go(page, StepPhase.UPDATE, 2)
    before, after = page.parts.numbers.rows.texts(0)
    assert before != after
    assert find(page, QLabel, "stepResult").text().startswith(f"weight {before}"[:12])
    first, second = find(page, QLabel, "stepResult").text().split(" (")[0].split(" → ")
    assert first.split()[-1] != second


def test_what_is_chosen_here_and_elsewhere_is_shown_in_every_part(
    page: StepThroughPage, ready_window: CardWindow, qtbot: QtBot
) -> None:
    # What is chosen elsewhere is shown and the other way round.
    selection = ready_window.session.selection
    selection.choose_neuron(Neuron(1, 7))
    assert page.stage == StepStage(StepPhase.FORWARD, 1)
    assert page.parts.numbers.chosen == 7
    pick(qtbot, page.parts.numbers, 2)
    assert selection.neuron == Neuron(1, 2)
    go(page, StepPhase.BACKWARD, 1)
    selection.choose_neuron(Neuron(2, 4))
    assert page.stage == StepStage(StepPhase.BACKWARD, 2)

    # Terms light up where they come from and lead there.
    selection.choose_neuron(Neuron(2, 0))
    go(page, StepPhase.FORWARD, 2)
    parts, written = page.parts, ready_window.session.models[StepThrough].recorded
    assert written is not None
    parts.terms.mark(1)
    source = int(parts.terms.rows.name(1).split()[-1]) - 1
    assert parts.board.lit == source
    assert 1 in parts.path.lit
    parts.terms.mark(None)
    assert parts.board.lit is None
    assert not parts.path.lit
    at = parts.board.place_of(source).center()
    hover(parts.board, (at.x(), at.y()))
    assert parts.terms.lit == 1
    read_out = find(parts.board, QLabel, "readOut")
    assert "adds" in read_out.text()
    pick(qtbot, parts.terms, 1)
    assert page.stage == StepStage(StepPhase.FORWARD, 1)
    assert ready_window.session.selection.neuron == Neuron(1, source)
    assert parts.lines.rows.name(0) == "weighted sum"

    # Every example of the batch can be looked at.
    written = ready_window.session.models[StepThrough].recorded
    assert written is not None
    go(page, StepPhase.FORWARD, 3)
    find(ready_window, QSpinBox, "stepRowSpin").setValue(17)
    a = written.step.activations[-1][16, 4]
    assert float(shown(page)["output 4"][1].replace("−", "-")) == pytest.approx(a, abs=1e-4)
    go(page, StepPhase.LOSS, 3)
    assert page.parts.numbers.chosen == 16
    pick(qtbot, page.parts.numbers, 3)
    assert page._row == 3

    # Temperature changes the answer but not the step.
    slider = find(ready_window, QSlider, "temperatureSlider")
    assert not slider.isVisible()
    go(page, StepPhase.FORWARD, 3)
    assert slider.isVisible()
    before = shown(page)
    slider.setValue(slider.maximum())
    after = shown(page)
    spread = [max(float(row[1]) for row in rows.values()) for rows in (before, after)]
    assert spread[1] < max(spread[0], 0.2)
    assert ready_window.session.models[StepThrough].is_newest
    slider.setValue(0)
    assert shown(page) == before

    # The same words for the same things.
    go(page, StepPhase.BACKWARD, 3)
    assert page.parts.numbers.rows.name(1) == "output 1"
    for stage in range(len(page.parts.path.stages)):
        page.go_to(stage)
        assert "C" not in page.parts.rule.text()
        for line in range(page.parts.lines.count):
            page._choose_line(line)
            assert "dC" not in page.parts.rule.text()

    # Its point is plain text.
    assert page.parts.where.textFormat() == Qt.TextFormat.PlainText
    assert page.parts.numbers.number_at(QPoint(5, 10_000_000)) is None

    # The list stays where it is.
    ready_window.canvas.set_strokes(SEVEN)
    go(page, StepPhase.BACKWARD, 3)
    top = page.parts.numbers.mapTo(page, QPoint(0, 0)).y()
    click(qtbot, ready_window, QPushButton, "stepOfExampleButton")
    newest(page, ready_window, qtbot)
    assert page.parts.numbers.mapTo(page, QPoint(0, 0)).y() == top

    # Why a gradient is 0.
    written = ready_window.session.models[StepThrough].recorded
    assert written is not None
    off = int((written.step.activations[1][0] == 0).nonzero()[0][0])
    on = int((written.step.deltas[0][0] != 0).nonzero()[0][0])
    go(page, StepPhase.UPDATE, 1)
    find(ready_window, QSpinBox, "stepNeuronSpin").setValue(off + 1)
    assert lines(page)[0][1].startswith("= 0 · ")
    assert page.parts.terms.rows.note == "the neuron is inactive (slope 0): its δ is 0"
    assert page.parts.terms.count == 2
    find(ready_window, QSpinBox, "stepNeuronSpin").setValue(on + 1)
    page._pick(page.parts.numbers.count - 1)  # the weight that changes least: of an empty pixel
    assert "input is 0" in page.parts.terms.rows.note

    # A confident answer adds up to its delta.
    session = ready_window.session
    ready_window.canvas.set_strokes(SEVEN)
    page.which.of_example.click()
    newest(page, ready_window, qtbot)
    page.which.target.chosen.emit("7")
    session.settings.change("learning rate", learning_rate=0.2)
    for _ in range(40):  # learned until it is almost sure
        newest(page, ready_window, qtbot)
        assert session.models[StepThrough].recorded is not None
        if session.models[StepThrough].recorded.step.loss < 1e-3:
            break
        click(qtbot, ready_window, QPushButton, "takeStepButton")
    else:
        pytest.fail("it is not sure")
    go(page, StepPhase.BACKWARD, 3)
    page._pick(7)
    written = session.models[StepThrough].recorded
    assert written is not None
    left, right = lines(page)[0][1].removeprefix("= ").split(" − ")
    assert float(left) - float(right) == pytest.approx(float(written.step.deltas[-1][0, 7]), rel=0.02)
    assert page.parts.terms.rows.texts(0)[1] == left


# ---- where one was


def test_back_goes_where_one_was_in_every_way(page: StepThroughPage, ready_window: CardWindow, qtbot: QtBot) -> None:
    selection, back = ready_window.session.selection, find(ready_window, QPushButton, "stepBackButton")
    assert not back.isEnabled()
    pick(qtbot, page.parts.path, 2)
    pick(qtbot, page.parts.numbers, 4)
    places = [(page.stage, selection.neuron, page._content.position)]  # type: ignore[union-attr]
    for _ in range(4):
        pick(qtbot, page.parts.terms, 1)
        places.append((page.stage, selection.neuron, page._content.position))  # type: ignore[union-attr]
        if page.stage.layer == 0:
            pick(qtbot, page.parts.path, 6)
            pick(qtbot, page.parts.numbers, 3)
            places.append((page.stage, selection.neuron, page._content.position))  # type: ignore[union-attr]
    ways: list[Callable[[], object]] = [
        lambda: click(qtbot, ready_window, QPushButton, "stepBackButton"),
        lambda: qtbot.keyClick(ready_window, Qt.Key.Key_Backspace),
        lambda: qtbot.keyClick(ready_window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier),
        lambda: qtbot.mouseClick(page.parts.terms, Qt.MouseButton.BackButton, pos=QPoint(20, 20)),
    ]
    number = 0
    for stage, neuron, view in reversed(places[:-1]):
        while page._content is not None and page._content.position != view:
            assert back.isEnabled()
            ways[number % len(ways)]()
            number += 1
        assert (page.stage, selection.neuron) == (stage, neuron)
    assert number >= len(ways)
    while back.isEnabled():
        click(qtbot, ready_window, QPushButton, "stepBackButton")
    assert page.stage == StepStage(StepPhase.FORWARD, 0)
    assert selection.neuron is None

    # Next and back, and the arrow keys.
    assert page.stage == StepStage(StepPhase.FORWARD, 0)
    for _ in range(4):
        click(qtbot, ready_window, QPushButton, "stepNextButton")
    assert page.stage.phase is StepPhase.LOSS
    click(qtbot, ready_window, QPushButton, "stepPreviousButton")
    assert page.stage == StepStage(StepPhase.FORWARD, 3)
    page.parts.path.setFocus()
    qtbot.keyClick(page.parts.path, Qt.Key.Key_Right)
    qtbot.keyClick(page.parts.path, Qt.Key.Key_Right)
    assert page.stage == StepStage(StepPhase.BACKWARD, 3)
    page.parts.walking.set_stride(Stride.NEURON)
    click(qtbot, ready_window, QPushButton, "stepNextButton")
    chosen = ready_window.session.selection.neuron
    assert chosen is not None
    assert chosen.layer in (2, 3)
    page.parts.walking.set_stride(Stride.WHOLE)
    click(qtbot, ready_window, QPushButton, "stepNextButton")
    assert page.stage == StepStage(StepPhase.UPDATE, 1)
    pick(qtbot, page.parts.path, 0)
    assert page.stage == StepStage(StepPhase.FORWARD, 0)

    # Lines are places too.
    go(page, StepPhase.UPDATE, 2)
    pick(qtbot, page.parts.lines, 2)
    pick(qtbot, page.parts.terms, 1)
    assert page.parts.lines.chosen == 1
    click(qtbot, ready_window, QPushButton, "stepBackButton")
    assert page.parts.lines.chosen == 2

    # Backspace in a field deletes, and leads nowhere.
    go(page, StepPhase.FORWARD, 2)
    box = find(ready_window, QSpinBox, "stepRowSpin")
    box.setFocus()
    box.lineEdit().setText("17")
    qtbot.keyClick(box, Qt.Key.Key_Backspace)
    assert box.text() == "1"
    assert page.stage == StepStage(StepPhase.FORWARD, 2)


# ---- nothing is cut, nothing moves


def test_while_it_trains_the_moment_is_whole_or_absent_and_a_button_brings_the_newest(
    page: StepThroughPage, ready_window: CardWindow, qtbot: QtBot
) -> None:
    session = ready_window.session
    session.settings.change("epochs", epochs=MANY_EPOCHS)
    newest(page, ready_window, qtbot)
    assert not page.which.newest.isVisible()
    session.start()
    qtbot.waitUntil(lambda: session.training.progress.batch > 3)
    qtbot.waitUntil(page.which.newest.isVisible)
    assert not page.parts.take.isEnabled()
    first = session.models[StepThrough].recorded
    click(qtbot, ready_window, QPushButton, "newestStepButton")
    qtbot.waitUntil(lambda: session.models[StepThrough].recorded is not first)

    # The moment is whole or absent at any size.
    session.pause()
    qtbot.waitUntil(lambda: session.state is Status.PAUSED)
    ready_window.canvas.set_strokes(SEVEN)
    click(qtbot, ready_window, QPushButton, "stepOfExampleButton")
    newest(page, ready_window, qtbot)
    session.start()
    qtbot.waitUntil(page.which.newest.isVisible)
    for size in ((1440, 900), (1280, 720)):
        ready_window.resize(*size)
        page.grab()
        read = page.which.moment.shown
        assert read in ("", page.which.moment.text(), page.which.moment.text().split(" · ")[0]), size
    session.pause()
    qtbot.waitUntil(lambda: session.state is Status.PAUSED)
    newest(page, ready_window, qtbot)
    assert page.parts.take.isEnabled()


# ---- which step, and taking it


def test_taking_a_step_on_the_drawing(page: StepThroughPage, ready_window: CardWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    click(qtbot, ready_window, QPushButton, "stepOfExampleButton")
    session.sketch.draw(())
    qtbot.waitUntil(find(page, QLabel, "stepNothing").isVisible)
    ready_window.canvas.set_strokes(SEVEN)
    newest(page, ready_window, qtbot)
    page.which.target.chosen.emit("7")
    newest(page, ready_window, qtbot)
    before = session.displayed.as_trained.parameters.copy()
    losses = []
    for _ in range(3):
        assert session.models[StepThrough].recorded is not None
        losses.append(session.models[StepThrough].recorded.step.loss)
        click(qtbot, ready_window, QPushButton, "takeStepButton")
        newest(page, ready_window, qtbot)
    assert losses == sorted(losses, reverse=True)
    for _ in range(3):
        session.undo.undo()
    assert np.array_equal(session.displayed.as_trained.parameters, before)

    # What a step does to the network is said before and after.
    session = ready_window.session
    undo, did = find(page, QPushButton, "undoStepButton"), find(page, QLabel, "stepDid")
    would = find(page, ConclusionLabel, "stepConclusion")
    effects = session.models[StepThrough].effects
    qtbot.waitUntil(lambda: effects.would is not None)
    assert not undo.isVisible()
    ready_window.canvas.set_strokes(SEVEN)
    click(qtbot, ready_window, QPushButton, "stepOfExampleButton")
    page.which.target.chosen.emit("3")
    newest(page, ready_window, qtbot)
    before, written = session.displayed.as_trained.parameters.copy(), session.models[StepThrough].recorded
    qtbot.waitUntil(lambda: session.models[StepThrough].effects.would is not None)
    said = effect_text(effects.would)
    before_and_after = said.removeprefix("test error ").replace("→", "to")
    assert would.conclusion == Conclusion(f"This step changes the test error from {before_and_after}.")
    click(qtbot, ready_window, QPushButton, "takeStepButton")
    qtbot.waitUntil(lambda: session.models[StepThrough].recorded is not written)
    qtbot.waitUntil(undo.isVisible)
    assert did.text() == f"last step: {said}"
    qtbot.waitUntil(lambda: "test_error" in session.runs.current.figures())
    effect = session.models[StepThrough].effects.did
    assert effect is not None
    assert effect.after == session.runs.current.figures()["test_error"]
    click(qtbot, ready_window, QPushButton, "undoStepButton")
    newest(page, ready_window, qtbot)
    assert np.array_equal(session.displayed.as_trained.parameters, before)
    assert not undo.isVisible()
    assert did.text() == ""


def test_a_chosen_example_and_the_next_batch(page: StepThroughPage, ready_window: CardWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    session.selection.choose_example(Example("test", 5))
    click(qtbot, ready_window, QPushButton, "stepOfExampleButton")
    newest(page, ready_window, qtbot)
    assert not find(ready_window, QSpinBox, "stepRowSpin").isVisible()
    click(qtbot, ready_window, QPushButton, "stepOfBatchButton")
    newest(page, ready_window, qtbot)
    click(qtbot, ready_window, QPushButton, "takeStepButton")
    qtbot.waitUntil(lambda: session.training.progress.batch == 1 and session.state is Status.PAUSED)
    newest(page, ready_window, qtbot)
    assert "batch 2" in find(ready_window, QLabel, "stepMoment").text()

    # Out of view it costs nothing.
    session = ready_window.session
    written = session.models[StepThrough].recorded
    click_tab(qtbot, ready_window, "mapTab")
    session.step_batch()
    qtbot.waitUntil(lambda: session.state is Status.PAUSED)
    assert session.models[StepThrough].recorded is written
    click_tab(qtbot, ready_window, "stepThroughTab")
    newest(page, ready_window, qtbot)
    assert session.models[StepThrough].recorded is not written

    # A step that is taken leaves everything in sight.
    go(page, StepPhase.FORWARD, 2)
    find(ready_window, QSpinBox, "stepRowSpin").setValue(17)
    go(page, StepPhase.UPDATE, 2)
    find(ready_window, QSpinBox, "stepNeuronSpin").setValue(6)
    assert page._content is not None
    for way in ("button", "elsewhere", "elsewhere"):
        view, after = page._content.position, shown(page)[page.parts.numbers.rows.name(page._content.place or 0)][1]
        written = ready_window.session.models[StepThrough].recorded
        if way == "button":
            click(qtbot, ready_window, QPushButton, "takeStepButton")
        else:
            ready_window.session.step_batch()
        qtbot.waitUntil(lambda: ready_window.session.models[StepThrough].recorded is not written)  # noqa: B023
        newest(page, ready_window, qtbot)
        assert page._content.position == view
        assert page.parts.numbers.chosen == page._content.place
        before = shown(page)[page.parts.numbers.rows.name(page._content.place or 0)][0]
        assert float(before.replace("−", "-")) == pytest.approx(float(after.replace("−", "-")), abs=1e-4)


# ---- any data, any network


def everywhere(page: StepThroughPage) -> None:
    """Goes through all stages and opens every line."""
    for stage in range(len(page.parts.path.stages)):
        page.go_to(stage)
        for line in range(page.parts.lines.count):
            page._choose_line(line)
            for place in range(min(3, page.parts.terms.count)):
                page.parts.terms.mark(place)
            for cell in range(min(3, page.parts.board.count)):
                assert isinstance(page.parts.board.describe(cell), str)
        if not stage % 7:
            assert not page.grab().isNull()
        assert page.table() is not None


def table_of_columns() -> Dataset:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 60)
    names = ("Adelie", "<b>Chinstrap</b>", "Gentoo")
    return Dataset("penguins", classification_split("train", rng.normal(size=(60, 4)), labels, 4, 3), None, (4,), names)


def targets() -> Dataset:
    rng = np.random.default_rng(0)
    return Dataset("numbers", regression_split("train", rng.normal(size=(60, 3)), rng.normal(size=(60, 1)), 3, 1))


@pytest.mark.parametrize(
    ("data", "changes"),
    [
        (table_of_columns, {"optimizer": "adam", "dropout": 0.2}),
        (targets, {"optimizer": "nesterov", "weight_decay": 0.01, "loss": "quadratic"}),
        (targets, {"optimizer": "rmsprop", "clip_norm": 0.01, "loss": "huber"}),
    ],
)
def test_tables_and_targets(
    data: Callable[[], Dataset],
    changes: dict[str, object],
    load_with: Callable[..., None],
    make_cards: MakeCards,
    qtbot: QtBot,
) -> None:
    load_with(data)
    window = make_cards(*SHOWN)
    session = window.session
    qtbot.waitUntil(lambda: is_shown(session.data))
    fields: dict[str, object] = {"batch_size": 10}
    if "loss" in changes:
        names = session.settings.experiment.activations
        fields |= {"activations": (*names[:-1], "identity"), "loss": changes["loss"]}
    session.settings.change("batch and output", **fields)
    session.settings.change("recipe", **{name: v for name, v in changes.items() if name != "loss"})
    session.reset()
    page = page_of(window, qtbot)
    everywhere(page)
    click(qtbot, window, QPushButton, "takeStepButton")
    qtbot.waitUntil(lambda: session.state is Status.PAUSED)
    newest(page, window, qtbot)
    everywhere(page)


def light_images() -> Dataset:
    images = np.random.default_rng(0).integers(210, 256, (60, 6, 6)).astype(np.uint8)
    images[::2, 2:4], images[1::2, :, 2:4] = 20, 20
    return dataset_of("bars", Arrays(images, np.arange(60) % 2))


def test_pixels_stand_beside_what_the_network_makes_of_them(
    load_with: Callable[..., None], make_cards: MakeCards, qtbot: QtBot
) -> None:
    load_with(light_images)
    window = make_cards(*SHOWN)
    session = window.session
    qtbot.waitUntil(lambda: is_shown(session.data))
    session.settings.change("batch", batch_size=10)
    session.reset()
    page = page_of(window, qtbot)
    everywhere(page)
    go(page, StepPhase.FORWARD, 0)
    assert page.parts.numbers.rows.heads[-2:] == ("as given", "x")
    about = session.dataset.brightness if session.dataset is not None else None
    assert about is not None
    for given, standardised in shown(page).values():
        assert float(standardised.replace("−", "-")) == pytest.approx(
            (float(given) - about.mean) / about.deviation, abs=0.01
        )
    name, right_side = lines(page)[0]
    assert (name, right_side[:3], right_side.count("÷")) == ("input", "= (", 1)


SHAPES = (784, *[4] * 15, 10), (784, 1, 10), (784, 10), (784, 1000, 10)


def test_deep_wide_and_narrow_networks(page: StepThroughPage, ready_window: CardWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    for shape in SHAPES:
        session.settings.change("shape", shape=shape)
        qtbot.waitUntil(lambda shape=shape: tuple(session.runs.current.network.shape) == shape)
        newest(page, ready_window, qtbot)
        assert page._shape == shape
        everywhere(page)
        go(page, StepPhase.UPDATE, 1)
        pick(qtbot, page.parts.numbers, 0)
        assert lines(page)[-1][0] in ("weight after", "bias after"), shape


def test_a_large_step_is_not_held_by_what_is_out_of_view(
    page: StepThroughPage, ready_window: CardWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step_through, "_MOST_KEPT", 1000)
    for phase, layer in ((StepPhase.FORWARD, 1), (StepPhase.BACKWARD, 2), (StepPhase.UPDATE, 1)):
        go(page, phase, layer)
    click(qtbot, page, QPushButton, "checkGradientButton")
    qtbot.waitUntil(lambda: ready_window.session.models[StepThrough].check is not None)
    assert page._step is not None
    held = ref(page._step)
    click_tab(qtbot, ready_window, "mapTab")
    gc.collect()
    assert held() is None
    click_tab(qtbot, ready_window, "stepThroughTab")
    newest(page, ready_window, qtbot)
    assert page.stage == StepStage(StepPhase.UPDATE, 1), "one comes back to where one was"
    assert len(shown(page)) == 785


# ---- while one looks back


def train_two_epochs(window: CardWindow, qtbot: QtBot) -> None:
    for _ in range(2):
        window.session.step_epoch()
        qtbot.waitUntil(lambda: window.session.state in (Status.PAUSED, Status.FINISHED), timeout=20_000)


def test_of_a_run_that_is_not_recorded_it_says_why_and_shows_the_step_on_the_example(
    page: StepThroughPage, ready_window: CardWindow, qtbot: QtBot
) -> None:
    session, note, take = ready_window.session, find(page, QLabel, "stepNote"), page.parts.take
    session.settings.change("optimizer", optimizer="sgd", learning_rate=0.01)
    train_two_epochs(ready_window, qtbot)
    newest(page, ready_window, qtbot)
    assert not note.isVisible()
    assert take.isEnabled()
    session.sketch.draw(())
    session.timeline.go_to(1)
    qtbot.waitUntil(lambda: "Draw something" in find(page, QLabel, "stepNothing").text())
    not_known = "This run is not recorded, so its past epochs are not known exactly."
    assert note.text() == f"{not_known} Recording is off: Ctrl+Alt+K switches it on."
    session.selection.choose_example(Example("test", 3))
    newest(page, ready_window, qtbot)
    assert note.isVisible()
    assert note.text().endswith("Showing the step on the example.")
    assert not find(page, QPushButton, "stepPastAgainButton").isVisible()
    assert not take.isEnabled()
    assert "Press End" in take.toolTip()
    assert find(page, QLabel, "stepResult").text().startswith("loss "), "the playhead says the epoch"
    session.timeline.go_live()
    newest(page, ready_window, qtbot)
    assert not note.isVisible()
    assert take.isEnabled()
    assert "Press End" not in take.toolTip()

    # Of a step of SGD on an example all is known.
    session.models[StepThrough].choose(True)
    session.timeline.go_to(1)
    newest(page, ready_window, qtbot)
    assert not note.isVisible()


def test_what_is_not_known_of_a_step_on_an_example_is_said(
    page: StepThroughPage, ready_window: CardWindow, qtbot: QtBot
) -> None:
    session = ready_window.session
    session.settings.change("optimizer", optimizer="adam", learning_rate=0.01)
    train_two_epochs(ready_window, qtbot)
    session.selection.choose_example(Example("test", 3))
    session.models[StepThrough].choose(True)
    session.timeline.go_to(1)
    newest(page, ready_window, qtbot)
    note = find(page, QLabel, "stepNote")
    assert note.isVisible()
    assert "learning rate at this epoch are unknown" in note.text()


def test_what_takes_long_is_reported_and_can_be_given_up_and_tried_again(
    make_cards: MakeCards, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, opened = make_cards(*SHOWN, records=True), Event()
    qtbot.waitUntil(lambda: window.session.state is Status.READY)
    steps = ExactReplay.steps

    def slow(self: ExactReplay, wish: ReplayRequest) -> Callable[[], Steps]:
        real = steps(self, wish)

        def made() -> Steps:
            while not opened.wait(0.005):
                yield 0.25, None
            return (yield from real())

        return made

    monkeypatch.setattr(ExactReplay, "steps", slow)
    page = page_of(window, qtbot)
    train_two_epochs(window, qtbot)
    window.session.selection.choose_example(Example("test", 3))
    window.session.timeline.go_to(1)
    cancel = find(page, QPushButton, "stepPastCancelButton")
    qtbot.waitUntil(lambda: cancel.isVisible())
    assert "Replaying the run to this epoch" in find(page, QLabel, "stepNothing").text()
    click(qtbot, window, QPushButton, "stepPastCancelButton")
    newest(page, window, qtbot)
    assert find(page, QLabel, "stepNote").text().startswith("Replay cancelled.")
    opened.set()
    click(qtbot, window, QPushButton, "stepPastAgainButton")
    qtbot.waitUntil(lambda: window.session.models[StepThrough].past_batch.found is not None)
    newest(page, window, qtbot)
    assert not find(page, QLabel, "stepNote").isVisible()
    assert find(page, QLabel, "stepResult").text().startswith("epoch 2 · batch 1: loss ")
