"""Work on large data that several may share. The engine has no threads: a process that has some hands them over.

Without them, all is done one after the other, with the same results.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Promise(Protocol[R_co]):
    """What becomes of work, as ``concurrent.futures`` promises it."""

    def result(self) -> R_co:
        """Waits for what comes of it, and returns that or raises it."""

    def cancel(self) -> bool:
        """Nobody wants it any more: if it has not begun, it does not."""


class Workers(Protocol):
    """Those who do work, as an executor of ``concurrent.futures``."""

    def submit(self, function: Callable[..., R], /, *arguments: Any) -> Promise[R]:
        """Work to be done soon."""


class _Later(Promise[R]):
    """Work that is done when its result is wanted."""

    def __init__(self, function: Callable[..., R], arguments: tuple[Any, ...]) -> None:
        self._function, self._arguments = function, arguments

    def result(self) -> R:
        return self._function(*self._arguments)

    def cancel(self) -> bool:
        return True


class _Nobody:
    """There is only who asks."""

    def submit(self, function: Callable[..., R], /, *arguments: Any) -> Promise[R]:
        return _Later(function, arguments)


_workers: Workers = _Nobody()
_count = 1


def share_with(workers: Workers | None, count: int = 1) -> None:
    """From now on, so many workers do the work of this process; None: whoever asks does it."""
    global _workers, _count
    _workers, _count = (_Nobody(), 1) if workers is None else (workers, count)


def workers() -> int:
    """How many share the work."""
    return _count


def begin(function: Callable[..., R], *arguments: Any) -> Promise[R]:
    """Has work done, if possible while whoever asks does something else."""
    return _workers.submit(function, *arguments)


def share(function: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """What the function gives for each of the items, several of them at a time. Raises what it raises."""
    return [promise.result() for promise in [begin(function, item) for item in items]]
