"""Other people's systems doing the same work, each as its own documentation recommends.

`driving` starts one program for each (`dbos_sqlite`, `prefect_server`, `temporal_server`) in an environment that
`scripts/bench.sh` makes for them. A program says how its system does `steps`; `timing` times that and prints one JSON
document. That environment has none of our dependencies: what runs in it imports the standard library, the system, and
of the other modules here only those that need no more than that.
"""
