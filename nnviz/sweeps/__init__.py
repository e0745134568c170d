"""Execution of many runs, on this machine or on a cluster, and the writing of their results. No Qt."""
