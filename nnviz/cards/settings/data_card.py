"""The card of the data set."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QHBoxLayout, QToolButton, QWidget

from engine.basics.errors import EngineError
from engine.datasets import DATASETS, DataSource, source_of
from engine.datasets.dataset import Note
from engine.datasets.painted_points import POINTS
from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.cards.settings.data_fields import DataFields
from nnviz.cards.settings.data_preview import DataPreview, small_points
from nnviz.cards.settings.grouped_combo import ComboEntry, GroupedCombo
from nnviz.cards.settings.points_picture import PointsPicture
from nnviz.formatting import text
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.card import Card
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.group import CollapsibleGroup
from nnviz.ui.parts import arranged, named
from nnviz.ui.plane.points import no_points

_COMBO_TIP = "Selects the data that the network learns from. The input and output layers follow the data."
_RECENT = "Your files"
_FIRST = "mnist"  # the data with which the program starts
_PARTS_TIP = "Sets the size of the test set, and the seed that draws it and the points."
_OPEN_TIP = (
    "Opens a table (CSV or TSV), arrays (.npz) or IDX files, and first shows how they are read. You can "
    "also drop files and folders on the window."
)
_PAINT_TIP = (
    "Places points of the plane or of a curve with the mouse, starting from the current ones. The "
    "network learns from them after each stroke."
)
_POINTS_TIP = "Sets the number of points in the training and test sets together."
_CHANGE_TIP = "Shows how the file is read, so that you can change it: columns, target, missing values, test set."


class DataCard(Card):
    """Shows and chooses the data set, with its numbers of examples and a preview.

    ``file_wanted``: the user wants to choose a file to open.
    """

    file_wanted = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__("Data")
        self._session = session
        self.combo = GroupedCombo("datasetCombo", "Data set", _COMBO_TIP)
        self.combo.activated.connect(lambda: self._choose(self.combo.currentData()))
        self._glance = DataPreview()
        self._fields = DataFields(session)
        self._more_fields: DataFields | None = None
        self._more = CollapsibleGroup("dataPartsGroup", "Test set and seed", _PARTS_TIP, self._make_more)
        self.body.addLayout(self._choice_row())
        for part in (self._glance, self._fields, self._more):
            self.body.addWidget(part)
        self.body.addWidget(self._note_row())
        session.data.loading_changed.connect(self._show)
        session.recent_data_files.changed.connect(self._show_choice)
        session.data.progressed.connect(self._show_counts)
        session.painting.changed.connect(self._show_painting)
        self._fields.show_source(DATASETS[_FIRST])  # so that nothing moves when these data are loaded
        self._more.hide()
        self._notes.hide()
        self._show()

    def _choice_row(self) -> QHBoxLayout:
        opener = named(QToolButton(), "openDataButton", "Open data", _OPEN_TIP)
        theme.set_icon(opener, "folder-open", "muted")
        opener.clicked.connect(self.file_wanted)
        self.paint = named(QToolButton(), "paintPointsButton", "Paint points", _PAINT_TIP)
        theme.set_icon(self.paint, "brush", "muted")
        self.paint.setCheckable(True)
        self.paint.clicked.connect(self._session.painting.toggle)
        return arranged(QHBoxLayout(), (self.combo, 1), self.paint, opener, spacing=4)

    def _show_painting(self) -> None:
        self.paint.setChecked(self._session.painting.is_on)

    def _note_row(self) -> QWidget:
        self._note = named(ElidedLabel(role="muted"), "dataNote")
        self._change = named(QToolButton(), "changeImportButton", "Change how the file is read", _CHANGE_TIP)
        self._change.setText("change …")
        self._change.setProperty("role", "word")
        self._change.clicked.connect(lambda: self._session.data_import.open(self._session.data.name or ""))
        self._points = named(PointsPicture(), "dataPoints", "Points", _POINTS_TIP)
        self._notes = QWidget()
        arranged(QHBoxLayout(self._notes), self._points, (self._note, 1), self._change, spacing=8)
        return self._notes

    def _make_more(self) -> QWidget:
        self._more_fields = DataFields(self._session, of_split=True)
        self._more_fields.show_source(self._source)
        return self._more_fields

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

    @property
    def _source(self) -> DataSource | None:
        """The source of the data; None if it is not registered any more."""
        try:
            return source_of(self._session.data.name or "")
        except EngineError:
            return None

    def _show(self) -> None:
        data, source = self._session.data, self._source
        self._show_choice()
        self._show_counts()
        if data.loading or data.dataset is None:
            return
        self._glance.show_data(data.dataset)
        is_made = source is not None and source.file is None
        self._fields.show_source(source)
        if self._more_fields is not None:
            self._more_fields.show_source(source if is_made else None)
        has_parts = source is not None and any(each.name == "test_share" for each in source.settings)
        self._more.setVisible(is_made and has_parts)
        self._show_note(source)

    def _show_choice(self) -> None:
        self.combo.show_groups(self._entries())
        data = self._session.data
        if not data.loading and data.dataset is not None:
            self.combo.show_value(data.name)

    def _show_counts(self) -> None:
        data, dataset = self._session.data, self._session.data.dataset
        if data.loading:
            share = "" if data.progress is None else f" {data.progress:.0%}".replace("%", "\u202f%")
            self.head.detail.setText(f"loading …{share}")
        elif dataset is None:
            self.head.detail.setText("not loaded: select it again")
        else:
            tests = f" · {text.count(len(dataset.test))} test" if dataset.test else ""
            self.head.detail.setText(f"{text.count(len(dataset.train))} train{tests}")

    def _show_note(self, source: DataSource | None) -> None:
        """Says what was left out, or where the data come from; the tooltip has all of it."""
        data = self._session.data
        assert data.dataset is not None
        settings = {} if source is None else {each.name: each.default for each in source.settings} | data.settings
        is_file = source is not None and source.file is not None
        notes = data.dataset.notes
        words = [text.regrouped(text.plain(note)) for note in notes]
        if not is_file and "test_share" in settings:
            origin = "painted by hand" if POINTS in settings else f"generated from seed {settings['seed']}"
            words.append(f"{origin} · no file")
        if data.name not in list(DATASETS):
            words.append(f"from {text.plain(data.name or '')}")
        share = f"{settings.get('test_share', 0):.0%}".replace("%", "\u202f%")
        self._more.head.show_summary(f"{share}, seed {settings.get('seed', 0)}")
        shorter = [text.regrouped(note.short) for note in notes[:1] if isinstance(note, Note)]
        self._note.show_versions(words[0] if words else "", *shorter, tip="\n".join(words))
        self._change.setVisible(is_file)
        points = small_points(data.dataset)
        self._points.setVisible(points is not None)
        self._points.show_points(points or no_points())
        self._notes.setVisible(bool(words) or is_file or points is not None)

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


CARDS.register("dataCard")(CardInfo(DataCard, {"train": Place(Column.CHOOSE, 1)}, is_fixed=True))
