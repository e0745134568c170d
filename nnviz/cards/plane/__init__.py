"""The plane card."""
