"""Nouns of the field, as frozen values. No clock, no I/O, no await."""
