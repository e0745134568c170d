"""The commands of `python main.py …`, one file each, and the checks before them."""
