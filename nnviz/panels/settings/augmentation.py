"""The settings of augmentation, and a preview of distorted pictures."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QSize
from PyQt5.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from engine.augmentation import Augmenter
from engine.validation import Array
from nnviz.panels.settings.form import Field, Form
from nnviz.session.session import Session
from nnviz.widgets.card import label
from nnviz.widgets.fields import check_box, step_by
from nnviz.widgets.picture import LazyPicture

_SHOWN = 6  # pictures in the preview
_GAP = 2  # pixels between two pictures
_FIELDS = (
    Field("shift", "Shift, pixels", step_by(0.5, 100), "Moves each picture sideways and up or down, by up to so much."),
    Field("rotation", "Rotation, degrees", step_by(1, 180), "Turns each picture about its centre, by up to so much."),
    Field(
        "scale", "Scale", step_by(0.02, 1), "Makes each picture larger or smaller, by up to that share; 0.1 is a tenth."
    ),
    Field("shear", "Shear", step_by(0.02, 1), "Slants each picture to the left or right; 1 is by 45 degrees."),
    Field("elastic", "Elastic, pixels", step_by(0.1, 20), "Bends strokes as another hand would have drawn them."),
    Field(
        "elastic_sigma",
        "Elastic sigma",
        step_by(0.5, 100),
        "How smooth the bends are: with a small number strokes tremble.",
    ),
    Field("thickness", "Thickness, pixels", step_by(0.1, 2), "Makes strokes thicker or thinner, by up to so much."),
    Field(
        "noise",
        "Noise",
        step_by(0.01, 1),
        "Adds a random number to every pixel, so that the network learns to ignore grain.",
    ),
)


class AugmentationForm(Form):
    """A switch, the strengths, and a preview of training pictures as the network would see them."""

    NAMES = tuple(field.name for field in _FIELDS)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._shown: tuple[object, ...] = ()  # what the preview was made from
        self._draw = 0  # the seed of the preview: which examples, and their distortions
        self._check = check_box(
            "augmentationCheck",
            "Distort the pictures",
            "Distorts each training picture anew each time the network sees it. Off, the strengths are kept.",
        )
        self._check.clicked.connect(self._switch)
        self.add_wide(self._check)
        self.add_wide(self._preview())
        for field in _FIELDS:
            self.add_field(field)
        session.data.changed.connect(self._show)
        self._show()

    def _preview(self) -> QWidget:
        self._picture = LazyPicture(QSize(0, 44), self._examples)
        self._picture.setObjectName("augmentationPreview")
        self._picture.setAccessibleName("Training pictures as the network would see them")
        self._picture.setToolTip("Training pictures as the network would see them. A click shows others.")
        self._picture.clicked.connect(self.show_others)
        more = QToolButton()
        more.setText("other examples")
        more.setProperty("role", "word")
        more.setObjectName("otherExamplesButton")
        more.setAccessibleName("Other examples")
        more.setToolTip("Shows other training pictures, distorted in other ways.")
        more.clicked.connect(self.show_others)
        whole = QWidget()
        rows = QHBoxLayout()
        rows.addWidget(label("As the network sees them", "muted"), 1)
        rows.addWidget(more)
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._picture)
        column.addLayout(rows)
        return whole

    def _switch(self, wanted: bool) -> None:
        session = self._session
        self._chosen("shift", "Augmentation", lambda: session.settings.switch_augmentation(wanted))

    def show_others(self) -> None:
        """Shows other examples, distorted in other ways."""
        self._draw += 1
        self._picture.refresh()

    def _show(self) -> None:
        super()._show()
        self._check.setChecked(self._session.settings.experiment.training.augmentation.is_active)
        shown = (self._session.settings.experiment.training.augmentation, self._session.data.dataset)
        if shown != self._shown:
            self._shown = shown
            self._picture.refresh()

    def _examples(self) -> Array | None:
        """Distorted training pictures side by side; called when the preview is visible."""
        data = self._session.data.dataset
        if data is None or not data.is_picture:
            return None
        rng = np.random.default_rng(self._draw)
        rows = rng.integers(len(data.train), size=_SHOWN)
        pictures = np.multiply(data.train.inputs[rows], data.train.scale, dtype=np.float32)
        wanted = self._session.settings.experiment.training.augmentation
        Augmenter(wanted, data.example_shape, _SHOWN).apply(pictures, rng)
        gap = np.zeros((data.example_shape[0], _GAP), np.float32)
        tiles = [tile for picture in pictures for tile in (picture.reshape(data.example_shape), gap)]
        return np.hstack(tiles[:-1])
