"""Lines about a folder of images: its classes, and the files that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from engine.datasets.loading import COLOUR_NOTE, read_folder
from engine.datasets.source import Value
from nnviz.commands.data_facts import facts_of, summary_of
from nnviz.commands.progress import reading
from nnviz.formatting import text

_MOST_UNREAD = 20  # files that are listed


def described_folder(path: Path, settings: Mapping[str, Value]) -> Iterator[str]:
    """Reads the images and yields lines about classes and unreadable files. Raises EngineError or OSError."""
    with reading(path.name, " pictures") as show:
        dataset, report = read_folder(path, settings, show)
    yield f"{text.name(dataset.title)}: a folder of pictures, {summary_of(dataset)}"
    if report.has_colour:
        yield COLOUR_NOTE
    yield ""
    yield from facts_of(replace(dataset, notes=()))  # they are told at more length
    for name in report.empty_classes[:_MOST_UNREAD]:
        yield f"{text.name(name)} is no class: none of its pictures could be read"
    if report.unread:
        yield ""
        yield f"left out: {report.unread_count:,}"
        yield from (f"  {text.name(each.path)}: {text.name(each.why)}" for each in report.unread[:_MOST_UNREAD])
    if report.unread_count > _MOST_UNREAD:
        yield f"  … and {report.unread_count - _MOST_UNREAD:,} more"
