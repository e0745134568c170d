"""``BlocksAhead``: the blocks of a table, while others work out the numbers of those that come next.

Reading numbers is most of the work on a large table, and numpy lets go of Python's lock while it computes: each core
does some of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from engine.datasets.table_blocks import Blocks, plain_matrix
from engine.datasets.table_format import TableFormat
from engine.shared_work import Promise, begin, workers
from engine.validation import Array


class BlocksAhead:
    """Goes through ``blocks`` once. Its methods raise what those of ``blocks`` raise."""

    def __init__(self, blocks: Blocks, form: TableFormat) -> None:
        self._blocks, self._form = blocks, form
        self._begun: deque[tuple[str, Promise[Array | None]]] = deque()

    def next(self) -> str:
        """The next block, see :meth:`Blocks.next`."""
        self._give_back()
        return self._blocks.next()

    def next_numbers(self) -> tuple[str, Array | None]:
        """The next block and its numbers, see :func:`plain_matrix`; those of the following ones are begun."""
        while len(self._begun) <= workers() and (block := self._next_ahead()):
            self._begun.append((block, begin(plain_matrix, block, self._form)))
        if not self._begun:
            return "", None
        block, numbers = self._begun.popleft()
        return block, numbers.result()

    def _next_ahead(self) -> str:
        """The next block; empty where it cannot be read, which is told when those before it were taken."""
        try:
            return self._blocks.next()
        except Exception:
            if not self._begun:
                raise
            return ""

    def rows(self, block: str) -> Iterator[list[str]]:
        """The rows of the block that came last, see :meth:`Blocks.rows`."""
        self._give_back()
        return self._blocks.rows(block)

    def _give_back(self) -> None:
        """Forgets what was begun: these blocks come once more."""
        self._blocks.put_back(block for block, _ in self._begun)
        self._forget()

    def _forget(self) -> None:
        for _, numbers in self._begun:
            numbers.cancel()
        self._begun.clear()

    def close(self) -> None:
        """Nobody wants any more what was begun."""
        self._forget()
        self._blocks.close()
