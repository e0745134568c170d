"""The map card."""
