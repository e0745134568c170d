"""The low plot of shares by epoch: what the mouse reads, where names and words stand."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PyQt5.QtCore import QRectF
from PyQt5.QtGui import QFontMetrics
from PyQt5.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from nnviz.look import theme
from nnviz.widgets.plots.strip_plot import ShareLine, StripPlot, _apart, _name_heights, _number
from tests.nnviz.helpers import find, hover, leave
from tests.nnviz.widgets.helpers import read_out, said


@pytest.fixture
def plot(qtbot: QtBot) -> StripPlot:
    made = StripPlot()
    qtbot.addWidget(made)
    made.resize(260, 64)
    epochs = [0.0, 1.0, 2.0, 4.0]
    made.show_lines(
        epochs,
        [
            ShareLine("7", "accent", [0.1, 0.4, 0.9, 1.0]),
            ShareLine("1", "test", [0.2, 0.5, 0.1, 0.0]),
            ShareLine("9", "muted", [0.3, 0.0, 0.0, 0.0]),
        ],
    )
    return made


def test_the_mouse_reads_the_nearest_epoch_out(plot: StripPlot) -> None:
    area = plot.area
    for place, words in (
        (0.0, "epoch 0, in %\n7: 10   1: 20   9: 30"),
        (0.52, "epoch 2, in %\n7: 90   1: 10   9: 0"),
    ):
        hover(plot, (area.left() + place * area.width(), 20))
        assert said(plot) == words
        assert plot.rect().contains(find(plot, QLabel, "readOut").geometry())
        plot.grab()
    leave(plot)
    assert not read_out(plot).isVisible()


def test_the_read_out_goes_with_what_it_was_of(plot: StripPlot) -> None:
    hover(plot, (plot.area.right(), 20))
    plot.show_lines([0.0], [ShareLine("7", "accent", [0.5])])
    assert not read_out(plot).isVisible()
    plot.show_lines([], [])
    hover(plot, (100, 20))
    assert not read_out(plot).isVisible()
    plot.grab()


def test_names_at_the_ends_do_not_lie_on_each_other() -> None:
    assert _apart([10.0, 50.0, 50.0], 0.0, 50.0) == [10.0, 38.0, 50.0]
    assert _apart([5.0, 20.0, 40.0], 0.0, 50.0) == [5.0, 20.0, 40.0]
    assert _apart([30.0, 30.0], 0.0, 50.0) == [24.0, 36.0], "both give way"
    assert _apart([0.0, 1.0], 0.0, 50.0) == [0.0, 12.0]


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ([0.0, 40.0, 40.0], {0: 0.0, 1: 40.0}),  # the third would be 12 pixels off its line
        ([40.0, 40.0, 0.0], {0: 40.0, 2: 0.0}),  # and so would the second
        ([20.0, 21.0, 22.0], {0: 14.5, 1: 26.5}),
        ([20.0, 22.0, 40.0], {0: 15.0, 1: 27.0, 2: 40.0}),
        ([20.0, 24.0, 25.0], {0: 11.0, 1: 23.0, 2: 35.0}),
        ([], {}),
    ],
)
def test_a_name_stands_at_its_line_or_nowhere(ends: list[float], expected: dict[int, float]) -> None:
    assert dict(_name_heights(ends, 0.0, 40.0)) == pytest.approx(expected)


@pytest.mark.parametrize(("height", "names"), [(64, 2), (38, 2), (30, 1)])
def test_no_name_is_pushed_out_of_a_low_plot(plot: StripPlot, height: int, names: int) -> None:
    plot.resize(260, height)
    painted = {name: at for at, name in painted_names(plot)}
    assert set(painted) == set("71"[:names])
    assert all(0 < at.center().y() < height for at in painted.values())


def painted_names(plot: StripPlot) -> list[tuple[QRectF, str]]:
    """Where they stand."""
    painted: list[tuple[QRectF, str]] = []
    painter = SimpleNamespace(
        setPen=lambda _: None,
        fillRect=lambda *_: None,
        fontMetrics=plot.fontMetrics,
        drawText=lambda at, _, name: painted.append((at, name)),
    )
    area = plot.area
    plot._paint_names(painter, area, plot._curves(area))  # type: ignore[arg-type]
    return painted


def test_names_stand_at_the_ends_also_of_lines_that_have_just_begun(plot: StripPlot) -> None:
    plot.show_lines([0.0, 0.25], [ShareLine("7", "accent", [0.1, 0.4])])
    ((at, _),) = painted_names(plot)
    x, y = plot._curves(plot.area)[0, -1]
    assert at.left() == pytest.approx(x, abs=8)
    assert at.center().y() == pytest.approx(y)


def test_no_grid_crosses_a_name(plot: StripPlot, qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    plot.show_lines([0.0, 0.25], [ShareLine("7", "accent", [0.1, 0.0])])
    ((at, name),) = painted_names(plot)
    image, bottom = plot.grab().toImage(), round(plot.area.bottom())
    grid = theme.colour("grid").rgb()
    assert image.pixel(int(at.left()) + 30, bottom) == grid
    width = QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance(name)
    assert all(image.pixel(int(at.left()) + x, bottom) != grid for x in range(width))


@pytest.mark.parametrize(
    ("epoch", "words"), [(0.0, "0"), (0.26, "0.3"), (3.0, "3"), (9.96, "10"), (12.4, "12"), (151.0, "151")]
)
def test_epochs_are_whole_but_for_the_first(epoch: float, words: str) -> None:
    assert _number(epoch) == words


def test_the_mouse_reads_whole_epochs_of_a_network_trained_for_long(plot: StripPlot) -> None:
    plot.show_lines([150.0, 151.0], [ShareLine("7", "accent", [0.5, 0.6])])
    hover(plot, (plot.area.right(), 20))
    assert said(plot).startswith("epoch 151,")


@pytest.mark.parametrize("note", ["draw a digit to see it", "train to see it change"])
def test_words_in_the_plot_are_one_line_that_no_grid_crosses(plot: StripPlot, qapp: QApplication, note: str) -> None:
    theme.apply(qapp, "dark")
    plot.resize(230, 38)
    plot.show_lines([0.0], [ShareLine("7", "accent", [1.0])], note)
    assert QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance(note) < plot.area.width() - 40
    image = plot.grab().toImage()
    grid, words = theme.colour("grid").rgb(), theme.colour("muted").rgb()
    area = plot.area
    middle = round(area.bottom() - 0.5 * area.height())
    assert image.pixel(int(area.left()) + 8, middle) == grid
    room = range(int(area.center().x()) - 20, int(area.center().x()) + 40)
    assert all(image.pixel(x, middle) != grid for x in room)
    assert words in {image.pixel(x, y) for x in room for y in range(8, 22)}


def test_lines_are_where_their_shares_are(plot: StripPlot) -> None:
    area = plot.area
    points = plot._curves(area)[0]
    assert points[0, 0] == area.left()
    assert points[-1].tolist() == pytest.approx([area.right(), area.top()])
    assert points[2, 0] == pytest.approx(area.center().x())
    assert points[0, 1] == pytest.approx(area.bottom() - 0.1 * area.height())


def test_it_is_never_laid_out_too_low_to_be_read(plot: StripPlot) -> None:
    plot.resize(plot.minimumSizeHint())
    assert plot.area.height() >= 40


def test_five_classes_have_five_colours(plot: StripPlot, qapp: QApplication) -> None:
    for look in ("dark", "light"):
        theme.apply(qapp, look)
        plot.resize(300, 120)
        lines = [ShareLine(str(n), colour, [0.2 * n, 0.2 * n]) for n, colour in enumerate(theme.CLASSES)]
        plot.show_lines([0.0, 4.0], lines)
        assert sorted(name for _, name in painted_names(plot)) == list("01234")
        image, x = plot.grab().toImage(), int(plot.area.center().x())
        for line, y in zip(lines, plot._curves(plot.area)[:, 0, 1], strict=True):
            ink = theme.colour(line.colour).getRgb()
            found = [image.pixelColor(x, int(y) + by).getRgb() for by in (-1, 0, 1) if int(y) + by < image.height()]
            assert min(sum(abs(a - b) for a, b in zip(ink, seen, strict=True)) for seen in found) < 120, line


def test_what_looks_the_same_is_not_painted_again(plot: StripPlot, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = plot._lines
    plot.grab()
    painted: list[None] = []
    monkeypatch.setattr(plot, "update", lambda: painted.append(None))
    plot.show_lines([0.0, 1.0, 2.0, 4.001], lines)
    assert painted == []
    plot.show_lines([0.0, 1.0, 2.0, 4.1], lines)
    plot.show_lines([0.0, 1.0, 2.0, 4.0], lines[:2])
    plot.show_lines([0.0, 1.0, 2.0, 4.0], lines, "note")
    assert len(painted) == 3


def test_it_is_painted_in_the_colours_of_another_theme(plot: StripPlot, qapp: QApplication) -> None:
    for look in ("dark", "light", "dark"):
        theme.apply(qapp, look)
        image = plot.grab().toImage()
        assert image.pixelColor(2, 30).name() == theme.current().card
        assert image.pixelColor(int(plot.area.left()) + 20, round(plot.area.bottom())).name() == theme.current().grid
