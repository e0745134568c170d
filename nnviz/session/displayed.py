"""The displayed network: a copy of the current run's, live or of a past epoch. Never the one that is trained."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt5.QtCore import QObject, pyqtSignal

from engine.datasets import Dataset
from engine.explain.neurons import scaled
from engine.network.network import Network
from nnviz.session.run import Run
from nnviz.session.selection import Neuron
from nnviz.session.snapshots import Snapshot
from nnviz.session.status import Stage


class Displayed(QObject):
    """Holds the current run's network: live, a snapshot, or with what-ifs.

    The live network has the parameters that were copied last. Training continues while a snapshot is displayed.

    A what-if multiplies what leads from some neurons. Training, saving and exporting never see it; it is dropped when
    another run's network is displayed.

    Signals:
        changed: ``network`` is a new object.
        what_if_changed: ``what_if`` has changed; after ``changed``.
        snapshot_changed: ``snapshot`` has changed; after ``changed``.

    Attributes:
        network: must not be changed.
        as_trained: the network without what-ifs.
        what_if: the factors by neuron, none of which is 1; empty without what-ifs. Must not be changed.
        snapshot: the displayed snapshot; None while the network is live.
    """

    changed = pyqtSignal()
    what_if_changed = pyqtSignal()
    snapshot_changed = pyqtSignal()

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run
        self.what_if: Mapping[Neuron, float] = {}
        self.snapshot: Snapshot | None = None
        self.as_trained: Network = run.displayed_network()
        self.network: Network = self.as_trained

    @property
    def is_live(self) -> bool:
        """Whether the live network is displayed, not a snapshot."""
        return self.snapshot is None

    @property
    def one(self) -> object:
        """An object that is the same as long as the same weights are displayed."""
        return self.snapshot or self.as_trained

    @property
    def epochs(self) -> float:
        """Epochs that the displayed network is trained, over all trainings of its run, with fraction."""
        return self._run.epochs if self.snapshot is None else self.snapshot.epochs

    @property
    def measured_at(self) -> float:
        """The last epoch with measured figures up to the displayed one; 0 if there is none."""
        if self.snapshot is None:
            return self._run.epoch_of_figures
        return self._run.history.last_measured(self.snapshot.epochs) or 0.0

    @property
    def is_steady(self) -> bool:
        """Whether the displayed network does not change: no training runs, or it is a snapshot."""
        return self._run.stage is not Stage.TRAINING or not self.is_live

    def fits(self, data: Dataset | None) -> bool:
        """Whether the run's network accepts the examples of these data; True without data."""
        return self._run.misfit(data) is None

    def show(self, run: Run, what_if: Mapping[Neuron, float] | None = None) -> bool:
        """Displays a run's network with its latest parameters; ``what_if`` replaces the what-ifs.

        A displayed snapshot of the same run stays. Returns whether it is another run.
        """
        is_other = run is not self._run
        if self.snapshot is not None and not is_other and what_if is None:
            return False
        before, snapshot = self.what_if, self.snapshot
        if what_if is not None or is_other:
            self.what_if = what_if or {}
        self._run, self.snapshot, self.as_trained = run, None, run.displayed_network()
        self._update()
        if self.what_if != before:
            self.what_if_changed.emit()
        if snapshot is not None:
            self.snapshot_changed.emit()
        return is_other

    def look_back(self, snapshot: Snapshot | None) -> None:
        """Displays a snapshot of the displayed run; None displays the live network."""
        if snapshot is self.snapshot:
            return
        self.snapshot, live = snapshot, self._run.displayed_network()
        self.as_trained = live if snapshot is None else live.with_parameters(snapshot.parameters)
        self._update()
        self.snapshot_changed.emit()

    def suppose(self, what_if: Mapping[Neuron, float]) -> None:
        """Displays the network with these neurons scaled, and no others; a factor of 1 has no effect."""
        wanted = {neuron: factor for neuron, factor in what_if.items() if factor != 1}
        if wanted != self.what_if:
            self.what_if = wanted
            self._update()
            self.what_if_changed.emit()

    def _update(self) -> None:
        factors = {(neuron.layer, neuron.number): factor for neuron, factor in self.what_if.items()}
        self.network = scaled(self.as_trained, factors) if factors else self.as_trained
        self.changed.emit()


def neuron_name(neuron: Neuron) -> str:
    """Returns "layer 1 · neuron 4"; numbers count from 1."""
    return f"layer {neuron.layer} · neuron {neuron.number + 1}"


def what_if_text(what_if: Mapping[Neuron, float]) -> str:
    """Returns "layer 1 · neuron 4 off", "layer 1 · neuron 4 × 0.5", "3 neurons changed"; empty for none."""
    if len(what_if) > 1:
        return f"{len(what_if)} neurons changed"
    return "".join(
        f"{neuron_name(neuron)} {f'× {factor:.3g}' if factor else 'off'}" for neuron, factor in what_if.items()
    )
