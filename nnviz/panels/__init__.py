"""Cards of the window. Each takes a session, reads it, asks it to act, and owns no truth. A new view is a new file."""
