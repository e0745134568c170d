"""Many runs of an experiment: search space, samplers, pruning, one run, and results. Processes live elsewhere."""
