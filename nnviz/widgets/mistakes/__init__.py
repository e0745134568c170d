"""Widgets that show which classes are confused, and the examples behind it."""
