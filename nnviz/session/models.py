"""Models of cards: state that only one card needs, and that outlives its widget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from nnviz.session.session import Session

Model = TypeVar("Model")


class CardModels:
    """The models of cards by class, made from the session when they are first used.

    A model that runs something in the background has a method ``close(milliseconds)``, as the parts of the session do.
    One that keeps something of the current run or the data has a method ``forget()``, which drops that.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._made: dict[type[Any], Any] = {}

    def __getitem__(self, kind: type[Model]) -> Model:
        """Returns the model of that class; makes it if there is none yet."""
        if kind not in self._made:
            self._made[kind] = kind(self._session)  # type: ignore[call-arg]
        found: Model = self._made[kind]
        return found

    def forget(self) -> None:
        """Has the models drop what belongs to the run or the data before."""
        for model in list(self._made.values()):
            if hasattr(model, "forget"):
                model.forget()

    @property
    def closable(self) -> list[Any]:
        """Models that have to be closed with the session."""
        return [model for model in self._made.values() if hasattr(model, "close")]
