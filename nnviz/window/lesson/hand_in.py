"""The report of a lesson, and its printing."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import QDate, QLocale, QObject, Qt
from PyQt5.QtGui import QPixmap
from PyQt5.QtWidgets import QInputDialog

from engine.storage.files import write_whole
from nnviz.formatting import text
from nnviz.lessons.report import printed_html, report_html
from nnviz.lessons.start import id_of
from nnviz.ui.parts import named
from nnviz.window.card_export import picture, png
from nnviz.window.lesson.player import LessonPlayer
from nnviz.window.lesson.text_view import LessonPages

if TYPE_CHECKING:
    from nnviz.window.main_window import MainWindow


class HandIn(QObject):
    """Writes and prints what a pupil hands in."""

    def __init__(self, window: MainWindow, player: LessonPlayer) -> None:
        super().__init__(window)
        self._window, self._player = window, player

    def report(self) -> None:
        """Opens a dialog for the pupil's name, and then one for the file of the report."""
        dialog = named(QInputDialog(self._window), "reportNameDialog", "Name on the report")
        dialog.setWindowTitle("Report")
        dialog.setLabelText("Your name, as it stands on the report:")
        dialog.setOkButtonText("Save …")
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.textValueSelected.connect(self._ask_where)
        dialog.open()

    def _ask_where(self, name: str) -> None:
        lesson = self._player.lesson
        if lesson is not None:
            save, proposed = partial(self.write, name), f"{lesson.id}-{id_of(name)}.html"
            self._window.dialogs.where_to_save("Save report", "reportDialog", "Report (*.html)", proposed, save).open()

    def write(self, name: str, path: Path) -> None:
        """Writes the report to a file, with a message."""
        player, messages = self._player, self._window.session.messages
        if player.lesson is None:
            return
        player.note_time()
        date = QLocale().toString(QDate.currentDate(), QLocale.LongFormat)
        page = report_html(player.lesson, player.progress, name, date, self._pictures())
        try:
            write_whole(path, page.encode())
        except OSError as error:
            messages.show_error("The report could not be saved", error)
        else:
            messages.announce(f"Saved {text.name(path.name)}")

    def _pictures(self) -> dict[str, bytes]:
        """Returns the curves and the input as PNG files."""
        curves, canvas = self._window.curves, self._window.canvas
        found: dict[str, QPixmap] = {"Curves": picture(curves)}
        question = self._window.session.question
        if question.is_drawn and question.example is not None:
            found["Input"] = canvas.grab()
        return {caption: png(pixmap) for caption, pixmap in found.items()}

    def print(self) -> None:
        """Opens a dialog for a printer, and prints text and questions."""
        from PyQt5.QtPrintSupport import QPrintDialog, QPrinter  # imported here: few print

        player = self._player
        if player.lesson is None:
            return
        pages = LessonPages(printed_html(player.lesson), player.folder)
        printer = QPrinter(QPrinter.HighResolution)
        printer.setDocName(player.lesson.title)
        dialog = named(QPrintDialog(printer, self._window), "printLessonDialog", "Print the lesson")
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: pages.print_(printer))
        dialog.open()
