"""Figures that can be repeated: each benchmark measures Rookery beside what a user would otherwise pick, in turns.

`python -m benchmarks NAME [--size N] [--seconds S] [--json]`. A benchmark is a module here with a function
`run(options) -> Outcome`; it runs in the main thread and leaves nothing running.
"""
