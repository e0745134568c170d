"""The card of the run library: lists recorded runs, and marks, compares and opens them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import QAction, QHBoxLayout, QPushButton, QStackedWidget

from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.cards.runs.run_table import RunLine, RunTable
from nnviz.cards.runs.seeds_button import SeedsButton
from nnviz.cards.runs.storage_part import StoragePart
from nnviz.formatting import text
from nnviz.formatting.result_text import figure_name
from nnviz.formatting.run_name import BETWEEN, RunName
from nnviz.formatting.units import unit_of
from nnviz.library import LibraryError, RunRecord
from nnviz.library.schema import FIGURES
from nnviz.library.sweeps import SweepSummary
from nnviz.session.run_list import RunRow, SweepKey
from nnviz.session.run_names import (
    NAMELESS,
    Subject,
    run_name,
    run_title,
    settings_line,
    settings_of,
    settings_of_record,
    subject_of,
    title_in_group,
)
from nnviz.session.run_text import NEWEST, SORTS, figure_of, format_figure
from nnviz.session.seeds import Chosen, main_figure, middle_of, named_first, note_of, seed_of, values_of
from nnviz.session.session import Session
from nnviz.session.sweep_titles import sweep_entry, sweep_row, sweep_title, trial_title
from nnviz.ui.card import Panel, Table, label
from nnviz.ui.choice_button import ChoiceButton
from nnviz.ui.fields import FieldEdit
from nnviz.ui.parts import arranged, named

_EMPTY = "Train a network and it appears here."
_NOTHING_FOUND = "No run has all these words in its settings, name, note, data or sweep. Change the search."
_SORT_TIP = (
    "Sorts the runs by date, or by a figure with the best first. Each data set is sorted by itself, because figures "
    "of different data cannot be compared."
)
_SEARCH_TIP = (
    "Lists the runs that have all these words in their settings, name, note, data or sweep, such as “adam 0.01”, "
    "“784-64” or “sweep 3”."
)
_NOTE_TIP = "Note on the selected run. The search finds it, too. Enter saves it."
_SWEEP_TIP = "Shows the form of a sweep, which trains the network with many settings and ranks them."
_TABLE_TIP = (
    "Click a run to compare it; Enter or a double click opens it. Runs that differ only in their seed share a "
    "row: a click on their number, or the right arrow, lists them."
)
_OF_RUNS = "Not available for a whole sweep. Expand it with the right arrow and choose a trial."
# What the runs of a sweep have together, where it is not the figure of the best trial.
_TOGETHER = {"epochs": "most epochs of a run", "seconds": "seconds of all runs", "nbytes": "storage of all runs, MB"}
_MOST_SEEDS = 12  # of a group in a tooltip
_MOST_TOLD = 400  # letters of a note in a tooltip


class RunsCard(Panel):
    """The list of recorded runs.

    Signals:
        export_wanted(int), import_wanted: the user wants to export the run of that number, or to import one.
        sweep_wanted: the user wants to set up a sweep.

    Attributes:
        seeds: the button of seeds. While a lesson is in the place of the list, it is lent to the chart.
    """

    export_wanted = pyqtSignal(int)
    import_wanted = pyqtSignal()
    sweep_wanted = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__("Runs")
        self._session = session
        self._chosen: Chosen | SweepKey | None = None  # the run, group or sweep of the current row
        self._is_sought = False  # whether its row is to come into sight
        self._titles: dict[int, RunName] = {}  # of the rows that were painted since something changed
        self.sort_button = ChoiceButton("runSortButton", "Sort order of the runs", _SORT_TIP)
        self.head.title.setProperty("role", "headline")
        self.head.row.addWidget(self.sort_button)
        self.search = named(FieldEdit(), "runSearchEdit", "Find runs", _SEARCH_TIP)
        self.search.setPlaceholderText("Search: rate, layers, note …")
        self.search.setClearButtonEnabled(False)
        self.table_view = named(RunTable(), "runsTable", "Runs", "")
        self.table_view.setWhatsThis(_TABLE_TIP)
        self._words = label(role="muted")
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._words.setWordWrap(True)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.table_view)
        self._stack.addWidget(self._words)
        self.note = named(FieldEdit(), "runNoteEdit", "Note of the run", _NOTE_TIP)
        self.note.setPlaceholderText("Note on the selected run …")
        self.note.hide()
        self.body.addWidget(self.search)
        self.body.addWidget(self._stack, 1)
        self.body.addWidget(self.note)
        self.seeds = SeedsButton(session.sweeps)
        self.sweep_button = named(QPushButton("Sweep …"), "sweepButton", "Set up a sweep", _SWEEP_TIP)
        self.sweep_button.clicked.connect(self.sweep_wanted)
        self._starts = arranged(QHBoxLayout(), spacing=8)
        self._starts.addWidget(self.sweep_button, 1)
        self.body.addWidget(StoragePart(session))
        self.body.addLayout(self._starts)
        self.take_seeds()
        self._add_actions()
        self._connect()

    def take_seeds(self) -> None:
        """Shows the button of seeds beside that of the sweep."""
        self._starts.insertWidget(0, self.seeds, 1)
        self.seeds.show()

    def _add_actions(self) -> None:
        """Adds the actions for the current run: shortcuts and a context menu."""
        comparison = self._session.comparison
        self._action("Open the run", "actionOpenRun", "Return; Enter", self._open)
        self._action("Compare or stop comparing", "actionCompareRun", "C", self._of_runs(self._compare))
        self._action("Set or unset baseline", "actionBaselineRun", "=", self._of_runs(self._pin))
        self._action("Star", "actionStarRun", "*", self._of_runs(self._star))
        self._action("Rename …", "actionRenameRun", "F2", lambda _: self.table_view.rename())
        self._action("Note …", "actionNoteRun", "F4", self._of_runs(lambda _: self.note.setFocus()))
        self._action("Show the sweep", "actionShowSweep", "T", self._show_sweep)
        self._action("Export …", "actionExportRun", "Ctrl+E", self._of_runs(self._export))
        self._action("Delete", "actionDeleteRun", "Del", self._delete)
        for words, name, act in (
            ("Import …", "actionImportRunHere", self.import_wanted.emit),
            ("Compare none", "actionCompareNone", comparison.clear),
        ):
            entry = QAction(words, self)
            entry.setObjectName(name)
            entry.triggered.connect(lambda _=False, act=act: act())
            self.table_view.addAction(entry)
        self.table_view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _action(self, words: str, name: str, keys: str, act: Callable[[RunRow], object]) -> None:
        action = QAction(words, self)
        action.setObjectName(name)
        action.setShortcuts(QKeySequence.listFromString(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda: None if (row := self._row) is None else act(row))
        self.table_view.addAction(action)

    def _of_runs(self, act: Callable[[RunRow], object]) -> Callable[[RunRow], object]:
        """Returns a function that acts on a run or a group. For a sweep it shows a message instead."""
        return lambda row: self._session.messages.show(_OF_RUNS) if row.is_sweep else act(row)

    def _connect(self) -> None:
        library, comparison, table = self._session.library, self._session.comparison, self.table_view
        active_runs = self._session.active_runs
        for watch in (library.watch, active_runs.watch):
            self.in_view_changed.connect(watch)
        self.search.textChanged.connect(library.find)
        self.sort_button.chosen.connect(library.sort_by)
        table.chosen.connect(lambda place: self._choose(library.rows[place]))
        table.opened.connect(lambda place: self._open(library.rows[place]))
        table.starred.connect(lambda place: self._of_runs(self._star)(library.rows[place]))
        table.renamed.connect(lambda place, name: self._rename(library.rows[place], name.strip()))
        table.unfolded.connect(self._unfold)
        table.moved.connect(self._moved)
        self.note.editingFinished.connect(self._noted)
        library.listed.connect(self.refresh)
        library.known.connect(self._show_words)
        comparison.changed.connect(self._show_words)
        active_runs.changed.connect(self._show_progress)
        self._session.runs.replaced.connect(self._show_words)
        self._session.exchange.imported.connect(self._seek)

    # ---- what is shown

    def refresh(self) -> None:
        """Shows the list as it is now."""
        library = self._session.library
        self.sort_button.show_choice({name: sort.title for name, sort in SORTS.items()}, library.sort)
        if not self.in_view or not library.is_read:
            return
        self._titles.clear()
        counted = f"{text.count(library.count)} run{'' if library.count == 1 else 's'}"
        self.head.title.setText(counted if library.count else "Runs")
        self._words.setText(library.problem or (_NOTHING_FOUND if library.count else _EMPTY))
        self._stack.setCurrentWidget(self.table_view if library.rows else self._words)
        current = self._place_of(self._chosen)
        headed = [place for place, row in enumerate(library.rows) if row.section]
        self.table_view.show_lines(len(library.rows), self._line, self._tip, current, self._is_sought, headed)
        self._is_sought = False
        self._moved()
        newest = max((row for row in library.rows if row.all_runs and row.of is None), key=_newest, default=None)
        if newest is not None and newest.chosen is not None:
            self._session.sweeps.auto_compare.begin_with(newest.chosen)

    def _place_of(self, chosen: Chosen | SweepKey | None) -> int | None:
        """Returns the row of a run, group or sweep; for a run in a closed group the row of the group."""
        rows = self._session.library.rows
        found = next((place for place, row in enumerate(rows) if row.key == chosen), None)
        if found is None and isinstance(chosen, int):
            found = next((place for place, row in enumerate(rows) if row.holds(chosen)), None)
        return found

    def _show_words(self) -> None:
        self._titles.clear()
        if self.in_view:
            self.table_view.show_anew()
            self._show_note()

    def _show_progress(self) -> None:
        """Shows the progress of groups in training."""
        if self.in_view and self._session.active_runs.groups:
            self.table_view.show_anew()

    def _line(self, place: int) -> RunLine:
        library, comparison = self._session.library, self._session.comparison
        records, row = library.records_at(place), library.rows[place]
        figure, ink = self._figure(row, records)
        chosen = row.chosen
        if records and place not in self._titles:
            self._titles[place] = self._title(row, records)
        held = [row.chosen, *self._compared_in(row)]
        return RunLine(
            self._titles[place] if records else self._title(row, records),
            figure,
            ink,
            next((comparison.colours[each] for each in held if each in comparison.colours), ""),
            any(record.starred for record in records),
            comparison.is_pinned and comparison.baseline == chosen,
            row.holds(self._session.runs.current.storage.record),
            row.depth,
            len(row.runs) if row.can_open else 0,
            "run" if row.is_sweep else "seed",
            row.is_open,
            row.is_branch,
            not row.is_sweep,
            self._progress(row),
            sweep_title(row.of) if row.is_sweep and row.of is not None else _own_name(records),
            text.name(row.section),
            _number(row.all_runs),
            _details(records, row),
        )

    def _figure(self, row: RunRow, records: Sequence[RunRecord]) -> tuple[str, str]:
        if row.is_sweep:
            return format_figure(*row.best or (self._session.library.sort, None))
        return figure_of(records, self._session.library.sort) if records else ("", "muted")

    def _progress(self, row: RunRow) -> str:
        """Returns the progress of a group in training; empty for other rows."""
        return "" if row.chosen is None else self._session.active_runs.progress_text(row.chosen)

    def _tip(self, place: int) -> str:
        records, row = self._session.library.records_at(place), self._session.library.rows[place]
        title, progress = self._title(row, records), self._progress(row)
        going = f"\n{progress}: in training" if progress else ""
        if row.of is not None and row.is_sweep:
            return f"{sweep_entry(row.of)}\n{_sweep_tooltip(row)}"
        if not records:
            return f"{title}{going}" if going else ""
        if row.of is not None and not row.is_member:
            title = trial_title(named_first(records), row.of.varied, is_whole=True)
        elif len(records) == 1:
            title = run_title(records[0])
        told = (
            _run_tooltip(records[0], self._session.library.sort)
            if len(records) == 1
            else _group_tooltip(records, self._session.library.sort)
        )
        return f"{title}{going}{told}"

    def _title(self, row: RunRow, records: Sequence[RunRecord]) -> RunName:
        library = self._session.library
        if row.of is not None and row.is_sweep:
            return RunName(sweep_row(row.of))
        if not records:
            begun = self._session.active_runs.groups.get(row.group) if row.group is not None else None
            return RunName("…") if begun is None else run_name(Subject(settings_of(begun.experiment), ""))
        if row.is_member:
            return title_in_group(records[0], self._known(row.siblings))
        if row.of is not None:
            return trial_title(named_first(records), row.of.varied)
        named = named_first(records)
        parent = None if named.parent is None else library.record(named.parent)
        known = library.common_of(named) if parent is None else settings_of_record(parent)
        return run_name(subject_of(records)._replace(number=""), known)

    # ---- the current row

    @property
    def _row(self) -> RunRow | None:
        """The current row; None if there is none."""
        place, rows = self.table_view.current, self._session.library.rows
        return rows[place] if place is not None and place < len(rows) else None

    def _known(self, runs: Sequence[int]) -> list[RunRecord]:
        """Returns the records of these runs that were read so far."""
        records = map(self._session.library.record, runs)
        return [record for record in records if record is not None]

    def _seek(self, run: int) -> None:
        """Makes a run current when the list is next read, and scrolls to its row."""
        self._chosen, self._is_sought = run, True

    def _moved(self) -> None:
        row = self._row
        if row is not None:
            self._chosen = row.key
        elif not any(each.key == self._chosen for each in self._session.library.rows):
            self._chosen = None
        self._show_note()

    def _unfold(self, place: int, is_open: bool) -> None:
        """Opens or closes a group or a sweep. To close any other nested row makes its parent current."""
        rows = self._session.library.rows
        row = rows[place]
        if row.can_open and not isinstance(row.key, int) and is_open != row.is_open:
            self._chosen = row.key
            self._session.library.unfold(row.key, is_open)
        elif row.depth and not is_open:
            self.table_view.go_to(max(above for above in range(place) if rows[above].depth < row.depth))

    def _show_note(self) -> None:
        place = self.table_view.current if self._row is not None else None
        records = [] if place is None else self._session.library.records_at(place)  # stays known, wherever it is
        self.note.setVisible(bool(records) or self.note.hasFocus())
        if not self.note.hasFocus():
            self.note.setText(note_of(records) if records else "")

    def _noted(self) -> None:
        if self._row is not None and self.note.isModified():
            self.note.setModified(False)
            self._session.library.annotate(self._row.all_runs, note=self.note.text().strip())

    def _delete(self, row: RunRow) -> None:
        if row.is_sweep or self._has_runs(row):
            self._session.library.delete(row.runs or row.all_runs)

    def _choose(self, row: RunRow) -> None:
        """Handles a click: shows a sweep, or compares a run."""
        if row.is_sweep:
            self._show_sweep(row)
        else:
            self._compare(row)

    def _compare(self, row: RunRow) -> None:
        compared = self._compared_in(row)
        for run in compared:
            self._session.comparison.leave_out(run)
        if row.chosen is not None and not compared:
            self._session.comparison.toggle(row.chosen)

    def _compared_in(self, row: RunRow) -> list[int]:
        """Returns the runs of a closed group that are compared individually."""
        is_closed = row.group is not None and not row.is_open
        return [run for run in row.runs if run in self._session.comparison.colours] if is_closed else []

    def _pin(self, row: RunRow) -> None:
        if row.chosen is not None:
            self._session.comparison.pin(row.chosen)

    def _has_runs(self, row: RunRow) -> bool:
        """Whether the row has finished runs to act on. Shows a message if it has none."""
        if not row.all_runs:
            self._session.messages.show("Not available yet. Wait until the first of these runs has finished.")
        return bool(row.all_runs)

    def _rename(self, row: RunRow, name: str) -> None:
        if row.is_sweep and row.of is not None:
            self._session.library.rename_sweep(row.of, name)
        else:
            self._session.library.annotate(row.all_runs, name=name)

    def _star(self, row: RunRow) -> None:
        is_starred = any(record.starred for record in self._known(row.all_runs))
        self._session.library.annotate(row.all_runs, starred=not is_starred)

    def _open(self, row: RunRow) -> None:
        """Opens a run in the window; opens or closes a sweep."""
        if isinstance(row.key, SweepKey):
            self._session.library.unfold(row.key, not row.is_open)
        elif self._has_runs(row):
            self._session.library.open(self._one_of(row))

    def _export(self, row: RunRow) -> None:
        if self._has_runs(row):
            self.export_wanted.emit(self._one_of(row))

    def _show_sweep(self, row: RunRow) -> None:
        known = (record.sweep for record in self._known(row.all_runs))
        sweep = row.of.id if row.of is not None else next(known, None)
        if sweep is None:
            self._session.messages.show("This run belongs to no sweep.")
        else:
            self._session.sweeps.selected.emit(sweep)

    def _one_of(self, row: RunRow) -> int:
        """Returns the number of the run; for a group that of its median run."""
        records = self._known(row.all_runs)
        return middle_of(records).id if records else row.run

    def table(self) -> Table | None:
        """Returns the runs whose rows were recently visible, for a CSV file.

        A group has a row for each of its runs; a sweep has rows for its trials that are listed below it.
        """
        library = self._session.library
        names = list(dict.fromkeys([*(name for name in SORTS if name in FIGURES), *FIGURES]))
        rows: list[list[object]] = []
        for row in library.rows:
            records = [] if row.is_member else self._known(row.all_runs)
            for each in records:
                title = self._title(row, records) if row.of is None else _title_in_file(row.of, records)
                named = f"{title} · {seed_of(each)}" if len(records) > 1 else title
                figures = [each.figures.get(name, "") for name in names]
                rows.append([each.id, named, each.data, unit_of(each.target), each.epochs, each.seconds, *figures])
        return ["run", "title", "data", "unit of RMSE", "epochs", "seconds", *names], rows


def _title_in_file(sweep: SweepSummary, records: Sequence[RunRecord]) -> str:
    """Returns the title of a trial with the title of its sweep."""
    return f"{sweep_title(sweep)} · {trial_title(named_first(records), sweep.varied, is_whole=True)}"


def _number(runs: Sequence[int]) -> str:
    """Returns "#18", or "#3–7" for runs that follow each other; of others the newest, and "" for none."""
    if not runs:
        return ""
    first, last = min(runs), max(runs)
    return f"#{first}–{last}" if 0 < last - first == len(runs) - 1 else f"#{last}"


def _newest(row: RunRow) -> int:
    return max(row.all_runs)


def _details(records: Sequence[RunRecord], row: RunRow) -> str:
    """Returns the seed of a run, the epochs and the age of the newest: "seed 1 · 4 epochs · 30 min ago"."""
    if not records:
        return ""
    epochs = max((record.epochs, record.batches) for record in records)
    named = text.epochs(*epochs)
    parts = [
        seed_of(records[0]) if len(records) == 1 and not row.is_member else "",
        f"{named} epoch{'' if named == '1' else 's'}",
        text.age(time.time() - max(record.created for record in records)),
    ]
    return BETWEEN.join(filter(None, parts))


def _own_name(records: Sequence[RunRecord]) -> str:
    """Returns the user's name of a run or group; empty if it has none."""
    name = named_first(records).name if records else ""
    return "" if name in NAMELESS else text.name(name)


def _shown_figure(records: Sequence[RunRecord], sort: str) -> str:
    """Returns the figure that stands beside runs."""
    return main_figure(records) if sort == NEWEST else sort


def _name_of_figure(figure: str) -> str:
    return figure_name(figure) if figure in FIGURES else SORTS[figure].title


def _run_tooltip(record: RunRecord, sort: str) -> str:
    """Returns the lines of a run's tooltip below its title."""
    when = text.date(record.created)
    lines = [f"run {record.id} · {when} · {record.status}, epoch {text.epochs(record.epochs, record.batches)}"]
    lines.append(f"Result shown: {_name_of_figure(_shown_figure([record], sort))}.")
    if record.figures_before is not None:
        lines.append(f"figures of epoch {text.epochs(record.figures_before)}")
    try:
        settings = settings_of(record.experiment, record.data_set)
        lines.append(f"{text.name(record.data)} · {settings_line(settings)}")
    except LibraryError as error:
        lines.append(str(error))
    if record.note:
        lines.append(text.plain(record.note, _MOST_TOLD))
    return "\n" + "\n".join(lines)


def _sweep_tooltip(row: RunRow) -> str:
    """Returns the lines of a sweep's tooltip below its name."""
    runs = f"{text.count(len(row.runs))} run{'' if len(row.runs) == 1 else 's'}"
    figure = "" if row.best is None else _TOGETHER.get(row.best[0], f"{figure_name(row.best[0])} of the best trial")
    told = f"{runs}. Result shown: {figure}." if figure else f"{runs}."
    return f"{told}\nClick to show its trials. The right arrow lists them."


def _group_tooltip(records: Sequence[RunRecord], sort: str) -> str:
    """Returns the lines of a group's tooltip below its title: the figure of each of its runs."""
    middle = seed_of(middle_of(records))
    figure = _shown_figure(records, sort)
    figures, unit = values_of(records, figure), unit_of(records[0].target)
    ends = [format_figure(figure, value, unit=unit)[0] for value in figures[:1] + figures[-1:]]
    spread = f", from {ends[0]} to {ends[1]}" if figures else ""
    have_seeds = len({seed_of(record) for record in records}) == len(records)
    differing = "differ only in their seed" if have_seeds else "have the same settings, and some the same seed"
    numbers = [record.id for record in records]
    lines = [
        f"{len(records)} runs (#{min(numbers)}–{max(numbers)}) that {differing}. "
        f"Result shown: median {_name_of_figure(figure)}{spread}."
    ]
    lines += [f"The newest: {text.date(max(record.created for record in records))}"]
    lines += [f"Enter opens the run with the median figure, {middle}."]
    lines += [f"{seed_of(each)}: {figure_of([each], sort)[0]}, {each.status}" for each in records[:_MOST_SEEDS]]
    if len(records) > _MOST_SEEDS:
        lines.append(f"and {len(records) - _MOST_SEEDS} more")
    lines.append(text.name(records[0].data))
    if note := note_of(records):
        lines.append(text.plain(note, _MOST_TOLD))
    return "\n" + "\n".join(lines)


CARDS.register("runsDock")(CardInfo(RunsCard, {"runs": Place(Column.CHOOSE, 1, is_presented=False)}))
