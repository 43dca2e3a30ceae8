-- +goose Up

-- Requests between two hubs: which one the other is, and whether this one asks there or is asked. What each side says is numbered by itself: said is
-- the number of what this hub said last, heard that of what the other one did, told the number of ours that the other one had heard by then. ask is
-- what is asked, as it was said last, and answer what was answered last, both JSON and emptied with the request.
CREATE TABLE places_abroad (
    request_id TEXT PRIMARY KEY,
    room_id    TEXT    NOT NULL,
    server     TEXT    NOT NULL,
    asks       BOOLEAN NOT NULL,
    said       BIGINT  NOT NULL DEFAULT 0,
    heard      BIGINT  NOT NULL DEFAULT 0,
    told       BIGINT  NOT NULL DEFAULT 0,
    ask        TEXT    NOT NULL,
    answer     TEXT    NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX places_abroad_by_room ON places_abroad (room_id);
CREATE INDEX places_abroad_by_server ON places_abroad (server);

-- +goose Down
DROP TABLE places_abroad;
