"""Help: the idea behind a control, what a card shows, and all shortcuts."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from PyQt5.QtCore import QPoint, QRect, QSize, Qt, QUrl, pyqtSignal
from PyQt5.QtGui import QCursor, QDesktopServices
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

from nnviz.cards.registry import CARDS
from nnviz.ui import theme
from nnviz.ui.pages import TabbedCard
from nnviz.ui.parts import named
from nnviz.window.about import LICENCE, about_text, licence_text
from nnviz.window.arrangement import frame_of
from nnviz.window.help_texts import HelpText, texts_of

# Keys and mouse actions that no menu shows.
_MORE_KEYS = (
    ("Canvas", "Left button", "Draw a stroke"),
    ("Canvas", "Right button", "Erase"),
    ("Curves", "Wheel, + −", "Zoom the epochs in and out; with Ctrl the values"),
    ("Curves", "Drag", "Zoom into a rectangle"),
    ("Curves", "Double click, 0", "Reset the zoom"),
    ("Curves", "← → ↑ ↓", "Move the visible part"),
    ("Weights", "Click, or arrows and Enter", "Enlarge a neuron; again or Esc: back to all"),
    ("Weights", "← →", "Previous and next neuron, if one is enlarged"),
    ("Weights", "Page up and down, wheel", "More neurons, if not all fit"),
    ("Mistakes", "← → ↑ ↓", "Choose a cell, row or column; in the list below it, an example"),
    ("Mistakes", "Enter", "Put the chosen example on the canvas"),
    ("Network", "Click, arrows", "Select a neuron; Enter: all weights of its layer; Esc: none"),
    ("Map", "Drag, wheel", "Move and zoom; 0 or a double click shows all"),
    ("Map", "Shift and drag", "Select examples with a lasso; Esc clears the selection"),
    ("Robustness", "← →", "Move along a curve; with Shift in small steps, Enter puts the example on the canvas"),
    ("Runs", "Click, C", "Compare a run or stop comparing it; double click or Enter opens it"),
    ("Runs", "= * F2 F4 Del", "Set as baseline, star, rename, note, delete"),
    ("Runs", "Ctrl+E", "Export the run"),
    ("Fields", "↑ ↓, wheel", "Step the number in the field"),
    ("Fields", "Enter", "Use what was typed"),
    ("Fields", "Esc", "Discard what was typed"),
    ("Groups of settings", "← →", "Close and open the group"),
    ("Buttons", "Enter", "Press the focused button; Space trains everywhere"),
    ("Cards", "Double click on the head", "Enlarge the card; again or Esc: back to its place"),
    ("Cards", "Drag the line between them", "Make them larger or smaller; Ctrl+0 restores the default sizes"),
    ("Messages", "Esc", "Dismiss the message"),
)


class HelpWindows:
    """Opens the windows of help and shortcuts, which are not modal."""

    def __init__(self, window: QWidget, menus: QMenuBar) -> None:
        self._window = window
        self._menus = menus

    def help_here(self) -> None:
        """Shows the help of the control under the mouse, or else of the one with the focus."""
        under: QWidget | None = QApplication.widgetAt(QCursor.pos())
        if under is None or under.window() is not self._window or not described(under):
            under = QApplication.focusWidget()
        self._show("helpWindow", "Help", described(under) or _GENERAL, _explained(under))

    def shortcuts(self) -> None:
        """Shows all shortcuts, those of the menus and the others."""
        menus = self._menus.actions()
        keys = [(_plain(menu.text()), *entry) for menu in menus for entry in _entries_of(menu.menu(), "")]
        self._show("shortcutsWindow", "Shortcuts", _table([*keys, *_MORE_KEYS]))

    def guide(self, page: str = "getting-started", anchor: str = "") -> None:
        """Shows a page of the user guide, scrolled to a heading."""
        from nnviz.window.guide import GuideWindow  # imported here: the start of the window does not wait for it

        for old in self._window.findChildren(GuideWindow):
            old.close()
        guide = GuideWindow(self._window)
        guide.show_page(page, anchor)
        guide.show()

    def about(self) -> None:
        """Shows version, licences, and where files are."""
        self._show("aboutWindow", "About nnviz", about_text())

    def close_all(self) -> bool:
        """Closes all help windows and the guide; returns whether any was open."""
        names = ("helpWindow", "shortcutsWindow", "guideWindow", "aboutWindow", "licenceWindow", "folderWindow")
        opened = [box for box in self._window.findChildren(QDialog) if box.objectName() in names and box.isVisible()]
        for box in opened:
            box.close()
        return bool(opened)

    def _show(self, name: str, title: str, content: str, beside: QWidget | None = None) -> None:
        for old in self._window.findChildren(QDialog, name):
            old.close()
        dialog = _HelpWindow(self._window, name, title, content)
        dialog.link_opened.connect(self._open)
        if beside is not None:
            taken = QRect(beside.mapToGlobal(QPoint(0, 0)), beside.size())
            frame = frame_of(self._window)
            size = QRect(QPoint(0, 0), dialog.size()).marginsAdded(frame).size()
            at = place_beside(taken, size, self._window.screen().availableGeometry())
            dialog.move(at)
        dialog.show()

    def _open(self, url: QUrl) -> None:
        """Opens what a link in a help window points at: a page of the guide, a licence, or a folder of the user."""
        if url.scheme() == LICENCE:
            self._show("licenceWindow", url.path(), licence_text(url.path()))
        elif url.isLocalFile():
            if not QDesktopServices.openUrl(url):
                path = html.escape(url.toLocalFile())
                self._show("folderWindow", "Folder", f"<p>No program here shows folders:</p><p>{path}</p>")
        else:
            self.guide(url.path(), url.fragment())


class _HelpWindow(QDialog):
    """A window with a text. Esc closes it; opening another one of its name replaces it.

    Signals:
        link_opened(QUrl): a click on a link.
    """

    link_opened = pyqtSignal(QUrl)

    def __init__(self, parent: QWidget, name: str, title: str, content: str) -> None:
        super().__init__(
            parent, Qt.WindowType.Dialog | Qt.WindowType.WindowCloseButtonHint | Qt.WindowType.WindowTitleHint
        )
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        text = named(QTextBrowser(), f"{name}Text")
        text.setAccessibleName(title)
        text.setToolTip("This text can be selected and copied.")
        text.setHtml(re.sub(r"(?<=\d) (?=%)", "&nbsp;", content))  # a number and its unit stay on one line
        text.setOpenLinks(False)
        text.anchorClicked.connect(self.link_opened)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.CARD_PADDING, theme.CARD_PADDING, theme.CARD_PADDING, theme.CARD_PADDING)
        column.addWidget(text)
        document = text.document()
        document.setTextWidth(theme.px(400 if name == "helpWindow" else 560))
        height = round(document.size().height()) + 2 * theme.CARD_PADDING + 8
        free = parent.screen().availableGeometry().marginsRemoved(frame_of(parent.window())).size()
        self.resize(QSize(round(document.textWidth()) + 2 * theme.CARD_PADDING + 24, height).boundedTo(free))


_GENERAL = (
    "<p><b>nnviz</b></p><p>Point at a control and press F1 for an explanation. Space trains and pauses. Help → "
    "Shortcuts lists all keys.</p>"
)


def described(widget: QWidget | None) -> str:
    """Returns the help of a control, of its chosen entry, and of its card, as rich text; empty if there is none."""
    if isinstance(widget, QLabel) and widget.buddy() is not None:
        widget = widget.buddy()
    found: list[HelpText] = []
    inside: list[QWidget] = []
    while widget is not None and widget.objectName() not in CARDS:
        found = found or _texts_of_control(widget)
        inside.append(widget)
        widget = widget.parentWidget()
    if widget is not None:
        found = [*found, *_texts_of_card(widget, inside)]
    return "".join(_paragraph(*part) for part in dict.fromkeys(found))  # control and card may share a text


def _texts_of_card(card: QWidget, inside: Sequence[QWidget]) -> tuple[HelpText, ...]:
    """Returns the texts of the card around widgets; of a page, if they are among its controls in the card's header."""
    pages = card.pages if isinstance(card, TabbedCard) else []
    names = (page.objectName() for page in pages if page.aside in inside)
    return next(filter(None, map(texts_of, names)), texts_of(card.objectName()))


def _texts_of_control(control: QWidget) -> list[HelpText]:
    """Returns the texts of a control and of its chosen entry; a control without one has its tooltip."""
    found = list(texts_of(_name_of(control)))
    tip = control.whatsThis() or control.toolTip()
    if tip and not found:
        found = [HelpText(control.accessibleName() or control.windowTitle(), tip)]
    return [*found, *_texts_of_choice(control)] if isinstance(control, QComboBox) else found


def _name_of(control: QWidget) -> str:
    """Returns the object name of a control; for a tab bar that of the tab under the mouse, else of the current one."""
    if not isinstance(control, QTabBar):
        return str(control.objectName())
    pointed_at = control.tabAt(control.mapFromGlobal(QCursor.pos()))
    return str(control.tabData(pointed_at if pointed_at >= 0 else control.currentIndex()))


def _texts_of_choice(combo: QComboBox) -> list[HelpText]:
    """Returns the texts of the chosen entry; an entry without one has its tooltip."""
    kind = combo.objectName().removesuffix("Combo").rstrip("0123456789")
    found = list(texts_of(f"{_KINDS.get(kind, kind)}.{combo.currentData()}"))
    tip = combo.itemData(combo.currentIndex(), Qt.ItemDataRole.ToolTipRole)
    return found or ([HelpText(combo.currentText(), tip)] if tip else [])


def _paragraph(name: str, text: str, page: str, anchor: str) -> str:
    content = html.escape(text).replace("\n", "<br>")
    link = f'<p><a href="{page}#{anchor}">More in the user guide</a></p>' if page else ""
    return (f"<p><b>{html.escape(name)}</b></p>" if name else "") + f"<p>{content}</p>{link}"


# Kinds of entries, where the combo box has another name.
_KINDS = {"output": "activation"}
# Titles of entries whose text changes with what they would do.
_FIXED_TITLES = {"actionUndo": "Undo", "actionRedo": "Redo"}


def _entries_of(menu: QMenu, prefix: str) -> Iterator[tuple[str, str]]:
    """Yields key and title of every entry with a shortcut; titles in submenus begin with the submenu's title."""
    for entry in menu.actions():
        inner: QMenu | None = entry.menu()
        if inner is not None:
            yield from _entries_of(inner, f"{prefix}{_plain(entry.text())}: ")
        elif not entry.shortcut().isEmpty():
            title = _FIXED_TITLES.get(entry.objectName(), _plain(entry.text()))
            keys = dict.fromkeys(key.toString().replace("Return", "Enter") for key in entry.shortcuts())
            yield ", ".join(keys), f"{prefix}{title}"


def _plain(title: str) -> str:
    return title.replace("&", "").removesuffix(" …")


def _table(rows: list[tuple[str, str, str]]) -> str:
    lines = []
    for group, keys in groupby(rows, lambda row: row[0]):
        lines.append(f'<tr><td colspan="2"><br><b>{html.escape(group)}</b></td></tr>')
        for _, key, what in keys:
            lines.append(f"<tr><td>{html.escape(key)}&nbsp;&nbsp;&nbsp;&nbsp;</td><td>{html.escape(what)}</td></tr>")
    return f'<table cellspacing="4">{"".join(lines)}</table>'


def _explained(widget: QWidget | None) -> QWidget | None:
    """Returns the card that the help is about: the one around the widget; outside of cards the widget itself."""
    inside = widget
    while inside is not None and inside.objectName() not in CARDS:
        inside = inside.parentWidget()
    return inside or widget


def place_beside(taken: QRect, size: QSize, room: QRect) -> QPoint:
    """Returns the place of a window that leaves the explained control free: right of it, left, below or above.

    Without enough space on any side it is placed where there is most, at the edge of the screen.
    """
    left, right = taken.left() - room.left(), room.right() - taken.right()
    above, below = taken.top() - room.top(), room.bottom() - taken.bottom()
    top = max(room.top(), min(taken.top(), room.bottom() + 1 - size.height()))
    start = max(room.left(), min(taken.left(), room.right() + 1 - size.width()))
    if max(left, right) < size.width() <= room.width() and max(above, below) >= size.height():
        return QPoint(start, taken.bottom() + 1 if below >= size.height() else taken.top() - size.height())
    if right >= size.width() or right >= left:
        return QPoint(max(room.left(), min(taken.right() + 1, room.right() + 1 - size.width())), top)
    return QPoint(max(room.left(), taken.left() - size.width()), top)
