"""Errors, checks of values, registries and files, which all other packages use."""
