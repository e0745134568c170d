"""What the network is asked about follows the data: forms, points, numbers and pictures; and so do the answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PyQt5.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt5.QtGui import QDragEnterEvent, QDropEvent
from PyQt5.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QSlider, QStyle, QStyleOptionSlider, QToolButton
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset, Split
from engine.datasets.dataset import one_hot
from nnviz.cards.curves.prediction_over_time import PAST_PREDICTIONS
from nnviz.cards.stage.draw.value_form import MOST_ROWS
from nnviz.session.shared_queries import ANSWER
from nnviz.session.undo import Kind
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.cards.stage.draw.input_helpers import click_tool
from tests.nnviz.helpers import (
    Watch,
    action,
    click,
    drag,
    find,
    is_shown,
    press,
    retype,
    seven,
    train_epochs,
)

WITH_ALL = pytest.mark.parametrize("cards", [("curvesDock",)], ids=["all"])


@pytest.fixture
def cards() -> tuple[str, ...]:
    """The cards of the window, unless a test names others."""
    return ()


@pytest.fixture
def ready_window(make_cards: MakeCards, cards: tuple[str, ...]) -> CardWindow:
    return make_cards(*cards)


def load(qtbot: QtBot, window: AnyWindow, name: str) -> None:
    """Until the data are there, with a network that fits them."""
    window.session.data.load(name)
    data, runs = window.session.data, window.session.runs
    qtbot.waitUntil(lambda: is_shown(data) and runs.current.misfit(data.dataset) is None, timeout=20_000)
    QApplication.processEvents()


def answered(qtbot: QtBot, window: AnyWindow) -> None:
    """Until the answers are those to the example of now."""
    probes = window.session.queries
    qtbot.waitUntil(lambda: probes[ANSWER].is_up_to_date and probes[PAST_PREDICTIONS].is_up_to_date)


def reported(window: AnyWindow) -> str:
    return find(window, QLabel, "seenLabel").text()


def data_of(window: AnyWindow) -> Dataset:
    data = window.session.data.dataset
    assert data is not None
    return data


def value(window: AnyWindow, number: int) -> str:
    """What stands in a field, or is chosen."""
    edits = window.findChildren(QLineEdit, f"askValue{number}Edit")
    return edits[-1].text() if edits else find(window, QComboBox, f"askValue{number}Combo").currentText()


def slide(window: AnyWindow, number: int, places: list[int]) -> QSlider:
    """Presses the handle of a slider, moves it to these places and lets it go, by mouse events."""
    slider, options = find(window, QSlider, f"askValue{number}Slider"), QStyleOptionSlider()
    slider.initStyleOption(options)
    handle = slider.style().subControlRect(
        QStyle.ComplexControl.CC_Slider, options, QStyle.SubControl.SC_SliderHandle, slider
    )
    ends = [handle.width() / 2 + (slider.width() - handle.width()) * place / slider.maximum() for place in places]
    middle = handle.center().y()
    drag(slider, [(handle.center().x(), middle), *((x, middle) for x in ends)])
    return slider


# ---- while other data are shown, card by card


def test_fields_follow_at_once_and_a_stroke_in_between_is_none(whole_window: MainWindow, qtbot: QtBot) -> None:
    """What is typed or drawn then is not about the data of before."""
    window, session = whole_window, whole_window.session
    shapes: list[str] = []

    def look() -> None:
        if not session.data.loading:
            assert session.data.views.is_in_progress
            assert window.canvas.isVisible()
            shapes.append(find(window, QLineEdit, "shapeEdit").text())
            drag(window.canvas, seven(window.canvas))
            window.draw.box.dropped.emit(QMimeData())

    session.data.loading_changed.connect(look)
    load(qtbot, window, "penguins")
    assert shapes == ["10, 64, 32, 3"]
    assert session.undo.last(Kind.DRAWING) is None
    assert window.canvas.is_empty
    assert not window.canvas.isVisible()
    session.data.loading_changed.disconnect(look)
    load(qtbot, window, "mnist")
    drag(window.canvas, seven(window.canvas))
    assert not window.canvas.is_empty

    # Dice and reset.
    penguins = window
    load(qtbot, penguins, "penguins")
    assert action(penguins, "actionRandomDigit").text() == "Random test &row"
    question = penguins.session.question
    first = question.origin
    assert not penguins.draw.clear_button.isVisible(), "it is as it is in the data"
    seen = set()
    for _ in range(6):
        press(qtbot, penguins, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
        seen.add(question.origin)
    assert len(seen) > 1
    while question.origin != first or penguins.session.undo.last().text == "test row":
        action(penguins, "actionUndo").trigger()
    start = value(penguins, 5)
    retype(qtbot, penguins, "askValue5Edit", "4000")
    assert question.origin is None
    assert reported(penguins) == "input of the network: 10 numbers, standardised"
    click(qtbot, penguins, QToolButton, "clearButton")
    assert value(penguins, 5) == start
    assert question.origin == first
    assert action(penguins, "actionUndo").text() == "&Undo reset"

    # The form fits or scrolls.
    form, last = penguins.draw.form, find(penguins, QComboBox, "askValue6Combo")
    for size in ((1280, 720), (1440, 900)):
        penguins.resize(*size)
        QApplication.processEvents()
        assert form.widget().width() <= form.viewport().width(), size
        form.verticalScrollBar().setValue(0)
        form.ensureWidgetVisible(last)
        QApplication.processEvents()
        assert last.visibleRegion().boundingRect() == last.rect(), size

    # A point.
    load(qtbot, window, "spirals")
    assert window.draw.title.text() == "Your point"
    window.session.question.set_example([0.9, 0.9], "point")  # the random one may read 0.32 already, and would stay
    retype(qtbot, window, "askValue1Edit", "0.32")
    retype(qtbot, window, "askValue2Edit", "-0.18")
    assert value(window, 2) == "−0.18"
    np.testing.assert_allclose(window.session.question.example, [0.32, -0.18])
    assert reported(window) == "input of the network: two numbers, as they are (no scaling)"
    window.session.question.set_example([0.5, 0.25], "point")  # as by a click in the plane
    assert (value(window, 1), value(window, 2)) == ("0.50", "0.25")


# ---- rows


@pytest.fixture
def penguins(ready_window: CardWindow, qtbot: QtBot) -> CardWindow:
    load(qtbot, ready_window, "penguins")
    return ready_window


def row_of(window: AnyWindow) -> str:
    """What is asked about, by its number and its row of the file."""
    origin, data = window.session.question.origin, window.session.data.dataset
    return f"test row {origin.number} · row {data.test.file_row(origin.number)} of the file"


def test_a_row_of_the_test_part_with_its_true_answer(penguins: CardWindow, qtbot: QtBot) -> None:
    data, origin = penguins.session.data.dataset, penguins.session.question.origin
    assert penguins.draw.title.text() == "Your row"
    assert not penguins.canvas.isVisible()
    assert penguins.draw.form.isVisible()
    name = data.class_names[data.test.labels[origin.number]]
    assert reported(penguins) == f"{row_of(penguins)}: true class {name}"
    row = {column.name: penguins.draw.form for column in data.coding.columns}
    written = [value(penguins, number) for number in range(1, len(row) + 1)]
    encoded = data.coding.encode(dict(zip(row, written, strict=True)))[0]
    np.testing.assert_allclose(encoded, penguins.session.question.example, atol=1e-5)

    # To leave a field as it is changes nothing.
    before = penguins.session.question.example
    retype(qtbot, penguins, "askValue3Edit", value(penguins, 3))
    assert penguins.session.question.example is before
    assert penguins.session.question.origin is not None

    # What is no number stays beside what is asked.
    before, shown = penguins.session.question.example, value(penguins, 2)
    field = retype(qtbot, penguins, "askValue2Edit", "long")
    assert field.property("wrong")
    assert find(penguins, QLabel, "askValue2Error").text().startswith("bill_length_mm is 'long'")
    assert penguins.session.question.example is before
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert value(penguins, 2) == shown
    assert not field.property("wrong")
    assert penguins.session.question.example is before

    # A number is typed.
    question = penguins.session.question
    before, shown = question.example, value(penguins, 2)
    retype(qtbot, penguins, "askValue2Edit", "41,7")
    assert value(penguins, 2) == "41.7"
    assert penguins.session.undo.last().text == "bill_length_mm"
    scaled = (41.7 - data.scaling.mean[3]) / data.scaling.spread[3]
    assert question.example[3] == pytest.approx(scaled, rel=1e-5)
    np.testing.assert_array_equal(np.delete(question.example, 3), np.delete(before, 3))
    penguins.session.undo.undo()
    assert question.example is before
    assert value(penguins, 2) == shown

    # A category.
    combo = find(penguins, QComboBox, "askValue1Combo")
    combo.setFocus()
    other = (combo.currentIndex() + 1) % 3
    qtbot.keyClick(combo, Qt.Key.Key_Home)
    for _ in range(other):
        qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert penguins.session.question.example[:3].tolist() == np.eye(3)[other].tolist()


@WITH_ALL
def test_dragging_asks_at_every_move_and_is_one_step(penguins: CardWindow, qtbot: QtBot) -> None:
    train_epochs(qtbot, penguins, 2)
    session = penguins.session
    before, last, asked = session.question.example, session.undo.last(), []
    connection = session.question.changed.connect(lambda: asked.append(session.question.example[6]))
    slider = slide(penguins, 5, [5, 20, 40, 60])
    session.question.changed.disconnect(connection)
    assert len(set(asked)) >= 3
    assert value(penguins, 5) == f"{2850 + 50 * slider.value()}"
    assert session.undo.last() is not last
    answered(qtbot, penguins)
    np.testing.assert_allclose(session.question.answer, session.prediction)
    penguins.session.undo.undo()
    assert session.question.example is before
    assert session.undo.last() is last

    # The card is not laid out again by every move.
    retype(qtbot, penguins, "askValue5Edit", "4000")  # a row of one's own: what is reported about it stays the same
    answered(qtbot, penguins)
    QApplication.processEvents()
    watch = Watch()
    penguins.draw.installEventFilter(watch)
    for place in range(10, 40, 3):
        penguins.draw.form.moved.emit(4, 2700.0 + 50 * place)
        answered(qtbot, penguins)
        QApplication.processEvents()
    penguins.draw.removeEventFilter(watch)
    assert QEvent.Type.LayoutRequest not in watch.seen

    # Back to the digits, and to the row again.
    retype(qtbot, penguins, "askValue5Edit", "4000")
    row = penguins.session.question.example
    load(qtbot, penguins, "mnist")
    assert penguins.draw.title.text() == "Your digit"
    assert penguins.canvas.isVisible()
    assert not penguins.draw.form.isVisible()
    assert penguins.session.question.example is None
    drag(penguins.canvas, seven(penguins.canvas))
    assert len(penguins.session.question.example) == 784
    load(qtbot, penguins, "penguins")
    assert penguins.session.question.example is row
    assert value(penguins, 5) == "4000"


# ---- other data in the place of MNIST


@pytest.fixture
def with_data(make_cards: MakeCards, load_with: Callable[..., None], qtbot: QtBot) -> Callable[[Dataset], CardWindow]:
    """Opens a window with that data, and a network that fits it."""

    def opened(data: Dataset) -> CardWindow:
        load_with(lambda: data)
        window = make_cards("curvesDock")
        qtbot.waitUntil(lambda: is_shown(window.session.data))
        window.session.reset()
        qtbot.waitUntil(lambda: window.session.runs.current.misfit(data) is None)
        answered(qtbot, window)
        return window

    return opened


def test_many_columns_scroll_and_very_many_are_not_all_there(
    with_data: Callable[[Dataset], CardWindow], qtbot: QtBot
) -> None:
    labels = np.arange(40) % 2
    inputs = np.random.default_rng(0).normal(size=(40, 300)).astype(np.float32)
    window = with_data(Dataset("Wide", Split(inputs, one_hot(labels, 2), labels)))
    qtbot.waitUntil(lambda: len(window.draw.form.findChildren(QSlider)) == MOST_ROWS)
    assert find(window, QLabel, "askFormMore").text() == "200 more columns are not shown and keep their values"
    assert reported(window).startswith("train row"), "there is no test part"


def test_names_from_outside_are_plain_text(with_data: Callable[[Dataset], CardWindow], qtbot: QtBot) -> None:
    inputs = np.random.default_rng(0).normal(size=(200, 2)).astype(np.float32)
    split = Split(inputs, inputs[:, :1])
    window = with_data(Dataset("Odd", split, split, columns=("<b>one</b>", "a & b"), targets=("<i>price</i>",)))
    assert all(
        made.textFormat() == Qt.TextFormat.PlainText for made in window.draw.form.findChildren(QLabel) if made.text()
    )
    retype(qtbot, window, "askValue1Edit", "1.5")
    assert window.session.undo.last().text == "<b>one</b>"


# ---- pictures


def slips() -> Dataset:
    """Pictures of 12 × 16."""
    labels = np.arange(200) % 2
    inputs = np.random.default_rng(0).random((200, 12 * 16), np.float32)
    split = Split(inputs, one_hot(labels, 2), labels)
    return Dataset("Slips", split, split, (12, 16), ("light", "dark"))


def test_a_picture_of_another_size_is_picked_or_dropped(
    with_data: Callable[[Dataset], CardWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    window = with_data(slips())
    assert window.draw.title.text() == "Your image"
    assert window.draw.box.isVisible()
    assert not window.canvas.isVisible()
    assert reported(window).startswith("test image")
    first = window.session.question.example
    Image.fromarray(np.full((120, 160), 51, np.uint8)).save(tmp_path / "dark.png")
    given = QMimeData()
    given.setUrls([QUrl.fromLocalFile(str(tmp_path / "dark.png"))])
    enter = QDragEnterEvent(
        QPoint(20, 20), Qt.DropAction.CopyAction, given, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(window.draw.box, enter)
    assert enter.isAccepted()
    event = QDropEvent(
        QPointF(20, 20), Qt.DropAction.CopyAction, given, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(window.draw.box, event)
    qtbot.waitUntil(lambda: window.session.question.example is not first or window.session.messages.current is not None)
    assert window.session.messages.current is None
    np.testing.assert_allclose(window.session.question.example, 0.2, atol=1e-3)
    assert reported(window) == "input of the network: 12×16"
    window.session.undo.undo()
    assert window.session.question.example is first


def test_what_cannot_be_read_is_reported(with_data: Callable[[Dataset], CardWindow], qtbot: QtBot) -> None:
    window = with_data(slips())
    before = window.session.question.example
    QApplication.clipboard().setText("no picture")
    window.draw.paste()
    qtbot.waitUntil(lambda: window.session.messages.current is not None)
    assert window.session.question.example is before


def test_other_pictures_for_the_canvas_are_shown_as_their_set_makes_them(
    with_data: Callable[[Dataset], CardWindow], qtbot: QtBot
) -> None:
    labels = np.arange(40) % 2
    inputs = np.random.default_rng(0).random((40, 784), np.float32)
    split = Split(inputs, one_hot(labels, 2), labels)
    window = with_data(Dataset("Cloth", split, split, (28, 28), ("shirt", "shoe")))
    assert window.draw.title.text() == "Your image"
    assert window.canvas.isVisible()
    assert not window.draw.drawing.centre.isChecked()
    click_tool(qtbot, window, QToolButton, "randomDigitButton")
    title = window.session.sketch.drawing[0].title
    number = int(title.removeprefix("test image ").split(":")[0])
    np.testing.assert_allclose(window.session.question.example, inputs[number], atol=1e-6)


# ---- numbers


@WITH_ALL
def test_a_number_on_a_curve(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    load(qtbot, window, "sine")
    train_epochs(qtbot, window, 3)
    assert window.draw.title.text() == "Your value"
    slide(window, 1, [20, 30])
    answered(qtbot, window)
    slider = find(window, QSlider, "askValue1Slider")
    share = slider.value() / slider.maximum()
    low, high = (float(end) for end in (data_of(window).train.inputs.min(), data_of(window).train.inputs.max()))
    assert window.session.question.example[0] == pytest.approx(low + share * (high - low), abs=0.02)
    assert window.session.prediction is not None


@WITH_ALL
def test_the_band_shows_a_number_of_a_table_in_its_unit(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    load(qtbot, window, "mpg")
    train_epochs(qtbot, window, 4)
    answered(qtbot, window)
    session, data = window.session, window.session.data.dataset
    scaling = data.target_scaling
    prediction = float(session.prediction[0] * scaling.spread[0] + scaling.mean[0])
    band = window.curves.band
    assert band.line.name == "mpg"
    assert band.line.figures[-1] == f"{prediction:.1f} {window.session.meaning.unit}".strip()
    assert band.line.mark is not None
    (_, rows) = band.table()
    assert list(rows)[-1][1] == pytest.approx(prediction, rel=1e-4)
    retype(qtbot, window, "askValue4Edit", "3000")
    answered(qtbot, window)
    assert band.line.mark is None


def test_the_band_shows_the_first_of_several_targets(with_data: Callable[[Dataset], CardWindow], qtbot: QtBot) -> None:
    inputs = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    split = Split(inputs, inputs[:, :2] * [1, 1000])
    window = with_data(Dataset("Two", split, split, targets=("length", "price")))
    assert window.curves.band.line.name == "length"
    assert window.session.question.verdict is None
