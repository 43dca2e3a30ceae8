-- +goose Up

-- Servers that the operator named and that answered as a hub of this kind, and since when that is known (Unix milliseconds).
CREATE TABLE neighbours (
    server TEXT PRIMARY KEY,
    since  BIGINT NOT NULL
);

-- What is due between this hub's account and those of other servers, until it is done: 'ask' whether there is a hub (of no room), 'call' it into
-- a room of this hub, 'come' into a room of its. next_at is when it is tried next (Unix milliseconds), failed how often in a row it failed.
CREATE TABLE hub_calls (
    room_id TEXT   NOT NULL,
    server  TEXT   NOT NULL,
    what    TEXT   NOT NULL,
    next_at BIGINT NOT NULL,
    failed  BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (room_id, server, what)
);
CREATE INDEX hub_calls_by_time ON hub_calls (next_at);
CREATE INDEX hub_calls_by_server ON hub_calls (server);

-- Organisations of other hubs, as those say them.
CREATE TABLE foreign_organisations (
    server          TEXT   NOT NULL,
    organisation_id TEXT   NOT NULL,
    name            TEXT   NOT NULL,
    kind            TEXT   NOT NULL,
    country         TEXT   NOT NULL,
    heard_at        BIGINT NOT NULL,
    PRIMARY KEY (server, organisation_id)
);

-- +goose Down
DROP TABLE foreign_organisations;
DROP TABLE hub_calls;
DROP TABLE neighbours;
