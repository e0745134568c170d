"""What other data change: the fields follow them, and a trained network that does not fit is replaced."""

from __future__ import annotations

from PyQt5.QtCore import QObject

from engine.basics.errors import SettingError
from engine.datasets import Dataset
from engine.experiment import Experiment
from nnviz.formatting import text
from nnviz.session.data import Data
from nnviz.session.network_replacement import Making
from nnviz.session.runs import Runs
from nnviz.session.settings import Basis, Settings, is_of_layers
from nnviz.session.status import Stage
from nnviz.session.undo import Undo


class NewData(QObject):
    """Follows the data. All that a change of data changes is one step to undo, which loads the data before again."""

    def __init__(self, data: Data, settings: Settings, runs: Runs, making: Making, undo: Undo) -> None:
        super().__init__()
        self._data, self._settings, self._runs, self._making, self._undo = data, settings, runs, making, undo
        self._is_first = True
        self._has_failed = False
        self._before: Dataset | None = None  # the data set that the fields were about
        data.failed.connect(self._fail)
        data.changed.connect(self._follow)

    def _fail(self) -> None:
        self._has_failed = True

    def _follow(self) -> None:
        """Fits the fields to the data; is called when loading has ended."""
        has_failed, self._has_failed = self._has_failed, False
        dataset, fields = self._data.dataset, self._settings.experiment
        if dataset is None:
            return
        is_first, self._is_first = self._is_first, False
        before, self._before = self._before, dataset
        for name in list(filter(is_of_layers, self._settings.all_problems)):
            self._settings.set_problem(name, None)
        if self._data.has(fields):  # also after an undo
            self._settings.take(_possible(fields, dataset))
        elif has_failed:  # those of an undo
            self._settings.take(self._data.named(fields))
        else:
            self._adapt(*self._settings.adapted(self._data.fit(fields), before, dataset), is_first)

    def _adapt(self, new: Experiment, basis: Basis, is_first: bool) -> None:
        run, dataset = self._runs.current, self._data.dataset
        assert dataset is not None
        step = f"data {text.name(dataset.title)}"
        if is_first:
            self._settings.take(new, basis)
        elif run.misfit(dataset) is None or (run.untouched and run.stage not in (Stage.TRAINING, Stage.PAUSED)):
            self._undo.push(self._settings.step(step, new, basis))
        else:
            self._making.reset(step, new, f"does not fit {text.name(dataset.title)}", basis)


def _possible(fields: Experiment, dataset: Dataset) -> Experiment:
    """The fields themselves, unless data of that name have another task than before: their file may have changed."""
    try:
        fields.check_task(dataset)
    except SettingError:
        return fields.for_task(dataset)
    return fields
