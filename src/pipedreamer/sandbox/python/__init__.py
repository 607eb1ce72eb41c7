"""What runs inside a Python worker process. Knows frames and a node's files; imports nothing of the engine."""
