"""Widgets of runs that are kept and compared."""
