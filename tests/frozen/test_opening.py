"""Files that earlier versions wrote open, with the same content, networks and rest of the training."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from tqdm import tqdm

from engine import NeuralNetwork
from nnviz.cards.sweep.model import SweepForm
from nnviz.commands import cli
from nnviz.library import Library
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.frozen import FROZEN
from tests.frozen.contents import (
    CHECKPOINTS,
    NETWORKS,
    TABLES,
    check,
    digest,
    first_numbers,
    of_checkpoint,
    of_library,
    of_network,
    of_network_file,
    predict_command,
    table,
)
from tests.nnviz.conftest import Restart, restart
from tests.nnviz.helpers import action, is_shown

__all__ = ["restart"]  # a fixture

FOLDERS = sorted(path.parent for path in FROZEN.glob("version*/expected.json"))
EXPECTED: dict[str, dict[str, Any]] = {each.name: json.loads((each / "expected.json").read_text()) for each in FOLDERS}

MakeWindow = Callable[..., MainWindow]
Run = Callable[..., str]


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def folder(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture
def expected(folder: Path) -> dict[str, Any]:
    return EXPECTED[folder.name]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command that must succeed; returns its output."""
    monkeypatch.setattr(tqdm, "monitor_interval", 0)  # its thread would outlive the test

    def call(*arguments: str | Path) -> str:
        capsys.readouterr()
        assert cli.main([str(each) for each in arguments]) == 0
        return capsys.readouterr().out

    return call


@pytest.fixture
def library_file(folder: Path) -> Path:
    """The library of the folder, where the program looks for the user's."""
    path = Path(os.environ["NNVIZ_LIBRARY"])
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.decompress((folder / "library.sqlite.gz").read_bytes()))
    return path


# ---- networks and checkpoints


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_the_same(folder: Path, expected: dict[str, Any], name: str) -> None:
    check(of_network_file(folder / name), expected[name])


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_checkpoint_continues_as_it_would_have(folder: Path, expected: dict[str, Any], name: str) -> None:
    check(of_checkpoint(folder / name), expected[name])


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("ending", ["json", "npz"])
def test_the_api_predicts_rows_of_a_table(folder: Path, expected: dict[str, Any], name: str, ending: str) -> None:
    rows = table((FROZEN / f"{name}.csv").read_text())
    inputs = [dict(zip(rows[0][1:], row[1:], strict=True)) for row in rows[1:]]  # the target is the first column
    found = NeuralNetwork(str(folder / f"{name}.{ending}")).predict(inputs)
    wanted = [row[1:] or row for row in expected["predict"][name][1:]]
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


@pytest.mark.parametrize("name", TABLES)
def test_the_command_line_predicts_rows_of_a_table(folder: Path, expected: dict[str, Any], run: Run, name: str) -> None:
    check(table(run(*predict_command(folder, name))), expected["predict"][name])


@pytest.mark.parametrize("name", ["mnist.npz", "penguins.json", "mpg.npz"])
def test_the_command_line_finds_the_data_of_a_network(
    folder: Path, expected: dict[str, Any], run: Run, name: str
) -> None:
    check(first_numbers(run("evaluate", folder / name)), expected["evaluate"][name])


# ---- runs


def test_a_library_holds_the_same_runs_and_sweeps(library_file: Path, expected: dict[str, Any]) -> None:
    check(of_library(library_file), expected["library.sqlite.gz"])


def test_an_exported_run_is_imported(folder: Path, expected: dict[str, Any], run: Run) -> None:
    run("runs", "import", folder / "penguins.nnvizrun")
    check(of_library(Path(os.environ["NNVIZ_LIBRARY"])), expected["penguins.nnvizrun"])


def test_the_command_line_lists_the_runs_and_continues_one(
    library_file: Path, expected: dict[str, Any], run: Run
) -> None:
    runs = expected["library.sqlite.gz"]["runs"]
    listed = {str(each["id"]): each for each in json.loads(run("runs", "--json"))}
    assert listed.keys() == runs.keys()
    for number, each in runs.items():
        assert (listed[number]["note"], listed[number]["parent"]) == (each["note"], each["parent"])
    [paused] = [number for number, each in runs.items() if each["status"] == "paused"]
    run("train", "--resume", paused)
    with Library(library_file) as library:
        assert library.run(int(paused)).status == "finished"
        wanted = runs[paused]["continued"]["predictions"]
        inputs = np.linspace(-1, 1, 6, dtype=np.float32).reshape(3, 2)
        np.testing.assert_allclose(library.network(int(paused)).predict(inputs), wanted, rtol=1e-2)


# ---- the session, and the window


@pytest.mark.parametrize("name", ["2015.json", "mnist.npz", "penguins.json", "adam.checkpoint.npz"])
def test_the_session_opens_a_network(
    folder: Path, expected: dict[str, Any], restart: Restart, qtbot: QtBot, name: str
) -> None:
    session = restart(network=folder / name).session
    qtbot.waitUntil(lambda: session.runs.current.storage.path == folder / name, timeout=20_000)
    assert digest(session.runs.current.network) == expected[name]["parameters"]
    if name in CHECKPOINTS:
        qtbot.waitUntil(lambda: session.state is Status.PAUSED, timeout=20_000)
        session.start()
        qtbot.waitUntil(lambda: session.state is Status.FINISHED, timeout=20_000)
        wanted = {part: expected[name][part] for part in ("continued", "machine")}
        check({"continued": of_network(session.runs.current.network)}, wanted)


@pytest.fixture
def remembered(folder: Path) -> dict[str, Any]:
    """What the window remembers, where the program looks for the user's, with the examples of the user."""
    config, data = (Path(os.environ[f"XDG_{name}_HOME"], "nnviz") for name in ("CONFIG", "DATA"))
    config.mkdir()
    shutil.copy(folder / "settings.json", config)
    shutil.copytree(folder / "own", data / "own")
    found: dict[str, Any] = json.loads((folder / "settings.json").read_text())
    return found


def test_the_session_opens_the_last_run(
    remembered: dict[str, Any], library_file: Path, expected: dict[str, Any], restart: Restart, qtbot: QtBot
) -> None:
    session = restart().session
    qtbot.waitUntil(lambda: session.runs.current.storage.record == remembered["record"], timeout=20_000)
    current = expected["library.sqlite.gz"]["runs"][str(remembered["record"])]
    assert digest(session.runs.current.network) == current["last"]["parameters"]
    assert session.timeline.epochs[-1] == current["epochs"]
    assert session.data.name == remembered["dataset"]


def test_the_window_remembers_what_was_chosen(
    remembered: dict[str, Any], make_window: MakeWindow, qtbot: QtBot
) -> None:
    window = make_window()
    session = window.session
    qtbot.waitUntil(lambda: session.data.name == remembered["dataset"] and is_shown(session.data), timeout=20_000)
    check(session.settings.experiment.as_dict(), json.loads(remembered["configuration"]))
    assert window.workspace == remembered["workspace"]
    assert QApplication.palette().window().color().lightness() < 128
    assert action(window, "actionThemeDark").isChecked()
    assert session.question.threshold == remembered["sure_from"]
    assert session.sweeps.seeds == remembered["seeds"]
    check(session.models[SweepForm].fields.as_dict(), json.loads(remembered["sweep"]))


def test_the_session_has_the_examples_of_the_user(
    folder: Path, remembered: dict[str, Any], restart: Restart, qtbot: QtBot
) -> None:
    session = restart().session
    session.data.load("mnist")
    qtbot.waitUntil(lambda: session.user_examples.count == 1, timeout=20_000)
    [file] = (folder / "own").iterdir()
    with np.load(file) as kept:
        np.testing.assert_array_equal(session.user_examples.examples.inputs, kept["x"].reshape(1, -1))
        assert session.user_examples.examples.truths.tolist() == kept["y"].tolist() == ["4"]
