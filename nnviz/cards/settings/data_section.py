"""The section of the data set."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from engine.basics.errors import EngineError
from engine.datasets import DATASETS, Dataset, DataSource, source_of
from engine.datasets.dataset import Note
from engine.datasets.painted_points import POINTS
from nnviz.cards.settings.data_fields import DataFields, TargetField
from nnviz.cards.settings.data_preview import DataPreview
from nnviz.cards.settings.grouped_combo import ComboEntry, GroupedCombo
from nnviz.cards.settings.section_head import SectionHead
from nnviz.formatting import text
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.combos import Command
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.hover import ShownOnHover
from nnviz.ui.parts import arranged, named

_COMBO_TIP = "Selects the data that the network learns from. The input and output layers follow the data."
_RECENT = "Your files"
_FIRST = "mnist"  # the data with which the program starts
_OPEN_TIP = (
    "Opens a table (CSV or TSV), arrays (.npz) or IDX files, and first shows how they are read. You can "
    "also drop files and folders on the window."
)
_FOLDER_TIP = "Opens a folder of images, with a subfolder for each class, and first shows how it is read."
_PAINT_TIP = (
    "Places points of the plane or of a curve with the mouse, starting from the current ones. The "
    "network learns from them after each stroke."
)
_CHANGE_TIP = "Shows how the file is read, so that you can change it: columns, target, missing values, test set."


class DataSection(QWidget):
    """Shows and chooses the data set, with its numbers of examples and a preview.

    Signals:
        file_wanted: the user wants to choose a file to open.
        folder_wanted: the user wants to choose a folder of images.

    Attributes:
        head: the heading.
        preview: examples of the data.
    """

    file_wanted = pyqtSignal()
    folder_wanted = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.combo = GroupedCombo("datasetCombo", "Data set", _COMBO_TIP)
        self.combo.chosen.connect(lambda: self._choose(self.combo.currentData()))
        self.head = SectionHead("Data")
        self._opener, self.paint = self._buttons()
        self.combo.commands = (
            Command("Open data …", _OPEN_TIP, self._opener.click, self._opener.isEnabled),
            Command("Open folder …", _FOLDER_TIP, self.folder_wanted.emit, self._opener.isEnabled),
            Command("Paint points", _PAINT_TIP, self.paint.click, self.paint.isEnabled),
            Command("Change how the file is read …", _CHANGE_TIP, self._change_import, self._is_file),
        )
        self.preview = DataPreview()
        self.counts = named(ElidedLabel(role="muted"), "dataCounts", "Examples")
        self._has_room = True  # for the line about the file
        self._fields, self._target = DataFields(session), TargetField(session)
        parts = (self.head, self.combo, self.preview, self.counts, self._note_row(), self._fields, self._target)
        arranged(QVBoxLayout(self), *parts, spacing=theme.ROW_GAP)
        ShownOnHover(self, self._opener, self.paint)
        session.data.loading_changed.connect(self._show)
        session.recent_data_files.changed.connect(self._show_choice)
        session.data.progressed.connect(self._show_counts)
        session.painting.changed.connect(self._show_painting)
        self._fields.show_source(DATASETS[_FIRST])  # so that nothing moves when these data are loaded
        self._target.hide()
        self._notes.hide()
        self._show()

    def _buttons(self) -> tuple[QToolButton, QToolButton]:
        """Returns the buttons in the heading that open a file and that paint points."""
        opener = named(QToolButton(), "openDataButton", "Open data", _OPEN_TIP)
        theme.set_icon(opener, "folder-open", "muted")
        opener.clicked.connect(self.file_wanted)
        paint = named(QToolButton(), "paintPointsButton", "Paint points", _PAINT_TIP)
        theme.set_icon(paint, "brush", "muted")
        paint.setCheckable(True)
        paint.clicked.connect(self._session.painting.toggle)
        arranged(self.head.row, paint, opener, spacing=4)
        return opener, paint

    def _show_painting(self) -> None:
        self.paint.setChecked(self._session.painting.is_on)

    def _note_row(self) -> QWidget:
        self._note = named(ElidedLabel(role="muted"), "dataNote")
        self._change = named(QToolButton(), "changeImportButton", "Change how the file is read", _CHANGE_TIP)
        self._change.setText("Change …")
        self._change.setProperty("role", "word")
        self._change.clicked.connect(self._change_import)
        self._notes = QWidget()
        arranged(QHBoxLayout(self._notes), (self._note, 1), self._change, spacing=8)
        return self._notes

    def _change_import(self) -> None:
        self._session.data_import.open(self._session.data.name or "")

    def _is_file(self) -> bool:
        source = data_source(self._session)
        return source is not None and source.file is not None and self._change.isEnabled()

    def show_counts(self, is_shown: bool) -> None:
        """Shows or hides the numbers of examples, and the line about the file."""
        self.counts.setVisible(is_shown)
        self._has_room = is_shown
        self._notes.setVisible(is_shown and self._is_file())

    def _choose(self, name: str) -> None:
        """Loads data by name; a file as it was understood the last time."""
        if name in self._session.painting.latest:
            self._session.painting.load_latest(name)
            return
        known = self._session.recent_data_files.find(name)
        try:
            self._session.data.load(name, known.settings if known is not None else {})
        except EngineError as error:
            self._session.messages.show_error("The data could not be loaded", error)
            self._show()

    # ---- display

    def _show(self) -> None:
        data, source = self._session.data, data_source(self._session)
        self._show_choice()
        self._show_counts()
        if data.loading or data.dataset is None:
            return
        self.preview.show_data(data.dataset)
        self._fields.show_source(source)
        self._target.show_table(source, data.dataset)
        self._show_note(source, data.dataset)

    def _show_choice(self) -> None:
        self.combo.show_groups(self._entries())
        data = self._session.data
        if not data.loading and data.dataset is not None:
            self.combo.show_value(data.name)

    def _show_counts(self) -> None:
        data, dataset = self._session.data, self._session.data.dataset
        if data.loading:
            share = "" if data.progress is None else f" {data.progress:.0%}".replace("%", "\u202f%")
            self.counts.setText(f"Loading …{share}")
        elif dataset is None:
            self.counts.setText("Not loaded. Select it again.")
        else:
            tests = f", {text.count(len(dataset.test))} to test" if dataset.test else ""
            self.counts.setText(f"{text.count(len(dataset.train))} to learn from{tests}")

    def _show_note(self, source: DataSource | None, dataset: Dataset) -> None:
        """Says what was left out, or where the data come from, in the tip of the counts; of a file, also in a line."""
        data = self._session.data
        settings = {} if source is None else {each.name: each.default for each in source.settings} | data.settings
        is_file = source is not None and source.file is not None
        notes = dataset.notes
        words = [text.regrouped(text.plain(note)) for note in notes]
        if not is_file and "test_share" in settings:
            words.append("Painted by hand." if POINTS in settings else f"Generated from seed {settings['seed']}.")
        if data.name not in list(DATASETS):
            words.append(f"from {text.plain(data.name or '')}")
        self.counts.setToolTip("\n".join(words))
        shorter = [text.regrouped(note.short) for note in notes[:1] if isinstance(note, Note)]
        self._note.show_versions(words[0] if words else "", *shorter, tip="\n".join(words))
        self._notes.setVisible(is_file and self._has_room)

    def _entries(self) -> dict[str, list[ComboEntry]]:
        groups: dict[str, list[ComboEntry]] = {}
        for name in DATASETS:
            groups.setdefault(DATASETS[name].group, []).append(ComboEntry(name, DATASETS[name].title))
        paths = [file.path for file in self._session.recent_data_files.files]
        now = self._session.data.name
        if now is not None and now not in [*DATASETS, *paths]:
            paths.insert(0, now)
        groups[_RECENT] = [ComboEntry(path, Path(path).name, text.plain(path)) for path in paths]
        return groups


def data_source(session: Session) -> DataSource | None:
    """Returns the source of the data; None if it is not registered any more."""
    try:
        return source_of(session.data.name or "")
    except EngineError:
        return None
