-- +goose Up

-- When the person last had a session, Unix milliseconds; 0 for never. It outlives the sessions: a recovery waits for whoever had one lately.
ALTER TABLE people ADD COLUMN session_at BIGINT NOT NULL DEFAULT 0;
UPDATE people SET session_at = COALESCE((SELECT MAX(seen_at) FROM devices WHERE devices.user_id = people.user_id), 0);

-- What proved_at was: whether a second factor was shown then, and whether it was shown again after coming in.
ALTER TABLE devices ADD COLUMN proved_factor BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE devices ADD COLUMN proved_again BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE devices DROP COLUMN proved_again;
ALTER TABLE devices DROP COLUMN proved_factor;
ALTER TABLE people DROP COLUMN session_at;
