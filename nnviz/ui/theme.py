"""Colours, fonts and spacing: the light and the dark theme, as palette and style sheet.

Colours have meanings. Ink is text and everything that the user works with: the main button, focus, rings, links,
progress, and the predicted class. Blue is train, orange is test, dashed ink is the validation set, violet is the past.
Blue and orange are also the ends of the diverging colours, of weights and contributions. They are safe for colour
blindness. Every text has WCAG AA contrast (4.5 : 1) with its background, and every edge of a control 3 : 1; tests
check that.
"""

from __future__ import annotations

import gc
import math
import os
import re
import sys
import textwrap
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt5 import sip
from PyQt5.QtCore import QByteArray, QObject, QRect, QSettings, QSize, QSizeF, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPalette, QPixmap
from PyQt5.QtSvg import QSvgRenderer
from PyQt5.QtWidgets import QAbstractButton, QApplication, QLabel, QMenuBar, QProxyStyle, QStyle

from engine.basics.assets_folder import ASSETS
from nnviz.formatting.text import plain

CARD_PADDING = 12
GAP = 12
TEXT = 13  # pixels
SMALL = 12
LARGE = 17
FIGURE = 26  # of the last values at the ends of curves
ANSWER = 40
ROW = 30  # height of a control
ROW_GAP = 6  # between two rows of fields
FAMILY = "nnviz Sans"
SIZES = (100, 110, 125, 150, 175, 200)  # of all texts, in percent
_TIP_LETTERS = 70  # characters per line of a tooltip


@dataclass(frozen=True)
class Theme:
    """The colours of one theme; the values here are those of the dark one."""

    name: str = "dark"
    window: str = "#0f1318"  # between the cards
    bar: str = "#161b22"  # menu, toolbar, status
    card: str = "#1b212a"
    field: str = "#10151b"  # editable fields, and the background of pictures
    border: str = "#2a323d"  # of panels, for decoration only
    edge: str = "#697482"  # of fields, buttons, checkboxes and tracks
    grid: str = "#262e38"
    ink: str = "#e6edf3"
    on_ink: str = "#0f1318"
    muted: str = "#93a0af"
    faint: str = "#566270"  # bars of the other classes, earlier runs, disabled words
    train: str = "#4cc2ff"
    test: str = "#ffb454"
    validation: str = "#e6edf3"
    looking_back: str = "#c792ea"  # violet, and nothing else is
    good: str = "#3fd28b"
    error: str = "#ff8f88"
    error_ground: str = "#3a2226"
    negative: str = "#4cc2ff"  # ends of the diverging colours; their middle is ``field``
    positive: str = "#ffa13d"
    third: str = "#b18800"  # classes; neither blue nor orange nor violet
    fourth: str = "#fb2cb4"
    fifth: str = "#e6edf3"
    sixth: str = "#12cb03"
    seventh: str = "#8c657c"
    eighth: str = "#ff94a1"
    ninth: str = "#f5f617"
    tenth: str = "#db0500"
    eleventh: str = "#00804f"
    twelfth: str = "#2cffcd"


DARK = Theme()
LIGHT = Theme(
    name="light",
    window="#eef0f3",
    bar="#f7f8fa",
    card="#ffffff",
    field="#f4f6f8",
    border="#dde2e8",
    edge="#7f8b97",
    grid="#e6e9ee",
    ink="#1b2530",
    on_ink="#ffffff",
    muted="#5b6978",
    faint="#aab4bf",
    train="#0a6fc2",
    test="#b44f0a",
    validation="#1b2530",
    looking_back="#7a3fb4",
    good="#127345",
    error="#b3261e",
    error_ground="#fdecea",
    negative="#0a5fa8",
    positive="#c04e00",
    third="#085136",
    fourth="#856b77",
    fifth="#1c1417",
    sixth="#168700",
    seventh="#9d0d69",
    eighth="#ff43bb",
    ninth="#a2922e",
    tenth="#f91a23",
    eleventh="#732606",
    twelfth="#139c98",
)
# Colours of points, whose classes are named next to them; none of them means something else.
MANY_CLASSES = (
    "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth",
)  # fmt: skip
CLASSES = MANY_CLASSES[:4]  # colours of lines that each stand for a class, in this order; names are written in them
THEMES = {theme.name: theme for theme in (DARK, LIGHT)}
_current = DARK
_text_size = SIZES[0]
_SIZED = "sized"  # the property of a widget with the lengths that follow the text size
# What follows the text size in the style sheet: fonts, and the heights of what holds a line of text.
_TEXT_LENGTH = re.compile(r"((?:font-size|min-height|max-height|::tab \{ height): )(\d+)px")
_CREATED, _OWN_FONT = Qt.WidgetAttribute.WA_WState_Created, Qt.WidgetAttribute.WA_SetFont
_APPLIED = "theme"  # the application's property that names the theme it has


class _Signals(QObject):
    changed = pyqtSignal()


_signals = _Signals()
# With an application, PyQt destroys all objects that Python owns; this one is needed by the next application too.
sip.transferto(_signals, None)  # type: ignore[arg-type]
changed = _signals.changed  # connect bound methods of QObjects: Qt disconnects them when the object is deleted


def current() -> Theme:
    """Returns the theme in use. Painting code calls it each time it paints."""
    return _current


def colour(name: str) -> QColor:
    """Returns a colour of the theme in use by its field name in :class:`Theme`."""
    return QColor(getattr(_current, name))


def plane_classes(count: int) -> list[str]:
    """Returns the colour names of classes over the plane; two have the ends of the diverging colours."""
    if count == 2:
        return ["negative", "positive"]
    return [MANY_CLASSES[number % len(MANY_CLASSES)] for number in range(count)]


def text_size() -> int:
    """Returns the size of all texts in percent."""
    return _text_size


def px(pixels: float) -> int:
    """Returns a length that has to hold text, as it is at the text size in use. ``pixels``: at 100 percent."""
    return round(pixels * _text_size / 100)


def sized(set_length: Callable[[int], None], pixels: int, beside: int = 0) -> None:
    """Sets a length of a widget that has to hold text, and again whenever the text size changes.

    ``set_length`` is a method of the widget, such as ``setFixedWidth``; ``pixels`` is the length at 100 percent.
    ``beside``: how much of it is not for text and stays as it is.
    """
    widget = set_length.__self__  # type: ignore[attr-defined]
    widget.setProperty(_SIZED, {**(widget.property(_SIZED) or {}), set_length.__name__: (pixels, beside)})
    set_length(px(pixels - beside) + beside)


def font(size: int = TEXT, bold: bool = False) -> QFont:
    """Returns the program's font, whose digits all have the same width. ``size`` is in pixels at 100 percent."""
    made = QFont(FAMILY)
    made.setPixelSize(px(size))
    made.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return made


def apply(app: QApplication, name: str, percent: float | None = None) -> None:
    """Sets the theme of the application: "dark", "light", or for any other name that of the system.

    ``percent`` is the size of all texts, which may be beyond those of :data:`SIZES`; None leaves it as it is.
    """
    global _current, _text_size
    is_resized = percent is not None and round(percent) != _text_size
    _text_size = _text_size if percent is None else round(percent)
    _system_palette()  # read before the application's palette is replaced
    _current = THEMES[name if name in THEMES else system_theme()]
    if app.property(_APPLIED) == _current.name and app.font() == font():
        return  # Qt would lay out all windows again
    is_first = app.property(_APPLIED) is None
    app.setProperty(_APPLIED, _current.name)
    _load_fonts()
    collects = gc.isenabled()
    gc.disable()  # Qt goes through a list of all widgets: one that Python deleted meanwhile would crash it
    try:
        app.setStyleSheet("")  # Qt would replace it in each widget as often as the widget has ancestors.
        if is_first:
            app.setStyle(_Style("Fusion"))
        app.setFont(font())
        app.setPalette(_palette(_current))
        app.setStyleSheet(_stylesheet(_current))
        for widget in app.allWidgets() if is_resized else []:
            if not (widget.testAttribute(_CREATED) or widget.testAttribute(_OWN_FONT)):
                widget.setFont(QFont())  # Qt leaves the earlier font to widgets that have not been shown
                if widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
                    widget.style().polish(widget)  # or it would lose that of the style sheet
            for setter, (pixels, beside) in (widget.property(_SIZED) or {}).items():
                getattr(widget, setter)(px(pixels - beside) + beside)
    finally:
        if collects:
            gc.enable()
    pg.setConfigOptions(background=_current.card, foreground=_current.muted, antialias=False)
    changed.emit()


def within(percent: float) -> int:
    """Returns a size of all texts, in percent, that is not beyond the smallest or the largest of :data:`SIZES`."""
    return round(min(max(percent, SIZES[0]), SIZES[-1])) if math.isfinite(percent) else SIZES[0]


class _Style(QProxyStyle):
    """Fusion, in which no label guesses whether its text is HTML: also in Qt's own boxes it is plain text, unless the
    label's format says otherwise. Else a name from a file could hide an error, or load a picture.

    Tooltips get line breaks, because Qt would show each as one long line. Qt calls polish() after the text of a tooltip
    is set and before its size is computed; an event filter would cost time at every event.
    """

    def polish(self, what: Any) -> Any:
        """Formats tooltips. Qt has three functions of this name: for a palette, the application and a widget."""
        if isinstance(what, QLabel):
            if what.textFormat() == Qt.TextFormat.AutoText:
                what.setTextFormat(Qt.TextFormat.PlainText)
            if what.inherits("QTipLabel"):
                what.setText(in_lines(plain(what.text())))
        return super().polish(what)


class _MenuStyle(QProxyStyle):
    """Fusion without underlined letters; Alt and the letter still work.

    Not for the whole program: Qt asks a style for hints a hundred times for each widget, and Python takes a while.
    """

    def styleHint(self, hint: QStyle.StyleHint, *rest: Any) -> int:
        return 0 if hint == QStyle.StyleHint.SH_UnderlineShortcut else QProxyStyle.styleHint(self, hint, *rest)

    def dress(self) -> None:
        """Sets the style of the menu bar, which loses the program's style sheet whenever another one is set."""
        bar = self.parent()
        assert isinstance(bar, QMenuBar)
        bar.setStyle(self)


def hide_underlines(bar: QMenuBar) -> None:
    """Shows the menus that a menu bar will get without underlined letters."""
    style = _MenuStyle("Fusion")
    style.setParent(bar)
    style.dress()
    changed.connect(style.dress)


def in_lines(words: str) -> str:
    """Wraps the text of a tooltip to lines of at most 70 characters; existing line breaks stay."""
    return "\n".join(textwrap.fill(line, _TIP_LETTERS) for line in words.split("\n"))


def system_theme() -> str:
    """Returns "dark" or "light" as the system prefers: from the registry on Windows, elsewhere portal or palette."""
    if sys.platform == "win32":
        key = r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
        return "light" if QSettings(key, QSettings.Format.NativeFormat).value("AppsUseLightTheme", 1) else "dark"
    if (preference := _portal_preference()) is not None:
        return preference
    return "dark" if _system_palette().color(QPalette.ColorRole.Window).lightness() < 128 else "light"


@lru_cache
def _system_palette() -> QPalette:
    """Returns the system's palette. The first call, at the start, must come before ours is set."""
    return QApplication.palette()


def _portal_preference() -> str | None:
    """Returns "dark" or "light" according to freedesktop's settings portal, or None."""
    if "DBUS_SESSION_BUS_ADDRESS" not in os.environ:
        return None
    from PyQt5.QtDBus import QDBusConnection, QDBusMessage

    portal = ("org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop", "org.freedesktop.portal.Settings")
    ask = QDBusMessage.createMethodCall(*portal, "Read")
    ask.setArguments(["org.freedesktop.appearance", "color-scheme"])
    answer = QDBusConnection.sessionBus().call(ask, timeout=200)
    if answer.type() != QDBusMessage.MessageType.ReplyMessage:
        return None
    return {1: "dark", 2: "light"}.get(answer.arguments()[0])


@lru_cache
def _load_fonts() -> None:
    for file in sorted((ASSETS / "fonts").glob("*.otf")):
        QFontDatabase.addApplicationFont(str(file))


def icon(name: str, colour_name: str = "ink") -> QIcon:
    """Returns an icon of the assets in a colour of the theme in use, sharp on every screen.

    It is grey on disabled buttons, and ink on checked ones.
    """
    return _drawn_icon(name, getattr(_current, colour_name), _current.faint, _current.ink)


@lru_cache(maxsize=256)
def _drawn_icon(name: str, ink: str, disabled: str, checked: str) -> QIcon:
    source = (ASSETS / "icons" / f"{name}.svg").read_bytes()
    return QIcon(_Shades(source, ink, disabled, checked))


class _Shades(QIconEngine):
    """Draws an icon in the requested sizes, when they are requested."""

    def __init__(self, source: bytes, ink: str, disabled: str, checked: str) -> None:
        super().__init__()
        self._made_of = source, ink, disabled, checked
        self._drawn: dict[tuple[int, int, str], QPixmap] = {}

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Returns an image that is at most as large as ``size``."""
        if size.isEmpty():  # a button has not got its place yet
            return QPixmap()
        source, ink, disabled, checked = self._made_of
        shade = disabled if mode == QIcon.Mode.Disabled else checked if state == QIcon.State.On else ink
        key = size.width(), size.height(), shade
        if key not in self._drawn:
            pixmap = QPixmap(size)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            QSvgRenderer(QByteArray(source.replace(b"currentColor", shade.encode()))).render(painter)
            painter.end()
            self._drawn[key] = pixmap
        return self._drawn[key]

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draws it sharp on the painter's screen."""
        size = QSizeF(rect.size()) * painter.device().devicePixelRatioF()
        painter.drawPixmap(rect, self.pixmap(size.toSize(), mode, state))

    def clone(self) -> QIconEngine:
        return _Shades(*self._made_of)


def set_icon(button: QAbstractButton, name: str, colour_name: str = "ink") -> None:
    """Sets a button's icon, and again in the new colour whenever the theme changes.

    Costs nothing if it has that icon already; to set it would make all layouts around the button compute their sizes.
    """
    made = button.findChild(_Icon) or _Icon(button)
    if made.chosen != (name, colour_name):
        made.chosen = (name, colour_name)
        made.draw()


class _Icon(QObject):
    """The icon of a button; a child of it, so that it is deleted and disconnected with the button."""

    def __init__(self, button: QAbstractButton) -> None:
        super().__init__(button)
        self.chosen = ("", "")  # the icon and its colour
        changed.connect(self.draw)

    def draw(self) -> None:
        button = self.parent()
        assert isinstance(button, QAbstractButton)
        button.setIcon(icon(*self.chosen))


@lru_cache
def diverging_table(theme: Theme) -> list[int]:
    """Returns 256 colours for values from -1 to 1, blue to orange; entry 128, for 0, has exactly the field's colour."""
    stops = np.array([QColor(end).getRgb()[:3] for end in (theme.negative, theme.field, theme.positive)])
    mixed = np.stack([np.interp(np.linspace(-1, 1, 255), (-1, 0, 1), channel) for channel in stops.T], axis=1)
    colours = [QColor(*rgb).rgb() for rgb in np.round(mixed).astype(int).tolist()]
    return [colours[0], *colours]


@lru_cache
def sequential_table(theme: Theme) -> list[int]:
    """Returns 256 colours from low to high numbers: grey, then green, then the strongest contrast with the card."""
    stops = np.array([QColor(end).getRgb()[:3] for end in (theme.faint, theme.good, theme.fifth)])
    mixed = np.stack([np.interp(np.linspace(0, 1, 256), (0, 0.5, 1), channel) for channel in stops.T], axis=1)
    return [QColor(*rgb).rgb() for rgb in np.round(mixed).astype(int).tolist()]


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: theme.window,
        QPalette.ColorRole.WindowText: theme.ink,
        QPalette.ColorRole.Base: theme.field,
        QPalette.ColorRole.AlternateBase: theme.card,
        QPalette.ColorRole.Text: theme.ink,
        QPalette.ColorRole.Button: theme.card,
        QPalette.ColorRole.ButtonText: theme.ink,
        QPalette.ColorRole.Highlight: theme.ink,
        QPalette.ColorRole.HighlightedText: theme.on_ink,
        QPalette.ColorRole.ToolTipBase: theme.field,
        QPalette.ColorRole.ToolTipText: theme.ink,
        QPalette.ColorRole.Link: theme.ink,
        QPalette.ColorRole.PlaceholderText: theme.muted,
    }
    for role, value in roles.items():
        palette.setColor(role, QColor(value))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.faint))
    return palette


def _stylesheet(theme: Theme) -> str:
    sizes = {"text_size": TEXT, "small": SMALL, "large": LARGE, "figure": FIGURE, "answer": ANSWER}
    sheet = (Path(__file__).parent / "theme.qss").read_text(encoding="utf-8")
    values = {**asdict(theme), **sizes, "icons": (ASSETS / "icons").as_posix()}
    sheet = re.sub(r"@(\w+)@", lambda found: str(values[found[1]]), sheet)
    return _TEXT_LENGTH.sub(lambda found: f"{found[1]}{px(int(found[2]))}px", sheet)
