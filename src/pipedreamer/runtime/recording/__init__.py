"""What is written of runs while they go: synchronous ones when they have ended, durable ones at each step."""
