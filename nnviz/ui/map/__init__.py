"""Pieces of the map: what it is seen through, how its points are painted, its read-out and its keys."""
