"""Predictions for the current input over the whole run."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PyQt5.QtGui import QTextDocumentFragment
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.basics.validation import Array
from engine.network.network import Network
from engine.storage import save_network
from engine.training.events import BestRestored
from engine.training.metrics import Evaluation
from nnviz.cards.prediction_over_time.card import PredictionOverTimePanel, leaders
from nnviz.cards.prediction_over_time.model import PAST_PREDICTIONS, PredictionOverTime
from nnviz.jobs.reports import NetworkFrame
from nnviz.session import question as asking
from nnviz.session.predicted_class import predicted_class_of
from nnviz.session.shared_queries import ANSWER
from nnviz.ui import theme
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.plane.plane_helpers import load
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import drag, pause, seven, train_epochs, train_for_a_while

WITH_ALL = pytest.mark.parametrize("cards", [("learningStripDock", "predictionDock", "curvesDock")], ids=["all"])


@pytest.fixture
def cards() -> tuple[str, ...]:
    """The cards of the window, unless a test names others."""
    return ("learningStripDock",)


@pytest.fixture
def ready_window(make_cards: MakeCards, cards: tuple[str, ...]) -> CardWindow:
    return make_cards(*cards)


def wait_until_asked(qtbot: QtBot, window: CardWindow) -> None:
    """Until all that is known is of the drawing and the network of now."""
    probes = window.session.queries
    qtbot.waitUntil(lambda: probes[PAST_PREDICTIONS].is_up_to_date and probes[ANSWER].is_up_to_date)


def clothes(folder: Path) -> Path:
    """Pictures of the canvas's size that are no digits, in a folder, with long names."""
    for number, name in enumerate(("rather long trousers", "ankle boots, knitted", "pullovers and shirts")):
        (folder / "clothes" / name).mkdir(parents=True)
        for index in range(8):
            pixels = np.full((28, 28), 40 * number + index, np.uint8)
            Image.fromarray(pixels).save(folder / "clothes" / name / f"{index}.png")
    return folder / "clothes"


def rows(strip: PredictionOverTimePanel) -> np.ndarray:
    table = strip.table()
    assert table is not None
    return np.array([list(row) for row in table[1]], float)


def expect_true_history(window: CardWindow) -> None:
    """Each row is what the network said, or would have said, at that epoch."""
    session, shown = window.session, rows(window.card("learningStripDock"))
    run = session.runs.current
    snapshots = list(run.snapshots)
    assert shown[0, 0] == 0
    assert len(shown) - len(snapshots) in (0, 1), "the snapshots, and perhaps now"
    for snapshot, row in zip(snapshots, shown, strict=False):
        assert row[0] == snapshot.epochs
        network = run.network.with_parameters(snapshot.parameters)
        answer = network.predict(session.question.example[None])[0]
        np.testing.assert_allclose(row[1:], answer, atol=1e-4)
    assert shown[-1, 0] == run.epochs
    np.testing.assert_allclose(shown[-1, 1:], session.prediction, atol=1e-4)


def test_without_a_history_it_shows_nothing(ready_window: CardWindow, qtbot: QtBot) -> None:
    strip = ready_window.card("learningStripDock")
    assert strip.plot.note == "", "the canvas says what to do"
    assert strip.table() is None
    assert strip.head.detail.text() == ""
    assert strip.plot.accessibleDescription() == "no prediction"

    # It says one thing at a time.
    # A tooltip would lie over what the read-out tells.
    plot = ready_window.card("learningStripDock").plot  # type: ignore[attr-defined]
    assert not plot.toolTip()
    assert plot.whatsThis()

    # A single snapshot draws no line yet.
    drag(ready_window.canvas, seven(ready_window.canvas))
    wait_until_asked(qtbot, ready_window)
    assert ready_window.card("learningStripDock").plot.note == ""
    assert len(rows(ready_window.card("learningStripDock"))) == 1

    # The heads colours follow the theme.
    for name in ("light", "dark"):
        theme.apply(QApplication.instance(), name)
        assert theme.THEMES[name].third in ready_window.card("learningStripDock").head.detail.text()


@WITH_ALL
def test_alone_in_view_it_has_what_it_needs(ready_window: CardWindow, qtbot: QtBot) -> None:
    """The current prediction is for other cards: with these closed it is not computed."""
    window = ready_window
    for name in ("drawDock", "predictionDock"):
        window.card(name).hide()
    assert not window.session.queries[ANSWER].is_wanted
    drag(window.canvas, seven(window.canvas))
    train_for_a_while(qtbot, window)
    pause(qtbot, window)
    qtbot.waitUntil(lambda: window.session.models[PredictionOverTime].query.is_up_to_date)
    expect_true_history(window)


def test_a_drawing_that_was_there_before_grows_its_history(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    drag(window.canvas, seven(window.canvas))
    train_for_a_while(qtbot, window)
    pause(qtbot, window)
    wait_until_asked(qtbot, window)
    expect_true_history(window)
    assert window.card("learningStripDock").plot.note == ""


def test_a_drawing_of_afterwards_gets_the_whole_history(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_epochs(qtbot, window, 3)
    drag(window.canvas, seven(window.canvas))
    wait_until_asked(qtbot, window)
    expect_true_history(window)
    before, described = (
        rows(window.card("learningStripDock")),
        window.card("learningStripDock").plot.accessibleDescription(),
    )
    best = window.session.question.verdict.best
    assert f"{best}: {before[0, 1 + best]:.1%} to {before[-1, 1 + best]:.1%}" in described
    drag(window.canvas, [(40, 40), (120, 60), (60, 120)])
    wait_until_asked(qtbot, window)
    expect_true_history(window)
    assert not np.allclose(before[:, 1:], rows(window.card("learningStripDock"))[:, 1:])

    # A second run goes on where the first ended.
    train_epochs(qtbot, window, 2)
    wait_until_asked(qtbot, window)
    expect_true_history(window)
    assert rows(window.card("learningStripDock"))[-1, 0] == 5

    # Reset begins a history, and undo brings the old one back.
    before = rows(window.card("learningStripDock"))
    window.session.reset()
    wait_until_asked(qtbot, window)
    assert len(rows(window.card("learningStripDock"))) == 1
    expect_true_history(window)
    window.session.undo.undo()
    wait_until_asked(qtbot, window)
    np.testing.assert_allclose(rows(window.card("learningStripDock")), before, atol=1e-4)


def test_what_early_stopping_puts_back_is_the_past_again(ready_model: Model, qtbot: QtBot) -> None:
    train_epochs(qtbot, ready_model, 3)
    run = ready_model.session.runs.current
    assert list(run.snapshots)[-1].epochs == 3
    run.take_event(BestRestored(1, Evaluation(0.1, 0.1, None), early=True))
    assert list(run.snapshots)[-1].epochs <= 1


def test_it_is_asked_behind_the_window_once_and_not_while_hidden(
    ready_window: CardWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = ready_window
    train_for_a_while(qtbot, window)
    pause(qtbot, window)
    asked: list[tuple[int, bool]] = []
    original = asking.predict

    def spied(network: Network, picture: Array | None) -> Array | None:
        asked.append((hash(network.parameters.tobytes()), threading.current_thread() is threading.main_thread()))
        return original(network, picture)

    monkeypatch.setattr(asking, "predict", spied)
    window._frame.enlarge(window.draw)
    drag(window.canvas, seven(window.canvas))
    qtbot.waitUntil(lambda: window.session.queries[ANSWER].is_up_to_date)
    assert {place for place, _ in asked} == {hash(window.session.displayed.network.parameters.tobytes())}
    assert not window.session.models[PredictionOverTime].query.is_wanted
    window._frame.enlarge(None)
    wait_until_asked(qtbot, window)
    window.session.step_batch()
    pause(qtbot, window)
    wait_until_asked(qtbot, window)
    times = Counter(place for place, _ in asked)
    # The last two were displayed, and so asked too.
    before = {hash(each.parameters.tobytes()) for each in list(window.session.runs.current.snapshots)[:-2]}
    assert {times[place] for place in before} <= {0, 1}
    assert sum(times[place] for place in before) > 2
    assert not any(is_main for place, is_main in asked if place in before)
    expect_true_history(window)


def test_the_leading_class_is_blue_the_second_orange(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_epochs(qtbot, window, 3)
    drag(window.canvas, seven(window.canvas))
    wait_until_asked(qtbot, window)
    lines = window.card("learningStripDock").plot.lines
    assert [line.colour for line in lines] == list(theme.CLASSES[: len(lines)])
    assert [line.colour for line in lines][:2] == ["third", "fourth"]
    assert lines[0].name == str(window.session.question.verdict.best)
    words = window.card("learningStripDock").head.detail.text()
    assert theme.colour("third").name() in words
    assert words.index(f">{lines[0].name}<") < words.index(f">{lines[1].name}<")

    # The head names the classes of the verdict.
    window.session.reset()
    window.canvas.set_strokes([])
    train_epochs(qtbot, window, 1)
    drag(window.canvas, [(60, 60), (120, 90), (60, 150)])
    wait_until_asked(qtbot, window)
    verdict = window.session.question.verdict
    lines = window.card("learningStripDock").plot.lines
    assert lines[0].name == str(verdict.best)
    assert verdict.second_confidence >= 0.01, "after an epoch it is not that sure"
    assert lines[1].name == str(verdict.second)


def display(window: CardWindow, batch: int, digit: int) -> None:
    """The network after some batches of the first epoch, by then sure of that digit whatever it is shown."""
    run = window.session.runs.current
    network = run.network.copy()
    network.biases[-1][digit] = 50
    run.take_frame(NetworkFrame(run.id, network.parameters, epoch=1, batch=batch, batches=20, seconds_per_epoch=0))
    window.session.displayed.show(run)


def test_classes_that_once_led_are_seen_and_distinguished(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, strip = ready_window, ready_window.card("learningStripDock")
    drag(window.canvas, seven(window.canvas))
    for batch, digit in enumerate([7, 3, 4, 9, 9, 9], start=1):
        display(window, batch, digit)
    wait_until_asked(qtbot, window)
    lines = strip.plot.lines
    assert lines[0].name == "9"
    assert {line.name for line in lines} == {"9", "7", "3", "4"}
    assert len({line.colour for line in lines}) == 4
    assert max(next(line for line in lines if line.name == "7").shares) > 0.99
    assert ">7<" in strip.head.detail.text()


def test_a_network_that_takes_no_drawing_has_no_history(ready_window: CardWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window, strip = ready_window, ready_window.card("learningStripDock")
    drag(window.canvas, seven(window.canvas))
    path = tmp_path / "other.json"
    save_network(Network([3, 4, 2]), path)
    with qtbot.waitSignal(window.session.files.opened):
        window.session.files.open(path)
    wait_until_asked(qtbot, window)
    assert strip.table() is None
    assert strip.plot.note == "no prediction"


def test_answers_of_a_network_that_was_replaced_meanwhile_are_dropped(
    ready_window: CardWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, strip = ready_window, ready_window.card("learningStripDock")
    path = tmp_path / "other.json"
    save_network(Network([784, 2]), path)
    gate, original = threading.Event(), asking.predict

    def held(network: Network, picture: Array | None) -> Array | None:
        assert gate.wait(10)
        return original(network, picture)

    monkeypatch.setattr(asking, "predict", held)
    drag(window.canvas, seven(window.canvas))
    with qtbot.waitSignal(window.session.files.opened):
        window.session.files.open(path)
    gate.set()
    wait_until_asked(qtbot, window)
    assert {line.name for line in strip.plot.lines} == {"0", "1"}
    assert len(rows(strip)) == 1


def test_the_lines_are_those_that_lead_now_and_those_that_ever_did() -> None:
    """Of those with nearly nothing the ones that once had more."""
    past = np.array([[0.0, 0.9, 0.5, 0.1, 0.3], [0.0, 0.8, 0.5, 0.1, 0.3]])
    for now, expected in (
        ([0.1, 0.2, 0.0, 0.7, 0.0], [3, 1, 0]),
        ([0.12, 0.118, 0.0, 0.7, 0.119], [3, 0, 1]),
        ([0.001, 0.0, 0.002, 0.99, 0.004], [3, 1, 2]),
        ([0.4, 0.4, 0.0, 0.2, 0.0], [0, 1, 3]),
    ):
        answer = np.array(now)
        assert leaders(np.vstack([past, answer]), predicted_class_of(answer)) == expected, now


def test_a_class_that_led_only_briefly_has_its_line() -> None:
    """The answer once was 7 with 100 %; others led longer and were less sure."""
    past = [np.eye(10)[7], *(0.5 * np.eye(10)[digit] for digit in (0, 1, 2, 4, 5) for _ in range(3)), np.eye(10)[3]]
    lines = leaders(np.array(past), predicted_class_of(past[-1]))
    assert lines[0] == 3
    assert 7 in lines
    assert len(lines) == len(set(lines)) == 4


@WITH_ALL
@pytest.mark.usefixtures("reads_here")
def test_other_pictures_are_called_so_at_once(ready_window: CardWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window, strip = ready_window, ready_window.card("learningStripDock")
    load(qtbot, ready_window, str(clothes(tmp_path)))
    assert ready_window.session.question.example is None

    # The head's names give way until they fit.
    drag(window.canvas, seven(window.canvas))
    wait_until_asked(qtbot, window)
    names = [line.name for line in strip.plot.lines]
    assert len(names) >= 3
    said = QTextDocumentFragment.fromHtml(strip.head.detail.shown).toPlainText()
    assert strip.head.detail.fontMetrics().horizontalAdvance(said) <= strip.head.detail.width()
    assert said.endswith("…")
    assert names[0].startswith(said.rstrip("…")), "one name, elided"
    assert strip.head.detail.toolTip() == f"{', '.join(names)} by epoch"
