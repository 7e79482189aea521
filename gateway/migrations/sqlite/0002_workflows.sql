-- Exchanges follow any workflow of the packs, and several authorities may take part.
ALTER TABLE exchanges RENAME COLUMN requester TO initiator;
ALTER TABLE exchanges RENAME COLUMN responder TO counterparts; -- with a space between each two
ALTER TABLE exchanges ADD COLUMN workflow TEXT NOT NULL DEFAULT 'information-request';
ALTER TABLE exchanges ADD COLUMN awaits TEXT; -- initiator, counterpart; NULL once it has ended
UPDATE exchanges SET awaits = CASE
    WHEN state = 'ANSWERED' THEN 'initiator'
    WHEN state NOT IN ('CLOSED', 'WITHDRAWN') THEN 'counterpart' END;
