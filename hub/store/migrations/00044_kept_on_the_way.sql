-- +goose Up

-- What is kept of a room on somebody's way into it, in transactions before the one with which the room is here. It is dropped if the way leads nowhere.
ALTER TABLE outliers ADD COLUMN entering BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX outliers_entering ON outliers (room_id) WHERE entering;

-- +goose Down
DROP INDEX outliers_entering;
ALTER TABLE outliers DROP COLUMN entering;
