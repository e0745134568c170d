"""The regression card."""
