"""The run bar card."""
