"""A lesson in the window: what it sets up, locks, asks and checks, and that leaving it puts the window back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PyQt5.QtCore import QByteArray, QRect, Qt, QUrl
from PyQt5.QtGui import QImage, QTextDocument
from PyQt5.QtWidgets import QLabel, QPushButton, QRadioButton, QWidget
from pytestqt.qtbot import QtBot

from engine.basics.assets_folder import ASSETS
from engine.basics.validation import Array
from engine.training.augmentation import Augmentation
from nnviz.commands.lesson import names_page
from nnviz.digits.picture_files import colours_of_file
from nnviz.lessons import texts
from nnviz.lessons.catalogue import lesson_name
from nnviz.lessons.errors import LessonError
from nnviz.session.messages import MessageChoice
from nnviz.session.status import Status
from nnviz.ui.fields import NumberEdit
from nnviz.ui.pages import TabbedCard
from nnviz.window.lesson import text_view
from nnviz.window.lesson.facts import Facts
from nnviz.window.lesson.panel import LessonPanel
from nnviz.window.lesson.performer import Performer
from nnviz.window.lesson.player import LessonPlayer
from nnviz.window.lesson.text_view import LessonText
from nnviz.window.main_window import MainWindow
from nnviz.window.user_files import settings_file
from tests.nnviz.helpers import action, click, click_tab, drag, find, press, retype, seven, stored_settings, wait_for

LESSON = """---
lesson: 1
id: rate
title: A rate that is too large
language: en
---
Before the first step.

## A good start {#start}
Press Space.
```do
set hidden = 8; learning-rate = 0.2; epochs = 2; seed = 1
new
lock all except train
point curves
```
```goal
epoch >= 2
```
```solution
train 2 epochs
```

## Larger {#larger}
What will happen?
- [ ] It learns faster
  > Not with such steps.
- [x] It fails
  > Right.
```do
unlock learning-rate, reset
```
```goal
answered and correct
learning-rate = 2 and epoch >= 1
opened(mistakes)
```
```solution
answer 2
set learning-rate = 2
new
train 1 epoch
workspace inside
```
> The first hint.
"""


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    path = tmp_path / "rate.md"
    path.write_text(LESSON, encoding="utf-8")
    return path


def opened(window: MainWindow, path: Path, qtbot: QtBot) -> LessonPlayer:
    """Opens a lesson where it was left, without a question, and waits until its step is set up."""
    window.lessons.open(path, asks=False)
    player = window.lessons.player
    assert player is not None
    qtbot.waitUntil(lambda: not player.is_busy)
    return player


def said(window: MainWindow) -> str:
    message = window.session.messages.current
    return "" if message is None else message.text


def choices(window: MainWindow) -> list[str]:
    message = window.session.messages.current
    return [] if message is None else [choice.text for choice in message.choices]


def stored_progress(lesson: str) -> dict[str, Any]:
    """Returns the attempt that the file of the settings' folder holds; empty if there is none."""
    path = settings_file().with_name("lesson-progress.json")
    stored = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    found: dict[str, Any] = json.loads(stored.get(lesson, "{}"))
    return found


def goals(window: MainWindow) -> list[str]:
    return [each.text() for each in find(window, LessonPanel, "lessonPanel").findChildren(QLabel, "lessonGoalPresent")]


def test_a_lesson_is_played_with_mouse_and_keys(ready_window: MainWindow, lesson: Path, qtbot: QtBot) -> None:
    window = ready_window
    before = window.session.settings.experiment
    player = opened(window, lesson, qtbot)
    panel = find(window, LessonPanel, "lessonPanel")
    assert panel.isVisible()
    assert not window.card("trainingCard").isVisible()
    assert window.session.runs.current.experiment.hidden == (8,)
    assert goals(window) == ["now 0"]
    assert find(window, QWidget, "lessonRing").isVisible()
    assert not find(panel, QPushButton, "lessonNextButton").isEnabled()

    # Only training is possible.
    assert not find(window, QPushButton, "resetButton").isEnabled()
    assert not action(window, "actionReset").isEnabled()
    assert action(window, "actionQuit").isEnabled()
    press(qtbot, window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    press(qtbot, window, Qt.Key.Key_Space)
    wait_for(qtbot, window, Status.FINISHED)
    qtbot.waitUntil(lambda: player.is_done)
    click(qtbot, panel, QPushButton, "lessonNextButton")
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)

    # The question, the field and the network.
    assert find(window, QPushButton, "resetButton").isEnabled()
    assert not find(window, QPushButton, "stepEpochButton").isEnabled()
    qtbot.waitUntil(lambda: find(panel, QRadioButton, "lessonOption1_1Button").isVisible())
    click(qtbot, panel, QRadioButton, "lessonOption1_1Button")
    assert player.met == [False, False, False]
    feedback = [each.text() for each in panel.findChildren(QLabel, "lessonFeedback") if each.isVisible()]
    assert len(feedback) == 1
    assert "Not with such steps" in feedback[0]
    click(qtbot, panel, QRadioButton, "lessonOption1_2Button")
    assert player.met == [True, False, False]
    retype(qtbot, panel, "learningRateEdit", "2")
    click(qtbot, window, QPushButton, "resetButton")
    press(qtbot, window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: player.met == [True, True, False], timeout=20_000)
    window.show_workspace("inside")
    qtbot.waitUntil(lambda: player.is_done)

    # After the last step the report is offered, and then the window is as before.
    click(qtbot, panel, QPushButton, "lessonNextButton")
    assert panel.isVisible()
    assert choices(window) == ["Report …", "Close lesson"]
    window.session.messages.choose(1)
    assert not panel.isVisible()
    assert window.workspace == "train"
    assert window.card("trainingCard").isVisible()
    assert find(window, QPushButton, "stepEpochButton").isEnabled()
    qtbot.waitUntil(lambda: window.session.settings.experiment == before)
    assert window.session.runs.current.experiment.hidden == before.hidden


def test_hint_and_solution_and_back_and_reset(ready_window: MainWindow, lesson: Path, qtbot: QtBot) -> None:
    window = ready_window
    player = opened(window, lesson, qtbot)
    panel = find(window, LessonPanel, "lessonPanel")
    player.skip()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy, timeout=20_000)

    assert not find(panel, LessonText, "lessonHint").isVisible()
    hint = click(qtbot, panel, QPushButton, "lessonHintButton")
    assert find(panel, LessonText, "lessonHint").isVisible()
    assert hint.text() == "Show me"
    click(qtbot, panel, QPushButton, "lessonHintButton")
    qtbot.waitUntil(lambda: player.is_done and not player.is_busy, timeout=20_000)
    assert not player.failure

    click(qtbot, panel, QPushButton, "lessonBackButton")
    qtbot.waitUntil(lambda: player.index == 0 and not player.is_busy)
    assert not action(window, "actionReset").isEnabled()  # as it was locked at that step
    assert window.session.settings.experiment.training.learning_rate == 2  # what it does first is not repeated
    player.reset_step()
    qtbot.waitUntil(lambda: not player.is_busy)
    assert window.session.settings.experiment.training.learning_rate == 0.2


def test_settings_are_a_click_away_and_the_layout_returns(ready_window: MainWindow, lesson: Path, qtbot: QtBot) -> None:
    window = ready_window
    places = {dock.objectName(): dock.geometry() for dock in window.panels if dock.isVisible()}
    opened(window, lesson, qtbot)
    panel = find(window, LessonPanel, "lessonPanel")
    click_tab(qtbot, panel, "lessonSettingsTab")
    assert not panel.isVisible()
    assert window.card("trainingCard").isVisible()
    pill = find(window, QPushButton, "lessonButton")
    assert pill.text().strip() == "Lesson · step 1 of 2"
    click(qtbot, window, QPushButton, "lessonButton")
    assert panel.isVisible()
    for workspace in ("inside", "runs", "train"):
        window.show_workspace(workspace)
        assert panel.isVisible()
        assert not window.card("trainingCard").isVisible()
    action(window, "actionCloseLesson").trigger()
    qtbot.waitUntil(
        lambda: places == {each.objectName(): each.geometry() for each in window.panels if each.isVisible()}
    )
    assert not action(window, "actionCloseLesson").isEnabled()


def test_it_asks_before_it_pauses_a_training_and_resumes_at_its_step(
    ready_window: MainWindow, lesson: Path, qtbot: QtBot
) -> None:
    window = ready_window
    player = opened(window, lesson, qtbot)
    player.skip()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy, timeout=20_000)
    window.lessons.close()
    window.session.settings.change("epochs", epochs=100_000)
    window.session.start()
    wait_for(qtbot, window, Status.TRAINING)
    window.open_path(str(lesson))
    assert choices(window) == ["Continue", "Start again"]
    assert "pauses the run" in said(window)
    assert not window.lessons.is_open
    window.session.messages.choose(0)
    qtbot.waitUntil(lambda: player.lesson is not None and not player.is_busy)
    assert player.index == 1
    qtbot.waitUntil(lambda: window.session.state is not Status.TRAINING)


def test_quitting_remembers_the_state_before_the_lesson_and_its_step(
    ready_window: MainWindow, lesson: Path, qtbot: QtBot
) -> None:
    before = ready_window.session.settings.experiment.as_dict()
    player = opened(ready_window, lesson, qtbot)
    player.skip()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy, timeout=20_000)
    ready_window.close_unasked()
    stored = stored_settings()
    assert json.loads(stored["configuration"]) == json.loads(json.dumps(before))
    assert stored_progress("rate")["step"] == "larger"
    assert stored["workspace"] == "train"


def test_a_wrong_lesson_is_a_message_and_changes_nothing(
    ready_window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window, path = ready_window, tmp_path / "wrong.md"
    path.write_text(LESSON.replace("learning-rate = 0.2", "learnin-rate = 0.2"), encoding="utf-8")
    window.open_path(str(path))
    message = window.session.messages.current
    assert message is not None
    assert "wrong.md, line 12" in message.text
    assert "learning-rate" in message.text
    assert not window.lessons.is_open


def test_a_directive_that_fails_is_shown_and_the_lesson_goes_on(
    ready_window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "plane.md"
    path.write_text(LESSON.replace("point curves", "show plane"), encoding="utf-8")
    player = opened(ready_window, path, qtbot)
    assert "plane: it does not suit these data" in player.failure
    failure = find(ready_window, QLabel, "lessonFailure")
    assert failure.isVisible()
    player.skip()
    qtbot.waitUntil(lambda: player.index == 1, timeout=20_000)


def test_a_solution_that_fails_says_so_and_skip_leads_on(
    ready_window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "fails.md"
    path.write_text(LESSON.replace("train 2 epochs", "show plane"), encoding="utf-8")
    player = opened(ready_window, path, qtbot)
    player.show_hint()  # there is none: the solution
    qtbot.waitUntil(lambda: bool(player.failure) and not player.is_busy)
    assert "plane: it does not suit these data" in player.failure
    assert player.met == [False]
    assert not player.was_met_at_once
    player.skip()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)


def test_a_value_that_waits_for_reset_says_so(ready_window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window, path = ready_window, tmp_path / "batch.md"
    unlocked = "unlock batch-size, hidden, learning-rate, reset, step-batch"
    path.write_text(LESSON.replace("unlock learning-rate, reset", unlocked), encoding="utf-8")
    player = opened(window, path, qtbot)
    player.skip_met()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    panel, words = find(window, LessonPanel, "lessonPanel"), find(window, QLabel, "lessonWaiting")
    assert not words.isVisible()
    window.session.step_batch()
    wait_for(qtbot, window, Status.PAUSED)
    retype(qtbot, panel, "batchSizeEdit", "1000")
    assert words.isVisible()
    assert words.text() == "Batch size 1000 waits for Reset. Until then it is 100."
    retype(qtbot, panel, "learningRateEdit", "2")
    assert "Learning rate" not in words.text()  # which acts at once
    click(qtbot, window, QPushButton, "resetButton")
    qtbot.waitUntil(lambda: not words.isVisible())
    window.session.step_batch()
    wait_for(qtbot, window, Status.PAUSED)
    retype(qtbot, panel, "hiddenEdit", "16")
    assert words.text() == "Hidden neurons 16 acts when you press Train or Reset. Until then it is 8."


def test_messages_offer_nothing_that_the_lesson_locks(ready_window: MainWindow, lesson: Path, qtbot: QtBot) -> None:
    window, messages = ready_window, ready_window.session.messages
    needs = [{"reset", "learning_rate"}, {"reset", "clip_norm"}, {"train"}]

    def offered() -> list[set[str]]:
        choices = [MessageChoice("Do", lambda: None, frozenset(each)) for each in needs]
        return [set(each.needs) for each in messages.offered(messages.warn("Dead layer", *choices))]

    assert offered() == needs
    player = opened(window, lesson, qtbot)
    assert offered() == [{"train"}]
    player.skip_met()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy)
    assert offered() == [{"reset", "learning_rate"}, {"train"}]  # clip-norm has no field yet, and is locked, too
    assert find(window, QLabel, "messageText").isVisible()
    assert find(window, QPushButton, "messageChoice2Button").isVisible()
    assert not find(window, QPushButton, "messageChoice3Button").isVisible()
    window.lessons.close()
    assert offered() == needs


def test_nothing_names_the_keys_of_locked_controls(ready_window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window, path = ready_window, tmp_path / "locked.md"
    path.write_text(LESSON.replace("lock all except train", "lock all"), encoding="utf-8")

    drag(window.canvas, seven(window.canvas))
    status = find(window, QLabel, "runStatus")
    qtbot.waitUntil(lambda: "Space" in status.text())
    opened(window, path, qtbot)
    assert "Space" not in status.text()
    window.lessons.close()
    qtbot.waitUntil(lambda: "Space" in status.text())


@pytest.mark.parametrize("presses", [0, 3])
def test_a_lesson_trains_its_epochs_whatever_is_pressed_meanwhile(
    presses: int, ready_window: MainWindow, lesson: Path, qtbot: QtBot
) -> None:
    window, session = ready_window, ready_window.session
    lesson.write_text(LESSON.replace("epochs = 2", "epochs = 20").replace("train 2 epochs", "train 15 epochs"))
    player = opened(window, lesson, qtbot)
    train = find(window, QPushButton, "trainButton")
    assert train.isEnabled()
    player.solve()
    for _ in range(presses):
        qtbot.waitUntil(lambda: session.state is Status.TRAINING)
        assert not train.isEnabled()
        assert find(window, QLabel, "lessonNote").text() == texts.TRAINS
        press(qtbot, window, Qt.Key.Key_Space)  # refused
        with qtbot.waitSignal(session.training.state_changed):
            session.pause()  # as what holds the training for a moment
    qtbot.waitUntil(lambda: not player.is_busy, timeout=60_000)
    assert session.runs.current.epochs == 15
    assert train.isEnabled()
    assert player.met == [True]


def test_a_lesson_may_train_slowly_but_solutions_do_not(
    ready_window: MainWindow, lesson: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnviz.jobs.pace._FEWEST_STEPS", 1e-9)  # a slow training would not end
    lesson.write_text(LESSON.replace("point curves", "speed slow"))
    player, session = opened(ready_window, lesson, qtbot), ready_window.session
    assert session.speed.is_slow
    assert not find(ready_window, QPushButton, "speedFullButton").isEnabled(), "all but Train is locked"
    player.solve()
    qtbot.waitUntil(lambda: not player.is_busy)
    assert session.runs.current.epochs == 2
    assert session.speed.is_slow
    ready_window.lessons.close()
    assert not session.speed.is_slow


def test_what_only_a_menu_has_is_pointed_at_there(ready_window: MainWindow, lesson: Path, qtbot: QtBot) -> None:
    lesson.write_text(LESSON.replace("point curves", "point seeds"))
    opened(ready_window, lesson, qtbot)
    (menu,) = [each for each in ready_window.menuBar().actions() if each.text() == "&Train"]

    def ringed() -> QRect:
        (ring,) = [each for each in ready_window.findChildren(QWidget, "lessonRing") if each.isVisible()]
        return ring.geometry()

    title = ready_window.menuBar().actionGeometry(menu)
    assert ringed().contains(title.translated(ready_window.menuBar().pos()))
    assert ringed().width() < 2 * title.width()
    ready_window.show_workspace("runs")
    stage = ready_window.lessons.stage
    for name in ("draw", "prediction", "their-answers"):
        stage.hide_card(name)
    stage.show_card("runs")
    seeds = find(ready_window, QPushButton, "seedsButton")
    qtbot.waitUntil(lambda: ringed().contains(seeds.mapTo(ready_window, seeds.rect().center())))


def test_a_page_is_hidden_until_a_lesson_shows_it_or_is_left(
    ready_window: MainWindow, lesson: Path, qtbot: QtBot
) -> None:
    window = ready_window
    opened(window, lesson, qtbot)
    stage = window.lessons.stage
    assert stage is not None
    stage.show_card("why")
    card, why = window.card("inspector"), window.card("whyDock")
    assert isinstance(card, TabbedCard)
    assert card.page is why
    stage.hide_card("why")
    assert card.page is not why
    assert not card.tabs.isTabVisible(card.pages.index(why))
    assert card.isVisible(), "the other pages stay"
    stage.show_card("neuron")
    assert card.page is window.card("neuronDock")
    stage.enlarge_card("why")
    assert card.page is why
    assert window.cards.enlarged is card
    stage.hide_card("why")
    action(window, "actionCloseLesson").trigger()
    qtbot.waitUntil(lambda: card.tabs.isTabVisible(card.pages.index(why)))


def test_a_setting_behind_more_is_shown_and_ringed_when_its_step_needs_it(
    ready_window: MainWindow, lesson: Path, qtbot: QtBot
) -> None:
    shown = LESSON.replace("point curves", "point learning-rate").replace("unlock learning-rate", "unlock dropout")
    lesson.write_text(shown.replace("learning-rate = 2 and epoch >= 1", "dropout = 0.5"), encoding="utf-8")
    window = ready_window
    settings = window.settings
    settings.show_more()  # as it was left before
    player = opened(window, lesson, qtbot)
    click_tab(qtbot, find(window, LessonPanel, "lessonPanel"), "lessonSettingsTab")
    rate = find(window, NumberEdit, "learningRateEdit")
    assert rate.isVisible()
    ring = find(window, QWidget, "lessonRing")
    assert ring.geometry().contains(rate.mapTo(window, rate.rect().center()))

    # The next step is about another page.
    player.skip()
    qtbot.waitUntil(lambda: player.index == 1 and not player.is_busy, timeout=20_000)
    dropout = find(settings, NumberEdit, "dropoutEdit")
    assert dropout.isEnabled()
    assert not find(settings, NumberEdit, "batchSizeEdit").isEnabled(), "it is locked"
    assert dropout.visibleRegion().boundingRect() == dropout.rect()

    # A ring around what is behind More is around its button.
    other = lesson.with_name("other.md")
    other.write_text(LESSON.replace("point curves", "point dropout").replace("id: rate", "id: other"), encoding="utf-8")
    opened(window, other, qtbot)
    click_tab(qtbot, find(window, LessonPanel, "lessonPanel"), "lessonSettingsTab")
    assert dropout.visibleRegion().boundingRect() == dropout.rect()
    settings.show_sections()
    (ring,) = (each for each in window.findChildren(QWidget, "lessonRing") if each.isVisible())
    assert ring.geometry().contains(settings.training.more.mapTo(window, settings.training.more.rect().center()))


def test_a_strength_that_a_lesson_sets_switches_on_no_other(
    ready_window: MainWindow, lesson: Path, qtbot: QtBot
) -> None:
    lesson.write_text(LESSON.replace("point curves", "set shift = 2; rotation = 10"))
    opened(ready_window, lesson, qtbot)
    training = ready_window.session.settings.experiment.training
    assert training.augmentation == Augmentation(shift=2, rotation=10)


def test_another_network_in_place_of_the_one_in_training_is_a_failure(
    ready_window: MainWindow, lesson: Path, qtbot: QtBot
) -> None:
    lesson.write_text(LESSON.replace("epochs = 2", "epochs = 900").replace("train 2 epochs", "train 900 epochs"))
    player = opened(ready_window, lesson, qtbot)
    player.solve()
    qtbot.waitUntil(lambda: ready_window.session.state is Status.TRAINING)
    ready_window.session.reset()
    qtbot.waitUntil(lambda: not player.is_busy)
    assert "the network in training was replaced" in player.failure


def test_a_fault_of_the_program_is_a_failure_of_the_step(
    ready_window: MainWindow, lesson: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise IndexError("out of range")

    with monkeypatch.context() as patch:
        patch.setattr(Performer, "_new", broken)
        player = opened(ready_window, lesson, qtbot)
        assert player.failure == "“new”: IndexError: out of range"
    player.reset_step()
    qtbot.waitUntil(lambda: not player.is_busy)
    assert not player.failure
    monkeypatch.setattr(Facts, "_read_epoch", broken)
    ready_window.session.step_epoch()
    qtbot.waitUntil(lambda: ready_window.session.state is Status.PAUSED)
    assert player.failure == "“epoch”: IndexError: out of range"
    assert goals(ready_window) == ["now –"]


@pytest.mark.parametrize(
    ("data", "line", "problem"),
    [
        ("mpg", "draw image.png", "image.png: these data are no images. Load images first"),
        ("xor", "draw image.png", "image.png: these data are no images. Load images first"),
        ("mnist", "draw test 500", "test 500: the data have no such example. Its 500 examples are numbered from 0."),
    ],
)
def test_a_drawing_that_does_not_suit_the_data_says_so(
    data: str, line: str, problem: str, ready_window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "image.png").write_bytes(b"x")
    path = tmp_path / "draw.md"
    directives = LESSON.split("```do\n")[1].split("```")[0]
    path.write_text(LESSON.replace(directives, f"data {data}\n{line}\n", 1), encoding="utf-8")
    assert problem in opened(ready_window, path, qtbot).failure


def test_data_that_cannot_be_read_are_a_failure_of_the_step(
    ready_window: MainWindow, lesson: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "houses.csv").write_bytes(b"")
    lesson.write_text(LESSON.replace("set hidden = 8;", "open houses.csv\nset hidden = 8;"))
    player = opened(ready_window, lesson, qtbot)
    assert player.failure.startswith("“open houses.csv”: ")
    assert not player.progress.of("start").is_set_up


def test_a_directive_that_cannot_train_is_a_failure_of_the_step(
    ready_window: MainWindow, lesson: Path, qtbot: QtBot
) -> None:
    lesson.write_text(LESSON.replace("point curves", "unlock learning-rate"))
    player = opened(ready_window, lesson, qtbot)
    retype(qtbot, find(ready_window, LessonPanel, "lessonPanel"), "learningRateEdit", "x")
    player.solve()
    qtbot.waitUntil(lambda: not player.is_busy)
    assert player.failure.startswith("“train 2 epochs”: train: nothing can be trained now.")


def test_texts_load_nothing_but_images_of_the_folder(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"x")
    folder = tmp_path / "lesson"
    folder.mkdir()
    text = LessonText("<p>x</p>", folder)
    qtbot.addWidget(text)
    for url in ("https://host/x.png", "file:///etc/passwd", "../secret.png", "/etc/passwd", "missing.png"):
        for kind in (
            QTextDocument.ResourceType.ImageResource,
            QTextDocument.ResourceType.StyleSheetResource,
            QTextDocument.ResourceType.HtmlResource,
        ):
            found = text.loadResource(kind, QUrl(url))  # an invalid one would be loaded by Qt itself
            assert found.width() == 1 if isinstance(found, QImage) else found == QByteArray()


def test_an_image_is_decoded_once_however_it_is_spelled_and_wide(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[Path] = []

    def decode(path: Path, *sizes: int) -> Array:
        decoded.append(path)
        return colours_of_file(path, *sizes)

    monkeypatch.setattr(text_view, "colours_of_file", decode)
    image = QImage(800, 400, QImage.Format.Format_RGB32)
    for path in (tmp_path / "a.png", tmp_path / "b.png"):
        image.save(str(path))

    def size(url: str, width: int) -> tuple[int, int]:
        found = text_view.image_at(QTextDocument.ResourceType.ImageResource, QUrl(url), tmp_path, width)
        return found.width(), found.height()

    assert [size(url, 300) for url in ("a.png", "./a.png", "././a.png", "b.png")] == [(300, 150)] * 4
    assert size("./b.png", 1000) == (800, 400)
    assert [path.name for path in decoded] == ["a.png", "b.png"]
    image.scaled(40, 20).save(str(tmp_path / "a.png"))
    assert size("a.png", 300) == (40, 20), "another image of that name"


def test_the_guide_has_all_names(ready_window: MainWindow) -> None:
    page = (ASSETS / "guide" / "lesson-names.md").read_text(encoding="utf-8")
    is_current = page == names_page(ready_window.lessons.catalogue)
    assert is_current, "Write the page again: python main.py lesson --names > assets/guide/lesson-names.md"


def test_every_name_is_found_and_none_is_both_card_and_control(ready_window: MainWindow) -> None:
    catalogue, stage = ready_window.lessons.catalogue, ready_window.lessons.stage
    assert stage is not None
    assert {"train", "reset", "learning-rate", "hidden", "training-card", "timeline"} <= catalogue.controls
    assert {"curves", "weights", "neuron", "why", "mistakes", "map", "runs"} <= catalogue.cards
    assert lesson_name("actionStepEpoch") == lesson_name("stepEpochButton") == "step-epoch"
    assert len(stage.found("hidden")) > 2
    with pytest.raises(LessonError, match="does not suit"):
        stage.show_card("plane")
