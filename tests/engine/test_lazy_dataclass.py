"""Dataclasses that are made late are like those of the standard library, by whichever door their first object comes."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import inspect
import pickle
import pkgutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field, fields, is_dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

import pytest

import engine
import nnviz
from engine import lazy_dataclass
from engine.lazy_dataclass import dataclass, make_next

T = TypeVar("T")
OPTIONS = [{}, {"frozen": True}, {"eq": False}, {"frozen": True, "eq": False}, {"order": True}, {"kw_only": True}]


class Plain:
    """Something with fields of each kind."""

    shared: ClassVar[list[int]] = []
    number: int
    size: float = 2.5
    names: list[str] = field(default_factory=list)
    note: str = field(default="none", repr=False, compare=False)

    def __post_init__(self) -> None:
        self.names.append("made")

    @cached_property
    def double(self) -> int:
        """Twice the number."""
        return 2 * self.number


def late(options: dict[str, bool], cls: type = Plain) -> Any:
    """A class like that whose methods are not made yet."""
    content = {name: each for name, each in vars(cls).items() if name not in ("__dict__", "__weakref__")}
    content["double"] = cached_property(lambda self: 2 * self.number)
    return dataclass(type(cls.__name__, cls.__bases__, content), **options)  # type: ignore[call-overload]


def is_made(cls: type) -> bool:
    return "__repr__" in vars(cls)


def both(options: dict[str, bool]) -> tuple[Any, Any]:
    """The late class, and that of the standard library."""
    content = {name: each for name, each in vars(Plain).items() if name not in ("__dict__", "__weakref__")}
    content["double"] = cached_property(lambda self: 2 * self.number)
    return late(options), dataclasses.dataclass(type("Plain", (), content), **options)  # type: ignore[call-overload]


# ---- the same as the standard library's


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_objects_are_alike(options: dict[str, bool]) -> None:
    mine, theirs = both(options)
    assert not is_made(mine)
    for cls in (mine, theirs):
        one, same, other = cls(number=1), cls(number=1), cls(number=2, size=3.0)
        assert (repr(one), one.double, one.note) == ("Plain(number=1, size=2.5, names=['made'])", 2, "none")
        assert (one == same) is options.get("eq", True)
        assert one != other
        assert replace(one, number=5).number == 5
        assert (cls.__hash__ is None) is (not options.get("frozen") and options.get("eq", True))
        if options.get("order"):
            assert one < other
        if options.get("frozen"):
            with pytest.raises(FrozenInstanceError):
                one.number = 3
        else:
            one.number = 3
    assert vars(mine).keys() == vars(theirs).keys(), "nothing is left behind"
    assert mine.__match_args__ == theirs.__match_args__
    assert repr(mine.__dataclass_params__) == repr(theirs.__dataclass_params__)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_so_are_signatures_fields_and_mistakes(options: dict[str, bool]) -> None:
    mine, theirs = both(options)
    assert inspect.signature(mine) == inspect.signature(theirs)
    mine, theirs = both(options)
    assert [(each.name, each.type, each.default) for each in fields(mine)] == [
        (each.name, each.type, each.default) for each in fields(theirs)
    ]
    mine, theirs = both(options)
    told = []
    for cls in (mine, theirs):
        with pytest.raises(TypeError) as raised:
            cls(size=1)
        told.append(str(raised.value))
    assert told[0] == told[1]


def test_those_that_wait_are_made_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lazy_dataclass, "_WAITING", [])
    classes = [late({}), late({"frozen": True}), late({})]
    classes[0](number=1)
    left = [make_next() for _ in classes]
    assert left == [True, True, False]
    assert all(map(is_made, classes))
    assert not make_next()
    assert classes[1](number=2).double == 4


# ---- the doors


@dataclass(frozen=True)
class Base:
    """Is subclassed."""

    number: int = 1


@dataclass(frozen=True)
class Below(Base):
    """Has one more."""

    more: int = 2


@dataclass(eq=False)
class Typed(Generic[T]):
    """Of a type."""

    value: T


@dataclass
class Sent:
    """Is sent."""

    number: int


class Calling(Base):
    """Calls the method of its base."""

    def __init__(self) -> None:
        super().__init__(7)


@pytest.mark.parametrize(
    "opens",
    [
        lambda cls: cls(number=1),
        lambda cls: cls.__new__(cls).__setstate__({"number": 1}),
        fields,
        is_dataclass,
        inspect.signature,
        lambda cls: type("Sub", (cls,), {"__doc__": "One."})(number=1),
        lambda cls: dataclasses.dataclass(type("Sub", (cls,), {"__doc__": "One.", "__annotations__": {}})),
    ],
    ids=["a call", "a state", "fields", "is_dataclass", "signature", "a subclass", "a dataclass below"],
)
def test_each_door_makes_it(opens: Callable[[Any], object]) -> None:
    cls = late({})
    opens(cls)
    assert is_made(cls)


def test_what_comes_from_another_process_is_whole() -> None:
    code = (
        "import pickle, sys; from tests.engine.test_lazy_dataclass import Sent;"
        "one, other = pickle.loads(bytes.fromhex(sys.argv[1])), pickle.loads(bytes.fromhex(sys.argv[1]));"
        "assert 'Sent(number=3)' == repr(one), one; assert one == other; print('as it was')"
    )
    words = [sys.executable, "-c", code, pickle.dumps(Sent(3)).hex()]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "as it was\n"


def test_a_copy_is_equal() -> None:
    assert copy.deepcopy(late({})(number=1)).names == ["made"]


def test_subclasses_begin_as_they_say() -> None:
    assert Calling().number == 7
    assert repr(Below(number=5)) == "Below(number=5, more=2)"
    assert Typed[int](3).value == 3


def test_what_cannot_wait_is_made_at_once() -> None:
    class Own:
        """Begins in its own way."""

        number: int = 1

        def __setstate__(self, state: dict[str, Any]) -> None:
            self.__dict__.update(state)

    class Below(Own):
        """Begins as that one."""

        more: int = 2

    assert is_made(dataclass(Own))
    assert is_made(dataclass(Below))
    assert is_made(dataclass(type("Empty", (), {"__doc__": "Nothing."})))
    assert is_made(late({"init": False}))
    assert is_made(dataclass(type("Untold", (), {"__annotations__": {"number": "int"}})))


def test_many_threads_may_make_the_first_object(monkeypatch: pytest.MonkeyPatch) -> None:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(40):
            cls, start, wrong = late({"frozen": True}), threading.Barrier(4), []

            def begin(cls: Any = cls, start: threading.Barrier = start, wrong: list[object] = wrong) -> None:
                start.wait()
                try:
                    assert repr(cls(number=1)) == "Plain(number=1, size=2.5, names=['made'])"
                except BaseException as error:
                    wrong.append(error)

            threads = [threading.Thread(target=begin) for _ in range(4)]
            for each in threads:
                each.start()
            for each in threads:
                each.join()
            assert not wrong
    finally:
        sys.setswitchinterval(before)


# ---- those of the project


def test_all_of_the_project_can_be_made() -> None:
    """What is wrong with a class is told when it is made, so all are made here."""
    for package in (engine, nnviz):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(found.name)
            for each in vars(module).values():
                if isinstance(each, type) and each.__module__ == found.name and is_dataclass(each):
                    assert inspect.signature(each).parameters.keys() == {
                        each.name for each in fields(each) if each.init
                    }
