-- Who exists. The record is JSON, as `gateway directory export` writes it.
CREATE TABLE directory (
    kind   TEXT NOT NULL,  -- participant, authority, register
    id     TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (kind, id)
);

-- Every change of it: who, when, what before and after. The last version is the directory's.
CREATE TABLE directory_audit (
    version BIGINT NOT NULL PRIMARY KEY,
    at      BIGINT NOT NULL,
    actor   TEXT    NOT NULL,
    reason  TEXT,              -- NULL where nobody said why
    kind    TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    was     TEXT,              -- NULL for a new record
    became  TEXT               -- NULL for a removed one
);
CREATE INDEX directory_audit_by_id ON directory_audit (kind, id);
