"""What `python main.py …` runs: a file for each subcommand, and what is looked at before any of them."""
