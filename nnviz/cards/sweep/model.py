"""The model of a sweep's form: fields, the parsed plan, problems, and the estimated duration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import randrange
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QObject, pyqtSignal

from nnviz.cards.sweep.fields import SweepFields, VariedSetting, fields_from_dict
from nnviz.formatting.setting_text import setting_name
from nnviz.session.session import Session
from nnviz.session.undo import Kind, Step

if TYPE_CHECKING:  # loaded when the form is shown
    from nnviz.cards.sweep.form_parser import ParsedForm
    from nnviz.library import Library
    from nnviz.library.run_durations import RunDuration

_SAMPLER_SEEDS = 1_000_000  # from 0


class SweepForm(QObject):
    """The form. Typed texts are kept as they are; they are parsed when the plan is read.

    Signals:
        changed: ``fields`` or ``parsed`` has changed.
        estimated: ``estimate`` has changed.

    Attributes:
        fields: what was typed and chosen.
    """

    changed = pyqtSignal()
    estimated = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        data, settings, where = session.data, session.settings, session.sweep_target
        self._thread, self._data, self._settings, self._where = session.library_thread, data, settings, where
        self._sweeps, self._undo, self._messages = session.sweeps, session.undo, session.messages
        self.fields = SweepFields()
        self._parsed: ParsedForm | None = None
        self._durations: Sequence[RunDuration] | None = None  # None until the library was looked at
        self._is_watched = self._is_reading = False
        for signal in (data.changed, data.loading_changed, settings.changed, settings.problems_changed):
            signal.connect(self._forget)
        for other in (session.library.listed, data.changed):
            other.connect(self._look)
        for mine in (self.changed, self.estimated):
            where.changed.connect(mine)

    # ---- what was typed

    def restore(self, document: object) -> None:
        """Restores remembered fields, if they are valid."""
        found = fields_from_dict(document)
        if found is not None:
            self._put(found)

    def vary(self, name: str) -> None:
        """Adds a setting that varies, with values that suit the experiment."""
        if self.fields.row(name) is None:
            self._change(f"variation of {setting_name(name)} in the sweep", self.fields.with_row(VariedSetting(name)))

    def leave_out(self, name: str) -> None:
        """Removes a setting that varies."""
        self._change(f"removal of {setting_name(name)} from the sweep", self.fields.without(name))

    def set_kind(self, name: str, kind: str) -> None:
        """Changes the values of a setting to a "list", or to a "linear" or "log" range; keeps them if possible."""
        from nnviz.cards.sweep.form_parser import with_kind

        row, dataset = self._row(name), self._data.dataset
        if row is not None and dataset is not None and kind != row.kind:
            self._set_row(with_kind(row, kind, self._settings.of_new_network, dataset))

    def type_row(self, name: str, **texts: str) -> None:
        """Sets typed texts of a setting: ``values``, ``low``, ``high`` or ``points``."""
        row = self._row(name)
        if row is not None:
            self._set_row(replace(row, **texts))

    def _set_row(self, row: VariedSetting) -> None:
        self._change(f"change of the sweep’s {setting_name(row.name)}", self.fields.with_row(row))

    def _row(self, name: str) -> VariedSetting | None:
        """Returns a row with its default values."""
        form = self.parsed
        return None if form is None else next((row for row in form.rows if row.name == name), None)

    def type(self, field: str, text: str) -> None:
        """Sets the text of "sampler", "rule", "runs", "minutes" or "seeds"."""
        changes: dict[str, Any] = {field: text}
        name = "pruning" if field == "rule" else field
        self._change(f"change of the sweep’s {name}", replace(self.fields, **changes))

    def _change(self, what: str, new: SweepFields) -> None:
        if new != self.fields:
            self._undo.push(Step(what, Kind.SETTINGS, self._put, self.fields, new))

    def _put(self, fields: SweepFields) -> None:
        self.fields = fields
        self._forget()

    # ---- what it comes to

    def _forget(self) -> None:
        self._parsed = None
        self.changed.emit()
        self.estimated.emit()

    @property
    def parsed(self) -> ParsedForm | None:
        """The fields parsed for the experiment of the Train workspace; None without data."""
        if self._parsed is None and self._data.dataset is not None and not self._data.loading:
            from nnviz.cards.sweep.form_parser import parse_form

            self._parsed = parse_form(self.fields, self._settings.of_new_network, self._data.dataset)
        return self._parsed

    @property
    def reason_unavailable(self) -> str | None:
        """The reason why no sweep can start, in sentences; None if one can start."""
        form = self.parsed
        if form is None:
            return "Not available without data. Wait until the data are loaded."
        where = [self._where.problem] if self._where.problem else []
        problems = [*self._settings.problems.values(), *form.problems.values(), *where]
        if form.plan is None and not problems:
            return "Not available yet. Correct the fields of the sweep."
        return f"Not available yet. Correct this first: {' '.join(problems)}" if problems else None

    def start(self) -> None:
        """Starts the sweep. Sampled trials differ each time."""
        form, reason_unavailable = self.parsed, self.reason_unavailable
        if reason_unavailable is not None or form is None or form.plan is None:
            self._messages.show(reason_unavailable or "")
        elif self._sweeps.plan_progress is not None:
            self._messages.show(f"Only one sweep can run at a time: {self._sweeps.progress}.")
        else:
            self._put(replace(self.fields, rows=tuple(form.rows)))  # they stay, whatever is put into the window
            self._sweeps.start(replace(form.plan, sampler_seed=randrange(_SAMPLER_SEEDS)))

    # ---- what it will take

    def watch(self, is_watched: bool) -> None:
        """Switches the reading of run durations on or off; also reads the cluster's status once."""
        self._is_watched = is_watched
        if is_watched:
            self._where.refresh_status()
        self._look()

    def _look(self) -> None:
        dataset = self._data.dataset
        if not self._is_watched or self._is_reading or dataset is None or self._sweeps.plan_progress is not None:
            return  # while many runs are done there is news all the time
        self._is_reading = True
        fingerprint = dataset.fingerprint
        self._thread.run(lambda library: _read(library, fingerprint), self._take, self._failed, ())

    def _take(self, durations: Sequence[RunDuration]) -> None:
        self._is_reading, self._durations = False, durations
        self.estimated.emit()

    def _failed(self, error: Exception) -> None:
        """Ignores the error, which the list of runs reports."""
        self._is_reading = False

    @property
    def estimate(self) -> str:
        """The number of runs and their estimated duration, in sentences; empty if it is not known."""
        form, dataset = self.parsed, self._data.dataset
        cores = self._where.cores
        if form is None or form.plan is None or dataset is None or self._durations is None or cores == 0:
            return ""
        from nnviz.cards.sweep.estimate import format_estimate, mean_seconds
        from nnviz.sweeps.pool import default_workers

        plan = form.plan.with_held_out(dataset)
        told = mean_seconds(plan, dataset, self._durations)
        return format_estimate(plan, told, cores or default_workers(beside_a_window=True), is_cluster=cores is not None)


def _read(library: Library, fingerprint: str) -> Sequence[RunDuration]:
    """Returns recent durations. Runs in the library's thread. Raises LibraryError."""
    from nnviz.library.run_durations import recent_durations

    return recent_durations(library, fingerprint)
