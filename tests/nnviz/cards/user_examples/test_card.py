"""Examples of one's own: draw, keep, see what is answered, train on with them, and carry them to another window."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from engine.datasets import load_data
from engine.datasets.user_examples import read_user_examples
from nnviz.cards.stage.draw.keep_popup import KeepPopup
from nnviz.cards.user_examples.card import UserExamplesPage
from nnviz.cards.user_examples.model import PREDICTIONS, TEST_SET
from nnviz.session.selection import Example
from nnviz.session.status import Status
from nnviz.session.user_example_store import user_examples_folder
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.picture_list import PictureList
from nnviz.ui.row_list import RowList
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.cards.stage.draw.input_helpers import click_tool
from tests.nnviz.helpers import (
    choose_file,
    click,
    find,
    is_shown,
    press,
    retype,
    show_view,
    train_epochs,
    views,
    wait_for,
)

CURVES = "curvesDock"  # the card of the page


@pytest.fixture
def own_window(make_cards: MakeCards, qtbot: QtBot) -> CardWindow:
    """The card of the page and the canvas, which know that nothing is kept yet."""
    window = make_cards(CURVES)
    wait_until_read(qtbot, window)
    return window


def close(window: CardWindow) -> None:
    """As a window does that closes: all that is kept is on disk."""
    window.hide()
    assert window.session.close()


def wait_until_read(qtbot: QtBot, window: AnyWindow) -> None:
    qtbot.waitUntil(lambda: is_shown(window.session.data) and window.session.user_examples.examples is not None)


def load(qtbot: QtBot, window: AnyWindow, name: str) -> None:
    window.session.data.load(name)
    wait_until_read(qtbot, window)


def draw(qtbot: QtBot, window: AnyWindow) -> None:
    """A stroke down the canvas, with the mouse."""
    canvas = window.canvas
    start = QPoint(canvas.width() // 2, canvas.height() // 4)
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 6):
        qtbot.mouseMove(canvas, start + QPoint(0, step * canvas.height() // 12))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=start + QPoint(0, canvas.height() // 2))


def keep_as(qtbot: QtBot, window: CardWindow, name: str) -> None:
    """By the button, the class, and Enter."""
    click_tool(qtbot, window, QToolButton, "keepExampleButton")
    choose_class(qtbot, window, name)


def choose_class(qtbot: QtBot, window: AnyWindow, name: str) -> None:
    """In the box, by its first letter, and Enter."""
    box, combo = find(window, KeepPopup, "keepBox"), find(window, QComboBox, "keepClassCombo")
    assert box.isVisible()
    qtbot.keyClicks(combo, name)
    assert combo.currentText() == name
    qtbot.keyClick(combo, Qt.Key.Key_Return)
    assert not box.isVisible()


def page_of(window: AnyWindow) -> UserExamplesPage:
    page = window.card("ownPage")
    assert isinstance(page, UserExamplesPage)
    return page


def open_page(qtbot: QtBot, window: AnyWindow) -> UserExamplesPage:
    """Turns to the page and waits for the answers."""
    show_view(qtbot, window, "ownView")
    wait_for_answers(qtbot, window)
    return page_of(window)


def wait_for_answers(qtbot: QtBot, window: AnyWindow) -> None:
    probes = window.session.queries
    qtbot.waitUntil(lambda: all(probes[name].is_up_to_date and probes[name].result for name in (PREDICTIONS, TEST_SET)))


def train_on(qtbot: QtBot, window: AnyWindow) -> None:
    """Presses the button, and waits until the data are there and the network has learned from all that are kept."""
    click(qtbot, window, QPushButton, "trainOnOwnButton")
    own = window.session.user_examples
    qtbot.waitUntil(lambda: bool(own.is_mixed_in.all() and own.learned.all()) and is_shown(window.session.data))


def shows(window: AnyWindow, name: str) -> str:
    return find(window, ElidedLabel, name).text()


def coloured_pixels(pictures: PictureList, place: int) -> int:
    """How much of a caption is written in the colour of errors, and not in grey."""
    tile, image = pictures.tile(place), pictures.viewport().grab().toImage()
    below = range(tile.bottom() + 2, tile.bottom() + 15)
    colours = [QColor(image.pixel(x, y)) for x in range(tile.left(), tile.right()) for y in below]
    return sum(colour.red() > colour.blue() + 60 for colour in colours)


# ---- keeping


def test_a_drawing_is_kept_with_the_key_and_its_class_and_can_be_undone(whole_window: MainWindow, qtbot: QtBot) -> None:
    window, own = whole_window, whole_window.session.user_examples
    wait_until_read(qtbot, window)
    assert "ownView" not in views(qtbot, window)
    draw(qtbot, window)
    press(qtbot, window, Qt.Key.Key_K)
    choose_class(qtbot, window, "4")
    assert "ownView" in views(qtbot, window)
    assert own.examples is not None
    np.testing.assert_array_equal(own.examples.inputs[0], window.canvas.network_input())
    assert own.examples.truths.tolist() == ["4"]
    press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert own.count == 0
    assert "ownView" not in views(qtbot, window)
    press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert own.count == 1


def test_the_box_begins_with_the_true_class_and_a_wrong_answer_is_called_so(
    own_window: CardWindow, qtbot: QtBot
) -> None:
    window = own_window
    load(qtbot, window, "moons")
    click_tool(qtbot, window, QToolButton, "keepExampleButton")
    combo, data, truth = (
        find(window, QComboBox, "keepClassCombo"),
        window.session.dataset,
        window.session.question.truth,
    )
    assert data is not None
    assert truth is not None
    assert combo.currentText() == data.class_name(int(truth.argmax()))
    qtbot.keyClick(combo, Qt.Key.Key_Escape)
    assert not find(window, KeepPopup, "keepBox").isVisible()
    assert window.session.user_examples.count == 0

    # A point that is predicted wrong is called so.
    session = window.session
    prediction = session.question.prediction
    assert prediction is not None
    best = int(prediction.argmax())
    session.user_examples.add(best)
    session.user_examples.add(1 - best)
    open_page(qtbot, window)
    model, name = find(window, RowList, "ownRows").model(), session.class_names[best]
    assert [model.index(row, 1).data() for row in range(2)] == [name, f"{name} · wrong"]
    assert [model.headerData(column, Qt.Orientation.Horizontal) for column in range(2)] == ["true", "predicted"]


def test_the_answer_of_the_network_is_not_taken_for_the_truth(own_window: CardWindow, qtbot: QtBot) -> None:
    # Nothing can be kept of an empty canvas.
    click_tool(qtbot, own_window, QToolButton, "keepExampleButton")
    assert not find(own_window, QPushButton, "keepButton").isEnabled()
    assert find(own_window, QLabel, "keptLabel").text() == "none kept yet"
    qtbot.keyClick(find(own_window, QComboBox, "keepClassCombo"), Qt.Key.Key_Escape)

    # An example of the data on the canvas begins with its class.
    window, session = own_window, own_window.session
    test = session.dataset.test if session.dataset else None
    assert test is not None
    assert test.labels is not None
    session.selection.choose_example(Example("test", 3))
    session.question.set_data_example(Example("test", 3))
    click_tool(qtbot, window, QToolButton, "keepExampleButton")
    combo = find(window, QComboBox, "keepClassCombo")
    assert combo.currentText() == str(test.labels[3])
    qtbot.keyClick(combo, Qt.Key.Key_Escape)

    # The prediction of the network is not taken for the truth.
    session.sketch.replace("clear", ())
    window, own = own_window, own_window.session.user_examples
    draw(qtbot, window)
    click_tool(qtbot, window, QToolButton, "keepExampleButton")
    combo, button = find(window, QComboBox, "keepClassCombo"), find(window, QPushButton, "keepButton")
    assert combo.currentIndex() == -1
    assert not button.isEnabled()
    qtbot.keyClick(combo, Qt.Key.Key_Return)
    assert combo.isVisible()
    assert own.count == 0
    qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert button.isEnabled()
    qtbot.keyClick(combo, Qt.Key.Key_Return)
    assert own.count == 1


def test_a_row_is_kept_with_its_true_number_in_its_unit(own_window: CardWindow, qtbot: QtBot) -> None:
    window, own = own_window, own_window.session.user_examples
    load(qtbot, window, "mpg")
    click_tool(qtbot, window, QToolButton, "keepExampleButton")
    field = find(window, QLineEdit, "keepNumberEdit")
    for wrong in ("many", "1; 2", "inf", ""):
        field.setText("")
        qtbot.keyClicks(field, wrong)
        qtbot.keyClick(field, Qt.Key.Key_Return)
        assert field.isVisible()
        assert field.property("wrong")
    field.setText("")
    qtbot.keyClicks(field, "31,5")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert own.examples is not None
    assert own.examples.truths.tolist() == [[31.5]]
    open_page(qtbot, window)
    rows = find(window, RowList, "ownRows").model()
    assert rows.index(0, 0).data() == "31.5"
    assert rows.columnCount() == 6


# ---- seeing


def test_the_wrong_ones_are_marked_and_the_error_stands_beside_that_of_the_test(
    own_window: CardWindow, qtbot: QtBot
) -> None:
    window, session = own_window, own_window.session
    train_epochs(qtbot, window, 3)
    test = session.dataset.test if session.dataset else None
    assert test is not None
    assert test.labels is not None
    right = session.displayed.network.predict(test.inputs.astype(np.float32) / 255).argmax(axis=1) == test.labels
    number = int(np.flatnonzero(right)[0])
    session.question.set_data_example(Example("test", number))
    label = int(test.labels[number])
    session.user_examples.add(label)
    session.user_examples.add((label + 1) % 10)
    page = open_page(qtbot, window)
    share = 100 * float(1 - right.mean())
    assert "own 50" in shows(window, "ownFigures")
    assert f"test {share:.3g}" in shows(window, "ownFigures")
    assert coloured_pixels(page.pictures, 0) == 0
    assert coloured_pixels(page.pictures, 1) > 0


def test_a_chosen_one_is_asked_about_with_enter_and_removed_with_delete(own_window: CardWindow, qtbot: QtBot) -> None:
    window, own = own_window, own_window.session.user_examples
    window.session.question.set_data_example(Example("test", 3))
    kept = np.array(window.session.question.example)
    own.add(1)
    window.session.question.set_data_example(Example("test", 4))
    own.add(2)
    open_page(qtbot, window)
    pictures = find(window, PictureList, "ownPictures")
    qtbot.mouseClick(pictures.viewport(), Qt.MouseButton.LeftButton, pos=pictures.tile(0).center())
    qtbot.keyClick(pictures, Qt.Key.Key_Return)
    np.testing.assert_allclose(window.session.question.example, kept, atol=1e-6)
    press(qtbot, window, Qt.Key.Key_Delete)
    assert own.examples is not None
    assert own.examples.truths.tolist() == ["2"]


# ---- training on


def test_train_on_with_them_keeps_the_network_and_tells_what_is_forgotten(own_window: CardWindow, qtbot: QtBot) -> None:
    window, session = own_window, own_window.session
    session.records.set_on(True)
    train_epochs(qtbot, window, 2)
    run, parameters = session.runs.current, np.array(session.displayed.network.parameters)
    draw(qtbot, window)
    keep_as(qtbot, window, "4")
    open_page(qtbot, window)
    assert shows(window, "ownProgress") == "This is not in the training set."
    train_on(qtbot, window)
    assert session.runs.current is run
    assert session.user_examples.before is not None
    np.testing.assert_array_equal(session.user_examples.before.network.parameters, parameters)
    assert len(session.dataset.train) > 2000 if session.dataset else False
    wait_for(qtbot, window, Status.FINISHED)
    wait_for_answers(qtbot, window)
    answers, tested = session.queries[PREDICTIONS].result, session.queries[TEST_SET].result
    assert answers.error == 0
    assert tested.before is not None
    words = shows(window, "ownProgress")
    assert "All in the training set" in words
    assert "test error" in words
    assert tested.forgotten is not None
    test = session.dataset.test if session.dataset else None
    assert test is not None
    assert test.labels is not None
    then, now = (
        session.displayed.network.with_parameters(each).predict(test.inputs.astype(np.float32) / 255).argmax(axis=1)
        for each in (parameters, session.displayed.network.parameters)
    )
    assert tested.forgotten == int(((then == test.labels) & (now != test.labels)).sum())
    assert tested.before == pytest.approx(float((then != test.labels).mean()))

    # Before it has learned from them nothing is compared while one looks back.
    session.timeline.go_to(1)
    assert not session.user_examples.learned.any()
    wait_for_answers(qtbot, window)
    assert session.queries[TEST_SET].result.before is None
    assert "test error" not in shows(window, "ownProgress")
    session.timeline.go_to(3)
    assert session.user_examples.learned.all()
    wait_for_answers(qtbot, window)
    assert "test error" in shows(window, "ownProgress")

    # A branch has learned what its parent had by then.
    taught, before = session.runs.current, session.user_examples.before
    assert before is not None
    session.timeline.go_to(3)
    session.timeline.branch()
    qtbot.waitUntil(lambda: session.runs.current is not taught, timeout=20_000)
    assert session.user_examples.learned.all()
    assert session.user_examples.before is before


def test_what_it_has_learned_from_is_reported_after_undo_too(own_window: CardWindow, qtbot: QtBot) -> None:
    window, session = own_window, own_window.session
    train_epochs(qtbot, window, 1)
    draw(qtbot, window)
    keep_as(qtbot, window, "4")
    page = open_page(qtbot, window)
    train_on(qtbot, window)
    window.session.undo.undo()
    qtbot.waitUntil(lambda: is_shown(session.data) and session.user_examples.mixed_in is None)
    assert session.user_examples.learned.all()
    assert session.training.state is not Status.TRAINING
    wait_for_answers(qtbot, window)
    page.refresh()
    words = shows(window, "ownProgress")
    assert words.startswith("All learned, no longer in the training set · test error"), words
    window.session.reset()
    qtbot.waitUntil(lambda: not session.user_examples.learned.any())
    wait_for_answers(qtbot, window)
    assert shows(window, "ownProgress") == "This is not in the training set."

    # Other data may come after training on them: the network of before is of the old data, and is not asked.
    train_epochs(qtbot, window, 1)
    train_on(qtbot, window)
    session.pause()
    wait_for_answers(qtbot, window)
    failures: list[Exception] = []
    session.queries[TEST_SET].failed.connect(failures.append)
    load(qtbot, window, "spirals")
    qtbot.waitUntil(lambda: session.displayed.network.shape[0] == 2)
    session.user_examples.add(0)
    open_page(qtbot, window)
    assert session.user_examples.before is None
    assert failures == []


def test_nothing_is_compared_before_it_has_been_trained_on_them(own_window: CardWindow, qtbot: QtBot) -> None:
    window, session = own_window, own_window.session
    draw(qtbot, window)
    keep_as(qtbot, window, "4")
    open_page(qtbot, window)
    train_on(qtbot, window)
    session.pause()
    settings = dict(session.data.loaded_settings)
    click(qtbot, window, QPushButton, "leaveOutOwnButton")
    qtbot.waitUntil(lambda: is_shown(session.data) and session.user_examples.mixed_in is None)
    session.reset()
    train_epochs(qtbot, window, 1)
    session.data.load("mnist", settings)
    qtbot.waitUntil(lambda: is_shown(session.data) and bool(session.user_examples.is_mixed_in.all()))
    wait_for_answers(qtbot, window)
    assert not session.user_examples.learned.any()
    assert session.user_examples.before is None
    assert shows(window, "ownProgress") == "All in the training set, 10\u202f% of it; Train continues with them."


def own_share_of(window: AnyWindow) -> float:
    """Of the training part that is loaded."""
    data = window.session.dataset
    assert data is not None
    return 1 - 2000 / len(data.train)


def test_the_share_is_typed_and_mixed_in_and_can_be_undone(own_window: CardWindow, qtbot: QtBot) -> None:
    # A share that cannot be is reported beside the field.
    window, own = own_window, own_window.session.user_examples
    draw(qtbot, window)
    keep_as(qtbot, window, "1")
    open_page(qtbot, window)
    for typed in ("95", "-5 %", "many", "inf", ""):
        field = retype(qtbot, window, "ownShareEdit", typed)
        assert field.property("wrong"), typed
        note = find(window, QLabel, "ownShareError")
        assert note.isVisible()
        assert note.text().startswith("Share is ")
        assert own.share == 0.1
    field = retype(qtbot, window, "ownShareEdit", "90 %")
    assert not field.property("wrong")
    assert not note.isVisible()
    assert own.share == 0.9

    # The share is typed and mixed in and can be undone.
    session = window.session
    retype(qtbot, window, "ownShareEdit", "10 %")
    assert field.text() == "10 %"
    for typed in ("30", "0.3", "30 %"):
        retype(qtbot, window, "ownShareEdit", typed)
        assert field.text() == "30 %"
    assert session.user_examples.mixed_in is None, "nothing is mixed in before it is asked for"
    train_on(qtbot, window)
    assert own_share_of(window) == pytest.approx(0.3, abs=0.01)
    assert session.settings.experiment.data_settings["own_share"] == 0.3
    assert "30\u202f% of it" in shows(window, "ownProgress")
    qtbot.keyClick(field, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: is_shown(session.data) and own_share_of(window) == pytest.approx(0.35, abs=0.01))
    window.session.undo.undo()
    qtbot.waitUntil(lambda: is_shown(session.data) and own_share_of(window) == pytest.approx(0.3, abs=0.01))
    assert field.text() == "30 %"
    click(qtbot, window, QPushButton, "leaveOutOwnButton")
    qtbot.waitUntil(lambda: is_shown(session.data) and session.user_examples.mixed_in is None)
    assert field.text() == "30 %", "for the next time"

    # Undo takes them out again, and the button too.
    train_on(qtbot, window)
    assert session.settings.experiment.data_settings["own"] == session.user_examples.mixed_in
    assert not find(window, QPushButton, "trainOnOwnButton").isVisible()
    window.session.undo.undo()
    qtbot.waitUntil(lambda: is_shown(session.data) and session.user_examples.mixed_in is None)
    assert session.dataset is not None
    assert len(session.dataset.train) == 2000
    train_on(qtbot, window)
    click(qtbot, window, QPushButton, "leaveOutOwnButton")
    qtbot.waitUntil(lambda: is_shown(session.data) and session.user_examples.mixed_in is None)
    assert "own" not in session.settings.experiment.data_settings
    assert session.user_examples.count == 1

    # What is kept later is not in the training set yet.
    own = session.user_examples
    train_on(qtbot, window)
    mixed = own.mixed_in
    draw(qtbot, window)
    keep_as(qtbot, window, "7")
    assert own.is_mixed_in.tolist() == own.learned.tolist() == [True, False]
    qtbot.waitUntil(lambda: shows(window, "ownProgress").startswith("1 of 2 in the training set"))
    assert mixed is not None
    assert len(read_user_examples(mixed)) == 1
    train_on(qtbot, window)
    assert own.mixed_in != mixed


# ---- on disk


def test_they_are_there_again_in_the_next_window_and_a_damaged_file_is_put_aside(
    make_cards: MakeCards, own_window: CardWindow, qtbot: QtBot
) -> None:
    draw(qtbot, own_window)
    keep_as(qtbot, own_window, "4")
    close(own_window)
    again = make_cards(CURVES)
    wait_until_read(qtbot, again)
    assert again.session.user_examples.count == 1
    load(qtbot, again, "moons")
    assert again.session.user_examples.count == 0
    load(qtbot, again, "mnist")
    assert again.session.user_examples.count == 1

    # A damaged file is reported, and put aside before one is written in its place.
    close(again)
    (path,) = user_examples_folder().glob("*.npz")
    path.write_bytes(b"damaged")
    third = make_cards(CURVES)
    wait_until_read(qtbot, third)
    qtbot.waitUntil(lambda: third.session.messages.current is not None)
    assert third.session.messages.current is not None
    assert "Your own examples could not be read" in third.session.messages.current.text
    draw(qtbot, third)
    keep_as(qtbot, third, "5")
    close(third)
    assert [aside.read_bytes() for aside in user_examples_folder().glob("*.damaged1")] == [b"damaged"]
    assert read_user_examples(path).truths.tolist() == ["5"]


def test_export_and_import_in_another_home(
    make_cards: MakeCards, whole_window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, path = whole_window, tmp_path / "mine.npz"
    wait_until_read(qtbot, window)
    draw(qtbot, window)
    keep_as(qtbot, window, "4")
    open_page(qtbot, window)
    click(qtbot, window, QToolButton, "exportOwnButton")
    choose_file(qtbot, window, "exportOwnDialog", path)
    qtbot.waitUntil(path.exists)
    assert window.session.user_examples.examples is not None
    mine = window.session.user_examples.examples.fingerprint
    own = window.session.user_examples
    window.session.undo.undo()
    assert own.count == 0
    click_tool(qtbot, window, QToolButton, "keepExampleButton")
    click(qtbot, window, QToolButton, "importOwnButton")
    choose_file(qtbot, window, "importOwnDialog", path)
    qtbot.waitUntil(lambda: own.count == 1)
    assert own.examples is not None
    assert own.examples.fingerprint == mine
    press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert own.count == 0

    # In another home.
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "other"))
    other = make_cards(CURVES)
    wait_until_read(qtbot, other)
    assert other.session.user_examples.count == 0
    other.session.user_examples.import_file(path)
    qtbot.waitUntil(lambda: other.session.user_examples.count == 1)
    assert other.session.user_examples.examples is not None
    assert other.session.user_examples.examples.fingerprint == mine


def test_a_file_of_other_data_or_none_is_refused_in_words(own_window: CardWindow, qtbot: QtBot, tmp_path: Path) -> None:
    from tests.engine.datasets.test_user_examples import some

    rows, broken = tmp_path / "rows.npz", tmp_path / "broken.npz"
    rows.write_bytes(some(load_data("mpg")).as_bytes())
    broken.write_bytes(b"PK\x03\x04 no zip")
    messages = own_window.session.messages
    reported = {
        rows: "rows.npz could not be imported",
        broken: "broken.npz: not an .npz with x and y",
        tmp_path / "gone.npz": "gone.npz",
    }
    for path, words in reported.items():
        messages.clear()
        own_window.session.user_examples.import_file(path)
        qtbot.waitUntil(lambda: messages.current is not None)
        assert messages.current is not None
        assert words in messages.current.text
    assert own_window.session.user_examples.count == 0

    # One that was damaged meanwhile is put aside.
    draw(qtbot, own_window)
    keep_as(qtbot, own_window, "4")
    qtbot.waitUntil(lambda: on_disk() == ["4"])
    (path,) = user_examples_folder().glob("*.npz")
    path.write_bytes(b"damaged")
    keep_as(qtbot, own_window, "5")
    close(own_window)
    assert [aside.read_bytes() for aside in user_examples_folder().glob("*.damaged1")] == [b"damaged"]
    assert on_disk() == ["4", "5"]


# ---- two windows


def on_disk() -> list[str]:
    """What is in the only file, if it is there."""
    return sorted(
        truth for path in user_examples_folder().glob("*.npz") for truth in read_user_examples(path).truths.tolist()
    )


def has(window: AnyWindow, *names: str) -> bool:
    kept = window.session.user_examples.examples
    return kept is not None and sorted(kept.truths.tolist()) == sorted(names)


def test_two_windows_lose_nothing_that_either_kept(make_cards: MakeCards, own_window: CardWindow, qtbot: QtBot) -> None:
    one, other = own_window, make_cards(CURVES)
    wait_until_read(qtbot, other)
    for window, name in ((one, "4"), (other, "5"), (one, "6")):
        draw(qtbot, window)
        keep_as(qtbot, window, name)
        qtbot.waitUntil(lambda name=name: name in on_disk())
    qtbot.waitUntil(lambda: has(one, "4", "5", "6"))
    assert has(other, "4", "5")
    one.session.undo.undo()
    assert has(one, "4", "5"), "undo takes back what was done here"
    close(one)
    assert on_disk() == ["4", "5"]


def test_what_was_removed_in_a_window_does_not_come_back_there(
    make_cards: MakeCards, own_window: CardWindow, qtbot: QtBot
) -> None:
    one, other = own_window, make_cards(CURVES)
    wait_until_read(qtbot, other)
    draw(qtbot, one)
    keep_as(qtbot, one, "4")
    qtbot.waitUntil(lambda: on_disk() == ["4"])
    draw(qtbot, other)
    keep_as(qtbot, other, "5")
    qtbot.waitUntil(lambda: has(other, "4", "5"))
    open_page(qtbot, one)
    pictures = find(one, PictureList, "ownPictures")
    qtbot.mouseClick(pictures.viewport(), Qt.MouseButton.LeftButton, pos=pictures.tile(0).center())
    press(qtbot, one, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: has(one, "5"))
    draw(qtbot, other)
    keep_as(qtbot, other, "7")
    qtbot.waitUntil(lambda: on_disk() == ["4", "5", "7"])
    draw(qtbot, one)
    keep_as(qtbot, one, "8")
    qtbot.waitUntil(lambda: has(one, "5", "7", "8"))
    close(one)
    assert on_disk() == ["5", "7", "8"]


def test_of_the_files_that_trainings_name_the_newest_are_kept(own_window: CardWindow, qtbot: QtBot) -> None:
    window, own = own_window, own_window.session.user_examples
    draw(qtbot, window)
    keep_as(qtbot, window, "4")
    open_page(qtbot, window)
    train_on(qtbot, window)
    first = Path(str(own.mixed_in))
    (path,) = (file for file in user_examples_folder().glob("*.npz") if file != first)
    older = [first, *(first.with_name(f"{path.stem}-{number:016x}.npz") for number in range(12))]
    others = [path.with_name(f"moons-00000000-{number:016x}.npz") for number in range(12)]
    for age, file in enumerate([*older, *others]):
        file.write_bytes(first.read_bytes())
        os.utime(file, (1e9 + age, 1e9 + age))
    keep_as(qtbot, window, "7")
    train_on(qtbot, window)
    left = set(user_examples_folder().glob("*.npz"))
    assert left == {path, *others, Path(str(own.mixed_in)), first, *older[4:]}
