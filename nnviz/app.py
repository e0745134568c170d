"""Builds the application and the window, connects and runs them."""

from __future__ import annotations

import atexit
import gc
import logging
import os
import sys
import traceback
from collections.abc import Callable
from functools import partial
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PyQt5 import sip
from PyQt5.QtCore import QObject, Qt, QTimer, pyqtBoundSignal, pyqtSignal
from PyQt5.QtWidgets import QApplication, QMessageBox

from engine.storage import is_network_file
from nnviz import __version__
from nnviz.library import is_exported_run
from nnviz.ui import theme
from nnviz.window.main_window import MainWindow
from nnviz.window.preferences import Preferences
from nnviz.window.session_restore import SessionRestore
from nnviz.window.system_signals import SystemSignals
from nnviz.window.user_files import SETTINGS, log_file, settings_file, unkept_files

_LOG = logging.getLogger("nnviz")
_LOG_SIZE = 500_000
_SECONDS_TO_SWITCH = 0.0002
_MOST_DETAILS = 100_000  # characters


_unended: list[MainWindow] = []  # closed windows whose threads still work. Python must not free those under Qt's feet


def create_window(
    theme_name: str | None = None,
    settings: str | Path | Preferences | None = None,
    opens: str | None = None,
    data: str | None = None,
) -> MainWindow:
    """Makes the window without showing it, and a QApplication if there is none. Data loads when events are processed.

    Once it is closed, the window goes. A window that is not closed stays until the program ends.

    ``theme_name`` overrides the remembered choice: "dark", "light" or "system". ``settings`` is where settings are
    remembered, a JSON file; None for the user's own. ``opens`` is the path of a network, a run, or a file or folder
    of data to begin with, and ``data`` the name of registered data; without them the window begins as it was left.
    """
    app = _application()
    preferences = settings if isinstance(settings, Preferences) else Preferences(Path(settings or settings_file()))
    look = theme_name or preferences.text("theme", "system")
    theme.apply(app, look, theme.within(preferences.number("text_size") or theme.SIZES[0]))
    restore = SessionRestore(preferences)
    session = restore.new_session()
    window = MainWindow(session, preferences)
    restore.pause_while(lambda: window.lessons.is_open)
    window.application = app
    window.follows_system = look not in theme.THEMES
    restore.setParent(window)
    session.messages.crashed.connect(lambda error: sys.excepthook(type(error), error, error.__traceback__))
    preferences.failed.connect(partial(_report_unsaved_settings, window))
    start = QTimer(window)
    start.setSingleShot(True)
    start.timeout.connect(partial(_load, window, restore, opens, data))
    window.closed.connect(start.stop)
    start.start(0)
    _goes_when_closed(window)
    return window


def _load(window: MainWindow, restore: SessionRestore, opens: str | None, data: str | None) -> None:
    """Opens the requested network or data, and restores the rest of the last session."""
    session = window.session
    if opens is None:
        restore.load(data=data)
        if data is not None:
            window.show_workspace("train")
        return
    opens = os.path.abspath(opens)  # as it is remembered, for a start in another folder
    if is_exported_run(opens):
        read = partial(window.run_dialogs.import_run, opens, session.library.open)
        _once(session.data.changed, read)  # its own data follow when others are there
        restore.load(is_new=True)
    elif is_network_file(opens):
        restore.load(network=Path(opens))
    else:
        restore.load()
        window.open_path(opens)


def _once(signal: pyqtBoundSignal, call: Callable[[], None]) -> None:
    def do() -> None:
        signal.disconnect(do)
        call()

    signal.connect(do)


def run(opens: str | None = None, data: str | None = None) -> int:
    """Opens the window, as :func:`create_window` does, and returns the exit code when it is closed."""
    app = _application()
    log = _log_to_file()
    window = create_window() if opens is None and data is None else create_window(opens=opens, data=data)
    sys.excepthook = _CrashReporter(window, log).report
    SystemSignals(app, window.close_unasked)
    window.keep_on_screen()
    window.show()
    if opens is None:
        window.lessons.files.offer_left()
    window.start_slowly()
    gc.freeze()  # what is there now stays; garbage is looked for among what comes
    gc.enable()
    code = app.exec()
    end_process(window, code)
    _take_down()
    return code


def end_process(window: MainWindow, code: int) -> None:
    """Ends the process if a thread of the closed window still runs, which would abort the end of Python.

    Such a thread computes a step of a huge network, say. There is nothing left to save, so it is not waited for.
    """
    if not window.ended_whole:
        if sys.stdout is not None:
            sys.stdout.flush()
        os._exit(code)


def _report_unsaved_settings(window: MainWindow, error: Exception) -> None:
    """Reports that the settings cannot be written, with all else that is lost if there are no rights to write it."""
    lost, messages = unkept_files(), window.session.messages
    if SETTINGS not in lost:
        messages.warn(f"The settings of the window cannot be saved for the next start: {error}.")
        return
    what = ", ".join(name[0].lower() + name[1:] for name in lost)
    folders = ", ".join(dict.fromkeys(str(path.parent) for path in lost.values()))
    messages.show_later(
        f"nnviz cannot write to {folders}. It does not keep: {what}. To keep them, make these folders writable."
    )


def _goes_when_closed(window: MainWindow) -> None:
    """Closing deletes the window, and nothing else does: neither forgetting it nor PyQt's clean-up for an application.

    For that it belongs to Qt, not to Python. Qt's own way, WA_DeleteOnClose, needs an event loop that a script may not
    have: processEvents() is enough for a timer.
    """
    sip.transferto(window, None)  # type: ignore[arg-type]
    window.closed.connect(lambda: QTimer.singleShot(0, partial(_delete, window)))


def _delete(window: MainWindow) -> None:
    if not window.ended_whole:
        _unended.append(window)
    if not sip.isdeleted(window):
        sip.delete(window)


def _take_down() -> None:
    """Ends the threads of all windows, and hands all that is left to Qt, before PyQt's own clean-up at exit.

    PyQt would destroy what Python owns while it walks over sip's table of objects, in any order. Event filters and our
    style, which are Python, are called meanwhile, and what Qt has destroyed already may still be in that table. What
    belongs to Qt is left alone, and its memory goes with the process.
    """
    gc.unfreeze()  # ``run`` froze what was there, and get_objects() leaves that out
    for window in QApplication.topLevelWidgets() if QApplication.instance() is not None else []:
        if isinstance(window, MainWindow) and not sip.isdeleted(window.session):
            window.end()
    for thing in gc.get_objects():
        if issubclass(type(thing), QObject) and not sip.isdeleted(thing) and sip.ispyowned(thing):
            sip.transferto(thing, None)  # type: ignore[arg-type]


def _application() -> QApplication:
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    # Training and interface share Python's lock. With the default of 5 ms the interface would wait visibly.
    sys.setswitchinterval(_SECONDS_TO_SWITCH)
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_EnableHighDpiScaling)
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_UseHighDpiPixmaps)
    # Else Python would destroy windows and application in any order at the end of a script, and crash.
    sip.setdestroyonexit(False)
    app = QApplication(["nnviz"])
    sip.transferto(app, None)  # type: ignore[arg-type]  # stays when all windows are closed, for the next one
    app.setApplicationName("nnviz")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("nnviz")  # under Wayland, the icon is that of the menu entry
    atexit.register(_take_down)  # registered after PyQt's own clean-up, so it runs before that
    return app


class _CrashReporter(QObject):
    """The exception hook: logs and shows uncaught errors, with the traceback to copy. The window stays open."""

    _reported = pyqtSignal(str, str)  # from any thread to the interface's

    def __init__(self, window: MainWindow, log_file: Path | None) -> None:
        super().__init__(window)
        self._reported.connect(self._show)
        self._window = window
        self._log_file = log_file
        self._box: QMessageBox | None = None

    def report(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Logs and shows an error; has the signature of ``sys.excepthook``."""
        details = "".join(traceback.format_exception(kind, error, trace))
        _LOG.error("not caught:\n%s", details)
        if sys.stderr is not None:  # None without a console
            sys.stderr.write(details)
        self._reported.emit(f"{kind.__name__}: {error}", details)

    def _show(self, what: str, details: str) -> None:
        if self._box is not None:  # one box for all errors, or one that repeats would fill the screen
            self._box.setDetailedText(f"{self._box.detailedText()}\n{details}"[-_MOST_DETAILS:])
            return
        box = QMessageBox(QMessageBox.Icon.Warning, "nnviz", "Unexpected error.", parent=self._window)
        box.setObjectName("crashBox")
        place = f"; they are also in {self._log_file}" if self._log_file else ""
        box.setInformativeText(f"{what}\n\nThe window stays open. To report the error, copy the details below{place}.")
        box.setDetailedText(details)
        box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        box.setModal(False)
        box.finished.connect(self._closed)
        box.show()
        self._box = box

    def _closed(self) -> None:
        if self._box is not None:
            self._box.deleteLater()
            self._box = None


def _log_to_file() -> Path | None:
    """Starts to log to a file. Returns its path; None if it cannot be written."""
    path = log_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    handler = RotatingFileHandler(
        path, maxBytes=_LOG_SIZE, backupCount=1, encoding="utf-8", delay=True, errors="backslashreplace"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    _LOG.addHandler(handler)
    return path
