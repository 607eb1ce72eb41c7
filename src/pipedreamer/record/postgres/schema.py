"""The tables, one migration after the other. What was released is never edited: a change is one more migration."""

from typing import Final

SCHEMA: Final = "pipedreamer"

MIGRATIONS: Final = (
    """
    CREATE TABLE kinds (
        kind int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, workflow text NOT NULL, version text NOT NULL,
        trigger text NOT NULL, durable boolean NOT NULL, UNIQUE (workflow, version, trigger, durable)
    );
    CREATE TABLE codes (
        code int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, version text NOT NULL, digest text NOT NULL,
        config text NOT NULL, lock text NOT NULL, UNIQUE (version, digest, config, lock)
    );
    CREATE TABLE runs (
        kind int NOT NULL, id bytea NOT NULL, code int NOT NULL, started_at bigint, ended_at bigint,
        error text NOT NULL, extra bytea, detail bytea NOT NULL, PRIMARY KEY (kind, id)
    );
    CREATE TABLE owners (run bytea PRIMARY KEY, epoch bigint NOT NULL, kind int NOT NULL, is_told boolean NOT NULL);
    CREATE INDEX owners_by_epoch ON owners (epoch);
    CREATE TABLE attempts (
        seq bigint GENERATED ALWAYS AS IDENTITY, run bytea NOT NULL, node text NOT NULL, number int NOT NULL,
        detail bytea NOT NULL, PRIMARY KEY (run, node, number)
    );
    CREATE TABLE lines (run bytea NOT NULL, number int NOT NULL, line bytea NOT NULL, PRIMARY KEY (run, number));
    CREATE TABLE keys (
        workflow text NOT NULL, key text NOT NULL, digest bytea, run bytea NOT NULL, PRIMARY KEY (workflow, key)
    );
    CREATE INDEX keys_by_run ON keys (run);
    CREATE TABLE beside (run bytea NOT NULL, name text NOT NULL, value bytea NOT NULL, PRIMARY KEY (run, name));
    ALTER TABLE beside ALTER COLUMN value SET STORAGE EXTERNAL;
    CREATE TABLE epochs (
        epoch bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, workflow text NOT NULL, engine text NOT NULL,
        lease interval NOT NULL, until timestamptz NOT NULL, ended timestamptz, written bigint NOT NULL DEFAULT 0
    ) WITH (fillfactor = 50);
    CREATE INDEX epochs_by_workflow ON epochs (workflow);
    CREATE TABLE tallies (workflow text PRIMARY KEY, runs bigint NOT NULL);
    CREATE TABLE seal (value text NOT NULL);
    INSERT INTO seal SELECT left(replace(gen_random_uuid()::text, '-', ''), 16);
    """,
    """
    ALTER TABLE epochs ADD COLUMN code text NOT NULL DEFAULT '', ADD COLUMN joined timestamptz NOT NULL DEFAULT now();
    ALTER TABLE owners DROP COLUMN is_told;
    """,
)
"""`runs.kind` is eight times a number of `kinds`, plus the number of the run's state, as in SQLite.
There is no index of ids alone: for a kind that is rare the server would take it, and look at every run.

How many runs a workflow has is the sum of what its epochs have written, plus its tally: that is below zero by those
that were removed, and takes up the sums of epochs that are gone. An epoch that has ended may write to no durable run.
`epochs.code` is the digest of the code that its engine has.
"""
