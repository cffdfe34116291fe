//! The tables. A migration is never edited once released; a new one is added below it.

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

const MIGRATIONS: &[M<'_>] = &[
    M::up(
        "CREATE TABLE runs (
        run      TEXT PRIMARY KEY,
        day      TEXT NOT NULL,
        number   INTEGER NOT NULL,
        started  INTEGER NOT NULL,          -- milliseconds since 1970
        playbook TEXT,
        selector TEXT,
        ended    INTEGER,
        summary  TEXT,                      -- JSON, when the run came to its end
        UNIQUE (day, number)
     ) STRICT;
     CREATE TABLE events (
        run  TEXT NOT NULL REFERENCES runs(run),
        seq  INTEGER NOT NULL,
        body TEXT NOT NULL,                 -- JSON
        PRIMARY KEY (run, seq)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE hosts (                   -- how each host of a run ended
        run      TEXT NOT NULL REFERENCES runs(run),
        host     TEXT NOT NULL,
        status   TEXT NOT NULL,
        findings INTEGER NOT NULL,
        PRIMARY KEY (run, host)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX hosts_by_name ON hosts (host, run);
     CREATE TABLE profiles (                -- the last profile of each host
        host TEXT PRIMARY KEY,
        run  TEXT NOT NULL,
        body TEXT NOT NULL
     ) STRICT, WITHOUT ROWID;",
    ),
    M::up(
        "CREATE TABLE usual (                   -- an account's busiest hour of a day, by the host's log
        host       TEXT NOT NULL,
        account    TEXT NOT NULL,           -- empty: the log was read on that day
        day        INTEGER NOT NULL,        -- days since 1970, UTC
        peak       INTEGER NOT NULL,        -- messages
        recipients INTEGER NOT NULL,
        nets       TEXT NOT NULL,           -- networks of its clients, joined by blanks
        PRIMARY KEY (host, account, day)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX usual_by_day ON usual (day);",
    ),
    M::up(
        "CREATE TABLE plans (                   -- what was approved for a run
        run  TEXT PRIMARY KEY REFERENCES runs(run),
        body TEXT NOT NULL                  -- JSON
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE changes (                 -- what was sent, or was about to be
        op     TEXT PRIMARY KEY,
        run    TEXT NOT NULL REFERENCES runs(run),
        host   TEXT NOT NULL,
        seq    INTEGER NOT NULL,            -- of its intent
        state  TEXT NOT NULL,               -- intended, applied, failed, unknown
        sealed BLOB,                        -- a password, sealed; NULL once it was handed over
        told   INTEGER                      -- milliseconds since 1970, when it was handed over
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX changes_by_run ON changes (run, seq);
     CREATE TABLE locks (                   -- hosts that a run changes
        host  TEXT PRIMARY KEY,
        run   TEXT NOT NULL REFERENCES runs(run),
        who   TEXT NOT NULL,
        since INTEGER NOT NULL              -- milliseconds since 1970
     ) STRICT, WITHOUT ROWID;",
    ),
    M::up("ALTER TABLE plans ADD COLUMN resumes TEXT REFERENCES runs(run);  -- the run that it goes on with"),
    M::up(
        "ALTER TABLE plans ADD COLUMN id TEXT;  -- of the plan: it is applied once, and then only resumed
     CREATE UNIQUE INDEX plans_by_id ON plans (id) WHERE resumes IS NULL;",
    ),
];

pub fn migrate(connection: &mut Connection) -> Result<(), rusqlite_migration::Error> {
    Migrations::from_slice(MIGRATIONS).to_latest(connection)
}
