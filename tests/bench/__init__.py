"""The made-up worlds of the benchmarks are what they say."""
