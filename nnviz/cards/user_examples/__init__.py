"""The user examples card."""
