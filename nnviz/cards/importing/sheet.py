"""The import sheet over the middle of the window: a preview of a data file before it is used."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtCore import QEvent, Qt
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from engine.basics.errors import EngineError
from engine.datasets import source_of
from engine.datasets.preview import ArraysPreview, DatasetSummary, FolderPreview, Preview, TablePreview
from nnviz.cards.importing.file_sections import ArraysSection, FolderSection
from nnviz.cards.importing.import_fields import ImportFields
from nnviz.cards.importing.table_section import TableSection
from nnviz.formatting import text
from nnviz.session.data_import import DataImport
from nnviz.session.messages import error_text
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.column import CardScroll
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.fixed_size_box import FixedSizeBox
from nnviz.ui.parts import arranged, named

_MOST_CLASSES = 6  # named with their counts
_STEPS = 1000  # of the progress bar
_BUTTON, _DETAIL = 110, 220  # pixels, widths
_USE_TIP = "Loads these data as shown. The inputs and outputs of the network adapt to them; Undo reverts both."
_CANNOT_READ = "The file cannot be read"
_CANCEL_TIP = "Closes this preview and keeps the current data (Esc)."


Section = TableSection | FolderSection | ArraysSection
_SECTIONS: dict[type[Preview], type[Section]] = {
    TablePreview: TableSection,
    FolderPreview: FolderSection,
    ArraysPreview: ArraysSection,
}


class ImportSheet(QFrame):
    """Shows the preview while an import is open. The owner places the sheet."""

    def __init__(self, importing: DataImport, parent: QWidget) -> None:
        super().__init__(parent)
        named(self, "importSheet", "Data import")
        self._importing = importing
        self._name: str | None = None  # of the file shown
        self._title = ElidedLabel(role="title")
        self._detail = named(label(role="muted"), "importDetail")
        self._detail.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._news = named(label(role="notice"), "importNews")
        self._problem = named(label(role="error"), "importProblem")
        self._problem.setWordWrap(True)
        self._sections: dict[type[Preview], Section] = {}  # made so far
        head = arranged(QHBoxLayout(), (self._title, 1), FixedSizeBox(self._detail, _DETAIL), spacing=8)
        padding = theme.CARD_PADDING
        self._targets = arranged(QVBoxLayout())  # what is predicted, of each section
        self._middle = arranged(QVBoxLayout(), spacing=8)
        self._rest = QWidget()  # fills the space while there is no section
        self._middle.addWidget(self._rest, 1)
        self._fields = arranged(QVBoxLayout())  # of the section, below the texts, so that they keep their place
        body = named(QWidget(), "scrolled")
        parts = (self._targets, head, self._news, (self._middle, 1), self._problem, self._outcome_texts(), self._fields)
        arranged(QVBoxLayout(body), *parts, spacing=8)
        rows = ((CardScroll(body), 1), self._foot())
        arranged(QVBoxLayout(self), *rows, spacing=8, margins=(padding, 10, padding, padding))
        importing.changed.connect(self._show)
        importing.progressed.connect(self._show_progress)
        self._show()

    def _outcome_texts(self) -> QVBoxLayout:
        """Returns the lines about the data set that the import would make."""
        self._summary = named(label(), "importSummary")
        self._notes = named(label(role="muted"), "importNotes")
        for words in (self._summary, self._notes):
            words.setWordWrap(True)
        self._summary.ensurePolished()
        self._summary.setMinimumHeight(self._summary.fontMetrics().height())  # else it grows with the first words
        return arranged(QVBoxLayout(), self._summary, self._notes, spacing=4)

    def _foot(self) -> QHBoxLayout:
        self._progress = named(
            QProgressBar(), "importProgress", "Progress of reading", "Share of the file that was read."
        )
        self._progress.setRange(0, _STEPS)
        self._progress.setTextVisible(False)
        self._use = named(QPushButton("Import"), "useImportButton", "Import these data", _USE_TIP)
        self._use.setProperty("role", "primary")
        self._use.clicked.connect(self._importing.use)
        self._cancel = named(QPushButton("Cancel"), "cancelImportButton", "Cancel", _CANCEL_TIP)
        self._cancel.clicked.connect(self._importing.cancel)
        for button in (self._cancel, self._use):
            theme.sized(button.setMinimumWidth, _BUTTON)
        kept = self._progress.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self._progress.setSizePolicy(kept)
        return arranged(QHBoxLayout(), (self._progress, 1), self._cancel, self._use, spacing=8)

    # ---- display

    def _show(self) -> None:
        name, found = self._importing.name, self._importing.found
        is_new, self._name = name != self._name, name
        if is_new:
            for section in self._sections.values():
                section.begin()
        self.setVisible(name is not None)
        if name is None:
            return
        self._title.setText(f"Import {text.name(_title(name))}")
        self._title.setToolTip(text.plain(name))
        self._show_news()
        self._show_found(found)
        self._show_problem(found)
        self._show_outcome(found.outcome if found is not None else None)
        self._show_progress()
        if is_new:
            self.raise_()
            self.setFocus()

    def prepare(self) -> None:
        """Makes the section for tables, the slowest to make, before it is needed."""
        self._made(TablePreview)

    def _show_news(self) -> None:
        self._news.setText(self._importing.news)
        self._news.setVisible(bool(self._importing.news))

    def _show_found(self, found: Preview | None) -> None:
        section = self._section_of(found)
        if section is not None:
            section.show_preview(found)  # type: ignore[arg-type]  # of its kind
        for each in self._sections.values():
            each.setVisible(each is section)
            if each is not section:
                each.target.hide()
                each.choices.hide()
        self._rest.setVisible(found is None or (isinstance(found, TablePreview) and not found.columns))

    def _section_of(self, found: Preview | None) -> Section | None:
        """Returns the section for a preview; None without a preview."""
        return None if found is None else self._made(type(found))

    def _made(self, kind: type[Preview]) -> Section:
        """Returns the section for a kind of preview, and makes it at first use."""
        if kind not in self._sections:
            section = self._sections[kind] = _SECTIONS[kind](self._importing, self)
            section.hide()
            self._middle.insertWidget(0, section, 1)
            for choices in section.findChildren(ImportFields):
                choices.typed.connect(self._show_use)
            self._targets.addWidget(section.target)
            self._fields.addWidget(section.choices)
            for part in (section.target, section.choices):
                part.hide()
            self.setTabOrder(section.choices.last_field, self._cancel)  # else Tab reached the buttons first
            self.setTabOrder(self._cancel, self._use)
        return self._sections[kind]

    def _show_problem(self, found: Preview | None) -> None:
        """Shows an error of the whole file; errors of a column or a field are shown next to it."""
        error = self._importing.error
        section = self._section_of(found)
        is_told = isinstance(error, EngineError) and section is not None and error.parameter in section.handled
        what = _CANNOT_READ if found is None else ""
        words = "" if error is None or is_told else error_text(what, error) or f"{_CANNOT_READ}."
        self._problem.setText(text.plain(words))
        self._problem.setVisible(bool(words))

    def _show_outcome(self, outcome: DatasetSummary | None) -> None:
        self._summary.setText("" if outcome is None else _summary(outcome))
        notes = "" if outcome is None else " ".join(outcome.notes)
        self._notes.setText(text.regrouped(text.plain(notes)))
        self._notes.setVisible(bool(notes))
        self._show_use()

    def _show_use(self) -> None:
        section = self._section_of(self._importing.found)
        self._use.setEnabled(self._importing.can_use and (section is None or not section.choices.is_wrong))

    def _show_progress(self) -> None:
        importing = self._importing
        share = importing.progress
        self._progress.setVisible(importing.is_reading)
        self._progress.setValue(round(_STEPS * (share or 0)))
        self._detail.setText(_reading(share) if importing.is_reading else _size(importing.found))

    # ---- keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Closes the sheet by Esc; uses the data by Return, unless a control in the sheet has the focus."""
        if event.key() == Qt.Key.Key_Escape:
            self._importing.cancel()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.hasFocus() and self._use.isEnabled():
            self._importing.use()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Keeps mouse events from the cards below."""
        done = bool(super().event(event))
        if event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.Wheel):
            event.accept()
            return True
        return done


def _title(name: str) -> str:
    try:
        return source_of(name).title
    except EngineError:  # the file is gone
        return Path(name).name


def _reading(share: float | None) -> str:
    return "reading …" if share is None else f"reading … {share:.0%}".replace("%", "\u202f%")


def _size(found: Preview | None) -> str:
    if isinstance(found, TablePreview) and found.columns:
        return f"{text.count(found.rows)} rows · {text.count(len(found.columns))} columns"
    if isinstance(found, FolderPreview):
        files = sum(count for _, count in found.classes)
        return f"{text.count(files)} files · {text.count(len(found.classes))} classes"
    return ""


def _summary(outcome: DatasetSummary) -> str:
    """Returns "333 of 344 rows are used: 266 to learn from, 67 to test. 9 inputs. 3 classes: Adelie 146, …" """
    used = outcome.train + outcome.test
    of_all = "" if used == outcome.rows else f" of {text.count(outcome.rows)}"
    test = f", {text.count(outcome.test)} to test" if outcome.test else ""
    parts = [f"{text.count(used)}{of_all} examples: {text.count(outcome.train)} to train{test}"]
    parts.append(f"{text.count(outcome.inputs)} {'input' if outcome.inputs == 1 else 'inputs'}")
    if outcome.classes:
        named_ones = [f"{text.name(name)} {text.count(count)}" for name, count in outcome.classes[:_MOST_CLASSES]]
        more = ", …" if len(outcome.classes) > _MOST_CLASSES else ""
        parts.append(f"{text.count(len(outcome.classes))} classes: {', '.join(named_ones)}{more}")
    else:
        parts.append(f"predicts {text.listed([text.name(name) for name in outcome.targets])}")
    return " · ".join(parts)
