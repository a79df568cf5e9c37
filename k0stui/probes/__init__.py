"""Questions to hosts and API servers: how to ask, and a pure reader of the answer. No I/O here."""
