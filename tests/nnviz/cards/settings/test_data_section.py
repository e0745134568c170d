"""The section of the data: sets in groups, their settings as fields, files that were used before."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QAction, QComboBox, QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from engine.basics.assets_folder import ASSETS
from engine.datasets import DATASETS, DataSetting, DataSource, load_data
from engine.datasets.data_setting import SEED
from nnviz.cards.settings.more_button import MoreButton
from nnviz.cards.settings.small_table import SmallTable
from nnviz.session.status import Status
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.fields import NumberEdit
from nnviz.window.main_window import MainWindow
from nnviz.window.preferences import Preferences
from nnviz.window.user_files import settings_file
from tests.conftest import MakeWindow, close
from tests.engine.helpers import restored_later
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.conftest import Model, Restart
from tests.nnviz.helpers import (
    action,
    choose_file,
    click,
    close_more,
    find,
    find_field,
    is_shown,
    open_more,
    pick,
    retype,
    train_epochs,
    wait_for,
)

COMMANDS = ("Open data …", "Open folder …", "Paint points", "Change how the file is read …")
PENGUINS = ASSETS / "tables" / "penguins.csv"


@pytest.fixture
def cards() -> tuple[str, ...]:
    """The cards of the window, unless a test names others."""
    return ("dataCard",)


@pytest.fixture
def ready_window(make_cards: MakeCards, cards: tuple[str, ...]) -> CardWindow:
    return make_cards(*cards)


def wait_for_data(qtbot: QtBot, window: AnyWindow | Model) -> None:
    """Until what is loading is there, or is refused."""
    qtbot.waitUntil(lambda: is_shown(window.session.data))


def choose(qtbot: QtBot, window: AnyWindow, title: str) -> None:
    """Chooses data in the list."""
    pick(qtbot, window, "datasetCombo", title)
    wait_for_data(qtbot, window)


@pytest.fixture
def spirals(ready_window: CardWindow, qtbot: QtBot) -> CardWindow:
    """The window with the spirals."""
    choose(qtbot, ready_window, "Spirals")
    return ready_window


BAD = [
    ("dataPointsEdit", "many", "Points is 'many': it must be a whole number"),
    ("dataPointsEdit", "2000000", "Points is 2000000: it must be at most 1000000"),
    ("dataNoiseEdit", "7", "Noise is 7: it must be"),
    ("dataClassesEdit", "9", "Classes is 9: it must be"),
]


def test_nothing_moves_when_the_first_data_are_loaded(window: MainWindow, qtbot: QtBot) -> None:
    def place() -> QPoint:
        return find(window, QWidget, "optimizerCombo").mapTo(window, QPoint())

    assert window.session.data.loading
    QTest.qWait(1)
    before = place()
    wait_for_data(qtbot, window)
    QTest.qWait(1)
    assert place() == before

    # To open data asks for a file and shows it first.
    before, importing = window.session.dataset, window.session.data_import
    for how in ("button", "list", "menu"):
        if how == "button":
            find(window, QComboBox, "datasetCombo").setFocus()
            click(qtbot, window, QToolButton, "openDataButton")
        elif how == "list":
            pick(qtbot, window, "datasetCombo", "Open data …")
            assert find(window, QComboBox, "datasetCombo").currentText() == "MNIST handwritten digits"
        else:
            action(window, "actionOpenData").trigger()
        choose_file(qtbot, window, "openDataDialog", PENGUINS)
        qtbot.waitUntil(lambda: importing.can_use)
        assert importing.name == str(PENGUINS), how
        assert window.session.dataset is before, how
        assert find(window, QWidget, "importSheet").isVisible(), how
        importing.cancel()
        assert not find(window, QWidget, "importSheet").isVisible()

    # A bad value is a problem at its field until undo.
    spirals = window
    choose(qtbot, spirals, "Spirals")
    before = spirals.session.dataset
    for field, typed, reported in BAD:
        retype(qtbot, spirals, field, typed)
        wait_for_data(qtbot, spirals)
        note = find(spirals, QLabel, field.replace("Edit", "Error"))
        assert note.isVisible(), typed
        assert reported in note.text().replace("\u202f", "")
        assert find_field(spirals, field).text() == typed
        assert not find(spirals, QWidget, "messageBar").isVisible(), "it is reported once"
        assert spirals.session.dataset is before
        assert not spirals.session.training.can_start
        action(spirals, "actionUndo").trigger()  # drops what was typed
        assert not note.isVisible()
        assert find_field(spirals, field).text() != typed
        assert spirals.session.training.can_start


def test_headings_cannot_be_chosen(ready_window: CardWindow, qtbot: QtBot, tmp_path: Path) -> None:
    combo = find(ready_window, QComboBox, "datasetCombo")
    model = combo.model()
    no_data = [row for row in range(combo.count()) if not isinstance(combo.itemData(row), str)]
    passed_over = [combo.itemText(row) for row in no_data]
    assert passed_over == [*("Images", "Tables", "The plane", "Curves", ""), *COMMANDS]
    assert not any(model.flags(model.index(row, 0)) & Qt.ItemFlag.ItemIsEnabled for row in no_data)
    combo.setFocus()
    combo.blockSignals(True)  # nothing is loaded
    qtbot.keyClick(combo, Qt.Key.Key_Home)
    seen = []
    for _ in range(combo.count()):
        seen.append(combo.currentIndex())
        qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert not set(seen) & set(no_data)
    assert len(set(seen)) == combo.count() - len(no_data)
    combo.blockSignals(False)

    # The share that was read is shown.
    data = ready_window.session.data
    detail = find(ready_window, QLabel, "dataCounts")
    seen: list[str] = []
    data.progressed.connect(lambda: seen.append(detail.text()))
    data.load("penguins")
    wait_for_data(qtbot, ready_window)
    assert seen[-1] == "Loading … 100\u202f%"
    assert detail.text() == "275 to learn from, 69 to test"

    # A file that has gone is reported and the list shows what is there.
    file = tmp_path / "birds.csv"
    file.write_bytes(PENGUINS.read_bytes())
    ready_window.session.data.load(str(file))
    wait_for_data(qtbot, ready_window)
    choose(qtbot, ready_window, "Moons")
    file.unlink()
    choose(qtbot, ready_window, "birds.csv")
    assert "must be the name of a known data set, or an existing file" in ready_window.session.messages.current.text
    assert find(ready_window, QComboBox, "datasetCombo").currentText() == "Moons"
    assert ready_window.session.dataset is not None


def test_a_field_loads_the_data_with_its_value(spirals: CardWindow, qtbot: QtBot) -> None:
    assert find_field(spirals, "dataPointsEdit").text() == "600"
    retype(qtbot, spirals, "dataPointsEdit", "300")
    wait_for_data(qtbot, spirals)
    retype(qtbot, spirals, "dataClassesEdit", "3")
    wait_for_data(qtbot, spirals)
    data = spirals.session.dataset
    assert data is not None
    assert len(data.train) + len(data.test or ()) == 300
    assert data.outputs == 3
    assert spirals.session.data.settings == {"points": 300, "classes": 3}
    assert spirals.session.settings.experiment.shape[-1] == 3
    spirals.session.undo.undo()
    wait_for(qtbot, spirals, Status.READY)
    assert find_field(spirals, "dataClassesEdit").text() == "2"

    # The test set and the seed are among the further settings.
    retype(qtbot, spirals, "dataTestShareEdit", "50 %")
    wait_for_data(qtbot, spirals)
    retype(qtbot, spirals, "dataSeedEdit", "3")
    wait_for_data(qtbot, spirals)
    data = spirals.session.dataset
    assert data is not None
    assert data.test is not None
    assert len(data.train) == len(data.test) == 150
    more = find(spirals, MoreButton, "moreButton")
    assert more.phrases[:2] == [("test share 0.5", True), ("seed 3", True)]
    assert find(spirals, QLabel, "dataCounts").toolTip() == "Generated from seed 3."

    # A problem goes with its field.
    retype(qtbot, spirals, "dataClassesEdit", "9")
    wait_for_data(qtbot, spirals)
    choose(qtbot, spirals, "Moons")
    assert spirals.session.settings.problems == {}
    assert spirals.session.training.can_start


def test_a_new_setting_has_a_field_which_is_stepped_and_described_as_its_data_say(
    make_cards: MakeCards, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    restored_later(monkeypatch, DATASETS)
    bars = DataSetting("bars", "Bars", 60, "Number of bars.", least=20, most=90, step=25)
    noise = DataSetting("noise", "Noise", 0.5, "Share of wrong labels.", least=0.25, most=0.5, step=0.1)
    made: list[dict[str, object]] = []
    DATASETS.register("bars")(
        DataSource("Bars", lambda **given: made.append(given) or load_data("moons"), "Shapes", (bars, noise, SEED))
    )
    window = make_cards("dataCard")
    choose(qtbot, window, "Moons")
    assert find(window, NumberEdit, "dataNoiseEdit").toolTip().startswith("Standard deviation")
    assert not find(window, NumberEdit, "dataBarsEdit").isVisible()
    choose(qtbot, window, "Bars")
    edits = {name: find(window, NumberEdit, name) for name in ("dataBarsEdit", "dataNoiseEdit")}
    assert {name: (edit.text(), edit.toolTip()) for name, edit in edits.items()} == {
        "dataBarsEdit": ("60", "Number of bars."),
        "dataNoiseEdit": ("0.5", "Share of wrong labels."),
    }
    for steps, bars_then, noise_then in ((1, 75, 0.5), (1, 90, 0.5), (-1, 50, 0.4), (-9, 20, 0.25)):
        for edit, value in zip(edits.values(), (bars_then, noise_then), strict=True):
            edit.stepBy(steps)
            wait_for_data(qtbot, window)
            assert edit.text() == str(value)
    assert made[-1] == {"bars": 20, "noise": 0.25}


@pytest.mark.parametrize("cards", [("dataCard", "networkCard", "trainingCard")], ids=["all"])
def test_images_can_be_trained_on_fewer_examples(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    pick(qtbot, window, "presetCombo", "First steps")
    open_more(qtbot, window)
    field, before = find_field(window, "dataTrainExamplesEdit"), session.settings.experiment
    assert field.text() == "all"
    retype(qtbot, window, "dataTrainExamplesEdit", "300")
    wait_for_data(qtbot, window)
    data = session.dataset
    assert data is not None
    assert data.train.labels is not None
    assert np.bincount(data.train.labels).tolist() == [30] * 10
    assert len(data.test or ()) == 500
    assert session.settings.experiment.data_settings == {"train_examples": 300}
    assert session.settings.experiment.fingerprint == data.fingerprint != before.fingerprint
    assert session.settings.typed == set(), "the preset follows the number of examples"
    training = session.settings.experiment.training
    assert len(data.train) // training.batch_size * training.epochs > 1000, "enough updates to overfit"
    assert find(window, QLabel, "dataCounts").text() == "300 to learn from, 500 to test"
    assert find(window, QLabel, "dataCounts").toolTip() == "300 of 2\u202f000 examples, drawn by seed 0."
    window.session.undo.undo()
    wait_for_data(qtbot, window)
    assert session.settings.experiment == before
    assert field.text() == "all"
    window.session.undo.redo()
    wait_for_data(qtbot, window)
    retype(qtbot, window, "dataTrainExamplesEdit", "all")
    wait_for_data(qtbot, window)
    assert session.data.settings == {}


@pytest.mark.parametrize("cards", [("dataCard", "networkCard")], ids=["data and network"])
def test_a_network_that_learned_from_other_examples_is_replaced_by_a_new_one(
    ready_window: CardWindow, qtbot: QtBot
) -> None:
    """Else its low test error would seem to be that of 300 examples. Undo gives the examples and the network back."""
    window, session = ready_window, ready_window.session
    window.add_bars()
    train_epochs(qtbot, window, 1)
    old, learned = session.runs.current, session.runs.current.parameters.copy()
    button, notice = find(window, QPushButton, "trainButton"), find(window, QLabel, "networkNotice")

    retype(qtbot, window, "dataTrainExamplesEdit", "300")
    wait_for_data(qtbot, window)
    assert button.text().strip() == "Train new"
    assert "learned from other examples" in button.toolTip()
    assert "learned from other training examples" in notice.text()
    status = find(window, QLabel, "runStatus")
    assert status.text() == "press Space to train a new one", "the time of an epoch of the old run says nothing"
    session.undo.undo()
    wait_for_data(qtbot, window)
    assert button.text().strip() == "Train"
    assert not notice.isVisible()

    retype(qtbot, window, "dataTrainExamplesEdit", "300")
    wait_for_data(qtbot, window)
    click(qtbot, window, QPushButton, "stepEpochButton")
    wait_for(qtbot, window, Status.PAUSED, Status.FINISHED)
    new = session.runs.current
    assert new is not old
    assert new.epochs == 1
    assert new.history.error.train.epochs == [0, 1], "its figures are its own"
    np.testing.assert_array_equal(old.parameters, learned)
    assert session.messages.current is not None
    assert "because it has learned from other examples" in session.messages.current.text


def test_a_network_can_be_fine_tuned_with_other_examples(ready_model: Model, qtbot: QtBot) -> None:
    model, session = ready_model, ready_model.session
    train_epochs(qtbot, model, 1)  # type: ignore[arg-type]
    run = session.runs.current
    assert not session.training.can_fine_tune
    session.data.load("mnist", {"train_examples": 100})
    wait_for_data(qtbot, model)
    assert session.training.can_fine_tune
    session.settings.change("epochs", epochs=2)
    session.training.fine_tune()
    wait_for(qtbot, model, Status.FINISHED)
    assert session.runs.current is run
    assert run.epochs == 3
    assert "training examples 100" in run.history.changes[-1].text, "the curves say where the examples changed"
    assert not session.training.starts_new_network, "now it has learned from these"


def test_examples_that_were_learned_are_no_validation_set(ready_model: Model, qtbot: QtBot) -> None:
    """Unless the training that is paused keeps all its examples."""
    model, training = ready_model, ready_model.session.training
    training.step_batch()
    wait_for(qtbot, model, Status.PAUSED)
    model.session.settings.change("validation share", validation_share=0.1)
    assert not training.starts_new_network
    model.session.undo.undo()
    train_epochs(qtbot, model, 1)  # type: ignore[arg-type]
    assert not training.starts_new_network
    model.session.settings.change("validation share", validation_share=0.1)
    assert training.starts_new_network


def test_a_number_of_examples_that_cannot_be_had_is_a_problem_at_its_field(
    ready_window: CardWindow, qtbot: QtBot
) -> None:
    before = ready_window.session.dataset
    for typed, reported in (
        ("9", "Training examples is 9"),
        ("many", "Training examples is 'many'"),
        ("2001", "Training examples is 2001"),
        ("1.5", "Training examples is 1.5"),
        ("-3", "Training examples is -3"),
    ):
        retype(qtbot, ready_window, "dataTrainExamplesEdit", typed)
        wait_for_data(qtbot, ready_window)
        note = find(ready_window, QLabel, "dataTrainExamplesError")
        assert note.isVisible(), typed
        assert note.text().startswith(reported)
        assert ("10 to 2\u202f000" in note.text()) == (typed != "many")
        assert ready_window.session.dataset is before, typed


def test_a_run_on_fewer_examples_comes_back_with_them(restart: Restart, qtbot: QtBot) -> None:
    before = restart()
    before.session.data.load("mnist", {"train_examples": 100})
    wait_for_data(qtbot, before)
    fingerprint = before.session.dataset.fingerprint  # type: ignore[union-attr]
    assert before.close()
    again = restart()
    wait_for_data(qtbot, again)
    assert again.session.data.settings == {"train_examples": 100}
    assert again.session.dataset is not None
    assert again.session.dataset.fingerprint == fingerprint


@pytest.mark.usefixtures("reads_here")
def test_a_folder_of_images_has_the_field_and_the_sheet_keeps_it(
    ready_window: CardWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    for number in range(40):
        file = tmp_path / "shapes" / f"class {number % 2}" / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (6, 6), 5 * number).save(file)
    ready_window.session.data.load(str(tmp_path / "shapes"))
    wait_for_data(qtbot, ready_window)
    retype(qtbot, ready_window, "dataTrainExamplesEdit", "8")
    wait_for_data(qtbot, ready_window)
    close_more(qtbot, ready_window)
    assert len(ready_window.session.dataset.train) == 8  # type: ignore[union-attr]
    click(qtbot, ready_window, QToolButton, "changeImportButton")
    importing = ready_window.session.data_import
    qtbot.waitUntil(lambda: importing.can_use)
    click(qtbot, ready_window, QPushButton, "useImportButton")
    wait_for_data(qtbot, ready_window)
    assert len(ready_window.session.dataset.train) == 8  # type: ignore[union-attr]


def test_a_table_shows_its_first_rows_in_raw_numbers(
    spirals: CardWindow, qtbot: QtBot, ready_window: CardWindow
) -> None:
    # Only what the data can be made with is shown.
    assert find(spirals, NumberEdit, "dataClassesEdit").isVisible()
    choose(qtbot, spirals, "Moons")
    assert not find(spirals, NumberEdit, "dataClassesEdit").isVisible()
    choose(qtbot, spirals, "Penguins")
    assert not find(spirals, NumberEdit, "dataPointsEdit").isVisible()
    open_more(qtbot, spirals)
    assert not find(spirals, NumberEdit, "dataTrainExamplesEdit").isVisible()
    assert not find(spirals, QWidget, "dataGroup").isVisible()
    close_more(qtbot, spirals)
    assert find(spirals, QToolButton, "changeImportButton").isVisible()

    # Change shows the preview of the present data.
    choose(qtbot, ready_window, "Penguins")
    button = find(ready_window, QToolButton, "changeImportButton")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    importing = ready_window.session.data_import
    qtbot.waitUntil(lambda: importing.can_use)
    importing.choose(missing="median")
    qtbot.waitUntil(lambda: importing.can_use)
    click(qtbot, ready_window, QPushButton, "useImportButton")
    wait_for_data(qtbot, ready_window)
    assert (ready_window.session.data.name, ready_window.session.data.settings) == ("penguins", {"missing": "median"})
    assert ready_window.session.dataset is not None
    assert ready_window.session.dataset.title == "Penguins"

    # A table shows its first rows in raw numbers.
    choose(qtbot, ready_window, "Penguins")
    rows = find(ready_window, SmallTable, "dataRows")
    assert rows.isVisible()
    assert 2 <= rows.shown <= 6
    assert "island, bill_length_mm" in rows.toolTip()
    assert rows._names[:3] == ["species", "island", "bill_length_mm"]
    assert rows._cells[0][:4] == ["Adelie", "Torgersen", "39.5", "17.4"]
    note = find(ready_window, ElidedLabel, "dataNote")
    assert note.toolTip().startswith("Missing values: 11 in sex get a category of their own; ")
    assert note.shown == "Missing values filled in"
    ready_window.session.data.load("penguins", {"missing": "drop"})
    wait_for_data(qtbot, ready_window)
    assert note.toolTip() == "11 rows with a missing value left out."
    assert note.shown in (note.toolTip(), "11 rows left out"), "it is not cut"


def test_another_column_of_a_table_is_predicted(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    combo = find(window, QComboBox, "dataTargetCombo")
    assert not combo.isVisible(), "images have no columns"
    choose(qtbot, window, "Penguins")
    assert combo.currentText() == "species"
    pick(qtbot, window, "dataTargetCombo", "island")
    wait_for_data(qtbot, window)
    assert session.data.settings == {"target": "island"}
    assert session.class_names == ["Biscoe", "Dream", "Torgersen"]
    assert combo.currentText() == "island"
    pick(qtbot, window, "dataTargetCombo", "body_mass_g")
    wait_for_data(qtbot, window)
    assert session.dataset is not None
    assert not session.dataset.is_classification
    session.undo.undo()
    wait_for_data(qtbot, window)
    assert combo.currentText() == "island"


def test_what_0_22_remembered_of_tables_left_rows_out(
    restart: Restart, qtbot: QtBot, make_window: MakeWindow, tmp_path: Path
) -> None:
    """It remembered nothing about missing values then."""
    files = [tmp_path / "birds.csv", tmp_path / "more.csv"]
    for file in files:
        file.write_bytes(PENGUINS.read_bytes())
    remembered = Preferences(settings_file())
    remembered.set("dataset", str(files[0]))
    remembered.set("dataset_settings", json.dumps({"target": "island"}))
    remembered.set("imported", json.dumps([[str(file), {"target": "island"}, None] for file in files]))
    assert remembered.close()
    again = make_window()
    wait_for_data(qtbot, again)
    assert again.session.data.settings == {"target": "island", "missing": "drop"}
    choose(qtbot, again, "more.csv")
    assert again.session.data.settings == {"target": "island", "missing": "drop"}
    again.session.data.load(str(files[1]), {"target": "island"})
    wait_for_data(qtbot, again)
    close(again)
    now = restart()
    wait_for_data(qtbot, now)
    assert (now.session.data.name, now.session.data.settings) == (str(files[1]), {"target": "island"})


def test_files_that_were_used_are_offered_also_after_a_restart(
    restart: Restart, qtbot: QtBot, make_window: MakeWindow, tmp_path: Path
) -> None:
    file, before = tmp_path / "birds <b>&amp;.csv", restart()
    file.write_bytes(PENGUINS.read_bytes())
    for name, settings in ((str(file), {"target": "island", "missing": "median"}), ("moons", {})):
        before.session.data.load(name, settings)
        wait_for_data(qtbot, before)
    assert before.close()
    again = make_window()
    wait_for_data(qtbot, again)
    choose(qtbot, again, "birds <b>&amp;.csv")
    assert again.session.data.settings == {"target": "island", "missing": "median"}
    assert again.session.dataset is not None
    assert again.session.dataset.class_names == ("Biscoe", "Dream", "Torgersen")
    menu = next(each for each in again.menuBar().findChildren(QAction) if each.text() == "Recent da&ta").menu()
    menu.aboutToShow.emit()
    assert [each.text() for each in menu.actions()] == ["&1  birds <b>&&amp;.csv"]
