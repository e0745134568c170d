"""Work in other threads than the interface's, in other processes, and in small pieces in the interface's own."""
