-- What the hub itself sends, until the broker holds it. Then the row goes: a document is kept no longer than it takes.
CREATE TABLE outbox (
    message_id    TEXT    NOT NULL,
    participant   TEXT    NOT NULL,            -- the hub's own id
    recipient     TEXT    NOT NULL,
    properties    TEXT    NOT NULL,            -- JSON
    body          BLOB    NOT NULL,
    created_at    INTEGER NOT NULL,
    claimed_until INTEGER NOT NULL DEFAULT 0,  -- a hub that took it has until then to deliver it
    attempts      INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (message_id, participant, recipient)
) WITHOUT ROWID;
CREATE INDEX outbox_by_claim ON outbox (claimed_until);
