-- +goose Up

-- Until when a session at somebody else's device lasts, Unix milliseconds; 0 for one that lasts until it is ended.
ALTER TABLE devices ADD COLUMN brief_until BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE devices DROP COLUMN brief_until;
