"""The size of all texts: chosen by key, remembered, and nothing is cut where the window is small."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, QRect, QSize, Qt
from PyQt5.QtGui import QFontMetrics, QKeySequence
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from nnviz.cards.comparison.agreement_table import AgreementTable
from nnviz.cards.comparison.differences_table import DifferenceCell, DifferenceRow, DifferenceTable
from nnviz.cards.curves.curve_plot import CurvePlot
from nnviz.cards.explanation.bar_rows import BarRows
from nnviz.cards.explanation.card import ExplanationPage
from nnviz.cards.importing.table_view import PreviewTable
from nnviz.cards.map.legend import ClassLegend
from nnviz.cards.settings.default_button import DefaultButton
from nnviz.cards.stage.weights.tiles import NeuronTiles
from nnviz.cards.sweep.best_table import BestTrialRow, BestTrialTable
from nnviz.cards.sweep.setting_row import SettingInfo, SettingRow
from nnviz.session.selection import Example, Neuron
from nnviz.ui import theme
from nnviz.ui.card import Panel
from nnviz.ui.column import CardScroll, ScrollColumn
from nnviz.ui.combos import NameCombo
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.histogram_grid import HistogramCell, HistogramGrid, HistogramRow
from nnviz.ui.picture_list import PictureList
from nnviz.ui.row_list import RowList
from nnviz.ui.row_table import ListColumn
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow
from tests.nnviz.cards.card_window import AnyWindow, MakeCards
from tests.nnviz.helpers import action, find, is_shown, press, show_page, store_settings, stored_settings
from tests.nnviz.window.test_headline_hint import HINT, show

SMALL = QSize(1280, 690)  # what a frame leaves of 1280 × 720


@pytest.fixture(autouse=True)
def usual_text_afterwards(qapp: QApplication) -> Iterator[None]:
    yield
    qapp.processEvents()  # a closed window goes first: its texts need not be laid out
    theme.apply(qapp, theme.current().name, 100)


def sizes(window: MainWindow) -> dict[str, tuple[int, int]]:
    """Those of the visible cards, when they have come to rest."""
    come_to_rest()
    return {dock.objectName(): (dock.width(), dock.height()) for dock in window.panels if dock.isVisible()}


def come_to_rest() -> None:
    """Until the cards have followed."""
    for _ in range(6):
        QTest.qWait(5)


def test_keys_change_the_size_of_all_texts_and_back(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    """The cards have their sizes again, and the choice is stored."""
    store_settings(text_size=200)
    window = make_window()
    qtbot.waitUntil(lambda: is_shown(window.session.data), timeout=30_000)
    window.resize(SMALL)
    qtbot.waitUntil(lambda: window.size() == SMALL)
    title = find(window, QLabel, "runStatus")
    large = title.fontMetrics().height()
    (mark, *_) = window.findChildren(DefaultButton)
    assert (mark.minimumWidth(), mark.minimumHeight(), mark.iconSize().width()) == (40, 40, 24)
    assert find(window, CurvePlot, "errorPlot").getAxis("left").style["tickFont"].pixelSize() == 24
    assert find(window, QLineEdit, "learningRateEdit").fontInfo().pixelSize() == 26
    assert not action(window, "actionLargerText").isEnabled()
    show(window, HINT)
    headline = window.curves.headline
    high = headline.height()
    assert headline.conclusion.text().count("It has learned nothing yet") == 1
    press(qtbot, window, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    assert theme.text_size() == 100
    assert (mark.minimumWidth(), mark.iconSize().width()) == (20, 12)
    qtbot.waitUntil(lambda: headline.height() < high)
    show(window, None)
    small = title.fontMetrics().height()
    assert large == pytest.approx(2 * small, abs=1.5)
    assert not action(window, "actionSmallerText").isEnabled()
    before = sizes(window)
    assert QKeySequence("Ctrl++") in action(window, "actionLargerText").shortcuts()
    press(qtbot, window, Qt.Key.Key_Equal, Qt.KeyboardModifier.ControlModifier)  # where Plus needs Shift
    assert theme.text_size() == 110
    assert sizes(window) != before
    qtbot.waitUntil(lambda: stored_settings().get("text_size") == 110)
    press(qtbot, window, Qt.Key.Key_Minus, Qt.KeyboardModifier.ControlModifier)
    assert theme.text_size() == 100
    assert title.fontMetrics().height() == small
    assert sizes(window) == before

    # Of all data a wide table needs most. Nothing is cut, also at the smallest size.
    load(qtbot, window, wide_table(tmp_path))
    window.session.selection.choose_neuron(Neuron(1, 1))
    ((width, _),) = look_through(window, "table, 100 %", ("train", "runs"))
    assert width <= 640


@pytest.mark.parametrize(("wanted", "size"), [(20, 100), (130, 130), (1e9, 200), (float("nan"), 100)])
def test_a_size_beyond_the_ends_is_the_nearest(ready_window: MainWindow, wanted: float, size: int) -> None:
    ready_window.set_text_size(wanted)  # type: ignore[arg-type]
    assert theme.text_size() == size


def test_parts_that_were_not_shown_yet_get_the_size_too(make_window: MakeWindow) -> None:
    window = make_window()
    window.set_text_size(150)
    left = [part for part in window.findChildren(QWidget) if part.font().pixelSize() == theme.TEXT]
    assert not left


def test_a_setting_of_a_sweep_keeps_its_whole_name(qapp: QApplication, qtbot: QtBot) -> None:
    row = SettingRow(SettingInfo("learning_rate", "Learning rate", "How far a step goes.", lambda text, step: text))
    qtbot.addWidget(row)
    row.resize(400, 40)
    row.show()
    (name,) = (each for each in row.findChildren(ElidedLabel) if each.text() == "Learning rate")
    theme.apply(qapp, "dark", 150)
    row.resize(600, 60)
    assert name.shown == "Learning rate"
    assert name.width() == 144


def test_rows_of_histograms_get_higher(qapp: QApplication, qtbot: QtBot) -> None:
    grid = HistogramGrid(("weights",))
    qtbot.addWidget(grid)
    cell = HistogramCell(np.ones(4), np.ones(4), -1.0, 1.0, "4 weights")
    grid.show_rows([HistogramRow(f"layer {number}", "", False, [cell]) for number in range(3)])
    small = grid.minimumHeight()
    theme.apply(qapp, "dark", 150)
    assert grid.minimumHeight() == 1.5 * small


def test_tiles_leave_room_for_larger_names(qapp: QApplication, qtbot: QtBot) -> None:
    tiles = NeuronTiles()
    qtbot.addWidget(tiles)
    tiles.resize(500, 220)
    tiles.show_layers({1: np.ones((5, 4)), 2: np.ones((2, 4))}, {1: 1.0, 2: 1.0}, {1: "layer 1", 2: "output"})
    theme.apply(qapp, "dark", 200)
    assert tiles.tile_rect(1, 0).left() >= 112


def test_columns_and_keys_get_wider(qapp: QApplication, qtbot: QtBot) -> None:
    """Without other content and without a resize."""
    rows, best, differ, keys = RowList(), BestTrialTable(), DifferenceTable(), ClassLegend()
    name = NameCombo("outputCombo", "Output", "Selects the output to explain.")
    pictures, grid = PictureList(), AgreementTable()
    for widget in (rows, best, differ, keys, name, pictures, grid):
        qtbot.addWidget(widget)
        widget.resize(600, 200)
        widget.show()
    rows.show_rows([ListColumn("loss", True, "0.000000"), ListColumn("class")], 1, lambda place: ("0.123456", "a"))
    best.show_rows(("learning rate",), [BestTrialRow(1, ("0.123456789",))], None)
    differ.show_rows([("one", "third")], [DifferenceRow("epochs", (DifferenceCell("3"),))])
    keys.show_classes(["Gentoo", "Adelie"], ["third", "test"], lambda number: True)
    name.set_names("predicted", ["Gentoo"])
    pictures.show_pictures(500, lambda place: np.zeros((28, 28)), str)
    measures: dict[str, Callable[[], int]] = {
        "row list": lambda: rows.columnWidth(0),
        "its font": lambda: rows.font().pixelSize(),
        "table of differences": lambda: differ.columnWidth(0),
        "keys": keys.width,
        "name of an output": lambda: name.sizeHint().width(),
        "pictures": lambda: pictures.verticalScrollBar().maximum(),
        "right and wrong": lambda: grid.minimumSizeHint().height(),
    }
    small = {what: measure() for what, measure in measures.items()}
    theme.apply(qapp, "dark", 150)
    large = {what: measure() for what, measure in measures.items()}
    assert [what for what in measures if large[what] <= small[what]] == []
    theme.apply(qapp, "dark", 200)
    best.resize(300, 200)
    words = QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance("0.123456789")
    assert best.columnWidth(1) > words
    theme.apply(qapp, "dark", 100)
    assert {what: measure() for what, measure in measures.items()} == small


def wait_for_preview(window: AnyWindow, qtbot: QtBot) -> None:
    importing = window.session.data_import
    qtbot.waitUntil(lambda: importing.found is not None and importing.found.outcome is not None, timeout=30_000)


def test_columns_of_an_import_get_wider(
    make_cards: MakeCards, qapp: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_cards("dataCard")
    window.session.data_import.open(wide_table(tmp_path))
    wait_for_preview(window, qtbot)
    table = find(window, PreviewTable, "importTable")
    small = table.columnWidth(0)
    theme.apply(qapp, "dark", 150)
    assert table.columnWidth(0) > small
    theme.apply(qapp, "dark", 100)
    assert table.columnWidth(0) == small


@pytest.mark.parametrize("size", [100, 150, 200])
def test_captions_of_pictures_are_whole_and_apart(qapp: QApplication, qtbot: QtBot, size: int) -> None:
    pictures = PictureList()
    qtbot.addWidget(pictures)
    pictures.resize(340, 200)
    pictures.show()
    theme.apply(qapp, "dark", size)
    for caption in ("100 %", "4, not 9"):
        pictures.show_pictures(50, lambda place: np.zeros((28, 28)), lambda place, words=caption: words)  # type: ignore[misc]
        words = QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance(caption)
        assert words <= pictures.tile(1).width(), caption
        assert pictures.shown_caption(1) == caption
        assert pictures.tile(0).right() < pictures.tile(1).left(), caption
    pictures.show_pictures(50, lambda place: np.zeros((28, 28)), lambda place: 20 * "4, not 9")
    assert pictures.tile(1).width() < 2 * theme.px(96)
    assert pictures.shown_caption(1).endswith("…")


def wide_table(folder: Path) -> str:
    """A file with thirty columns that have long names, and two classes."""
    names = [*(f"a measured quantity {number}" for number in range(30)), "kind"]
    rows = np.random.default_rng(1).normal(size=(120, 30))
    kinds = ("versicolor", "virginica")
    lines = [",".join([*(f"{value:.3f}" for value in row), kinds[number % 2]]) for number, row in enumerate(rows)]
    path = folder / "wide.csv"
    path.write_text("\n".join([",".join(names), *lines]))
    return str(path)


def load(qtbot: QtBot, window: MainWindow, name: str) -> None:
    window.session.data.load(name)
    qtbot.waitUntil(lambda: is_shown(window.session.data) and window.session.data.name == name, timeout=30_000)


def test_nothing_is_cut_in_a_small_window(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    """At the size that was stored, with small and large data."""
    store_settings(text_size=150)
    window = make_window()
    qtbot.waitUntil(lambda: is_shown(window.session.data), timeout=30_000)
    assert theme.text_size() == 150, "remembered"
    window.resize(SMALL)
    table = wide_table(tmp_path)
    window.open_path(table)
    expect_a_scrolling_import_sheet(window, qtbot)
    window.session.data_import.use()
    least: set[tuple[int, int]] = set()
    for data in (table, "mnist", "xor", "sine"):
        load(qtbot, window, data)
        window.session.selection.choose_neuron(Neuron(1, 1))
        least |= look_through(window, f"{data}, 150 %", window.workspaces if data == table else ("train", "inside"))
    assert len(least) == 1, "no data make the window larger"
    load(qtbot, window, table)
    expect_columns_in_why(window, qtbot)


def look_through(window: MainWindow, what: str, workspaces: Iterable[str]) -> set[tuple[int, int]]:
    """Goes through workspaces, of which each must be readable. Returns the least sizes of the window."""
    least = set()
    for workspace in workspaces:
        window.show_workspace(workspace)
        come_to_rest()
        expect_readable(window, f"{what}, {workspace}")
        least.add((window.minimumSizeHint().width(), window.minimumSizeHint().height()))
    if window.workspace == "runs":
        assert find(window, QLabel, "theirHint").isVisible()
    return least


def expect_columns_in_why(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    window.show_workspace("inside")
    session.question.set_data_example(Example("test", 0))
    card = show_page(window, "whyDock")
    assert isinstance(card, ExplanationPage)
    qtbot.waitUntil(lambda: isinstance(card.view.content, BarRows))
    content = card.view.content
    assert isinstance(content, BarRows)
    qtbot.waitUntil(lambda: content._shown(card.view.rect()) >= 3)
    qtbot.waitUntil(lambda: all(not probe.is_wanted or probe.is_up_to_date for probe in session.queries))
    for words in ("sums to 90.3 % from", "sums to −12 345.6 % from"):
        card.sum_label.setText(words)
        wide = card.sum_label.sizeHint().width()
        card._sum_box.set_width(wide / 1.5)
        qtbot.waitUntil(lambda wide=wide: card._sum_box.width() >= wide)  # type: ignore[misc]
        assert card.baseline_combo.shown in ("the average row", "average row", "average")


def expect_a_scrolling_import_sheet(window: MainWindow, qtbot: QtBot) -> None:
    """Where it has too little room."""
    wait_for_preview(window, qtbot)
    sheet = find(window, QWidget, "importSheet")
    come_to_rest()
    (scroll,) = sheet.findChildren(CardScroll)
    assert scroll.widget().height() >= scroll.widget().minimumSizeHint().height()
    for button in (
        find(window, QAbstractButton, "useImportButton"),
        find(window, QAbstractButton, "cancelImportButton"),
    ):
        assert window.rect().contains(QRect(button.mapTo(window, QPoint()), button.size()))
    for text in (*sheet.findChildren(QAbstractButton), *sheet.findChildren(QLabel)):
        assert not text.isVisible() or is_whole(text), text.text()


def expect_readable(window: MainWindow, what: str) -> None:
    """The window has its size, no card lies over another, and what a card has no room for can be scrolled to."""
    assert window.size() == SMALL, what
    cards = [each for each in window.panels if each.isVisible()]
    place = window._frame.place
    assert all(window._frame.rect().contains(place(card)) for card in cards), what
    for one, other in itertools.combinations(cards, 2):
        assert not place(one).intersects(place(other)), f"{what}: {one.objectName()}, {other.objectName()}"
    for card in cards:
        if isinstance(card, Panel):
            (scroll,) = card.findChildren(CardScroll)
            assert scroll.widget().height() >= scroll.widget().minimumSizeHint().height(), (
                f"{what}: {card.objectName()}"
            )
            assert card.head.title.isHidden() or is_whole(card.head.title), f"{what}: {card.head.title.text()}"
    texts = [*window.findChildren(QAbstractButton), *window.findChildren(QLabel)]
    columns = (ScrollColumn, CardScroll)
    for widget in texts:
        inside = any(isinstance(parent, columns) for parent in ancestors(widget))
        if widget.isVisible() and (inside or window.run_block.isAncestorOf(widget)):
            assert is_whole(widget), f"{what}: {widget.objectName()} {widget.text()!r} {widget.size()}"


def ancestors(widget: QWidget) -> Iterator[QWidget]:
    parent = widget.parentWidget()
    while parent is not None:
        yield parent
        parent = parent.parentWidget()


def is_whole(widget: QLabel | QAbstractButton) -> bool:
    """Whether the widget is as large as its text, or shortens it by itself."""
    if isinstance(widget, ElidedLabel) or not widget.text() or "<" in widget.text():
        return True
    if isinstance(widget, QToolButton) and not widget.icon().isNull():
        return True  # shows the icon alone
    metrics = QFontMetrics(widget.font())
    if isinstance(widget, QLabel) and widget.wordWrap():
        return widget.height() >= metrics.height()
    words = widget.text().replace("&", "")
    return widget.height() >= metrics.tightBoundingRect(words).height() and (
        widget.width() >= metrics.horizontalAdvance(words) or type(widget).__name__ == "CollapsibleGroupHead"
    )
