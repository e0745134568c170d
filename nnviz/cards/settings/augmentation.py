"""The form of augmentation, with a preview of distorted images."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QSize
from PyQt5.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from engine.basics.validation import Array
from engine.training.augmentation import Augmenter
from nnviz.cards.settings.settings_form import SettingsForm
from nnviz.session.session import Session
from nnviz.ui.card import label
from nnviz.ui.fields import check_box
from nnviz.ui.parts import arranged, named
from nnviz.ui.picture import LazyPicture
from nnviz.ui.setting_fields import SettingRows

_SHOWN = 6  # pictures in the preview
_GAP = 2  # pixels between two pictures


class AugmentationForm(SettingsForm):
    """A switch, the strengths, and a preview of training images as the network would see them."""

    def __init__(self, session: Session, rows: SettingRows) -> None:
        super().__init__(session)
        self._shown: tuple[object, ...] = ()  # what the preview was made from
        self._draw = 0  # the seed of the preview: which examples, and their distortions
        self._check = check_box(
            "augmentationCheck",
            "Distort the images",
            "Distorts each training image differently each time the network sees it. Off keeps the values.",
        )
        self._check.clicked.connect(self._switch)
        self.column.addWidget(self._check)
        self.column.addWidget(self._preview())
        self.add_rows(rows)
        session.settings.changed.connect(self._show_preview)
        session.data.changed.connect(self._show_preview)
        self._show_preview()

    def _preview(self) -> QWidget:
        what = "Training images as the network would see them"
        picture = LazyPicture(QSize(0, 44), self._examples)
        self._picture = named(picture, "augmentationPreview", what, f"{what}. Click for other images.")
        self._picture.clicked.connect(self._show_others)
        tip = "Shows other training images with other distortions."
        more = named(QToolButton(), "otherExamplesButton", "Other examples", tip)
        more.setText("Other examples")
        more.setProperty("role", "word")
        more.clicked.connect(self._show_others)
        whole = QWidget()
        row = arranged(QHBoxLayout(), (label("Preview", "muted"), 1), more, spacing=2)
        arranged(QVBoxLayout(whole), self._picture, row, spacing=2)
        return whole

    def _switch(self, wanted: bool) -> None:
        self.attempt("shift", "Augmentation", lambda: self._session.settings.switch_augmentation(wanted))
        self._show_preview()

    def _show_others(self) -> None:
        self._draw += 1
        self._picture.refresh()

    def _show_preview(self) -> None:
        wanted = self._session.settings.experiment.training.augmentation
        self._check.setChecked(wanted.is_active)
        shown = (wanted, self._session.data.dataset)
        if shown != self._shown:
            self._shown = shown
            self._picture.refresh()

    def _examples(self) -> Array | None:
        """Returns distorted training images next to each other; called while the preview is visible."""
        data = self._session.data.dataset
        if data is None or not data.is_picture:
            return None
        rng = np.random.default_rng(self._draw)
        rows = rng.integers(len(data.train), size=_SHOWN)
        pictures = np.multiply(data.train.inputs[rows], data.train.scale, dtype=np.float32)
        wanted = self._session.settings.experiment.training.augmentation
        Augmenter(wanted, data.example_shape, _SHOWN, background=data.background).apply(pictures, rng)
        gap = np.zeros((data.example_shape[0], _GAP), np.float32)
        tiles = [tile for picture in pictures for tile in (picture.reshape(data.example_shape), gap)]
        return np.hstack(tiles[:-1])
