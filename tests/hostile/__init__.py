"""Attacks on everything that comes from outside: files, settings, calls in any order, kills.

``python -m tests.hostile --minutes 10`` tries with fresh seeds, and tells the seeds of what failed. An attack is a
function in a module of this package, registered under its name; one call of it is a case.
"""
