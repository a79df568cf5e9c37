"""A simulated k0s cluster that behaves as the real one did in shared recordings, and answers as its hosts would.

`fleet` and what it imports is a pure model: no clock, no thread, no I/O; time passes only by `Fleet.advance`.
`answers` turns its state into what our commands print; `shell` and `server` put that behind the ports and behind SSH.
"""
