"""Lessons from one start to the next and in a classroom: resuming, offers, reports, languages, files, authors."""

from __future__ import annotations

import errno
import json
import os
import re
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QImage
from PyQt5.QtPrintSupport import QPrintDialog, QPrinter
from PyQt5.QtWidgets import (
    QDialogButtonBox,
    QFrame,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QRadioButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from nnviz.cards.registry import CARDS
from nnviz.lessons.catalogue import lesson_name
from nnviz.lessons.document import parse_lesson
from nnviz.lessons.included import included_lessons, title_of
from nnviz.lessons.package import pack
from nnviz.lessons.progress import Progress, StepProgress
from nnviz.library import Library
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.column import ScrollColumn
from nnviz.ui.pages import PagedCard
from nnviz.window.lesson.lesson_memory import LessonMemory
from nnviz.window.lesson.lesson_menu import LessonMenu
from nnviz.window.lesson.panel import LessonPanel
from nnviz.window.lesson.player import LessonPlayer
from nnviz.window.lesson.step_bar import StepBar
from nnviz.window.lesson.worksheet import Worksheet, worksheet_html
from nnviz.window.main_window import MainWindow
from nnviz.window.preferences import Preferences
from nnviz.window.user_files import settings_file
from tests.nnviz.helpers import (
    action,
    announced,
    choose_file,
    click,
    click_tab,
    find,
    press,
    retype,
    stored_settings,
    tab_of,
    wait_for,
)
from tests.nnviz.lessons.helpers import CATALOGUE, EXAMPLE
from tests.nnviz.window.lesson.test_lessons import LESSON, choices, lesson, opened, said, stored_progress

__all__ = ["lesson"]  # a fixture

A4_HEIGHT, CENTIMETRE = 841.98, 28  # points

GERMAN = """---
lesson: 1
id: rate
title: Eine zu große Lernrate
language: de
---
## Ein guter Anfang {#start}
Drücke die Leertaste.

## Größer {#larger}
- [ ] Es lernt schneller
- [ ] Es scheitert
"""


PREDICTION = LESSON.replace("answered and correct", "answered").replace("opened(mistakes)\n", "")


def verdicts(window: MainWindow) -> list[str]:
    """Returns the verdict of each option of the question, "" for none."""
    panel = find(window, LessonPanel, "lessonPanel")
    return [each.toolTip() if each.isVisible() else "" for each in panel.findChildren(QLabel, "lessonVerdict")]


def refusal(window: MainWindow) -> str:
    """Returns why Skip did nothing when it was pressed; "" if nothing is shown."""
    words = find(window, QLabel, "lessonRefusal")
    return words.text() if words.isVisible() else ""


def stored(window: MainWindow, player: LessonPlayer) -> Progress:
    """Returns what is remembered of the open lesson."""
    assert player.lesson is not None
    found = window.lessons._memory.progress_of(player.lesson.id, player.lesson.content)
    assert found is not None
    return found


def menu_action(window: MainWindow, name: str) -> None:
    """Chooses an entry of the lesson's menu."""
    menu = find(window, LessonMenu, "lessonMenu")
    menu.aboutToShow.emit()
    next(each for each in [*menu.actions(), *menu.findChild(QMenu).actions()] if each.objectName() == name).trigger()


# ---- resuming


def test_leaving_and_opening_again_brings_back_step_answers_and_network(
    ready_window: MainWindow, lesson: Path, qtbot: QtBot
) -> None:
    window = ready_window
    player = opened(window, lesson, qtbot)
    player.skip()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy, timeout=20_000)
    player.choose(0, 0)
    run = window.session.runs.current
    window.lessons.close()
    qtbot.waitUntil(lambda: window.session.runs.current is not run)
    opened(window, lesson, qtbot)
    assert player.index == 1
    assert window.session.runs.current is run
    assert run.epochs == 2  # what the steps do first is not repeated
    assert player.answers == [{0}]
    assert player.progress.steps["start"].is_skipped
    assert find(window, QRadioButton, "lessonOption1_1Button").isChecked()


def test_leaving_returns_the_history_and_the_cards_and_offers_the_way_back(
    ready_window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window, undo, path = ready_window, ready_window.session.undo, tmp_path / "cards.md"
    window.session.settings.change("layers", hidden=(12,))
    undone = undo.last()
    card, other = next(
        (card, page)
        for card in window.findChildren(PagedCard)
        for page in card.pages
        if card.isVisible() and page.is_offered and page is not card.page and page.objectName() in CARDS
    )
    page = card.page
    window.cards.toggle(card)
    path.write_text(LESSON.replace("point curves", f"show {lesson_name(other.objectName())}"), encoding="utf-8")
    player = opened(window, path, qtbot)
    assert not player.failure
    assert card.page is other
    assert window.cards.enlarged is None
    player.solve()
    qtbot.waitUntil(lambda: player.is_done and not player.is_busy, timeout=20_000)
    player.next()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    run = window.session.runs.current
    window.lessons.close()
    assert card.page is page
    assert window.cards.enlarged is card
    assert undo.last() is undone
    undo.undo()
    assert window.session.settings.experiment.hidden != (12,)

    click(qtbot, window, QPushButton, "announcementChoice1Button")
    qtbot.waitUntil(lambda: player.lesson is not None and not player.is_busy)
    assert player.index == 1
    assert window.session.runs.current is run
    assert undo.last() is None


def test_another_content_begins_again_and_a_finished_lesson_too(
    ready_window: MainWindow, lesson: Path, qtbot: QtBot
) -> None:
    window = ready_window
    player = opened(window, lesson, qtbot)
    player.skip_met()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    window.lessons.close()
    lesson.write_text(LESSON.replace("Press Space.", "Press Space!"), encoding="utf-8")
    opened(window, lesson, qtbot)
    assert player.index == 0
    for _ in range(2):
        player.skip_met()
        qtbot.waitUntil(lambda: not player.is_busy)
    assert choices(window) == ["Report …", "Close lesson"]
    window.session.messages.choose(1)
    assert not window.lessons.is_open
    assert announced(window.session).startswith("Finished “A rate that is too large”")
    window.open_path(str(lesson))
    assert choices(window) == ["Report …", "Start again"]  # the first one is the default, and loses nothing
    window.session.messages.choose(1)
    assert choices(window) == ["Cancel", "Start again"]
    window.session.messages.choose(1)
    qtbot.waitUntil(lambda: player.lesson is not None and not player.is_busy)
    assert player.index == 0


def test_an_attempt_is_finished_by_finish_alone_and_continues_if_the_pupil_goes_back(
    ready_window: MainWindow, lesson: Path, qtbot: QtBot
) -> None:
    window = ready_window
    player = opened(window, lesson, qtbot)
    for _ in range(2):
        player.skip_met()
        qtbot.waitUntil(lambda: not player.is_busy)
    assert stored(window, player).finished > 0
    window.session.messages.dismiss()
    player.back()
    qtbot.waitUntil(lambda: not player.is_busy)
    assert player.progress.finished == 0
    player.next()
    qtbot.waitUntil(lambda: not player.is_busy)
    assert player.is_done
    window.lessons.close()
    assert announced(window.session).startswith("“A rate that is too large” continues at step 2")
    opened(window, lesson, qtbot)
    assert player.index == 1


def test_a_crash_after_finish_loses_no_answers(ready_window: MainWindow, lesson: Path, qtbot: QtBot) -> None:
    window = ready_window
    player = opened(window, lesson, qtbot)
    player.skip_met()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    player.choose(0, 1)
    player.skip_met()
    finished = stored(window, player)
    window.lessons._closed()  # as if the program had ended; the next start offers to continue
    window.lessons._memory.keep("rate", finished)
    opened(window, lesson, qtbot)
    assert player.progress.steps["larger"].choices == [[0, 1]]


def test_a_kill_leaves_the_settings_of_before_and_an_offer_to_continue(
    ready_window: MainWindow, lesson: Path, qtbot: QtBot
) -> None:
    window = ready_window
    before = window.session.settings.experiment.as_dict()
    player = opened(window, lesson, qtbot)
    player.skip()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy, timeout=20_000)
    qtbot.waitUntil(lambda: stored_progress("rate").get("step") == "larger")
    window.lessons._preferences.write()  # as happens shortly after each change; then the process is killed
    qtbot.waitUntil(lambda: stored_settings().get("open_lesson") == str(lesson))
    stored = stored_settings()
    assert json.loads(stored["configuration"]) == json.loads(json.dumps(before))
    window.lessons.close()

    # The next start, in which the file says that the lesson is open. The last network follows a little later.
    window.lessons._memory.note_opened(lesson)
    window.lessons.files.offer_left()
    window.session.reset()
    qtbot.waitUntil(lambda: not window.session.replacement.is_replacing)
    assert "was open when nnviz ended" in said(window)
    assert window.lessons._memory.left_open == lesson  # if nnviz ends before the answer, it is offered again
    window.session.messages.choose(0)
    qtbot.waitUntil(lambda: player.lesson is not None and not player.is_busy)
    assert player.index == 1


def test_a_setup_that_was_interrupted_is_carried_out_again(
    ready_window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "data.md"
    path.write_text(LESSON.replace("unlock learning-rate, reset", "data xor\nset hidden = 3\nnew"), encoding="utf-8")
    player = opened(ready_window, path, qtbot)
    player.skip_met()
    assert player.is_busy
    player.back()
    qtbot.waitUntil(lambda: player.index == 0 and not player.is_busy)
    player.skip_met()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    assert ready_window.session.data.name == "xor"
    assert ready_window.session.settings.experiment.hidden == (3,)


def test_settings_of_the_form_come_back_with_the_lesson(ready_window: MainWindow, lesson: Path, qtbot: QtBot) -> None:
    player = opened(ready_window, lesson, qtbot)
    player.skip()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy, timeout=20_000)
    ready_window.session.settings.change("learning rate", learning_rate=2.0)
    ready_window.lessons.close()
    opened(ready_window, lesson, qtbot)
    assert ready_window.session.settings.experiment.training.learning_rate == 2
    assert ready_window.session.runs.current.experiment.training.learning_rate == 0.2


def test_the_network_of_before_is_not_trained_on(ready_window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window, path = ready_window, tmp_path / "train.md"
    window.session.settings.change("epochs", epochs=1)
    window.session.start()
    wait_for(qtbot, window, Status.FINISHED)
    run = window.session.runs.current
    path.write_text(LESSON.replace("\nnew\nlock", "\nlock"), encoding="utf-8")
    player = opened(window, path, qtbot)
    player.solve()
    qtbot.waitUntil(lambda: player.is_done and not player.is_busy, timeout=20_000)
    window.lessons.close()
    qtbot.waitUntil(lambda: window.session.runs.current is run)
    assert run.epochs == 1


def test_without_its_run_all_steps_are_set_up_again_and_back_leaves_the_network(
    ready_window: MainWindow, lesson: Path, qtbot: QtBot
) -> None:
    window = ready_window  # which records nothing
    player = opened(window, lesson, qtbot)
    player.skip_met()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    window.lessons.close()
    window.lessons._runs.clear()  # as at the next start
    opened(window, lesson, qtbot)
    assert player.index == 1
    run = window.session.runs.current
    assert (run.experiment.hidden, run.epochs) == ((8,), 0)
    player.back()
    qtbot.waitUntil(lambda: player.index == 0 and not player.is_busy)
    assert window.session.runs.current is run


def test_the_drawing_comes_back_also_with_other_data(ready_window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window, path = ready_window, tmp_path / "points.md"
    window.session.question.set_random_example()
    drawing = window.session.sketch.drawing
    assert drawing
    path.write_text(LESSON.replace("set hidden = 8;", "data xor\nclear\nset hidden = 8;"), encoding="utf-8")
    opened(window, path, qtbot)
    assert window.session.data.name == "xor"
    window.lessons.close()
    qtbot.waitUntil(lambda: window.session.data.name == "mnist" and window.session.sketch.drawing == drawing)


def test_a_lesson_has_a_drawing_of_its_own_which_comes_back_with_it(
    ready_window: MainWindow, lesson: Path, qtbot: QtBot
) -> None:
    window, sketch = ready_window, ready_window.session.sketch
    window.session.question.set_random_example()
    drawn_before = sketch.drawing
    lesson.write_text(LESSON.replace("new\n", "new\nclear\n", 1), encoding="utf-8")
    player = opened(window, lesson, qtbot)
    sketch.undo_stroke()
    assert sketch.drawing == ()  # nothing of before the lesson
    player.skip()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy, timeout=20_000)
    window.session.question.set_random_example()
    drawn = sketch.drawing
    window.lessons.close()
    qtbot.waitUntil(lambda: sketch.drawing == drawn_before)
    opened(window, lesson, qtbot)
    assert sketch.drawing == drawn
    assert player.lesson is not None
    window.lessons.begin(player.lesson, lesson, starts_again=True)
    qtbot.waitUntil(lambda: not player.is_busy)
    sketch.undo_stroke()
    assert sketch.drawing == ()  # nothing of the attempt before


def test_the_menu_has_all_lessons(ready_window: MainWindow, lesson: Path, qtbot: QtBot) -> None:
    window = ready_window
    opened(window, lesson, qtbot)
    window.lessons.close()
    menu = find(window, QMenu, "menuLessons")
    menu.aboutToShow.emit()
    titles = [each.text() for each in menu.actions() if not each.isSeparator()]
    assert titles[0].endswith("Teach a network to read")
    assert titles[-1].endswith("A rate that is too large")
    assert len(titles) == 9


# ---- the window during a lesson


def test_a_prediction_is_judged_after_the_experiment_which_shows_the_right_option_too(
    ready_window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "predict.md"
    path.write_text(PREDICTION)
    player = opened(ready_window, path, qtbot)
    player.skip_met()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    panel = find(ready_window, LessonPanel, "lessonPanel")

    def feedback() -> list[str]:
        return [each.text() for each in panel.findChildren(QLabel, "lessonFeedback") if each.isVisible()]

    click(qtbot, panel, QRadioButton, "lessonOption1_1Button")
    assert feedback() == ["Try it, and see whether you are right."]
    assert verdicts(ready_window) == ["", ""]
    assert player.skip_refusal  # it would tell that the prediction is wrong
    retype(qtbot, panel, "learningRateEdit", "2")
    click(qtbot, ready_window, QPushButton, "resetButton")
    press(qtbot, ready_window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: player.is_done, timeout=20_000)
    assert ["Not with such steps" in feedback()[0], "Right" in feedback()[1]] == [True, True]
    assert verdicts(ready_window) == ["Wrong.", "Right."]
    wrong, right = (find(panel, QRadioButton, f"lessonOption1_{number}Button") for number in (1, 2))
    assert wrong.accessibleDescription().startswith("Wrong. ")
    assert right.accessibleDescription().startswith("Right. ")
    player.choose(0, 1)
    assert player.answers == [{0}]  # what was predicted stays


def test_the_solution_leaves_a_prediction_and_marks_the_answers_that_it_chose(
    ready_window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "predict.md"
    path.write_text(PREDICTION)
    player = opened(ready_window, path, qtbot)
    player.skip_met()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    known = player.progress.of("larger")
    player.choose(0, 0)
    player.solve()
    qtbot.waitUntil(lambda: player.is_done and not player.is_busy, timeout=20_000)
    assert (known.answers, known.shown_answers, known.is_solved) == ([[0]], [], True)
    player.reset_step()
    qtbot.waitUntil(lambda: not player.is_busy)
    player.solve()
    qtbot.waitUntil(lambda: player.is_done and not player.is_busy, timeout=20_000)
    assert (known.answers, known.shown_answers) == ([[1]], [0])


def test_a_wrong_option_has_a_cross_and_allows_to_skip(ready_window: MainWindow, lesson: Path, qtbot: QtBot) -> None:
    player = opened(ready_window, lesson, qtbot)
    player.skip_met()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    panel = find(ready_window, LessonPanel, "lessonPanel")
    click(qtbot, panel, QPushButton, "lessonSkipButton")
    assert re.fullmatch(r"You can skip this step in [\d.]+ min, or after a wrong try\.", refusal(ready_window))
    click(qtbot, panel, QRadioButton, "lessonOption1_2Button")
    assert verdicts(ready_window) == ["", "Right."]
    assert refusal(ready_window)
    click(qtbot, panel, QRadioButton, "lessonOption1_1Button")
    assert verdicts(ready_window) == ["Wrong.", ""]
    assert not refusal(ready_window)
    click(qtbot, panel, QPushButton, "lessonSkipButton")
    qtbot.waitUntil(lambda: find(panel, QPushButton, "lessonNextButton").isEnabled(), timeout=20_000)
    known = player.progress.steps["larger"]
    assert (known.is_skipped, known.shown_answers) == (True, [0])


def test_a_skipped_step_looks_skipped_when_it_is_shown_again(
    ready_window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window, path = ready_window, tmp_path / "three.md"
    path.write_text(f"{LESSON}\n## End {{#end}}\nDone.\n")
    player = opened(window, path, qtbot)
    player.skip_met()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    player.choose(0, 0)
    player.skip()
    qtbot.waitUntil(lambda: player.index == 2 and not player.is_busy, timeout=20_000)
    bar = find(window, StepBar, "lessonStepBar")
    assert bar.accessibleName() == "Step 3 of 3, skipped: 2"
    player.back()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    assert find(window, QLabel, "lessonNote").text().startswith("Skipped.")
    panel = find(window, LessonPanel, "lessonPanel")
    goals = [each.accessibleDescription() for each in panel.findChildren(QLabel, "lessonGoal")]
    assert goals == ["done by the program"] * 3
    assert verdicts(window) == ["", "Right."]

    def options() -> list[tuple[bool, bool]]:
        found = [find(panel, QRadioButton, f"lessonOption1_{number}Button") for number in (1, 2)]
        return [(each.isEnabled(), each.isChecked()) for each in found]

    assert options() == [(False, False)] * 2
    picture = panel.grab().toImage()
    good = theme.colour("good").rgb()
    pixels = {picture.pixel(x, y) for x in range(picture.width()) for y in range(picture.height())}
    assert good not in pixels
    player.reset_step()
    qtbot.waitUntil(lambda: not player.is_busy)
    assert not player.is_done
    player.choose(0, 1)
    assert options() == [(True, False), (True, True)]
    assert bar.accessibleName() == "Step 2 of 3"


def test_a_question_that_its_author_removes_leaves_the_lesson_playing(
    ready_window: MainWindow, lesson: Path, qtbot: QtBot
) -> None:
    player = opened(ready_window, lesson, qtbot)
    player.skip_met()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    player.choose(0, 0)
    menu_action(ready_window, "reloadLesson")
    start, end = LESSON.index("- [ ] It learns"), LESSON.index("```do\nunlock")
    without = f"{LESSON[:start]}{LESSON[end:]}".replace("answered and correct\n", "").replace("answer 2\n", "")
    lesson.write_text(without, encoding="utf-8")
    qtbot.waitUntil(lambda: not player.step.questions and not player.is_busy)
    click(qtbot, ready_window, QPushButton, "lessonSkipButton")
    assert re.fullmatch(r"You can skip this step in [\d.]+ min\.", refusal(ready_window))


def test_skip_is_refused_in_words_that_suit_the_state(ready_window: MainWindow, lesson: Path, qtbot: QtBot) -> None:
    player = opened(ready_window, lesson, qtbot)
    player.solve()
    click(qtbot, ready_window, QPushButton, "lessonSkipButton")
    assert refusal(ready_window).startswith("The lesson is at work")
    qtbot.waitUntil(lambda: player.is_done and not player.is_busy, timeout=20_000)
    click(qtbot, ready_window, QPushButton, "lessonSkipButton")
    assert refusal(ready_window) == "All goals are met: press Next."
    player.next()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    assert not refusal(ready_window)


def test_without_its_run_a_later_step_is_set_up_again_too(
    ready_window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window, path = ready_window, tmp_path / "xor.md"
    path.write_text(LESSON.replace("unlock learning-rate, reset", "data xor\nset hidden = 3\nnew"))
    player = opened(window, path, qtbot)
    player.skip_met()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    player.back()
    qtbot.waitUntil(lambda: player.index == 0 and not player.is_busy)
    window.lessons.close()
    window.lessons._runs.clear()  # as at the next start
    opened(window, path, qtbot)
    player.skip_met()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    assert window.session.data.name == "xor"
    assert window.session.runs.current.experiment.hidden == (3,)


def test_skip_comes_after_two_minutes(ready_window: MainWindow, lesson: Path, qtbot: QtBot) -> None:
    player = opened(ready_window, lesson, qtbot)
    click(qtbot, ready_window, QPushButton, "lessonSkipButton")
    assert re.fullmatch(r"You can skip this step in [\d.]+ min\.", refusal(ready_window))  # it has no question
    player.progress.of("start").seconds = 119.9
    qtbot.waitUntil(lambda: not player.skip_refusal)
    click(qtbot, ready_window, QPushButton, "lessonSkipButton")
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy, timeout=20_000)
    assert player.progress.steps["start"].is_skipped


def test_feedback_and_goals_are_in_view_however_long_the_text_is(
    ready_window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path, long = tmp_path / "long.md", "A long text. " * 30
    path.write_text(LESSON.replace("What will happen?", f"{long}\n\n{long}").replace("Not with", f"{long} Not with"))
    player = opened(ready_window, path, qtbot)
    ready_window.resize(1280, 720)
    player.skip_met()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    goal = find(ready_window, QFrame, "lessonGoals")
    assert goal.visibleRegion().boundingRect() == goal.rect()
    content = find(ready_window, ScrollColumn, "lessonScroll").widget()
    assert not content.isAncestorOf(goal)
    ready_window.set_text_size(200)
    qtbot.waitUntil(lambda: content.isAncestorOf(goal))  # the text keeps its room
    ready_window.set_text_size(100)
    qtbot.waitUntil(lambda: not content.isAncestorOf(goal))
    player.choose(0, 1)
    player.choose(0, 0)

    def is_in_view() -> bool:
        shown = find(ready_window, QFrame, "lessonQuestion").findChildren(QLabel, "lessonFeedback")
        return any(each.isVisible() and each.visibleRegion().boundingRect() == each.rect() for each in shown)

    qtbot.waitUntil(is_in_view)


def test_a_prediction_is_in_view_once_it_is_made(ready_window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "long.md"
    path.write_text(PREDICTION.replace("What will happen?", "A long text. " * 100))
    ready_window.resize(1280, 720)
    player = opened(ready_window, path, qtbot)
    player.skip_met()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    option = find(ready_window, QRadioButton, "lessonOption1_2Button")
    assert option.visibleRegion().isEmpty()  # it opens at its beginning
    player.choose(0, 1)

    def is_in_view() -> bool:
        feedback = option.parentWidget().findChild(QLabel, "lessonFeedback")
        return bool(feedback.visibleRegion().boundingRect() == feedback.rect())

    qtbot.waitUntil(is_in_view)


def test_the_keyboard_alone_leads_through_a_step(ready_window: MainWindow, lesson: Path, qtbot: QtBot) -> None:
    window = ready_window
    player = opened(window, lesson, qtbot)
    player.skip_met()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)

    def focused() -> str:
        now: QWidget | None = window.focusWidget()
        return "" if now is None else now.objectName()

    assert focused() == "lessonStepTitle"
    assert window.focusWidget().accessibleName() == "Step 2 of 2: Larger"
    assert "What will happen?" in window.focusWidget().accessibleDescription()
    names = []
    for _ in range(5):
        press(qtbot, window, Qt.Key.Key_Tab)
        names.append(focused())
    options = ["lessonOption1_1Button", "lessonOption1_2Button"]
    buttons = ["lessonBackButton", "lessonHintButton"]
    assert names == [*options, "learningRateEdit", *buttons]
    for _ in range(4):
        press(qtbot, window, Qt.Key.Key_Tab, Qt.KeyboardModifier.ShiftModifier)
    press(qtbot, window, Qt.Key.Key_Return)
    assert player.answers == [{0}]


def test_list_fields_take_spaces(ready_window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "layers.md"
    path.write_text(LESSON.replace("unlock learning-rate, reset", "unlock hidden, seed"))
    player = opened(ready_window, path, qtbot)
    player.skip_met()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    panel = find(ready_window, LessonPanel, "lessonPanel")
    edit = panel.findChild(QWidget, "hiddenEdit").findChild(QLineEdit)
    edit.setFocus()
    edit.selectAll()
    qtbot.keyClicks(edit, "16, 8")
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert ready_window.session.settings.experiment.hidden == (16, 8)


def test_tabs_stay_above_the_settings_and_lead_back(ready_window: MainWindow, lesson: Path, qtbot: QtBot) -> None:
    window = ready_window
    opened(window, lesson, qtbot)
    panel, bar = find(window, LessonPanel, "lessonPanel"), find(window, QFrame, "lessonBar")
    assert not bar.isVisible()
    click_tab(qtbot, panel, "lessonSettingsTab")
    assert bar.isVisible()
    click_tab(qtbot, bar, "settingsLessonTab")
    assert panel.isVisible()
    assert not bar.isVisible()
    click_tab(qtbot, panel, "lessonSettingsTab")
    click(qtbot, window, QWidget, "settingsLessonCloseButton")
    assert not window.lessons.is_open
    assert not bar.isVisible()


def test_a_card_of_the_left_column_stays_beside_the_lesson(
    ready_window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window, path = ready_window, tmp_path / "runs.md"
    path.write_text(LESSON.replace("point curves", "workspace runs\nshow runs"))
    opened(window, path, qtbot)
    assert window.card("runsDock").isVisible()
    window.show_workspace("train")
    window.show_workspace("runs")
    assert window.card("runsDock").isVisible()


def test_curves_of_other_runs_are_hidden_in_a_lesson_and_those_of_the_lesson_after_it(
    ready_window: MainWindow, lesson: Path, qtbot: QtBot
) -> None:
    window, runs = ready_window, ready_window.session.runs
    window.session.settings.change("epochs", epochs=1)
    for _ in range(2):
        window.session.reset()
        window.session.start()
        wait_for(qtbot, window, Status.FINISHED)
    before = runs.compared
    assert len(before) == 1
    player = opened(window, lesson, qtbot)
    assert runs.compared == []
    player.skip()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy, timeout=20_000)
    window.lessons.close()
    qtbot.waitUntil(lambda: runs.compared == before)


def test_data_dialogs_begin_in_the_folder_of_the_lesson(ready_window: MainWindow, lesson: Path, qtbot: QtBot) -> None:
    opened(ready_window, lesson, qtbot)
    assert ready_window.data_dialogs.folder == lesson.parent
    ready_window.lessons.close()
    assert ready_window.data_dialogs.folder is None


def test_runs_of_a_lesson_are_tagged_and_others_are_not(ready_window: MainWindow, lesson: Path, qtbot: QtBot) -> None:
    window = ready_window
    window.session.records.set_on(True)
    window.session.settings.change("epochs", epochs=1)
    window.session.start()
    wait_for(qtbot, window, Status.FINISHED)
    player = opened(window, lesson, qtbot)
    player.solve()
    qtbot.waitUntil(lambda: player.is_done and not player.is_busy, timeout=20_000)
    qtbot.waitUntil(lambda: window.session.runs.current.storage.record is not None)

    def titles() -> list[str]:
        with Library() as library:
            return [title for title, _ in library.data_sets().values()]

    qtbot.waitUntil(lambda: any(title.startswith("Lesson “A rate that is too large” · ") for title in titles()))
    assert len([title for title in titles() if title.startswith("Lesson")]) == 1
    assert len(titles()) == 2


# ---- handing in


def test_the_report_is_written_where_the_user_wants(
    ready_window: MainWindow, lesson: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = ready_window
    player = opened(window, lesson, qtbot)
    player.skip()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy, timeout=20_000)
    player.choose(0, 1)
    menu_action(window, "lessonReport")
    dialog = find(window, QInputDialog, "reportNameDialog")
    dialog.setTextValue("<Ann>")
    dialog.accept()
    target = tmp_path / "report.html"
    choose_file(qtbot, window, "reportDialog", target)
    qtbot.waitUntil(target.is_file)
    page = target.read_text(encoding="utf-8")
    assert "&lt;Ann&gt;" in page
    assert "<td>skipped</td>" in page
    assert page.count("data:image/png;base64,") == 1  # the curves; nothing is drawn
    assert announced(window.session) == f"Saved report.html in {tmp_path}"


def handed_in(path: Path) -> dict[str, Any]:
    """Returns the data of a report."""
    found = re.search(r'<script type="application/json" id="nnviz-report">(.*?)</script>', path.read_text("utf-8"))
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def save_report(qtbot: QtBot, window: MainWindow, name: str, path: Path) -> dict[str, Any]:
    """Types the name, and the file into the dialog after it. Returns the data of the report."""
    dialog = find(window, QInputDialog, "reportNameDialog")
    field = find(dialog, QLineEdit, "")
    save = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Ok)
    assert not save.isEnabled()  # a report has a name
    qtbot.keyClicks(field, name)
    qtbot.mouseClick(save, Qt.MouseButton.LeftButton)
    choose_file(qtbot, window, "reportDialog", path)
    qtbot.waitUntil(path.is_file)
    return handed_in(path)


def test_three_pupils_at_one_computer_hand_in_only_their_own(
    ready_window: MainWindow, lesson: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    """Ann leaves after the first step, Bob finishes by the report, Cem finishes and makes the report afterwards."""
    window = ready_window
    panel_name, next_name = "lessonPanel", "lessonNextButton"

    # Ann opens the lesson for the first time, so nothing is asked.
    window.open_path(str(lesson))
    player = window.lessons.player
    assert player is not None
    qtbot.waitUntil(lambda: not player.is_busy)
    assert choices(window) == []
    press(qtbot, window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: player.is_done, timeout=20_000)
    panel = find(window, LessonPanel, panel_name)
    click(qtbot, panel, QPushButton, next_name)
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    click(qtbot, panel, QRadioButton, "lessonOption1_1Button")
    menu_action(window, "lessonReport")
    ann = save_report(qtbot, window, "Ann", tmp_path / "ann.html")
    window.lessons.close()

    # Bob starts again.
    window.open_path(str(lesson))
    assert said(window).endswith(" ago. It is at step 2 of 2.")
    assert choices(window) == ["Continue", "Start again"]
    window.session.messages.choose(1)
    assert choices(window) == ["Cancel", "Start again"]
    window.session.messages.choose(1)
    qtbot.waitUntil(lambda: player.lesson is not None and not player.is_busy)
    assert player.index == 0
    press(qtbot, window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: player.is_done, timeout=20_000)
    click(qtbot, panel, QPushButton, next_name)
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    click(qtbot, panel, QRadioButton, "lessonOption1_2Button")
    player.solve()
    qtbot.waitUntil(lambda: player.is_done and not player.is_busy, timeout=20_000)
    click(qtbot, panel, QPushButton, next_name)
    assert choices(window) == ["Report …", "Close lesson"]
    window.session.messages.choose(0)
    bob = save_report(qtbot, window, "Bob", tmp_path / "bob.html")
    qtbot.waitUntil(lambda: not window.lessons.is_open)  # after the report the lesson is left
    assert announced(window.session) == f"Finished “A rate that is too large”. The report is bob.html in {tmp_path}."
    announcement = window.session.messages.announcement
    assert announcement is not None
    assert not announcement.choices

    # Cem starts again, skips all, and presses Finish without a report.
    window.open_path(str(lesson))
    assert "was finished" in said(window)
    assert choices(window) == ["Report …", "Start again"]
    window.session.messages.choose(1)
    assert choices(window) == ["Cancel", "Start again"]
    window.session.messages.choose(1)
    qtbot.waitUntil(lambda: player.lesson is not None and not player.is_busy)
    player.skip()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy, timeout=20_000)
    player.skip()
    qtbot.waitUntil(lambda: player.is_done and not player.is_busy, timeout=20_000)
    click(qtbot, panel, QPushButton, next_name)
    window.session.messages.choose(1)
    assert not window.lessons.is_open
    window.open_path(str(lesson))
    window.session.messages.choose(0)
    cem = save_report(qtbot, window, "Cem", tmp_path / "cem.html")

    assert [each["name"] for each in (ann, bob, cem)] == ["Ann", "Bob", "Cem"]
    results = [[step["result"] for step in each["steps"]] for each in (ann, bob, cem)]
    assert results == [["done", "not finished"], ["done", "solution shown"], ["skipped", "skipped"]]
    chosen = [each["steps"][1]["questions"][0]["choices"] for each in (ann, bob, cem)]
    assert chosen == [[0], [1], []]
    assert ann["begun"] <= bob["begun"] <= cem["begun"]
    assert ann["finished"] is None
    assert None not in (bob["finished"], cem["finished"])
    assert ann["steps"][0]["figures"] == {"epoch": 2}
    assert bob["steps"][1]["figures"] == cem["steps"][0]["figures"] == {}  # the program reached them
    runs = [each["steps"][number]["runs_started"] for each, number in ((ann, 0), (bob, 1), (cem, 0))]
    assert runs == [1, 0, 0]


def test_a_run_that_is_continued_counts_once_and_the_time_ends_at_finish(
    ready_window: MainWindow, lesson: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = ready_window
    player = opened(window, lesson, qtbot)
    for _ in range(2):  # two presses, one run
        window.session.step_epoch()
        qtbot.waitUntil(lambda: window.session.state is not Status.TRAINING)
    qtbot.waitUntil(lambda: player.is_done)
    player.next()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    window.session.start()  # more epochs of the same run
    qtbot.waitUntil(lambda: window.session.runs.current.epochs == 4)
    player.skip_met()
    window.session.messages.dismiss()
    seconds = {name: step.seconds for name, step in player.progress.steps.items()}
    menu_action(window, "lessonReport")
    report = save_report(qtbot, window, "Ann", tmp_path / "ann.html")
    assert [step["runs_started"] for step in report["steps"]] == [1, 0]
    assert {name: step.seconds for name, step in player.progress.steps.items()} == seconds
    finished = player.progress.finished
    player.next()  # Finish once more
    assert player.progress.finished == finished


def test_figures_are_those_at_which_a_goal_was_met(
    ready_window: MainWindow, lesson: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = ready_window
    opened(window, lesson, qtbot)
    for epochs in (2, 4):
        window.session.start()
        qtbot.waitUntil(lambda epochs=epochs: window.session.runs.current.epochs == epochs)
    qtbot.waitUntil(lambda: window.session.state is Status.FINISHED)
    menu_action(window, "lessonReport")
    report = save_report(qtbot, window, "Ann", tmp_path / "ann.html")
    assert report["steps"][0]["figures"] == {"epoch": 2}


def test_start_again_in_the_menu_asks_and_begins_a_new_attempt(
    ready_window: MainWindow, lesson: Path, qtbot: QtBot
) -> None:
    window = ready_window
    player = opened(window, lesson, qtbot)
    player.skip_met()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    attempt = player.progress
    menu_action(window, "startLessonAgain")
    assert choices(window) == ["Cancel", "Start again"]
    window.session.messages.choose(1)
    qtbot.waitUntil(lambda: player.index == 0 and not player.is_busy)
    assert player.progress is not attempt
    assert list(player.progress.steps) == ["start"]
    assert player.progress.began >= attempt.began


def test_an_attempt_of_an_earlier_version_is_continued(
    ready_window: MainWindow, lesson: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    player = opened(ready_window, lesson, qtbot)
    player.skip_met()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    entries = player.progress.as_dict()
    del entries["began"], entries["finished"]
    for step in entries["steps"].values():
        del step["figures"]
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"lesson_progress": json.dumps({"rate": entries})}), encoding="utf-8")
    preferences = Preferences(path)
    memory = LessonMemory(preferences)
    found = memory.progress_of("rate", player.progress.content)
    assert found is not None
    assert (found.step, found.began) == ("larger", 0)
    assert preferences.text("lesson_progress") == ""
    assert memory.attempts.close()
    assert preferences.close()
    again = LessonMemory(Preferences(path))
    assert again.progress_of("rate", player.progress.content) == found


def test_the_progress_of_a_lesson_takes_no_room_of_others(tmp_path: Path) -> None:
    preferences = Preferences(tmp_path / "settings.json")
    memory = LessonMemory(preferences)
    preferences.set("configuration", "{}")
    choices = [[0, number % 4] for number in range(50)]
    steps = {f"step-{number}": StepProgress(choices=choices) for number in range(12)}
    for number in range(29):
        assert memory.keep(f"lesson-{number}", Progress("x", "start", steps=steps))
    deep = {"shape": [1] * 20_000, "activations": ["relu"] * 20_000}
    assert memory.keep("deep", Progress("x", "start", experiment=deep, steps=steps))
    assert memory.attempts.close()
    assert preferences.close()
    again = LessonMemory(Preferences(tmp_path / "settings.json"))
    kept = [again.progress_of(name, "x") for name in (*(f"lesson-{number}" for number in range(29)), "deep")]
    assert all(each is not None and each.steps == steps for each in kept)
    assert Preferences(tmp_path / "settings.json").text("configuration") == "{}"


def test_a_window_without_a_lesson_keeps_what_another_one_saved(tmp_path: Path) -> None:
    first, second = (LessonMemory(Preferences(tmp_path / "settings.json")) for _ in range(2))
    assert second.keep("rate", Progress("x", "larger"))
    assert second.attempts.close()
    assert first.attempts.close()
    assert LessonMemory(Preferences(tmp_path / "settings.json")).progress_of("rate", "x") == Progress("x", "larger")


def test_progress_that_cannot_be_saved_is_reported_once(ready_window: MainWindow, lesson: Path, qtbot: QtBot) -> None:
    player = opened(ready_window, lesson, qtbot)
    player.progress.steps |= {f"step-{number}": StepProgress() for number in range(2000)}
    same = parse_lesson("rate.md", LESSON, ready_window.lessons.catalogue)
    ready_window.lessons.attempt(same)
    assert "too long to be saved" in said(ready_window)
    ready_window.session.messages.dismiss()
    ready_window.lessons.attempt(same)
    assert said(ready_window) == ""


def test_progress_that_is_too_long_leaves_that_in_other_lessons() -> None:
    memory = LessonMemory(Preferences(None))
    assert memory.keep("rate", Progress("x", "larger"))
    assert not memory.keep(
        "long", Progress("x", "a", steps={f"step-{number}": StepProgress() for number in range(5000)})
    )
    assert memory.progress_of("rate", "x") == Progress("x", "larger")
    long = {f"step-{number}": StepProgress() for number in range(5000)}
    assert not memory.keep("rate", Progress("x", "a", steps=long))
    assert memory.progress_of("rate", "x") == Progress("x", "larger")  # what was saved before stays


def test_choices_and_figures_of_a_step_are_limited() -> None:
    step = StepProgress()
    for number in range(80):
        step.note_choice(0, number)
        step.note_figure(f"fact-{number}", "x" * 500)
    assert len(step.choices) == 50
    assert (step.choices[0], step.choices[-1]) == ([0, 0], [0, 79])  # the first try, and the last choice
    assert len(step.figures) < 20
    assert max(map(len, map(str, step.figures.values()))) < 100


def texts_in(pdf: bytes) -> list[tuple[float, float]]:
    """Returns the sizes of all texts in a PDF file that Qt wrote, and their places below the top, in points."""
    found: list[tuple[float, float]] = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        with suppress(zlib.error):  # it is an image or a font that is not compressed
            content = zlib.decompress(stream)
            if scale := re.search(rb"([\d.]+) 0 0 -[\d.]+ [\d.]+ [\d.]+ cm", content):
                each = re.findall(rb"/F\d+ ([\d.]+) Tf 1 0 0 -1 0 0 Tm\s+\S+ -([\d.]+) Td", content)
                found += [(float(scale[1]) * float(size), float(scale[1]) * float(below)) for size, below in each]
    return found


def test_a_worksheet_can_be_read_and_has_the_images_of_the_lesson(
    ready_window: MainWindow, lesson: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    image = QImage(1200, 300, QImage.Format.Format_RGB32)
    image.fill(0)
    image.save(str(tmp_path / "wide.png"))
    title = "How many images at once?"
    written = LESSON.replace("A rate that is too large", title).replace("Press Space.", "![wide](wide.png)")
    lesson.write_text(written, encoding="utf-8")
    opened(ready_window, lesson, qtbot)
    menu_action(ready_window, "printLesson")
    dialog = find(ready_window, QPrintDialog, "printLessonDialog")
    target = tmp_path / "lesson.pdf"
    dialog.printer().setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    dialog.printer().setOutputFileName(str(target))
    assert dialog.printer().docName() == "how-many-images-at-once"  # other systems propose it
    assert find(dialog, QLineEdit, "filename").text().endswith("/how-many-images-at-once.pdf")
    dialog.accepted.emit()
    dialog.close()
    assert announced(ready_window.session) == f"Saved lesson.pdf in {tmp_path}"
    pdf = target.read_bytes()
    sizes = [size for size, _ in texts_in(pdf)]
    assert min(sizes) == pytest.approx(11, abs=0.1)  # the text
    assert max(sizes) == pytest.approx(22, abs=0.2)  # the title
    assert b"/Width 600" in pdf
    assert b"/Height 150" in pdf


def test_no_text_of_the_included_lessons_is_printed_into_the_margin(ready_window: MainWindow, tmp_path: Path) -> None:
    for path in included_lessons():
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setFullPage(True)
        printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
        printer.setOutputFileName(str(tmp_path / "lesson.pdf"))
        Worksheet(ready_window.lessons.files.read(path), path.parent).print_(printer)
        places = [place % A4_HEIGHT for _, place in texts_in((tmp_path / "lesson.pdf").read_bytes())]
        assert CENTIMETRE < min(places) <= max(places) < A4_HEIGHT - CENTIMETRE, path.name


def test_a_worksheet_has_texts_questions_and_goals_and_no_answers() -> None:
    page = worksheet_html(parse_lesson("a.md", EXAMPLE, CATALOGUE))
    for part in ("Before the first step", "2. Ten times larger", "☐", "The error stays", "Epochs trained at least 3"):
        assert part in page
    for part in ("slope stayed the same", "Look at the curve", "answer 2"):
        assert part not in page
    assert "☐</span>&nbsp; Epochs trained at least 3 and test error below 6" in page
    summary = "## What you have seen {#end}\nThe error stays near 90 %.\n"
    assert "What you have seen" not in worksheet_html(parse_lesson("a.md", EXAMPLE + summary, CATALOGUE))


# ---- files and authors


def test_languages_are_chosen_in_the_menu(ready_window: MainWindow, lesson: Path, qtbot: QtBot) -> None:
    lesson.with_name("rate.de.md").write_text(GERMAN, encoding="utf-8")
    player = opened(ready_window, lesson, qtbot)
    title = find(ready_window, QLabel, "lessonTitle")
    assert title.text() == "A rate that is too large"
    menu_action(ready_window, "lessonLanguage_de")
    assert title.text() == "Eine zu große Lernrate"
    assert player.step.title == "Ein guter Anfang"
    ready_window.lessons.close()
    opened(ready_window, lesson, qtbot)
    assert title.text() == "Eine zu große Lernrate"


def test_a_saved_file_is_read_again_at_the_same_step_and_an_error_leaves_it(
    ready_window: MainWindow, lesson: Path, qtbot: QtBot
) -> None:
    window = ready_window
    player = opened(window, lesson, qtbot)
    player.skip_met()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    menu_action(window, "reloadLesson")
    lesson.write_text(LESSON.replace("## Larger", "## Much larger"), encoding="utf-8")
    qtbot.waitUntil(lambda: player.step.title == "Much larger")
    assert player.index == 1
    lesson.write_text(LESSON.replace("unlock learning-rate", "unlock learnin-rate"), encoding="utf-8")
    qtbot.waitUntil(lambda: window.session.messages.current is not None)
    message = window.session.messages.current
    assert message is not None
    assert "line 31" in message.text
    assert player.step.title == "Much larger"


def test_the_check_of_the_window_says_what_is_wrong(ready_window: MainWindow, lesson: Path, qtbot: QtBot) -> None:
    lesson.write_text(LESSON.replace("epoch >= 2", "epoch >= 0"), encoding="utf-8")
    opened(ready_window, lesson, qtbot)
    menu_action(ready_window, "checkLesson")

    def said() -> str:
        message = ready_window.session.messages.current
        return "" if message is None else message.text

    assert said().startswith("Checking rate.md")
    qtbot.waitUntil(lambda: "“Epochs trained at least 0” is met when the step opens" in said(), timeout=60_000)


def test_a_packed_lesson_is_played_and_its_files_stay_for_its_runs(
    ready_window: MainWindow, lesson: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    packed = tmp_path / "rate.nnvizlesson"
    pack(lesson, [], packed)
    player = opened(ready_window, packed, qtbot)
    folder = player.folder
    assert folder.parent == settings_file().parent / "lessons"
    assert (folder / "rate.md").is_file()
    ready_window.lessons.close()
    opened(ready_window, packed, qtbot)
    assert player.folder == folder


def test_where_nothing_can_be_kept_a_packed_lesson_is_played_from_a_temporary_folder(
    ready_window: MainWindow, lesson: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = tmp_path / "rate.nnvizlesson"
    pack(lesson, [], packed)
    kept = settings_file().parent / "lessons"
    kept.mkdir(parents=True)

    def refuse(folder: Path, **_: object) -> NoReturn:
        raise OSError(errno.EROFS, "Read-only file system", str(folder))

    monkeypatch.setattr("nnviz.window.lesson.lesson_files.whole_folder", refuse)
    player = opened(ready_window, packed, qtbot)
    assert not player.folder.is_relative_to(kept)
    assert (player.folder / "rate.md").is_file()
    assert not list(kept.iterdir())


@pytest.mark.parametrize("is_pipe", [False, True])
def test_a_translation_that_cannot_be_read_leaves_the_lesson_in_its_own_language(
    is_pipe: bool,
    ready_window: MainWindow,
    lesson: Path,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    translation = tmp_path / "rate.de.md"
    if is_pipe:
        os.mkfifo(translation)
    else:
        translation.write_text("damaged", encoding="utf-8")
    monkeypatch.setattr(LessonMemory, "language", "de")
    player = opened(ready_window, lesson, qtbot)
    assert player.lesson is not None
    assert player.lesson.title == "A rate that is too large"
    message = ready_window.session.messages.current
    assert message is not None
    assert message.text.startswith("The translation rate.de.md could not be read: ")
    assert title_of(lesson, "de") == "A rate that is too large"


def test_a_package_that_is_missing_is_named(ready_window: MainWindow, lesson: Path, qtbot: QtBot) -> None:
    lesson.write_text(LESSON.replace("language: en", "language: en\nneeds: numpy, no_such_package"), encoding="utf-8")
    opened(ready_window, lesson, qtbot)
    words = find(ready_window, QLabel, "lessonNeeds")
    assert words.isVisible()
    assert words.text() == "This lesson needs no_such_package: pip install no_such_package"


def test_a_search_for_the_learning_rate_turns_to_the_settings(
    ready_window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "search.md"
    path.write_text(LESSON.replace("lock all except train", "lock all except train, find-rate"), encoding="utf-8")
    opened(ready_window, path, qtbot)
    assert ready_window.lessons.is_in_front
    action(ready_window, "actionFindRate").trigger()
    qtbot.waitUntil(lambda: not ready_window.lessons.is_in_front)


def test_the_present_state_is_the_start_of_a_new_lesson(ready_window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window, target = ready_window, tmp_path / "my-lesson.md"
    window.session.settings.change("layers", hidden=(8,))
    window.session.settings.change("rate", learning_rate=0.1)
    window.panels[-1].hide()
    action(window, "actionSaveLessonStart").trigger()
    choose_file(qtbot, window, "lessonStartDialog", target)
    qtbot.waitUntil(target.is_file)
    made = parse_lesson(target.name, target.read_text(encoding="utf-8"), window.lessons.catalogue)
    settings = {name: value for each in made.steps[0].setup for name, value in each.settings.items()}
    assert settings["hidden"] == (8,)
    assert settings["learning_rate"] == 0.1
    verbs = [each.verb for each in made.steps[0].setup]
    assert {"data", "preset", "new", "workspace", "hide"} <= set(verbs)
    player = opened(window, target, qtbot)
    assert not player.failure
    assert window.session.runs.current.experiment.hidden == (8,)


def test_in_runs_the_chart_has_the_button_of_seeds_while_the_lesson_is_in_the_place_of_the_list(
    ready_window: MainWindow, lesson: Path, qtbot: QtBot
) -> None:
    window = ready_window
    window.show_workspace("runs")
    runs, chart = window.card("runsDock"), window.card("theirCurvesDock")
    seeds = find(window, QPushButton, "seedsButton")
    assert runs.isAncestorOf(seeds)
    opened(window, lesson, qtbot)
    window.show_workspace("runs")
    assert not runs.isVisible()
    assert chart.isAncestorOf(seeds)
    assert seeds.isVisible()
    panel = find(window, LessonPanel, "lessonPanel")
    bar, tab = tab_of(panel, "lessonSettingsTab")
    assert bar.tabText(tab) == "Runs"
    click_tab(qtbot, panel, "lessonSettingsTab")
    assert runs.isVisible()
    assert runs.isAncestorOf(seeds)
    window.show_workspace("inside")
    bar, tab = tab_of(find(window, QFrame, "lessonBar"), "settingsLessonSettingsTab")
    assert bar.tabText(tab) == "Mistakes"
