"""What a network makes of a drawing, worked out when somebody looks: now, and at each moment of its training."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from engine.network import Network
from engine.validation import Array
from nnviz.session.moments import Moment

SURE_FROM = 0.5  # the share from which an answer counts as sure, unless a person sets another


@dataclass(frozen=True)
class Verdict:
    """Which class an answer speaks for, and how clearly.

    Shares are the outputs themselves, kept within 0 and 1. Behind softmax they are probabilities. Behind sigmoid each
    is a yes or no of its own: they need not sum to 1, and are not made to, since an answer that says no to every class
    would else look sure of one. Those of any other activation are measured against 0 and 1 as the targets were.

    Attributes:
        best, second: class numbers.
        share, second_share: their outputs, within 0 and 1.
        is_sure: whether the best reaches the threshold.
    """

    best: int
    share: float
    second: int
    second_share: float
    is_sure: bool


def verdict_of(outputs: Array, sure_from: float = SURE_FROM) -> Verdict:
    """Of the finite outputs (classes,) of a network with at least two classes; the first of equals wins."""
    best = int(np.argmax(outputs))
    others = np.array(outputs, float)
    others[best] = -np.inf
    second = int(np.argmax(others))
    share, second_share = (min(max(float(outputs[index]), 0.0), 1.0) for index in (best, second))
    return Verdict(best, share, second, second_share, share >= sure_from)


class Answer:
    """Remembers the last answer: several views ask for the same one."""

    def __init__(self) -> None:
        self._answer: Array | None = None
        self._asked: tuple[Network | None, Array | None] = (None, None)

    def of(self, network: Network, drawing: Array | None) -> Array | None:
        """(outputs,); None where there is no drawing, it does not fit, or the answer is not finite."""
        if self._asked[0] is not network or self._asked[1] is not drawing:
            self._asked, self._answer = (network, drawing), _ask(network, drawing)
        return self._answer


class Replay:
    """One drawing's answers at the moments of a training, asked a few at a time."""

    def __init__(self) -> None:
        self.drawing: Array | None = None
        self._answers: dict[Moment, Array | None] = {}

    def restart(self, drawing: Array | None) -> None:
        """Another drawing: nothing is known."""
        self.drawing = drawing
        self._answers = {}

    def know(self, moment: Moment, answer: Array | None) -> None:
        """Somebody else has asked the drawing at that moment."""
        self._answers[moment] = answer

    def lacks(self, moments: Iterable[Moment]) -> bool:
        """Whether some of them have not been asked."""
        return any(moment not in self._answers for moment in moments)

    def ask(self, network: Network, moments: Iterable[Moment], seconds: float) -> bool:
        """Asks those that have not been, until all are known or the time is over; whether all are.

        ``network`` says the shape and the activations.
        """
        end = time.perf_counter() + seconds
        kept = list(moments)
        for moment in kept:
            if moment not in self._answers:
                self._answers[moment] = _ask(network.with_parameters(moment.parameters), self.drawing)
                if time.perf_counter() >= end:
                    break
        return not self.lacks(kept)

    def series(self, moments: Iterable[Moment]) -> tuple[list[float], list[Array]]:
        """Epochs and answers of all that were asked; without those whose answer was not finite.

        Moments that are not among these are let go, and so are their parameters.
        """
        self._answers = {moment: self._answers[moment] for moment in moments if moment in self._answers}
        known = [(moment.epochs, answer) for moment, answer in self._answers.items() if answer is not None]
        return [epochs for epochs, _ in known], [answer for _, answer in known]


def _ask(network: Network, drawing: Array | None) -> Array | None:
    if drawing is None or len(drawing) != network.shape[0]:
        return None
    with np.errstate(all="ignore"):
        answer = network.predict(drawing[None])[0]
    return answer if np.isfinite(answer).all() else None
