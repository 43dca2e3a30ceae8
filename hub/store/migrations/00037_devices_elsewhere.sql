-- +goose Up

-- How often other homeservers were to be told of one of a person's devices: the number of the last update (stream_id), which the next one
-- names as the one before it, so that whoever missed some knows.
CREATE TABLE device_streams (
    user_id TEXT   PRIMARY KEY,
    stream  BIGINT NOT NULL
);

-- How many messages somebody's devices sent to each other homeserver. The number says which place of the queue the next one has.
CREATE TABLE device_posts (
    user_id TEXT   NOT NULL,
    server  TEXT   NOT NULL,
    count   BIGINT NOT NULL,
    PRIMARY KEY (user_id, server)
);

-- Messages of other homeservers' devices that were taken in, so that the second time is harmless. at is Unix milliseconds.
CREATE TABLE device_received (
    sender     TEXT   NOT NULL,
    message_id TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (sender, message_id)
);
CREATE INDEX device_received_by_time ON device_received (at);

-- What is kept of the devices of people of other homeservers. stream is the number of the last update that is in it. whole_at is since when
-- it is whole, or 0 while it is not; position is the head of the log then. due_at is when the person's server is asked for all of it, or 0;
-- wished counts what made that necessary, failed how often in a row the server did not answer. owed says that people here are to be told when it is
-- whole. Times are Unix milliseconds.
CREATE TABLE far_lists (
    user_id  TEXT    PRIMARY KEY,
    server   TEXT    NOT NULL,
    stream   BIGINT  NOT NULL DEFAULT 0,
    whole_at BIGINT  NOT NULL DEFAULT 0,
    position BIGINT  NOT NULL DEFAULT 0,
    due_at   BIGINT  NOT NULL DEFAULT 0,
    wished   BIGINT  NOT NULL DEFAULT 0,
    failed   BIGINT  NOT NULL DEFAULT 0,
    owed     BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX far_lists_due ON far_lists (server, due_at) WHERE due_at > 0;
CREATE INDEX far_lists_by_time ON far_lists (whole_at);

-- Signed JSON objects, as in device_keys and cross_signing_keys, with the signatures with which they came.
CREATE TABLE far_devices (
    user_id   TEXT NOT NULL,
    device_id TEXT NOT NULL,
    keys      TEXT NOT NULL,
    PRIMARY KEY (user_id, device_id)
);

CREATE TABLE far_cross_keys (
    user_id TEXT NOT NULL,
    usage   TEXT NOT NULL,
    keys    TEXT NOT NULL,
    PRIMARY KEY (user_id, usage)
);

-- +goose Down
DROP TABLE far_cross_keys;
DROP TABLE far_devices;
DROP TABLE far_lists;
DROP TABLE device_received;
DROP TABLE device_posts;
DROP TABLE device_streams;
