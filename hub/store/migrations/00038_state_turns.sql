-- +goose Up

-- Positions at which a room's state became another one than the event there says: branches of the room were resolved, or a gap was closed by a
-- state that another server told. Whoever follows the room is told there what stands.
CREATE TABLE state_turns (
    position BIGINT PRIMARY KEY,
    room_id  TEXT NOT NULL
);
CREATE INDEX state_turns_by_room ON state_turns (room_id, position);

-- +goose Down
DROP TABLE state_turns;
