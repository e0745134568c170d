"""Lines about a table as data: its format, the role of each column, problems, and the resulting data set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from engine.basics.errors import counted
from engine.datasets import DataSource
from engine.datasets.data_setting import Value
from engine.datasets.table.cells import plain_number
from engine.datasets.table.decimal_mark import MARKS, guess_note
from engine.datasets.table.table import Table
from engine.datasets.table.table_columns import NUMBER, TableColumn
from engine.datasets.table.table_dataset import CLASSIFICATION, IGNORED, REGRESSION, PreparedTable
from engine.datasets.table.table_format import TableFormat
from engine.datasets.table.table_source import (
    filled_in,
    guess_target,
    notes_of_classes,
    notes_of_ids,
    open_table,
    prepare,
)
from nnviz.commands.data_facts import facts_of
from nnviz.commands.progress import reading_progress
from nnviz.commands.text_table import aligned_lines
from nnviz.formatting import text

_MOST_PROBLEMS, _MOST_COLUMNS, _MOST_TEXTS, _MOST_LEFT_OUT = 5, 60, 4, 10  # that are listed
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}


def describe_table(path: Path, source: DataSource, given: Mapping[str, Value]) -> Iterator[str]:
    """Reads the table and yields lines about it, first those that hold even if it is refused.

    Raises EngineError or OSError.
    """
    settings = {each.name: each.default for each in source.settings} | dict(given)
    with reading_progress(path.name, "B") as show:
        table, form = open_table(path, settings, show)
    yield f"{text.name(source.title)}: a table, {counted(len(table), 'row')}, {counted(len(table.columns), 'column')}"
    yield from _format(form)
    if table.skipped:
        yield text.plain(f"lines above the table, left out: {len(table.skipped):,} ({_shown(table.skipped)})", 200)
    yield ""
    target = settings["target"] or guess_target(table)
    table.column(target, "target")
    try:
        prepared = prepare(table, settings)
    except Exception:
        yield from _columns(table, target, settings, None)
        yield from _problems(table)
        raise
    yield from _columns(table, target, settings, prepared)
    yield from _problems(table)
    yield ""
    yield from _outcome(table, prepared, target, settings)


def _format(form: TableFormat) -> Iterator[str]:
    signs = f"delimiter: {_DELIMITERS[form.delimiter]}; decimal mark: {MARKS[form.decimal]}"
    yield f"{signs}; encoding: {form.encoding}"
    if form.doubt:
        other = next(name for mark, name in MARKS.items() if mark != form.decimal)
        yield f"{guess_note(form.decimal, form.doubt)} If not: --data-setting decimal={other}"
    yield f"column names: {'in the first row' if form.header else 'none, so the columns are numbered'}"


def _shown(lines: Sequence[str]) -> str:
    return " / ".join(line for line in lines if line.strip()).replace("\n", " ")


def _columns(table: Table, target: str, settings: Mapping[str, Value], prepared: PreparedTable | None) -> Iterator[str]:
    left_out = dict.fromkeys(settings["ignored"], IGNORED) if prepared is None else prepared.counts.left_out
    rows = [["column", "kind", "role", "missing", "values"]]
    for column in table.columns[:_MOST_COLUMNS]:
        reason = left_out.get(column.name)
        role = "predict" if column.name == target else "input" if reason is None else _role(reason)
        rows.append([text.name(column.name), column.kind, role, f"{int(column.absent.sum()):,}", _values(column)])
    yield from aligned_lines(rows, texts=5)
    if len(table.columns) > _MOST_COLUMNS:
        yield f"… and {len(table.columns) - _MOST_COLUMNS:,} more columns"


def _role(reason: str) -> str:
    return reason if reason == IGNORED else "left out"


def _values(column: TableColumn) -> str:
    there = column.values[~column.absent]
    if not len(there):
        return "none"
    if column.kind == NUMBER:
        ends = " … ".join(_number(float(end)) for end in (there.min(), there.max()))
        return ", ".join([ends, *text.number_signs(column.separator, column.sign)])
    different = [_quoted(text.plain(text.name(word), 20)) for word in column.categories]
    if len(different) <= _MOST_TEXTS:
        return ", ".join(different)
    count = f"more than {len(different):,}" if column.is_cut else f"{len(different):,}"
    return f"{count} different: {', '.join(different[:3])}, …"


def _number(value: float) -> str:
    """Returns a whole number with all digits, or another number with six."""
    return plain_number(value) if value.is_integer() else f"{value:.6g}"


def _quoted(word: str) -> str:
    """Returns a text for a list, in quotation marks if it contains a comma."""
    return f"“{word}”" if "," in word else word


def _problems(table: Table) -> Iterator[str]:
    if table.problems:
        yield ""
    for problem in table.problems[:_MOST_PROBLEMS]:
        yield text.plain(str(problem).replace("\n", " "), 200)
    more = table.problem_count - sum(problem.count for problem in table.problems[:_MOST_PROBLEMS])
    if more > 0:
        yield f"… and {more:,} more like these"


def _outcome(table: Table, prepared: PreparedTable, target: str, settings: Mapping[str, Value]) -> Iterator[str]:
    counts, dataset = prepared.counts, prepared.dataset
    reasons = {
        "as a sum or mean of the others": len(counts.summaries),
        "with more or fewer cells than columns": table.ragged,
        "without a value to predict": counts.without_target,
        "with a missing input": counts.without_input,
    }
    left_out = ", ".join(f"{count:,} {why}" for why, count in reasons.items() if count)
    of_all = f"{counts.used:,} of {counts.rows + table.ragged:,}"
    yield f"rows used: {of_all}" + (f" (left out: {left_out})" if left_out else "")
    for row in counts.summaries:
        yield f"{row}: left out (--data-setting summary=keep keeps it)"
    if counts.without_input:
        yield "  (--data-setting missing=fill keeps rows with a missing input)"
    for name, reason in [each for each in counts.left_out.items() if each[1] != IGNORED][:_MOST_LEFT_OUT]:
        yield f"{text.name(name)} left out: it {reason}"
    if counts.filled:
        yield text.plain(filled_in(prepared))
        if counts.with_gaps:
            rows = counted(counts.with_gaps, "row")
            yield f"  (--data-setting missing=drop leaves out {rows} with a missing input)"
    yield from (text.plain(note) for note in [*notes_of_classes(table, prepared), *notes_of_ids(table, prepared)])
    yield f"inputs of the network: {dataset.width:,}"
    task, *facts = facts_of(dataset)
    yield f"{task} ({_reason(table.column(target), dataset.is_classification, settings)})"
    yield from facts


def _reason(target: TableColumn, is_classification: bool, settings: Mapping[str, Value]) -> str:
    """Returns the reason for the task, and the option for the other task."""
    if settings["task"]:
        return "as given"
    other = REGRESSION if is_classification else CLASSIFICATION
    return "guessed" + (f"; to change it: --task {other}" if target.kind == NUMBER else "")
