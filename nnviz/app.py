"""The composition root: builds the application and the window, wires them, runs them."""

from __future__ import annotations

import atexit
import logging
import os
import signal
import sys
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PyQt5 import sip
from PyQt5.QtCore import QObject, QSettings, QStandardPaths, Qt, QTimer, pyqtSignal
from PyQt5.QtWidgets import QApplication, QMessageBox

from nnviz import __version__
from nnviz.look import theme
from nnviz.window.main_window import MainWindow
from nnviz.window.memory import Memory

_LOG = logging.getLogger("nnviz")
_LOG_SIZE = 500_000
_SECONDS_TO_SWITCH = 0.0002
_MOST_DETAILS = 100_000  # characters


def create_window(theme_name: str | None = None, settings: QSettings | None = None) -> MainWindow:
    """The window, not shown; makes a QApplication if there is none. Data loads as soon as events are processed.

    ``theme_name`` overrides the remembered choice: "dark", "light" or "system". ``settings`` is where everything is
    remembered, if not in the person's own file.
    """
    app = _application()
    if settings is None:
        settings = QSettings(QSettings.IniFormat, QSettings.UserScope, "nnviz", "nnviz")
    look = theme_name or str(settings.value("theme", "system"))
    theme.apply(app, look)
    memory = Memory(settings)
    session = memory.new_session()
    window = MainWindow(session, settings)
    window.application = app  # lives as long as the window: nothing else holds it
    window.follows_system = look not in theme.THEMES
    window.closing.connect(memory.save)
    memory.setParent(window)
    session.messages.crashed.connect(_hand_to_the_hook)
    QTimer.singleShot(0, memory.load)
    return window


def run() -> int:
    """Opens the window and returns the exit code when it is closed."""
    app = _application()
    window = create_window()
    sys.excepthook = _CrashReporter(window).report
    # Ctrl+C in the terminal ends the program as it ends others; Qt would not let Python hear it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    window.resize(window.size().boundedTo(app.primaryScreen().availableSize()))
    window.show()
    code = app.exec_()
    if not window.ended_whole:
        # A step of a huge network goes on in its thread. There is nothing left to save: leave it behind.
        os._exit(code)
    _take_down()
    return code


def _take_down() -> None:
    """Destroys all widgets while nothing else is being destroyed; also where a script just ends.

    What is left to PyQt's own clean-up at exit goes while that walks over sip's table of objects. Event filters and our
    style, Python both, are called then, and each object they are called with is put into the table: when that grows
    or is tidied the walk goes on in freed memory, and crashes.
    """
    widgets = QApplication.topLevelWidgets() if QApplication.instance() is not None else []
    for widget in sorted(widgets, key=lambda widget: not isinstance(widget, MainWindow)):  # menus go with their window
        if sip.isdeleted(widget):
            continue
        if not isinstance(widget, MainWindow) or widget.session.close():
            sip.delete(widget)


def _hand_to_the_hook(error: Exception) -> None:
    sys.excepthook(type(error), error, error.__traceback__)


def _application() -> QApplication:
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    # The training and the interface share Python's lock. At the usual 5 ms the mouse would wait for it visibly.
    sys.setswitchinterval(_SECONDS_TO_SWITCH)
    QApplication.setAttribute(Qt.AA_EnableHighDpiScaling)
    QApplication.setAttribute(Qt.AA_UseHighDpiPixmaps)
    # At the end of a script Python would destroy windows and application in any order, and crash over it.
    sip.setdestroyonexit(False)
    app = QApplication(["nnviz"])
    app.setApplicationName("nnviz")
    app.setApplicationVersion(__version__)
    atexit.register(_take_down)  # after PyQt's own, so it runs before that
    return app


class _CrashReporter(QObject):
    """The one hook: whatever nobody caught is logged and shown, with the traceback to copy; the window lives on."""

    _told = pyqtSignal(str, str)  # from whichever thread, to the interface's

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._told.connect(self._show)
        self._window = window
        self._log_file = _log_to_file()
        self._box: QMessageBox | None = None

    def report(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Has the signature of ``sys.excepthook``."""
        details = "".join(traceback.format_exception(kind, error, trace))
        _LOG.error("not caught:\n%s", details)
        if sys.stderr is not None:  # there is none without a console
            sys.stderr.write(details)
        self._told.emit(f"{kind.__name__}: {error}", details)

    def _show(self, what: str, details: str) -> None:
        if self._box is not None:  # what goes wrong at every view would else bury the screen
            self._box.setDetailedText(f"{self._box.detailedText()}\n{details}"[-_MOST_DETAILS:])
            return
        box = QMessageBox(
            QMessageBox.Warning, "nnviz", "Something went wrong that should not have.", parent=self._window
        )
        box.setObjectName("crashBox")
        place = f"; they are also in {self._log_file}" if self._log_file else ""
        box.setInformativeText(f"{what}\n\nThe window goes on. The details below can be copied into a report{place}.")
        box.setDetailedText(details)
        box.setTextInteractionFlags(Qt.TextSelectableByMouse)
        box.setModal(False)
        box.finished.connect(self._closed)
        box.show()
        self._box = box

    def _closed(self) -> None:
        if self._box is not None:
            self._box.deleteLater()
            self._box = None


def _log_to_file() -> Path | None:
    """Where it is; None where nothing can be written."""
    folder = Path(QStandardPaths.writableLocation(QStandardPaths.AppLocalDataLocation))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    path = folder / "nnviz.log"
    handler = RotatingFileHandler(path, maxBytes=_LOG_SIZE, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    _LOG.addHandler(handler)
    return path
