"""What is reported, and what is asked, over the tops of the cards."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import QEvent, QPoint, QRect, Qt
from PyQt5.QtWidgets import QApplication, QLineEdit, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from nnviz.ui import theme
from nnviz.window.message_bar import AnnouncementBar, MessageBar
from tests.nnviz.helpers import bring_to_front, click, find

CHOICES = ("Train 784-64-32-10 on", "Start 784-1000-500-10")


@pytest.fixture
def ground(qtbot: QtBot) -> QWidget:
    """What it lies on, 900 × 300."""
    made = QWidget()
    made.resize(900, 300)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def bar(ground: QWidget, qapp: QApplication) -> MessageBar:
    """In the dark theme."""
    theme.apply(qapp, "dark")
    made = MessageBar(ground)
    made.show()
    return made


def offered(bar: MessageBar) -> list[str]:
    """The words on the buttons that can be seen."""
    return [button.text() for button in bar.findChildren(QPushButton) if button.isVisible()]


def test_an_error_looks_different(bar: MessageBar) -> None:
    bar.show_message("all is well", is_error=False)
    quiet = bar.grab().toImage()
    bar.show_message("all is well", is_error=True)
    assert bar.grab().toImage() != quiet
    assert bar.text.text() == "all is well"


def test_only_what_is_neither_error_nor_question_goes_by_itself(bar: MessageBar) -> None:
    bar.show_message("reported", is_error=False)
    assert bar.time.isActive()
    bar.show_message("wrong", is_error=True)
    assert not bar.time.isActive()
    bar.show_message("reported", is_error=False)
    bar.show_message("asked", is_error=False, choices=CHOICES)
    assert not bar.time.isActive()


def test_the_answer_that_was_clicked_is_reported(bar: MessageBar, qtbot: QtBot) -> None:
    bar.show_message("Which?", is_error=False, choices=CHOICES)
    assert offered(bar) == list(CHOICES)
    for number, words in enumerate(CHOICES):
        with qtbot.waitSignal(bar.chosen, check_params_cb=lambda index, number=number: index == number):
            button = click(qtbot, bar, QPushButton, f"messageChoice{number + 1}Button")
        assert button.accessibleName() == words
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    bar.show_message("reported", is_error=True)
    assert offered(bar) == [], "the next message asks nothing"


def test_escape_on_an_answer_puts_it_away(bar: MessageBar, qtbot: QtBot) -> None:
    bar.show_message("Which?", is_error=False, choices=CHOICES)
    with qtbot.waitSignal(bar.dismissed), qtbot.assertNotEmitted(bar.chosen):
        qtbot.keyClick(find(bar, QPushButton, "messageChoice2Button"), Qt.Key.Key_Escape)


def test_it_is_as_high_as_its_words_need(bar: MessageBar) -> None:
    bar.show_message("short", is_error=False)
    low = bar.height()
    bar.show_message("a long story, " * 20, is_error=False, choices=CHOICES)
    assert bar.height() > 2 * low
    assert bar.text.height() >= bar.text.heightForWidth(bar.text.width())
    assert bar.parentWidget().rect().contains(bar.geometry())


def test_names_from_files_are_plain_text(bar: MessageBar) -> None:
    bar.show_message("short", is_error=False)
    low = bar.height()
    bar.show_message("<br><br><br>", is_error=False, choices=["a & b"])
    assert bar.text.textFormat() == Qt.TextFormat.PlainText
    assert bar.height() < 2 * low
    assert find(bar, QPushButton, "messageChoice1Button").text() == "a && b", "no letter is underlined"


def test_it_follows_the_theme(bar: MessageBar, qapp: QApplication) -> None:
    bar.show_message("reported", is_error=False)
    dark = bar.grab().toImage()
    theme.apply(qapp, "light")
    light = bar.grab().toImage()
    assert light != dark
    bar.show_message("reported", is_error=False)
    assert bar.grab().toImage() == light, "nothing was left as it was"


def test_long_answers_leave_room_for_the_words(bar: MessageBar) -> None:
    """They are below them then, and beside them again with the next message."""
    words = "What went wrong, and what that means, in a sentence or two. " * 2
    long = ("Go back to epoch 2 with rate 0.02", "Go back to epoch 2 with clipped gradients", "Reset")
    bar.show_message(words, is_error=True, choices=long)
    assert offered(bar) == list(long)
    assert bar.text.width() > bar.width() * 0.8
    bottom = bar.text.mapTo(bar, bar.text.rect().bottomLeft()).y()
    buttons = [find(bar, QPushButton, f"messageChoice{number}Button") for number in (1, 2, 3)]
    assert all(button.mapTo(bar, button.rect().topLeft()).y() > bottom for button in buttons)
    assert all(bar.rect().contains(button.mapTo(bar, button.rect().bottomRight())) for button in buttons)
    bar.show_message(words, is_error=True, choices=("Yes", "No"))
    assert find(bar, QPushButton, "messageChoice1Button").mapTo(bar, buttons[0].rect().topLeft()).y() < bottom


def test_choices_that_do_not_fit_in_a_row_take_several(bar: MessageBar, ground: QWidget) -> None:
    long = ("Go back to epoch 2 with rate 0.02", "Go back to epoch 2 with clipped gradients", "Reset")
    for width, rows in ((440, 2), (900, 1)):
        ground.resize(width, 300)
        bar.show_message("What went wrong.", is_error=True, choices=long)
        QApplication.processEvents()
        buttons = [find(bar, QPushButton, f"messageChoice{number}Button") for number in (1, 2, 3)]
        assert all(button.width() >= button.sizeHint().width() for button in buttons), width
        assert all(button.visibleRegion().boundingRect() == button.rect() for button in buttons), width
        assert len({button.mapTo(bar, QPoint(0, 0)).y() for button in buttons}) == rows


def test_a_text_that_is_too_high_is_cut_and_its_tooltip_has_all_of_it(bar: MessageBar, ground: QWidget) -> None:
    words = "A sentence about what went wrong. " * 25
    bar.show_message(words, is_error=True, choices=CHOICES)
    assert bar.height() <= ground.height() / 2
    assert bar.text.text().endswith(" …")
    assert bar.text.toolTip() == bar.text.accessibleName() == words
    bar.show_message("What went wrong.", is_error=True, choices=CHOICES)
    assert (bar.text.text(), bar.text.toolTip()) == ("What went wrong.", "")


def test_it_lies_at_the_top_but_not_over_the_field_that_is_edited(
    bar: MessageBar, ground: QWidget, qtbot: QtBot
) -> None:
    field = QLineEdit(ground)
    field.setGeometry(400, 20, 100, 30)
    field.show()
    bar.show_message("wrong", is_error=True)
    assert bar.geometry().intersects(field.geometry())
    bring_to_front(qtbot, ground)
    field.setFocus()
    assert bar.geometry().top() > ground.height() // 2
    bar.show_message("wrong again", is_error=True)
    assert bar.geometry().top() > ground.height() // 2
    ground.setFocus()
    bar.show_message("wrong", is_error=True)
    assert bar.geometry().top() < ground.height() // 2


# ---- announcements

IN_A_LINE, BELOW = QRect(100, 0, 500, 30), QRect(0, 60, 900, 200)


@pytest.fixture
def announcement(ground: QWidget) -> AnnouncementBar:
    """It lies in a line of 30 pixels if it has room there."""
    made = AnnouncementBar(ground, lambda: [IN_A_LINE, BELOW])
    made.hide()
    made.dismissed.connect(made.hide)
    return made


def announce(bar: AnnouncementBar, words: str, *choices: str) -> None:
    bar.announce(words, choices)
    bar.show()


def test_an_announcement_lies_in_the_first_area_with_room(announcement: AnnouncementBar) -> None:
    announce(announcement, "Saved to digits.json", "Undo")
    assert IN_A_LINE.contains(announcement.geometry())
    assert offered(announcement) == ["Undo"]
    announce(announcement, "Saved to a file with a long name, " * 6)
    assert BELOW.contains(announcement.geometry())
    assert announcement.geometry().bottom() == BELOW.bottom() - theme.GAP
    assert announcement.text.height() >= announcement.text.heightForWidth(announcement.text.width())
    announce(announcement, "Saved to digits.json")
    assert IN_A_LINE.contains(announcement.geometry())


def test_an_announcement_goes_by_itself_but_not_from_under_the_mouse(
    announcement: AnnouncementBar, qtbot: QtBot
) -> None:
    announce(announcement, "Recording is off.", "Undo")
    with qtbot.waitSignal(announcement.dismissed):
        announcement.time.timeout.emit()
    announce(announcement, "Recording is off.", "Undo")
    QApplication.sendEvent(announcement, QEvent(QEvent.Type.Enter))
    announcement.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    announcement.time.stop()
    with qtbot.assertNotEmitted(announcement.dismissed):
        announcement.time.timeout.emit()
    assert announcement.time.isActive(), "it goes some seconds after the mouse has left"


def test_an_announcement_takes_no_focus_but_tab_reaches_it(
    announcement: AnnouncementBar, ground: QWidget, qtbot: QtBot
) -> None:
    field = QLineEdit(ground)
    field.show()
    field.setFocus()
    announce(announcement, "Recording is off.", "Undo")
    assert announcement.accessibleName() == "Recording is off."
    assert ground.focusWidget() is field
    click(qtbot, announcement, QPushButton, "announcementChoice1Button")
    assert ground.focusWidget() is field
    for kind, name in ((QPushButton, "announcementChoice1Button"), (QToolButton, "dismissAnnouncementButton")):
        button = find(announcement, kind, name)
        assert button.focusPolicy() == Qt.FocusPolicy.TabFocus
        assert button.accessibleName()


def test_an_announcement_follows_the_theme(announcement: AnnouncementBar, qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    announce(announcement, "Saved to digits.json")
    dark = announcement.grab().toImage()
    theme.apply(qapp, "light")
    assert announcement.grab().toImage() != dark
