"""A workflow folder on disk: reading it, checking its node files, its packages, its digest. Runs no node's code."""
