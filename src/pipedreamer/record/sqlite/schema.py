"""The tables, one migration after the other. What was released is never edited: a change is one more migration."""

from typing import Final

MIGRATIONS: Final = (
    """
    CREATE TABLE kinds (
        kind INTEGER PRIMARY KEY, workflow TEXT NOT NULL, version TEXT NOT NULL, trigger TEXT NOT NULL,
        durable INTEGER NOT NULL, UNIQUE (workflow, version, trigger, durable)
    ) STRICT;
    CREATE TABLE codes (
        code INTEGER PRIMARY KEY, version TEXT NOT NULL, digest TEXT NOT NULL, config TEXT NOT NULL, lock TEXT NOT NULL,
        UNIQUE (version, digest, config, lock)
    ) STRICT;
    CREATE TABLE runs (
        seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, id BLOB NOT NULL, code INTEGER NOT NULL,
        started_at INTEGER, ended_at INTEGER, error TEXT NOT NULL, extra BLOB, detail BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX runs_by_kind ON runs (kind, id);
    CREATE TABLE owners (run BLOB PRIMARY KEY, epoch INTEGER NOT NULL, kind INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE attempts (
        seq INTEGER PRIMARY KEY, run BLOB NOT NULL, node TEXT NOT NULL, number INTEGER NOT NULL, detail BLOB NOT NULL,
        UNIQUE (run, node, number)
    ) STRICT;
    CREATE TABLE lines (
        run BLOB NOT NULL, number INTEGER NOT NULL, line BLOB NOT NULL, PRIMARY KEY (run, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE keys (
        workflow TEXT NOT NULL, key TEXT NOT NULL, digest BLOB, run BLOB NOT NULL, PRIMARY KEY (workflow, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX keys_by_run ON keys (run);
    CREATE TABLE beside (
        run BLOB NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (run, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE epochs (
        epoch INTEGER PRIMARY KEY AUTOINCREMENT, workflow TEXT NOT NULL, engine TEXT NOT NULL,
        joined_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE sums (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO sums VALUES ('uncounted', 0), ('beside', 0);
    CREATE TABLE seal (value TEXT NOT NULL) STRICT;
    INSERT INTO seal SELECT lower(hex(randomblob(8)));
    """,
)
"""`runs.kind` is eight times a number of `kinds`, plus the number of the run's state.

So one index finds the newest of any choice of workflow, version, trigger and state, and a single run as the one of any
kind with its id. Of a run that may still move, `owners` knows where it is. `uncounted` is the highest `seq`
less how many rows there are, and `beside` how many bytes the values have that lie beside.
"""
APPLICATION: Final = 0x50495045
"""Marks a file as a record: "PIPE"."""
