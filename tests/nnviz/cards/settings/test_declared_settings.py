"""What a declared setting has in the window: a row with help, a word in a summary, the data that it exists for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PyQt5.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.experiment import DECLARED, Experiment
from engine.training.optimizers import OPTIMIZERS
from engine.training.schedules import SCHEDULES
from engine.training.setting import CLASSES, WITHOUT_ROW, Choice, Number
from engine.training.settings import TRAINING_SETTINGS
from nnviz.ui.group import CollapsibleGroup
from nnviz.ui.parts import object_name
from nnviz.window.help_texts import texts_of
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.helpers import SETTING_GROUPS, find, is_shown, pick, unfold

CONSTANTS = {name for kinds in (OPTIMIZERS, SCHEDULES) for kind in kinds for name in kinds[kind].uses}


@pytest.fixture
def open_groups(make_cards: MakeCards, qtbot: QtBot) -> CardWindow:
    window = make_cards("dataCard", "trainingCard")
    for name in SETTING_GROUPS:
        unfold(qtbot, window, name)
    return window


def field_of(window: CardWindow, name: str) -> QWidget | None:
    suffix = "Combo" if isinstance(DECLARED[name].rule, Choice) else "Edit"
    found: QWidget | None = window.card("trainingCard").findChild(QWidget, object_name("", name, suffix))
    return found


def summary(window: CardWindow, title: str) -> str:
    return next(each.head.summary for each in window.findChildren(CollapsibleGroup) if each.head.text() == title)


def test_each_has_a_row_with_a_tip_and_a_text_for_f1(open_groups: CardWindow) -> None:
    for name, setting in DECLARED.items():
        assert setting.help, f"{name} has no help for its option"
        if setting.group is WITHOUT_ROW:
            continue
        field = field_of(open_groups, name)
        assert field is not None, f"{name} has no row in the group {setting.group.title}"
        assert setting.title, f"{name} has no title"
        caption = f"{setting.title}, {setting.unit}" if setting.unit else setting.title
        assert len(caption) <= 17, f"{caption}, the title of {name}, is longer than 17 letters"
        assert setting.tip.endswith("."), f"the tip of {name} is no sentence"
        assert len(setting.tip) <= 160, f"the tip of {name} is too long"
        assert texts_of(field.objectName()), f"assets/help.md has no text for {field.objectName()}"


def test_the_summary_of_a_closed_group_names_what_is_on(open_groups: CardWindow) -> None:
    settings = open_groups.session.settings
    for name, setting in DECLARED.items():
        if setting.group.title and isinstance(setting.rule, Number) and name not in {*CONSTANTS, "elastic_sigma"}:
            assert setting.off is not None, f"{name} has no value that switches it off"
            others = {"validation_share": 0.1} if name == "patience" else {}
            value = 2 * float(setting.rule.example)
            settings.change(name, **others, **{name: setting.rule.check(name, min(value, setting.rule.most))})
            words = f"{setting.word or setting.title.lower()} {settings.value(name):g}"
            assert words.casefold() in summary(open_groups, setting.group.title).casefold()
            settings.show_experiment(Experiment())


def test_the_summary_of_an_optimizer_has_all_its_constants(open_groups: CardWindow) -> None:
    for optimizer in OPTIMIZERS:
        chosen = Experiment().changed(optimizer=optimizer)
        open_groups.session.settings.show_experiment(chosen)
        constants = ", ".join(f"{chosen.value(name):g}" for name in OPTIMIZERS[optimizer].uses)
        assert summary(open_groups, "Optimizer constants") == (constants or "none")


def test_what_does_not_exist_for_the_data_has_no_row(
    open_groups: CardWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, settings = open_groups, open_groups.session.settings
    for table in (TRAINING_SETTINGS, DECLARED):
        monkeypatch.setitem(table, "dropout", replace(DECLARED["dropout"], exists_for=CLASSES))
    settings.change("dropout", dropout=0.2)
    settings.set_problem("dropout", "it must be a number")
    seen = {}
    for title in ("Sine", "MNIST handwritten digits"):
        pick(qtbot, window, "datasetCombo", title)
        qtbot.waitUntil(lambda: is_shown(window.session.data))
        fields = [field_of(window, name) for name in ("dropout", "max_norm", "shift")]
        seen[title] = [field is not None and field.isVisibleTo(window) for field in fields]
        assert find(window, CollapsibleGroup, "augmentationGroup").isVisibleTo(window) == (title != "Sine")
        assert settings.experiment.training.dropout == 0
        assert not settings.problems
    assert [*seen.values()] == [[False, True, False], [True, True, True]]
