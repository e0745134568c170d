"""The prediction card."""
