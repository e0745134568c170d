"""The library: every run that was recorded, to find, mark, compare, and put into the window again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import QAction, QStackedWidget

from nnviz.library import LibraryError, RunRecord
from nnviz.look import text
from nnviz.panels.cards import CARDS, CardInfo, Column, Place
from nnviz.panels.runs.room_part import RoomPart
from nnviz.session.run_words import SORTS, figure_of, title_of
from nnviz.session.session import Session
from nnviz.widgets.card import DockCard, Table, label
from nnviz.widgets.choice_button import ChoiceButton
from nnviz.widgets.fields import FieldEdit
from nnviz.widgets.parts import named
from nnviz.widgets.runs.run_table import RunLine, RunTable

_EMPTY = "Runs appear here when a network is trained."
_NOTHING_FOUND = "No run has all these words in its settings, its name, its note or its data."
_SORT_TIP = "By which figure the runs are sorted, the best first, or by their date. It stands at the right of each run."
_SEARCH_TIP = "Lists the runs that have all these words in settings, name, note or data, like “adam 0.01” or “784-64”."
_NOTE_TIP = "What you want to remember of the run whose row is chosen. It is found by it too. Enter keeps the note."
_MOST_TOLD = 400  # letters of a note in a tooltip


class KeptRunsPanel(DockCard):
    """Shows what the session lists; which runs are compared, the session knows too.

    Signals:
        export_wanted(int), import_wanted: the person wants to pass that run on, or to take in one.
    """

    export_wanted = pyqtSignal(int)
    import_wanted = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__("Runs")
        self._session = session
        self._run: int | None = None  # the run of the current row
        self._is_sought = False  # whether its row is to come into sight
        self.sort_button = ChoiceButton("runSortButton", "What the runs are sorted by", _SORT_TIP)
        self.head.row.addWidget(self.sort_button)
        self.search = named(FieldEdit(), "runSearchEdit", "Find runs", _SEARCH_TIP)
        self.search.setPlaceholderText("find: rate, layers, note …")
        self.search.setClearButtonEnabled(False)
        tip = "Click: compare. Double click or Enter: put it into the window. The first column marks it with a star."
        self.table_view = named(RunTable(), "runsTable", "Runs", "")
        self.table_view.setWhatsThis(tip)
        self._words = label(role="muted")
        self._words.setAlignment(Qt.AlignCenter)
        self._words.setWordWrap(True)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.table_view)
        self._stack.addWidget(self._words)
        self.note = named(FieldEdit(), "runNoteEdit", "Note of the run", _NOTE_TIP)
        self.body.addWidget(self.search)
        self.body.addWidget(self._stack, 1)
        self.body.addWidget(self.note)
        self.body.addWidget(RoomPart(session))
        self._add_actions()
        self._connect()

    def _add_actions(self) -> None:
        """What can be done with the current run: by keys, and by a right click."""
        library, comparison = self._session.library, self._session.comparison
        self._action("Put into the window", "actionOpenRun", "Return; Enter", library.open)
        self._action("Compare, or no longer", "actionCompareRun", "C", comparison.toggle)
        self._action("Baseline, or no longer", "actionBaselineRun", "=", comparison.pin)
        self._action("Star", "actionStarRun", "*", self._star)
        self._action("Rename …", "actionRenameRun", "F2", lambda _: self.table_view.rename())
        self._action("Note …", "actionNoteRun", "F4", lambda _: self.note.setFocus())
        self._action("Export …", "actionExportRun", "Ctrl+E", self.export_wanted.emit)
        self._action("Delete", "actionDeleteRun", "Del", library.delete)
        for words, name, act in (
            ("Import …", "actionImportRunHere", self.import_wanted.emit),
            ("Compare none", "actionCompareNone", comparison.clear),
        ):
            entry = QAction(words, self)
            entry.setObjectName(name)
            entry.triggered.connect(lambda _=False, act=act: act())
            self.table_view.addAction(entry)
        self.table_view.setContextMenuPolicy(Qt.ActionsContextMenu)

    def _action(self, words: str, name: str, keys: str, act: Callable[[int], object]) -> None:
        action = QAction(words, self)
        action.setObjectName(name)
        action.setShortcuts(QKeySequence.listFromString(keys))
        action.setShortcutContext(Qt.WidgetShortcut)
        action.triggered.connect(lambda: None if self._run is None else act(self._run))
        self.table_view.addAction(action)

    def _connect(self) -> None:
        library, comparison, table = self._session.library, self._session.comparison, self.table_view
        self.in_view_changed.connect(library.watch)
        self.search.textChanged.connect(library.find)
        self.sort_button.chosen.connect(library.sort_by)
        table.chosen.connect(lambda place: comparison.toggle(library.rows[place].run))
        table.opened.connect(lambda place: library.open(library.rows[place].run))
        table.starred.connect(lambda place: self._star(library.rows[place].run))
        table.renamed.connect(lambda place, name: library.annotate(library.rows[place].run, name=name.strip()))
        table.moved.connect(self._moved)
        self.note.editingFinished.connect(self._noted)
        library.listed.connect(self.refresh)
        library.known.connect(self._show_words)
        comparison.changed.connect(self._show_words)
        self._session.runs.replaced.connect(self._show_words)
        self._session.exchange.imported.connect(self._seek)

    # ---- what is shown

    def refresh(self) -> None:
        """Shows the list as it is now."""
        library = self._session.library
        self.sort_button.show_choice({name: sort.title for name, sort in SORTS.items()}, library.sort)
        if not self.in_view or not library.is_read:
            return
        counted = f"{text.count(library.count)} run{'' if library.count == 1 else 's'}"
        self.head.detail.show_versions(f"{counted} ·", "")
        self._words.setText(library.problem or (_NOTHING_FOUND if library.count else _EMPTY))
        self._stack.setCurrentWidget(self.table_view if library.rows else self._words)
        current = next((place for place, row in enumerate(library.rows) if row.run == self._run), None)
        self.table_view.show_lines(len(library.rows), self._line, self._tip, current, self._is_sought)
        self._is_sought = False
        self._moved()

    def _show_words(self) -> None:
        if self.in_view:
            self.table_view.show_anew()
            self._show_note()

    def _line(self, place: int) -> RunLine:
        library, comparison = self._session.library, self._session.comparison
        record, (run, depth) = library.record_at(place), library.rows[place]
        if record is None:
            return RunLine("…", depth=depth)
        colour, is_baseline = comparison.colours.get(run, ""), comparison.is_pinned and comparison.baseline == run
        title, (figure, ink) = self._title(record), figure_of(record, library.sort)
        is_current = self._session.runs.current.record == run
        return RunLine(title, figure, ink, colour, record.starred, is_baseline, is_current, depth)

    def _tip(self, place: int) -> str:
        record = self._session.library.record_at(place)
        return "" if record is None else f"{self._title(record)}{_told(record)}"

    def _title(self, record: RunRecord) -> str:
        return title_of(record, None if record.parent is None else self._session.library.record(record.parent))

    # ---- the current row

    def _seek(self, run: int) -> None:
        """Makes a run the current one when the list is read again, and brings its row into sight."""
        self._run, self._is_sought = run, True

    def _moved(self) -> None:
        place, rows = self.table_view.current, self._session.library.rows
        if place is not None and place < len(rows):
            self._run = rows[place].run
        elif not any(row.run == self._run for row in rows):
            self._run = None
        self._show_note()

    def _show_note(self) -> None:
        record = None if self._run is None else self._session.library.record(self._run)
        self.note.setEnabled(record is not None)
        self.note.setPlaceholderText("note of the chosen run …" if record is not None else "choose a run for its note")
        if not self.note.hasFocus():
            self.note.setText("" if record is None else record.note)

    def _noted(self) -> None:
        if self._run is not None and self.note.isModified():
            self.note.setModified(False)
            self._session.library.annotate(self._run, note=self.note.text().strip())

    def _star(self, run: int) -> None:
        record = self._session.library.record(run)
        if record is not None:
            self._session.library.annotate(run, starred=not record.starred)

    def table(self) -> Table | None:
        """The runs whose rows were in sight, for a CSV file."""
        library = self._session.library
        known = [library.record(row.run) for row in library.rows]
        names = [name for name in SORTS if name not in ("id", "epochs", "seconds", "nbytes")]
        rows = [
            [each.id, self._title(each), each.epochs, each.seconds, *(each.figures.get(name, "") for name in names)]
            for each in known
            if each is not None
        ]
        return ["run", "title", "epochs", "seconds", *names], rows


def _told(record: RunRecord) -> str:
    """What a tooltip tells of a run below its title."""
    when = datetime.fromtimestamp(record.created).strftime("%Y-%m-%d %H:%M")
    lines = [f"run {record.id} · {when} · {record.status}, epoch {text.epochs(record.epochs, record.batches)}"]
    if record.figures_before is not None:
        lines.append(f"its figures are of epoch {text.epochs(record.figures_before)}")
    try:
        lines.append(f"{text.name(record.data)} · {text.shape(record.experiment.shape)}")
    except LibraryError as error:
        lines.append(str(error))
    if record.note:
        lines.append(text.plain(record.note, _MOST_TOLD))
    return "\n" + "\n".join(lines)


CARDS.register("runsDock")(CardInfo(KeptRunsPanel, {"runs": Place(Column.CHOOSE, 1)}, is_of_displayed=False))
