"""The examples of a cell of the confusion matrix, the most confident mistake first, or those with the largest errors.

While two networks are compared, it has those whose predictions have changed.
"""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.explain.prediction_changes import ClassChanges
from engine.explain.predictions import ClassPredictions, NumberPredictions
from nnviz.cards.mistakes.example_table import ChangeTable, ExampleTable, confidence_text
from nnviz.formatting import text
from nnviz.session.prediction_changes import PredictionChanges
from nnviz.session.session import Session
from nnviz.session.split_predictions import SplitPredictions
from nnviz.ui import theme
from nnviz.ui.card import LazyView, Table, label
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.parts import arranged, named
from nnviz.ui.picture_list import PictureList
from nnviz.ui.row_list import RowList

_ROW, _HEAD = 74, 20  # pixels of a row of images, and of a heading
_ALL = "All mistakes"
_PICTURES_TIP = "Click an image to choose it. Enter or a double click puts it on the canvas."


class ExampleList(QWidget, LazyView):
    """Lists the chosen examples as images, or as rows if they are none, below the matrix.

    Attributes:
        heading: what is listed, unless it is all mistakes.
        caption: the same, for the name of a file.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.caption = "Chosen examples"
        self._shown: tuple[object, object, bool] = (None, None, True)  # predictions, listed examples, whether at rest
        self._about: tuple[object, object] = (None, None)  # the listed classes and part
        self._example: object = None  # the last chosen example
        self.heading = QWidget()
        self._title, self._detail = ElidedLabel(role="title"), label(role="muted")
        arranged(QHBoxLayout(self.heading), (self._title, 1), self._detail, spacing=8)
        self.pictures = named(PictureList(), "mistakePictures", "Chosen examples")
        self.pictures.setWhatsThis(_PICTURES_TIP)
        tip = "Click a row to choose its example. The other cards then show it, too."
        self.rows = named(RowList(), "mistakeRows", "Chosen examples", tip)
        tip = "Examples that the later network predicts correctly, and the earlier one did not."
        self.corrected = named(PictureList(), "correctedPictures", "Examples that became right", tip)
        self._wrong_head, self._right_head = label(role="muted"), label(role="muted")
        self._sides = QWidget()  # both groups of changed examples, or all listed ones
        parts = self._wrong_head, (self.pictures, 1), self._right_head, (self.corrected, 1)
        arranged(QVBoxLayout(self._sides), *parts, spacing=2)
        self._show_groups(False)
        self._first_corrected = 0  # index of the first example of the second group
        self._note = label(role="muted")
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._note.setWordWrap(True)
        self._stack = QStackedWidget()
        for page in (self._sides, self.rows, self._note):
            self._stack.addWidget(page)
        arranged(QVBoxLayout(self), self.heading, (self._stack, 1), spacing=4)
        mistakes = session.mistakes
        for view in (self.pictures, self.rows):
            view.chosen.connect(mistakes.choose)
            view.opened.connect(mistakes.put_on_canvas)
        self.corrected.chosen.connect(lambda place: mistakes.choose(self._first_corrected + place))
        self.corrected.opened.connect(mistakes.put_on_canvas)
        self.pictures.hovered.connect(lambda place: self.pictures.show_text(self._describe(place)))
        self.corrected.hovered.connect(self._point_at_corrected)
        for signal in (mistakes.changed, session.selection.classes_changed, session.selection.example_changed):
            signal.connect(self.refresh)
        mistakes.stepped.connect(self._focus_list)

    # ---- what is shown

    def refresh(self) -> None:
        """Lists the examples and outlines the chosen one."""
        if not self.in_view:
            return
        mistakes, data = self._session.mistakes, self._session.data.dataset
        found = mistakes.found if mistakes.part is not None else None
        changes, listed = mistakes.changes, mistakes.listed
        selection = self._session.selection
        about = (
            mistakes.group or selection.classes,
            mistakes.part,
        )  # A new list of the same classes and part keeps its scroll position.
        is_steady = self._session.displayed.is_steady
        source = changes or found
        if self._shown[0] is not source or self._shown[1] is not listed or self._shown[2] != is_steady:
            self._shown = source, listed, is_steady
            if changes is not None and data is not None and len(listed):
                self._show_changes(changes, listed, data, stays=about == self._about)
            else:
                self._show_list(changes.after if changes else found, listed, data, stays=about == self._about)
        place, is_new = mistakes.place, (about, selection.example) != (self._about, self._example)
        self._about, self._example = about, selection.example
        self._show_chosen_picture(place, is_new)
        self.rows.show_choice(place if self._stack.currentWidget() is self.rows else None, is_new)

    def _show_chosen_picture(self, place: int | None, is_new: bool) -> None:
        """Outlines the image in its group."""
        is_second = place is not None and not self.corrected.isHidden() and place >= self._first_corrected
        self.pictures.show_choice(None if is_second else place, is_new)
        self.corrected.show_choice(place - self._first_corrected if place is not None and is_second else None, is_new)
        described = "" if place is None else self._describe(place)
        self.pictures.set_summary("" if is_second else described)
        self.corrected.set_summary(described if is_second else "")

    def height_of(self, rows: int) -> int:
        """Returns the pixels that many rows of images need; two groups have at least one each."""
        if self.corrected.isHidden():
            return rows * theme.px(_ROW) + (0 if self.heading.isHidden() else theme.px(_HEAD))
        return max(rows, 2) * theme.px(_ROW) + 3 * theme.px(_HEAD)

    def _focus_list(self) -> None:
        """Sets the focus to the list with the chosen example."""
        place, is_second = self._session.mistakes.place, not self.corrected.isHidden()
        if self._stack.currentWidget() is self._sides:
            is_second &= place is not None and place >= self._first_corrected
            (self.corrected if is_second else self.pictures).setFocus()
        else:
            self._stack.currentWidget().setFocus()

    def _point_at_corrected(self, place: int) -> None:
        self.corrected.show_text(self._describe(self._first_corrected + place) if place >= 0 else "")

    def _show_groups(self, are_shown: bool) -> None:
        """Shows the group of examples that became right, and the headings of both."""
        for part in (self._wrong_head, self._right_head, self.corrected):
            part.setVisible(are_shown)

    def _show_list(self, found: SplitPredictions | None, listed: Array, data: Dataset | None, stays: bool) -> None:
        if found is None or data is None or not len(listed):
            self._name(found, "")
            nothing = "No examples." if self._session.mistakes.changes is None else "No prediction changed."
            self._note.setText("" if found is None else nothing)
            self._stack.setCurrentWidget(self._note)
            return
        answers = found.answers
        # While the network is training, the matrix above may be of another epoch.
        when = "" if self._session.displayed.is_steady else f" at epoch {round(found.epochs, 2):g}"
        noun = self._session.meaning.example
        self._name(found, f"{text.count(len(listed))} {noun}{'s' * (len(listed) > 1)}{when}")
        if data.is_picture and isinstance(answers, ClassPredictions):
            self._show_groups(False)
            self.pictures.show_pictures(
                len(listed),
                lambda place: _picture(found, int(listed[place]), data),
                lambda place: self._caption_of(answers, int(listed[place])),
                stays,
            )
            self._stack.setCurrentWidget(self._sides)
        else:
            self._show_rows(ExampleTable(found, self._session.meaning), listed.tolist(), stays)

    def _caption_of(self, answers: ClassPredictions, index: int) -> str:
        """Returns the true and the predicted class of an example: "9 → 7"; in one cell its confidence."""
        classes, name = self._session.selection.classes, self._session.meaning.output
        if classes is not None and None not in (classes.true, classes.answer):
            return confidence_text(float(answers.confidences[index]))
        true, answer = int(answers.labels[index]), int(answers.answers[index])
        return name(true) if true == answer else f"{name(true)} → {name(answer)}"

    def _show_rows(self, rows: ExampleTable, numbers: list[int], stays: bool) -> None:
        tip = lambda place: rows.tip(numbers[place])  # noqa: E731
        columns = rows.columns(numbers)
        self.rows.show_rows(columns, len(numbers), lambda place: rows.texts(numbers[place]), stays, tip)
        self._stack.setCurrentWidget(self.rows)

    def _show_changes(self, found: PredictionChanges, listed: Array, data: Dataset, stays: bool) -> None:
        """Lists examples with the predictions of both networks: those that became wrong, and those that became right.

        Numbers are in one list.
        """
        changes = found.changes
        self._name(found.after, "")
        if data.is_picture and isinstance(changes, ClassChanges):
            self._show_both_groups(found, changes, listed, data, stays)
        else:
            self._show_rows(ChangeTable(found.after, self._session.meaning, found), listed.tolist(), stays)

    def _show_both_groups(
        self, found: PredictionChanges, changes: ClassChanges, listed: Array, data: Dataset, stays: bool
    ) -> None:
        name, first = self._session.meaning.output, int(changes.after.are_wrong[listed].sum())

        def fill(view: PictureList, indices: list[int]) -> None:
            def caption(place: int) -> str:
                answers = (each.answers[indices[place]] for each in (changes.before, changes.after))
                return " → ".join(name(int(answer)) for answer in answers)

            images = lambda place: _picture(found.after, indices[place], data)  # noqa: E731
            view.show_pictures(len(indices), images, caption, stays)

        self._first_corrected = first
        fill(self.pictures, listed[:first].tolist())
        fill(self.corrected, listed[first:].tolist())
        for head, word, count in ((self._wrong_head, "wrong", first), (self._right_head, "right", len(listed) - first)):
            head.setText(f"{found.there.format(word)}: {text.count(count)}")
        self._show_groups(True)
        self._stack.setCurrentWidget(self._sides)

    def _name(self, found: SplitPredictions | None, count: str) -> None:
        """Says what is listed, and how many examples; of all mistakes, the panel's title says that."""
        self.caption = self._caption(found)
        self._title.setText(self.caption)
        self._detail.setText(count)
        is_told = self._session.mistakes.changes is None and self.caption == _ALL
        self.heading.setVisible(not is_told)

    def _caption(self, found: SplitPredictions | None) -> str:
        classes, data = self._session.selection.classes, self._session.data.dataset
        if self._session.mistakes.group is not None:
            return "Selected on the map"
        is_comparing = self._session.mistakes.changes is not None
        if found is not None and isinstance(found.answers, NumberPredictions):
            return "Largest changes" if is_comparing else "Largest errors"
        if classes is None or data is None:
            return "Changed between right and wrong" if is_comparing else _ALL
        name = self._session.meaning.output
        true, answer = (None if each is None else name(each) for each in (classes.true, classes.answer))
        if answer is None:
            return f"All of class {true}" if len(str(true)) > 1 else f"All {true}s"
        if true is None:
            return f"All predicted as {answer}"
        return f"{true} predicted correctly" if true == answer else f"{true} predicted as {answer}"

    def _describe(self, place: int) -> str:
        """Returns the read-out of an example: its origin, its target and the prediction."""
        found, data, listed = self._session.mistakes.found, self._session.data.dataset, self._session.mistakes.listed
        changes = self._session.mistakes.changes
        if changes is not None and data is not None and 0 <= place < len(listed):
            return self._describe_change(changes, int(listed[place]))
        if found is None or data is None or not 0 <= place < len(listed):
            return ""
        index = int(listed[place])
        answers, meaning = found.answers, self._session.meaning
        if not meaning.picture or not isinstance(answers, ClassPredictions):
            return ExampleTable(found, meaning).tip(index)
        about = meaning.where(found.part.where, found.part.number(index))
        true, answer = (meaning.output(int(numbers[index])) for numbers in (answers.labels, answers.answers))
        return (
            f"{about}: {true}\npredicted as {answer}, confidence {confidence_text(float(answers.confidences[index]))}"
        )

    def _describe_change(self, found: PredictionChanges, index: int) -> str:
        meaning, changes = self._session.meaning, found.changes
        if not meaning.picture or not isinstance(changes, ClassChanges):
            return ChangeTable(found.after, meaning, found).tip(index)
        about = meaning.where(found.part.where, found.part.number(index))
        lines = [
            f"{name}: {meaning.output(int(each.answers[index]))}, confidence "
            f"{confidence_text(float(each.confidences[index]))}"
            for name, each in zip(found.names, (changes.before, changes.after), strict=True)
        ]
        return "\n".join([f"{about}: {meaning.output(int(changes.after.labels[index]))}", *lines])

    # ---- for a file

    def table(self) -> Table | None:
        """Returns a row for each listed example, for a CSV file. Rows are made one at a time."""
        found, data, listed = self._session.mistakes.found, self._session.data.dataset, self._session.mistakes.listed
        changes, meaning = self._session.mistakes.changes, self._session.meaning.for_file
        if changes is not None:
            pairs = ChangeTable(changes.after, meaning, changes)
            return pairs.head, (pairs.numbers(int(index)) for index in listed)
        if found is None or data is None:
            return None
        rows = ExampleTable(found, meaning)
        return rows.head, (rows.numbers(int(index)) for index in listed)


def _picture(found: SplitPredictions, index: int, data: Dataset) -> Array:
    """Returns the pixels (height, width) of an example."""
    return found.part.split.example(found.part.number(index)).reshape(data.example_shape)
