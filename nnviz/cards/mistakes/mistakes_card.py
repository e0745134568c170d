"""The mistakes: the confusion matrix, or precision and recall, for regression the errors; below it the examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PyQt5.QtCore import QSize, Qt
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from engine.basics.validation import Array
from engine.explain.prediction_changes import ClassChanges, NumberChanges
from engine.explain.predictions import NumberPredictions
from engine.training.metrics import precision_of, recall_of
from nnviz.cards.mistakes.conclusion import class_sentences
from nnviz.cards.mistakes.confused_pairs import ConfusedPairs
from nnviz.cards.mistakes.confusion_matrix import ConfusionMatrixView
from nnviz.cards.mistakes.example_list import ExampleList
from nnviz.cards.mistakes.matrix_layout import Cell, head_height
from nnviz.cards.mistakes.regression_errors import RegressionErrors
from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.formatting import text
from nnviz.formatting.change_sentences import confusion_change
from nnviz.formatting.result_text import format_range
from nnviz.session.example_sets import SET_LABELS, ExampleSet
from nnviz.session.mistakes import Counts
from nnviz.session.prediction_changes import PredictionChanges
from nnviz.session.selection import Classes
from nnviz.session.session import Session
from nnviz.session.shared_queries import CHANGES, MISTAKES
from nnviz.session.split_predictions import SplitPredictions
from nnviz.ui import theme
from nnviz.ui.card import Panel, Table, label
from nnviz.ui.choice_button import ChoiceButton
from nnviz.ui.conclusion_label import ConclusionLabel
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.parts import arranged, named
from nnviz.ui.row_list import Row, RowList
from nnviz.ui.row_table import ListColumn

_MODES = {
    "counts": "counts",
    "rows": "share of row",
    "columns": "share of column",
    "classes": "precision, recall",
}
_KEYS = {
    "counts": "rows true · columns predicted",
    "rows": "% of the true class",
    "columns": "% of the predicted class",
    "classes": "of each class",
}
_LINES, _LINES_OF_CHANGES = 2, 3  # of the conclusion
# Pixels that grow with the text: of a cell, a row of a list, and of a panel with both side by side.
_CELL, _LEAST_CELL, _ROW, _WIDE = 22, 15, 24, 640
_LEAST_PLOT, _MATRIX = 110, 180
_CLASS_COLUMNS = [ListColumn("class"), ListColumn("recall", True, "100.0 %"), ListColumn("precision", True, "100.0 %")]
_MATRIX_HELP = (
    "Confusion matrix: a row per true class, a column per predicted class. Click a cell, or the name of a row "
    "or column, to list its examples; again for all mistakes."
)
_PART_TIP = "Selects the examples to predict: the test, validation or training set."
_MODE_TIP = (
    "Shows counts, shares of each row (recall on the diagonal), shares of each column (precision on the diagonal), "
    "or a list of both figures."
)


class _Views(QStackedWidget):
    """The views, as high as wanted, or less without room."""

    def __init__(self) -> None:
        super().__init__()
        self._height = 0

    def set_wanted_height(self, height: int) -> None:
        if height != self._height:
            self._height = height
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._height)

    def minimumSizeHint(self) -> QSize:
        """Returns the height of a few rows."""
        return QSize(super().minimumSizeHint().width(), 4 * theme.px(_ROW))


class MistakesCard(Panel):
    """Shows the counts of the last epoch, or those of the displayed network at rest, and below them the examples.

    Where the cells of the matrix would be too small for numbers, the pairs that are confused most take its place. While
    two networks are compared, it shows the difference of their counts.

    Attributes:
        matrix, pairs, classes, numbers: the views, of which one is shown.
        examples: the examples of what is chosen in them.
        sections: the examples by the name that lessons and help use.
    """

    def __init__(self, session: Session) -> None:
        super().__init__("Mistakes")
        self._session = session
        self.mode = "counts"
        self._shown: tuple[object, ...] = ()  # the last content of the views
        self.part_button = ChoiceButton("mistakesPartButton", "Set of examples", _PART_TIP)
        self.mode_button = ChoiceButton("confusionModeButton", "Content of the matrix", _MODE_TIP)
        self.matrix = named(ConfusionMatrixView(), "confusionMatrix", "Confusion matrix")
        self.matrix.setWhatsThis(_MATRIX_HELP)
        tip = (
            "Precision: the correct share of the predictions of a class. Recall: the correctly predicted share of "
            "the examples of a class."
        )
        self.classes = named(RowList(), "classFiguresList", "Precision and recall of each class", tip)
        self.pairs = ConfusedPairs()
        self.numbers = RegressionErrors(session)
        self.examples = ExampleList(session)
        self.sections = {"mistakePicturesDock": self.examples}
        self.examples.setObjectName("mistakePicturesDock")
        self.conclusion = ConclusionLabel("mistakesConclusion", lines=_LINES)
        self._note = label(role="muted")
        self._note.setWordWrap(True)
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._key = ElidedLabel(role="muted")
        self._key.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._stack = _Views()
        for page in (self.matrix, self.pairs, self.classes, self.numbers, self._note):
            self._stack.addWidget(page)
        self.head.title.setProperty("role", "headline")
        self.head.row.addWidget(self.part_button)
        self._upper = QWidget()
        under = arranged(QHBoxLayout(), (self._key, 1), self.mode_button)
        arranged(QVBoxLayout(self._upper), (self._stack, 1), under)
        self._parts = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        arranged(self._parts, (self._upper, 0), (self.examples, 1), spacing=8)
        self.body.addWidget(self.conclusion)
        self.body.addLayout(self._parts, 1)
        menu = self.menu_button
        self.tables = {"examples": (self.examples.caption, self.examples.table)}
        menu.add_table("examples", "Export e&xamples …", lambda: self._session.mistakes.found is not None)
        self._connect()

    def _connect(self) -> None:
        session = self._session
        self.part_button.chosen.connect(session.mistakes.set_part)
        self.mode_button.chosen.connect(self.set_mode)
        self.matrix.chosen.connect(self._choose)
        self.matrix.hovered.connect(lambda cell: self.matrix.show_text(self._describe(cell)))
        self.matrix.opened.connect(session.mistakes.put_on_canvas)
        self.pairs.chosen.connect(self._choose)
        self.pairs.opened.connect(session.mistakes.put_on_canvas)
        self.classes.chosen.connect(lambda row: self._choose((row, None)))
        self.classes.opened.connect(session.mistakes.put_on_canvas)
        session.mistakes.changed.connect(self.refresh)
        session.selection.classes_changed.connect(self.refresh)
        theme.changed.connect(self.refresh)

    def set_mode(self, mode: str) -> None:
        """Shows "counts", shares of "rows" or "columns", or precision and recall of the "classes"."""
        self.mode = mode
        self.refresh()

    def _choose(self, cell: Cell | None) -> None:
        self._session.selection.choose_classes(None if cell is None else Classes(*cell))

    # ---- room

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Chooses the view that has room."""
        super().resizeEvent(event)
        self._shown = ()
        self.refresh()

    @property
    def _is_wide(self) -> bool:
        """Whether the examples are at the right of the matrix, as when the panel fills the window."""
        return self.width() >= theme.px(_WIDE)

    def _room(self, rows: int) -> int:
        """Returns the height that the upper view has if that many rows of examples have room below it."""
        frame = self.head.height() + self.conclusion.sizeHint().height() + self.body.contentsMargins().bottom()
        under = self.mode_button.sizeHint().height() + 3 * self.body.spacing()
        below = 0 if self._is_wide else self.examples.height_of(rows)
        return max(theme.px(_ROW), self.height() - frame - under - below)

    def _cell(self, names: Sequence[str]) -> int:
        """Returns the height of a cell that has room, in pixels; 0 if it would be too small for a number."""
        width = (self.width() // (2 if self._is_wide else 1) - theme.px(_CELL) - 2 * theme.CARD_PADDING) // len(names)
        for rows in (2, 1):
            high = (self._room(rows) - head_height(names, self.width())) // len(names)
            most = max(_CELL, min(2 * _CELL, _MATRIX // len(names)))  # a few classes have long names
            cell = high if self._is_wide else min(high, theme.px(most))
            if cell >= theme.px(_LEAST_CELL) and width >= theme.px(_LEAST_CELL):
                return cell
        return min(width, high) if self._is_wide else 0

    def _give_height(self, height: int) -> None:
        """Gives the upper view its height; the examples take the rest."""
        self._parts.setDirection(
            QBoxLayout.Direction.LeftToRight if self._is_wide else QBoxLayout.Direction.TopToBottom
        )
        self._parts.setStretch(0, int(self._is_wide))
        self._stack.set_wanted_height(height)

    # ---- what is shown

    def _visibility_changed(self, in_view: bool) -> None:
        self.examples.in_view = in_view
        super()._visibility_changed(in_view)

    def refresh(self) -> None:
        if not self.in_view:
            return
        self.examples.refresh()
        mistakes, part = self._session.mistakes, self._session.mistakes.part
        self.part_button.show_choice({name: SET_LABELS[name] for name in mistakes.parts}, part.name if part else "")
        self.part_button.setVisible(part is not None)
        counts, found, changes = mistakes.counts, mistakes.found, mistakes.changes
        self._show_title(counts if changes is None else None)
        self.conclusion.set_lines(_LINES if changes is None else _LINES_OF_CHANGES)
        if changes is not None and isinstance(changes.changes, ClassChanges):
            self._show_differences(changes, changes.changes)
        elif changes is not None and isinstance(changes.changes, NumberChanges):
            self._show_number_changes(changes, changes.changes)
        elif counts is not None:
            self._show_counts(counts)
        elif found is not None and found.part is part and isinstance(found.answers, NumberPredictions):
            self._show_errors(found, found.answers)
        else:
            self._show_note(part)
        self._show_choice()

    def _show_counts(self, counts: Counts) -> None:
        matrix, total = counts.matrix, int(counts.matrix.sum())
        of = f"of {text.count(total)}"
        when = of if counts.is_now else f"after epoch {round(counts.epochs, 2):g}"
        names = self._names(len(matrix))
        cell = self._cell(names)
        self._set_words((when, ""), _KEYS[self.mode] if cell or self.mode == "classes" else "", self.mode)
        if self.mode == "classes":
            self._turn_to(self.classes, min((len(matrix) + 1) * theme.px(_ROW), self._room(1)))
        else:
            self._turn_to_matrix(names, cell)
        shown = (matrix.tobytes(), tuple(names), self.mode)
        if shown == self._shown:
            return
        self._shown = shown
        self.conclusion.show_conclusion(class_sentences(matrix, names, self._session.meaning.picture is not None))
        if self.mode == "classes":
            self.classes.show_rows(_CLASS_COLUMNS, len(matrix), self._class_rows(names, matrix))
        else:
            self.matrix.show_matrix(names, _as_shares(matrix, self.mode), self.mode != "counts")
            self.pairs.show_counts(names, matrix)

    def _turn_to_matrix(self, names: Sequence[str], cell: int) -> None:
        """Shows the matrix, or without room for its cells the pairs that are confused most."""
        if cell:
            self._turn_to(self.matrix, head_height(names, self.width()) + cell * len(names))
        else:
            self._turn_to(self.pairs, min(self.pairs.sizeHint().height(), self._room(2)))

    def _show_differences(self, found: PredictionChanges, changes: ClassChanges) -> None:
        """Shows the confusion matrix of the later network minus that of the earlier one."""
        errors = found.errors(self._session.meaning)
        names = self._names(len(changes.matrix))
        cell = self._cell(names)
        self._set_words((format_range("error", *errors, between=" → "), ""), _KEYS["counts"] if cell else "", "")
        self._turn_to_matrix(names, cell)
        if self._shown == (found, tuple(names)):
            return
        self._shown = found, tuple(names)
        is_image = self._session.meaning.picture is not None
        self.conclusion.show_conclusion(
            confusion_change(found.opening, SET_LABELS[found.part.name], changes, errors, names, is_image)
        )
        self.matrix.show_difference(names, changes.matrix)
        self.pairs.show_differences(names, changes.matrix)

    def _show_number_changes(self, found: PredictionChanges, changes: NumberChanges) -> None:
        self._set_words(
            self.numbers.detail_of_changes(found, changes), f"violet: {found.names[0]} · blue: {found.names[1]}", ""
        )
        self._turn_to_numbers()
        self.numbers.show_changes(found, changes)
        self.conclusion.show_conclusion(self.numbers.conclusion)

    def _class_rows(self, names: Sequence[str], matrix: Array) -> Row:
        recall, precision = recall_of(matrix), precision_of(matrix)
        return lambda row: (names[row], _percent(recall[row]), _percent(precision[row]))

    def _show_title(self, counts: Counts | None) -> None:
        """Sets the title: the number of mistakes as a headline; without counts the name of the card."""
        title = "Errors" if self._session.meaning.is_regression else "Mistakes"
        if title != self.windowTitle():
            self.setWindowTitle(title)
        if counts is not None:
            wrong = int(counts.matrix.sum() - np.trace(counts.matrix))
            title = f"{text.count(wrong)} mistake{'s' * (wrong != 1)}"
        self.head.title.setText(title)

    def _show_errors(self, found: SplitPredictions, answers: NumberPredictions) -> None:
        self._set_words(self.numbers.detail(answers), self.numbers.key(answers), "")
        self._turn_to_numbers()
        self.numbers.show_found(found, answers)
        self.conclusion.show_conclusion(self.numbers.conclusion)

    def _turn_to_numbers(self) -> None:
        self._shown = ()
        self._turn_to(self.numbers, max(theme.px(_LEAST_PLOT), min(self.width(), self._room(2))))

    def _show_note(self, part: ExampleSet | None) -> None:
        self._set_words(("",), "", "")
        self._shown = ()
        self.conclusion.show_conclusion(None)
        if self._session.data.dataset is None:
            words = "The data are not loaded yet."
        elif part is None:
            words = "This network does not fit the data."
        else:
            words = "Computing predictions …"
        self._note.setText(words)
        self._turn_to(self._note, self._room(2))

    def _show_choice(self) -> None:
        classes = self._session.selection.classes
        self.matrix.show_choice(None if classes is None else (classes.true, classes.answer))
        self.pairs.show_choice(None if classes is None else (classes.true, classes.answer))
        is_row = classes is not None and classes.answer is None
        self.classes.show_choice(classes.true if classes is not None and is_row else None)
        every = "all mistakes" if self._session.mistakes.changes is None else "all changes"
        description = every if classes is None else self._describe((classes.true, classes.answer))
        self.matrix.set_summary(description)

    def _set_words(self, detail: Sequence[str], key: str, mode: str) -> None:
        """Shows these texts; ``detail`` has versions, of which the last is empty because a number must not be cut."""
        self.head.detail.show_versions(*detail)
        self._key.setText(key)
        self.mode_button.setVisible(bool(mode))
        if mode:
            self.mode_button.show_choice(_MODES, mode)

    def _turn_to(self, page: QWidget, height: int) -> None:
        self._give_height(height)
        if self._stack.currentWidget() is not page:
            self._stack.setCurrentWidget(page)

    def _names(self, count: int) -> list[str]:
        return [self._session.meaning.output(number) for number in range(count)]

    # ---- read-out

    def _describe(self, cell: Cell | None) -> str:
        """Returns the read-out of a cell, row or column."""
        changes, counts = self._session.mistakes.changes, self._session.mistakes.counts
        if cell is not None and changes is not None and isinstance(changes.changes, ClassChanges):
            return self._describe_change(cell, changes.changes)
        if cell is None or counts is None or max(part or 0 for part in cell) >= len(counts.matrix):
            return ""
        (true, answer), matrix = cell, counts.matrix
        names = self._names(len(matrix))
        if true is not None and answer is not None:
            total = int(matrix[true].sum())
            share = f" of {text.count(total)} ({_percent(float(matrix[true, answer]) / total)})" if total else ""
            verdict = "predicted correctly" if true == answer else f"predicted as {names[answer]}"
            return f"{names[true]}, {verdict}: {text.count(int(matrix[true, answer]))}{share}"
        if true is not None:
            return f"{names[true]}: {text.count(int(matrix[true].sum()))}\nrecall {_percent(recall_of(matrix)[true])}"
        if answer is None:
            return ""
        count = text.count(int(matrix[:, answer].sum()))
        return f"predicted as {names[answer]}: {count}\nprecision {_percent(precision_of(matrix)[answer])}"

    def _describe_change(self, cell: Cell, changes: ClassChanges) -> str:
        """Returns the counts of a cell, or the figures of a row or column, of both networks."""
        (true, answer), (before, after) = cell, (changes.before.confusion, changes.after.confusion)
        names = self._names(len(after))
        if true is not None and answer is not None:
            verdict = "predicted correctly" if true == answer else f"predicted as {names[answer]}"
            one, other = int(before[true, answer]), int(after[true, answer])
            signed = f"{other - one:+d}".replace("-", "−") if other != one else "±0"
            return f"{names[true]}, {verdict}: {text.count(one)} → {text.count(other)} ({signed})"
        if true is not None:
            shares = " → ".join(_percent(float(recall_of(each)[true])) for each in (before, after))
            return f"{names[true]}: recall {shares}"
        if answer is None:
            return ""
        shares = " → ".join(_percent(float(precision_of(each)[answer])) for each in (before, after))
        return f"predicted as {names[answer]}: precision {shares}"

    # ---- for a file

    def table(self) -> Table | None:
        """Returns the matrix with recall and precision, for a CSV file; for regression the errors.

        Of two networks a row for each cell with the counts of both.
        """
        mistakes = self._session.mistakes
        changes = mistakes.changes
        if changes is not None:
            return self._table_of_changes(changes)
        counts, found = mistakes.counts, mistakes.found
        if counts is not None:
            matrix, meaning = counts.matrix, self._session.meaning.for_file
            names = [meaning.output(number) for number in range(len(matrix))]
            rows = [
                [n, *line, r] for n, line, r in zip(names, matrix.tolist(), recall_of(matrix).tolist(), strict=True)
            ]
            return ["true class", *names, "recall"], [*rows, ["precision", *precision_of(matrix).tolist(), ""]]
        if found is None or not isinstance(found.answers, NumberPredictions):
            return None
        return self.numbers.table(found.answers)

    def _table_of_changes(self, found: PredictionChanges) -> Table:
        if isinstance(found.changes, NumberChanges):
            return self.numbers.table_of_changes(found, found.changes)
        meaning, (before, after) = self._session.meaning.for_file, (found.changes.before, found.changes.after)
        names = [meaning.output(number) for number in range(len(after.confusion))]
        rows = []
        for true, true_name in enumerate(names):
            for answer, answer_name in enumerate(names):
                one, other = int(before.confusion[true, answer]), int(after.confusion[true, answer])
                rows.append([true_name, answer_name, one, other, other - one])
        return ["true class", "predicted class", *found.names, "difference"], rows


def _as_shares(matrix: Array, mode: str) -> Array:
    """Returns the counts, or their shares of the rows or columns; NaN in empty ones."""
    if mode == "counts":
        return matrix
    with np.errstate(invalid="ignore"):
        shares: Array = matrix / matrix.sum(axis=1 if mode == "rows" else 0, keepdims=True)
    return shares


def _percent(share: float) -> str:
    """Returns a share in percent with one decimal; a dash for NaN."""
    return "–" if np.isnan(share) else f"{100 * share:.1f} %"


PLACE = Place(Column.CHOOSE, 1)
CARDS.register("mistakesDock")(CardInfo(MistakesCard, {"inside": PLACE}, needs=(MISTAKES, CHANGES)))
CARDS.register("mistakePicturesDock")(CardInfo(ExampleList, part_of="mistakesDock"))
