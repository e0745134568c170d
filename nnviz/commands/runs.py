"""``runs``: lists the library, shows, exports, imports, deletes and thins runs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engine.basics.errors import counted
from engine.basics.validation import number_within
from engine.sweeps.search_space import format_values
from nnviz.commands.checks import CommandError
from nnviz.commands.text_table import aligned_lines
from nnviz.formatting import text
from nnviz.formatting.result_text import figure_name
from nnviz.formatting.units import unit_of
from nnviz.library import Library, RunRecord
from nnviz.library.export import export_run
from nnviz.library.quota import LEAST, MOST
from nnviz.library.reproduction import RECORDED_PROGRAM, reproduction_of
from nnviz.library.run_file import read_run
from nnviz.library.states import state_places
from nnviz.library.sweeps import STOPPED, SweepLibrary
from nnviz.program_name import program_name

_HEAD = ("run", "", "name", "data", "network", "rate", "epochs", "test error", "started", "size")
_SWEEP = "sweep"
_STATUS = {
    "pruned": "pruned: its sweep stopped it early, because other runs were better",
    "stopped": "stopped with its sweep; resuming the sweep trains it from scratch",
}
_LONGEST = 28  # letters of a name in the list


def run(arguments: argparse.Namespace) -> int:
    """Carries out a command on the library. Returns the exit code. Raises CommandError, EngineError or OSError."""
    with Library() as library:
        if library.notice is not None:
            print(text.visible(library.notice), file=sys.stderr)
        return _ACTIONS[arguments.action](library, arguments)


# ---- the list


def _list(library: Library, arguments: argparse.Namespace) -> int:
    runs = library.runs(" ".join(arguments.search), arguments.sort, arguments.ascending)
    if arguments.json:
        print(json.dumps([_facts(library, each) for each in runs], indent=1))
        return 0
    if not len(runs):
        print("no runs" if not arguments.search else "no run has these words")
        return 0
    records = list(runs)
    has_sweeps = any(each.sweep is not None for each in records)
    head = [*_HEAD[:2], *([_SWEEP] * has_sweeps), *_HEAD[2:]]
    rows = [_row(each, has_sweeps) for each in records]
    print("\n".join(aligned_lines([head, *rows], texts=5 + has_sweeps)))
    for each in library.interrupted():
        if state_places(library.database, each.id):
            print(f"run {each.id} was interrupted; continue with: {program_name()} train --resume {each.id}")
        else:
            print(
                f"run {each.id} was interrupted before its first state was saved, so it cannot be resumed. To see its "
                f"settings: {program_name()} runs show {each.id}"
            )
    for sweep in SweepLibrary(library).interrupted():
        what = "was stopped" if sweep.status == STOPPED else "was interrupted"
        print(f"sweep {sweep.id} {what}; continue with: {program_name()} sweep --resume {sweep.id}")
    count = f"{len(runs)} run{'' if len(runs) == 1 else 's'}"
    print(f"{count}; the library {_storage_text(library)}: {text.path(library.path)}")
    return 0


def _storage_text(library: Library) -> str:
    return f"uses {text.size(library.quota.nbytes)} of its {text.size(library.quota.budget)} limit"


def _row(record: RunRecord, has_sweeps: bool) -> list[str]:
    """Returns a run's row of the list. If there are sweeps, a column has "3: 7" for trial 7 of sweep 3."""
    member = "" if record.sweep is None else f"{record.sweep}: {(record.trial or 0) + 1}"
    star = "*" if record.starred else ""
    name = record.name if record.parent is None else f"{record.name} from {record.parent}".strip()
    made = record.experiment
    words = [text.name(name, _LONGEST), text.name(record.data, _LONGEST), text.shape(made.shape)]
    return [
        str(record.id),
        star,
        *([member] * has_sweeps),
        *words,
        f"{made.training.learning_rate:g}",
        text.epochs(record.epochs, record.batches),
        result_of(record),
        text.date(record.created),
        text.size(record.nbytes),
    ]


def result_of(record: RunRecord) -> str:
    """Returns the test error, or the test RMSE for regression; without a test set, that of the training set.

    The epoch of the measurement is added if the network was trained further: "2.67 % at epoch 8".
    """
    for part in ("test", "train"):
        error, rmse = record.figures.get(f"{part}_error"), record.figures.get(f"{part}_rmse")
        if error is not None:
            return text.percent(error) + _when(record)
        if rmse is not None:
            return f"RMSE {text.figure(rmse)} {unit_of(record.target)}".rstrip() + _when(record)
    return "–"


def _when(record: RunRecord) -> str:
    """Returns the epoch at which the figures were measured, if the network is of another one."""
    return "" if record.figures_before is None else f" at epoch {text.epochs(record.figures_before)}"


def _facts(library: Library, record: RunRecord) -> dict[str, Any]:
    names = (
        "id",
        "name",
        "note",
        "starred",
        "status",
        "parent",
        "left_at",
        "data",
        "version",
        "created",
        "updated",
        "sweep",
        "target",
    )
    facts = {
        name: getattr(record, name)
        for name in (*names, "trial", "epochs", "seconds", "nbytes", "is_thinned", "figures", "measured")
    }
    is_live = record.status == "training" and library.is_live(record.id)
    return facts | {"is_live": is_live, "experiment": record.experiment.as_dict()}


# ---- one run


def _show(library: Library, arguments: argparse.Namespace) -> int:
    record = library.run(arguments.id)
    if arguments.json:
        history, epochs = library.history(record.id), library.snapshot_epochs(record.id)
        way = reproduction_of(library, record.id)
        more = {"curves": history.as_dict(), "moments": epochs, "command": way.command, "steps": way.steps}
        print(json.dumps(_facts(library, record) | more, indent=1))
        return 0
    for name, value in _details(library, record):
        print(f"{name + ':':<12} {value}")
    return 0


def _details(library: Library, record: RunRecord) -> Iterator[tuple[str, str]]:
    yield f"run {record.id}", text.name(record.name) or "unnamed"
    if record.note:
        yield "note", text.plain(record.note)
    yield "data", text.name(record.data)
    yield "network", f"{text.shape(record.experiment.shape)}, {', '.join(dict.fromkeys(record.experiment.activations))}"
    yield "settings", _settings_text(record)
    yield (
        "status",
        "in progress" if library.is_live(record.id) else _STATUS.get(record.status, text.name(record.status)),
    )
    if record.sweep is not None:
        yield "sweep", _place_in_sweep(library, record)
    if record.parent is not None:
        yield "branched", f"from run {record.parent} at epoch {text.epochs(record.left_at or 0, record.batches)}"
    children = [str(child.id) for child in library.children(record.id)]
    if children:
        yield "branches", ", ".join(children)
    yield "trained", f"{text.epochs(record.epochs, record.batches)} epochs, {record.seconds:.1f} s of training"
    for name, value in record.figures.items():
        unit = unit_of(record.target) if name.endswith("rmse") else ""
        figure = text.percent(value) if name.endswith("error") else f"{text.figure(value)} {unit}".rstrip()
        yield figure_name(name), figure + _when(record)
    for change in record.changes:
        yield f"epoch {text.epochs(change.epoch, record.batches)}", text.plain(change.text)
    epochs = library.snapshot_epochs(record.id)
    yield "kept", f"{len(epochs)} snapshots, {text.size(record.nbytes)}{', thinned' if record.is_thinned else ''}"
    way = reproduction_of(library, record.id)
    if way.command is not None:
        yield "command", text.plain(_as_started(way.command))
    else:
        yield "reproduce", "no single command does; these steps led to it"
        yield from ((f"step {number}", text.plain(_as_started(step))) for number, step in enumerate(way.steps, 1))
    if record.status != "finished" and library.state(record.id) is not None:
        is_diverged = record.status == "diverged"
        slower = f" --learning-rate {record.experiment.training.learning_rate / 10:g}" if is_diverged else ""
        yield "continue", f"{program_name()} train --resume {record.id}{slower}"


def _settings_text(record: RunRecord) -> str:
    """Returns the main settings: "sgd, learning rate 0.2, batch size 100, 10 epochs, seed 1"."""
    made = record.experiment.training
    words = f"{made.optimizer}, learning rate {made.learning_rate:g}, batch size {made.batch_size}"
    return f"{words}, {counted(made.epochs, 'epoch')}, seed {record.experiment.seed}"


def _as_started(command: str) -> str:
    """Returns a command of the library with the words that started this program."""
    return command.replace(RECORDED_PROGRAM, program_name(), 1)


def _place_in_sweep(library: Library, record: RunRecord) -> str:
    """Returns sweep, trial and values of a run: "3, trial 7: learning rate 0.05"."""
    sweep, trial = SweepLibrary(library).get(record.sweep or 0), record.trial or 0
    values = sweep.trials[trial] if trial < len(sweep.trials) else {}
    varied = f": {text.plain(format_values(values))}" if values else ""
    return f"{sweep.id}, trial {trial + 1}{varied}"


# ---- exchange


def _export(library: Library, arguments: argparse.Namespace) -> int:
    record = library.run(arguments.id)
    done = export_run(library, arguments.id, Path(arguments.folder), arguments.paths, arguments.rows)
    print(f"run {arguments.id} in {text.path(arguments.folder)}: {', '.join(done.files)}")
    for name, why in done.left_out.items():
        print(f"without {name}: {text.plain(why)}")
    for note in done.notes:
        print(note)
    if record.sweep is not None:
        print(f"not included: its place in sweep {record.sweep}")
    if "painted" in record.experiment.data_settings:
        print("included: the painted points")
    if Path(record.experiment.data).is_absolute():
        paths = "included" if arguments.paths else "left out (--paths includes them)"
        are_left_out = "rows" in done.left_out  # the reason is printed above
        rows = "left out" if are_left_out else "included" if arguments.rows else "left out (--rows includes them)"
        print(f"paths of the data: {paths}; rows of the data: {rows}")
    return 0


def _import(library: Library, arguments: argparse.Namespace) -> int:
    print(f"imported as run {read_run(library, arguments.file)}")
    return 0


# ---- storage


def _delete(library: Library, arguments: argparse.Namespace) -> int:
    library.delete(arguments.ids)
    library.purge()
    ids = ", ".join(map(str, arguments.ids))
    print(f"deleted for good: run{'' if len(arguments.ids) == 1 else 's'} {ids}; the library {_storage_text(library)}")
    return 0


def _thin(library: Library, arguments: argparse.Namespace) -> int:
    if arguments.budget is not None:
        budget = number_within("--budget", arguments.budget, LEAST / 1e6, MOST / 1e6, "2000", "MB")
        library.quota.budget = int(budget * 1e6)
    plan = library.quota.plan()
    print(f"the library {_storage_text(library)}")
    if plan.losses:
        ids = text.listed([str(each) for each in plan.runs])
        what = (
            f"{plan.snapshots} snapshots of the runs {ids}: {text.size(plan.nbytes)}. Results and last states are kept"
        )
        if arguments.yes:
            library.quota.thin(plan)
        print(f"{'deleted' if arguments.yes else 'to delete'}: {what}")
        if not arguments.yes:
            print(f"delete them with: {program_name()} runs thin --yes")
    if not plan.is_enough:
        raise CommandError("the library still exceeds its limit. Delete runs, or raise the limit with --budget.")
    return 0


_ACTIONS: dict[str, Callable[[Library, argparse.Namespace], int]] = {
    "list": _list,
    "show": _show,
    "export": _export,
    "import": _import,
    "delete": _delete,
    "thin": _thin,
}
