"""A run as a folder of files for other programs: network in every format, curves, and how to reproduce it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from engine.basics.errors import EngineError, MissingPackageError
from engine.basics.optional_packages import install_advice
from engine.datasets.loading import is_file_of
from engine.experiment import Experiment
from engine.provenance import Provenance
from engine.storage import FORMATS, save_checkpoint
from engine.storage.files import whole_file, write_whole
from nnviz.library import ENDING
from nnviz.library.errors import LibraryError
from nnviz.library.library import Library
from nnviz.library.reproduction import reproduction_of
from nnviz.library.run_file import without_paths, write_run
from nnviz.library.schema import FIGURES

_PART = 2**24  # bytes that are copied at once


@dataclass
class ExportResult:
    """The result of an export.

    Attributes:
        files: names of the files that were written.
        left_out: reasons by the names of files that could not be written.
        needing_package: advice by the names of files whose format needs a package that is not installed.
    """

    files: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    needing_package: dict[str, str] = field(default_factory=dict)

    @property
    def notes(self) -> list[str]:
        """A sentence for each file of ``needing_package``."""
        return [f"{name} needs another package. {advice}." for name, advice in self.needing_package.items()]


def export_run(
    library: Library,
    run: int,
    folder: Path,
    with_paths: bool = False,
    with_rows: bool = False,
    report: Callable[[str], None] = lambda name: None,
) -> ExportResult:
    """Writes a run into a folder, which is made if necessary. Overwrites files of the same names.

    Args:
        with_paths: whether paths of the data are included.
        with_rows: whether the file of the data is copied into the folder.
        report: called with the name of each file before it is written; an exception that it raises cancels the export.

    Raises UnknownRunError or another LibraryError, also if the file of the run's data would be overwritten, and
    OSError.
    """
    record, done = library.run(run), ExportResult()
    made = record.experiment if with_paths else without_paths(record.experiment)
    way = reproduction_of(library, run, (lambda experiment: experiment) if with_paths else without_paths)
    written: dict[str, Callable[[Path], None]] = {
        f"run{ENDING}": lambda path: write_run(library, run, path, with_paths),
        "command.txt": lambda path: write_whole(path, way.as_text(run).encode()),
        "curves.csv": lambda path: write_whole(path, _curves(library, run).encode()),
    }
    written |= _networks(library, run, made)
    for name in written:
        if is_file_of(record.experiment.data, record.experiment.data_settings, folder / name):
            problem = f"the export would replace {folder / name}, the data of the run"
            raise LibraryError.from_problem("folder", problem, "Choose another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    for name, write in written.items():
        report(name)
        _write(write, folder / name, done)
    if with_rows:
        _copy_rows(record.experiment, folder, done, report)
    return done


def _write(write: Callable[[Path], None], path: Path, done: ExportResult) -> None:
    """Writes one file; a format that cannot hold the network is left out."""
    try:
        write(path)
    except LibraryError:
        raise
    except MissingPackageError as error:
        done.needing_package[path.name] = install_advice(error.parameter)
    except EngineError as error:
        done.left_out[path.name] = str(error)
    else:
        done.files.append(path.name)


def _networks(library: Library, run: int, made: Experiment) -> dict[str, Callable[[Path], None]]:
    """Returns functions that write the network in each format, and the state for ``train --resume FILE``."""
    if not library.snapshot_epochs(run):
        return {}
    network, state = library.network(run), library.state(run)
    before = None if state is None else state.before
    replace(Provenance.read(network), experiment=made, before=before).write(network)
    found: dict[str, Callable[[Path], None]] = {
        f"network{each.ending}": partial(each.save, network) for each in FORMATS
    }
    if state is not None:
        state.network.provenance = network.provenance
        found["training.npz"] = partial(save_checkpoint, state.network, state=state.training)
    return found


def _curves(library: Library, run: int) -> str:
    """Returns the figures of all epochs as CSV, without empty columns."""
    query = f"SELECT epoch, seconds, {', '.join(FIGURES)} FROM epochs WHERE run = ? ORDER BY epoch"
    rows = library.database.rows(query, (run,))
    names = ("epoch", "seconds", *FIGURES)
    there = [number for number in range(len(names)) if any(row[number] is not None for row in rows)]
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow([names[number] for number in there])
    table.writerows([["" if row[number] is None else f"{row[number]:.10g}" for number in there] for row in rows])
    return written.getvalue()


def _copy_rows(experiment: Experiment, folder: Path, done: ExportResult, report: Callable[[str], None]) -> None:
    source = Path(experiment.data)
    copy = folder / source.name
    if not source.is_file():
        done.left_out["rows"] = "the data are not a single file on this computer, and only such a file is copied"
    elif source.name.casefold() in map(str.casefold, done.files):
        done.left_out["rows"] = f"another file of the export is named {source.name}"
    elif copy.exists() and copy.samefile(source):
        done.left_out["rows"] = f"{source.name} is already in that folder"
    else:
        with open(source, "rb") as rows, whole_file(copy) as (file, _):
            while part := rows.read(_PART):
                report(source.name)
                file.write(part)
        done.files.append(source.name)
