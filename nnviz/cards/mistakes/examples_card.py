"""Card with the examples of a cell of the confusion matrix, the most confident mistake first, or the largest errors.

While two networks are compared, it has those whose predictions have changed.
"""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.explain.prediction_changes import ClassChanges
from engine.explain.predictions import ClassPredictions, NumberPredictions, Predictions
from nnviz.cards.mistakes.example_table import ChangeTable, ExampleTable, confidence_text
from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.formatting import text
from nnviz.session.prediction_changes import PredictionChanges
from nnviz.session.session import Session
from nnviz.session.shared_queries import CHANGES, MISTAKES
from nnviz.session.split_predictions import SplitPredictions
from nnviz.ui.card import Panel, Table, label
from nnviz.ui.elided_button import ElidedButton
from nnviz.ui.parts import arranged, named
from nnviz.ui.picture_list import PictureList
from nnviz.ui.row_list import RowList

_LEAST_TITLE = 60  # pixels
_PICTURES_TIP = "Click an image to choose it. Enter or a double click puts it on the canvas."


class ExamplesCard(Panel):
    """Lists the chosen examples as images, or as rows if they are none."""

    compares = True

    def __init__(self, session: Session) -> None:
        super().__init__("Chosen examples")
        self._session = session
        self._shown: tuple[object, object, bool] = (None, None, True)  # predictions, listed examples, whether at rest
        self._about: tuple[object, object] = (None, None)  # the listed classes and part
        self._example: object = None  # the last chosen example
        self._full_title = self.windowTitle()
        self._details: tuple[str, ...] = ("",)  # versions of the text next to the title, the longest first
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
        self.body.addWidget(self._stack, 1)
        self._add_buttons()
        self.head.title.setMinimumWidth(_LEAST_TITLE)
        mistakes = session.mistakes
        for view in (self.pictures, self.rows):
            view.chosen.connect(mistakes.choose)
            view.opened.connect(mistakes.put_on_canvas)
        self.corrected.chosen.connect(lambda place: mistakes.choose(self._first_corrected + place))
        self.corrected.opened.connect(mistakes.put_on_canvas)
        self.pictures.hovered.connect(lambda place: self.pictures.show_text(self._describe(place)))
        self.corrected.hovered.connect(self._point_at_corrected)
        self.head.marked.connect(self._fit_title)  # The mark takes room.
        for signal in (mistakes.changed, session.selection.classes_changed, session.selection.example_changed):
            signal.connect(self.refresh)
        mistakes.stepped.connect(self._focus_list)

    def _add_buttons(self) -> None:
        mistakes = self._session.mistakes
        tip = "Chooses the next mistake in the list (N). After the last one it starts again at the first."
        self.next_button = named(QToolButton(), "nextMistakeButton", "Next mistake", tip)
        self.next_button.setText("N: next mistake")
        self.next_button.clicked.connect(mistakes.next_mistake)
        tip = (
            "Puts the chosen example on the canvas, where you can change it with pen and eraser. The prediction "
            "follows at once."
        )
        self.put_button = named(ElidedButton(), "putOnCanvasButton", "Put on the canvas", tip)
        self.put_button.show_versions("Enter: put it on the canvas", "Enter: to the canvas", "Enter")
        self.put_button.clicked.connect(mistakes.put_on_canvas)
        for button in (self.next_button, self.put_button):
            button.setProperty("role", "flat")
        self.body.addLayout(arranged(QHBoxLayout(), self.next_button, 1, self.put_button))

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
        self.put_button.setVisible(mistakes.fits_canvas)
        self.put_button.setEnabled(selection.example is not None)
        is_any = self._session.meaning.is_regression or changes is not None
        self.next_button.setText("N: next one" if is_any else "N: next mistake")
        self.next_button.setEnabled(source is not None and len(listed) > 0)

    def _show_chosen_picture(self, place: int | None, is_new: bool) -> None:
        """Outlines the image in its group."""
        is_second = place is not None and not self.corrected.isHidden() and place >= self._first_corrected
        self.pictures.show_choice(None if is_second else place, is_new)
        self.corrected.show_choice(place - self._first_corrected if place is not None and is_second else None, is_new)
        described = "" if place is None else self._describe(place)
        self.pictures.set_summary("" if is_second else described)
        self.corrected.set_summary(described if is_second else "")

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
        self._full_title = self._title(found)
        if found is None or data is None or not len(listed):
            self._details = ("",)
            nothing = "No examples." if self._session.mistakes.changes is None else "No prediction changed sides."
            self._note.setText("" if found is None else nothing)
            self._stack.setCurrentWidget(self._note)
            self._fit_title()
            return
        answers = found.answers
        order = self._order(answers)
        # While the network is training, the matrix next to it may be of another epoch.
        when = "" if self._session.displayed.is_steady else f" at epoch {round(found.epochs, 2):g}"
        count, noun = text.count(len(listed)), self._session.meaning.example
        counted = f"{count} {noun}{'s' * (len(listed) > 1)}{when}"
        self._details = f"{counted} · {order}", counted, count
        self._fit_title()
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
        self._full_title, changes = self._title(found.after), found.changes
        self._details = ("" if isinstance(changes, ClassChanges) else "largest first",)
        self._fit_title()
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

    def _fit_title(self) -> None:
        """Shows the title, elided if it is too long, and as much of the detail as fits next to it.

        Long names must not widen the column.
        """
        title, detail, row = self.head.title, self.head.detail, self.head.row
        for each in (title, detail):
            each.ensurePolished()  # Otherwise texts are measured in another font.
        room = row.geometry().width() - row.spacing() - self.head.room_of_mark
        title.setText(
            title.fontMetrics().elidedText(self._full_title, Qt.TextElideMode.ElideRight, max(room, _LEAST_TITLE))
        )
        left = room - title.sizeHint().width()
        fitting = (each for each in self._details if detail.fontMetrics().horizontalAdvance(each) <= left)
        detail.setText(next(fitting, ""))
        title.setToolTip(f"{self._full_title}: {self._details[0]}" if self._details[0] else self._full_title)

    def _order(self, answers: Predictions) -> str:
        """Returns the order of the examples as text."""
        classes = self._session.selection.classes
        if isinstance(answers, NumberPredictions):
            return "largest first"
        is_open = classes is not None and (classes.true is None or classes.answer is None)
        has_both = is_open or self._session.mistakes.group is not None
        return "mistakes first" if has_both else "most confident first"

    def _title(self, found: SplitPredictions | None) -> str:
        classes, data = self._session.selection.classes, self._session.data.dataset
        if self._session.mistakes.group is not None:
            return "Selected on the map"
        is_comparing = self._session.mistakes.changes is not None
        if found is not None and isinstance(found.answers, NumberPredictions):
            return "Largest changes" if is_comparing else "Largest errors"
        if classes is None or data is None:
            return "Changed sides" if is_comparing else "All mistakes"
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_title()

    # ---- for a file

    @property
    def caption(self) -> str:
        return self._full_title

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


PLACE = Place(Column.CHOOSE, 2, 336)
CARDS.register("mistakePicturesDock")(CardInfo(ExamplesCard, {"inside": PLACE}, needs=(MISTAKES, CHANGES)))
