"""The user examples page: kept examples with the network's predictions, the error on them, and training on them."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import QHBoxLayout, QPushButton, QShortcut, QStackedWidget, QToolButton

from engine.basics.errors import EngineError
from engine.datasets import Dataset
from engine.datasets.table.cells import plain_number
from nnviz.cards.registry import CARDS, CardInfo
from nnviz.cards.user_examples.model import (
    PREDICTIONS,
    TEST_SET,
    TestSetChange,
    UserExamplePredictions,
    UserExampleQueries,
)
from nnviz.cards.user_examples.presentation import (
    UserExampleRows,
    format_errors,
    format_prediction,
    format_progress,
    format_share,
    format_test_change,
    format_totals,
    parse_typed_share,
    step_share,
)
from nnviz.formatting import text
from nnviz.session.example_text import example_noun
from nnviz.session.predicted_numbers import Targets
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.card import Table
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.fields import NumberEdit
from nnviz.ui.note import FieldError
from nnviz.ui.pages import Page
from nnviz.ui.parts import arranged, named, tool
from nnviz.ui.picture_list import PictureList
from nnviz.ui.row_list import RowList

_SHARE_WIDTH = 76  # pixels
_TIP = "The examples that you kept, with their true class or value and the prediction."
_LIST_TIP = "Click selects an example; Enter or a double click makes it the input; Delete removes it."
_TRAIN_TIP = (
    "Mixes these examples into the training set, in the share at the right, and continues training. Undo "
    "takes them out; learned weights stay."
)
_LEAVE_TIP = (
    "Removes these examples from the training set. The network is unchanged, but learns without them from now on."
)
_SHARE_TIP = (
    "Sets their share of the training set, 0 to 90 %, by repeating them. A larger share is learned "
    "sooner, but more of the rest may be forgotten."
)
_REMOVE_TIP = "Removes the selected example. Undo restores it."
_EXPORT_TIP = "Exports your examples to an .npz file, which you can import here or open as data."
_IMPORT_TIP = "Imports examples that were exported here. Undo removes them."


class UserExamplesPage(Page):
    """Shows the user examples as images, or as rows of a table. Has a tab only if examples are kept; filled when shown.

    Attributes:
        choice: index of the chosen example; None for none.

    Signals:
        import_wanted, export_wanted: the user wants to choose a file.
    """

    import_wanted, export_wanted = pyqtSignal(), pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__("Your examples", "ownView", _TIP)
        self._session = session
        self._targets = Targets(session)
        session.models[UserExampleQueries]  # adds the queries that the page needs
        self.choice: int | None = None
        for signal in (session.user_examples.changed, session.data.changed, session.data.loading_changed):
            signal.connect(self._follow)
        self._follow()

    def _make(self) -> None:
        self.pictures = named(PictureList(), "ownPictures", "Your own examples")
        self.pictures.setWhatsThis(_LIST_TIP)
        self.rows = named(RowList(), "ownRows", "Your own examples", _LIST_TIP)
        self._stack = QStackedWidget()
        for view in (self.pictures, self.rows):
            self._stack.addWidget(view)
            view.chosen.connect(self._choose)
            view.opened.connect(self._ask)
        self.pictures.hovered.connect(lambda place: self.pictures.show_text(self._describe(place)))
        self.figures_label = named(ElidedLabel(), "ownFigures")
        self.progress_label = named(ElidedLabel(role="muted"), "ownProgress")
        arranged(self.body, self.figures_label, (self._stack, 1), self.progress_label, self._buttons(), spacing=6)
        delete = QShortcut(QKeySequence.StandardKey.Delete, self, self.remove)
        delete.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        for name in (PREDICTIONS, TEST_SET):
            self._session.queries[name].changed.connect(self.refresh)
        self._show_buttons()

    def _buttons(self) -> QHBoxLayout:
        self.train_button = named(QPushButton("Train on these"), "trainOnOwnButton", "", _TRAIN_TIP)
        self.train_button.clicked.connect(self._session.user_examples.train_on)
        self.leave_button = named(QPushButton("Leave out"), "leaveOutOwnButton", "Leave out", _LEAVE_TIP)
        self.leave_button.clicked.connect(self._session.user_examples.leave_out)
        self.remove_button = self._word("remove", "removeOwnButton", "Remove the selected example", _REMOVE_TIP)
        self.remove_button.clicked.connect(self.remove)
        export = self._word("export …", "exportOwnButton", "Export your own examples", _EXPORT_TIP)
        export.clicked.connect(self.export_wanted)
        more = self._word("Import …", "importMoreOwnButton", "Import examples of your own", _IMPORT_TIP)
        more.clicked.connect(self.import_wanted)
        self.share_edit = NumberEdit("ownShareEdit", step_share, _SHARE_TIP, "Share of your own examples")
        theme.sized(self.share_edit.setFixedWidth, _SHARE_WIDTH)
        self.share_edit.committed.connect(self._share_typed)
        self._share_error = FieldError(self.share_edit)
        left = self.train_button, self.share_edit, self.leave_button
        return arranged(QHBoxLayout(), *left, 1, self.remove_button, export, more, spacing=6)

    def _word(self, words: str, name: str, accessible: str, tip: str) -> QToolButton:
        button = tool(words, name, accessible, tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    # ---- actions of the user

    def _share_typed(self, typed: str) -> None:
        """Sets the typed share, or shows next to the field why it is not valid."""
        wrong = ""
        try:
            self._session.user_examples.set_share(parse_typed_share(typed))
        except EngineError as error:
            wrong = error.message_for("Share")
        self._share_error.show_error(wrong)
        if not wrong:
            self.share_edit.show_value(format_share(self._session.user_examples.share))

    def _choose(self, place: int) -> None:
        self.choice = place
        self._show_choice()

    def _ask(self) -> None:
        """Makes the chosen example the input."""
        answers = self._answers
        if answers is None or self.choice is None or self.choice >= len(answers.split):
            return
        try:
            self._session.question.set_example(answers.split.example(self.choice), "example of your own")
        except EngineError as error:
            self._session.messages.show_error("The example cannot be the input", error)

    def remove(self) -> None:
        """Removes the chosen example; the next one becomes the chosen one."""
        if self.choice is not None:
            self._session.user_examples.remove(self.choice)

    # ---- display

    @property
    def _answers(self) -> UserExamplePredictions | None:
        """The last predictions, if they are for the examples that are kept now."""
        answers: UserExamplePredictions | None = self._session.queries[PREDICTIONS].result
        return answers if answers is not None and answers.own is self._session.user_examples.examples else None

    @property
    def _tested(self) -> TestSetChange | None:
        tested: TestSetChange | None = self._session.queries[TEST_SET].result
        return tested

    def _follow(self) -> None:
        """Follows a change of the examples. They are listed once their predictions are computed."""
        own = self._session.user_examples
        self.offer(own.count > 0)
        if self.choice is not None:
            self.choice = min(self.choice, own.count - 1) if own.count else None
        if self.is_filled:
            self._show_buttons()
            self.refresh()

    def _show_buttons(self) -> None:
        own = self._session.user_examples
        mixed = own.mixed_in is not None
        self.train_button.setText("Train on all" if mixed else "Train on these")
        self.train_button.setAccessibleName(self.train_button.text())
        self.train_button.setVisible(not own.is_up_to_date)
        self.train_button.setEnabled(not self._session.data.loading)
        self.leave_button.setVisible(mixed)
        if not self.share_edit.property("wrong"):
            self.share_edit.show_value(format_share(own.share))

    def refresh(self) -> None:
        """Lists the examples with their predictions, and shows the errors."""
        if not self.in_view:
            return
        session, answers, data = self._session, self._answers, self._session.data.dataset
        if answers is not None and data is not None:
            self._list(answers, data)
        unit = self._targets.all[0].name if self._targets.all else ""
        whole = format_errors(answers, self._tested, unit)
        self.figures_label.show_versions(*whole, tip=format_totals(answers, example_noun(data)))
        own, since = session.user_examples, format_test_change(self._tested, self._names, example_noun(data))
        told = format_progress(own.is_mixed_in, own.learned, own.share, since)
        self.progress_label.show_versions(*told, tip="\n".join(filter(None, told)))
        self._show_choice()

    @property
    def _names(self) -> list[str]:
        data = self._session.data.dataset
        return [] if data is None else [text.name(data.class_name(number)) for number in range(data.outputs)]

    def _list(self, answers: UserExamplePredictions, data: Dataset) -> None:
        wrong = answers.are_wrong
        if data.is_picture and answers.split.labels is not None:
            names, split = self._names, answers.split
            self.pictures.show_pictures(
                len(split),
                lambda place: split.example(place).reshape(data.example_shape),
                lambda place: format_prediction(answers, place, names),
                stays=True,
            )
            self.pictures.mark(lambda place: bool(wrong[place]))
            self._stack.setCurrentWidget(self.pictures)
        else:
            columns = UserExampleRows(answers, data, self._names)
            self.rows.show_rows(columns.head, len(answers.split), columns.row, stays=True)
            self._stack.setCurrentWidget(self.rows)

    def _describe(self, place: int) -> str:
        answers = self._answers
        if answers is None or answers.split.labels is None or not 0 <= place < len(answers.split):
            return ""
        outputs, names = answers.outputs[place], self._names
        best = int(outputs.argmax())
        sure = f"{100 * min(max(float(outputs[best]), 0), 1):.0f} %"
        mixed = " · in the training set" if self._session.user_examples.is_mixed_in[place] else ""
        return (
            f"true class {names[int(answers.split.labels[place])]}{mixed}\npredicted {names[best]}, confidence {sure}"
        )

    def _show_choice(self) -> None:
        self.pictures.show_choice(self.choice, False)
        self.rows.show_choice(self.choice if self._stack.currentWidget() is self.rows else None, False)
        self.remove_button.setEnabled(self.choice is not None)

    def export(self, path: Path) -> None:
        """Writes all kept examples to a file."""
        kept = self._session.user_examples.examples
        if kept:
            self._session.files.write(kept.as_bytes, path)

    # ---- export

    def table(self) -> Table | None:
        """Returns a row for each example, for a CSV file."""
        answers, data = self._answers, self._session.data.dataset
        if answers is None or data is None:
            return None
        meaning, own = self._session.meaning.for_file, answers.split

        def row(place: int) -> list[object]:
            raw = meaning.raw(own.example(place))
            values = [field.raw(raw) for field in meaning.fields]
            if own.labels is not None:
                known = int(own.labels[place]), int(answers.outputs[place].argmax())
                return [*map(meaning.output, known), *values]
            truths = data.shortest_targets(answers.targets[place])
            both = ["; ".join(map(plain_number, each.tolist())) for each in (truths, answers.outputs[place])]
            return [*both, *values]

        return ["kept as", "answered", *(field.name for field in meaning.fields)], map(row, range(len(own)))


CARDS.register("ownPage")(
    CardInfo(UserExamplesPage, needs=(PREDICTIONS, TEST_SET), page_of="curvesDock", page_number=5)
)
