"""All work in other threads than the interface's, and in other processes."""
