-- Times are milliseconds since 1970, UTC. Identifiers are text as the wire spells them.
-- Documents are never stored: only their SHA-256.

CREATE TABLE messages (
    participant            TEXT    NOT NULL,  -- '' where the broker proved nobody
    message_id             TEXT    NOT NULL,  -- the sender's, or one derived from the content where it gave none
    claimed_message_id     TEXT,              -- what the sender wrote, where that is no UUID
    claimed_correlation_id TEXT,
    correlation_id         TEXT,              -- set where the message is part of an exchange
    sequence               INTEGER,           -- its position there, from 1
    message_type           TEXT,
    sender                 TEXT,
    fingerprint            TEXT    NOT NULL,  -- SHA-256 over document and metadata
    content_sha256         TEXT    NOT NULL,
    size_bytes             INTEGER NOT NULL,
    test                   INTEGER NOT NULL,
    deadline               TEXT,
    received_at            INTEGER NOT NULL,
    rejection              TEXT,              -- JSON; NULL where not rejected
    failure                TEXT,              -- why the hub could not judge it; parked for its operators
    PRIMARY KEY (participant, message_id)
) WITHOUT ROWID;
CREATE INDEX messages_by_id ON messages (message_id);
CREATE INDEX messages_by_exchange ON messages (correlation_id, sequence) WHERE correlation_id IS NOT NULL;

CREATE TABLE dispatches (
    message_id   TEXT NOT NULL,
    participant  TEXT NOT NULL,
    recipient    TEXT NOT NULL,
    delivered_at INTEGER,
    retrieved_at INTEGER,
    failed_at    INTEGER,
    failure      TEXT,
    PRIMARY KEY (message_id, participant, recipient)
) WITHOUT ROWID;

CREATE TABLE exchanges (
    correlation_id TEXT    NOT NULL PRIMARY KEY,
    area           TEXT    NOT NULL,
    state          TEXT    NOT NULL,
    requester      TEXT    NOT NULL,
    responder      TEXT    NOT NULL,
    test           INTEGER NOT NULL,
    sequence       INTEGER NOT NULL,
    opened_at      INTEGER NOT NULL,
    changed_at     INTEGER NOT NULL
) WITHOUT ROWID;

-- What the other tables cannot tell: repetitions, reused ids, failed attempts.
CREATE TABLE events (
    id          INTEGER PRIMARY KEY,
    participant TEXT    NOT NULL,
    message_id  TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    detail      TEXT    NOT NULL
);
CREATE INDEX events_by_message ON events (message_id);
