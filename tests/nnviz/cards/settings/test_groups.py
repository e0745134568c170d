"""The groups of settings: closed at first, opened by mouse and keys; every field acts, refuses and can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PyQt5.QtCore import QCoreApplication, QPoint, QPointF, Qt
from PyQt5.QtGui import QColor, QImage, QWheelEvent
from PyQt5.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QLineEdit, QScrollArea, QToolButton
from pytestqt.qtbot import QtBot

from engine.experiment import DECLARED, Experiment
from engine.training.setting import Number
from nnviz.cards.settings.default_button import DefaultButton
from nnviz.cards.settings.small_plot import SmallPlot
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.group import CollapsibleGroup, CollapsibleGroupHead
from nnviz.ui.parts import object_name
from nnviz.ui.setting_fields import GROUPS
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.helpers import (
    SETTING_GROUPS,
    find,
    pick,
    press,
    retype,
    unfold,
)


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("trainingCard")


def test_a_group_is_closed_and_empty_until_it_is_opened(ready_window: CardWindow, qtbot: QtBot) -> None:
    for name in SETTING_GROUPS:
        group = find(ready_window, CollapsibleGroup, name)
        assert not group.is_open
        assert group.height() < 2.5 * group.fontMetrics().lineSpacing(), "one slim row"
        assert not group.findChildren((QLineEdit, QComboBox, QCheckBox))
        qtbot.mouseClick(group.head, Qt.MouseButton.LeftButton)
        assert group.is_open
        fields = [field for field in group.findChildren((QLineEdit, QComboBox)) if field.isVisible()]
        assert fields or group.head.summary == "none"
        qtbot.mouseClick(group.head, Qt.MouseButton.LeftButton)
        assert not group.is_open
        qtbot.waitUntil(lambda group=group: group.height() < 2.5 * group.fontMetrics().lineSpacing())


def test_everything_in_them_has_a_name_and_a_tip(ready_window: CardWindow, qtbot: QtBot) -> None:
    pick(qtbot, ready_window, "optimizerCombo", "Adam")
    for name in SETTING_GROUPS:
        unfold(qtbot, ready_window, name)
    pick(qtbot, ready_window, "scheduleCombo", "Step")
    fields = ready_window.card("trainingCard").findChildren((QLineEdit, QComboBox, QCheckBox, QToolButton))
    assert len(fields) > 30
    for field in fields:
        if isinstance(field, DefaultButton) and not field.isVisibleTo(ready_window):
            continue  # nothing was typed there
        assert field.isVisibleTo(ready_window), field.objectName()
        assert field.objectName().endswith(("Edit", "Combo", "Check", "Button"))
        assert field.accessibleName(), field.objectName()
        assert field.toolTip().endswith((".", ")")), field.objectName()
        assert len(field.toolTip()) > 30, field.objectName()
    names = [field.objectName() for field in fields]
    assert len(names) == len(set(names))


def test_by_keys_and_in_a_small_window(whole_window: MainWindow, qtbot: QtBot) -> None:
    # One at the bottom scrolls into view and no further.
    whole_window.resize(1280, 720)
    QCoreApplication.processEvents()
    scroll = find(whole_window, QScrollArea, "settingsScroll")
    width = whole_window.training.width()
    group = unfold(qtbot, whole_window, "regularisationGroup")
    QCoreApplication.processEvents()
    last = find(group, QLineEdit, "patienceEdit")
    assert last.visibleRegion().boundingRect() == last.rect()
    assert not group.head.visibleRegion().isEmpty()
    assert scroll.verticalScrollBar().value() > 0
    assert whole_window.training.width() == width, "nothing moves sideways"

    # Tab goes through what is unfolded.
    qtbot.mouseClick(group.head, Qt.MouseButton.LeftButton)
    window = whole_window
    pick(qtbot, window, "presetCombo", "First steps")  # nothing is typed
    window.session.settings.change("optimizer", optimizer="momentum")
    for name in ("initialisationGroup", "scheduleGroup", "optimizerGroup"):
        unfold(qtbot, window, name)
    find(window, QLineEdit, "epochsEdit").setFocus()
    passed = []
    for _ in range(13):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        passed.append(QApplication.focusWidget().objectName())
    assert passed == [
        *("optimizerGroupButton", "momentumEdit", "scheduleGroupButton", "scheduleCombo", "warmupEdit"),
        *("findRateButton", "regularisationGroupButton", "augmentationGroupButton", "initialisationGroupButton"),
        *("initializerCombo", "weightScaleEdit", "outputCombo", "lossCombo"),
    ]

    # They are opened and closed by keys.
    for name in SETTING_GROUPS:
        group = find(whole_window, CollapsibleGroup, name)
        if group.is_open:
            qtbot.mouseClick(group.head, Qt.MouseButton.LeftButton)
        assert group.head.accessibleName()
        group.head.setFocus()
        press(qtbot, whole_window, Qt.Key.Key_Return)
        assert group.is_open
        press(qtbot, whole_window, Qt.Key.Key_Left)
        assert not group.is_open
        press(qtbot, whole_window, Qt.Key.Key_Right)
        assert group.is_open
    assert whole_window.session.state is Status.READY


def test_they_follow_the_theme(make_cards: MakeCards, qtbot: QtBot) -> None:
    window = make_cards("trainingCard")
    for name in SETTING_GROUPS:
        unfold(qtbot, window, name)
    plot = find(window, SmallPlot, "schedulePlot")
    for look in (theme.LIGHT, theme.DARK):
        theme.apply(QApplication.instance(), look.name)
        QCoreApplication.processEvents()
        window.grab()
        assert plot.backgroundBrush().color().name() == look.card
        image = plot.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        pixels = np.frombuffer(image.bits().asstring(image.byteCount()), np.uint32)
        assert QColor(look.muted).rgb() in pixels, "the line"


def test_whoever_scrolls_past_chooses_nothing(ready_window: CardWindow, qtbot: QtBot) -> None:
    combo = find(ready_window, QComboBox, "optimizerCombo")
    place = QPointF(combo.rect().center())
    combo.clearFocus()
    for _ in range(2):
        turn = QWheelEvent(
            place, QPointF(combo.mapToGlobal(combo.rect().center())), QPoint(), QPoint(0, -120),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QCoreApplication.sendEvent(combo, turn)
        if not combo.hasFocus():
            assert ready_window.session.settings.experiment.training.optimizer == "sgd"
            combo.setFocus()
    assert ready_window.session.settings.experiment.training.optimizer == "momentum"


# ---- every field


# Other texts than those that follow from the rule: a decimal comma, a list, no number.
TYPED: dict[str, tuple[str, Any, str]] = {
    "warmup": ("1,5", 1.5, "-1"),
    "dropout": ("0.1, 0.5, 0.4", (0.1, 0.5, 0.4), "0.1, 0.5"),
    "clip_norm": ("1", 1.0, "x"),
}


def number_fields(group: str) -> Iterator[tuple[str, str, str, Any, str]]:
    """Yields object name, a good text, setting, its value and a bad text of each number in a group."""
    for row in GROUPS[group]:
        rule = DECLARED[row.name].rule
        if isinstance(rule, Number) and row.name != "patience":  # it needs a validation set
            number = float(f"{0.7 * (Experiment().value(row.name) or float(rule.example)):g}")
            good, value, bad = TYPED.get(row.name, (f"{number:g}", number, "-1"))
            yield object_name("", row.name, "Edit"), good, row.name, value, bad


def test_a_field_changes_its_setting_refuses_and_undoes(ready_window: CardWindow, qtbot: QtBot) -> None:
    ready_window.session.settings.change("rule", optimizer="adam", schedule="step")
    for name in SETTING_GROUPS:
        head = unfold(qtbot, ready_window, name).head
        for field in number_fields(head.text()):
            exercise(qtbot, ready_window, head, *field)
        qtbot.mouseClick(head, Qt.MouseButton.LeftButton)


def exercise(
    qtbot: QtBot,
    window: CardWindow,
    head: CollapsibleGroupHead,
    name: str,
    good: str,
    setting: str,
    value: Any,
    bad: str,
) -> None:
    """Types something good, something bad, mends it, and takes it back."""
    session = window.session
    before = session.settings.experiment
    field = retype(qtbot, window, name, good)
    assert session.settings.value(setting) == value, name
    assert not session.settings.problems, name
    assert head.summary not in ("off", "none"), name

    retype(qtbot, window, name, bad)
    error = find(window, QLabel, name.replace("Edit", "Error"))
    assert error.isVisibleTo(window), name
    assert "must" in error.text(), name
    assert field.text() == bad, "nothing is lost"
    assert session.settings.value(setting) == value, name
    assert head.summary == "needs correction", name
    assert not session.training.can_start, name

    retype(qtbot, window, name, good)
    assert not session.settings.problems, name
    assert not error.isVisibleTo(window), name
    session.undo.undo()
    assert session.settings.experiment == before, name
    session.undo.redo()
    assert session.settings.value(setting) == value, name
    session.undo.undo()


def test_undo_names_l1_as_its_field_does(ready_window: CardWindow, qtbot: QtBot) -> None:
    unfold(qtbot, ready_window, "regularisationGroup")
    retype(qtbot, ready_window, "l1Edit", "0.001")
    step = ready_window.session.undo.last()
    assert step is not None
    assert step.text == "change of L1"


def test_arrow_keys_step(ready_window: CardWindow, qtbot: QtBot) -> None:
    unfold(qtbot, ready_window, "regularisationGroup")
    settings = lambda: ready_window.session.settings.experiment.training  # noqa: E731
    for name, key, reported in (
        ("dropoutEdit", Qt.Key.Key_Up, lambda: settings().dropout == 0.05),
        ("dropoutEdit", Qt.Key.Key_Down, lambda: settings().dropout == 0),
        ("weightDecayEdit", Qt.Key.Key_Up, lambda: settings().weight_decay == 1e-6),
        ("weightDecayEdit", Qt.Key.Key_Down, lambda: settings().weight_decay == 0),
        ("validationShareEdit", Qt.Key.Key_Up, lambda: settings().validation_share == 0.05),
        ("patienceEdit", Qt.Key.Key_Up, lambda: settings().patience == 1),
    ):
        field = find(ready_window, QLineEdit, name)
        field.setFocus()
        qtbot.keyClick(field, key)
        assert reported(), name
