"""Lists of the cards of each workspace."""
