"""Colours that can be read and distinguished, in both themes, switched while the window is open."""

from __future__ import annotations

import gc
import itertools
import math

import pytest
from PyQt5 import sip
from PyQt5.QtCore import QEvent, QSize, Qt
from PyQt5.QtGui import QColor, QFontInfo, QIcon, QImage
from PyQt5.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QMenuBar,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from nnviz.ui import theme
from nnviz.ui.parts import arranged
from nnviz.ui.theme import DARK, LIGHT, Theme
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow
from tests.nnviz.helpers import action, bring_to_front, press, store_settings, stored_settings

THEMES = pytest.mark.parametrize("look", [DARK, LIGHT], ids=["dark", "light"])


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.1."""

    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    made = QColor(colour)
    return 0.2126 * linear(made.redF()) + 0.7152 * linear(made.greenF()) + 0.0722 * linear(made.blueF())


def contrast(one: str, other: str) -> float:
    """Contrast ratio, WCAG 2.1."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@THEMES
def test_every_text_can_be_read_on_every_ground_it_stands_on(look: Theme) -> None:
    grounds = ("window", "bar", "card", "field")
    pairs = [
        *itertools.product(("ink", "muted", "error", "train", "test", "validation", "good"), grounds),
        *itertools.product(("looking_back",), grounds),
        ("error", "error_ground"),
        ("on_ink", "ink"),
        ("on_ink", "muted"),  # the main button under the mouse
        ("ink", "border"),  # a pressed button, a chosen menu
    ]
    weak = {
        pair: round(contrast(getattr(look, pair[0]), getattr(look, pair[1])), 2)
        for pair in pairs
        if contrast(getattr(look, pair[0]), getattr(look, pair[1])) < 4.5
    }
    assert not weak


@THEMES
def test_what_is_drawn_stands_out(look: Theme) -> None:
    """WCAG asks 3 : 1 of graphics: edges of controls, curves, filled bars, the ends of the diverging colours."""
    for name, ground in itertools.product(
        ("edge", "ink", "train", "test", "negative", "positive"), ("window", "bar", "card", "field")
    ):
        least = 13 if name == "ink" else 3  # the ring of the focus is ink
        assert contrast(getattr(look, name), getattr(look, ground)) >= least, (name, ground)


@THEMES
def test_the_focus_is_a_ring_of_two_pixels_and_moves_nothing(look: Theme, qapp: QApplication, qtbot: QtBot) -> None:
    theme.apply(qapp, look.name)
    window, main = QWidget(), QPushButton("Train")
    main.setProperty("role", "primary")
    controls = [main, QPushButton("Batch"), QToolButton(), QLineEdit("0.2"), QComboBox(), QSpinBox()]
    arranged(QVBoxLayout(window), *controls)
    qtbot.addWidget(window)
    window.show()
    bring_to_front(qtbot, window)
    for control in controls:
        window.setFocus()
        before = control.sizeHint()
        control.setFocus()
        image, place = window.grab().toImage(), control.geometry()
        across = [image.pixelColor(place.left() + x, place.center().y()).name() for x in range(3)]
        assert across[:2] == [look.ink] * 2 != across[1:], control
        assert control.sizeHint() == before, control


# Machado, Oliveira, Fernandes 2009, severity 1.0; on linear light.
BLINDNESS = {
    "protanopia": [(0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)],
    "deuteranopia": [(0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)],
    "tritanopia": [(1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)],
}


TO_CONES = [
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
]
TO_OKLAB = [
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
]


def seen(colour: str, blindness: str | None) -> list[float]:
    """Red, green and blue, 0…1, as such eyes see that colour."""
    made = QColor(colour)
    light = [channel**2.2 for channel in (made.redF(), made.greenF(), made.blueF())]
    if blindness is not None:
        light = [sum(w * c for w, c in zip(row, light, strict=True)) for row in BLINDNESS[blindness]]
    return [max(0.0, min(1.0, value)) ** (1 / 2.2) for value in light]


def perceived(colour: str) -> list[float]:
    """Lightness and two axes of colour, in which equal distances look about equal: Oklab, Ottosson 2020."""
    made = QColor(colour)
    light = [((c + 0.055) / 1.055) ** 2.4 if c > 0.04045 else c / 12.92 for c in made.getRgbF()[:3]]
    cones = [sum(w * c for w, c in zip(row, light, strict=True)) ** (1 / 3) for row in TO_CONES]
    return [sum(w * c for w, c in zip(row, cones, strict=True)) for row in TO_OKLAB]


@THEMES
@pytest.mark.parametrize("blindness", BLINDNESS)
def test_what_is_drawn_together_differs_for_colour_blind_eyes(look: Theme, blindness: str) -> None:
    pairs = (("train", "test"), ("train", "validation"), ("test", "validation"), ("negative", "positive"))
    for one, other in pairs:
        pair = zip(seen(getattr(look, one), blindness), seen(getattr(look, other), blindness), strict=True)
        assert sum((a - b) ** 2 for a, b in pair) ** 0.5 > 0.3


@THEMES
def test_lines_of_classes_can_be_read_and_distinguished(look: Theme) -> None:
    """Their names are written in their colours, and none is violet."""
    inks = [getattr(look, name) for name in theme.CLASSES]
    assert all(contrast(ink, look.card) >= 4.5 for ink in inks)
    for ink in map(QColor, inks):
        assert ink.hslSaturationF() < 0.1 or not 180 < ink.hslHue() < 310 or ink.lightnessF() > 0.9
    for blindness in (None, *BLINDNESS):
        for one, other in itertools.combinations(inks, 2):
            pair = zip(seen(one, blindness), seen(other, blindness), strict=True)
            assert sum((a - b) ** 2 for a, b in pair) ** 0.5 > 0.15, (one, other, blindness)


@THEMES
def test_points_of_ten_classes_can_be_seen_and_distinguished(look: Theme) -> None:
    """Graphics need 3 : 1; none is blue, orange or violet, which mean something else."""
    inks = [getattr(look, name) for name in theme.MANY_CLASSES]
    assert len(set(inks)) == 10
    assert all(contrast(ink, look.card) >= 3 for ink in inks)
    for ink in map(QColor, inks):
        is_grey = ink.hslSaturationF() < 0.1 or ink.lightnessF() > 0.9
        assert is_grey or not 180 < ink.hslHue() < 318
        assert is_grey or not 20 < ink.hslHue() < 34 or ink.lightnessF() < 0.3, "brown is dark orange"
    assert not {look.train, look.test, look.positive, look.negative} & set(inks)
    for blindness in (None, *BLINDNESS):
        for one, other in itertools.combinations(inks, 2):
            pair = zip(seen(one, blindness), seen(other, blindness), strict=True)
            assert sum((a - b) ** 2 for a, b in pair) ** 0.5 > 0.15, (one, other, blindness)
    for one, other in itertools.combinations(inks, 2):
        assert math.dist(perceived(one), perceived(other)) > 0.15, (one, other)


@THEMES
def test_low_and_high_numbers_differ_in_lightness(look: Theme) -> None:
    shades = [luminance(QColor(rgb).name()) for rgb in theme.sequential_table(look)]
    assert len(shades) == 256
    steps = [after - before for before, after in itertools.pairwise(shades)]
    assert all(step >= -0.003 for step in steps) or all(step <= 0.003 for step in steps)
    assert contrast(QColor(theme.sequential_table(look)[0]).name(), QColor(theme.sequential_table(look)[-1]).name()) > 3


@THEMES
def test_the_middle_of_the_diverging_colours_is_the_background(look: Theme) -> None:
    table = theme.diverging_table(look)
    assert len(table) == 256
    assert QColor(table[128]).name() == look.field
    assert QColor(table[1]).name() == look.negative
    assert QColor(table[255]).name() == look.positive
    for side in (range(1, 129), range(255, 127, -1)):
        distances = [abs(QColor(table[i]).lightness() - QColor(look.field).lightness()) for i in side]
        assert all(near >= far - 1 for near, far in itertools.pairwise(distances)), "it fades without a step"


def test_the_font_is_ours(qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    assert QFontInfo(theme.font()).family() == theme.FAMILY
    assert theme.font(bold=True).weight() > theme.font().weight()


def test_figures_are_equally_wide(qapp: QApplication) -> None:
    from PyQt5.QtGui import QFontMetricsF

    theme.apply(qapp, "dark")
    for bold in (False, True):
        metrics = QFontMetricsF(theme.font(bold=bold))
        assert len({round(metrics.horizontalAdvance(digit), 3) for digit in "0123456789"}) == 1


def test_the_system_decides_by_default(qapp: QApplication) -> None:
    theme.apply(qapp, "system")
    assert theme.current().name == theme.system_theme()


# ---- icons


def pixels(icon: QIcon, mode: QIcon.Mode = QIcon.Mode.Normal) -> QImage:
    return icon.pixmap(QSize(16, 16), mode).toImage()


def test_icons_follow_the_theme(qapp: QApplication, qtbot: QtBot) -> None:
    theme.apply(qapp, "dark")
    button = QToolButton()
    qtbot.addWidget(button)
    theme.set_icon(button, "x", "muted")
    before = pixels(button.icon())
    assert before == pixels(theme.icon("x", "muted"))
    theme.set_icon(button, "x", "error")
    theme.apply(qapp, "light")
    assert pixels(button.icon()) == pixels(theme.icon("x", "error")), "the one chosen last"
    assert pixels(button.icon()) != before
    assert pixels(button.icon(), QIcon.Mode.Disabled) == pixels(theme.icon("x", "faint"))


def test_the_same_icon_again_asks_for_no_new_layout(qtbot: QtBot) -> None:
    """The buttons beside the timeline get theirs ten times a second."""

    class Card(QWidget):
        requests = 0

        def event(self, event: QEvent) -> bool:
            self.requests += event.type() == QEvent.Type.LayoutRequest
            return super().event(event)

    card, button = Card(), QToolButton()
    arranged(QHBoxLayout(card), button)
    qtbot.addWidget(card)
    card.show()
    asked = []
    for name in ("x", "x", "play"):
        card.requests = 0
        theme.set_icon(button, name)
        QApplication.sendPostedEvents()
        asked.append(card.requests)
    assert asked == [1, 0, 1]


def test_a_button_that_is_gone_is_not_dressed(qapp: QApplication) -> None:
    button = QToolButton()
    theme.set_icon(button, "x")
    keeper = button.children()[-1]
    sip.delete(button)
    assert sip.isdeleted(keeper)
    theme.apply(qapp, "light")


# ---- live


def background(window: MainWindow) -> str:
    """Of the strip between the cards, as painted."""
    return window.grab().toImage().pixelColor(4, window.height() // 2).name()


def expect_painted(window: MainWindow, look: Theme) -> None:
    assert theme.current() is look
    assert background(window) == look.window
    image = window.card("stagePanel").grab().toImage()
    assert image.pixelColor(image.width() // 2, 8).name() == look.card
    assert window.curves.plot.backgroundBrush().color().name() == look.card


def test_both_themes_and_that_of_the_system_while_it_runs(
    make_window: MakeWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The choice is remembered. The system is followed if it is chosen, when the window is active again."""
    store_settings(theme="dark")
    window = make_window()
    assert action(window, "actionThemeDark").isChecked()
    assert action(window, "actionThemeDark").shortcut().toString() == "Ctrl+Alt+D"
    expect_painted(window, DARK)
    press(qtbot, window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    assert action(window, "actionThemeLight").isChecked()
    expect_painted(window, LIGHT)
    qtbot.waitUntil(lambda: stored_settings().get("theme") == "light")

    bring_to_front(qtbot, window)
    monkeypatch.setattr(theme, "system_theme", lambda: "dark")
    QApplication.sendEvent(window, QEvent(QEvent.Type.ActivationChange))
    assert theme.current() is LIGHT
    action(window, "actionThemeSystem").trigger()
    assert window.follows_system
    assert theme.current() is DARK
    monkeypatch.setattr(theme, "system_theme", lambda: "light")
    QApplication.sendEvent(window, QEvent(QEvent.Type.ActivationChange))
    assert theme.current() is LIGHT
    assert background(window) == LIGHT.window


@THEMES
def test_a_check_box_first_shown_after_a_change_of_theme_has_its_colours(
    look: Theme, qapp: QApplication, qtbot: QtBot
) -> None:
    """Qt gives the colours of a new theme to widgets that are in use."""
    theme.apply(qapp, "light" if look is DARK else "dark")
    window, box = QWidget(), QCheckBox("Centre the digit")
    arranged(QVBoxLayout(window), box)
    qtbot.addWidget(window)
    theme.apply(qapp, look.name)
    window.show()
    image, around = box.grab().toImage(), look.window
    painted = {image.pixelColor(x, y).name() for x in range(24, image.width()) for y in range(image.height())}
    assert max(painted, key=lambda colour: contrast(colour, around)) == look.ink


def test_python_deletes_no_widget_while_qt_goes_through_all_of_them(qtbot: QtBot, qapp: QApplication) -> None:
    class Watch(QWidget):
        def changeEvent(self, event: QEvent) -> None:
            if event.type() == QEvent.Type.StyleChange:
                collects.append(gc.isenabled())

    collects: list[bool] = []
    watch = Watch()
    qtbot.addWidget(watch)
    theme.apply(qapp, "dark" if theme.current() is LIGHT else "light")
    assert collects
    assert not any(collects)
    assert gc.isenabled()


def test_another_text_size_styles_a_widget_as_often_whatever_it_is_in(qapp: QApplication, qtbot: QtBot) -> None:
    """Qt restyles a widget once for each of its ancestors if it replaces a style sheet by another one."""

    class Counted(QWidget):
        styled = 0

        def changeEvent(self, event: QEvent) -> None:
            self.styled += event.type() == QEvent.Type.StyleChange
            super().changeEvent(event)

    theme.apply(qapp, "dark", 100)
    outer = widget = QWidget()
    for _ in range(8):
        widget = Counted(widget)
    qtbot.addWidget(outer)
    outer.show()
    inner = outer.findChildren(Counted)
    for each in inner:
        each.styled = 0
    theme.apply(qapp, "dark", 125)
    assert len({each.styled for each in inner}) == 1


def test_the_menu_bar_keeps_the_style_sheet_and_its_letters_without_lines(qapp: QApplication, qtbot: QtBot) -> None:
    bar = QMenuBar()
    qtbot.addWidget(bar)
    theme.apply(qapp, "dark", 100)
    theme.hide_underlines(bar)
    bar.addMenu("&File")
    bar.show()
    before = bar.grab().toImage()
    theme.apply(qapp, "dark", 200)
    assert bar.sizeHint().height() > before.height()
    theme.apply(qapp, "dark", 100)
    bar.resize(before.size())
    assert bar.grab().toImage() == before
