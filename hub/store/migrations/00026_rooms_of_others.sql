-- +goose Up

-- Events of other servers that are known and checked, but are not in the log: those that authorise others, and those that the rules
-- reject (rejected), which are kept so that what builds on them is judged rightly.
CREATE TABLE outliers (
    event_id TEXT PRIMARY KEY,
    room_id  TEXT    NOT NULL,
    pdu      BYTEA   NOT NULL,
    rejected BOOLEAN NOT NULL,
    at       BIGINT  NOT NULL
);

-- Where this hub's log of a room begins: events of it whose parents are not here. From there earlier history is asked for.
CREATE TABLE room_edges (
    room_id  TEXT NOT NULL,
    event_id TEXT NOT NULL,
    PRIMARY KEY (room_id, event_id)
);

-- What another server told of a room into which one of this hub's people is invited: a JSON list of stripped state.
CREATE TABLE invite_states (
    room_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    state   TEXT NOT NULL,
    PRIMARY KEY (room_id, user_id)
);

-- +goose Down
DROP TABLE invite_states;
DROP TABLE room_edges;
DROP TABLE outliers;
