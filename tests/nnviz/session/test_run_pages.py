"""What is known of the runs in the list: of those in sight, and no more the longer it is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from nnviz.jobs.library_thread import LibraryThread
from nnviz.library import Library
from nnviz.session import run_pages as kept_records
from nnviz.session.run_list import PAGE, RunListing, read_listing
from nnviz.session.run_pages import RunPages
from nnviz.session.run_text import NEWEST
from tests.nnviz.library.helpers import an_experiment


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.sqlite") as library:
        for number in range(4 * PAGE):
            library.begin(an_experiment(), "MNIST", name=f"run {number}")
        yield library


class AtOnce:
    """A lane in this thread."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def run(self, work: Callable[[Library], Any], done: Callable[[Any], None], *_: object) -> None:
        done(work(self._library))


def shown(library: Library) -> tuple[RunPages, RunListing]:
    found = read_listing(library, "", NEWEST)
    records = RunPages(cast(LibraryThread, AtOnce(library)), lambda: None, lambda error: None)
    records.show(found.rows)
    records.renew(found.records)
    return records, found


def test_what_comes_into_sight_is_read(library: Library) -> None:
    records, found = shown(library)
    assert [record.id for record in records.at(0)] == [found.rows[0].run]
    run = found.rows[2 * PAGE].run
    assert records.get(run) is None
    records.at(2 * PAGE)
    assert records.get(run) is not None


def test_of_many_what_went_out_of_sight_goes_when_the_list_was_read_twice(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_records, "_MOST_SPARE", PAGE)
    records, found = shown(library)
    run = found.rows[2 * PAGE].run
    records.at(2 * PAGE)
    records.renew(found.records)
    assert records.get(run) is not None, "else its row would be empty until it is read again"
    records.renew(found.records)
    assert records.get(run) is None
    assert records.get(found.rows[0].run) is not None
