"""Where a node's code runs: worker processes, the wire to them, and the clock that stops them. Knows no HTTP."""
