"""Where nothing is drawn, the example that is chosen among the data and the one that is asked about are one."""

from __future__ import annotations

from PyQt5.QtCore import QObject

from nnviz.session.question import Question
from nnviz.session.selection import Selection


class ChosenExample(QObject):
    """Asks about the example that is chosen, and chooses the one that is asked about once any is.

    A drawing stays: an example takes its place only when it is put there.
    """

    def __init__(self, selection: Selection, question: Question) -> None:
        super().__init__()
        self._selection, self._question = selection, question
        selection.example_changed.connect(self._ask)
        question.changed.connect(self._choose)

    def _ask(self) -> None:
        chosen, question = self._selection.example, self._question
        if chosen is not None and not question.is_drawn and chosen != question.origin:
            question.look_at(chosen)

    def _choose(self) -> None:
        """What a person has made of an example is none of the data: then the choice is where it began."""
        origin = None if self._question.is_drawn else self._question.origin
        if origin is not None and self._selection.example is not None:
            self._selection.choose_example(origin)
