"""What is true, and signals about it: no widgets, no threads."""
