"""Figures and confusion matrices of a run's epochs that are to be written, and the choice of those that are kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.storage.epoch_codec import epoch_numbers
from engine.training.history import MOST_POINTS
from engine.training.snapshot_schedule import SnapshotSchedule
from nnviz.library.curves import (
    Row,
    epochs_in,
    figures_of_row,
    packed_confusions,
    row_of_numbers,
    write_confusions,
    write_epochs,
)
from nnviz.library.database import Database
from nnviz.library.schema import FIGURES

_MOST_CONFUSIONS = 2_000
_MOST_CONFUSIONS_AT_ONCE = 250  # between two transactions


class PendingEpochs:
    """Epochs of a run that are not yet written. Kept epochs are evenly spaced, whatever their number.

    Attributes:
        epoch: the last epoch of this training; -1 before the first.
        seconds: training time of all epochs.
    """

    def __init__(self, database: Database, run: int, before: float) -> None:
        """``before``: epochs of the network before this training."""
        self._database, self._run, self._before = database, run, before
        self.epoch = -1
        self.seconds = 0.0
        self._last = b""  # the last epoch that was taken, packed
        self._rows: dict[float, Row] = {}
        self._confusions: dict[float, bytes] = {}  # packed events by epoch
        self.read_grids()

    @property
    def row(self) -> Row | None:
        """The row of the last epoch; None before the first."""
        return row_of_numbers(epoch_numbers(self._last)) if self._last else None

    def read_grids(self) -> None:
        """Reads which epochs are kept so far, on which the choice of later ones depends."""
        self._row_grid, self._confusion_grid = (
            SnapshotSchedule(most, 1, [at - self._before for at in epochs_in(self._database, table, self._run)])
            for table, most in (("epochs", MOST_POINTS), ("confusions", _MOST_CONFUSIONS))
        )
        query = f"SELECT seconds, {', '.join(FIGURES)} FROM epochs WHERE run = ? AND epoch = ?"
        self._there = self._database.row(query, (self._run, self._before)) or (0.0, *[None] * len(FIGURES))

    def add(self, packed: Iterable[bytes]) -> None:
        """Adds epochs, each as packed by :func:`~engine.storage.epoch_codec.epoch_bytes`."""
        for each in packed:
            numbers = epoch_numbers(each)
            epoch, seconds, *_ = numbers
            self.epoch, self._last = epoch, each
            self.seconds += seconds
            row = row_of_numbers(numbers)
            # Where a training begins, the last one has ended: of each figure, what was measured last counts.
            is_seam = epoch == 0 and bool(figures_of_row(row))
            if is_seam:
                seconds, *old = self._there
                row = (seconds, row[1], *(then if now is None else now for now, then in zip(row[2:], old, strict=True)))
            if self._row_grid.should_keep(epoch) or is_seam:
                self._row_grid.advance_past(epoch)
                self._rows[self._before + epoch] = row
                halve(self._rows, MOST_POINTS)
            if self._confusion_grid.should_keep(epoch) or is_seam:
                self._keep_confusions(epoch, each)

    def _keep_confusions(self, epoch: int, packed: bytes) -> None:
        """Keeps evenly spaced matrices, and fewer of very short epochs."""
        grid, waiting = self._confusion_grid, self._confusions
        grid.advance_past(epoch)
        waiting[self._before + epoch] = packed
        if len(waiting) > _MOST_CONFUSIONS_AT_ONCE:
            grid.coarsen(epoch)
            self._confusions = {at: each for at, each in waiting.items() if grid.is_on(at - self._before)}

    def keep_last(self) -> None:
        """Keeps the matrices of the last epoch in any case."""
        if self._last and self.epoch not in self._confusion_grid:
            self._confusions[self._before + self.epoch] = self._last

    def write(self) -> None:
        """Writes pending epochs. Within a transaction; :meth:`clear` must follow its success."""
        packed = zip(self._confusions, packed_confusions(map(epoch_numbers, self._confusions.values())), strict=True)
        matrices = [(at, found) for at, found in packed if found is not None]
        write_epochs(self._database, self._run, self._rows)
        write_confusions(self._database, self._run, matrices)
        gone = {
            "epochs": self._added(self._row_grid, self._rows),
            "confusions": self._added(self._confusion_grid, (at for at, _ in matrices)),
        }
        for table, places in gone.items():
            values = [(self._run, place + self._before) for place in places if place is not None]
            self._database.many(f"DELETE FROM {table} WHERE run = ? AND epoch = ?", values)

    def _added(self, grid: SnapshotSchedule, epochs: Iterable[float]) -> list[float | None]:
        """Adds epochs to a grid, except the first one if it replaced the last epoch of the previous training."""
        places = (at - self._before for at in epochs)
        return [grid.add(place) for place in places if place > 0 or place not in grid]

    def clear(self) -> None:
        """Discards pending epochs after they were written."""
        self._rows.clear()
        self._confusions.clear()


def halve(waiting: dict[float, Any], most: int) -> None:
    """Drops every second entry, if too many are pending because the library cannot be written to."""
    if len(waiting) > most:
        for at in list(waiting)[1::2]:
            del waiting[at]
