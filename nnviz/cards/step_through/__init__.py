"""The step through card."""
