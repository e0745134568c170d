"""Curves and bars."""
