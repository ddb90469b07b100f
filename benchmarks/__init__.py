"""Benchmarks: what README.md and docs/ say in numbers, measured. Each folder answers a question; see README.md."""
