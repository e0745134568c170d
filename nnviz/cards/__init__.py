"""The cards, a folder each."""
