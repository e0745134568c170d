"""Section of the import sheet for a table: target, file format, columns with first rows, settings of the data set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PyQt5.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from engine.basics.errors import EngineError, counted
from engine.datasets.data_setting import SEED, TEST_SHARE
from engine.datasets.preview import TablePreview
from engine.datasets.table.decimal_mark import MARKS
from engine.datasets.table.table_dataset import CLASSIFICATION, DROP, FILL, KEEP, MEDIAN, REGRESSION
from engine.datasets.table.table_format import ENCODINGS, TableFormat
from engine.datasets.table.table_source import format_settings
from nnviz.cards.importing.import_fields import QUESTION, ImportFields
from nnviz.cards.importing.short_list import ShortList
from nnviz.cards.importing.table_view import PreviewTable
from nnviz.formatting import text
from nnviz.session.data_import import DataImport
from nnviz.ui.card import label
from nnviz.ui.parts import arranged, named

_DELIMITERS = (("comma", ","), ("semicolon", ";"), ("tab", "\t"), ("vertical bar", "|"))
_ENCODINGS = {"utf-8": "UTF-8", "utf-16": "UTF-16", "utf-16-le": "UTF-16 LE", "utf-16-be": "UTF-16 BE"}
_FORMAT_TIP = "Delimiter of the cells, decimal mark and encoding of the file."
_CHANGE_TIP = "Shows the fields for the delimiter, the decimal mark, the encoding, the first row and lines to skip."
_FORMAT_TIPS = {
    "delimiter": "Delimiter between the cells of a row. Detected in the file; choose another one if it is wrong.",
    "decimal": "Decimal separator. It was detected in the file.",
    "encoding": "Text encoding of the file. Choose another one if characters look wrong.",
    "header": "Uses the first row as names of the columns, not as values.",
}
_TARGET_TIP = "Target: the column to predict. All other columns are inputs, unless you ignore them."
_TASK_TIP = "Selects the task: classification or regression. The default depends on the values of the column."
_MISSING_TIP = (
    "Fills missing numbers with the median, missing texts with a category or the most frequent text, or drops the "
    "rows. Rows without a target are dropped."
)
_STANDARDISE_TIP = (
    "Standardises each numeric column by the mean and standard deviation of the training set. The scaling is "
    "saved with the network."
)
_SUMMARY_TIP = "Keeps rows at the end that look like a sum or a mean of the others. By default they are dropped."
_PROBLEMS_TIP = "First errors in the file. Click one to go to its row, if the row is shown above."
_LEAVE_OUT = "drop rows"
_MOST_TARGETS = 2000  # columns offered as target; others are chosen in the column's menu


class TableSection(QWidget):
    """Shows a ``TablePreview``.

    The format of the file is one line, which a button replaces by the fields. They are there from the start if a part
    of the format could not be detected, or if the user has chosen one.

    Attributes:
        target: the fields for what is predicted; ``choices``: the other fields. The owner places both.
    """

    def __init__(self, importing: DataImport, parent: QWidget) -> None:
        super().__init__(parent)
        self._importing = importing
        self._columns: list[str] = []
        self.target = self._target_choices()
        self._form = self._format_choices()
        self._is_form_open = False
        self._detected = named(label("", "muted"), "importFormat", "", _FORMAT_TIP)
        change = named(QPushButton("Change"), "changeFormatButton", "Change the format of the file", _CHANGE_TIP)
        change.setProperty("role", "quiet")
        change.clicked.connect(self._open_form)
        self._format_line = QWidget(self)
        arranged(QHBoxLayout(self._format_line), self._detected, change, 1, spacing=2)
        self._skipped = named(label("", "hint", self), "importSkippedLines")
        self._table = PreviewTable(importing, self)
        self._of_column = QWidget(self)
        self._problem = named(label("", "error", self._of_column), "importColumnProblem")
        self._problem.setWordWrap(True)
        tip = "Ignores this column: it is not an input of the network."
        ignore = "Ignore this column"
        self._ignore = named(QPushButton(ignore, self._of_column), "ignoreColumnButton", ignore, tip)
        self._ignore.clicked.connect(self._ignore_wrong)
        arranged(QHBoxLayout(self._of_column), (self._problem, 1), self._ignore, spacing=8)
        self._summaries = named(QPushButton(self), "keepSummaryRowsButton", "Keep summary rows", _SUMMARY_TIP)
        self._summaries.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._summaries.clicked.connect(self._turn_summaries)
        self._problems = ShortList("importProblemList", "Errors in the file", _PROBLEMS_TIP, self)
        self._problems.itemClicked.connect(lambda _: self._go_to(self._problems.currentRow()))
        self.choices = self._data_choices()
        parts: list[Any] = [
            self._format_line,
            self._form,
            self._skipped,
            (self._table, 1),
            self._of_column,
            self._problems,
        ]
        parts.append(self._summaries)
        arranged(QVBoxLayout(self), *parts, spacing=8)

    def _format_choices(self) -> ImportFields:
        choices = ImportFields(self._importing, "importFormat", self, error_above=False)
        settings = {each.name: each for each in format_settings()}
        encodings = [(_encoding_name(name), name) for name in ENCODINGS]
        entries: dict[str, Any] = {
            "delimiter": _DELIMITERS,
            "decimal": tuple((name, mark) for mark, name in MARKS.items()),
            "encoding": encodings,
            "header": (("names of columns", True), ("values", False)),
        }
        for name, offered in entries.items():
            choices.add_combo(name, settings[name].label, _FORMAT_TIPS[name], offered)
        choices.add_number(settings["skip"])
        return choices

    def _target_choices(self) -> ImportFields:
        choices = ImportFields(self._importing, "import", self, error_above=False, problem="Target")
        self._target = choices.add_combo("target", "Predict", _TARGET_TIP, (), QUESTION)
        choices.add_combo("task", "as", _TASK_TIP, (("classes", CLASSIFICATION), ("a number", REGRESSION)))
        return choices

    def _data_choices(self) -> ImportFields:
        choices = ImportFields(self._importing, "import", self)
        missing = (("fill", FILL), ("most frequent", MEDIAN), (_LEAVE_OUT, DROP))
        self._missing = choices.add_combo("missing", "Missing", _MISSING_TIP, missing)
        self._missing.setAccessibleName("Missing values")
        self._missing.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToContents
        )  # the number of rows is known later
        scale = (("standardised", True), ("as they are", False))
        choices.add_combo("standardise", "Scaling", _STANDARDISE_TIP, scale)
        for setting in (TEST_SHARE, SEED):
            choices.add_number(setting)
        return choices

    @property
    def handled(self) -> list[str]:
        """Settings whose errors the section shows."""
        preview = self._importing.found
        names = [column.name for column in preview.columns] if isinstance(preview, TablePreview) else []
        return [*self._form.names, *self.target.names, *self.choices.names, *names]

    def begin(self) -> None:
        """Prepares for another file, shown from its first row and column."""
        self._is_form_open = False
        self._table.begin()
        for fields in (self._form, self.choices):
            fields.forget_typed()

    # ---- display

    def show_preview(self, preview: TablePreview) -> None:
        """Shows a preview, with each error at its column or field."""
        self._show_targets(preview)
        self._show_format(preview)
        settings = preview.settings
        self._skipped.setText(_format_skipped(preview.skipped))
        self._skipped.setVisible(bool(preview.skipped))
        self._table.show_preview(preview)
        self._show_cost(preview.with_gaps)
        default = {"missing": FILL, "standardise": True, "task": preview.task}
        for fields in (self.target, self.choices):
            fields.show_values(lambda name: settings.get(name, default.get(name)))
            fields.setVisible(bool(preview.columns))
        self._table.setVisible(bool(preview.columns))
        self._show_column_problem(preview)
        self._show_summaries(preview)
        more = preview.problem_count - sum(problem.count for problem in preview.problems)
        self._problems.show_lines(list(map(str, preview.problems)), more)

    def _show_format(self, preview: TablePreview) -> None:
        """Shows the format of the file: in one line, or in fields if it is to be checked or was changed."""
        form, settings, has_format = preview.form, preview.settings, "delimiter" in self._offered
        is_chosen = any(name in self._importing.chosen for name in self._form.names)
        self._is_form_open |= is_chosen or bool(form.doubt) or not preview.columns
        self._detected.setText(_format_detected(form))
        self._form.show_values(lambda name: getattr(form, name) if settings.get(name) is None else settings[name])
        self._format_line.setVisible(has_format and not self._is_form_open)
        self._form.setVisible(has_format and self._is_form_open)

    def _open_form(self) -> None:
        """Shows the fields of the format in place of the line, with the focus in the first."""
        self._is_form_open = True
        self._form.show()
        self._form.grid.itemAtPosition(0, 1).widget().setFocus()
        self._format_line.hide()

    def _show_cost(self, rows: int | None) -> None:
        """Shows in the entry how many rows would be left out. Sets only a changed text, as that lays out the sheet."""
        place, words = self._missing.findData(DROP), _format_cost(rows)
        if self._missing.itemText(place) != words:
            self._missing.setItemText(place, words)

    @property
    def _offered(self) -> list[str]:
        """Names of the settings that this table has; a built-in table has no format settings."""
        return self._importing.settings

    def _show_targets(self, preview: TablePreview) -> None:
        names = [column.name for column in preview.columns[:_MOST_TARGETS]]
        if names != self._columns:
            self._columns = names
            self._target.clear()
            for name in names:
                self._target.addItem(text.name(name), name)

    def _show_column_problem(self, preview: TablePreview) -> None:
        error = preview.error
        names = [column.name for column in preview.columns]
        is_of_column = error is not None and error.parameter in names
        self._of_column.setVisible(is_of_column)
        if error is not None and is_of_column:
            self._problem.setText(text.regrouped(text.plain(str(error))))
            self._ignore.setVisible(error.parameter != preview.settings.get("target"))

    def _show_summaries(self, preview: TablePreview) -> None:
        is_kept = preview.settings.get("summary") == KEEP
        rows = "row" if preview.summaries == 1 else f"{preview.summaries} rows"
        self._summaries.setText("Drop sums at the end" if is_kept else f"Keep the last {rows} anyway")
        self._summaries.setVisible(is_kept or preview.summaries > 0)

    def _turn_summaries(self) -> None:
        preview = self._importing.found
        if isinstance(preview, TablePreview):
            self._importing.choose(summary=DROP if preview.settings.get("summary") == KEEP else KEEP)

    def _go_to(self, number: int) -> None:
        preview = self._importing.found
        if isinstance(preview, TablePreview) and 0 <= number < len(preview.problems):
            self._table.go_to_row(preview.problems[number].row)

    def _ignore_wrong(self) -> None:
        preview, error = self._importing.found, self._importing.error
        if isinstance(preview, TablePreview) and isinstance(error, EngineError):
            self._importing.choose(ignored=(*preview.settings.get("ignored", ()), error.parameter))


def _format_detected(form: TableFormat) -> str:
    """Returns "comma, point, UTF-8, found automatically ·"."""
    delimiter = next(name for name, sign in _DELIMITERS if sign == form.delimiter)
    parts = [delimiter, MARKS[form.decimal], _encoding_name(form.encoding)]
    parts += [] if form.header else ["no names of columns"]
    return f"{', '.join(parts)}, found automatically ·"


def _encoding_name(name: str) -> str:
    return _ENCODINGS.get(name, name.capitalize())


def _format_cost(rows: int | None) -> str:
    """Returns "drop 709 rows", if the number of rows with a missing value is known."""
    return _LEAVE_OUT if rows is None else f"drop {text.grouped(counted(rows, 'row'))}"


def _format_skipped(lines: Sequence[str]) -> str:
    """Returns "The first 2 lines are skipped: Report of 2023"."""
    which = "The first line is" if len(lines) == 1 else f"The first {text.count(len(lines))} lines are"
    words = " / ".join(line for line in lines if line.strip())
    return text.plain(f"{which} skipped: {words.replace(chr(10), ' ')}", 150)
