"""The common look of tables with rows."""

from __future__ import annotations

from PyQt5.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from nnviz.ui import theme


def show_as_rows(view: QTableView, height: int) -> None:
    """Shows rows of one height (pixels at 100 percent) that scroll smoothly and cannot be edited.

    No grid, no numbers.
    """
    view.setShowGrid(False)
    view.setTabKeyNavigation(False)  # Tab goes to the next control
    view.setEditTriggers(QAbstractItemView.NoEditTriggers)
    view.setVerticalScrollMode(QAbstractItemView.ScrollPerPixel)
    view.setHorizontalScrollMode(QAbstractItemView.ScrollPerPixel)
    view.setCornerWidget(QWidget())  # else a frame is painted between two scroll bars
    view.verticalHeader().hide()
    view.verticalHeader().setSectionResizeMode(QHeaderView.Fixed)
    theme.sized(view.verticalHeader().setDefaultSectionSize, height)
