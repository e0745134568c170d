"""Registries: tables from names to classes or functions. Combo boxes and files use them.

CONTRIBUTING.md shows how to add an entry.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import ClassVar, Generic, TypeVar

from engine.basics.attributes import set_attributes
from engine.basics.errors import UnknownNameError

T = TypeVar("T")
_LAST = 1000


class RegisteredClass:
    """Base of registered classes. What a base declares as ``ClassVar`` without a value, a registered class must have.

    Attributes:
        name: the name under which the class is registered; set by the registry.
        label: its displayed name.
    """

    name: ClassVar[str]
    label: ClassVar[str]


class ConfiguredClass(RegisteredClass):
    """Base of registered classes whose objects have constants.

    Attributes:
        uses: names of the constants; each is a setting, for which a window offers a field.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **constants: float) -> None:
        """Sets the constants. Raises TypeError unless they are those that the class ``uses``."""
        if set(constants) != set(self.uses):
            raise TypeError(f"{self.label} needs {', '.join(self.uses) or 'no constants'}, not {', '.join(constants)}")
        set_attributes(self, constants)


class Registry(Generic[T]):
    """A table of the entries of one kind, such as "activation", by name, in the order of their places."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}
        self._places: dict[str, int] = {}

    def register(self, name: str, place: int | None = None) -> Callable[[T], T]:
        """Returns a decorator that registers a class or function under ``name``, replacing an earlier one.

        Args:
            name: the name of the entry.
            place: the position of the entry in lists, the lowest first. None: that of the entry that is replaced, or
                the last. Entries of one module may share a place: they keep the order in which they stand there.
                Entries of two modules need different places, else the order of imports would decide.

        The decorator raises TypeError if a :class:`RegisteredClass` lacks an attribute or a method.
        """

        def enter(entry: T) -> T:
            if isinstance(entry, type) and issubclass(entry, RegisteredClass):
                entry.name = name
                _check_whole(self.kind, entry)
            self._entries[name] = entry
            self._places[name] = self._places.get(name, _LAST) if place is None else place
            return entry

        return enter

    def __getitem__(self, name: str) -> T:
        """Raises :class:`~engine.basics.errors.UnknownNameError`, which lists the choices."""
        try:
            return self._entries[name]
        except (KeyError, TypeError):
            choices = ", ".join(self)
            raise UnknownNameError(
                self.kind, name, f"must be the name of a known {self.kind}", f"Choose one of: {choices}."
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._entries, key=lambda name: self._places[name]))


def _check_whole(kind: str, entry: type[RegisteredClass]) -> None:
    declared = {name: str(of) for base in entry.__mro__ for name, of in inspect.get_annotations(base).items()}
    missing = {name for name, of in declared.items() if "ClassVar" in of and not hasattr(entry, name)}
    missing |= getattr(entry, "__abstractmethods__", frozenset())
    if missing:
        raise TypeError(f"the {kind} {entry.__name__} must define {', '.join(sorted(missing))}")
