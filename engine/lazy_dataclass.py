"""``dataclass``: that of the standard library, whose methods are made when the first object of a class is.

To make them costs half a millisecond for each class, as they are compiled from text. Of the hundreds of classes that
the window loads when it starts, it needs some forty until it stands; the others are made one by one when they are
needed. From then on there is no difference.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # what others are to know of it
else:

    def dataclass(cls: type | None = None, /, **options: bool) -> Any:
        """As :func:`dataclasses.dataclass`, with the same options."""
        if cls is None:
            return lambda cls: dataclass(cls, **options)
        if _is_beyond(cls, options):
            return dataclasses.dataclass(cls, **options)
        _Late(cls, options)
        return cls


_OWN = {"__init__", "__setstate__", "__signature__"}
_OF_FIELDS = ("__module__", "__qualname__", "__doc__", "__annotations__", "__orig_bases__", "__post_init__")
_FIELDS = "__dataclass_fields__"
_LOCK = threading.RLock()


def _is_beyond(cls: type, options: Mapping[str, bool]) -> bool:
    """Whether a class has to be made at once: with slots it is another one, without a text its signature becomes that,
    and it may know itself how its objects begin.
    """
    return bool(options.get("slots") or not options.get("init", True) or cls.__doc__ is None or _OWN & vars(cls).keys())


class _Late:
    """What is still to be made of a class. It stands at each door by which its first object, or a question, comes in:
    a call, unpickling, the signature, the fields.
    """

    def __init__(self, cls: type, options: dict[str, bool]) -> None:
        self._cls, self._options = cls, options
        self._is_made = False

        def init(this: Any, /, *arguments: Any, **named: Any) -> None:
            self.make()
            vars(cls)["__init__"](this, *arguments, **named)  # of this class, also where a subclass calls it

        def set_state(this: Any, state: dict[str, Any]) -> None:
            self.make()
            this.__dict__.update(state)  # as it is done without this method

        for name, stand_in in (("__init__", init), ("__setstate__", set_state)):
            setattr(cls, name, stand_in)
        for name in ("__signature__", _FIELDS):
            setattr(cls, name, _Answer(self, name))

    def make(self) -> None:
        """Makes the methods, once; whoever else needs them meanwhile waits."""
        with _LOCK:
            if self._is_made:
                return
            init = self._init()
            dataclasses.dataclass(self._cls, **{**self._options, "init": False})
            for name in ("__setstate__", "__signature__"):
                delattr(self._cls, name)
            self._cls.__init__ = init  # type: ignore[misc]  # at last, so that nobody comes in before
            self._is_made = True

    def _init(self) -> Any:
        """The method ``__init__``: made for another class, because in this one its place is taken until it is there."""
        named = (*_OF_FIELDS, *vars(self._cls).get("__annotations__", ()))
        content = {name: vars(self._cls)[name] for name in named if name in vars(self._cls)}
        twin = type(self._cls)(self._cls.__name__, self._cls.__bases__, content)
        few = {"repr": False, "eq": False, "order": False, "unsafe_hash": False, "match_args": False}
        return vars(dataclasses.dataclass(twin, **{**self._options, **few}))["__init__"]


class _Answer:
    """An attribute of a class that is there once the class is made."""

    def __init__(self, late: _Late, name: str) -> None:
        self._late, self._name = late, name

    def __get__(self, this: object, cls: type) -> Any:
        self._late.make()
        if self._name == "__signature__":
            from inspect import signature

            return signature(cls)
        return getattr(cls, self._name)
