"""Readers and previews of data files. No Qt: they work in any thread or process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from engine.basics.errors import EngineError, SettingError
from engine.datasets import Dataset, DataSource, source_of
from engine.datasets.data_setting import Value
from engine.datasets.loading import read_folder
from engine.datasets.preview import DatasetSummary, Preview, TablePreview
from engine.datasets.source import Progress, with_user_examples, without_own
from engine.datasets.table.table import Table, read_table
from engine.datasets.table.table_format import FORMAT, TableFormat
from engine.datasets.table.table_preview import preview_table
from engine.datasets.table.table_source import READING, format_of, prepare, with_notes

Settings = Mapping[str, Value]
Stamp = tuple[int, int]  # bytes, and nanoseconds of the last change: of another file at the same place, others


class Reader(Protocol):
    """Interface of readers of data. ``progress`` is called in the caller's thread; its exceptions propagate."""

    def load(self, name: str, settings: Settings, progress: Progress) -> Dataset:
        """Returns the data of that name or path, with their fingerprint. Raises what loading raises."""

    def preview(self, name: str, settings: Settings, progress: Progress, is_whole: bool) -> Preview:
        """Returns a preview of the beginning of a file, or of all of it. Raises if there is nothing to preview."""

    def end(self) -> None:
        """Stops reading if possible and drops the cache. May be called from any thread."""


def stamp_of(file: Path | None) -> Stamp | None:
    """Returns a stamp that differs after a file has changed; None for data without a file. Raises OSError."""
    if file is None:
        return None
    status = os.stat(file)
    return status.st_size, status.st_mtime_ns


class DataReader:
    """Reads data and caches the last file: with other settings it need not be read again."""

    def __init__(self) -> None:
        self._form: tuple[object, TableFormat] | None = None  # of what file, and what of it was given
        self._table: tuple[object, Table] | None = None  # and what it was read from, and how
        self._made: tuple[object, Dataset] | None = None

    def load(self, name: str, settings: Settings, progress: Progress) -> Dataset:
        """Implements :class:`Reader`."""
        source = source_of(name)
        key = _key(name, source, source.different(settings))
        made = self._made
        if made is None or made[0] != key:
            self._made = None
            made = self._keep(key, self._load(source, settings, progress))
        return made[1]

    def _load(self, source: DataSource, settings: Settings, progress: Progress) -> Dataset:
        if not _is_table_file(source):
            return source.load(settings, progress)
        assert source.file is not None
        table = self._read(source.file, settings, progress, True)
        return with_user_examples(with_notes(table, prepare(table, without_own(settings))).dataset, settings)

    def preview(self, name: str, settings: Settings, progress: Progress, is_whole: bool) -> Preview:
        """Implements :class:`Reader`."""
        source = source_of(name)
        assert source.file is not None, f"{name} is no file"
        settings = without_own(settings)
        if source.table is None:
            return self._preview_files(name, source, source.different(settings), progress, is_whole)
        known = () if _is_table_file(source) else ("target", "ignored")  # nothing is to be guessed
        default = {each.name: each.default for each in source.settings if each.name in known}
        return self._preview_table(name, source, {**default, **settings}, progress, is_whole)

    def _preview_table(
        self, name: str, source: DataSource, settings: Settings, progress: Progress, is_whole: bool
    ) -> Preview:
        assert source.file is not None
        try:
            form = self._format(source.file, settings)
        except SettingError as error:
            others = {setting: value for setting, value in settings.items() if setting != error.parameter}
            return TablePreview(format_of(source.file, others), dict(settings), error=error)
        try:
            table = self._read(source.file, settings, progress, is_whole)
        except EngineError as error:
            return TablePreview(form, dict(settings), error=error)
        preview, dataset = preview_table(table, form, settings, is_whole)
        if dataset is not None:
            titled = dataset if _is_table_file(source) else replace(dataset, title=source.title)
            self._keep(_key(name, source, source.different(preview.settings)), titled)
        return preview

    def _preview_files(
        self, name: str, source: DataSource, settings: Settings, progress: Progress, is_whole: bool
    ) -> Preview:
        from engine.datasets.files_preview import preview_arrays, preview_folder, with_pictures  # import Pillow

        assert source.file is not None
        if not source.file.is_dir():
            arrays = preview_arrays(source.file, settings)
            try:
                return with_pictures(arrays, self.load(name, settings, progress)) if is_whole else arrays
            except EngineError as error:
                return replace(arrays, error=error)
        folder = preview_folder(source.file, settings)
        if not is_whole:
            return folder
        try:
            dataset, report = read_folder(source.file, settings, progress)
        except EngineError as error:
            return replace(folder, error=error)
        self._keep(_key(name, source, source.different(settings)), dataset)
        outcome = DatasetSummary.of(dataset, report.pictures + report.unread_count)
        return replace(folder, unread=report.unread, unread_count=report.unread_count, outcome=outcome)

    def _format(self, file: Path, settings: Settings) -> TableFormat:
        """Returns the format of a table's file, see :func:`format_of`; determined once."""
        try:
            stamp = stamp_of(file)
        except OSError:
            return format_of(file, settings)  # its error has the reason
        key = (file, stamp, {name: settings[name] for name in FORMAT if name in settings})
        found = self._form
        if found is None or found[0] != key:
            found = self._form = key, format_of(file, settings)
        return found[1]

    def _read(self, file: Path, settings: Settings, progress: Progress, is_whole: bool) -> Table:
        key = (file, stamp_of(file), {name: settings[name] for name in READING if name in settings}, is_whole)
        read = self._table
        if read is None or read[0] != key:
            self._table = self._made = None  # before more is read
            form = self._format(file, settings)
            kinds = {name: settings.get(name, ()) for name in ("texts", "numbers")}
            table = read_table(file, form, progress, only_head=not is_whole, **kinds)
            read = self._table = key, table
        return read[1]

    def _keep(self, key: object, dataset: Dataset) -> tuple[object, Dataset]:
        dataset.fingerprint  # noqa: B018  # computed here once, and cached
        self._made = key, dataset
        return self._made

    def end(self) -> None:
        """Drops the cache. Reading in progress ends when ``progress`` raises."""
        self._table = self._made = None


def _key(name: str, source: DataSource, different: Settings) -> object:
    return name, dict(different), stamp_of(source.file)


def _is_table_file(source: DataSource) -> bool:
    return "delimiter" in {setting.name for setting in source.settings}
