"""Plans: pure functions of a snapshot that say what would be done, or refuse with a sentence. No I/O, no event loop."""
