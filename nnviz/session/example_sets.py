"""Sets of examples: test, validation and training set; the validation set may be drawn from training examples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.basics.validation import Array
from engine.datasets import Dataset, Split
from engine.datasets.splitting import validation_rows

SET_LABELS = {"test": "test", "validation": "validation", "train": "training"}

SET_NAMES = ("test", "validation", "train")  # in the order in which examples are chosen from them


@dataclass(frozen=True, eq=False)
class ExampleSet:
    """A set of examples: a split, or a part of the training split that is, or is not, drawn for validation.

    Attributes:
        name: "test", "validation" or "train".
        split, where: the split that its examples are in, and the name of that.
        share: the share of the training examples that is drawn for validation; 0 for none.
    """

    name: str
    split: Split
    where: str
    share: float = 0.0

    @cached_property
    def rows(self) -> Array | None:
        """The numbers of the examples in the split; None for all of them."""
        if not self.share:
            return None
        aside, rest = validation_rows(len(self.split), round(self.share * len(self.split)))
        return aside if self.name == "validation" else rest

    @cached_property
    def examples(self) -> Split:
        """The examples alone, numbered from 0 in the set; a copy if they are not all of the split."""
        return self.split if self.rows is None else self.split.at(self.rows)

    def is_of(self, data: Dataset) -> bool:
        """Whether the examples are of these data."""
        return any(self.split is split for split in data.splits.values())

    def number(self, index: int) -> int:
        """Returns the number in the split of an example with that number in the set."""
        return index if self.rows is None else int(self.rows[index])

    def index(self, number: int) -> int | None:
        """Returns the number in the set of an example with that number in the split; None if it is not in the set."""
        if self.rows is None:
            return number if number < len(self.split) else None
        place = int(np.searchsorted(self.rows, number))
        return place if place < len(self.rows) and self.rows[place] == number else None

    @property
    def count(self) -> int:
        """The number of examples."""
        return len(self.split) if self.rows is None else len(self.rows)

    def are_among(self, numbers: Array) -> Array:
        """Returns whether each example of the set has one of these numbers in the split, (count,)."""
        chosen = np.zeros(len(self.split), bool)
        chosen[numbers] = True
        return chosen if self.rows is None else chosen[self.rows]


def example_sets_of(data: Dataset, validation_share: float) -> dict[str, ExampleSet]:
    """Returns the sets of the data by name. A validation set may be drawn from the training examples."""
    share = validation_share if data.validation is None else 0.0
    parts = {name: ExampleSet(name, split, name) for name, split in data.splits.items()}
    if 0 < round(share * len(data.train)) < len(data.train):
        parts |= {name: ExampleSet(name, data.train, "train", share) for name in ("validation", "train")}
    return {name: parts[name] for name in SET_NAMES if name in parts}


def evaluation_set(data: Dataset, validation_share: float) -> ExampleSet:
    """Returns the set for evaluating a network of a run with that validation share: test, or else validation set."""
    return next(iter(example_sets_of(data, validation_share).values()))
