"""What the window asks a person: which file, and whether to save first. Never a nested event loop: all are opened
and answered by signals."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from PyQt5.QtCore import QObject, QSettings, Qt
from PyQt5.QtWidgets import QFileDialog, QMenu, QMessageBox, QWidget

from nnviz.look import text, theme
from nnviz.session.runs.current import Run
from nnviz.session.session import Session
from nnviz.session.undo import Change

_FILES = "Networks (*.json *.npz);;All files (*)"
_JSON, _COMPACT = "JSON (*.json)", "Compact checkpoint (*.npz)"
_EXPORTS = {".onnx": "ONNX model (*.onnx)", ".py": "Python script (*.py)"}
_MOST_RECENT = 8


class NetworkDialogs(QObject):
    """Opens and saves networks as the person says; remembers the folder and the last files."""

    def __init__(self, window: QWidget, session: Session, settings: QSettings) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._settings = settings
        self._given_up: list[tuple[Run, int]] = []  # networks that may go, and how much each had changed by then
        session.runs.file_changed.connect(self._remember_file)

    def open_network(self) -> None:
        """Asks which file, after asking about unsaved work."""
        self.after_asking("Open another network", self._choose_file_to_open)

    def open_path(self, path: Path, title: str | None = None) -> None:
        """Opens that file, or a copy of it under a title, after asking about unsaved work."""
        self.after_asking(f"Open {title or path.name}", lambda: self._session.files.open(path, title))

    def _choose_file_to_open(self) -> None:
        dialog = self._file_dialog("Open network", "openNetworkDialog", _FILES)
        dialog.setFileMode(QFileDialog.ExistingFile)
        dialog.fileSelected.connect(lambda chosen: self._session.files.open(Path(chosen)))
        dialog.open()

    def save_network(self, then: Callable[[], None] | None = None) -> None:
        """Saves to the file it came from; asks for one where there is none."""
        if self._session.runs.current.path is None:
            self.save_network_as(then)
        else:
            self._session.files.save(self._session.runs.current.path, then)

    def save_network_as(self, then: Callable[[], None] | None = None) -> None:
        """Asks for a file and saves to it."""
        dialog = self.where_to_save("Save network", "saveNetworkDialog", f"{_JSON};;{_COMPACT}")
        path = self._session.runs.current.path
        dialog.selectFile(path.name if path else f"{self._proposed_name()}.json")
        dialog.filterSelected.connect(lambda chosen: _follow_filter(dialog, ".npz" if chosen == _COMPACT else ".json"))
        is_compact = path is not None and path.suffix.lower() == ".npz"
        dialog.selectNameFilter(_COMPACT if is_compact else _JSON)
        dialog.setDefaultSuffix("npz" if is_compact else "json")
        dialog.fileSelected.connect(lambda chosen: self._session.files.save(Path(chosen), then))
        dialog.open()

    def export_as(self, ending: str) -> None:
        """Asks for a file with that ending and exports to it."""
        dialog = self.where_to_save("Export network", "exportNetworkDialog", _EXPORTS[ending])
        dialog.setDefaultSuffix(ending.removeprefix("."))
        dialog.selectFile(f"{self._proposed_name()}{ending}")
        dialog.fileSelected.connect(lambda chosen: self._session.files.export(Path(chosen).with_suffix(ending)))
        dialog.open()

    def _proposed_name(self) -> str:
        """Of a file, without its ending: the network's own, as far as a file may be called so."""
        path, name = self._session.runs.current.path, self._session.runs.current.name
        if path is not None:
            return path.stem
        return re.sub(r"[^\w.-]+", "-", name) if self._session.runs.current.was_opened else "network"

    def where_to_save(self, title: str, name: str, filters: str) -> QFileDialog:
        """A dialog that asks for a file to write, and before one is replaced; not open yet."""
        dialog = self._file_dialog(title, name, filters)
        dialog.setAcceptMode(QFileDialog.AcceptSave)
        return dialog

    def _file_dialog(self, title: str, name: str, filters: str) -> QFileDialog:
        folder = str(self._settings.value("folder", str(Path.home())))
        dialog = QFileDialog(self._window, title, folder, filters)
        dialog.setObjectName(name)
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        return dialog

    # ---- before something is lost

    def after_asking(self, what: str, then: Callable[[], None]) -> None:
        """Does it at once where nothing would be lost; else asks whether to save first."""
        run = self._session.runs.current
        if not run.unsaved:
            then()
            return
        box = self._question(
            "unsavedBox", "The network has learned since it was last saved.", f"{what}: save it first?"
        )
        box.setStandardButtons(QMessageBox.Save | QMessageBox.Discard | QMessageBox.Cancel)
        box.button(QMessageBox.Discard).setText("&Discard")
        box.setDefaultButton(QMessageBox.Save)

        def answered(answer: int) -> None:
            if answer == QMessageBox.Save:
                self.save_network(then)
            elif answer == QMessageBox.Discard:
                self._given_up = [*self._given_up[-_MOST_RECENT:], (run, run.changes)]
                then()

        box.finished.connect(answered)
        box.open()

    @property
    def has_something_to_lose(self) -> bool:
        """Whether a trained network is in the window, or was put away from it, that no file holds."""
        return self._session.runs.current.unsaved or bool(self._put_away())

    def ask_before_quitting(self, quit_now: Callable[[], None]) -> None:
        """About the network in the window first, then about those that were put away and that undo could bring back."""
        self.after_asking("Quit", lambda: self._ask_about_put_away(quit_now))

    def _put_away(self) -> list[Run]:
        """Those that learned, were never saved, and were not given up when that was asked."""
        given_up = {(id(run), changes) for run, changes in self._given_up}
        return [run for run, _ in self._runs_in_undo() if run.unsaved and (id(run), run.changes) not in given_up]

    def _runs_in_undo(self) -> list[tuple[Run, int]]:
        """All networks but the one in the window that undo or redo can bring back, each with the step that does."""
        stack, found = self._session.undo, {id(self._session.runs.current)}
        runs = []
        for number in range(stack.count()):
            step = stack.command(number)
            for value, index in ((step.old, number), (step.new, number + 1)) if isinstance(step, Change) else ():
                run = value[0] if isinstance(value, tuple) and value else None
                if isinstance(run, Run) and id(run) not in found:
                    found.add(id(run))
                    runs.append((run, index))
        return runs

    def _bring_back(self, wanted: Run) -> None:
        for run, index in self._runs_in_undo():
            if run is wanted:
                self._session.undo.setIndex(index)

    def _ask_about_put_away(self, quit_now: Callable[[], None]) -> None:
        lost = self._put_away()
        if not lost:
            quit_now()
            return
        names = "; ".join(
            f"{run.title}, {text.shape(run.network.shape)}, trained for {run.epochs:.3g} epochs" for run in lost
        )
        words, it = "A network that was put away has learned and was never saved.", "it"
        if len(lost) > 1:
            words, it = f"{len(lost)} networks that were put away have learned and were never saved.", "them"
        box = self._question("putAwayBox", words, f"{names}. Undo brings {it} back; quit without {it}?")
        back = box.addButton("&Bring back the last" if len(lost) > 1 else "&Bring it back", QMessageBox.AcceptRole)
        box.addButton("&Discard", QMessageBox.DestructiveRole).clicked.connect(quit_now)
        box.addButton(QMessageBox.Cancel)
        back.clicked.connect(lambda: self._bring_back(lost[-1]))
        box.setDefaultButton(back)
        box.open()

    def _question(self, name: str, words: str, more: str) -> QMessageBox:
        """Not open yet; it stands before this window only, and nothing waits for it."""
        box = QMessageBox(self._window)
        box.setObjectName(name)
        box.setWindowTitle("nnviz")
        box.setIconPixmap(theme.icon("circle-alert", "accent").pixmap(32))
        box.setText(words)
        box.setInformativeText(more)
        box.setAttribute(Qt.WA_DeleteOnClose)
        return box

    def _remember_file(self) -> None:
        path = self._session.runs.current.path
        if path is None:
            return
        recent = [str(path), *(other for other in self._recent_files() if other != str(path))]
        self._settings.setValue("recent", recent[:_MOST_RECENT])
        self._settings.setValue("folder", str(path.parent))

    def _recent_files(self) -> list[str]:
        stored = self._settings.value("recent", [])
        several = stored if isinstance(stored, list) else [stored]
        return [name for name in several if isinstance(name, str) and name]

    def fill_recent(self, menu: QMenu) -> None:
        """The last files, newest first."""
        menu.clear()
        menu.setToolTipsVisible(True)
        files = self._recent_files()
        for number, name in enumerate(files, start=1):
            action = menu.addAction(f"&{number}  {Path(name).name}")
            action.setToolTip(name)
            action.triggered.connect(lambda _, name=name: self.open_path(Path(name)))
        if not files:
            menu.addAction("No files yet").setEnabled(False)


def _follow_filter(dialog: QFileDialog, ending: str) -> None:
    """The name in the field gets the ending of the chosen kind."""
    dialog.setDefaultSuffix(ending.removeprefix("."))
    for chosen in dialog.selectedFiles()[:1]:
        if Path(chosen).suffix.lower() in (".json", ".npz"):
            dialog.selectFile(Path(chosen).with_suffix(ending).name)
