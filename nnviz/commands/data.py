"""``data``: lists the data sets, or describes how data would be read."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from engine.basics.cli_option_names import shell_command
from engine.basics.errors import EngineError
from engine.datasets import DATASETS, Dataset, DataSource, source_of
from engine.datasets.data_setting import TRAIN_EXAMPLES, DataSetting, Value
from engine.datasets.download import Download
from engine.datasets.loading import COLOUR_NOTE, read_folder
from engine.datasets.source import data_words
from nnviz.commands.data_facts import facts_of, summary_of
from nnviz.commands.data_options import (
    given_options,
    load,
    megabytes,
    option_of,
    settings_for,
)
from nnviz.commands.data_table import describe_table
from nnviz.commands.progress import reading_progress
from nnviz.commands.text_table import aligned_lines
from nnviz.formatting import text
from nnviz.program_name import program_name, program_words

_MOST_UNREAD = 20  # files that are listed
_LONGEST_DEFAULT = 32  # letters of a default value
_AND_FILES = """\
Files and folders, by their path
  table.csv   a table with one column to predict (CSV, TSV)
  folder      images, in one subfolder for each class
  file.npz    arrays x and y, or x_train, y_train, x_test and y_test
  …-ubyte.gz  a pair of IDX files, images and labels

Describe:  {program} data NAME|FILE|FOLDER
Train:     {program} train --data NAME|FILE|FOLDER"""


def run(arguments: argparse.Namespace) -> int:
    """Prints the list, or what the data are. Returns the exit code. Raises CommandError, EngineError or OSError."""
    if arguments.data is None:
        print("\n".join(_listed()))
        return 0
    source = source_of(arguments.data)
    settings = settings_for(source, given_options(arguments))
    lines = _described(arguments.data, source, settings)
    print(next(lines))
    try:
        for line in lines:
            print(line)
    finally:  # also where it is refused: with another option it may be taken
        print("\n".join(["", *_settings(source)]))
    print(f"\ntrain with it: {_command(arguments)}")
    return 0


# ---- the list


def _listed() -> Iterator[str]:
    rows = {name: [f"  {name}", DATASETS[name].title, _summary(DATASETS[name])] for name in DATASETS}
    lines = dict(zip(rows, aligned_lines(list(rows.values()), texts=3), strict=True))
    for group in dict.fromkeys(DATASETS[name].group for name in DATASETS):
        yield group
        yield from (lines[name] for name in DATASETS if DATASETS[name].group == group)
        yield ""
    yield _AND_FILES.format(program=program_name())


def _summary(source: DataSource) -> str:
    """Returns the description of the source, or else a summary of its data."""
    if source.about:
        download = source.download
        if download is None or download.is_here():
            return source.about
        return f"{source.about}; {megabytes(download.size)} to download"
    try:
        return summary_of(source.load())
    except (EngineError, OSError) as error:
        return f"cannot be loaded: {text.name(str(error))}"


# ---- one of them


def _described(name: str, source: DataSource, settings: Mapping[str, Value]) -> Iterator[str]:
    if source.table is not None:
        return describe_table(source.table, source, settings)
    if name not in list(DATASETS) and Path(name).is_dir():
        return _described_folder(Path(name), settings)
    if source.download is not None and not source.download.is_here():
        return _described_download(source, source.download)
    return _described_arrays(source, load(source, settings))


def _described_download(source: DataSource, download: Download) -> Iterator[str]:
    """Yields what is known of data that are not on this machine. Nothing is downloaded."""
    yield f"{source.title}: {source.about}"
    yield f"licence: {download.licence}"
    yield f"from: {download.origin}"
    yield f"not on this machine; training with it downloads {megabytes(download.size)}"


def _described_arrays(source: DataSource, dataset: Dataset) -> Iterator[str]:
    yield f"{text.name(source.title)}: {summary_of(dataset)}"
    if source.download is not None:
        yield f"licence: {source.download.licence}"
        yield f"from: {source.download.origin}"
    yield ""
    yield from facts_of(dataset)


def _described_folder(path: Path, settings: Mapping[str, Value]) -> Iterator[str]:
    """Reads the images and yields lines about classes and unreadable files. Raises EngineError or OSError."""
    with reading_progress(path.name, " images") as show:
        dataset, report = read_folder(path, settings, show)
    yield f"{text.name(dataset.title)}: a folder of images, {summary_of(dataset)}"
    if report.has_colour:
        yield COLOUR_NOTE
    yield ""
    yield from facts_of(replace(dataset, notes=()))  # the notes follow in more detail
    for name in report.empty_classes[:_MOST_UNREAD]:
        yield f"{text.name(name)} is not used as a class: none of its images could be read"
    if report.unread:
        yield ""
        yield f"left out: {report.unread_count:,}"
        yield from (f"  {text.name(each.path)}: {text.name(each.why)}" for each in report.unread[:_MOST_UNREAD])
    if report.unread_count > _MOST_UNREAD:
        yield f"  … and {report.unread_count - _MOST_UNREAD:,} more"


def _settings(source: DataSource) -> list[str]:
    """Returns lines about the options with which the data can be read."""
    rows = []
    for each in source.settings:
        first, *further = each.tip.split("\n")
        rows += [[f"  {option_of(each.name)}", _value(each), first], *(["", "", line] for line in further)]
    return ["options and their defaults", *aligned_lines(rows, texts=3)] if rows else ["There are no options."]


def _value(setting: DataSetting) -> str:
    if setting.default is None:
        return "all" if setting is TRAIN_EXAMPLES else "automatic"
    if isinstance(setting.default, tuple):
        return ", ".join(setting.default) or "none"
    if isinstance(setting.default, bool):
        return "yes" if setting.default else "no"
    return textwrap.shorten(str(setting.default), _LONGEST_DEFAULT, placeholder=" …")


def _command(arguments: argparse.Namespace) -> str:
    """Returns the command that trains with the same data."""
    words = [word for name, typed in given_options(arguments).items() for word in data_words(name, typed)]
    return shell_command([*program_words(), "train", *data_words("data", arguments.data), *words])
