"""The form of a sweep: which settings vary, from where to where, how many runs; what is wrong; what it will take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import randrange
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QObject, pyqtSignal

from nnviz.formatting.setting_words import setting_name
from nnviz.jobs.library_lane import LibraryLane
from nnviz.session.data import Data
from nnviz.session.library import KeptRuns
from nnviz.session.messages import Messages
from nnviz.session.settings import Settings
from nnviz.session.sweep_fields import SweepFields, Varying, fields_of
from nnviz.session.sweep_where import SweepWhere
from nnviz.session.sweeps import Sweeps
from nnviz.session.undo import Kind, Step, Undo

if TYPE_CHECKING:  # loaded when somebody looks at the form
    from nnviz.library import Library
    from nnviz.library.took import Took
    from nnviz.session.sweep_plan import Planned

_SAMPLER_SEEDS = 1_000_000  # from 0


class SweepForm(QObject):
    """What was typed stays as it is, right or wrong; what it comes to is worked out when somebody asks.

    Signals:
        changed: ``fields`` has changed, or what they come to.
        estimated: ``estimate`` has changed.

    Attributes:
        fields: what was typed and chosen.
    """

    changed = pyqtSignal()
    estimated = pyqtSignal()

    def __init__(
        self,
        lane: LibraryLane,
        data: Data,
        settings: Settings,
        library: KeptRuns,
        sweeps: Sweeps,
        where: SweepWhere,
        undo: Undo,
        messages: Messages,
    ) -> None:
        super().__init__()
        self._lane, self._data, self._settings = lane, data, settings
        self._sweeps, self._where, self._undo, self._messages = sweeps, where, undo, messages
        self.fields = SweepFields()
        self._planned: Planned | None = None
        self._took: Sequence[Took] | None = None  # None until the library was looked at
        self._is_watched = self._is_reading = False
        for signal in (data.changed, data.loading_changed, settings.changed, settings.problems_changed):
            signal.connect(self._forget)
        for other in (library.listed, data.changed):
            other.connect(self._look)
        for mine in (self.changed, self.estimated):
            where.changed.connect(mine)

    # ---- what was typed

    def take(self, document: object) -> None:
        """Takes what was remembered, if it makes sense."""
        found = fields_of(document)
        if found is not None:
            self._put(found)

    def vary(self, name: str) -> None:
        """Lets one more setting vary, over values that suit the experiment."""
        if self.fields.row(name) is None:
            self._change(f"variation of {setting_name(name)} in the sweep", self.fields.with_row(Varying(name)))

    def leave_out(self, name: str) -> None:
        """Lets a setting vary no longer."""
        self._change(f"removal of {setting_name(name)} from the sweep", self.fields.without(name))

    def set_kind(self, name: str, kind: str) -> None:
        """Makes the values of a setting a "list", or a "linear" or "log" range; what it had is kept where it can be."""
        from nnviz.session.sweep_plan import other_kind

        row, dataset = self._row(name), self._data.dataset
        if row is not None and dataset is not None and kind != row.kind:
            self._set_row(other_kind(row, kind, self._settings.of_new_network, dataset))

    def type_row(self, name: str, **texts: str) -> None:
        """Takes what was typed for a setting: ``values``, ``low``, ``high`` or ``points``."""
        row = self._row(name)
        if row is not None:
            self._set_row(replace(row, **texts))

    def _set_row(self, row: Varying) -> None:
        self._change(f"change of the sweep’s {setting_name(row.name)}", self.fields.with_row(row))

    def _row(self, name: str) -> Varying | None:
        """A row as it is shown."""
        planned = self.planned
        return None if planned is None else next((row for row in planned.rows if row.name == name), None)

    def type(self, field: str, text: str) -> None:
        """Takes what was typed or chosen in "sampler", "rule", "runs", "minutes" or "seeds"."""
        changes: dict[str, Any] = {field: text}
        self._change(f"change of the sweep’s {field}", replace(self.fields, **changes))

    def _change(self, what: str, new: SweepFields) -> None:
        if new != self.fields:
            self._undo.push(Step(what, Kind.SETTINGS, self._put, self.fields, new))

    def _put(self, fields: SweepFields) -> None:
        self.fields = fields
        self._forget()

    # ---- what it comes to

    def _forget(self) -> None:
        self._planned = None
        self.changed.emit()
        self.estimated.emit()

    @property
    def planned(self) -> Planned | None:
        """What the fields come to for the experiment of Train; None while there are no data."""
        if self._planned is None and self._data.dataset is not None and not self._data.loading:
            from nnviz.session.sweep_plan import planned

            self._planned = planned(self.fields, self._settings.of_new_network, self._data.dataset)
        return self._planned

    @property
    def why_not(self) -> str | None:
        """Why no sweep can be started, in sentences; None if one can."""
        planned = self.planned
        if planned is None:
            return "A sweep can be started when the data are there."
        where = [self._where.problem] if self._where.problem else []
        problems = [*self._settings.problems.values(), *planned.problems.values(), *where]
        if planned.plan is None and not problems:
            return "A sweep can be started when its fields make sense."
        return f"A sweep can be started when this is corrected: {' '.join(problems)}" if problems else None

    def start(self) -> None:
        """Begins the sweep that the fields describe; each time with other draws, where trials are drawn."""
        planned, why_not = self.planned, self.why_not
        if why_not is not None or planned is None or planned.plan is None:
            self._messages.tell(why_not or "")
        elif self._sweeps.how_far is not None:
            self._messages.tell(f"One after the other: {self._sweeps.progress}.")
        else:
            self._put(replace(self.fields, rows=tuple(planned.rows)))  # they stay, whatever is put into the window
            self._sweeps.start(replace(planned.plan, sampler_seed=randrange(_SAMPLER_SEEDS)))

    # ---- what it will take

    def watch(self, is_watched: bool) -> None:
        """Looks up from now on what runs of the library took, and once who is in the cluster; or no longer."""
        self._is_watched = is_watched
        if is_watched:
            self._where.look()
        self._look()

    def _look(self) -> None:
        dataset = self._data.dataset
        if not self._is_watched or self._is_reading or dataset is None or self._sweeps.how_far is not None:
            return  # while many runs are done there is news all the time
        self._is_reading = True
        fingerprint = dataset.fingerprint
        self._lane.run(lambda library: _read(library, fingerprint), self._take, self._failed, ())

    def _take(self, took: Sequence[Took]) -> None:
        self._is_reading, self._took = False, took
        self.estimated.emit()

    def _failed(self, error: Exception) -> None:
        """That the library cannot be read, its list tells."""
        self._is_reading = False

    @property
    def estimate(self) -> str:
        """How many runs there will be and how long they take, in sentences; empty until that can be told."""
        planned, dataset = self.planned, self._data.dataset
        cores = self._where.cores
        if planned is None or planned.plan is None or dataset is None or self._took is None or cores == 0:
            return ""
        from nnviz.session.sweep_pace import estimate_words, mean_seconds
        from nnviz.sweeps.pool import usual_workers

        plan = planned.plan.with_held_out(dataset)
        told = mean_seconds(plan, dataset, self._took)
        return estimate_words(plan, told, cores or usual_workers(beside_a_window=True), is_cluster=cores is not None)


def _read(library: Library, fingerprint: str) -> Sequence[Took]:
    """In the library's thread. Raises LibraryError."""
    from nnviz.library.took import what_runs_took

    return what_runs_took(library, fingerprint)
