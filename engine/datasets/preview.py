"""Previews of a file or folder as a data set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.basics.errors import EngineError
from engine.basics.validation import Array
from engine.datasets.class_folders import UnreadFile
from engine.datasets.data_setting import Value
from engine.datasets.dataset import Dataset
from engine.datasets.table.cells import Problem
from engine.datasets.table.table_format import TableFormat


@dataclass(frozen=True)
class DatasetSummary:
    """Summary of a data set.

    Attributes:
        rows: number of examples in the file, used or not.
        train, test: numbers of training and test examples.
        inputs: numbers in an example.
        classes: the name of each class and its number of examples in both splits; empty for regression.
        targets: names of the predicted numbers; empty for classes.
        notes: sentences about what was left out.
    """

    rows: int
    train: int
    test: int
    inputs: int
    classes: tuple[tuple[str, int], ...] = ()
    targets: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, dataset: Dataset, rows: int | None = None) -> DatasetSummary:
        """Returns the summary of a data set; ``rows``: the number of examples in the file, if not all are used."""
        parts = [part for part in (dataset.train, dataset.test) if part is not None]
        counts = np.zeros(dataset.outputs, np.int64)
        for part in parts:
            if part.labels is not None:
                counts += np.bincount(part.labels, minlength=dataset.outputs)
        names = [dataset.class_name(number) for number in range(dataset.outputs)] if dataset.is_classification else []
        used = sum(map(len, parts))
        return cls(
            used if rows is None else rows,
            len(dataset.train),
            used - len(dataset.train),
            dataset.width,
            tuple(zip(names, counts.tolist(), strict=False)),
            dataset.targets,
            dataset.notes,
        )


@dataclass(frozen=True)
class PreviewColumn:
    """A column of a table.

    Attributes:
        name: its name.
        kind: its detected kind, ``NUMBER``, ``YES_NO`` or ``TEXT``.
        missing: number of missing values; if the data set can be made, without summary rows that are left out.
        wrong: number of those that could not be read.
        reason_unavailable: the reason why it cannot be an input, as text after its name; empty if it can.
        separator: the sign that separates thousands in its numbers; empty if none does.
        sign: €, % or the like next to its numbers; empty without one.
        mostly_numbers: whether most of its texts would be numbers.
    """

    name: str
    kind: str
    missing: int
    wrong: int
    reason_unavailable: str = ""
    separator: str = ""
    sign: str = ""
    mostly_numbers: bool = False


@dataclass(frozen=True)
class TablePreview:
    """A table as it would be read.

    Attributes:
        form: the format of its file.
        columns: its columns; none if it could not be read.
        head: the first rows as written in the file, at most 100.
        head_rows: the number of each of these rows in the file, from 1.
        wrong_cells: (row of ``head``, column), from 0, of those cells in it that could not be read.
        rows: number of rows that were read and have a cell for each column.
        problems, problem_count: the first 100 problems of cells and rows, and the number of all.
        settings: the settings of this preview: those given, the column to predict, and the ignored columns, including
            those that would be refused as inputs.
        task: the task for the column to predict, as given or guessed.
        error: the reason why it cannot be used; its parameter is the name of a column or of a setting.
        outcome: summary of the data set; None if there is an error, or if only the head was read.
        skipped: the lines above the table that are left out, shortened.
        summaries: number of rows left out because they look like a sum or a mean of the others.
        with_gaps: number of rows with a target in which an input is missing; None if unknown.
    """

    form: TableFormat
    settings: dict[str, Value]
    columns: tuple[PreviewColumn, ...] = ()
    head: tuple[tuple[str, ...], ...] = ()
    head_rows: tuple[int, ...] = ()
    wrong_cells: frozenset[tuple[int, int]] = frozenset()
    rows: int = 0
    problems: tuple[Problem, ...] = ()
    problem_count: int = 0
    task: str = ""
    error: EngineError | None = None
    outcome: DatasetSummary | None = None
    skipped: tuple[str, ...] = ()
    summaries: int = 0
    with_gaps: int | None = None


@dataclass(frozen=True)
class FolderPreview:
    """A folder of images.

    Attributes:
        classes: the subfolders, each with how many files it has.
        samples: some images of the first classes, (side, side) bytes, by the class's name.
        unread, unread_count: what was left out: the first 100, and how much it is.
        settings, error, outcome: as of a table.
    """

    classes: tuple[tuple[str, int], ...]
    samples: dict[str, tuple[Array, ...]]
    settings: dict[str, Value]
    unread: tuple[UnreadFile, ...] = ()
    unread_count: int = 0
    error: EngineError | None = None
    outcome: DatasetSummary | None = None


@dataclass(frozen=True)
class ArraysPreview:
    """An ``.npz`` or a pair of IDX files.

    Attributes:
        arrays: of each array that was found its name, and what it says about itself ("60,000 × 28 × 28, uint8").
        samples: the first images, (height, width), 0…1; empty if they are none.
        settings, error, outcome: as of a table.
    """

    arrays: tuple[tuple[str, str], ...]
    settings: dict[str, Value]
    samples: tuple[Array, ...] = ()
    error: EngineError | None = None
    outcome: DatasetSummary | None = None


Preview = TablePreview | FolderPreview | ArraysPreview
