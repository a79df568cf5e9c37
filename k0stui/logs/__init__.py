"""Every host's journal in one filtered, ordered view: parse, keep, filter, fold, count. No clock, no I/O, no await.

The way of a line: `batch` reads a host's answer, `parse` finds level and time, `store` keeps it, `view` filters,
folds and orders it, `detail` reads the lines that are drawn.
"""
