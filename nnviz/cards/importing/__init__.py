"""The sheet over the middle of the window that shows a file of data before it is used."""
