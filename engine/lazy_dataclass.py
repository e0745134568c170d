"""``dataclass``: that of the standard library, whose methods are made when the first object of a class is.

To make them costs half a millisecond for each class, as they are compiled from text. Of the hundreds of classes that
the window loads when it starts, it needs some forty until it stands; the others are made one by one when they are
needed, or while there is nothing else to do. From then on there is no difference. Before, a default that is given by
``field`` is no attribute of the class.
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
        if _is_made_at_once(cls, options):
            return dataclasses.dataclass(cls, **options)
        _Late(cls, options)
        return cls


def make_next() -> bool:
    """Makes one of the classes that wait for their first object; returns whether any are left."""
    if _WAITING:
        _WAITING.pop().make()
    return bool(_WAITING)


_LOCK = threading.RLock()
_FIELDS = "__dataclass_fields__"
# What else of a class is needed to make its method __init__.
_NEEDED = ("__module__", "__qualname__", "__doc__", "__annotations__", "__orig_bases__", "__post_init__")


def _is_made_at_once(cls: type, options: Mapping[str, bool]) -> bool:
    """Whether a class cannot wait: with slots it is another one, without a text its signature becomes that, without
    fields nothing tells that an object was unpickled, and it may say itself how its objects begin.
    """
    is_plain = options.get("init", True) and not options.get("slots")
    if not is_plain or cls.__doc__ is None or not vars(cls).get("__annotations__"):
        return True
    own = {"__init__", "__signature__"} & vars(cls).keys()
    states = [vars(each)["__setstate__"] for each in cls.__mro__ if "__setstate__" in vars(each)]
    return bool(own) or any(each.__module__ != __name__ for each in states)


class _Late:
    """What is still to be made of a class. It stands at each door by which its first object, or a question, comes in:
    a call, unpickling, the signature, the fields.
    """

    def __init__(self, cls: type, options: dict[str, bool]) -> None:
        self._cls, self._options = cls, options
        self._is_made = False
        _WAITING.append(self)

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
            self._cls.__dataclass_params__.init = True  # type: ignore[attr-defined]
            for name in ("__setstate__", "__signature__"):
                delattr(self._cls, name)
            self._cls.__init__ = init  # type: ignore[misc]  # at last, so that nobody comes in before
            self._is_made = True

    def _init(self) -> Any:
        """The method ``__init__``: made for another class, because in this one its place is taken until it is there."""
        own = vars(self._cls)
        content = {name: own[name] for name in (*_NEEDED, *own["__annotations__"]) if name in own}
        twin = type(self._cls)(self._cls.__name__, self._cls.__bases__, content)
        nothing_else = dict.fromkeys(("repr", "eq", "order", "unsafe_hash", "match_args"), False)
        return vars(dataclasses.dataclass(twin, **{**self._options, **nothing_else}))["__init__"]


_WAITING: list[_Late] = []  # among them some that are made


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
