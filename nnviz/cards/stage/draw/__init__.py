"""The draw card."""
