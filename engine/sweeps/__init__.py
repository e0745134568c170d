"""Many runs of an experiment: what is tried, how one run is done, and what came of all of them. No processes here."""
