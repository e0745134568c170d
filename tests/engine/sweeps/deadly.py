"""An experiment that processes die of, for those that have the engine alone."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

from engine.datasets.dataset import Dataset
from engine.experiment import Experiment
from engine.network.network import Network
from engine.training.trainer import Trainer


@dataclass(frozen=True)
class Deadly(Experiment):
    """An experiment whose training kills the process that it is in."""

    def trainer(self, dataset: Dataset, network: Network | None = None) -> Trainer:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError
