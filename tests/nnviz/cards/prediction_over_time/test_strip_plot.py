"""The low plot of shares by epoch: what the mouse reads, where names and words stand."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import QPointF
from PyQt5.QtGui import QColor, QFontMetrics
from PyQt5.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from nnviz.cards.prediction_over_time.strip_plot import ShareLine, StripAxis, StripPlot
from nnviz.ui import theme
from tests.nnviz.helpers import find, hover, leave
from tests.nnviz.ui.helpers import painted_words, read_out, said


@pytest.fixture
def plot(qtbot: QtBot) -> StripPlot:
    made = StripPlot()
    qtbot.addWidget(made)
    made.resize(260, 64)
    epochs = [0.0, 1.0, 2.0, 4.0]
    made.show_lines(
        epochs,
        [
            ShareLine("7", "third", [0.1, 0.4, 0.9, 1.0]),
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
    plot.show_lines([0.0], [ShareLine("7", "third", [0.5])])
    assert not read_out(plot).isVisible()
    plot.show_lines([], [])
    hover(plot, (100, 20))
    assert not read_out(plot).isVisible()
    plot.grab()


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ([5, 20, 40], {0: 5, 1: 20, 2: 40}),
        ([10, 50], {0: 10, 1: 50}),
        ([30, 30], {0: 24, 1: 36}),  # both give way
        ([10, 48, 48], {0: 10, 1: 38, 2: 50}),  # as far down as there is room
        ([0, 3], {0: 0, 1: 12}),
        ([0, 50, 50], {0: 0, 1: 50}),  # the third would be 12 pixels off its line
        ([50, 50, 0], {0: 50, 2: 0}),  # and so would the second
        ([20, 21, 22], {0: 14.5, 1: 26.5}),
        ([20, 22, 40], {0: 15, 1: 27, 2: 40}),
        ([20, 24, 25], {0: 11, 1: 23, 2: 35}),
    ],
)
def test_a_name_stands_at_its_line_or_nowhere(plot: StripPlot, ends: list[float], expected: dict[int, float]) -> None:
    """Names are 12 pixels apart, between the top of the plot and 2 pixels above its foot."""
    plot.resize(260, 52 + plot.height() - round(plot.area.height()))
    assert plot.area.height() == 52
    names = "ABC"[: len(ends)]
    plot.show_lines(
        [0.0, 4.0], [ShareLine(name, "third", [1 - end / 52] * 2) for name, end in zip(names, ends, strict=True)]
    )
    found = {names.index(name): at.y() - plot.area.top() for name, at in painted_names(plot).items()}
    assert found == pytest.approx(expected, abs=1)


@pytest.mark.parametrize(("height", "names"), [(64, 2), (38, 2), (30, 1)])
def test_no_name_is_pushed_out_of_a_low_plot(plot: StripPlot, height: int, names: int) -> None:
    plot.resize(260, height)
    painted = painted_names(plot)
    assert set(painted) == set("71"[:names])
    assert all(0 < at.y() < height for at in painted.values())


def painted_names(plot: StripPlot) -> dict[str, QPointF]:
    """Returns the middles of the names' left ends."""
    names = {line.name for line in plot.lines}
    return {word: at for word, at in painted_words(plot) if word in names and at.y() < plot.area.bottom()}


def place_in(plot: StripPlot, across: float, share: float) -> QPointF:
    """Returns the pixel of a share; ``across`` goes from 0 to 1 over the axis."""
    area = plot.area
    return QPointF(area.left() + across * area.width(), area.bottom() - share * area.height())


def test_names_stand_at_the_ends_also_of_lines_that_have_just_begun(plot: StripPlot) -> None:
    plot.show_lines([0.0, 0.25], [ShareLine("7", "third", [0.1, 0.4])])
    (at,) = painted_names(plot).values()
    end = place_in(plot, 0.25, 0.4)
    assert at.x() == pytest.approx(end.x(), abs=8)
    assert at.y() == pytest.approx(end.y(), abs=1)


def test_no_grid_crosses_a_name(plot: StripPlot, qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    plot.show_lines([0.0, 0.25], [ShareLine("7", "third", [0.1, 0.0])])
    ((name, at),) = painted_names(plot).items()
    image, bottom = plot.grab().toImage(), round(plot.area.bottom())
    grid = theme.colour("grid").rgb()
    assert image.pixel(int(at.x()) + 30, bottom) == grid
    width = QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance(name)
    assert all(image.pixel(int(at.x()) + x, bottom) != grid for x in range(width))


@pytest.mark.parametrize(
    ("epoch", "words"), [(0.0, "0"), (0.26, "0.3"), (3.0, "3"), (9.96, "10"), (12.4, "12"), (151.0, "151")]
)
def test_epochs_are_whole_but_for_the_first(plot: StripPlot, epoch: float, words: str) -> None:
    plot.show_lines([epoch], [ShareLine("7", "third", [0.5])])
    hover(plot, (plot.area.left(), 20))
    assert said(plot).startswith(f"epoch {words},")
    assert words in [word for word, _ in painted_words(plot)]


def test_the_mouse_reads_whole_epochs_of_a_network_trained_for_long(plot: StripPlot) -> None:
    plot.show_lines([150.0, 151.0], [ShareLine("7", "third", [0.5, 0.6])])
    hover(plot, (plot.area.right(), 20))
    assert said(plot).startswith("epoch 151,")


@pytest.mark.parametrize("note", ["draw a digit to see it", "train to see it change"])
def test_words_in_the_plot_are_one_line_that_no_grid_crosses(plot: StripPlot, qapp: QApplication, note: str) -> None:
    theme.apply(qapp, "dark")
    plot.resize(230, 38)
    plot.show_lines([0.0], [ShareLine("7", "third", [1.0])], note)
    assert QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance(note) < plot.area.width() - 40
    image = plot.grab().toImage()
    grid, words = theme.colour("grid").rgb(), theme.colour("muted").rgb()
    area = plot.area
    middle = round(area.bottom() - 0.5 * area.height())
    assert image.pixel(int(area.left()) + 8, middle) == grid
    room = range(int(area.center().x()) - 20, int(area.center().x()) + 40)
    assert all(image.pixel(x, middle) != grid for x in room)
    assert words in {image.pixel(x, y) for x in room for y in range(8, 22)}


def difference(one: QColor, other: QColor) -> int:
    """Returns the distance of two colours, 0…765."""
    return sum(abs(a - b) for a, b in zip(one.getRgb(), other.getRgb(), strict=True))


def test_lines_are_where_their_shares_are(plot: StripPlot) -> None:
    image, ink = plot.grab().toImage(), theme.colour("third")
    for across, share in ((0.0, 0.1), (0.5, 0.9), (1.0, 1.0)):
        at = place_in(plot, across, share)
        x, y = round(at.x()), round(at.y())
        seen = [image.pixelColor(x + right, y + down) for right in (-1, 0) for down in (-1, 0, 1)]
        assert min(difference(ink, colour) for colour in seen) < 100, across
        beside = [image.pixelColor(x + right, y + down) for right in (-1, 0) for down in (-5, 5)]
        assert min(difference(ink, colour) for colour in beside) > 100, across


def test_it_is_never_laid_out_too_low_to_be_read(plot: StripPlot) -> None:
    plot.resize(plot.minimumSizeHint())
    assert plot.area.height() >= 40


def test_each_class_has_a_colour_and_a_name(plot: StripPlot, qapp: QApplication) -> None:
    for look in ("dark", "light"):
        theme.apply(qapp, look)
        plot.resize(300, 120)
        lines = [ShareLine(str(n), colour, [0.2 * n, 0.2 * n]) for n, colour in enumerate(theme.CLASSES)]
        plot.show_lines([0.0, 4.0], lines)
        assert sorted(painted_names(plot)) == list("0123")
        image, x = plot.grab().toImage(), int(plot.area.center().x())
        for line in lines:
            y = int(place_in(plot, 0.5, line.shares[0]).y())
            found = [image.pixelColor(x, y + by) for by in (-1, 0, 1) if y + by < image.height()]
            assert min(difference(theme.colour(line.colour), seen) for seen in found) < 120, line


def test_what_looks_the_same_is_not_painted_again(plot: StripPlot, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = plot.lines
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


@pytest.mark.parametrize("name", ["7", "consumption of electric power (kWh)"])
def test_a_note_and_names_do_not_cover_each_other(plot: StripPlot, name: str) -> None:
    """A long name is left out, and the note is on an empty ground."""
    note = "train to see it change"
    plot.show_lines([3.0], [ShareLine(name, "third", [0.5])], note, StripAxis(mark=0.52))
    image = plot.grab().toImage()
    ground, ink = theme.colour("card").name(), theme.colour("third").name()
    beyond = round(plot.area.left()) + 8
    names = [x for x in range(beyond, plot.width()) if any(image.pixelColor(x, y).name() == ink for y in range(60))]
    assert bool(names) == (name == "7")
    mark = round(plot.area.bottom() - 0.52 * plot.area.height())
    middle = int(plot.area.right()) - 20
    clear = [x for x in range(beyond, middle) if image.pixelColor(x, mark).name() == ground]
    assert len(clear) > 10, "the line does not go through the words"
