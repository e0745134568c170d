"""Networks from and to disk, behind the window."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal

from engine.datasets import Dataset
from engine.errors import EngineError
from engine.events import TrainingState
from engine.network import Network
from engine.settings import TrainingSettings
from engine.storage import export_onnx, export_script, load_checkpoint, load_network, save_checkpoint, save_network
from engine.storage.files import write_whole
from engine.training import Trainer
from nnviz.jobs.worker import Background

CHECKPOINT = ".npz"
EXPORTS: dict[str, Callable[[Network, Path], None]] = {".onnx": export_onnx, ".py": export_script}


@dataclass(frozen=True)
class Opened:
    """What was found in a file.

    Attributes:
        network: read whole and checked.
        settings: those of the training that was saved with it, if there was one.
        trainer: goes on where that was saved; None where it cannot, or where it was at its end.
        epochs_done: whole epochs that the trainer has behind it.
        why_not: what is in the way of going on.
    """

    network: Network
    settings: TrainingSettings | None = None
    trainer: Trainer | None = None
    epochs_done: int = 0
    why_not: str = ""


class NetworkFiles(QObject):
    """Opens, saves and exports one after the other, and says what goes on.

    Signals:
        opened(Path, title, Opened): ``title`` as it was given to :meth:`open`.
        failed(what, Exception): nothing was changed, on disk or here.
        activity_changed: ``activity`` has another text.
    """

    opened = pyqtSignal(object, object, object)
    failed = pyqtSignal(str, object)
    activity_changed = pyqtSignal()

    def __init__(self, background: Background) -> None:
        super().__init__()
        self._background = background
        self._slow = Background()
        self.saving = 0  # files being written that closing waits for
        self.activity = ""  # what goes on, or was done last

    def open(self, path: Path, dataset: Dataset | None, title: str | None = None) -> None:
        """Reads a network, and a training to go on with on that data; ``opened`` or ``failed`` follows."""

        def done(found: Opened) -> None:
            self._tell(f"Opened {title or path.name}")
            self.opened.emit(path, title, found)

        self._tell(f"Opening {title or path.name} …")
        self._background.run(lambda: _read(path, dataset), done, self._failure(f"{path.name} could not be opened"))

    def save(
        self,
        network: Network,
        path: Path,
        then: Callable[[], None],
        take_state: Callable[[], TrainingState] | None = None,
        note: str = "",
    ) -> None:
        """Writes a network that nobody changes meanwhile, and calls ``then`` when it is on disk.

        ``take_state`` gives the training that goes into a checkpoint with it; ``note`` is told with the file's name.
        """

        def work() -> None:
            if take_state is not None:
                save_checkpoint(network, path, take_state())
            else:
                save_network(network, path)

        self._write(work, path, ("Saving", "saved"), then, note)

    def export(self, network: Network, path: Path) -> None:
        """Writes what the ending of the name says: ``.onnx`` or ``.py``."""
        export = EXPORTS[path.suffix.lower()]
        self._write(lambda: export(network, path), path, ("Exporting", "exported"), lambda: None)

    def write(self, make: Callable[[], bytes], path: Path) -> None:
        """Writes what ``make`` gives; it is called behind the window too, and may take long: nothing waits for it."""
        work = lambda: write_whole(path, make())  # noqa: E731
        self._write(work, path, ("Exporting", "exported"), lambda: None, behind=self._slow)

    def close(self, milliseconds: int) -> bool:
        """Ends what nothing waits for; whether that was in time."""
        return self._slow.close(milliseconds)

    def _write(
        self,
        work: Callable[[], None],
        path: Path,
        verbs: tuple[str, str],
        then: Callable[[], None],
        note: str = "",
        behind: Background | None = None,
    ) -> None:
        present, past = verbs

        is_waited_for = behind is None

        def done(_: object) -> None:
            self.saving -= is_waited_for
            self._tell(f"{past.capitalize()} to {path.name}{note}")
            then()

        def failed(error: Exception) -> None:
            self.saving -= is_waited_for
            self._failure(f"{path.name} could not be {past}")(error)

        self._tell(f"{present} {path.name} …")
        self.saving += is_waited_for
        (behind or self._background).run(work, done, failed)

    def _failure(self, what: str) -> Callable[[Exception], None]:
        def failed(error: Exception) -> None:
            self._tell("")
            self.failed.emit(what, error)

        return failed

    def _tell(self, text: str) -> None:
        self.activity = text
        self.activity_changed.emit()


def _read(path: Path, dataset: Dataset | None) -> Opened:
    if not zipfile.is_zipfile(path):
        return Opened(load_network(path))
    network, state = load_checkpoint(path)
    if state is None:
        return Opened(network)
    settings: TrainingSettings | None = None
    try:
        settings = TrainingSettings.from_dict(state.settings)
        if dataset is None:
            return Opened(network, settings, why_not="the data is not there yet.")
        trainer = Trainer.resume(network, dataset, state)
    except EngineError as error:
        return Opened(network, settings, why_not=str(error))
    done = trainer.epoch if state.progress["measured"] else max(trainer.epoch - 1, 0)
    return Opened(network, settings, trainer if done < trainer.settings.epochs else None, done)
