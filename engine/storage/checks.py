"""What every format asks of a network before it writes it."""

from __future__ import annotations

from collections.abc import Collection

from engine.errors import DataError, SettingError, Verbatim
from engine.network import Network, first_non_finite_layer


def check_finite(network: Network) -> None:
    """Raises DataError where a weight or bias is not finite: nobody could use that file."""
    bad = first_non_finite_layer(network)
    if bad is not None:
        raise DataError(
            "network",
            Verbatim(f"without finite weights in layer {bad}"),
            "must have finite weights and biases to be saved",
            "Reset it, or train it with a lower learning rate.",
        )


def check_can_be_exported(network: Network, activations: Collection[str], how: str) -> None:
    """Raises DataError where a number is not finite, SettingError where an activation is none of those known."""
    check_finite(network)
    for name in network.activations:
        if name not in activations:
            raise SettingError(
                "activations", name, f"must be one that can be exported {how}", f"Use {', '.join(activations)}."
            )
