"""Names of the field → the classes behind them. Combo boxes and files read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from engine.errors import UnknownNameError

T = TypeVar("T")


class Registry(Generic[T]):
    """An ordered table from name to thing, for one kind of thing ("activation")."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator that enters a class or function under ``name``. A second one replaces the first."""

        def enter(entry: T) -> T:
            self._entries[name] = entry
            return entry

        return enter

    def __getitem__(self, name: str) -> T:
        """Raises :class:`~engine.errors.UnknownNameError` that lists the choices."""
        try:
            return self._entries[name]
        except (KeyError, TypeError):
            choices = ", ".join(self._entries)
            raise UnknownNameError(
                self.kind, name, f"must be the name of a known {self.kind}", f"Choose one of: {choices}."
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)
