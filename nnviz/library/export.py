"""A run as a folder of files for other programs: network in every format, curves, the command that repeats it."""

from __future__ import annotations

import csv
import io
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.errors import EngineError
from engine.experiment import Experiment
from engine.network import Network
from engine.provenance import Provenance
from engine.storage import export_onnx, export_script, save_checkpoint, save_network
from engine.storage.files import write_whole
from nnviz.library.exchange import ENDING, without_places, write_run
from nnviz.library.library import Library
from nnviz.library.schema import FIGURES

_FORMATS: dict[str, Callable[[Network, Path], None]] = {
    "network.json": save_network,
    "network.npz": save_network,
    "network.py": export_script,
    "network.onnx": export_onnx,
}


@dataclass
class Exported:
    """What came of an export.

    Attributes:
        files: names of the files that were written.
        left_out: names of those that could not be, and why.
    """

    files: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def export_run(library: Library, run: int, folder: Path, with_paths: bool = False, with_rows: bool = False) -> Exported:
    """Writes a run into a folder, which is made if it is not there. Files of these names are written over.

    Args:
        with_paths: whether the paths of its data go along.
        with_rows: whether the file of its data is copied into the folder.

    Raises UnknownRunError or another LibraryError, OSError.
    """
    record, done = library.run(run), Exported()
    made = record.experiment if with_paths else without_places(record.experiment)
    folder.mkdir(parents=True, exist_ok=True)
    write_run(library, run, folder / f"run{ENDING}", with_paths)
    write_whole(folder / "command.txt", command_of(made).encode())
    write_whole(folder / "curves.csv", _curves(library, run).encode())
    done.files += [f"run{ENDING}", "command.txt", "curves.csv"]
    if library.moments(run):
        network = library.network(run)
        _write_networks(network, made, folder, done)
        _write_training(library, run, network, folder, done)
    if with_rows:
        _copy_rows(record.experiment, folder, done)
    return done


def command_of(experiment: Experiment) -> str:
    """The command line that trains it again."""
    return "python main.py " + shlex.join(experiment.command()) + "\n"


def _write_networks(network: Network, made: Experiment, folder: Path, done: Exported) -> None:
    replace(Provenance.read(network), experiment=made).write(network)
    for name, write in _FORMATS.items():
        try:
            write(network, folder / name)
        except EngineError as error:
            done.left_out[name] = str(error)
        else:
            done.files.append(name)


def _write_training(library: Library, run: int, network: Network, folder: Path, done: Exported) -> None:
    """The state of the training, with which it goes on as ``train --resume FILE``."""
    state = library.state(run)
    if state is not None:
        state.network.provenance = network.provenance
        save_checkpoint(state.network, folder / "training.npz", state.training)
        done.files.append("training.npz")


def _curves(library: Library, run: int) -> str:
    """The figures of all epochs as CSV; columns that nothing was measured for are left out."""
    query = f"SELECT epoch, seconds, {', '.join(FIGURES)} FROM epochs WHERE run = ? ORDER BY epoch"
    rows = library.database.rows(query, (run,))
    names = ("epoch", "seconds", *FIGURES)
    there = [number for number in range(len(names)) if any(row[number] is not None for row in rows)]
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow([names[number] for number in there])
    table.writerows([["" if row[number] is None else f"{row[number]:.10g}" for number in there] for row in rows])
    return written.getvalue()


def _copy_rows(experiment: Experiment, folder: Path, done: Exported) -> None:
    source = Path(experiment.data)
    if source.is_file():
        shutil.copyfile(source, folder / source.name)
        done.files.append(source.name)
    else:
        done.left_out["rows"] = "they are in no file that is there: only a single file of data is copied"
