"""A stand-in for k0s: real processes, sockets, units and journals; see ../README.md for what it does not do."""
