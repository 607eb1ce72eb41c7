"""Public: fixtures, run a node, run a workflow, as `pipedreamer test` does."""
