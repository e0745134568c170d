"""The confidence card."""
