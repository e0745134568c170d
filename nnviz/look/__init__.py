"""Colours, fonts, icons, and the formatting of numbers."""
