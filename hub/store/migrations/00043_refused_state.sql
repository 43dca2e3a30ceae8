-- +goose Up

-- What the rules of Matrix let stand in a room where followers of the log refuse it, over time like room_state, in which stands what this hub shows and
-- goes by instead. The two together are the room's state for other servers, and what event_states differs from.
CREATE TABLE refused_state (
    room_id        TEXT   NOT NULL,
    type           TEXT   NOT NULL,
    state_key      TEXT   NOT NULL,
    event_id       TEXT   NOT NULL,
    from_position  BIGINT NOT NULL,
    until_position BIGINT,
    PRIMARY KEY (room_id, type, state_key, from_position)
);
CREATE UNIQUE INDEX refused_state_now ON refused_state (room_id, type, state_key) WHERE until_position IS NULL;

-- +goose Down
DROP TABLE refused_state;
