-- What the hub itself sends, until the broker holds it. Then the row goes: a document is kept no longer than it takes.
CREATE TABLE outbox (
    message_id    TEXT    NOT NULL,
    participant   TEXT    NOT NULL,            -- the hub's own id
    recipient     TEXT    NOT NULL,
    properties    TEXT    NOT NULL,            -- JSON
    body           BYTEA   NOT NULL,
    created_at    BIGINT NOT NULL,
    claimed_until BIGINT NOT NULL DEFAULT 0,  -- a hub that took it has until then to deliver it
    attempts      BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (message_id, participant, recipient)
);
CREATE INDEX outbox_by_claim ON outbox (claimed_until);
