"""The session is composed: each part is small, inherits from no other, and has signals of its own."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

import pytest
from PyQt5.QtCore import QObject, pyqtSignal
from pytestqt.qtbot import QtBot

from nnviz.session.session import Session

_MOST_NAMES = 19
PARTS = (
    *("messages", "undo", "data", "settings", "runs", "making", "displayed", "selection", "training", "sketch"),
    *(
        "timeline",
        "records",
        "branching",
        "moment_files",
        "player",
        "imported",
        "importing",
        "own",
        "painting",
        "question",
        "edits",
        "mistakes",
        "why",
        "map",
        "robustness",
        "files",
        "library",
        "under_way",
        "comparison",
        "room",
        "exchange",
        "sweeps",
        "sweep_where",
        "sweep_form",
        "sweep_names",
        "trials",
        "step_through",
        "step_effects",
        "past_batch",
        "gaps",
    ),
)
HELPERS = ("probes", "rate_search", "ranking", "pictures")  # of the jobs' room; what they find comes back by a part


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    """Without a window."""
    session = Session()
    yield session
    session.close()


def public_names(part: object) -> set[str]:
    """Signals, methods, properties and attributes; not those that Qt gives to everything."""
    kind = type(part)
    of_base = set(dir(QObject)) if isinstance(part, QObject) else set(dir(object))
    own = set(vars(kind)) | set(vars(part))
    return {name for name in own - of_base if not name.startswith("_")}


def test_these_are_the_parts(session: Session) -> None:
    assert {name for name in vars(session) if not name.startswith("_")} == {*PARTS, *HELPERS}


@pytest.mark.parametrize("name", [*PARTS, *HELPERS])
def test_each_inherits_from_nobody(session: Session, name: str) -> None:
    assert type(getattr(session, name)).__bases__ in ((QObject,), (object,))


def test_the_session_neither() -> None:
    assert Session.__bases__ == (QObject,)


@pytest.mark.parametrize("name", [*PARTS, *HELPERS])
def test_each_has_few_names(session: Session, name: str) -> None:
    names = public_names(getattr(session, name))
    assert len(names) <= _MOST_NAMES, sorted(names)


@pytest.mark.parametrize("name", PARTS)
def test_each_has_signals_of_its_own(session: Session, name: str) -> None:
    assert any(isinstance(entry, pyqtSignal) for entry in vars(type(getattr(session, name))).values())


@pytest.mark.parametrize("name", PARTS)
def test_each_knows_only_what_it_is_handed(session: Session, name: str) -> None:
    """None is given the session, and none imports it."""
    tree = ast.parse(inspect.getsource(inspect.getmodule(type(getattr(session, name)))))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert "nnviz.session.session" not in modules
    assert session not in vars(getattr(session, name)).values()
