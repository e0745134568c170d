"""Table of examples: number, target, prediction, and the values of the columns as in the data's source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.explain.predictions import ClassPredictions
from nnviz.formatting import text
from nnviz.formatting.meaning import IN_FILE, Meaning, listed, off_by
from nnviz.session.prediction_changes import PredictionChanges
from nnviz.session.split_predictions import SplitPredictions
from nnviz.ui.row_list import measured_columns
from nnviz.ui.row_table import ListColumn

_MOST_FIELDS = 50  # Listed columns of the data. A file has all of them.
_TIP_FIELDS = 12  # columns in a tooltip
_OFF_BY = "off by"


def confidence_text(confidence: float) -> str:
    """Returns a confidence in percent, "97 %"; a dash for NaN."""
    return "–" if np.isnan(confidence) else f"{100 * confidence:.0f} %"


@dataclass(frozen=True)
class ExampleTable:
    """Rows of examples, by their indices in the part of the data."""

    found: SplitPredictions
    meaning: Meaning

    @property
    def head(self) -> list[str]:
        """Titles of all columns, for a file, which has older names for some of them."""
        named = {"no.": "example"}
        if isinstance(self.found.answers, ClassPredictions):
            named |= {"predicted": "answered", "confidence": "sure"}
        number, *others = (named.get(title, title) for title in self._titles)
        return [number, *([IN_FILE] if self._are_in_file else []), *others, *self._names]

    @property
    def _titles(self) -> list[str]:
        """Titles of the columns before those of the data."""
        answers = self.found.answers
        if isinstance(answers, ClassPredictions):
            return ["no.", "true", "predicted", "confidence"]
        several = ["output"] if len(answers.errors) > 1 else []
        return ["no.", *several, "true", "predicted", _OFF_BY]

    @property
    def _are_in_file(self) -> bool:
        """Whether examples are numbered by the rows of their file."""
        return self.found.part.split.rows is not None

    def _number(self, index: int) -> str:
        """Returns the row of an example in its file, else its number."""
        number = self.found.part.number(index)
        return str(self.found.part.split.file_row(number) or number)

    @cached_property
    def _names(self) -> list[str]:
        return [field.name for field in self.meaning.fields]

    def columns(self, shown: Sequence[int]) -> list[ListColumn]:
        """Returns the columns of the list, wide enough for the first of the ``shown`` examples."""
        own = ["row" if title == "no." and self._are_in_file else title for title in self._titles]
        own = own[self._begin :]
        has_classes = isinstance(self.found.answers, ClassPredictions)
        are_numbers = [title in ("no.", "row", "confidence") if has_classes else title != "output" for title in own]
        are_numbers += [not field.choices for field in self.meaning.fields[:_MOST_FIELDS]]
        titles = [*own, *self._names[:_MOST_FIELDS]]
        return measured_columns(titles, are_numbers, map(self.texts, shown))

    def texts(self, index: int) -> list[str]:
        """Returns the texts of a row."""
        values = self.meaning.row(self._inputs(index))[:_MOST_FIELDS]
        return [*self._own_texts(index)[self._begin :], *values]

    @property
    def _begin(self) -> int:
        """Index of the first listed column: points have no number."""
        return 1 if self.meaning.example == "point" else 0

    def tip(self, index: int) -> str:
        """Returns the tooltip of an example: all texts with the names of their columns, in lines."""
        pairs = zip(self._titles[1:], self._own_texts(index)[1:], strict=True)
        own = [self.meaning.where(self.found.part.where, self.found.part.number(index))]
        own += [self._off_by(index) if name == _OFF_BY else f"{name}: {words}" for name, words in pairs]
        return "\n".join([*own, *listed(self.meaning.fields, self.meaning.row(self._inputs(index)), _TIP_FIELDS)])

    def _off_by(self, index: int) -> str:
        return off_by(self._numbers(index)[2])

    def numbers(self, index: int) -> list[object]:
        """Returns the values of a row, for a file."""
        found, meaning = self.found, self.meaning
        number, answers = found.part.number(index), found.answers
        values = self._values(number) if meaning.fields else []  # pictures have none
        in_file = [found.part.split.file_row(number) or ""] if self._are_in_file else []
        if isinstance(answers, ClassPredictions):
            true, answer = self._classes(index)
            return [number, *in_file, true, answer, float(answers.confidences[index]), *values]
        return [number, *in_file, *self._output(index), *self._numbers(index), *values]

    def _values(self, number: int) -> list[object]:
        raw = self.meaning.raw_of(self.found.part.split, number)
        return [field.raw(raw) for field in self.meaning.fields]

    def _inputs(self, index: int) -> np.ndarray:
        return self.found.part.split.example(self.found.part.number(index))

    def _own_texts(self, index: int) -> list[str]:
        answers, number = self.found.answers, self._number(index)
        if isinstance(answers, ClassPredictions):
            return [number, *self._classes(index), confidence_text(float(answers.confidences[index]))]
        true, answer, off = self._numbers(index)
        return [number, *self._output(index), text.figure(true), text.figure(answer, 3), text.signed(off)]

    def _classes(self, index: int) -> list[str]:
        answers = self.found.answers
        assert isinstance(answers, ClassPredictions)
        return [self.meaning.output(int(each[index])) for each in (answers.labels, answers.answers)]

    def _output(self, index: int) -> list[str]:
        answers = self.found.answers
        assert not isinstance(answers, ClassPredictions)
        return [self.meaning.output(int(answers.outputs[index]))] if len(answers.errors) > 1 else []

    def _numbers(self, index: int) -> tuple[float, float, float]:
        """Returns target, prediction and difference, in the unit of the target."""
        answers = self.found.answers
        assert not isinstance(answers, ClassPredictions)
        output = int(answers.outputs[index])
        true = self.meaning.truth_of(self.found.part.split, self.found.part.number(index), output)
        answer = self.meaning.target(float(answers.answers[index]), output)
        return true, answer, answer - true


@dataclass(frozen=True)
class ChangeTable(ExampleTable):
    """Rows of examples with the predictions of two networks; ``found`` has those of the later one."""

    found: SplitPredictions
    meaning: Meaning
    changes: PredictionChanges

    @property
    def _titles(self) -> list[str]:
        earlier, later = self.changes.names
        several = [] if self.meaning.is_single or isinstance(self.found.answers, ClassPredictions) else ["output"]
        return ["no.", *several, "true", earlier, later]

    def _own_texts(self, index: int) -> list[str]:
        number = self._number(index)
        if isinstance(self.found.answers, ClassPredictions):
            return [number, *self._both_classes(index)]
        true, before, after = self._both_numbers(index)
        return [number, *self._output(index), text.figure(true), text.figure(before, 3), text.figure(after, 3)]

    def numbers(self, index: int) -> list[object]:
        found, meaning = self.found, self.meaning
        number = found.part.number(index)
        values = self._values(number) if meaning.fields else []
        in_file = [found.part.split.file_row(number) or ""] if self._are_in_file else []
        if isinstance(found.answers, ClassPredictions):
            return [number, *in_file, *self._both_classes(index), *values]
        return [number, *in_file, *self._output(index), *self._both_numbers(index), *values]

    def _both_classes(self, index: int) -> list[str]:
        """Returns the true class, and the class that each network predicts."""
        before, after = self.changes.before.answers, self.found.answers
        assert isinstance(before, ClassPredictions)
        assert isinstance(after, ClassPredictions)
        return [self.meaning.output(int(each[index])) for each in (after.labels, before.answers, after.answers)]

    def _both_numbers(self, index: int) -> tuple[float, float, float]:
        """Returns the target and both predictions, in the unit of the target."""
        true, after, _ = self._numbers(index)
        before, now = self.changes.before.answers, self.found.answers
        assert not isinstance(before, ClassPredictions)
        assert not isinstance(now, ClassPredictions)
        output = int(now.outputs[index])
        return true, self.meaning.target(float(before.answers[index]), output), after
