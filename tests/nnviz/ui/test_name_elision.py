"""Names of runs are cut where they tell least."""

from __future__ import annotations

import pytest
from PyQt5.QtGui import QFontMetrics
from pytestqt.qtbot import QtBot

from nnviz.formatting.run_name import RunName
from nnviz.ui import theme
from nnviz.ui.name_elision import fitted

SIZES, RULE = "784-512-256-10", "Adam 0.001"


@pytest.fixture
def metrics(qtbot: QtBot) -> QFontMetrics:
    return QFontMetrics(theme.font(theme.SMALL))


def test_what_finds_room_is_whole(metrics: QFontMetrics) -> None:
    name = f"{SIZES} · {RULE}"
    assert fitted(name, metrics.horizontalAdvance(name)) == name


def test_of_sizes_and_settings_the_sizes_are_cut(metrics: QFontMetrics) -> None:
    name = f"{SIZES} · {RULE}"
    shown = fitted(name, metrics.horizontalAdvance(name) - 20)
    assert shown.startswith("784")
    assert "…" in shown
    assert shown.endswith(f"10 · {RULE}")


def test_names_of_the_same_text_have_their_own_shorter_forms(metrics: QFontMetrics) -> None:
    name = f"{SIZES} · {RULE}"
    width = metrics.horizontalAdvance(name) - 20
    assert fitted(RunName(name, SIZES), width) == SIZES
    assert fitted(RunName(name, RULE), width) == RULE
    assert fitted(name, width) not in (SIZES, RULE)


def test_where_there_is_no_room_for_sizes_the_settings_stay(metrics: QFontMetrics) -> None:
    name = f"{SIZES} · {RULE}"
    assert fitted(name, metrics.horizontalAdvance(f"…{RULE}")) == f"…{RULE}"


def test_of_two_long_parts_both_are_cut(metrics: QFontMetrics) -> None:
    shown = fitted("from epoch 12 · batch size 20, learning rate 0.0005", 150)
    before, _, last = shown.partition(" · ")
    assert before.endswith("2")
    assert last.startswith("batch")
    assert last.endswith("0005")


def test_two_names_that_differ_at_their_ends_stay_different(metrics: QFontMetrics) -> None:
    one, other = "the same long name for each of them, first", "the same long name for each of them, second"
    assert fitted(one, 120) != fitted(other, 120)
    assert fitted(one, 120).endswith("first")


@pytest.mark.parametrize("name", [f"{SIZES} · {RULE}", "a · b", "one long name without any parts in it", "· · ·"])
@pytest.mark.parametrize("bold", [False, True])
def test_it_never_takes_more_room(qtbot: QtBot, name: str, bold: bool) -> None:
    metrics = QFontMetrics(theme.font(theme.SMALL, bold))
    for width in (0, 10, 40, 80, 120):
        shown = fitted(name, width, bold)
        assert metrics.horizontalAdvance(shown) <= max(width, metrics.horizontalAdvance("…"))
