"""Everything that happens off the interface thread."""
