"""The forms of the left column."""
