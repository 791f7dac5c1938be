"""The parts of benchmarks/run.py, a file per concern."""
