"""What is measured and not tested: run by hand, ``python -m tests.benchmarks.throughput`` and its neighbours."""
