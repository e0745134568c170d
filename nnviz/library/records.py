"""The record of a run without its curves and weights, and the texts by which it is found."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from engine.basics.errors import EngineError
from engine.datasets.description import Description
from engine.experiment import Experiment
from engine.training.events import BestRestored
from engine.training.history import Change
from engine.training.metrics import Evaluation
from nnviz.library.errors import UnreadableRunError, unreadable
from nnviz.library.schema import FIGURES, MEMBERSHIP

STATUSES = ("new", "training", "paused", "finished", "diverged", "stopped", "pruned")
# All but the large ones, in the order in which they are read.
_PLAIN = (
    *("id", "status", "name", "note", "starred", "parent", "left_at", "data", "fingerprint", "version", "created"),
    *("updated", "epochs", "batches", "seconds", "nbytes", "is_thinned", *FIGURES, "best", "changes", "experiment"),
    *MEMBERSHIP,
)
_FIRST_FIGURE = _PLAIN.index(FIGURES[0])
_BEHIND = _FIRST_FIGURE + len(FIGURES)  # where those are that stand behind the figures


def _or_none(kind: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else kind(value)


def _finite(value: Any) -> float:
    if not math.isfinite(number := float(value)):
        raise ValueError("a number that is not finite")
    return number


_KINDS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("id", "batches", "nbytes"), int),
    **dict.fromkeys(("created", "updated"), float),  # a wrong clock is no damage
    **dict.fromkeys(("epochs", "seconds"), _finite),
    **dict.fromkeys(("starred", "is_thinned"), bool),
    **dict.fromkeys(("parent", *MEMBERSHIP), _or_none(int)),
    "left_at": _or_none(_finite),
}
_MADE_BY = [_KINDS.get(name, str) for name in _PLAIN]
_LONGEST_DESCRIPTION = 2**20  # bytes of an unpacked description that is read for a list of runs
_LONGEST_WORD = 100  # characters of a setting by which a run can be found; painted points are longer


@dataclass(frozen=True)
class RunRecord:
    """A run in the library, as of the time of reading.

    Attributes:
        id: number of the run in this library, never used again.
        status: "new", "training", "paused", "finished", "diverged"; in a sweep also "stopped" (by the user) or
            "pruned".
            A run whose program was killed remains "training", see :meth:`Library.interrupted`.
        name, note: the user's name and note; empty for none.
        starred: whether the run is starred.
        parent, left_at: the run from which it branches and the epoch there; None for none.
        data, fingerprint: title and fingerprint of its data.
        version: the nnviz version that began it.
        created, updated: seconds since 1970, by a clock that may have been wrong: runs are ordered by ``id``.
        epochs: number of epochs, with a fraction.
        batches: steps in an epoch; 0 if they are not known.
        seconds: training time, without measurements and pauses.
        nbytes: size of its curves, snapshots and states in the file.
        is_thinned: whether snapshots were removed to save storage.
        sweep, trial: its plan, and the index of its trial there, from 0; None for none.
        figures: measured results at its end ("test_error", "train_rmse", …).
        measured: the epoch at whose end they were measured; None if that is not known.
        kind: kind of its plan: "seeds", "race" or "sweep"; None for none, or if it is not known.
        target: name of the only predicted number, in whose unit the RMSE is; empty if there is none.
    """

    id: int
    status: str
    name: str
    note: str
    starred: bool
    parent: int | None
    left_at: float | None
    data: str
    fingerprint: str
    version: str
    created: float
    updated: float
    epochs: float
    batches: int
    seconds: float
    nbytes: int
    is_thinned: bool
    figures: dict[str, float]
    _best: str
    _changes: str
    _experiment: str
    sweep: int | None = None
    trial: int | None = None
    measured: float | None = None
    kind: str | None = None
    target: str = ""

    @property
    def data_set(self) -> tuple[str, str]:
        """Title and fingerprint of its data. Only figures of the same data can be compared."""
        return self.data, self.fingerprint

    @property
    def test_error(self) -> float | None:
        """Share of wrong predictions for the test set at its end; None if it was not measured."""
        return self.figures.get("test_error")

    @property
    def figures_before(self) -> float | None:
        """The epoch of ``figures`` if the network was trained further or reset; else None."""
        return self.measured if self.figures and self.measured != self.epochs else None

    @cached_property
    def experiment(self) -> Experiment:
        """Data, network and training settings. Raises UnreadableRunError if they cannot be read."""
        try:
            return Experiment.from_dict(json.loads(self._experiment))
        except (EngineError, ValueError, RecursionError) as error:
            raise self._unreadable("experiment", error) from None

    @cached_property
    def seed(self) -> int:
        """The seed of its training, read without the other settings. Raises UnreadableRunError."""
        try:
            return int(json.loads(self._experiment)["training"]["seed"])
        except (KeyError, TypeError, ValueError, RecursionError):  # ``experiment`` raises the proper error
            return self.experiment.seed

    @cached_property
    def best(self) -> BestRestored | None:
        """The epoch that early stopping restored at its end; None for none. Raises UnreadableRunError."""
        try:
            return _best_of(json.loads(self._best)) if self._best else None
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise self._unreadable("best epoch", error) from None

    @cached_property
    def changes(self) -> list[Change]:
        """The changes of settings during its training. Raises UnreadableRunError."""
        try:
            return [Change(float(epoch), str(text)) for epoch, text in json.loads(self._changes)]
        except (TypeError, ValueError, RecursionError) as error:
            raise self._unreadable("changes of settings", error) from None

    def _unreadable(self, what: str, error: Exception) -> UnreadableRunError:
        return unreadable(f"the {what} of run {self.id}", error)


def columns(has_sweeps: bool = True) -> str:
    """Returns the columns that a record needs; NULL for columns of sweeps in a library that has none."""
    return ", ".join(f"NULL AS {name}" if name in MEMBERSHIP and not has_sweeps else name for name in _PLAIN)


def record_of(
    row: Sequence[Any], measured: float | None = None, kind: str | None = None, target: str = ""
) -> RunRecord:
    """Returns the record for a row of :func:`columns`. Raises ValueError or TypeError for invalid rows.

    Args:
        measured: the epoch at whose end its figures were measured; None if that is not known.
        kind: kind of its plan; None for none.
        target: name of the only predicted number; empty if there is none.
    """
    if len(row) != len(_PLAIN):
        raise ValueError("a row of another table")
    entries = zip(FIGURES, row[_FIRST_FIGURE:_BEHIND], strict=True)
    figures = {name: float(value) for name, value in entries if value is not None}
    before = [made(value) for made, value in zip(_MADE_BY[:_FIRST_FIGURE], row[:_FIRST_FIGURE], strict=True)]
    behind = [made(value) for made, value in zip(_MADE_BY[_BEHIND:], row[_BEHIND:], strict=True)]
    values: list[Any] = [*before, figures, *behind, measured, kind, target]
    return RunRecord(*values)


def experiment_json(experiment: Experiment) -> str:
    return json.dumps(experiment.as_dict(), separators=(",", ":"))


def user_text_of(name: str, note: str) -> str:
    """Returns the user's texts about a run, in lower case, for the search."""
    return f"{name}\n{note}".casefold()


def search_text_of(experiment: Experiment, data: str) -> str:
    """Returns other texts for the search, in lower case: data title and all settings ("learning rate 0.2")."""
    entries = experiment.as_dict()
    entries |= {**entries.pop("training"), **dict(entries.pop("data_settings"))}
    entries |= entries.pop("augmentation", None) or {}
    entries["shape"] = "-".join(map(str, experiment.shape))
    settings = [f"{name.replace('_', ' ')} {_written(value)}" for name, value in entries.items()]
    return "\n".join([data, *(each for each in settings if len(each) < _LONGEST_WORD)]).casefold()


def _written(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_written, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def best_json(best: BestRestored | None) -> str:
    """Returns JSON of what early stopping restored, without confusion matrix; empty for nothing."""
    if best is None:
        return ""
    figures = {name: getattr(best.figures, name) for name in ("loss", "error", "rmse", "r2")}
    return json.dumps({"epoch": best.epoch, "early": best.early} | figures)


def _best_of(entries: dict[str, Any]) -> BestRestored:
    error, rmse, r2 = (None if entries[name] is None else float(entries[name]) for name in ("error", "rmse", "r2"))
    figures = Evaluation(float(entries["loss"]), error, None, None, rmse, r2)
    return BestRestored(float(entries["epoch"]), figures, bool(entries["early"]))


def changes_json(changes: Iterable[Change]) -> str:
    return json.dumps([[change.epoch, change.text] for change in changes], separators=(",", ":"))


def target_in(description: bytes | None) -> str:
    """Returns the name of the only predicted number; empty if there is none or the description cannot be read.

    A damaged description is reported when the network is opened; a list of runs only lacks the name.
    """
    try:
        entries = json.loads(zlib.decompressobj().decompress(description or b"", _LONGEST_DESCRIPTION))
        targets = Description.from_dict(entries).targets
    except (EngineError, KeyError, TypeError, ValueError, RecursionError, zlib.error):
        return ""
    return targets[0] if len(targets) == 1 else ""


def packed_description(description: Description | None) -> bytes | None:
    """Returns the packed meaning of inputs and outputs; None for none."""
    return None if description is None else zlib.compress(json.dumps(description.as_dict()).encode(), 1)
