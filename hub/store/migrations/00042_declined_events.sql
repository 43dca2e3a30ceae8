-- +goose Up
-- Whether a follower of the log refused the event: it is never told here, and as state it never stands here, whatever the branches say.
ALTER TABLE soft_failed ADD COLUMN declined BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE soft_failed DROP COLUMN declined;
