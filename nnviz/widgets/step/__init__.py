"""Pieces of the page that walks through a step: the path of stages, rows of numbers, a board of terms."""
