"""The timeline card."""
