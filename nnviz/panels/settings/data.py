"""The card of the data that the network learns from."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QSize

from engine.datasets import DATASETS, Dataset
from engine.validation import Array
from nnviz.look import text
from nnviz.panels.cards import CARDS, CardInfo, Column, Place
from nnviz.session.session import Session
from nnviz.widgets.card import Card
from nnviz.widgets.fields import Combo
from nnviz.widgets.parts import named
from nnviz.widgets.picture import Picture

_MOST_SHOWN = 10


class DataPanel(Card):
    """Shows the data set, its numbers of examples, and one example of each class."""

    def __init__(self, session: Session) -> None:
        super().__init__("Data")
        self._session = session
        self.combo = Combo(
            "datasetCombo", "Data set", "What the network learns from. Its first and last layer follow the data."
        )
        for name in DATASETS:
            self.combo.addItem(text.name(DATASETS[name].title), name)
        self.combo.activated.connect(lambda: session.data.load(self.combo.currentData()))
        tip = "One training example of each class, as the network sees it."
        self._examples = named(Picture(QSize(0, 28), smooth=True), "", "One example of each class", tip)
        self.body.addWidget(self.combo)
        self.body.addWidget(self._examples)
        session.data.changed.connect(self._show)
        session.data.loading_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        data = self._session.data.dataset
        if self._session.data.loading:
            self.head.detail.setText("loading …")
            return
        if data is None:
            self.head.detail.setText("not loaded: choose it again")
            return
        self.combo.setCurrentIndex(self.combo.findData(self._session.data.name))
        tests = f" · {text.count(len(data.test))} test" if data.test else ""
        self.head.detail.setText(f"{text.count(len(data.train))} train{tests}")
        self._examples.setVisible(data.is_picture)
        if data.is_picture:
            self._examples.show_picture(_one_of_each(data))


def _one_of_each(data: Dataset) -> Array:
    """The first example of each class side by side, or without classes the first examples; at most ten."""
    labels, first = data.train.labels, np.arange(min(_MOST_SHOWN, len(data.train)))
    if labels is not None:
        first = np.unique(labels, return_index=True)[1][:_MOST_SHOWN]
    return np.hstack([data.train.inputs[row].reshape(data.example_shape) for row in first]) * data.train.scale


CARDS.register("dataCard")(CardInfo(DataPanel, {"train": Place(Column.CHOOSE, 1)}, is_fixed=True))
