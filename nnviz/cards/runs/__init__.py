"""The runs card."""
