"""What is measured, against whom: one script per bar, each run as `python -m bench.NAME`."""
