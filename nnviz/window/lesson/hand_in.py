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
from nnviz.lessons import texts
from nnviz.ui.parts import named
from nnviz.window.card_export import picture, png
from nnviz.window.lesson.player import LessonPlayer
from nnviz.window.lesson.report import report_html
from nnviz.window.lesson.worksheet import Worksheet

if TYPE_CHECKING:
    from nnviz.window.main_window import MainWindow


class HandIn(QObject):
    """Writes and prints what a pupil hands in."""

    def __init__(self, window: MainWindow, player: LessonPlayer) -> None:
        super().__init__(window)
        self._window, self._player = window, player

    def report(self) -> None:
        """Opens a dialog for the pupil's name, and then one for the file of the report."""
        dialog = named(QInputDialog(self._window), "reportNameDialog", texts.REPORT_DIALOG_NAME)
        dialog.setWindowTitle(texts.REPORT_NAME)
        dialog.setLabelText(texts.REPORT_DIALOG_ASKS)
        dialog.setOkButtonText(texts.REPORT_DIALOG_SAVE)
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.textValueSelected.connect(self._ask_where)
        dialog.open()

    def _ask_where(self, name: str) -> None:
        lesson = self._player.lesson
        if lesson is not None:
            save, proposed = partial(self.write, name), f"{lesson.id}-{text.file_stem(name, 'report')}.html"
            self._window.dialogs.where_to_save(
                texts.SAVE_REPORT, "reportDialog", texts.REPORT_FILES, proposed, save
            ).open()

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
            messages.show_error(texts.REPORT_FAILED, error)
        else:
            messages.announce(texts.REPORT_SAVED.format(name=text.name(path.name)))

    def _pictures(self) -> dict[str, bytes]:
        """Returns the curves and the input as PNG files."""
        curves, canvas = self._window.curves, self._window.canvas
        found: dict[str, QPixmap] = {texts.CURVES: picture(curves)}
        question = self._window.session.question
        if question.is_drawn and question.example is not None:
            found[texts.INPUT] = canvas.grab()
        return {caption: png(pixmap) for caption, pixmap in found.items()}

    def print(self) -> None:
        """Opens a dialog for a printer, and prints text and questions."""
        from PyQt5.QtPrintSupport import QPrintDialog, QPrinter  # imported here: few print

        player = self._player
        if player.lesson is None:
            return
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setFullPage(True)  # else the margins of the text would be added to those of the printer
        printer.setDocName(
            text.file_stem(player.lesson.title, player.lesson.id)
        )  # the dialog proposes it for a PDF file
        pages = Worksheet(player.lesson, player.folder)
        dialog = named(QPrintDialog(printer, self._window), "printLessonDialog", texts.PRINT_DIALOG_NAME)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: pages.print_(printer))
        dialog.open()
