"""The report of a lesson, and its printing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, QSize, Qt
from PyQt5.QtGui import QPixmap
from PyQt5.QtWidgets import QDialogButtonBox, QInputDialog, QLineEdit

from engine.storage.files import write_whole
from nnviz.formatting import text
from nnviz.lessons import texts
from nnviz.lessons.document import Lesson
from nnviz.lessons.progress import Progress
from nnviz.ui.parts import named
from nnviz.window.card_export import picture, png
from nnviz.window.lesson.player import LessonPlayer
from nnviz.window.lesson.report import report_html
from nnviz.window.lesson.worksheet import Worksheet

if TYPE_CHECKING:
    from nnviz.window.main_window import MainWindow


_LONGEST_FOLDER = 200  # characters

Saved = Callable[[Path], object]  # receives the file of a report

_CURVES = QSize(812, 336)  # pixels, of their picture


class HandIn(QObject):
    """Writes and prints what a pupil hands in."""

    def __init__(self, window: MainWindow, player: LessonPlayer) -> None:
        super().__init__(window)
        self._window, self._player = window, player

    def report(self, lesson: Lesson | None = None, attempt: Progress | None = None, then: Saved | None = None) -> None:
        """Opens a dialog for the pupil's name, and then one for the file of the report.

        Args:
            lesson, attempt: what the report is about; None for the open lesson.
            then: called with the path when the report is saved; None for a message.
        """
        lesson = self._player.lesson if lesson is None else lesson
        if lesson is None:
            return
        attempt = self._player.progress if attempt is None else attempt
        dialog = named(QInputDialog(self._window), "reportNameDialog", texts.REPORT_DIALOG_NAME)
        dialog.setWindowTitle(texts.REPORT_NAME)
        dialog.setLabelText(texts.REPORT_DIALOG_ASKS)
        dialog.setOkButtonText(texts.REPORT_DIALOG_SAVE)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        buttons = dialog.findChild(QDialogButtonBox)
        assert buttons is not None
        save = buttons.button(QDialogButtonBox.StandardButton.Ok)
        save.setEnabled(False)  # until there is a name
        dialog.textValueChanged.connect(lambda name: save.setEnabled(bool(name.strip())))
        dialog.textValueSelected.connect(partial(self._ask_where, lesson, attempt, then))
        dialog.open()

    def _ask_where(self, lesson: Lesson, attempt: Progress, then: Saved | None, name: str) -> None:
        if name.strip():
            proposed = f"{lesson.id}-{text.file_stem(name, 'report')}.html"
            save = partial(self.write, lesson, attempt, name, then=then)
            self._window.dialogs.where_to_save(
                texts.SAVE_REPORT, "reportDialog", texts.REPORT_FILES, proposed, save
            ).open()

    def write(self, lesson: Lesson, attempt: Progress, name: str, path: Path, then: Saved | None = None) -> None:
        """Writes the report to a file; see :meth:`report`. An open lesson has curves and input."""
        messages, is_open = self._window.session.messages, attempt is self._player.progress and self._player.lesson
        if is_open:
            self._player.note_time()
        date = datetime.now().astimezone()
        page = report_html(lesson, attempt, name, date, self._pictures() if is_open else {})
        try:
            write_whole(path, page.encode())
        except OSError as error:
            messages.show_error(texts.REPORT_FAILED, error)
        else:
            (then or self._announce)(path)

    def _announce(self, path: Path) -> None:
        self._window.session.messages.announce(texts.SAVED.format(**saved_as(path)))

    def _pictures(self) -> dict[str, bytes]:
        """Returns the curves and the input as PNG files."""
        curves, canvas = self._window.curves, self._window.canvas
        if not curves.in_view:  # it has no size then, and may be outdated
            curves.resize(_CURVES)
            curves.page.refresh()
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
        name = text.file_stem(player.lesson.title, player.lesson.id)
        printer.setDocName(name)
        pages = Worksheet(player.lesson, player.folder)
        dialog = named(QPrintDialog(printer, self._window), "printLessonDialog", texts.PRINT_DIALOG_NAME)
        field = dialog.findChild(QLineEdit, "filename")
        if field is not None and Path(field.text()).suffix != ".pdf":  # without printers Qt's dialog proposes a folder
            field.setText(str(Path(field.text()) / f"{name}.pdf"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def print_pages() -> None:
            pages.print_(printer)
            if printer.outputFormat() == QPrinter.OutputFormat.PdfFormat:
                self._tell_printed(Path(printer.outputFileName()))

        dialog.accepted.connect(print_pages)
        dialog.open()

    def _tell_printed(self, path: Path) -> None:
        """Announces the file, or reports that the printer could not write it."""
        if path.is_file():
            self._announce(path)
        else:
            self._window.session.messages.warn(texts.PRINT_FAILED.format(name=text.name(path.name)))


def saved_as(path: Path) -> dict[str, str]:
    """Returns the values of a text about a saved file: its name and folder."""
    return {"name": text.name(path.name), "folder": text.name(str(path.absolute().parent), _LONGEST_FOLDER)}
