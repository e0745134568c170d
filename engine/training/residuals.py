"""RMSE and R²: measures of the difference between predicted and true numbers."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from engine.basics.validation import Array
from engine.datasets.scaling import Scaling


class Residuals:
    """Running sums of the squared residuals of a split, chunk by chunk, in float64.

    RMSE is the root of the mean squared residual, in the unit of the targets; several targets are pooled, each in its
    own unit. R² = 1 − SS_res ÷ SS_tot, with the mean of the split itself: Kvålseth 1985, "Cautionary Note about R²",
    The American Statistician 39(4), equation (1). For several targets it is their mean R², as in scikit-learn's
    ``r2_score``. A target that is equal in all examples has no R².
    """

    def __init__(self, targets: Array, scaling: Scaling | None = None) -> None:
        """Prepares the sums for all targets of the split, (k, outputs), with their scaling or None."""
        self._targets = targets
        self._spread = np.ones(targets.shape[1]) if scaling is None else scaling.spread
        self._sums = np.zeros(targets.shape[1])

    def clear(self) -> None:
        """Resets the sums to 0."""
        self._sums[:] = 0

    def add(self, answers: Array, targets: Array) -> None:
        """Adds a chunk of finite outputs and their targets, (k, outputs) each, both scaled."""
        residuals = np.subtract(answers, targets, dtype=np.float64)
        self._sums += np.einsum("ij,ij->j", residuals, residuals)

    @property
    def rmse(self) -> float:
        """The root of the mean squared residual of all examples, in the targets' unit."""
        return math.sqrt(float(self._sums @ self._spread**2) / self._targets.size)

    @property
    def r2(self) -> float | None:
        """The coefficient of determination, at most 1; None if no target varies."""
        varies, total = self._totals
        return float(np.mean(1 - self._sums[varies] / total)) if len(total) else None

    @cached_property
    def _totals(self) -> tuple[Array, Array]:
        """Whether each target varies, (outputs,), and the squared distances from the mean of those that do, (varying,).

        Scaling cancels out.
        """
        varies = np.ptp(self._targets, axis=0) > 0
        some = self._targets[:, varies]
        return varies, ((some - some.mean(axis=0, dtype=np.float64)) ** 2).sum(axis=0)
