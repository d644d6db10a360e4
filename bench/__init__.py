"""Benchmarks: each side by side with a baseline in one run; no test asserts a time."""
