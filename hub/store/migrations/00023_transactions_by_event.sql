-- +goose Up

-- A device that asks with /sync is told which of its own sends became an event. Without this, each of them was looked for among all that
-- the device has ever sent.
CREATE INDEX transactions_by_event ON transactions (event_id);

-- +goose Down
DROP INDEX transactions_by_event;
