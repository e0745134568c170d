"""Makes the parts that are about the runs in the library."""

from __future__ import annotations

from nnviz.cards.runs.storage import KeptRoom
from nnviz.cards.sweep.model import SweepForm
from nnviz.cards.sweep.trials_model import Trials
from nnviz.jobs.library_lane import LibraryLane
from nnviz.jobs.library_watch import LibraryWatch
from nnviz.session.active_runs import UnderWay
from nnviz.session.comparison import Comparison
from nnviz.session.data import Data
from nnviz.session.library import KeptRuns
from nnviz.session.making import Making
from nnviz.session.messages import Messages
from nnviz.session.records import Records
from nnviz.session.reopening import Reopening
from nnviz.session.resuming import Resuming
from nnviz.session.run_exchange import Exchange
from nnviz.session.runs import Runs
from nnviz.session.settings import Settings
from nnviz.session.sweep_names import SweepNames
from nnviz.session.sweep_target import SweepWhere
from nnviz.session.sweeps import Sweeps
from nnviz.session.training import Training
from nnviz.session.undo import Undo


def kept_parts(
    lane: LibraryLane,
    data: Data,
    settings: Settings,
    runs: Runs,
    making: Making,
    records: Records,
    training: Training,
    resuming: Resuming,
    undo: Undo,
    messages: Messages,
) -> tuple[
    Reopening, KeptRuns, UnderWay, Comparison, KeptRoom, Exchange, Sweeps, SweepWhere, SweepForm, SweepNames, Trials
]:
    """What puts runs into the window, their list, those trained beside it, which are compared, and so on."""
    reopening = Reopening(lane, data, settings, runs, making, resuming, messages)
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
    return reopening, library, under_way, comparison, room, exchange, sweeps, where, form, names, trials
