"""A card to copy, with its test and its help text. Its test runs here as it will in its copy."""
