"""The preview of a data set: an image of each class, the first rows of a table, or its points."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QSize
from PyQt5.QtWidgets import QVBoxLayout, QWidget

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.explain.input_grid import places_of
from nnviz.cards.settings.small_table import SmallTable
from nnviz.cards.settings.table_excerpt import first_rows
from nnviz.formatting import text
from nnviz.ui import theme
from nnviz.ui.parts import arranged, named
from nnviz.ui.picture import Picture
from nnviz.ui.plane.points import Points

_MOST_SHOWN = 10  # pictures
_ROWS, _COLUMNS = 3, 6
_LEAST_COLUMNS = 3  # inputs of a table; points in the plane and on a curve have fewer
_MOST_POINTS = 600
_PICTURES_TIP = "Shows one training example of each class, as the network sees it."


class DataPreview(QWidget):
    """Shows the view that suits the data, or nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._pictures = Picture(QSize(0, 28), smooth=True, is_at_left=True)
        named(self._pictures, "dataPictures", "One example of each class", _PICTURES_TIP)
        self._rows = named(SmallTable(), "dataRows", "The first rows of the table")
        self._rows.hide()
        arranged(QVBoxLayout(self), self._pictures, self._rows)

    def show_data(self, data: Dataset) -> None:
        """Shows a data set."""
        is_table = not data.is_picture and data.width >= _LEAST_COLUMNS
        self._pictures.setVisible(data.is_picture)
        self._rows.setVisible(is_table)
        self.setVisible(data.is_picture or is_table)
        if data.is_picture:
            self._pictures.show_picture(_one_of_each(data))
        elif is_table:
            self._show_rows(data)

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


def small_points(data: Dataset) -> Points | None:
    """Returns some points of the plane or the curve, in a square from -1 to 1; None for other data."""
    if not (data.is_plane or data.is_curve):
        return None
    splits = list(data.splits.values())
    places = np.concatenate([places_of(data, split) for split in splits])
    low, high = places.min(axis=0), places.max(axis=0)
    half = (high - low) / 2 if data.is_curve else np.full(2, (high - low).max() / 2)
    kinds = [np.zeros(len(split), np.intp) if split.labels is None else split.labels for split in splits]
    inks = ["train"] if data.is_curve else theme.plane_classes(data.outputs)
    some = slice(None, None, max(1, -(-len(places) // _MOST_POINTS)))
    shown = ((places - (low + high) / 2) / np.where(half > 0, half, 1))[some]
    return Points(shown, np.concatenate(kinds)[some], np.zeros(len(shown), bool), inks, len(shown))
