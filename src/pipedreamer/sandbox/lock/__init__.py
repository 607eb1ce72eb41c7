"""The lock: what a worker gives up before the first byte of a workflow's code runs."""
