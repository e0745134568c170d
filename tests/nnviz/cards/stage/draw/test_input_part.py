"""The input that one draws: sizes, tools, pictures from elsewhere, test digits; each step can be undone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PyQt5 import sip
from PyQt5.QtCore import QCoreApplication, QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt5.QtGui import QDragEnterEvent, QDropEvent, QImage
from PyQt5.QtWidgets import QApplication, QCheckBox, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from engine import photograph
from engine.datasets import Dataset
from engine.network.network import Network
from engine.storage import save_network
from nnviz.cards.stage.draw.input_part import InputPart
from nnviz.digits.strokes import Ink
from nnviz.ui import theme
from nnviz.ui.picture import Picture
from nnviz.window.main_window import MainWindow
from tests.engine.helpers import ENDINGS
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.cards.stage.draw.input_helpers import click_tool
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import action, click, drag, find, is_shown, press, seven


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards()


@pytest.fixture
def photo(few_digits: Dataset) -> np.ndarray:
    """A digit on a sheet, (280, 280) bytes."""
    digit = Image.fromarray(few_digits.train.inputs[0].reshape(28, 28).astype(np.uint8))
    return 230 - np.asarray(digit.resize((280, 280), Image.Resampling.BICUBIC)) // 2


@pytest.fixture
def file(photo: np.ndarray, tmp_path: Path) -> Path:
    """The same in a file."""
    Image.fromarray(photo).save(tmp_path / "five.png")
    return tmp_path / "five.png"


def image_of(photo: np.ndarray) -> QImage:
    """For the clipboard."""
    return QImage(photo.tobytes(), 280, 280, 280, QImage.Format.Format_Grayscale8).copy()


def drop(window: AnyWindow, given: QMimeData) -> bool:
    """Lets something go over the canvas, as the system would report it; whether it was welcome."""
    enter = QDragEnterEvent(
        QPoint(50, 50), Qt.DropAction.CopyAction, given, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(window.canvas, enter)
    if enter.isAccepted():
        event = QDropEvent(
            QPointF(50, 50), Qt.DropAction.CopyAction, given, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(window.canvas, event)
    return enter.isAccepted()


def files(*paths: Path | str) -> QMimeData:
    """As a file manager gives them, or a browser its addresses."""
    given = QMimeData()
    given.setUrls([QUrl.fromLocalFile(str(path)) if isinstance(path, Path) else QUrl(path) for path in paths])
    return given


def words(window: AnyWindow) -> str:
    """What is said of the small picture in the corner."""
    return find(window, Picture, "networkInputPicture").accessibleDescription()


def wait_for_picture(qtbot: QtBot, window: AnyWindow) -> Ink:
    """Until it lies on the canvas alone."""
    qtbot.waitUntil(lambda: len(window.canvas.drawing) == 1 and isinstance(window.canvas.drawing[0], Ink))
    return window.canvas.drawing[0]


@pytest.fixture
def light(tmp_path: Path, few_digits: Dataset) -> Path:
    """A folder of dark digits on light paper."""
    labels = few_digits.train.labels
    assert labels is not None
    for number in range(60):
        pixels = 240 - few_digits.train.inputs[number].reshape(28, 28).astype(np.uint8) // 2
        (tmp_path / "light" / str(labels[number])).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / "light" / str(labels[number]) / f"{number}.png")
    return tmp_path / "light"


def test_dark_digits_on_light_paper_are_drawn_so(
    reads_here: None, qtbot: QtBot, window: MainWindow, light: Path, photo: np.ndarray
) -> None:
    session, canvas = window.session, window.canvas
    assert session.data.dataset is None
    assert not find(window, QToolButton, "randomDigitButton").isEnabled(), "no test digit without data"
    assert not action(window, "actionRandomDigit").isEnabled()
    window.draw.show_random_digit()
    assert canvas.is_empty
    session.data.load(str(light))
    qtbot.waitUntil(lambda: is_shown(session.data))
    data = session.dataset
    assert data is not None
    assert data.background == pytest.approx(240 / 255)
    network = session.runs.current.network
    assert network.brightness == data.brightness == session.settings.experiment.brightness
    assert canvas.network_input() == pytest.approx(data.background)
    assert session.question.example is None
    drag(canvas, seven(canvas))
    shown = canvas.network_input()
    assert (shown.min(), shown.max()) == (pytest.approx(0, abs=1e-6), pytest.approx(data.background))
    assert np.median(shown) == pytest.approx(data.background)
    wanted = network.predict(shown[None])[0]

    def is_answered() -> bool:
        answer = session.question.answer
        return answer is not None and np.allclose(answer, wanted, rtol=1e-4, atol=1e-6)

    qtbot.waitUntil(is_answered)
    click(qtbot, window, QToolButton, "randomDigitButton")
    example = session.question.example
    assert example is not None
    assert any((split.example(row) == example).all() for split in data.splits.values() for row in range(len(split)))
    QApplication.clipboard().setImage(image_of(photo))
    action(window, "actionPastePicture").trigger()
    qtbot.waitUntil(lambda: not canvas.drawing[0].is_example)  # type: ignore[union-attr]
    pasted = canvas.network_input()
    assert np.median(pasted) == pytest.approx(data.background)
    assert pasted.min() < 0.2
    click(qtbot, window, QToolButton, "clearButton")
    assert canvas.network_input() == pytest.approx(data.background)
    click(qtbot, window, QToolButton, "randomDigitButton")
    assert canvas.drawing
    session.data.load("mnist")
    qtbot.waitUntil(lambda: is_shown(session.data) and session.data.loaded_name == "mnist")
    assert canvas.drawing == (), "no light paper on the dark canvas"
    assert not canvas.network_input().any()
    assert session.question.example is None


# ---- sizes


@pytest.fixture
def part(ready_model: Model, qtbot: QtBot) -> Iterator[InputPart]:
    """The part alone, with its data, in view."""
    made = InputPart(ready_model.session)
    made.resize(400, 480)
    made.show()
    made.set_in_view(True)
    yield made
    made.hide()
    sip.delete(made)


def in_row(part: InputPart) -> set[str]:
    """The names of the buttons that can be seen, all of them whole."""
    seen = [button for button in part.findChildren(QToolButton) if button.isVisible()]
    assert all(button.visibleRegion().boundingRect() == button.rect() for button in seen)
    return {button.objectName() for button in seen}


@pytest.mark.parametrize(
    ("size", "percent", "side", "tools"),
    [
        ((400, 480), 100, 230, "eraserButton randomDigitButton inputMenuButton"),
        ((238, 480), 100, 230, "eraserButton randomDigitButton inputMenuButton"),
        ((190, 480), 100, 182, "eraserButton inputMenuButton"),
        ((400, 250), 100, 190, "eraserButton inputMenuButton"),
        ((400, 190), 100, 160, "clearButton inputMenuButton"),
        ((130, 480), 100, 122, "clearButton inputMenuButton"),
        ((600, 480), 150, 282, "eraserButton inputMenuButton"),
        ((600, 200), 150, 157, "clearButton inputMenuButton"),
        ((600, 480), 200, 325, "eraserButton inputMenuButton"),
    ],
)
def test_the_canvas_is_a_square_and_tools_without_room_go_into_the_menu(
    part: InputPart, qapp: QApplication, size: tuple[int, int], percent: int, side: int, tools: str
) -> None:
    drag(part.canvas, seven(part.canvas))
    theme.apply(qapp, "dark", percent)
    part.resize(*size)
    QCoreApplication.processEvents()
    assert (part.canvas.width(), part.canvas.height()) == (side, side)
    shown = in_row(part)
    assert set(tools.split()) <= shown
    assert {"clearButton", "inputMenuButton"} <= shown
    assert ("eraserButton" in shown) is ("eraserButton" in tools)
    assert ("randomDigitButton" in shown) is ("randomDigitButton" in tools)
    part.menu.open()
    everything = in_row(part)
    assert {"penButton", "eraserButton", "randomDigitButton", "undoStrokeButton", "pasteButton"} <= everything
    part.menu.hide()
    theme.apply(qapp, "dark", 100)


def test_in_little_room_clear_and_the_menu_stand_at_the_right(part: InputPart) -> None:
    drag(part.canvas, seven(part.canvas))
    part.resize(128, 170)
    QCoreApplication.processEvents()
    assert in_row(part) == {"clearButton", "inputMenuButton"}
    right = part.canvas.mapTo(part, part.canvas.rect().topRight()).x()
    menu = part.menu.button.mapTo(part, part.menu.button.rect().topRight()).x()
    clear = part.clear_button.mapTo(part, part.clear_button.rect().topRight()).x()
    assert abs(menu - right) < 8
    assert abs(menu - part.menu.button.width() - clear) < 8


def test_it_asks_for_the_width_of_its_canvas(part: InputPart) -> None:
    heights = {480: 230, 250: 190, 190: 160}
    for height, side in heights.items():
        part.resize(500, height)
        assert part.sizeHint().width() - side == part.sizeHint().width() - part.canvas.width() < 10
    assert part.minimumSizeHint().width() < 130
    assert part.minimumSizeHint().height() <= 150


def test_what_has_no_effect_is_not_shown(part: InputPart) -> None:
    assert in_row(part).isdisjoint({"undoStrokeButton", "clearButton"})
    assert not part.drawing.seen.isVisible()
    place = part.canvas.mapTo(part, QPoint(0, 0))
    drag(part.canvas, seven(part.canvas))
    QCoreApplication.processEvents()
    assert {"undoStrokeButton", "clearButton"} <= in_row(part)
    assert part.drawing.seen.isVisible()
    assert part.canvas.mapTo(part, QPoint(0, 0)) == place, "nothing moves"
    part.clear()
    assert "clearButton" not in in_row(part)
    assert "undoStrokeButton" in in_row(part), "it brings the drawing back"


def test_one_draws_through_the_picture_of_the_input_which_makes_way(part: InputPart) -> None:
    canvas, seen = part.canvas, part.drawing.seen
    drag(canvas, seven(canvas))
    before = part.drawing.canvas.drawing
    corner = seen.geometry().center()
    assert (seen.width() - 2) % 28 == 0, "no pixel is wider than another"
    assert canvas.rect().contains(seen.geometry())
    assert part.childAt(seen.mapTo(part, seen.rect().center())) is canvas
    drag(canvas, [(10, 10), (corner.x(), corner.y())], release=False)
    assert not seen.isVisible()
    drag(canvas, [(corner.x(), corner.y()), (20, 20)])
    assert seen.isVisible()
    assert len(canvas.drawing) > len(before)


def test_pen_and_eraser_take_turns(part: InputPart, qtbot: QtBot) -> None:
    pen, eraser = part.drawing.pen_button, part.drawing.eraser_button
    for button, erases in ((eraser, True), (eraser, True), (pen, False)):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert (eraser.isChecked(), pen.isChecked(), part.canvas.erases) == (erases, not erases, erases)
    for erases in (True, False):
        part.toggle_eraser()
        assert part.canvas.erases is eraser.isChecked() is erases


def test_the_menu_by_keys(part: InputPart, qtbot: QtBot) -> None:
    part.activateWindow()
    part.menu.button.setFocus()
    qtbot.keyClick(part.menu.button, Qt.Key.Key_Space)
    assert part.menu.isVisible()
    assert part.menu.focusWidget() is part.pen, "the first of its controls"
    qtbot.keyClick(part.menu, Qt.Key.Key_Escape)
    assert not part.menu.isVisible()
    part.menu.open()
    qtbot.mouseClick(part.keeping.button, Qt.MouseButton.LeftButton)
    assert not part.menu.isVisible()


def tab_order(part: InputPart) -> list[str]:
    """The names of the controls that Tab reaches, from the canvas on."""
    names: list[str] = []
    widget = part.canvas.nextInFocusChain()
    while widget is not part.canvas:
        takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None
        if takes and widget.isVisible() and widget.window() is part.window():
            names.append(widget.objectName())
        widget = widget.nextInFocusChain()
    return names


def test_tab_goes_from_the_top_to_the_foot(part: InputPart, ready_model: Model, qtbot: QtBot) -> None:
    drag(part.canvas, seven(part.canvas))
    # Of pen and eraser Tab reaches the chosen one; arrow keys choose the other.
    before = ["undoStrokeButton", "clearButton", "penButton", "randomDigitButton", "inputMenuButton"]
    assert tab_order(part) == before
    part.resize(160, 480)
    assert tab_order(part) == ["undoStrokeButton", "clearButton", "penButton", "inputMenuButton"]
    part.resize(400, 480)
    assert tab_order(part) == before
    ready_model.session.data.load("spirals")
    names = ["paintInputButton", "planeView", "askValue1Edit", "askValue2Edit", "planeTestsKey", "inputMenuButton"]
    qtbot.waitUntil(lambda: tab_order(part) == names)


# ---- pictures


def test_drop_a_file(ready_window: CardWindow, qtbot: QtBot, file: Path) -> None:
    assert drop(ready_window, files(file))
    ink = wait_for_picture(qtbot, ready_window)
    assert ink.title == "five.png"
    assert ready_window.session.question.example.any()
    drag(ready_window.canvas, [(20, 20), (60, 20)])
    assert len(ready_window.canvas.drawing) == 2


def test_drop_a_picture_out_of_another_window(ready_window: CardWindow, qtbot: QtBot, photo: np.ndarray) -> None:
    given = files("https://example.org/five.png")
    given.setImageData(image_of(photo))
    assert drop(ready_window, given)
    wait_for_picture(qtbot, ready_window)


UNREADABLE = {
    "text.png": "not an image, or damaged",
    "missing.png": "No such file",
    "poster.png": "56.0 million",
    "blank.png": "no digit stands out",
    "cut.png": "not an image, or damaged",
}


def test_what_cannot_be_read_is_reported_and_nothing_is_lost(
    ready_window: CardWindow, qtbot: QtBot, tmp_path: Path, file: Path
) -> None:
    window, messages = ready_window, ready_window.session.messages
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "cut.png").write_bytes(file.read_bytes()[:200])
    Image.new("1", (8000, 7000)).save(tmp_path / "poster.png")
    Image.new("L", (80, 80), 200).save(tmp_path / "blank.png")
    drag(window.canvas, seven(window.canvas))
    drawn = window.canvas.network_input()
    for name, why in UNREADABLE.items():
        drop(window, files(tmp_path / name))
        qtbot.waitUntil(lambda: messages.current is not None)
        assert name in messages.current.text
        assert why in messages.current.text
        np.testing.assert_array_equal(window.canvas.network_input(), drawn)
        messages.dismiss()
    window.session.undo.undo()
    assert window.session.undo.last() is None, "the stroke was the only step"


def test_a_picture_that_can_be_read_takes_the_complaint_away(
    ready_window: CardWindow, qtbot: QtBot, tmp_path: Path, file: Path
) -> None:
    drop(ready_window, files(tmp_path / "missing.png"))
    qtbot.waitUntil(lambda: ready_window.session.messages.current is not None)
    drop(ready_window, files(file))
    wait_for_picture(qtbot, ready_window)
    assert ready_window.session.messages.current is None


def test_files_are_read_behind_the_window(
    ready_window: CardWindow, qtbot: QtBot, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what is drawn meanwhile can be brought back."""
    window = ready_window
    gate, original = threading.Event(), photograph.ink_of_photograph

    def held(grey: np.ndarray) -> np.ndarray | None:
        assert gate.wait(10)
        return original(grey)

    monkeypatch.setattr(photograph, "ink_of_photograph", held)
    drop(window, files(file))
    drag(window.canvas, seven(window.canvas))
    drawn = window.session.question.example
    gate.set()
    wait_for_picture(qtbot, window)
    click(qtbot, window, QToolButton, "undoStrokeButton")
    np.testing.assert_array_equal(window.session.question.example, drawn)


# ---- test digits


def test_a_random_test_digit(ready_window: CardWindow, qtbot: QtBot, few_digits: Dataset) -> None:
    window = ready_window
    drag(window.canvas, seven(window.canvas))
    drawn = window.canvas.network_input()
    click(qtbot, window, QToolButton, "randomDigitButton")
    number, label = words(window).removeprefix("test image ").split(": a ")
    assert few_digits.test is not None
    assert few_digits.test.labels is not None
    assert few_digits.test.labels[int(number)] == int(label)
    expected = few_digits.test.inputs[int(number)] * few_digits.test.scale
    np.testing.assert_allclose(window.session.question.example, expected, atol=1e-6)
    title = find(window, QLabel, "inputTitle")
    assert title.text() == f"Example: {label}"
    assert number in title.toolTip()
    click_tool(qtbot, window, QCheckBox, "centreCheck")
    np.testing.assert_allclose(window.session.question.example, expected, atol=1e-6)
    seen = set()
    for _ in range(5):
        click(qtbot, window, QToolButton, "randomDigitButton")
        seen.add(words(window))
    assert len(seen) > 1
    drag(window.canvas, [(20, 20), (60, 20)])
    assert words(window).startswith("not centred")
    assert (title.text(), title.toolTip()) == ("Your digit", "")
    for _ in range(7):
        click(qtbot, window, QToolButton, "undoStrokeButton")
    assert [len(stroke.points) for stroke in window.canvas.drawing] == [len(seven(window.canvas))]
    click_tool(qtbot, window, QCheckBox, "centreCheck")
    np.testing.assert_array_equal(window.session.question.example, drawn)


# ---- eraser and centring


def test_all_erased_is_no_question_to_the_network(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    drag(window.canvas, [(60, 60), (90, 60)])
    click(qtbot, window, QToolButton, "eraserButton")
    drag(window.canvas, [(40, 60), (110, 60)])
    assert window.session.question.example is None
    assert window.session.prediction is None


def test_centring(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    left = (window.canvas.width() - window.canvas.height()) / 2  # of the square that is the input if not centred
    drag(window.canvas, [(left + 0.3 * x + 0.1 * window.canvas.height(), 0.3 * y) for x, y in seven(window.canvas)])
    centred = window.session.question.example
    assert words(window) == "centred 28×28, like MNIST"
    click_tool(qtbot, window, QCheckBox, "centreCheck")
    assert words(window) == "not centred, the canvas scaled to 28×28"
    assert window.session.question.example.sum() < centred.sum()
    click_tool(qtbot, window, QCheckBox, "centreCheck")
    np.testing.assert_array_equal(window.session.question.example, centred)


def test_in_the_window_it_is_pasted_erased_and_refused(
    whole_window: MainWindow, qtbot: QtBot, photo: np.ndarray, few_digits: Dataset, tmp_path: Path
) -> None:
    # It all fits.
    drag(whole_window.canvas, seven(whole_window.canvas))
    for size in ((1280, 720), (1440, 900)):
        whole_window.resize(*size)
        QCoreApplication.processEvents()
        for name in ("penButton", "eraserButton", "randomDigitButton", "undoStrokeButton", "clearButton"):
            button = find(whole_window, QToolButton, name)
            assert button.visibleRegion().boundingRect() == button.rect(), (size, name)
            assert button.width() >= button.sizeHint().width(), (size, name)
        assert whole_window.canvas.width() == whole_window.canvas.height() == 230, size
    whole_window.session.undo.undo()

    # What is no picture is refused.
    assert find(whole_window, QToolButton, "randomDigitButton").isEnabled()
    assert action(whole_window, "actionRandomDigit").isEnabled()

    # Text is not welcome.
    given = QMimeData()
    given.setText("5")
    assert not drop(whole_window, given)

    # Nothing on the clipboard.
    QApplication.clipboard().setText("5")
    action(whole_window, "actionPastePicture").trigger()
    assert "the clipboard" in whole_window.session.messages.current.text
    assert whole_window.canvas.is_empty

    # An address without a picture.
    drop(whole_window, files("https://example.org/five.png"))
    assert "contains no image" in whole_window.session.messages.current.text

    # A picture is pasted.
    window = whole_window
    window.session.messages.dismiss()
    drag(window.canvas, seven(window.canvas))
    drawn = window.canvas.network_input()
    QApplication.clipboard().setImage(image_of(photo))
    window.canvas.setFocus()
    press(qtbot, window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    wait_for_picture(qtbot, window)
    seen = window.session.question.example
    np.testing.assert_array_equal(seen, window.canvas.network_input())
    digit = few_digits.train.inputs[0] * few_digits.train.scale
    assert np.corrcoef(seen, digit)[0, 1] > 0.85
    assert window.session.messages.current is None
    click(qtbot, window, QToolButton, "undoStrokeButton")
    np.testing.assert_array_equal(window.canvas.network_input(), drawn)
    action(window, "actionRedo").trigger()
    np.testing.assert_array_equal(window.canvas.network_input(), seen)

    # The eraser, its key, and undo in the menu.
    click(qtbot, window, QToolButton, "clearButton")
    drag(window.canvas, seven(window.canvas))
    drawn = window.session.question.example
    button = click(qtbot, window, QToolButton, "eraserButton")
    assert button.isChecked()
    x, y = seven(window.canvas)[12]
    drag(window.canvas, [(x - 40, y), (x + 40, y)])
    assert abs(window.session.question.example - drawn).max() > 0.5
    assert action(window, "actionUndo").text() == "&Undo erasing"
    press(qtbot, window, Qt.Key.Key_X)
    assert not button.isChecked()
    action(window, "actionUndo").trigger()
    np.testing.assert_array_equal(window.session.question.example, drawn)

    # A network that is dropped on the canvas is opened.
    for width, name in enumerate(("NET.JSON", *(f"net{ending}" for ending in ENDINGS)), 5):
        save_network(Network([784, width, 10]), tmp_path / name)
        assert drop(whole_window, files(tmp_path / name)), "by the window, which Qt asks next"
        assert not whole_window.canvas._is_target
        event = QDropEvent(
            QPointF(50, 50),
            Qt.DropAction.CopyAction,
            files(tmp_path / name),
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(whole_window, event)
        qtbot.waitUntil(lambda width=width: whole_window.session.displayed.network.shape == [784, width, 10])
