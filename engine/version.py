"""The version of nnviz, which the engine is a part of."""

__version__ = "0.30.0"
