"""Measures what Proto-DDF promises, beside what others do, in one run: `python -m benchmarks`."""
