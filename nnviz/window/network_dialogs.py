"""File dialogs for networks, and the question about unsaved work. They use signals, never nested event loops."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TypeAlias

from PyQt5.QtCore import QObject, Qt, QTimer
from PyQt5.QtWidgets import QFileDialog, QMenu, QMessageBox, QWidget

from engine.datasets.loading import is_file_of
from engine.storage import SAVED_FORMATS, NetworkFormat, format_by_name
from nnviz.formatting import text
from nnviz.session.run import Run
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.parts import named
from nnviz.window.preferences import Preferences

_FILES = f"Networks ({' '.join(f'*{each.ending}' for each in SAVED_FORMATS)});;All files (*)"
_FILTERS = {each.ending: each.file_filter for each in SAVED_FORMATS}
_MOST_RECENT = 8
_HAS_LEARNED = "The network has been trained since it was last saved."
Then: TypeAlias = Callable[[], None]


class NetworkDialogs(QObject):
    """File dialogs for networks. Remembers the folder and the last files."""

    def __init__(self, window: QWidget, session: Session, preferences: Preferences) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._preferences = preferences
        # Runs that the user agreed to lose: ids, and their ``changes`` at that time.
        self._discarded: set[tuple[int, int]] = set()
        self._when_written: Callable[[], object] | None = None  # what waits for files of the past
        session.runs.file_changed.connect(self._remember_file)
        session.snapshot_files.changed.connect(self._look_whether_written)

    def open_network(self) -> None:
        """Asks about unsaved work, then opens a dialog for a file."""
        self.after_asking("another network", self._choose_file_to_open)

    def open_path(self, path: Path, title: str | None = None) -> None:
        """Asks about unsaved work, then opens a file, or a copy of it under a title."""
        self.after_asking(title or path.name, lambda: self._session.files.open(path, title))

    def _choose_file_to_open(self) -> None:
        dialog = self.file_dialog("Open network", "openNetworkDialog", _FILES)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda chosen: self._session.files.open(Path(chosen)))
        dialog.open()

    def save_network(self, then: Then | None = None, cancelled: Then = lambda: None) -> None:
        """Saves to the network's file; asks for one if it has none.

        ``then`` is called when it is saved, ``cancelled`` if no file is chosen.
        """
        if self._session.runs.current.storage.path is None:
            self.save_network_as(then, cancelled)
        else:
            self._session.files.save(self._session.runs.current.storage.path, then)

    def save_network_as(self, then: Then | None = None, cancelled: Then = lambda: None) -> None:
        """Opens a dialog for a file and saves to it; calls ``then`` and ``cancelled`` as :meth:`save_network` does."""
        path = self._session.runs.current.storage.path
        proposed = path.name if path else f"{self._proposed_name()}{SAVED_FORMATS[0].ending}"
        self._ask_where("Save network", proposed, lambda chosen: self._session.files.save(chosen, then), cancelled)

    def save_displayed(self, asks: bool = False) -> None:
        """Saves the network, or that of the displayed snapshot into another file; ``asks`` opens a file dialog always.

        The snapshot is that of the time the dialog was opened.
        """
        epoch, path = self._session.timeline.epoch, self._session.runs.current.storage.path
        if epoch is None:
            (self.save_network_as if asks else self.save_network)()
            return
        ending = (SAVED_FORMATS[0] if path is None else format_by_name(path)).ending
        title, proposed = f"Save the network of {self._epoch_text(epoch)}", f"{self._proposed_name(epoch)}{ending}"
        self._ask_where(title, proposed, lambda chosen: self._session.snapshot_files.save(chosen, epoch))

    def _ask_where(
        self, title: str, proposed: str, save: Callable[[Path], object], cancelled: Then = lambda: None
    ) -> None:
        filters = ";;".join(_FILTERS.values())
        dialog = self.where_to_save(title, "saveNetworkDialog", filters, proposed, save, cancelled)
        ending_of = {name: ending for ending, name in _FILTERS.items()}
        dialog.filterSelected.connect(lambda chosen: follow_filter(dialog, ending_of[chosen], _FILTERS))
        ending = format_by_name(proposed).ending
        dialog.selectNameFilter(_FILTERS[ending])
        dialog.setDefaultSuffix(ending)
        dialog.rejected.connect(cancelled)
        dialog.open()

    def export_as(self, export_format: NetworkFormat) -> None:
        """Opens a dialog for a file, and exports the network or that of the displayed snapshot to it."""
        session, epoch = self._session, self._session.timeline.epoch

        def export(chosen: Path) -> None:
            path = chosen.with_suffix(export_format.ending)
            if epoch is None:
                session.files.export(path)
            else:
                session.snapshot_files.export(path, epoch)

        title = "Export network" if epoch is None else f"Export the network of {self._epoch_text(epoch)}"
        proposed = f"{self._proposed_name(epoch)}{export_format.ending}"
        self.where_to_save(title, "exportNetworkDialog", export_format.file_filter, proposed, export).open()

    def _proposed_name(self, epoch: float | None = None) -> str:
        """Returns a file name without ending: that of the network, with only characters that are safe in file names."""
        run = self._session.runs.current
        known = run.storage.name if run.origin.opened is not None else "network"
        name = (
            run.storage.path.stem
            if run.storage.path is not None
            else (re.sub(r"[^\w.-]+", "-", known).strip("-.") or "network")
        )
        return name if epoch is None else f"{name}-{self._epoch_text(epoch).replace(' ', '-')}"

    def where_to_save(
        self,
        title: str,
        name: str,
        filters: str,
        proposed: str,
        save: Callable[[Path], object],
        refused: Then = lambda: None,
    ) -> QFileDialog:
        """Returns a dialog that asks for a file to write, and before it replaces one; not open yet.

        ``proposed`` is the file's name, whose ending is added to a name without one. ``save`` is called with the chosen
        file, ``refused`` in its place if that file holds the data.
        """

        def chosen(file: str) -> None:
            data = self._session.data
            if is_file_of(data.loaded_name or "", data.loaded_settings, file):
                which = text.name(Path(file).name)
                self._session.messages.show(
                    f"{which} contains the current data and would be overwritten. Choose another file."
                )
                refused()
            else:
                save(Path(file))

        dialog = self.file_dialog(title, name, filters)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(Path(proposed).suffix)
        dialog.selectFile(proposed)
        dialog.fileSelected.connect(chosen)
        return dialog

    def file_dialog(self, title: str, name: str, filters: str) -> QFileDialog:
        """Returns a dialog that begins in the folder of the last file; not open yet."""
        folder = self._preferences.text("folder", str(Path.home()))
        dialog = named(QFileDialog(self._window, title, folder, filters), name)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog

    # ---- before something is lost

    def after_asking(self, what: str, then: Then) -> None:
        """Calls ``then`` at once if the current network is saved; else asks whether to save it first."""
        run = self._session.runs.current
        if run.unsaved:
            self._ask_to_save([run], _HAS_LEARNED, f"Save it before opening {what}?", then)
        else:
            then()

    @property
    def unsaved(self) -> list[Run]:
        """The runs that are not saved and that the user has not agreed to lose, the current one first."""
        return [run for run in self._session.runs.unsaved if (run.id, run.changes) not in self._discarded]

    def ask_before_quitting(self, quit_now: Then) -> None:
        """Asks one question about all networks that would be lost, with training paused."""
        lost = self.unsaved
        go_on = self._session.training.hold()
        if lost == [self._session.runs.current]:
            summary, details = _HAS_LEARNED, "Save it before quitting?"
        else:
            several = f"{len(lost)} trained networks are not saved."
            summary = several if len(lost) > 1 else "An earlier trained network is not saved."
            details = "\n".join(map(self._description, lost)) + "\n\nQuit without saving them?"
        self._ask_to_save(lost, summary, details, quit_now, go_on)

    def ask_about_waiting(self, quit_now: Callable[[], object]) -> None:
        """Asks whether to wait for files of snapshots that are not reached yet."""
        self._when_written, files = None, self._session.snapshot_files
        names = text.listed([text.name(path.name) for path in files.waiting])
        is_one = len(files.waiting) == 1
        what = f"{names} {'is' if is_one else 'are'} not written yet."
        why = f"The run is still being replayed to the epoch of {('this file' if is_one else 'these files')}."
        box = self._question("waitingBox", what, why)
        without = box.addButton(f"&Quit without {'it' if is_one else 'them'}", QMessageBox.ButtonRole.DestructiveRole)
        without.clicked.connect(files.give_up)
        box.setEscapeButton(box.addButton(QMessageBox.StandardButton.Cancel))
        wait = box.addButton("&Wait, then quit", QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(wait)
        for button in (without, wait):
            button.clicked.connect(lambda: self._after_writing(quit_now))
        box.open()

    def _after_writing(self, then: Callable[[], object]) -> None:
        self._when_written = then
        self._look_whether_written()

    def _look_whether_written(self) -> None:
        if self._when_written is not None and not self._session.snapshot_files.waiting:
            then, self._when_written = self._when_written, None
            QTimer.singleShot(0, then)  # after all receivers of the signal about this file

    def _ask_to_save(
        self, lost: list[Run], summary: str, details: str, then: Then, cancelled: Then = lambda: None
    ) -> None:
        """Offers to save the current network if it is in ``lost``, restore an earlier one, discard all, or cancel."""
        box = self._question("unsavedBox", summary, details)
        discard = box.addButton(QMessageBox.StandardButton.Discard)
        discard.setText("&Discard")
        discard.clicked.connect(lambda: self._discard(lost, then))
        box.setEscapeButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.rejected.connect(cancelled)
        earlier = [run for run in lost if run is not self._session.runs.current]
        if earlier:
            back = box.addButton("&Restore the last", QMessageBox.ButtonRole.ActionRole)
            back.clicked.connect(lambda: self._session.replacement.put(earlier[0], "restored network"))
            box.setDefaultButton(back)
        if len(earlier) < len(lost):
            save = box.addButton(QMessageBox.StandardButton.Save)
            if earlier:
                save.setText("&Save this one")  # the other ones are not saved
            save.clicked.connect(lambda: self.save_network(lambda: self._discard(earlier, then), cancelled))
            box.setDefaultButton(save)
        box.open()

    def _question(self, name: str, summary: str, details: str) -> QMessageBox:
        """Returns a question without buttons yet. Names of files stand in it as they are."""
        box = named(QMessageBox(self._window), name)
        box.setWindowTitle("nnviz")
        box.setIconPixmap(theme.icon("circle-alert", "ink").pixmap(32))
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(summary)
        box.setInformativeText(details)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return box

    def _epoch_text(self, epoch: float) -> str:
        return self._session.runs.current.epoch_text(epoch)

    def _description(self, run: Run) -> str:
        """Returns a line about a network: its file, its training, and how it differs from the current one."""
        now = self._session.runs.current
        name = "" if run.storage.path is None else f"{run.title}, "
        trained = f"{name}{text.shape(run.network.shape)}, trained for {run.epoch_name(run.epochs)} epochs"
        return f"• this one: {trained}" if run is now else f"• earlier: {trained}, {self._session.runs.difference(run)}"

    def _discard(self, runs: list[Run], then: Then) -> None:
        self._discarded |= {(run.id, run.changes) for run in runs}
        then()

    def _remember_file(self) -> None:
        path = self._session.runs.current.storage.path
        if path is None:
            return
        recent = [str(path), *(other for other in self._recent_files() if other != str(path))]
        self._preferences.set("recent", json.dumps(recent[:_MOST_RECENT]))
        self._preferences.set("folder", str(path.parent))

    def _recent_files(self) -> list[str]:
        stored = self._preferences.document("recent")
        names = stored if isinstance(stored, list) else []
        return [name for name in names if isinstance(name, str) and name][:_MOST_RECENT]

    def fill_recent(self, menu: QMenu) -> None:
        """Fills the menu with the last files, newest first."""
        menu.clear()
        menu.setToolTipsVisible(True)
        files = self._recent_files()
        for number, name in enumerate(files, start=1):
            action = menu.addAction(f"&{number}  {text.entry(Path(name).name)}")
            action.setToolTip(name)
            action.triggered.connect(lambda _, name=name: self.open_path(Path(name)))
        if not files:
            menu.addAction("No files yet").setEnabled(False)


def follow_filter(dialog: QFileDialog, ending: str, endings: Collection[str]) -> None:
    """Sets the file name's ending in the dialog to that of the chosen format, if it has one of these ``endings``."""
    dialog.setDefaultSuffix(ending)
    for chosen in dialog.selectedFiles()[:1]:
        if Path(chosen).suffix.lower() in endings:
            dialog.selectFile(Path(chosen).with_suffix(ending).name)
