"""The page of further settings: opened by mouse and keys; every field acts, refuses and can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PyQt5.QtCore import QCoreApplication, QPoint, QPointF, Qt
from PyQt5.QtGui import QColor, QImage, QWheelEvent
from PyQt5.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
)
from pytestqt.qtbot import QtBot

from engine.experiment import DECLARED, Experiment
from engine.training.setting import Number
from nnviz.cards.settings.default_button import DefaultButton
from nnviz.cards.settings.more_button import MoreButton
from nnviz.cards.settings.settings_card import SettingsCard
from nnviz.cards.settings.small_plot import SmallPlot
from nnviz.cards.settings.summaries import HIDDEN
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.note import Note
from nnviz.ui.parts import object_name
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.helpers import click, close_more, find, find_field, open_more, pick, press, retype

OF_OTHER_DATA = ("dataTestShareEdit", "dataSeedEdit")


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("trainingCard")


def test_everything_in_it_has_a_name_and_a_tip(ready_window: CardWindow, qtbot: QtBot) -> None:
    pick(qtbot, ready_window, "optimizerCombo", "Adam")
    pick(qtbot, ready_window, "scheduleCombo", "Step")
    fields = open_more(qtbot, ready_window).findChildren((QLineEdit, QComboBox, QCheckBox, QToolButton))
    assert len(fields) > 20
    for field in fields:
        if isinstance(field, DefaultButton) or field.objectName() in OF_OTHER_DATA:
            continue
        assert field.isVisibleTo(ready_window), field.objectName()
        assert field.objectName().endswith(("Edit", "Combo", "Check", "Button"))
        assert field.accessibleName(), field.objectName()
        assert field.toolTip().endswith((".", ")")), field.objectName()
        assert len(field.toolTip()) > 30, field.objectName()
    names = [field.objectName() for field in fields]
    assert len(names) == len(set(names))


def test_it_opens_and_closes_by_mouse_and_keys_and_tab_goes_through_it(whole_window: MainWindow, qtbot: QtBot) -> None:
    window, card = whole_window, whole_window.settings
    pick(qtbot, window, "presetCombo", "First steps")  # nothing is typed
    window.session.settings.change("optimizer", optimizer="momentum")
    card.training.more.setFocus()
    press(qtbot, window, Qt.Key.Key_Return)
    assert card.shows_more
    assert window.session.state is Status.READY, "it does not train"
    assert card.more.back.hasFocus()
    passed = []
    for _ in range(9):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        passed.append(QApplication.focusWidget().objectName())
    assert passed == [
        *("batchSizeEdit", "seedEdit", "dataTrainExamplesEdit", "momentumEdit", "scheduleCombo"),
        *("warmupEdit", "findRateButton", "weightDecayEdit", "l1Edit"),
    ]
    press(qtbot, window, Qt.Key.Key_Escape)
    assert not card.shows_more
    assert card.training.more.hasFocus()

    # A field of it scrolls into view, and the button at the top leads back.
    window.resize(1280, 720)
    open_more(qtbot, window)
    last = find_field(window, "weightScaleEdit")
    card.reveal(last)
    assert last.visibleRegion().boundingRect() == last.rect()
    click(qtbot, window, QPushButton, "moreBackButton")
    assert not card.shows_more


def test_the_button_names_what_is_set_and_what_was_changed(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, more = ready_window, find(ready_window, MoreButton, "moreButton")
    pick(qtbot, window, "presetCombo", "First steps")
    assert more.phrases == [("batch 50", False), ("constant rate", False), ("He", False)]
    retype(qtbot, window, "dropoutEdit", "0.3")
    pick(qtbot, window, "scheduleCombo", "Cosine")
    retype(qtbot, window, "seedEdit", "4")
    assert more.phrases[:3] == [("seed 4", True), ("cosine rate", True), ("dropout 0.3", True)]
    assert ("batch 50", False) in more.phrases
    close_more(qtbot, window)

    # What was changed is painted in another weight.
    plain = more.grab().toImage()
    more.show_phrases([(words, False) for words, _ in more.phrases], False)
    assert more.grab().toImage() != plain


def test_a_wrong_value_behind_the_button_shows_and_is_found(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, card = ready_window, find(ready_window, SettingsCard, "settingsCard")
    window.resize(window.width(), 560)
    for field, wrong, good in (("patienceEdit", "x", "0"), ("dataTrainExamplesEdit", "x", "all")):
        retype(qtbot, window, field, wrong)
        assert find(window, Note, field.replace("Edit", "Error")).isVisible(), field
        close_more(qtbot, window)
        assert not find(window, Note, field.replace("Edit", "Error")).isVisible(), "it goes with its page"
        assert card.training.more.is_wrong
        assert not window.session.training.can_start
        open_more(qtbot, window)
        edit = find_field(window, field)
        assert edit.hasFocus()
        assert edit.visibleRegion().boundingRect() == edit.rect()
        retype(qtbot, window, field, good)
        assert not card.training.more.is_wrong
        close_more(qtbot, window)


def test_they_follow_the_theme(make_cards: MakeCards, qtbot: QtBot) -> None:
    window = make_cards("trainingCard")
    open_more(qtbot, window)
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


def number_fields() -> Iterator[tuple[str, str, str, Any, str]]:
    """Yields object name, a good text, setting, its value and a bad text of each number."""
    for name in HIDDEN:
        rule = DECLARED[name].rule
        if isinstance(rule, Number) and name not in ("batch_size", "seed", "patience"):  # it needs a validation set
            number = float(f"{0.7 * (Experiment().value(name) or float(rule.example)):g}")
            good, value, bad = TYPED.get(name, (f"{number:g}", number, "-1"))
            yield object_name("", name, "Edit"), good, name, value, bad


def test_a_field_changes_its_setting_refuses_and_undoes(ready_window: CardWindow, qtbot: QtBot) -> None:
    """Types something good, something bad, mends it, and takes it back."""
    window, session = ready_window, ready_window.session
    session.settings.change("rule", optimizer="adam", schedule="step")
    open_more(qtbot, window)
    for name, good, setting, value, bad in number_fields():
        before = session.settings.experiment
        field = retype(qtbot, window, name, good)
        assert session.settings.value(setting) == value, name
        assert not session.settings.problems, name

        retype(qtbot, window, name, bad)
        error = find(window, QLabel, name.replace("Edit", "Error"))
        assert error.isVisibleTo(window), name
        assert "must" in error.text(), name
        assert field.text() == bad, "nothing is lost"
        assert session.settings.value(setting) == value, name
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
    open_more(qtbot, ready_window)
    retype(qtbot, ready_window, "l1Edit", "0.001")
    step = ready_window.session.undo.last()
    assert step is not None
    assert step.text == "change of L1"


def test_arrow_keys_step(ready_window: CardWindow, qtbot: QtBot) -> None:
    open_more(qtbot, ready_window)
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
