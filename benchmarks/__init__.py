"""Measures what the goals name, side by side on this machine; nothing fails on a time.

`python -m benchmarks` runs it all, docs/performance.md says what is measured and how. One file a measure: `throughput`,
`single_runs`, `processors`, `starting`, and `others` for the systems of other people. Each gives `results`; `report`
and `plot` show them. Everything listens on loopback, is started by `processes` and ended by it.
"""
