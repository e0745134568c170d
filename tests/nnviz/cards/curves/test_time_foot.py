"""The axis of time and its playhead, by mouse and keys: the whole window follows."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from nnviz.cards.curves.player import Player
from nnviz.cards.curves.time_axis import TimeAxis
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.fields import NumberEdit
from nnviz.ui.parts import set_look
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.helpers import (
    action,
    bring_to_front,
    click,
    drag,
    find,
    hover,
    leave,
    press,
    train_for_a_while,
    wait_for,
)
from tests.nnviz.ui.helpers import place_of


@pytest.fixture
def cards() -> tuple[str, ...]:
    """The cards of the window, unless a test names others."""
    return ("curvesDock",)


@pytest.fixture
def ready_window(make_cards: MakeCards, cards: tuple[str, ...]) -> CardWindow:
    window = make_cards(*cards)
    window.add_bars()
    window.resize(max(900, window.width()), window.height())  # a short slider has no pixel for each snapshot
    return window


@pytest.fixture
def trained(ready_window: CardWindow, qtbot: QtBot) -> CardWindow:
    train(qtbot, ready_window)
    return ready_window


def train(qtbot: QtBot, window: AnyWindow) -> None:
    """Four epochs, one by one, so that the end of each is kept."""
    window.session.settings.change("epochs", epochs=4)
    for _ in range(4):
        window.session.step_epoch()
        wait_for(qtbot, window, Status.PAUSED, Status.FINISHED)


def slider_of(window: AnyWindow) -> TimeAxis:
    return find(window, TimeAxis, "timelineSlider")


def at(slider: TimeAxis, epoch: float) -> tuple[float, float]:
    return slider.place_of(epoch), 10


def test_the_slider_shows_where_it_is_and_goes_where_it_is_pressed(trained: CardWindow, qtbot: QtBot) -> None:
    slider, timeline = slider_of(trained), trained.session.timeline
    drag(slider, [at(slider, 1)], release=False)
    assert timeline.epoch == 1
    drag(slider, [at(slider, 1), at(slider, 2), at(slider, 3)])
    qtbot.waitUntil(lambda: timeline.epoch == 3)
    drag(slider, [at(slider, 3), (slider.width() + 50, 5)])
    qtbot.waitUntil(lambda: timeline.is_live)

    # Of many moments that are dragged over the last is shown.
    session, shown = trained.session, []
    session.timeline.changed.connect(lambda: shown.append(session.timeline.epoch))
    drag(slider, [at(slider, 4 - step / 50) for step in range(1, 200)])
    qtbot.waitUntil(lambda: session.timeline.epoch == session.timeline.nearest(4 - 199 / 50))
    assert len(set(shown)) < 20

    # The faint mark is where a press would go.
    timeline.go_live()
    before = slider.grab().toImage()
    hover(slider, at(slider, 1))
    assert slider.grab().toImage() != before
    assert trained.session.timeline.is_live
    leave(slider)
    assert slider.grab().toImage() == before

    # Keys of the slider.
    epochs = timeline.epochs
    for key, epoch in (
        (Qt.Key.Key_Left, epochs[-2]),
        (Qt.Key.Key_Left, epochs[-3]),
        (Qt.Key.Key_Right, epochs[-2]),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_Right, epochs[1]),
        (Qt.Key.Key_PageUp, timeline.nearest(epochs[1] + 1)),
        (Qt.Key.Key_End, None),
    ):
        qtbot.keyClick(slider, key)
        assert timeline.epoch == epoch

    # It shows where it is.
    assert (slider.maximum(), slider.value()) == (4000, 4000)
    assert slider.accessibleDescription() == "epoch 4, live"
    session.timeline.go_to(2)
    assert slider.value() == 2000
    assert slider.accessibleDescription() == "epoch 2, looking back"
    session.settings.change("epochs", epochs=10)
    session.step_epoch()
    wait_for(qtbot, trained, Status.PAUSED)
    assert slider.maximum() == 14_000
    assert slider.value() == 2000


def why_no_branch(window: MainWindow) -> str:
    """Returns the button's tooltip, which the menu entry and a screen reader share."""
    button, entry = find(window, QPushButton, "branchButton"), action(window, "actionBranch")
    assert button.isEnabled() == entry.isEnabled()
    assert button.toolTip() == entry.toolTip() == button.accessibleDescription()
    assert entry.associatedWidgets()[0].toolTipsVisible()  # type: ignore[attr-defined]
    return "" if button.isEnabled() else button.toolTip()


def test_keys_menu_and_cards_of_the_window(whole_window: MainWindow, qtbot: QtBot) -> None:
    # Before any training there is nothing to go back to.
    whole = whole_window
    assert not slider_of(whole).isEnabled()
    shown = [find(whole, QWidget, name).isVisible() for name in ("playButton", "liveButton", "branchButton")]
    assert not any(shown), "what cannot be used"
    assert not action(whole, "actionEarlier").isEnabled()
    assert not whole.curves.plot.playhead.line.isVisible()

    # A grey branch says why.
    session = whole.session
    assert why_no_branch(whole) == "There is nothing to branch from yet. Train the network first."

    # Keys go through the epochs.
    train(qtbot, whole)
    timeline = whole.session.timeline
    whole.setFocus()
    for key, epoch in (
        (Qt.Key.Key_Left, timeline.epochs[-2]),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_Right, timeline.epochs[1]),
    ):
        press(qtbot, whole, key)
        assert timeline.epoch == epoch
    press(qtbot, whole, Qt.Key.Key_End)
    assert timeline.is_live

    # Keys also where a button has the focus.
    button = find(whole, QPushButton, "trainButton")
    button.setFocus()
    press(qtbot, whole, Qt.Key.Key_Left)
    assert timeline.epoch == timeline.epochs[-2]
    assert button.hasFocus()
    press(qtbot, whole, Qt.Key.Key_End)
    assert timeline.is_live

    # The menu does it too.
    assert not action(whole, "actionLive").isEnabled()
    action(whole, "actionEarlier").trigger()
    assert timeline.epoch == timeline.epochs[-2]
    action(whole, "actionLater").trigger()
    assert timeline.is_live
    timeline.go_to(1)
    action(whole, "actionLive").trigger()
    assert timeline.is_live

    # A batch before the end of an epoch is not called by that epoch.
    session = whole.session
    for _ in range(3):
        session.settings.change("epochs", epochs=session.settings.experiment.training.epochs + 1)
        for _ in range(2):
            session.step_batch()
            wait_for(qtbot, whole, Status.PAUSED, Status.FINISHED)
        session.step_epoch()
        wait_for(qtbot, whole, Status.PAUSED, Status.FINISHED)
    edit = find(whole, NumberEdit, "timelineEpochEdit")
    names = [edit.text()]
    while session.timeline.epochs[0] != session.timeline.epoch:
        session.timeline.step(-1)
        name = edit.text()
        names.append(name)
        assert ("." in name) == (session.timeline.epoch % 1 > 0)
        assert f"of epoch {name} " in action(whole, "actionSaveNetwork").text()
        assert whole.dialogs._proposed_name(session.timeline.epoch).endswith(f"-epoch-{name}")
    assert len(set(names)) == len(names) == len(session.timeline.epochs)

    whole.session.timeline.go_live()

    # What is not recorded cannot branch.
    whole.show_workspace("train")
    timeline.go_live()
    assert "This run is not recorded" in why_no_branch(whole)
    assert "Recording is off: Ctrl+Alt+K switches it on." in why_no_branch(whole)
    session.records.set_on(True)
    assert "Recording is off" not in why_no_branch(whole)

    # One can branch as soon as a run has a past, also while it trains.
    train_for_a_while(qtbot, whole)
    assert session.state is Status.TRAINING
    qtbot.waitUntil(lambda: session.runs.current.storage.is_kept)
    qtbot.waitUntil(lambda: why_no_branch(whole) == "")
    assert session.state is Status.TRAINING


def test_the_focus_stays_in_the_card_when_its_buttons_leave(whole_window: MainWindow, qtbot: QtBot) -> None:
    session = whole_window.session
    session.records.set_on(True)
    train(qtbot, whole_window)
    bring_to_front(qtbot, whole_window)
    axis = slider_of(whole_window)
    for name in ("liveButton", "branchButton"):
        run = session.runs.current
        session.timeline.go_to(1)
        button = find(whole_window, QPushButton, name)
        qtbot.waitUntil(button.isEnabled)
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        if name == "branchButton":
            qtbot.waitUntil(lambda run=run: session.runs.current is not run, timeout=20_000)
            qtbot.waitUntil(lambda: not session.branching.work.is_running)
        assert not button.isVisible()
        assert axis.hasFocus(), name
    press(qtbot, whole_window, Qt.Key.Key_Home)
    assert session.timeline.epoch == 0


def test_an_epoch_can_be_typed_and_live_returns(trained: CardWindow, qtbot: QtBot) -> None:
    slider, timeline = slider_of(trained), trained.session.timeline
    bring_to_front(qtbot, trained)
    edit = find(trained, NumberEdit, "timelineEpochEdit")
    assert not edit.isVisible()
    QTest.mouseDClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(*map(round, at(slider, 4))))
    assert edit.isVisible()
    assert edit.hasFocus()
    assert edit.line.selectedText() == "4"
    qtbot.keyClicks(edit.line, "2,0")
    qtbot.keyClick(edit.line, Qt.Key.Key_Return)
    assert timeline.epoch == 2
    qtbot.waitUntil(lambda: not edit.isVisible())
    trained.curves.foot.type_epoch()
    qtbot.keyClick(edit, Qt.Key.Key_Up)
    assert timeline.epoch == timeline.epochs[timeline.epochs.index(2) + 1]
    qtbot.keyClick(edit, Qt.Key.Key_Escape)
    assert not edit.isVisible()

    # Live returns.
    trained.session.timeline.go_to(1)
    click(qtbot, trained, QPushButton, "liveButton")
    assert trained.session.timeline.is_live

    # What is no epoch is reported.
    session = trained.session
    trained.curves.foot.type_epoch()
    qtbot.keyClicks(edit.line, "three")
    qtbot.keyClick(edit.line, Qt.Key.Key_Return)
    assert "“three” is not an epoch. Type a number from 0 to 4" in session.messages.current.text
    assert session.timeline.is_live
    assert edit.property("wrong")
    assert edit.isVisible()
    qtbot.keyClick(edit, Qt.Key.Key_Escape)
    assert edit.text() == "4"
    assert not edit.property("wrong")

    # Play runs through it.
    trained.session.models[Player].set_seconds(1)
    click(qtbot, trained, QPushButton, "playButton")
    assert trained.session.models[Player].is_playing
    qtbot.waitUntil(lambda: not trained.session.models[Player].is_playing)
    assert trained.session.timeline.is_live


# ---- what the window shows


def test_every_epoch_can_be_read_whole(ready_window: CardWindow) -> None:
    """Also one with three decimals of a long training, as films show them."""
    session, run = ready_window.session, ready_window.session.runs.current
    run.batches, run.progress = 600, replace(run.progress, epochs=150)
    session.timeline.extended.emit()
    edit = find(ready_window, NumberEdit, "timelineEpochEdit")
    for words, is_past in itertools.product(("18.165", "148.888"), (False, True)):
        set_look(edit, "back", is_past)  # in bold
        edit.show_value(words)
        QTest.qWait(0)
        assert edit.line.fontMetrics().horizontalAdvance(words) <= edit.line.width() - 4
        assert not edit.toolTip().startswith(words), "it would say what is cut"


# ---- the playhead on the chart


def test_a_drag_snaps_to_the_ends_of_epochs_and_arrow_keys_reach_what_is_between(
    ready_window: CardWindow, qtbot: QtBot
) -> None:
    session = ready_window.session
    session.settings.change("epochs", epochs=3, batch_size=20)
    for step in (session.step_epoch, session.step_batch, session.step_epoch, session.step_epoch):
        step()
        wait_for(qtbot, ready_window, Status.PAUSED, Status.FINISHED)
    slider, timeline = slider_of(ready_window), session.timeline
    within = timeline.epochs[timeline.epochs.index(1) + 1]
    place, middle = at(slider, within)
    assert slider.place_of(1) < place < slider.place_of(1) + 3
    for x in (place, slider.place_of(1) - 3):
        timeline.go_to(2)
        drag(slider, [at(slider, 1.5), (x, middle)])
        qtbot.waitUntil(lambda: timeline.epoch == 1)
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert timeline.epoch == within


def test_the_playhead_on_the_chart_follows_and_a_drag_there_zooms(trained: CardWindow, qtbot: QtBot) -> None:
    plot, timeline, slider = trained.curves.plot, trained.session.timeline, slider_of(trained)
    assert plot.playhead.line.isVisible()
    assert plot.playhead.line.pen.color() == theme.colour("ink")
    timeline.go_to(2)
    assert plot.axes.epoch(plot.playhead.line.value()) == pytest.approx(2)
    assert plot.playhead.line.pen.color() == theme.colour("looking_back")
    line = plot.mapTo(trained, QPoint(0, 0)).x() + place_of(plot, 2)[0]
    assert slider.mapTo(trained, QPoint(0, 0)).x() + slider.place_of(2) == pytest.approx(line, abs=1)

    area = plot.plot_area()
    drag(plot.viewport(), [(area.center().x(), area.center().y()), (area.right() - 5, area.bottom() - 5)])
    assert plot.is_zoomed
    assert timeline.epoch == 2
    assert slider.numbers[0][0] != "0", "the axis shows what the chart shows"


def test_what_can_be_done_with_the_past_stands_beside_the_playhead(trained: CardWindow, qtbot: QtBot) -> None:
    timeline, foot, plot = trained.session.timeline, trained.curves.foot, trained.curves.plot
    for is_live in (True, False, True):
        timeline.go_to(4 if is_live else 1)
        for part, is_shown in (
            (foot.beside, not is_live),
            (foot.compare, not is_live),
            (foot.branch, not is_live),
            (foot.live, not is_live),
            (foot.play, is_live),
        ):
            assert part.isVisible() is is_shown, (is_live, part.objectName())
    for epoch in (0, 1, 3):
        timeline.go_to(epoch)
        here = plot.mapTo(trained, QPoint(0, 0)).x() + place_of(plot, epoch)[0]
        left = foot.beside.mapTo(trained, QPoint(0, 0)).x()
        assert left > here or left + foot.beside.width() < here, epoch
    trained.curves.set_strip(True)
    assert not foot.beside.isVisible()
    assert foot.axis.isVisible()


def test_what_is_selected_to_type_over_stays_while_it_learns(ready_window: CardWindow, qtbot: QtBot) -> None:
    train_for_a_while(qtbot, ready_window)
    edit, session = find(ready_window, NumberEdit, "timelineEpochEdit"), ready_window.session
    qtbot.waitUntil(lambda: session.timeline.has_past)
    bring_to_front(qtbot, ready_window)
    ready_window.curves.foot.type_epoch()
    qtbot.waitUntil(edit.hasFocus)
    before = session.runs.current.epochs
    qtbot.waitUntil(lambda: session.runs.current.epochs > before + 5)
    qtbot.keyClicks(edit.line, "1")
    qtbot.keyClick(edit.line, Qt.Key.Key_Return)
    assert session.timeline.epoch == session.timeline.nearest(1) < 2
    assert not edit.hasFocus()


def type_epoch(window: AnyWindow, qtbot: QtBot, words: str) -> None:
    edit = find(window, NumberEdit, "timelineEpochEdit")
    window.curves.foot.type_epoch()
    qtbot.keyClicks(edit.line, words)
    qtbot.keyClick(edit.line, Qt.Key.Key_Return)


def test_where_a_typed_epoch_is_not_kept_a_message_says_what_is_shown(trained: CardWindow, qtbot: QtBot) -> None:
    session = trained.session
    snapshots = session.runs.current.snapshots
    snapshots.fill([each for each in snapshots if each.epochs in (0, 1)])
    snapshots.forget_after(1)
    type_epoch(trained, qtbot, "2")
    assert session.timeline.epoch == 1
    assert session.messages.current.text == "No snapshot for epoch 2. Showing the nearest one, epoch 1."
    session.timeline.go_live()
    assert session.messages.current is None
    for words in ("1", "1.04", "99"):
        type_epoch(trained, qtbot, words)
        assert session.messages.current is None, words


def test_what_is_shown_instead_is_reported_until_another_moment_is_shown(
    ready_window: CardWindow, qtbot: QtBot
) -> None:
    """Also after the errors of a moment within an epoch were measured."""
    trained, session = ready_window, ready_window.session
    session.step_batch()  # the end of a step is kept
    wait_for(qtbot, trained, Status.PAUSED)
    train(qtbot, trained)
    snapshots = session.runs.current.snapshots
    within = next(each for each in snapshots if 0 < each.epochs < 1)
    snapshots.fill([next(iter(snapshots)), within])
    snapshots.forget_after(within.epochs)
    type_epoch(trained, qtbot, "2")
    assert session.timeline.epoch == within.epochs
    reported = session.messages.current
    assert reported.text.startswith("No snapshot for epoch 2. Showing the nearest one, epoch 0.")
    qtbot.waitUntil(lambda: session.timeline.figures[0] == within.epochs)
    assert session.messages.current is reported
    session.timeline.go_live()
    assert session.messages.current is None
