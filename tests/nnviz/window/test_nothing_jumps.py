"""What is wrong, and what waits, stands beside the fields: nothing moves under the mouse, no control is covered."""

from __future__ import annotations

from functools import reduce
from itertools import takewhile
from pathlib import Path

import pytest
from PyQt5.QtCore import QPoint, QRect, Qt
from PyQt5.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from nnviz.session.messages import MessageChoice
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.card import ancestry
from nnviz.ui.note import Note, NoticeLine
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.importing.import_helpers import look_at
from tests.nnviz.helpers import (
    action,
    bring_to_front,
    click,
    close_more,
    find,
    find_field,
    open_more,
    pause,
    press,
    retype,
    show_setting,
    train_epochs,
    train_for_a_while,
    wait_for,
)

WRONG = [
    ("layer1Edit", "shapeError", "none"),
    ("seedEdit", "seedError", "x"),
    ("learningRateEdit", "learningRateError", "fast"),
    ("batchSizeEdit", "batchSizeError", "-4"),
]


def place(window: MainWindow, widget: QWidget) -> QRect:
    """Where it is in the window."""
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def seen(window: MainWindow, widget: QWidget) -> QRect:
    """What its parents let be seen of it, in the window."""
    parents = takewhile(lambda parent: parent is not window, ancestry(widget.parentWidget()))
    return reduce(QRect.intersected, (place(window, parent) for parent in parents), place(window, widget))


def controls(window: MainWindow) -> dict[str, QRect]:
    """Where what can be acted on in the column of settings is."""
    card = window.card("settingsCard")
    kinds = (QLineEdit, QComboBox, QPushButton)
    found = [widget for kind in kinds for widget in card.findChildren(kind) if widget.isVisibleTo(window)]
    return {widget.objectName(): place(window, widget) for widget in found if widget.objectName()}


@pytest.fixture
def settings_window(make_cards: MakeCards) -> CardWindow:
    """The two cards of settings."""
    return make_cards("networkCard", "trainingCard")


SIZES = ((1440, 900), (1280, 720))


def resize(window: MainWindow, qtbot: QtBot, size: tuple[int, int]) -> None:
    """And waits until it is so."""
    window.resize(*size)
    qtbot.waitUntil(lambda: (window.width(), window.height()) == size)
    QApplication.processEvents()


def test_an_error_moves_nothing_and_covers_no_control_also_when_scrolled(
    ready_window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window, messages = ready_window, ready_window.session.messages
    for size in SIZES:
        resize(window, qtbot, size)
        for field, error, typed in WRONG:
            show_setting(qtbot, window, field)
            QApplication.processEvents()
            before = controls(window)
            described, was = find_field(window, field).accessibleDescription(), find_field(window, field).text()
            edit = retype(qtbot, window, field, typed)
            QApplication.processEvents()
            assert controls(window) == before, field
            note = find(window, Note, error)
            assert note.isVisible(), field
            assert window.rect().contains(place(window, note)), field
            assert not [name for name, at in before.items() if at.intersects(place(window, note))], field
            assert note.heightForWidth(note.width()) <= note.height(), f"{field}: all of it can be read"
            assert edit.accessibleDescription() == note.text()
            edit.selectAll()
            is_undone = field == "layer1Edit"
            action(window, "actionUndo").trigger() if is_undone else qtbot.keyClick(edit, Qt.Key.Key_Escape)
            assert not note.isVisible(), field
            assert edit.text() == was, field
            assert edit.accessibleDescription() == described

        # A message lies over the top of the middle: it moves nothing, and covers neither canvas nor run block.
        cards, least = {dock: dock.geometry() for dock in window.panels}, window.minimumSizeHint()
        choices = [MessageChoice(f"Reset with learning rate {rate}", lambda: None) for rate in (0.2, 0.5)]
        messages.warn("Dead layer: layer 2 has the same output for nearly every example. " * 2, *choices)
        bar = place(window, window.message_bar)
        assert bar.top() == place(window, window.stage).top() + theme.GAP, size
        assert not [each for each in (window.canvas, window.run_block) if place(window, each).intersects(bar)], size
        assert {dock: dock.geometry() for dock in window.panels} == cards, size
        assert (window.minimumSizeHint(), (window.width(), window.height())) == (least, size)
        messages.dismiss()

    # With large texts, too, messages cut no button and cover at most a third of what is over the charts.
    window.set_text_size(150)
    cards = [place(window, each) for each in window.panels if each.isVisible() and each is not window.curves]
    stage = reduce(QRect.united, [each for each in cards if each.left() > place(window, window.run_block).right()])
    for show, bar in ((messages.warn, window.message_bar), (messages.announce, window.announcement_bar)):
        show("Dead layer: layer 2 has the same output for nearly every example. " * 4, *choices)
        QApplication.processEvents()
        at = place(window, bar)
        assert stage.contains(at)
        assert 5 * at.width() * at.height() <= 2 * stage.width() * stage.height()
        assert not at.intersects(place(window, window.canvas))
        buttons = [button for button in bar.findChildren(QPushButton) if button.isVisible()]
        assert len(buttons) == 2
        assert all(button.visibleRegion().boundingRect() == button.rect() for button in buttons)
        assert all(button.width() >= button.sizeHint().width() for button in buttons)
    messages.dismiss()
    messages.end_announcement()
    window.set_text_size(100)

    # It leaves the sheet of an import free.
    (tmp_path / "table.csv").write_text("a,b,kind\n" + "".join(f"{n},{n % 3},{'xy'[n % 2]}\n" for n in range(40)))
    look_at(qtbot, window, tmp_path / "table.csv")
    sheet = window.import_overlay.sheet
    assert sheet is not None
    under = sheet.geometry()
    messages.warn("Something else could not be done.")
    assert not sheet.geometry().intersects(window.message_bar.geometry())
    messages.dismiss()
    assert sheet.geometry() == under

    # An error goes along when the page is scrolled.
    window.session.data_import.cancel()
    resize(window, qtbot, SIZES[0])
    retype(qtbot, window, "learningRateEdit", "as-fast-as-it-can-be-without-any-of-it-being-lost-on-the-way")
    retype(qtbot, window, "epochsEdit", "-4")
    first, second = (find(window, Note, name) for name in ("learningRateError", "epochsError"))
    assert first.height() > find(window, QLineEdit, "learningRateEdit").height()
    assert second.y() > first.geometry().bottom(), "two errors do not lie on one another"
    retype(qtbot, window, "learningRateEdit", "0.1")
    retype(qtbot, window, "epochsEdit", "20")

    window.resize(1280, 720)
    edit = retype(qtbot, window, "batchSizeEdit", "x")
    scroll = window.settings.more.scroll_area
    qtbot.waitUntil(lambda: scroll.verticalScrollBar().maximum() > 400)
    note = find(window, Note, "batchSizeError")
    assert note.y() == place(window, edit).y()
    scroll.verticalScrollBar().setValue(20)
    assert note.y() == max(place(window, edit).y(), place(window, scroll).y())
    scroll.verticalScrollBar().setValue(scroll.verticalScrollBar().maximum())
    assert place(window, edit).bottom() < place(window, scroll).top(), "out of sight"
    assert place(window, scroll).top() <= note.y() < place(window, scroll).bottom(), "but not what is wrong with it"
    window.setFocus()
    qtbot.mouseClick(note, Qt.MouseButton.LeftButton)
    assert window.focusWidget() is edit


def test_an_error_goes_with_what_it_is_about(settings_window: CardWindow, qtbot: QtBot) -> None:
    """With a page that is left, and with a layer."""
    window, session = settings_window, settings_window.session
    retype(qtbot, window, "l1Edit", "x")
    note = find(window, Note, "l1Error")
    assert note.isVisible()
    close_more(qtbot, window)
    assert not note.isVisible()
    open_more(qtbot, window)
    assert note.isVisible()
    retype(qtbot, window, "l1Edit", "0")

    retype(qtbot, window, "layer2Edit", "none")
    retype(qtbot, window, "shapeEdit", "784, 20, 10")
    QApplication.processEvents()
    assert not find(window, Note, "shapeError").isVisible()
    assert not session.settings.problems


# ---- what waits


def test_what_waits_moves_nothing_is_read_without_a_mouse_and_says_what_space_does(
    ready_window: MainWindow, qtbot: QtBot
) -> None:
    window = ready_window
    train_for_a_while(qtbot, window)
    open_more(qtbot, window)
    QApplication.processEvents()
    before = controls(window)
    retype(qtbot, window, "seedEdit", "5")
    retype(qtbot, window, "batchSizeEdit", "50")
    QApplication.processEvents()
    assert controls(window) == before
    for name in ("networkNotice", "trainingNotice"):
        notice = find(window, NoticeLine, name)
        assert notice.isVisible()
        assert notice.read in (
            notice.text(),
            "Next run: press Reset to start it.",
            "Batch size and seed: from the next run.",
            "2 settings: next run.",
        )
        assert notice.accessibleName() == notice.text()
    pause(qtbot, window)
    close_more(qtbot, window)

    notice = find(window, NoticeLine, "networkNotice")
    assert notice.read != notice.text(), "there is no room for all of it"
    for _ in range(60):
        press(qtbot, window, Qt.Key.Key_Tab)
        if notice.hasFocus():
            break
    assert notice.hasFocus()
    sheets = [note for note in window.findChildren(Note) if note.isVisible()]
    assert [sheet.text() for sheet in sheets] == [notice.text()]
    press(qtbot, window, Qt.Key.Key_Tab)
    assert not sheets[0].isVisible()
    click(qtbot, window, QPushButton, "resetButton")
    assert not notice.isVisible()

    # Space starts the new network, in the middle of a run as behind its end.
    notice = find(window, NoticeLine, "networkNotice")
    train_epochs(qtbot, window, 1)
    retype(qtbot, window, "shapeEdit", "784, 9, 10")
    assert "Space" in notice.read
    retype(qtbot, window, "shapeEdit", "784, 64, 32, 10")
    assert not notice.isVisible()
    window.session.settings.change("epochs", epochs=2)
    window.session.step_batch()
    wait_for(qtbot, window, Status.PAUSED)
    retype(qtbot, window, "shapeEdit", "784, 9, 10")
    assert "Space" in notice.read
    press(qtbot, window, Qt.Key.Key_Space)
    wait_for(qtbot, window, Status.FINISHED)
    assert not notice.isVisible()
    assert window.session.runs.current.network.shape == [784, 9, 10]


# ---- a field that is wrong


def test_a_shape_that_cannot_be_used_keeps_the_keyboard(settings_window: CardWindow, qtbot: QtBot) -> None:
    window, session = settings_window, settings_window.session
    edit = retype(qtbot, window, "shapeEdit", "784, x, 10")
    for key in (Qt.Key.Key_Backspace,) * 5:
        press(qtbot, window, key)
    qtbot.keyClicks(QApplication.focusWidget(), " 24, 10")
    press(qtbot, window, Qt.Key.Key_Return)
    assert session.settings.experiment.shape == (784, 24, 10)
    assert not edit.hasFocus(), "the next Space trains"
    assert session.state is Status.READY


def test_a_wrong_field_shows_the_focus(settings_window: CardWindow, qapp: QApplication, qtbot: QtBot) -> None:
    window = settings_window
    bring_to_front(qtbot, window)

    def border() -> list[str]:
        QApplication.processEvents()
        image = edit.grab().toImage()
        return [image.pixelColor(x, image.height() // 2).name() for x in range(2)]

    for look in ("dark", "light"):
        theme.apply(qapp, look)
        for name in ("layer1Edit", "learningRateEdit", "shapeEdit"):
            edit = retype(qtbot, window, name, "x")
            assert edit.hasFocus(), name
            assert border() == [theme.current().error] * 2, name
            window.setFocus()
            assert border()[0] != border()[1] == theme.current().error, f"{name}: a border of one pixel"
            assert find(window, QLabel, name.replace("Edit", "Error").replace("layer1", "shape")).isVisible(), name


# ---- what does not count


def test_a_strength_is_no_hindrance_while_nothing_is_distorted(settings_window: CardWindow, qtbot: QtBot) -> None:
    window, session = settings_window, settings_window.session
    open_more(qtbot, window)
    edit = retype(qtbot, window, "shiftEdit", "far")
    note = find(window, Note, "shiftError")
    assert edit.property("wrong")
    assert note.isVisible()
    assert session.training.can_start
    assert edit.text() == "far"
    session.settings.change("augmentation", augmentation=session.settings.strengths)
    assert not session.training.can_start, "now it counts"
    assert "shift" in session.settings.problems
    session.undo.undo()
    assert session.training.can_start
    assert edit.text() == "far"
    assert edit.property("wrong")
    retype(qtbot, window, "shiftEdit", "2")
    assert session.training.can_start
    assert not note.isVisible()
    assert session.settings.experiment.training.augmentation.shift == 2


def test_a_share_says_that_it_is_one(settings_window: CardWindow, qtbot: QtBot) -> None:
    open_more(qtbot, settings_window)
    for name in ("validationShareEdit", "dropoutEdit"):
        edit = find_field(settings_window, name)
        labels = edit.parentWidget().findChildren(QLabel)
        captions = [label.text() for label in labels if abs(label.y() - edit.y()) < edit.height() // 2]
        is_said = any(caption.endswith(", share") for caption in captions)
        assert is_said or "this share" in edit.toolTip(), name
        retype(qtbot, settings_window, name, "x")
        assert ", share" not in find(settings_window, QLabel, name.replace("Edit", "Error")).text(), name
