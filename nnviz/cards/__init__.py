"""The cards, a folder each. To import one registers those of Train, in their order."""

from nnviz.cards.workspaces import train as _train

__all__ = ["_train"]
