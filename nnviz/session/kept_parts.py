"""Makes the parts that are about the runs in the library."""

from __future__ import annotations

from nnviz.jobs.library_thread import LibraryThread
from nnviz.jobs.library_watch import LibraryWatch
from nnviz.session.comparison import Comparison
from nnviz.session.data import Data
from nnviz.session.exchange import Exchange
from nnviz.session.library import KeptRuns
from nnviz.session.messages import Messages
from nnviz.session.records import Records
from nnviz.session.reopening import Reopening
from nnviz.session.room import KeptRoom
from nnviz.session.runs import Runs
from nnviz.session.settings import Settings
from nnviz.session.sweep_form import SweepForm
from nnviz.session.sweep_names import SweepNames
from nnviz.session.sweep_where import SweepWhere
from nnviz.session.sweeps import Sweeps
from nnviz.session.training import Training
from nnviz.session.trials import Trials
from nnviz.session.under_way import UnderWay
from nnviz.session.undo import Undo


def kept_parts(
    lane: LibraryThread,
    data: Data,
    settings: Settings,
    runs: Runs,
    records: Records,
    training: Training,
    reopening: Reopening,
    undo: Undo,
    messages: Messages,
) -> tuple[KeptRuns, UnderWay, Comparison, KeptRoom, Exchange, Sweeps, SweepWhere, SweepForm, SweepNames, Trials]:
    """The list of the runs in the library, those trained beside it, which are compared, and so on."""
    under_way = UnderWay()
    others = LibraryWatch(lane)
    library = KeptRuns(lane, others, records, runs, training, reopening, under_way, undo, messages)
    comparison = Comparison(lane, library, under_way, messages)
    room = KeptRoom(lambda: records.path, library, runs, messages)
    exchange = Exchange(lambda: records.path, library, messages)
    where = SweepWhere(undo, messages)
    sweeps = Sweeps(data, settings, records, library, under_way, comparison, where, messages)
    form = SweepForm(lane, data, settings, library, sweeps, where, undo, messages)
    names = SweepNames(lane, undo, messages)
    names.renamed.connect(library.refresh)
    trials = Trials(lane, others, library, sweeps, comparison, names, messages)
    return library, under_way, comparison, room, exchange, sweeps, where, form, names, trials
