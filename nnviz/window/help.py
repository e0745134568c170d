"""Help in the window: what a control does, what a card shows, and all keys. Controls are told by their tooltips."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator

from PyQt5.QtCore import QObject, QPoint, Qt
from PyQt5.QtGui import QCursor, QScreen
from PyQt5.QtWidgets import QApplication, QDialog, QMenu, QMenuBar, QTextBrowser, QVBoxLayout, QWidget

from nnviz.look import theme

# What is to be seen on a card, by the object name of its dock or, for those in the column, of the card.
CARDS = {
    "curvesDock": (
        "Error, loss and distributions",
        "The share of wrong answers and the loss against epochs: blue on the pictures the network learns from (train), "
        "orange on pictures it never learns from (test). While both fall it learns what digits have in common. Where "
        "train goes on falling and test does not, it learns its pictures by heart. Grey lines are earlier runs. "
        "Distributions shows how the numbers in each layer are spread, now and at the start, and how many neurons "
        "are dead: flat on every example, so that they learn nothing more.",
    ),
    "weightsDock": (
        "Weights",
        "What each neuron has learned to look for. In the first layer every tile is one neuron, laid out as a picture: "
        "a pixel in the one colour speaks for the neuron, in the other against it, and one that is like the ground "
        "does not matter to it. Noise turns into pen strokes as the network learns. A click on a tile shows its neuron "
        "alone: its weights, their range, its bias.",
    ),
    "drawDock": (
        "Draw a digit",
        "Draw with the mouse or a pen. The drawing is made into 28 × 28 pixels as the training pictures were, and the "
        "network is asked at every move, also while it is learning. A picture can be dropped or pasted here, and the "
        "dice bring a digit of the test set. Without centring you see how much the network relies on it.",
    ),
    "predictionDock": (
        "Prediction",
        "What the network answers to the drawing: a bar for each class. Behind softmax the bars are probabilities that "
        "sum to one. They are how sure the network is, which is not how right it is.",
    ),
    "learningStripDock": (
        "While it learns",
        "The drawing is asked again at moments of the training so far: how the leading answers came about.",
    ),
    "settingsDock": (
        "Settings",
        "What is learned from, how the network is made, and how it is trained. What changes the make of the network "
        "waits for the next run; what only guides training counts from the next batch on. Everything can be undone.",
    ),
}
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
        self.text.setToolTip("Can be selected and copied. It changes nothing in the network.")
        self.text.setHtml(content)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.CARD_PADDING, theme.CARD_PADDING, theme.CARD_PADDING, theme.CARD_PADDING)
        column.addWidget(self.text)
        document = self.text.document()
        document.setTextWidth(400 if name == "helpWindow" else 560)
        height = min(round(document.size().height()) + 2 * theme.CARD_PADDING + 8, 620)
        self.resize(round(document.textWidth()) + 2 * theme.CARD_PADDING + 24, height)


_GENERAL = (
    "<p><b>nnviz</b></p><p>Point at something and press F1: what it is, and what it does to the network. "
    "Space trains and pauses; all keys are listed under Help → Shortcuts.</p>"
)


def described(widget: QWidget | None) -> str:
    """What a control is and does, and the card it stands on; empty where neither is known."""
    parts = []
    control = _nearest(widget, lambda each: bool(each.toolTip() or each.whatsThis()))
    if control is not None:
        name = control.accessibleName() or control.windowTitle()
        parts.append((name, control.whatsThis() or control.toolTip()))
    card = _nearest(widget, lambda each: each.objectName() in CARDS)
    if card is not None:
        title, words = CARDS[card.objectName()]
        parts.append(("" if parts and parts[0][0] == title else title, words))
    return "".join(_paragraph(name, text) for name, text in parts)


def _paragraph(name: str, text: str) -> str:
    words = text if text.startswith("<") else html.escape(text)
    return (f"<p><b>{html.escape(name)}</b></p>" if name else "") + f"<p>{words}</p>"


def _nearest(widget: QWidget | None, wanted: Callable[[QWidget], bool]) -> QWidget | None:
    while widget is not None and not wanted(widget):
        widget = widget.parentWidget()
    return widget


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
