"""The preview of a data set: an image of each class, or the first rows of a table."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QSize
from PyQt5.QtWidgets import QVBoxLayout, QWidget

from engine.basics.validation import Array
from engine.datasets import Dataset
from nnviz.cards.settings.small_table import SmallTable
from nnviz.cards.settings.table_excerpt import first_rows
from nnviz.formatting import text
from nnviz.ui.parts import arranged, named
from nnviz.ui.picture import Picture

_MOST_SHOWN = 10  # pictures
_ROWS, _COLUMNS = 3, 6
_LEAST_COLUMNS = 3  # inputs of a table; points in the plane and on a curve have fewer
_HEIGHT = 25  # pixels of the strip of images
_PICTURES_TIP = "Shows one training example of each class, as the network sees it."


class DataPreview(QWidget):
    """Shows the view that suits the data, or nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._pictures = Picture(QSize(0, _HEIGHT), smooth=True, is_at_left=True)
        named(self._pictures, "dataPictures", "One example of each class", _PICTURES_TIP)
        self._rows = named(SmallTable(), "dataRows", "The first rows of the table")
        self._rows.hide()
        self._is_wanted = self._has_view = True
        arranged(QVBoxLayout(self), self._pictures, self._rows)

    def show_data(self, data: Dataset) -> None:
        """Shows a data set."""
        is_table = not data.is_picture and data.width >= _LEAST_COLUMNS
        self._pictures.setVisible(data.is_picture)
        self._rows.setVisible(is_table)
        self._has_view = data.is_picture or is_table
        self.show_wanted(self._is_wanted)
        if data.is_picture:
            self._pictures.show_picture(_one_of_each(data))
        elif is_table:
            self._show_rows(data)

    def show_wanted(self, is_wanted: bool) -> None:
        """Shows or hides the preview, if the data have one."""
        self._is_wanted = is_wanted
        self.setVisible(is_wanted and self._has_view)

    def _show_rows(self, data: Dataset) -> None:
        rows = first_rows(data, _ROWS, _COLUMNS)
        self._rows.show_rows(rows.names, rows.cells, rows.numbers)
        names = ", ".join(map(text.name, rows.names[1:]))
        more = ", …" if data.width > _COLUMNS else ""
        what = f"Shows the first rows of the training set. {text.name(rows.names[0])} is predicted from {names}{more}."
        self._rows.setToolTip(what)


def _one_of_each(data: Dataset) -> Array:
    """Returns the first example of each class side by side, or without classes the first examples; at most ten."""
    labels, first = data.train.labels, np.arange(min(_MOST_SHOWN, len(data.train)))
    if labels is not None:
        first = np.unique(labels, return_index=True)[1][:_MOST_SHOWN]
    return np.hstack([data.train.inputs[row].reshape(data.example_shape) for row in first]) * data.train.scale
