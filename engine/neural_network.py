"""``NeuralNetwork``: the interface of the ancestor, a project of 2015, for everything in this package.

net = NeuralNetwork([784, 50, 30, 10])
net = NeuralNetwork("my_saved_network.json")
net.train(train_data=X, train_labels=y, batch_size=100, epochs=20, learning_rate=0.3)
net.predict(data)
net.save(path); net.load(path)

A network that was trained on a table takes raw rows, with the table's columns, and predicts in the unit of its target:

net = NeuralNetwork("rent.json")
net.predict([{"area": 70, "district": "North"}])
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt

from engine.basics.errors import DataError, PlotError
from engine.basics.validation import Array, whole_number
from engine.datasets import Dataset, Split
from engine.datasets.dataset import classification_split, regression_split
from engine.datasets.description import Description
from engine.network.network import Network, on_one_line
from engine.provenance import Provenance
from engine.storage import load_network, save_network
from engine.training.events import Epoch
from engine.training.metrics import in_figures
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer


class NeuralNetwork(Network):
    """A feed-forward network that can be trained, used, saved and loaded.

    By default it has sigmoid neurons, the quadratic loss and weights from N(0, 1), like the ancestor.

    If its ``description`` says how raw rows become inputs, as that of a network trained on a table does,
    :meth:`predict` and :meth:`train` take raw rows. :attr:`network` takes encoded inputs.
    """

    def __init__(
        self,
        shape: Sequence[int] | str | os.PathLike[str],
        activations: Sequence[str] | None = None,
        loss: str = "quadratic",
        initializer: str = "normal",
        seed: int | None = None,
        *,
        dtype: npt.DTypeLike | None = None,
        weight_scale: float = 1.0,
    ) -> None:
        """Makes a new network or loads a saved one.

        Args:
            shape: layer sizes, input first; or the path of a saved network, which determines everything except
                ``dtype``.
            activations, loss, initializer, weight_scale: as in :class:`~engine.network.network.Network`.
            seed: seed of the weights; by default a random one.
            dtype: float32 or float64; by default float32, for a saved network as in :meth:`load`.

        Raises:
            SettingError: an argument breaks its rule.
            FileFormatError: the file is not a network.
        """
        if isinstance(shape, (str, os.PathLike)):
            self.load(shape, dtype)
        else:
            seed = None if seed is None else whole_number("seed", seed, 0, "1")
            number_type = np.float32 if dtype is None else dtype
            rng = np.random.default_rng(seed)
            super().__init__(shape, activations, loss, initializer, rng, number_type, weight_scale)

    def train(
        self,
        train_data: Any,
        train_labels: Any,
        batch_size: int = 100,
        epochs: int = 20,
        learning_rate: float = 0.3,
        classification: bool = True,
        print_cost: bool = False,
        test_data: Any = None,
        test_labels: Any = None,
        plot: bool = False,
        *,
        drop_last: bool = True,
        seed: int | None = None,
    ) -> None:
        """Trains by mini-batch stochastic gradient descent.

        Args:
            train_data: (k, shape[0]) list of lists or array; of a network that takes raw rows, as in :meth:`predict`.
            train_labels: class numbers, (k,) or (k, 1); or with ``classification=False`` targets, (k, shape[-1]). A
                network that takes raw rows also takes names of classes, and one with one target numbers, (k,) or
                (k, 1), in the unit of the target.
            batch_size, epochs, learning_rate: see :class:`~engine.training.trainer.TrainingSettings`.
            classification: whether the labels are class numbers. A network that takes raw rows and predicts numbers
                takes numbers in either case.
            print_cost: print train error and, with ``test_data``, test error after each epoch; for regression the cost,
                or, if the network takes raw rows, RMSE in the unit of the target and R².
            test_data, test_labels: like the training data; give both or neither. They are only used for tests.
            plot: show the curves in a window at the end. Needs PyQt5 and pyqtgraph.
            drop_last: leave out the last ``k % batch_size`` examples of each shuffled epoch.
            seed: seed of the order of examples.

        Raises:
            SettingError, DataError: before training; for targets see :meth:`~engine.network.losses.Loss.check_targets`,
                for raw rows :meth:`predict`. A label is none of the classes, which the error lists, or no number.
            DivergenceError: the loss is no longer finite.
            PlotError: before training, if ``plot`` is set and no window can be opened.
        """
        settings = TrainingSettings(
            batch_size, epochs, learning_rate, seed=seed, drop_last=drop_last, evaluate=bool(print_cost or plot)
        )
        dataset = self._dataset(train_data, train_labels, test_data, test_labels, classification)
        about = self.description
        trainer = Trainer(self, dataset, settings)
        if _takes_raw(about):
            self.description = about  # the trainer took that of plain arrays
        if plot:
            _check_a_window_can_open()
        self.provenance = {}  # the provenance of earlier training no longer applies
        results: list[Epoch] = []
        for event in trainer.run():
            if isinstance(event, Epoch):
                results.append(event)
                if print_cost and event.epoch:
                    print(describe_epoch(event, settings.epochs, numbers=_takes_raw(about)), flush=True)
        if plot:
            _show_curves(results)

    def predict(self, data: object) -> Array:
        """Computes the outputs for examples.

        Args:
            data: (k, shape[0]) list of lists or array. Of a network that was trained on a table, (k, columns) raw rows
                with the columns that are its inputs: lists or an array in the order of the table; or dicts or a
                DataFrame in any order, which may have more columns. Missing values (None, NaN, "NA") are filled in if
                they were for training. Of other data that were scaled, raw numbers.

        Returns:
            (k, shape[-1]) array, the outputs for each example: of a network that was trained on a table, a number for
            each class, or float64 in the unit of the target.

        Raises:
            DataError: wrong width, ragged rows, NaN, or no numbers; or an output is not finite, because sums overflow.
                Of raw rows, another number of columns, one that is lacking, a missing value or an unknown category; the
                error names the column, and the row, from 0.
        """
        about = self.description
        if not _takes_raw(about):
            return super().predict(data)
        return about.answers(super().predict(about.encode_rows(data, "data")))

    @property
    def network(self) -> Network:
        """This network for encoded inputs: its ``predict`` scales and encodes nothing. Both share all state."""
        twin = Network.__new__(Network)
        # The whole dictionary, not only the arrays, so that a trainer of the twin also describes this network.
        twin.__dict__ = self.__dict__
        return twin

    def _past(self) -> str:
        """Returns a text on the data and epochs of the training, if known."""
        past = Provenance.read(self)
        if not past.epochs:
            return super()._past()
        epochs = f"{past.epochs:g} epoch{'s' * (past.epochs != 1)}"
        return f"trained on {on_one_line(past.data)}, {epochs}" if past.data else f"trained for {epochs}"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the ancestor's JSON; a checkpoint if the name ends in .npz.

        Raises:
            SettingError: the name has the ending of an export, such as .onnx.
            DataError: a weight or bias is not finite.
            OSError: the file cannot be written.
        """
        save_network(self, os.fspath(path))

    def load(self, path: str | os.PathLike[str], dtype: npt.DTypeLike | None = None) -> None:
        """Replaces this network by the one in a file. If an error is raised, it stays as it was.

        Args:
            path: path of a file of this program or of the ancestor.
            dtype: float32 or float64; by default as the file says. Files of the ancestor do not say: they are read as
                float32, which keeps seven digits; ``dtype="float64"`` keeps all digits.

        Raises:
            SettingError: ``dtype`` is neither.
            FileFormatError: the file is not a network, or contains a number out of the range of ``dtype``.
            OSError: the file cannot be read.
        """
        self.__dict__.update(load_network(os.fspath(path), dtype).__dict__)

    def _dataset(
        self, train_data: Any, train_labels: Any, test_data: Any, test_labels: Any, classification: bool
    ) -> Dataset:
        def split(name: str, data: Any, targets: Any) -> Split:
            made = self._split(name, data, targets, classification)
            # The trainer checks them too, but does not know their names here.
            self.loss_function.check_targets(made.targets, self.layer_activations[-1], f"{name}_labels")
            return made

        if (test_data is None) != (test_labels is None):
            missing, there = ("test_data", "test_labels") if test_data is None else ("test_labels", "test_data")
            raise DataError(missing, None, f"must be given together with {there}", "Pass both, or leave out both.")
        test = None if test_data is None else split("test", test_data, test_labels)
        scaling = None if self.description is None else self.description.target_scaling
        return Dataset("this data", split("train", train_data, train_labels), test, target_scaling=scaling)

    def _split(self, name: str, data: Any, targets: Any, classification: bool) -> Split:
        about, labels = self.description, f"{name}_labels"
        if _takes_raw(about):
            data = about.encode_rows(data, f"{name}_data")
            classification = classification and not about.is_regression
            if about.is_regression:
                targets = about.targets_of(targets, self.shape[-1], labels)
            elif classification and about.class_names:
                targets = about.class_numbers(targets, labels)
        make = classification_split if classification else regression_split
        return make(name, data, targets, self.shape[0], self.shape[-1], self.parameters.dtype)


def _takes_raw(about: Description | None) -> TypeGuard[Description]:
    """Whether a network of that description takes raw rows."""
    return about is not None and about.changes_numbers


def describe_epoch(result: Epoch, epochs: int, numbers: bool = False) -> str:
    """Returns one line about the end of an epoch: errors in percent, or for regression the cost.

    With ``numbers`` RMSE and R² stand for the cost.
    """
    parts = [f"epoch {result.epoch:>{len(str(epochs))}} of {epochs}"]
    for name, figures in (("train", result.train), ("validation", result.validation), ("test", result.test)):
        if figures is not None and figures.error is not None:
            parts.append(f"{name} error {figures.error:7.2%}".replace("%", " %"))
        elif figures is not None and figures.rmse is not None and numbers:
            r2 = "" if figures.r2 is None else f", R² {figures.r2:.4f}"
            parts.append(f"{name} RMSE {in_figures(figures.rmse)}{r2}")
        elif figures is not None:
            parts.append(f"{name} cost {figures.loss:.6g}")
    return "   ".join(parts)


def _check_a_window_can_open() -> None:
    """Raises PlotError if no window can be opened. Tries it in another process, because Qt may end the process."""
    command = [sys.executable, "-c", "import pyqtgraph; pyqtgraph.mkQApp()"]
    probe = subprocess.run(command, capture_output=True, text=True, check=False)
    if probe.returncode == 0:
        return
    lines = probe.stderr.strip().splitlines() or ["no reason given"]
    reason = lines[-1 if lines[0].startswith("Traceback") else 0]
    remedy = "Pass plot=False, or run this on a desktop with PyQt5 and pyqtgraph installed."
    raise PlotError.from_problem("plot", f"no window can be opened ({reason})", remedy)


def _show_curves(results: list[Epoch]) -> None:
    """Shows train and test error (for regression, cost) over epochs until the window is closed."""
    import pyqtgraph as pg

    app = pg.mkQApp("nnviz")
    window = pg.plot(title="Training")
    window.setLabel("bottom", "epoch")
    window.addLegend()
    for name, colour in (("train", "#4cc2ff"), ("test", "#ffb04a")):
        figures = [getattr(result, name) for result in results]
        if figures and figures[0] is not None:
            is_error = figures[0].error is not None
            window.setLabel("left", "error, %" if is_error else "cost")
            heights = [100 * f.error if is_error else f.loss for f in figures]
            window.plot([result.epoch for result in results], heights, pen=colour, name=name)
    app.exec()
