-- +goose Up
-- Whether a follower of the log refused the event: it is not told here, and as state it does not come to stand with what builds on it.
-- To other servers it stands as the rules of Matrix have it (00043).
ALTER TABLE soft_failed ADD COLUMN declined BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE soft_failed DROP COLUMN declined;
