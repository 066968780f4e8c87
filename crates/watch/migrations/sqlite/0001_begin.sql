-- What is known of a cluster: the policy's memory.
CREATE TABLE cluster (
    name TEXT PRIMARY KEY,
    engine TEXT NOT NULL
) STRICT;

-- What was started. `state` is the driver's, as of its last step; `record` is there once it has ended.
CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    cluster TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    ended_at INTEGER,
    state TEXT NOT NULL,
    record TEXT
) STRICT;
CREATE UNIQUE INDEX run_on ON run (cluster) WHERE ended_at IS NULL;
CREATE INDEX run_ended ON run (ended_at);

-- What was decided. One that is decided again is one row, whose `until` and `decision` follow.
CREATE TABLE decision (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    cluster TEXT NOT NULL,
    at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    reason TEXT NOT NULL,
    decision TEXT NOT NULL
) STRICT;
CREATE INDEX decision_of ON decision (cluster, id);

-- The load as seen: of each poll (span 0), of each minute (60) and of each hour (3600).
CREATE TABLE sample (
    cluster TEXT NOT NULL,
    span INTEGER NOT NULL,
    at INTEGER NOT NULL,
    polls INTEGER NOT NULL,
    over_sum REAL NOT NULL,
    over_max REAL NOT NULL,
    clients INTEGER NOT NULL,
    PRIMARY KEY (cluster, span, at)
) STRICT, WITHOUT ROWID;
