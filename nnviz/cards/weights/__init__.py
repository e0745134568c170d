"""The weights card."""
