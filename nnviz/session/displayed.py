"""The network that all views draw: a copy, never the one that is being trained."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt5.QtCore import QObject, pyqtSignal

from engine.network import Network
from engine.neurons import scaled
from nnviz.session.run import Run
from nnviz.session.selection import Neuron


class Displayed(QObject):
    """Holds the current run's network with the parameters that were copied last, or what it would be.

    A what-if multiplies what leads from some neurons. Training, saving and exporting never see it; it is dropped when
    another network is displayed.

    Signals:
        changed: ``network`` is a new object.
        what_if_changed: ``what_if`` has changed; after ``changed``.

    Attributes:
        network: nobody writes to it.
        as_trained: the same without what-ifs.
        what_if: the factors by neuron, none of which is 1; empty without what-ifs. Nobody writes to it.
    """

    changed = pyqtSignal()
    what_if_changed = pyqtSignal()

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run
        self.what_if: Mapping[Neuron, float] = {}
        self.as_trained: Network = run.displayed_network()
        self.network: Network = self.as_trained

    def show(self, run: Run, what_if: Mapping[Neuron, float] | None = None) -> None:
        """Displays that run's network with its latest parameters; ``what_if`` takes the place of what is supposed."""
        before = self.what_if
        if what_if is not None or run is not self._run:
            self.what_if = what_if or {}
        self._run, self.as_trained = run, run.displayed_network()
        self._update()
        if self.what_if != before:
            self.what_if_changed.emit()

    def suppose(self, what_if: Mapping[Neuron, float]) -> None:
        """Displays the network with these neurons scaled, and no others; a factor of 1 is none."""
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
    """ "layer 1 · neuron 4": numbers count from 1."""
    return f"layer {neuron.layer} · neuron {neuron.number + 1}"


def what_if_text(what_if: Mapping[Neuron, float]) -> str:
    """ "layer 1 · neuron 4 off", "layer 1 · neuron 4 × 0.5", "3 neurons changed"; empty for none."""
    if len(what_if) > 1:
        return f"{len(what_if)} neurons changed"
    return "".join(
        f"{neuron_name(neuron)} {f'× {factor:.3g}' if factor else 'off'}" for neuron, factor in what_if.items()
    )
