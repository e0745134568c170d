"""The settings card."""
