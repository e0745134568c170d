"""Helpers for widgets: names, small buttons, layouts, and properties that the style sheet reads."""

from __future__ import annotations

from typing import TypeVar

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QBoxLayout, QLayout, QPushButton, QToolButton, QWidget

W = TypeVar("W", bound=QWidget)
L = TypeVar("L", bound=QBoxLayout)


def named(widget: W, name: str, accessible: str = "", tip: str = "") -> W:
    """Sets a widget's object name, its name for screen readers and its tooltip, and returns the widget."""
    widget.setObjectName(name)
    widget.setAccessibleName(accessible)
    widget.setToolTip(tip)
    return widget


def object_name(prefix: str, name: str, suffix: str) -> str:
    """Returns a Qt object name: ("data", "test_share", "Edit") → dataTestShareEdit; without prefix testShareEdit."""
    first, *rest = name.split("_")
    words = [first.capitalize() if prefix else first, *map(str.capitalize, rest)]
    return f"{prefix}{''.join(words)}{suffix}"


def pill(words: str, name: str, accessible: str, tip: str, checkable: bool = False) -> QPushButton:
    """Returns a small button."""
    made = named(QPushButton(words), name, accessible, tip)
    made.setProperty("role", "pill")
    made.setCheckable(checkable)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return made


def tool(words: str, name: str, accessible: str, tip: str) -> QToolButton:
    """Returns a small button with a word or for an icon."""
    button = named(QToolButton(), name, accessible, tip)
    button.setText(words)
    button.setProperty("role", "word" if words else "")
    return button


def arranged(
    layout: L,
    *parts: QWidget | QLayout | int | tuple[QWidget | QLayout, int],
    spacing: int = 0,
    margins: tuple[int, int, int, int] = (0, 0, 0, 0),
) -> L:
    """Fills a layout and returns it; spacing and margins are in pixels.

    An int among the parts is a stretch, and a tuple is a widget or layout that stretches.
    """
    layout.setContentsMargins(*margins)
    layout.setSpacing(spacing)
    for part in parts:
        content, stretch = part if isinstance(part, tuple) else (part, 0)
        if isinstance(content, int):
            layout.addStretch(content)
        elif isinstance(content, QWidget):
            layout.addWidget(content, stretch)
        else:
            layout.addLayout(content, stretch)
    return layout


def describe(widget: QWidget, words: str) -> None:
    """Sets what screen readers say of a widget after its name; they are notified only of another text."""
    if widget.accessibleDescription() != words:
        widget.setAccessibleDescription(words)


def set_look(widget: QWidget, which: str, value: object) -> None:
    """Sets a property that the style sheet reads; polishes the widget only if it changed, because that is slow."""
    if widget.property(which) != value:
        widget.setProperty(which, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
