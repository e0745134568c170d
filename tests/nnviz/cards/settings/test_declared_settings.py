"""What a declared setting has in the window: a row with help, a word in a summary, the data that it exists for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PyQt5.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.experiment import DECLARED, Experiment
from engine.training.optimizers import OPTIMIZERS
from engine.training.schedules import SCHEDULES
from engine.training.setting import AUGMENTATION, BATCHES, CLASSES, WITHOUT_ROW, Choice, Number
from engine.training.settings import TRAINING_SETTINGS
from nnviz.cards.settings.more_button import MoreButton
from nnviz.ui.parts import object_name
from nnviz.window.help_texts import texts_of
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.helpers import find, is_shown, open_more, pick

CONSTANTS = {name for kinds in (OPTIMIZERS, SCHEDULES) for kind in kinds for name in kinds[kind].uses}


@pytest.fixture
def open_page(make_cards: MakeCards, qtbot: QtBot) -> CardWindow:
    window = make_cards("dataCard", "trainingCard")
    open_more(qtbot, window)
    return window


def field_of(window: CardWindow, name: str) -> QWidget | None:
    suffix = "Combo" if isinstance(DECLARED[name].rule, Choice) else "Edit"
    found: QWidget | None = window.card("settingsCard").findChild(QWidget, object_name("", name, suffix))
    return found


def phrases(window: CardWindow) -> list[str]:
    return [words for words, _ in find(window, MoreButton, "moreButton").phrases]


def test_each_has_a_row_with_a_tip_and_a_text_for_f1(open_page: CardWindow) -> None:
    for name, setting in DECLARED.items():
        assert setting.help, f"{name} has no help for its option"
        if setting.group is WITHOUT_ROW:
            continue
        field = field_of(open_page, name)
        assert field is not None, f"{name} has no row in the group {setting.group.title}"
        assert setting.title, f"{name} has no title"
        caption = f"{setting.title}, {setting.unit}" if setting.unit else setting.title
        assert len(caption) <= 17, f"{caption}, the title of {name}, is longer than 17 letters"
        assert setting.tip.endswith("."), f"the tip of {name} is no sentence"
        assert len(setting.tip) <= 160, f"the tip of {name} is too long"
        assert texts_of(field.objectName()), f"assets/help.md has no text for {field.objectName()}"


def test_the_button_of_the_page_names_what_is_on(open_page: CardWindow) -> None:
    settings = open_page.session.settings
    for name, setting in DECLARED.items():
        is_number = setting.group.title and isinstance(setting.rule, Number)
        if is_number and setting.group not in (AUGMENTATION, BATCHES) and name not in CONSTANTS:
            assert setting.off is not None, f"{name} has no value that switches it off"
            others = {"validation_share": 0.1} if name == "patience" else {}
            value = 2 * float(setting.rule.example)
            settings.change(name, **others, **{name: setting.rule.check(name, min(value, setting.rule.most))})
            words = f"{setting.word or setting.title} {settings.value(name):g}"
            assert words.casefold() in [each.casefold() for each in phrases(open_page)]
            settings.show_experiment(Experiment())
    settings.switch_augmentation(True)
    assert "mild augmentation" in phrases(open_page)


def test_what_does_not_exist_for_the_data_has_no_row(
    open_page: CardWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, settings = open_page, open_page.session.settings
    for table in (TRAINING_SETTINGS, DECLARED):
        monkeypatch.setitem(table, "dropout", replace(DECLARED["dropout"], exists_for=CLASSES))
    settings.change("dropout", dropout=0.2)
    settings.set_problem("dropout", "it must be a number")
    seen = {}
    for title in ("Sine", "MNIST handwritten digits"):
        pick(qtbot, window, "datasetCombo", title)
        qtbot.waitUntil(lambda: is_shown(window.session.data))
        fields = [field_of(window, name) for name in ("dropout", "max_norm", "shift")]
        seen[title] = [field is not None and field.isVisibleTo(find(window, QWidget, "moreScroll")) for field in fields]
        open_more(qtbot, window)
        assert find(window, QWidget, "augmentationGroup").isVisible() == (title != "Sine")
        assert settings.experiment.training.dropout == 0
        assert not settings.problems
    assert [*seen.values()] == [[False, True, False], [True, True, True]]
