"""The run bar."""
