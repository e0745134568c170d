"""Several messages in one pickle. A training may tell of a thousand epochs a second, which pickle slowly one by one."""

from __future__ import annotations

from collections.abc import Callable

from engine.epoch_bytes import epoch_bytes, epoch_from
from engine.events import Epoch


class Parcel:
    """Messages in their order, which come out of its pickle as a list. Nobody may change what is added.

    Attributes:
        messages: pairs of a run and an event among them have :func:`~engine.epoch_bytes.epoch_bytes` for epochs.
    """

    def __init__(self) -> None:
        self.messages: list[object] = []

    def add(self, message: object) -> None:
        """Appends a message."""
        self.messages.append(message)

    def add_event(self, run: int, event: object) -> None:
        """Appends a run's event, as a pair."""
        self.messages.append((run, epoch_bytes(event) if isinstance(event, Epoch) else event))

    def __reduce__(self) -> tuple[Callable[..., list[object]], tuple[list[object]]]:
        return _taken_out, (self.messages,)


def _taken_out(messages: list[object]) -> list[object]:
    return [_unpacked(message) for message in messages]


def _unpacked(message: object) -> object:
    match message:
        case (run, bytes() as packed):
            return run, epoch_from(packed)
        case _:
            return message
