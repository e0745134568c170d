"""Registries: tables from names to classes or functions. Combo boxes and files use them.

CONTRIBUTING.md shows how to add an entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar, Generic, TypeVar

from engine.errors import UnknownNameError

T = TypeVar("T")


class Choice:
    """The base of classes that are registered.

    Attributes:
        name: the name under which the class is registered; set by the registry.
        label: its name for people.
    """

    name: ClassVar[str]
    label: ClassVar[str]


class Registry(Generic[T]):
    """An ordered table of the entries of one kind, such as "activation", by name."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Returns a decorator that registers a class or function under ``name``, replacing an earlier one."""

        def enter(entry: T) -> T:
            self._entries[name] = entry
            if isinstance(entry, type) and issubclass(entry, Choice):
                entry.name = name
            return entry

        return enter

    def __getitem__(self, name: str) -> T:
        """Raises :class:`~engine.errors.UnknownNameError`, which lists the choices."""
        try:
            return self._entries[name]
        except (KeyError, TypeError):
            choices = ", ".join(self._entries)
            raise UnknownNameError(
                self.kind, name, f"must be the name of a known {self.kind}", f"Choose one of: {choices}."
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)
