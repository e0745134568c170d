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
from tests.engine.described import trained_on
from tests.engine.helpers import ENDINGS
from tests.nnviz.conftest import Model, Restart
from tests.nnviz.helpers import pause, train_epochs, train_for_a_while, wait_for

NAMES = ("nought", "one", "two", "three", "four", "five", "six", "seven", "<b>eight</b>", "nine")


@pytest.fixture
def named(few_digits: Dataset, load_with: Callable[..., None], restart: Restart) -> Dataset:
    """The window's data, with names of their own for the classes."""
    data = replace(few_digits, class_names=NAMES)
    load_with(lambda: data)
    return data


def saved(qtbot: QtBot, model: Model, path: Path) -> Network:
    """The network of the session in a file."""
    session = model.session
    session.files.save(path)
    qtbot.waitUntil(lambda: path.exists() and not session.files.activity)
    return load_network(path)


def test_it_is_saved_with_a_network_that_has_learned(
    qtbot: QtBot, named: Dataset, restart: Restart, tmp_path: Path
) -> None:
    model = restart()
    wait_for(qtbot, model, Status.READY)
    train_epochs(qtbot, model, 1)
    for ending in ENDINGS:
        about = saved(qtbot, model, tmp_path / f"net{ending}").description
        assert about is not None, ending
        assert (about.class_names, about.example_shape, about.title) == (NAMES, (28, 28), named.title), ending


def test_it_outlives_a_process_of_its_own_and_undo(
    qtbot: QtBot, two_cores: None, named: Dataset, restart: Restart, tmp_path: Path
) -> None:
    model = restart()
    wait_for(qtbot, model, Status.READY)
    session = model.session
    train_for_a_while(qtbot, model)
    qtbot.waitUntil(lambda: session.training.runner.worker._is_lent, timeout=20_000)
    pause(qtbot, model)
    session.reset()
    assert session.runs.current.network.description is None
    session.undo.undo()
    about = saved(qtbot, model, tmp_path / "net.npz").description
    assert about is not None
    assert about.class_names == NAMES


def test_without_its_data_a_network_still_names_its_classes(
    qtbot: QtBot,
    few_digits: Dataset,
    named: Dataset,
    restart: Restart,
    tmp_path: Path,
    load_with: Callable[..., None],
) -> None:
    path = tmp_path / "net.json"
    save_network(trained_on(replace(named, train=named.train.head(50), test=None), epochs=1), path)
    load_with(lambda: few_digits)
    model = restart()
    wait_for(qtbot, model, Status.READY)
    assert model.session.class_names == [str(number) for number in range(10)]
    with qtbot.waitSignal(model.session.files.opened):
        model.session.files.open(path)
    assert model.session.class_names == list(NAMES)


def test_classes_that_are_numbers_are_called_as_in_the_data_not_as_in_version_0_21(
    qtbot: QtBot, ready_model: Model, tmp_path: Path
) -> None:
    session, file = ready_model.session, tmp_path / "codes.csv"
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
