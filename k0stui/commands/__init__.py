"""One file per verb: each wires ports to loops and runs. The only place that knows all others."""
