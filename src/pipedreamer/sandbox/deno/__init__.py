"""The worker for TypeScript nodes: its sources, which Deno runs."""
