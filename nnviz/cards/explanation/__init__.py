"""The explanation card."""
