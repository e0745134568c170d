"""Networks: layers, activations, losses, initial weights, the forward and the backward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.network.network import Network

__all__ = ["Network"]


def __getattr__(name: str) -> Any:
    if name == "Network":
        from engine.network.network import Network

        return Network
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
