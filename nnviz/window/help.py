"""Help in the window: the idea behind a control, what a card shows, and all keys."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator

from PyQt5.QtCore import QObject, QPoint, Qt
from PyQt5.QtGui import QCursor, QScreen
from PyQt5.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QMenu,
    QMenuBar,
    QTabBar,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from nnviz.look import theme
from nnviz.panels.cards import CARDS, SETTINGS
from nnviz.window.help_texts import HelpText, texts_of

# Keys and mouse where no menu tells of them.
_MORE_KEYS = (
    ("Canvas", "Left button", "Draw a stroke"),
    ("Canvas", "Right button", "Erase"),
    ("Curves", "Wheel, + −", "Zoom the epochs in and out; with Ctrl the values"),
    ("Curves", "Drag", "Look closer at a rectangle"),
    ("Curves", "Double click, 0", "See all again"),
    ("Curves", "← → ↑ ↓", "Move what is seen"),
    ("Weights", "Click, or arrows and Enter", "See one neuron; again or Esc: see all"),
    ("Weights", "← →", "The neuron before and after, where one is shown"),
    ("Weights", "Page up and down, wheel", "More neurons, where not all fit"),
    ("Fields", "↑ ↓, wheel", "Step the number in the field"),
    ("Fields", "Enter", "Use what was typed"),
    ("Fields", "Esc", "Take back what was typed"),
    ("Groups of settings", "← →", "Close and open the group"),
    ("Buttons", "Enter", "Press the button that has the focus: Space trains everywhere"),
    ("Cards", "Double click on the head", "Enlarge the card; again or Esc: back to its place"),
    ("Cards", "Drag the head", "Move the card; let go outside to float it"),
    ("Messages", "Esc", "Dismiss the message"),
)


class HelpWindows(QObject):
    """Opens the small windows; neither keeps the person from going on."""

    def __init__(self, window: QWidget, menus: QMenuBar) -> None:
        super().__init__(window)
        self._window = window
        self._menus = menus

    def help_here(self) -> None:
        """For what is under the mouse, else for what has the focus."""
        under: QWidget | None = QApplication.widgetAt(QCursor.pos())
        if under is None or under.window() is not self._window or not described(under):
            under = QApplication.focusWidget()
        self._show("helpWindow", "Help", described(under) or _GENERAL, QCursor.pos())

    def shortcuts(self) -> None:
        """All keys, as the menus have them, and those that no menu has."""
        self._show("shortcutsWindow", "Shortcuts", _table([*_keys_of(self._menus), *_MORE_KEYS]))

    def close_all(self) -> bool:
        """Closes what is open; whether anything was."""
        opened = [box for box in self._window.findChildren(_HelpWindow) if box.isVisible()]
        for box in opened:
            box.close()
        return bool(opened)

    def _show(self, name: str, title: str, content: str, at: QPoint | None = None) -> None:
        for old in self._window.findChildren(QDialog, name):
            old.close()
        dialog = _HelpWindow(self._window, name, title, content)
        if at is not None:
            dialog.move(_within_screen(at + QPoint(12, 12), dialog))
        dialog.show()


class _HelpWindow(QDialog):
    """Esc closes it; so does F1 or whatever opened it, by opening another."""

    def __init__(self, parent: QWidget, name: str, title: str, content: str) -> None:
        super().__init__(parent, Qt.Dialog | Qt.WindowCloseButtonHint | Qt.WindowTitleHint)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.text = QTextBrowser()
        self.text.setObjectName(f"{name}Text")
        self.text.setAccessibleName(title)
        self.text.setToolTip("Can be selected and copied.")
        self.text.setHtml(content)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.CARD_PADDING, theme.CARD_PADDING, theme.CARD_PADDING, theme.CARD_PADDING)
        column.addWidget(self.text)
        document = self.text.document()
        document.setTextWidth(400 if name == "helpWindow" else 560)
        height = min(round(document.size().height()) + 2 * theme.CARD_PADDING + 8, 620)
        self.resize(round(document.textWidth()) + 2 * theme.CARD_PADDING + 24, height)


_GENERAL = (
    "<p><b>nnviz</b></p><p>Point at something and press F1: the idea behind it, and what to try. "
    "Space trains and pauses; all keys are listed under Help → Shortcuts.</p>"
)


def described(widget: QWidget | None) -> str:
    """The idea behind a control, that of what is chosen in it, and the card it stands on; empty where none is known."""
    if isinstance(widget, QLabel) and widget.buddy() is not None:
        widget = widget.buddy()
    card = _nearest(widget, _is_card)
    control = _nearest(widget, lambda each: each is card or bool(_told_of(each)))
    parts = [] if control is None or control is card else _told_of(control)
    parts += [] if card is None else texts_of(card.objectName())
    return "".join(_paragraph(*part) for part in dict.fromkeys(parts))  # a text may be that of a control and its card


def _is_card(widget: QWidget) -> bool:
    return widget.objectName() in (*CARDS, SETTINGS) and bool(texts_of(widget.objectName()))


def _told_of(control: QWidget) -> list[HelpText]:
    """Its texts; of a control that has none its tooltip."""
    told = list(texts_of(_name_of(control)))
    if not told and (control.whatsThis() or control.toolTip()):
        name = control.accessibleName() or control.windowTitle()
        told = [HelpText(name, control.whatsThis() or control.toolTip())]
    return [*told, *_told_of_choice(control)] if isinstance(control, QComboBox) else told


def _name_of(control: QWidget) -> str:
    """Its object name; of a bar of tabs the name of the tab under the mouse, else of the one in front."""
    if not isinstance(control, QTabBar):
        return str(control.objectName())
    pointed_at = control.tabAt(control.mapFromGlobal(QCursor.pos()))
    return str(control.tabData(pointed_at if pointed_at >= 0 else control.currentIndex()))


def _told_of_choice(combo: QComboBox) -> list[HelpText]:
    """Of the chosen entry; of one that has no text its tooltip."""
    kind = combo.objectName().removesuffix("Combo").rstrip("0123456789")
    told = list(texts_of(f"{_KINDS.get(kind, kind)}.{combo.currentData()}"))
    tip = combo.itemData(combo.currentIndex(), Qt.ToolTipRole)
    return told or ([HelpText(combo.currentText(), tip)] if tip else [])


def _paragraph(name: str, text: str) -> str:
    words = text if text.startswith("<") else html.escape(text)
    return (f"<p><b>{html.escape(name)}</b></p>" if name else "") + f"<p>{words}</p>"


def _nearest(widget: QWidget | None, wanted: Callable[[QWidget], bool]) -> QWidget | None:
    while widget is not None and not wanted(widget):
        widget = widget.parentWidget()
    return widget


# What is chosen in a combo box that is not called after it.
_KINDS = {"output": "activation"}
# Entries whose text tells what they would do at the moment.
_ALWAYS = {"actionUndo": "Undo", "actionRedo": "Redo"}


def _keys_of(menus: QMenuBar) -> Iterator[tuple[str, str, str]]:
    """Menu, key and title of every entry that has a key; those of a menu within a menu begin with its title."""
    for heading in menus.actions():
        yield from ((_plain(heading.text()), key, title) for key, title in _entries_of(heading.menu(), ""))


def _entries_of(menu: QMenu, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in menu.actions():
        inner: QMenu | None = entry.menu()
        if inner is not None:
            yield from _entries_of(inner, f"{prefix}{_plain(entry.text())}: ")
        elif not entry.shortcut().isEmpty():
            title = _ALWAYS.get(entry.objectName(), _plain(entry.text()))
            yield entry.shortcut().toString().replace("Return", "Enter"), f"{prefix}{title}"


def _plain(title: str) -> str:
    return title.replace("&", "").removesuffix(" …")


def _table(rows: list[tuple[str, str, str]]) -> str:
    lines, last = [], ""
    for group, key, what in rows:
        if group != last:
            lines.append(f'<tr><td colspan="2"><br><b>{html.escape(group)}</b></td></tr>')
            last = group
        lines.append(f"<tr><td>{html.escape(key)}&nbsp;&nbsp;&nbsp;&nbsp;</td><td>{html.escape(what)}</td></tr>")
    return f'<table cellspacing="4">{"".join(lines)}</table>'


def _within_screen(at: QPoint, dialog: QWidget) -> QPoint:
    under: QScreen | None = QApplication.screenAt(at)
    free = (QApplication.primaryScreen() if under is None else under).availableGeometry()
    most = free.bottomRight() - QPoint(dialog.width(), dialog.height())
    return QPoint(max(free.left(), min(at.x(), most.x())), max(free.top(), min(at.y(), most.y())))
