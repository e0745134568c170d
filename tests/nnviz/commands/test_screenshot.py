"""Pictures of the window show what is asked for, however long it takes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PyQt5.QtCore import QTimer
from PyQt5.QtWidgets import QApplication

from engine.basics.errors import DataError
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.datasets.download import Download
from engine.experiment import Experiment
from engine.network.network import Network
from nnviz.cards.sweep.trials_model import TrialsModel
from nnviz.commands import cli, screenshot
from nnviz.commands.options import parser
from nnviz.jobs.latest import Latest, RequestKey
from nnviz.library import Library
from nnviz.session import question
from nnviz.session.shared_queries import ANSWER
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.sweep.sweep_helpers import a_sweep, record_sweep

_MANY = 200  # rounds of the event loop; layouts take a few


@pytest.mark.parametrize("epochs", ["0", "1"])
def test_the_answer_to_the_drawing_is_waited_for(
    qapp: QApplication,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    load_with: Callable[..., None],
    few_digits: Dataset,
    epochs: str,
) -> None:
    load_with(lambda: few_digits)
    gate, original = threading.Event(), question.predict
    windows: list[MainWindow] = []
    shown: list[tuple[Array | None, bool]] = []

    def held(network: Network, picture: Array) -> Array | None:
        assert gate.wait(20)
        return original(network, picture)

    def open_after(rounds: int) -> None:
        if rounds:
            QTimer.singleShot(0, lambda: open_after(rounds - 1))
        else:
            gate.set()

    def create(*given: object) -> MainWindow:
        windows.append(create_window(*given))
        windows[0].session.question.changed.connect(lambda: open_after(_MANY))
        return windows[0]

    create_window = screenshot.create_window
    monkeypatch.setattr(question, "predict", held)
    monkeypatch.setattr(screenshot, "create_window", create)
    monkeypatch.setattr(screenshot, "qInstallMessageHandler", lambda _: None)
    png = screenshot.png

    def taken(picture: object) -> bytes:
        session = windows[0].session
        shown.append((session.question.answer, session.queries[ANSWER].is_up_to_date))
        return png(picture)

    monkeypatch.setattr(screenshot, "png", taken)
    wanted = parser().parse_args(["screenshot", str(tmp_path / "x.png"), "--draw", "--epochs", epochs])
    assert screenshot.run(wanted) == 0
    gate.set()
    ((answer, is_up_to_date),) = shown
    assert answer is not None, "the answer was not there yet"
    assert is_up_to_date


def test_a_thread_that_still_runs_is_not_waited_for(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load_with: Any, few_digits: Dataset
) -> None:
    """Python would wait for it, or abort."""
    load_with(lambda: few_digits)
    gate = threading.Event()
    held = Latest(lambda: (RequestKey(gate), gate.wait))
    made = noted_when_taken(monkeypatch, lambda window: hold_query(window, held))

    def end(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr("os._exit", end)
    try:
        with pytest.raises(SystemExit) as ended:
            screenshot.run(parser().parse_args(["screenshot", str(tmp_path / "x.png")]))
    finally:
        gate.set()
        assert held.close(60_000)
    assert made
    assert ended.value.code == 0
    assert (tmp_path / "x.png").exists()


def hold_query(window: MainWindow, held: Latest) -> None:
    """Adds a query to those of the window, which computes."""
    queries = window.session.queries
    queries.add({"held": held})
    queries.want(window, ("held",), True)


def test_of_data_that_cannot_be_loaded_there_is_none(
    qapp: object, capsys: pytest.CaptureFixture[str], tmp_path: Path, load_with: Any
) -> None:
    def fail() -> Dataset:
        raise DataError("MNIST", "away", "must be there", "Bring it back.")

    load_with(fail)
    assert cli.main(["screenshot", str(tmp_path / "a.png")]) == 2
    assert "MNIST is 'away': it must be there. Bring it back." in capsys.readouterr().err
    assert not (tmp_path / "a.png").exists()


def test_data_that_are_not_here_are_fetched_first(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window would ask whether, and wait."""

    def fetched(name: str, settings: object) -> Dataset:
        raise DataError(name, "out of reach", "must be fetched once", "Check the connection.")

    monkeypatch.setattr(Download, "is_here", lambda download: False)
    monkeypatch.setattr(screenshot, "load_named", fetched)
    assert cli.main(["screenshot", str(tmp_path / "a.png"), "--data", "fashion-mnist"]) == 2
    assert "fashion-mnist is 'out of reach': it must be fetched once." in capsys.readouterr().err


def test_a_screenshot_of_runs_that_are_compared(
    qapp: object, capsys: pytest.CaptureFixture[str], tmp_path: Path, load_with: Any, few_digits: Dataset
) -> None:
    load_with(lambda: few_digits)
    with Library() as library:
        runs = [library.begin(Experiment().changed(learning_rate=rate)) for rate in (0.1, 0.3)]
    options = "--workspace", "runs", "--compare"
    code = cli.main(["screenshot", str(tmp_path / "a.png"), *options, ",".join(map(str, runs))])
    assert code == 0, capsys.readouterr().err
    code = cli.main(["screenshot", str(tmp_path / "b.png"), *options, "77"])
    assert code == 2
    err = capsys.readouterr().err
    assert "77" in err
    assert "no such run" in err
    assert not (tmp_path / "b.png").exists()


def noted_when_taken(monkeypatch: pytest.MonkeyPatch, look: Callable[[MainWindow], Any]) -> list[Any]:
    """What ``look`` says of each window at the moment its image is taken."""
    windows: list[MainWindow] = []
    noted: list[Any] = []
    create_window, png = screenshot.create_window, screenshot.png

    def create(*given: object) -> MainWindow:
        windows.append(create_window(*given))
        return windows[-1]

    def taken(picture: object) -> bytes:
        noted.append(look(windows[-1]))
        return png(picture)

    monkeypatch.setattr(screenshot, "create_window", create)
    monkeypatch.setattr(screenshot, "png", taken)
    return noted


def test_a_screenshot_of_a_sweep(
    qapp: object,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    load_with: Any,
    few_digits: Dataset,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load_with(lambda: few_digits)

    def shown_trials(window: MainWindow) -> tuple[int, str]:
        trials = window.session.models[TrialsModel]
        assert trials.table is not None
        return trials.shown, trials.view

    shown = noted_when_taken(monkeypatch, shown_trials)
    sweep = record_sweep(few_digits, a_sweep(few_digits, "learning-rate=0.1,0.3", "hidden=4,8"))
    options, file = ("--workspace", "runs", "--sweep"), tmp_path / "best.png"
    code = cli.main(["screenshot", str(file), "--size", "1280x720", *options, str(sweep), "--view", "best"])
    assert code == 0, capsys.readouterr().err
    assert shown == [(sweep, "best")]
    with Image.open(file) as picture:
        assert picture.size == (1280, 720)
    code = cli.main(["screenshot", str(tmp_path / "x.png"), *options, "77"])
    assert code == 2
    err = capsys.readouterr().err
    assert "77" in err
    assert "no such sweep" in err
    assert not (tmp_path / "x.png").exists()


def test_a_screenshot_of_two_epochs_side_by_side(
    qapp: object,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    load_with: Any,
    few_digits: Dataset,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load_with(lambda: few_digits)

    def compared(window: MainWindow) -> tuple[bool, bool]:
        return window.session.side_by_side.is_on, window.session.side_by_side.changes is not None

    shown = noted_when_taken(monkeypatch, compared)
    monkeypatch.setattr(screenshot, "qInstallMessageHandler", lambda _: None)
    options = "--workspace", "inside", "--epochs", "2", "--side-by-side"
    assert cli.main(["screenshot", str(tmp_path / "a.png"), *options]) == 2
    assert "--side-by-side requires an earlier epoch. Add --at EPOCH." in capsys.readouterr().err
    assert cli.main(["screenshot", str(tmp_path / "a.png"), *options, "--at", "1"]) == 0
    assert shown == [(True, True)], "both networks are evaluated first"
