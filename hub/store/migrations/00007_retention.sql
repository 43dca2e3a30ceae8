-- +goose Up

-- Events are emptied when they are older than their room keeps them (m.room.retention). They stay in the log, so that its positions have
-- no holes and what was built on them still stands, but nobody is shown them any more.
ALTER TABLE events ADD COLUMN purged BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX events_by_age ON events (room_id, origin_ts) WHERE state_key IS NULL AND NOT purged;

-- +goose Down
DROP INDEX events_by_age;
ALTER TABLE events DROP COLUMN purged;
