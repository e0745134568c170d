"""The one model behind the window: state, settings, data, network, run, files, prediction. Signals out.

Panels read it and ask it to act; none of them keeps a truth of its own. Nothing slow happens in here: training is
the worker's, loading and saving the background's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PyQt5.QtCore import pyqtSignal

from engine.datasets import Split
from engine.network import Network
from engine.validation import Array
from nnviz.jobs.anatomy import Anatomy
from nnviz.jobs.files import CHECKPOINT, NetworkFiles, Opened
from nnviz.jobs.pictures import Pictures
from nnviz.jobs.rate_search import RateSearch
from nnviz.session.answer import SURE_FROM, Answer, Verdict, verdict_of
from nnviz.session.configuration import Configuration
from nnviz.session.learning import Learning
from nnviz.session.run import epochs_before, opened_run
from nnviz.session.standing import progress_of
from nnviz.session.state import Message, State

_LONGEST_WAIT = 400  # milliseconds that closing waits for a thread


class Session(Learning):
    """See the module. Attributes are for reading; methods change them and tell.

    Attributes:
        files: what is read and written.
        pictures: what is put on the canvas from files and the clipboard.
        rates: the search for a learning rate.
        anatomy: how the shown network's numbers are spread.
        drawing: what the network is asked about.
        sure_from: the share, 0…1, from which an answer counts as sure.
    """

    sure_from_changed = pyqtSignal()

    def __init__(self, configuration: Configuration | None = None) -> None:
        super().__init__(configuration)
        self.drawing: Array | None = None
        self.sure_from = SURE_FROM
        self._answer = Answer()
        self.files = NetworkFiles(self._background)
        self.files.opened.connect(self._opened)
        self.files.failed.connect(self._tell_error)
        self.pictures = Pictures(self._background)
        self.pictures.failed.connect(self._tell_error)
        self.rates = RateSearch()
        self.rates.failed.connect(self._search_failed)
        self.run_changed.connect(self.rates.forget)
        self.anatomy = Anatomy(self._background, self._subject)
        self.anatomy.failed.connect(self.crashed)
        self.snapshot.connect(self.anatomy.look)
        self.run_changed.connect(self.anatomy.forget)
        self.data_changed.connect(self.anatomy.forget)

    # ---- files

    def open_network(self, path: Path, title: str | None = None) -> None:
        """Reads a network behind the window; on an error the one that is there stays as it was.

        One with a ``title`` is a copy under that name: saving asks for another file.
        """
        self.files.open(path, self.dataset, title)

    def save(self, path: Path, then: Callable[[], None] | None = None) -> None:
        """Writes what the views show now, behind the window; ``then`` is called when it is on disk.

        A checkpoint also keeps the run, which pauses for it, and goes on by itself.
        """
        is_checkpoint = path.suffix.lower() == CHECKPOINT
        if is_checkpoint and self._stands is State.TRAINING:
            self._in_a_pause(lambda: self.save(path, then))
            return
        run, changes = self.run, self.run.changes
        can_hold = is_checkpoint and self._stands in (State.PAUSED, State.FINISHED)
        state = self._pilot.hold() if can_hold else None
        note = ""
        if self._pilot.has_run and state is None:
            note = ", without its place in the run" + ("" if is_checkpoint else ": .npz keeps that too")

        def saved() -> None:
            run.path, run.saved_changes = path, changes
            self.file_changed.emit()
            if then is not None:
                then()

        network = self._shown_with_past()
        curves = run.tape.as_dict()
        if curves:
            network.provenance["curves"] = curves
        self.files.save(network, path, saved, state, note)

    def _in_a_pause(self, work: Callable[[], None]) -> None:
        """Does it when the worker waits, and trains on unless the run has come to its end.

        Not at all if another network has taken the place of this one meanwhile: it was not meant for that.
        """
        run = self.run

        def look() -> None:
            if self._stands is not State.TRAINING:
                self.state_changed.disconnect(look)
                if self.run is run:
                    work()
                    if self.state is State.PAUSED:
                        self.start()

        self.state_changed.connect(look)
        self.pause()

    def export(self, path: Path) -> None:
        """Writes what the views show now for use elsewhere, in the format that the ending of the name says."""
        self.files.export(self._shown_with_past(), path)

    def _shown_with_past(self) -> Network:
        network = self.shown.copy()
        network.provenance = dict(self.run.network.provenance)
        return network

    def _opened(self, path: Path, title: str | None, found: Opened) -> None:
        run = opened_run(found.network, self.configuration, found.epochs_done)
        if found.trainer is not None:
            run.epochs = epochs_before(run.tape, found.epochs_done) + progress_of(found.trainer).epochs_done
        if title is None:
            run.path = path
        else:
            run.name = title
        if found.settings is not None:
            seed = found.settings.seed if found.settings.seed is not None else run.configuration.training.seed
            run.configuration = run.configuration.changed(training=replace(found.settings, seed=seed))
        self._replace_run(run, f"opening of {title or path.name}")
        if self.misfit:
            self._tell(Message(self.misfit))
        elif found.why_not:
            why = f"{path.name} opened. Training starts anew from its weights: {found.why_not}"
            self._tell(Message(why, is_error=False))
        elif found.trainer is not None:
            self._go_on_with(found.trainer, found.epochs_done)

    # ---- the drawing

    def set_drawing(self, picture: Array | None) -> None:
        """(784,) float32 in 0…1 to be asked again at every snapshot; None for an empty canvas."""
        self.drawing = picture
        self.prediction_changed.emit()

    @property
    def prediction(self) -> Array | None:
        """The shown network's answer to the drawing, (outputs,); worked out when somebody looks."""
        return self._answer.of(self.shown, self.drawing)

    @property
    def verdict(self) -> Verdict | None:
        """Which class that answer speaks for; None without an answer, and where the outputs are no classes."""
        answer, names = self.prediction, self.dataset.class_names if self.dataset else ()
        if answer is None or len(answer) != len(names) or len(names) < 2:
            return None
        return verdict_of(answer, self.sure_from)

    def set_sure_from(self, share: float) -> None:
        """The share from which an answer counts as sure; it changes nothing in the network."""
        share = min(max(share, 0.0), 1.0)
        if share != self.sure_from and not math.isnan(share):
            self.sure_from = share
            self.sure_from_changed.emit()

    def _subject(self) -> tuple[Network, Callable[[], Array], Split] | None:
        """What the anatomy is of."""
        if self.dataset is None or self.misfit is not None:
            return None
        return self.shown, self.run.parameters_at_start, self.dataset.train

    # ---- the learning rate

    def search_rate(self) -> None:
        """Looks for a learning rate for the network that the fields describe; see ``rates``."""
        if self.dataset is None:
            return
        configuration = self.configuration.for_dataset(self.dataset)
        make = configuration.build if self.waits_for_next_run or self.misfit else self.shown.copy
        self.rates.start(make, self.dataset, configuration.training)

    def _search_failed(self, error: Exception) -> None:
        self._tell_error("The search could not begin", error)

    # ---- the end

    def close(self) -> bool:
        """Ends the worker and waits for files being written.

        Whether all has ended. A step of a huge network, or the making of one, is not waited for longer than
        people wait for a window to go: nothing of it would be kept.
        """
        self.undo_stack.clear()
        self.anatomy.want(False)
        parts_stopped = [part.close(_LONGEST_WAIT) for part in (self.rates, self._pilot, self.files)]
        return self._background.close(-1 if self.files.saving else _LONGEST_WAIT) and all(parts_stopped)
