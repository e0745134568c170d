"""The curves card."""
