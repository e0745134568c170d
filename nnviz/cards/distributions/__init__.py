"""The distributions card."""
