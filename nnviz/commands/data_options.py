"""The options that name the data of a command, with their settings; loading with a progress bar."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence

from engine.basics.cli_option_names import shell_command
from engine.basics.errors import EngineError
from engine.datasets import DATASETS, Dataset, DataSource, source_of
from engine.datasets.data_setting import Value
from engine.datasets.download import Download
from engine.datasets.source import settings_with_option
from nnviz.commands.checks import CommandError
from nnviz.commands.progress import reading_progress
from nnviz.formatting import text
from nnviz.program_name import program_name, program_words

_DATA_HELP = "name of a data set, a table (CSV, TSV), an .npz, an IDX file, or a folder of images"
_SETTING_HELP = "any other setting of the data; can be repeated. “{program} data NAME” lists them with their defaults"


def add_data_options(parser: argparse.ArgumentParser, default: str) -> None:
    """Adds a group with ``--data`` and the settings of data. ``default`` describes the data that are used without."""
    group = parser.add_argument_group("data")
    group.add_argument("--data", metavar="NAME|FILE|FOLDER", help=f"{_DATA_HELP} (default: {default})")
    _add_settings(group)


def add_data_settings(parser: argparse.ArgumentParser) -> None:
    """Adds a group with the settings of data."""
    _add_settings(parser.add_argument_group("data"))


def _add_settings(group: argparse._ArgumentGroup) -> None:
    """Adds the settings of data. Their values are parsed by the data set, which knows what they can be."""
    for name, setting in settings_with_option().items():
        metavar = name.upper() if setting.number is None else "N" if setting.number is int else "S"
        default = "" if setting.number is None else f" (default: {_defaults_of(name)})"
        group.add_argument(f"--{name.replace('_', '-')}", metavar=metavar, help=f"{setting.option}{default}")
    text = _SETTING_HELP.format(program=program_name().replace("%", "%%"))
    group.add_argument("--data-setting", metavar="NAME=VALUE", action="append", default=[], help=text)


def _defaults_of(setting: str) -> str:
    """Returns the defaults of a number: "600, for curves 200", or "all"."""
    groups: dict[Value, str] = {}
    for source in map(DATASETS.__getitem__, DATASETS):
        for each in source.settings:
            if each.name == setting:
                groups.setdefault(each.default, source.group)
    first, *others = groups
    more = [f"for {groups[each].lower()} {each}" for each in others]
    return ", ".join(["all" if first is None else str(first), *more])


def given_options(arguments: argparse.Namespace) -> dict[str, str]:
    """Returns the typed settings of the data, name → text.

    Raises CommandError for anything but NAME=VALUE, and for a setting with two values.
    """
    given = {name: getattr(arguments, name) for name in settings_with_option() if getattr(arguments, name) is not None}
    for typed in arguments.data_setting:
        name, equals, value = typed.partition("=")
        if not equals:
            raise CommandError(f"--data-setting {typed} must be NAME=VALUE. For example missing=median.")
        name = name.strip().replace("-", "_")
        if given.setdefault(name, value) != value:
            raise CommandError(f"{option_of(name)} is given twice, as {given[name]} and {value}. Leave one out.")
    return given


def settings_for(source: DataSource, given: Mapping[str, str]) -> dict[str, Value]:
    """Returns the values of the typed settings.

    Raises CommandError for a setting that the data do not have, and SettingError.
    """
    known = [each.name for each in source.every_setting]
    for name in given:
        if name not in known:
            listed = [each.name for each in source.settings]
            rule = f"is not an option of {text.name(source.title)}. It has {_options(listed)}"
            raise CommandError(f"{option_of(text.name(name))} {rule}.")
    return source.different({name: source.setting(name).parse(typed) for name, typed in given.items()})


def option_of(name: str) -> str:
    """Returns the command-line option of a setting."""
    return f"--{name.replace('_', '-')}" if name in settings_with_option() else f"--data-setting {name}"


def _options(known: Sequence[str]) -> str:
    """Returns the options of settings: "--points, --noise; by --data-setting: seed", or "none"."""
    own = ", ".join(option_of(name) for name in known if name in settings_with_option())
    others = ", ".join(name for name in known if name not in settings_with_option())
    return "; ".join([*filter(None, [own]), *([f"by --data-setting: {others}"] if others else [])]) or "none"


def load(source: DataSource, settings: Mapping[str, Value]) -> Dataset:
    """Loads the data, with a progress bar if that takes long. Raises what loading them raises."""
    if source.download is not None and not source.download.is_here():
        print(f"{text.name(source.title)}: {_terms(source.download)}", file=sys.stderr)
    try:
        with reading_progress(source.title) as show:
            return source.load(settings, show)
    except EngineError as error:
        if source.table is None:
            raise
        more = shell_command([*program_words(), "data", str(source.table)])
        raise CommandError(text.plain(f"{error} See: {more}".replace("\n", " "))) from None


def _terms(download: Download) -> str:
    return f"downloading {megabytes(download.size)}; licence: {download.licence}; from: {download.origin}"


def megabytes(size: int) -> str:
    return f"{max(1, round(size / 1e6)):,} MB"


def load_named(name: str, settings: Mapping[str, Value]) -> Dataset:
    """Loads the data of a name or path. Raises UnknownNameError, and what loading them raises."""
    return load(source_of(name), settings)


def print_notes(dataset: Dataset) -> None:
    """Prints what was left out of the data."""
    for note in dataset.notes:
        print(text.plain(note.replace("\n", " ")))
