"""The sweep card."""
