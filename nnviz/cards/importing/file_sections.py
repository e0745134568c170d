"""Sections of the import sheet for a folder of images and for files of arrays."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QSize
from PyQt5.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.basics.validation import Array
from engine.datasets.data_setting import SEED, SIDE, TEST_SHARE
from engine.datasets.preview import ArraysPreview, FolderPreview
from engine.datasets.table.table_dataset import CLASSIFICATION, REGRESSION
from nnviz.cards.importing.import_fields import QUESTION, ImportFields
from nnviz.cards.importing.short_list import ShortList
from nnviz.formatting import text
from nnviz.session.data_import import DataImport
from nnviz.ui.card import label
from nnviz.ui.parts import arranged, named
from nnviz.ui.picture import Picture

_PICTURE = 36  # pixels
_FOLDER_TARGET = "the class of an image, which is the name of its folder"
_TASK_TIP = "Selects the task: classification or regression. The default depends on the values of y."


class FolderSection(QWidget):
    """Shows a ``FolderPreview``: each class with its number of files and some images.

    Attributes:
        target: what is predicted; ``choices``: its fields. The owner places both.
    """

    def __init__(self, importing: DataImport, parent: QWidget) -> None:
        super().__init__(parent)
        self._shown: FolderPreview | None = None
        self._rows = QWidget()
        self._rows.setObjectName("scrolled")
        self._grid = QGridLayout(self._rows)
        self._grid.setHorizontalSpacing(14)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(2, 1)
        area = named(QScrollArea(), "importClasses", "Classes", "Subfolders of the folder. Each one is a class.")
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(self._rows)
        tip = "Files that are not used, with the reason."
        self._unread = ShortList("importUnreadList", "Skipped files", tip, self)
        self.target = QWidget(self)
        predicted = named(label(_FOLDER_TARGET), "importFolderTarget")
        arranged(QHBoxLayout(self.target), label(QUESTION, "question"), predicted, 1, spacing=8)
        self.choices = ImportFields(importing, "importFolder", self)
        for setting in (SIDE, TEST_SHARE, SEED):
            self.choices.add_number(setting)
        arranged(QVBoxLayout(self), (area, 1), self._unread, spacing=8)

    @property
    def handled(self) -> list[str]:
        """Settings whose errors the section shows."""
        return self.choices.names

    def begin(self) -> None:
        """Prepares for another folder, which may have the same classes."""
        self._shown = None
        self.choices.forget_typed()

    def show_preview(self, preview: FolderPreview) -> None:
        """Shows a preview."""
        if self._shown is None or (preview.classes, list(preview.samples)) != (
            self._shown.classes,
            list(self._shown.samples),
        ):
            self._show_classes(preview)
        self._shown = preview
        unread = [f"{each.path}: {each.why}" for each in preview.unread]
        self._unread.show_lines(unread, preview.unread_count - len(unread))
        self.choices.show_values(preview.settings.get)
        for part in (self.target, self.choices):
            part.show()

    def _show_classes(self, preview: FolderPreview) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            item.widget().deleteLater()
        for row, (name, count) in enumerate(preview.classes[: len(preview.samples)]):
            self._grid.addWidget(label(text.name(name)), row, 0)
            self._grid.addWidget(label(f"{text.count(count)} {'file' if count == 1 else 'files'}", "muted"), row, 1)
            if preview.samples[name]:
                self._grid.addWidget(_strip(preview.samples[name], f"Images of {text.name(name)}", 255), row, 2)
        left = len(preview.classes) - len(preview.samples)
        if left:
            more = label(f"… and {text.count(left)} more classes", "muted")
            self._grid.addWidget(more, len(preview.samples), 0, 1, 3)
        self._grid.setRowStretch(len(preview.samples) + 1, 1)


class ArraysSection(QWidget):
    """Shows an ``ArraysPreview``: each array with its dimensions, and the first images.

    Attributes:
        target: the field for what is predicted; ``choices``: the other fields. The owner places both.
    """

    def __init__(self, importing: DataImport, parent: QWidget) -> None:
        super().__init__(parent)
        self._importing = importing
        self._facts = named(QLabel(), "importArrays", "Content of the file")
        self._facts.setWordWrap(True)
        self._pictures = QVBoxLayout()
        self.target = ImportFields(importing, "importArrays", self, error_above=False, problem="Target")
        tasks = (("classes", CLASSIFICATION), ("numbers", REGRESSION))
        self._task = self.target.add_combo("task", "Predict", _TASK_TIP, tasks, QUESTION)
        self.choices = ImportFields(importing, "importArrays", self)
        for setting in (TEST_SHARE, SEED):
            self.choices.add_number(setting)
        arranged(QVBoxLayout(self), self._facts, self._pictures, 1, spacing=8)

    @property
    def handled(self) -> list[str]:
        """Settings whose errors the section shows."""
        return [*self.target.names, *self.choices.names]

    def begin(self) -> None:
        """Prepares for another file."""
        self.choices.forget_typed()

    def show_preview(self, preview: ArraysPreview) -> None:
        """Shows a preview."""
        lines = [f"{text.name(name)}: {what}" if what else text.name(name) for name, what in preview.arrays]
        self._facts.setText("\n".join(lines))
        while (item := self._pictures.takeAt(0)) is not None:
            item.widget().deleteLater()
        if preview.samples:
            self._pictures.addWidget(_strip(preview.samples, "First images", 1))
        outcome = preview.outcome
        guess = None if outcome is None else CLASSIFICATION if outcome.classes else REGRESSION
        settings = {"task": guess, **preview.settings}
        for fields in (self.target, self.choices):
            fields.show_values(settings.get)
            fields.show()
        self._task.setEnabled("task" in self._importing.settings)


def _strip(pictures: tuple[Array, ...], accessible: str, white: int) -> Picture:
    """Returns a strip of images; ``white`` is the value of a white pixel."""
    strip = Picture(QSize(0, _PICTURE), smooth=True, is_at_left=True)
    named(strip, "", accessible, f"{accessible}, as inputs of the network.")
    strip.show_picture(np.hstack(pictures).astype(np.float32) / white)
    return strip
