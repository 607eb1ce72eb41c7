"""The runs of the workflow that is served, over HTTP."""
