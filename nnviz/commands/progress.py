"""A progress bar on a terminal for what may be over at once: it appears only when it has taken a while."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from engine.datasets.source import Progress
from nnviz.formatting import text

_PATIENCE = 0.5  # seconds


@contextmanager
def reading_progress(title: str, unit: str = "") -> Iterator[Progress]:
    """Yields a function to call with the amount done and the total. The amount may start from 0 again."""
    start, bar = time.monotonic(), None

    def show(done: int, total: int) -> None:
        nonlocal bar
        if bar is None:
            if time.monotonic() - start < _PATIENCE:
                return
            bar = tqdm(desc=f"reading {text.name(title)}", unit=unit, unit_scale=True, leave=False, disable=None)
        bar.total = total
        bar.update(done - bar.n)

    try:
        yield show
    finally:
        if bar is not None:
            bar.close()
