"""The comparison card."""
