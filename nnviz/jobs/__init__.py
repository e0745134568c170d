"""All work in other threads than the interface's."""
