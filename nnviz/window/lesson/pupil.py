"""What a pupil can do while a lesson plays: whether the controls for a directive of its solution are unlocked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from engine.experiment import Experiment
from nnviz.lessons.catalogue import SETTINGS
from nnviz.lessons.directives import Directive
from nnviz.session.session import Session

Members = Callable[[str], Iterable[str]]
_START = ("train", "step-epoch", "step-batch")
# Controls by directive: one of them does the same. What no lesson can lock is missing, such as the workspaces.
_CONTROLS = {
    "data": ("dataset",),
    "open": ("open-data", "open-folder", "open-network"),
    "preset": ("preset",),
    "speed": ("speed", "speed-slow", "speed-full"),
    "goto": ("timeline", "timeline-epoch", "earlier", "later", "play"),
    "live": ("live", "timeline", "timeline-epoch", "later", "play"),
    "branch": ("branch",),
    "compare": ("compare", "compare-with"),
    "mistake": ("mistakes",),
    "strength": ("switch-neuron", "neuron"),
}
_INPUT = ("draw", "random-digit", "next-mistake", "paste-picture")


def missing_controls(
    directive: Directive, session: Session, workspace: str, members: Members, locked: frozenset[str]
) -> list[tuple[str, ...]]:
    """Returns, for each thing that a directive does, the controls of which a pupil needs one, if all are locked.

    Args:
        directive: of a solution, which is carried out next.
        session, workspace: as they are before it.
        members: takes a name of a lesson and returns the names of the controls that it stands for.
        locked: the names of the locked controls and cards.
    """
    return [names for names in _needs(directive, session, workspace, members) if names and locked.issuperset(names)]


def _needs(directive: Directive, session: Session, workspace: str, members: Members) -> Iterator[tuple[str, ...]]:
    verb = directive.verb
    if verb == "new":
        if session.training.starts_new_network:
            yield ("reset", *_START)  # training makes the new network by itself
        elif not session.runs.current.untouched:
            yield ("reset",)
    elif verb == "train":
        yield ("seeds",) if directive.words[1:] == ("seeds",) else _START
    elif verb == "draw" and workspace == "train":  # in others, images of cards can be chosen
        yield _INPUT
    elif verb == "data" and directive.words[0] == session.data.name:
        yield from ((f"data-{name.replace('_', '-')}",) for name in directive.settings)
    elif verb == "set":
        experiment = session.settings.experiment
        for name, setting in SETTINGS.items():
            if setting in directive.settings and directive.settings[setting] != _present(experiment, setting):
                yield tuple(members(name))
    elif verb in _CONTROLS:
        yield _CONTROLS[verb]


def _present(experiment: Experiment, setting: str) -> Any:
    value = experiment.activations[:-1] if setting == "activation" else experiment.value(setting)
    return tuple(value) if isinstance(value, list) else value
