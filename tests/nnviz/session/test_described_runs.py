"""What the outputs of the window's networks mean: saved with them, and known where their data are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from engine.network.network import Network
from engine.storage import load_network, save_network
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow
from tests.engine.described import trained_on
from tests.nnviz.helpers import pause, train_epochs, train_for_a_while, wait_for

NAMES = ("nought", "one", "two", "three", "four", "five", "six", "seven", "<b>eight</b>", "nine")


@pytest.fixture
def named(few_digits: Dataset, load_with: Callable[..., None], make_window: MakeWindow) -> Dataset:
    """The window's data, with names of their own for the classes."""
    data = replace(few_digits, class_names=NAMES)
    load_with(lambda: data)
    return data


def saved(qtbot: QtBot, window: object, path: Path) -> Network:
    """The network of the window in a file."""
    session = window.session  # type: ignore[attr-defined]
    session.files.save(path)
    qtbot.waitUntil(lambda: path.exists() and not session.files.activity)
    return load_network(path)


@pytest.mark.parametrize("ending", [".json", ".npz"])
def test_it_is_saved_with_a_network_that_has_learned(
    qtbot: QtBot, named: Dataset, make_window: MakeWindow, tmp_path: Path, ending: str
) -> None:
    window = make_window()
    wait_for(qtbot, window, Status.READY)
    train_epochs(qtbot, window, 1)
    about = saved(qtbot, window, tmp_path / f"net{ending}").description
    assert about is not None
    assert (about.class_names, about.example_shape, about.title) == (NAMES, (28, 28), named.title)


def test_it_outlives_a_process_of_its_own_and_undo(
    qtbot: QtBot, two_cores: None, named: Dataset, make_window: MakeWindow, tmp_path: Path
) -> None:
    window = make_window()
    wait_for(qtbot, window, Status.READY)
    session = window.session
    train_for_a_while(qtbot, window)
    qtbot.waitUntil(lambda: session.training.runner.worker._is_lent, timeout=20_000)
    pause(qtbot, window)
    session.reset()
    assert session.runs.current.network.description is None
    session.undo.undo()
    about = saved(qtbot, window, tmp_path / "net.npz").description
    assert about is not None
    assert about.class_names == NAMES


def test_without_its_data_a_network_still_names_its_classes(
    qtbot: QtBot,
    few_digits: Dataset,
    named: Dataset,
    make_window: MakeWindow,
    tmp_path: Path,
    load_with: Callable[..., None],
) -> None:
    path = tmp_path / "net.json"
    save_network(trained_on(replace(named, train=named.train.head(50), test=None), epochs=1), path)
    load_with(lambda: few_digits)
    window = make_window()
    wait_for(qtbot, window, Status.READY)
    assert window.session.class_names == [str(number) for number in range(10)]
    with qtbot.waitSignal(window.session.files.opened):
        window.session.files.open(path)
    assert window.session.class_names == list(NAMES)


def test_classes_that_are_numbers_are_called_as_in_the_data_not_as_in_version_0_21(
    qtbot: QtBot, ready_window: MainWindow, tmp_path: Path
) -> None:
    session, file = ready_window.session, tmp_path / "codes.csv"
    file.write_text("x,code\n" + "".join(f"{i},{('00812', '01099')[i % 2]}\n" for i in range(40)))
    session.data.load(str(file))
    qtbot.waitUntil(lambda: session.dataset is not None and session.dataset.title == "codes")
    assert session.dataset is not None
    network = trained_on(session.dataset)
    assert network.description is not None
    assert network.description.coding is not None
    coding = replace(network.description.coding, class_names=("812", "1099"))
    network.description = replace(network.description, coding=coding)
    save_network(network, tmp_path / "old.json")
    session.files.open(tmp_path / "old.json")
    qtbot.waitUntil(lambda: session.runs.current.network.description is not None)
    about = session.runs.current.network.description
    assert about is not None
    assert about.class_names == ("812", "1099")
    assert session.runs.current.misfit(session.dataset) is None
    assert session.class_names == ["00812", "01099"]
