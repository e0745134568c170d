"""The order in which Tab moves the focus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtWidgets import QWidget

from nnviz.ui.card import CardHead, Panel, holder


def focus_order(window: QWidget, places: Sequence[QWidget]) -> list[QWidget]:
    """Returns all widgets that Tab reaches, place by place; last those that are in none.

    Within a place, the heads of its cards come first, from left to right, then the rest in Qt's order.
    """

    def rank(widget: QWidget) -> tuple[int, int]:
        place = next((number for number, each in enumerate(places) if each.isAncestorOf(widget)), len(places))
        return place, widget.mapTo(window, QPoint(0, 0)).x() if holder(widget, CardHead) else window.width()

    return sorted(_reached(window), key=rank)


def _reached(window: QWidget) -> Iterator[QWidget]:
    """Yields all widgets that take the focus by Tab, in the order in which they were made."""
    widget = window.nextInFocusChain()
    while widget is not window:
        if _takes_tab(widget) and widget.isVisible() and widget.isEnabled() and widget.window() is window:
            card = holder(widget, Panel)  # not in view behind another tab, though Qt calls it visible
            if card is None or card.in_view:
                yield widget
        widget = widget.nextInFocusChain()


def _takes_tab(widget: QWidget) -> bool:
    proxy: QWidget | None = widget.focusProxy()  # a viewport hands the focus to its view
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and proxy is None
