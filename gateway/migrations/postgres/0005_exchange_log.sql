-- The log is the truth of every exchange: `exchanges` keeps what it amounts to, so that it need not be read again.
CREATE TABLE exchange_log (
    correlation_id TEXT   NOT NULL,
    sequence       BIGINT NOT NULL,
    at             BIGINT NOT NULL,
    entry          TEXT   NOT NULL,  -- JSON: cause and change
    PRIMARY KEY (correlation_id, sequence)
);

-- Answers that the hub collects until it puts them into one, and no longer.
CREATE TABLE collected (
    correlation_id TEXT  NOT NULL,
    authority      TEXT  NOT NULL,
    message        TEXT  NOT NULL,  -- its name within the area
    content_type   TEXT  NOT NULL,
    body           BYTEA NOT NULL,
    PRIMARY KEY (correlation_id, authority, message)
);

-- Who answered what the hub had to refuse.
CREATE INDEX messages_refused ON messages (claimed_correlation_id) WHERE rejection IS NOT NULL;

ALTER TABLE exchanges RENAME TO former_exchanges;
ALTER INDEX exchanges_pkey RENAME TO former_exchanges_pkey;
CREATE TABLE exchanges (
    correlation_id TEXT    NOT NULL PRIMARY KEY,
    area           TEXT    NOT NULL,
    workflow       TEXT    NOT NULL,
    state          TEXT    NOT NULL,
    awaited        TEXT    NOT NULL,  -- authorities with a space between each two; '' once it has ended
    test           BOOLEAN NOT NULL,
    sequence       BIGINT  NOT NULL,
    opened_at      BIGINT  NOT NULL,
    changed_at     BIGINT  NOT NULL,  -- when it came into its state
    next_due       BIGINT,            -- when its next deadline passes
    snapshot       TEXT    NOT NULL   -- JSON
);
CREATE INDEX exchanges_by_due ON exchanges (next_due) WHERE next_due IS NOT NULL;

-- What was there before is carried over: its log begins with where it stood.
CREATE TEMPORARY TABLE carried ON COMMIT DROP AS
SELECT e.*,
    to_char(to_timestamp(e.changed_at / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS moment,
    CASE e.workflow WHEN 'alert' THEN 'alert-authority' WHEN 'notification' THEN 'notifier'
        WHEN 'repository' THEN 'owner' ELSE 'requester' END AS first_party,
    CASE WHEN e.workflow = 'alert' AND e.state IN ('SUBMITTED', 'RETURNED') THEN 'outgoing-coordinator'
        WHEN e.workflow = 'notification' AND e.state IN ('SUBMITTED', 'RETURNED') THEN 'verifier'
        WHEN e.workflow IN ('alert', 'notification') THEN 'recipient'
        WHEN e.workflow = 'repository' THEN 'reader' ELSE 'responder' END AS other_party
FROM former_exchanges e;
CREATE TEMPORARY TABLE members ON COMMIT DROP AS
SELECT c.correlation_id, (SELECT json_agg(m.member) FROM (
    SELECT json_build_object('authority', c.initiator, 'party', c.first_party) AS member
    UNION ALL
    SELECT json_build_object('authority', a.authority, 'party', c.other_party)
        FROM unnest(string_to_array(c.counterparts, ' ')) a(authority)) m) AS members
FROM carried c;
INSERT INTO exchanges SELECT c.correlation_id, c.area, c.workflow, c.state,
    CASE c.awaits WHEN 'initiator' THEN c.initiator WHEN 'counterpart' THEN c.counterparts ELSE '' END,
    c.test, c.sequence, c.changed_at, c.changed_at, NULL,
    json_build_object('correlation_id', c.correlation_id, 'area', c.area, 'workflow', c.workflow,
        'test', c.test, 'state', c.state,
        'awaits', CASE c.awaits WHEN 'initiator' THEN c.first_party WHEN 'counterpart' THEN c.other_party END,
        'members', m.members, 'former', json_build_array(), 'sequence', c.sequence, 'revision', 0,
        'opened_at', c.moment, 'changed_at', c.moment, 'clocks', json_build_array(), 'ended_by', NULL,
        'questions', json_build_array(), 'parent', NULL, 'parts', json_build_array(), 'links', json_build_array())::text
FROM carried c JOIN members m USING (correlation_id);
INSERT INTO exchange_log SELECT c.correlation_id, c.sequence, c.changed_at,
    json_build_object('cause', json_build_object('kind', 'carried-over'), 'change', json_build_object(
        'opening', json_build_object('area', c.area, 'workflow', c.workflow, 'test', c.test),
        'standing', json_build_object('state', c.state,
            'awaits', CASE c.awaits WHEN 'initiator' THEN c.first_party WHEN 'counterpart' THEN c.other_party END),
        'joined', m.members))::text
FROM carried c JOIN members m USING (correlation_id);
DROP TABLE former_exchanges;
