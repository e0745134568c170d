"""Images of examples that became right, and of those that became wrong, between two networks."""

from __future__ import annotations

from functools import partial

from PyQt5.QtWidgets import QVBoxLayout, QWidget

from engine.explain.prediction_changes import ClassChanges
from nnviz.formatting import text
from nnviz.session.prediction_changes import PredictionChanges
from nnviz.session.selection import Example
from nnviz.session.session import Session
from nnviz.ui.card import label
from nnviz.ui.example_grid import ExampleGrid
from nnviz.ui.parts import arranged, named

_MOST = 6  # images of a group
_TIP = "Shows some of the examples, the most confident first. A click makes one the current input."


class ExampleGroup(QWidget):
    """Images of some examples below the number of all.

    Attributes:
        head: how many there are.
        images: of the first ones.
        examples: indices of these in the set.
    """

    def __init__(self, name: str, accessible: str) -> None:
        super().__init__()
        self.head = named(label(role="title"), f"{name}Count")
        self.images = named(ExampleGrid(1, _MOST), name, accessible)
        self.images.setWhatsThis(_TIP)
        self.examples: list[int] = []
        arranged(QVBoxLayout(self), self.head, (self.images, 1), spacing=2)


class ChangedExamples(QWidget):
    """Both groups of examples. It is empty for examples that are not images.

    Attributes:
        right, wrong: the groups of the examples that became right, and of those that became wrong.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._shown: PredictionChanges | None = None
        self.right = ExampleGroup("becameRight", "Examples that became right")
        self.wrong = ExampleGroup("becameWrong", "Examples that became wrong")
        arranged(QVBoxLayout(self), (self.right, 1), (self.wrong, 1), spacing=4)
        for group in (self.right, self.wrong):
            group.images.describe = partial(self._describe, group)
            group.images.picked.connect(partial(self._choose, group))
        session.side_by_side.changes_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Shows the changes between the networks that are compared, once they are known."""
        found, data = self._session.side_by_side.changes_of_sides, self._session.data.dataset
        if found is self._shown:
            return
        self._shown = found
        is_any = found is not None and data is not None and data.is_picture and isinstance(found.changes, ClassChanges)
        for group in (self.right, self.wrong):
            group.setVisible(is_any)
        if found is None or data is None or not is_any:
            return
        changes = found.changes
        assert isinstance(changes, ClassChanges)
        masks = (self.right, "right", changes.are_corrected), (self.wrong, "wrong", changes.are_new_mistakes)
        for group, word, mask in masks:
            group.head.setText(f"{text.count(int(mask.sum()))} became {word}")
            group.examples = changes.after.among(mask)[:_MOST].tolist()
            examples = (found.part.split.example(found.part.number(index)) for index in group.examples)
            group.images.show_pictures([example.reshape(data.example_shape) for example in examples])

    def _describe(self, group: ExampleGroup, number: int) -> str:
        found = self._shown
        if found is None or not isinstance(changes := found.changes, ClassChanges):
            return ""
        index, meaning = group.examples[number], self._session.meaning
        about = meaning.where(found.part.where, found.part.number(index))
        lines = [
            f"{name}: {meaning.output(int(each.answers[index]))}, {text.certainty(float(each.confidences[index]))}"
            for name, each in zip(found.names, (changes.before, changes.after), strict=True)
        ]
        return "\n".join([f"{about}: {meaning.output(int(changes.after.labels[index]))}", *lines])

    def _choose(self, group: ExampleGroup, number: int) -> None:
        """Makes an example the current input; can be undone."""
        if self._shown is not None:
            part = self._shown.part
            self._session.question.set_data_example(Example(part.where, part.number(group.examples[number])))
