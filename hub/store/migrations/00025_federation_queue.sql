-- +goose Up

-- Up to where the log was read for other servers, and which node does it until when. live is 0 before the first reading.
CREATE TABLE federation_progress (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    live     BIGINT NOT NULL,
    holder   TEXT   NOT NULL DEFAULT '',
    until_at BIGINT NOT NULL DEFAULT 0
);
INSERT INTO federation_progress (id, live) VALUES (1, 0);

-- How it stands with a server to which something was ever sent: how often in a row it could not be reached, when it is tried next, and when
-- it last took something. Times are Unix milliseconds.
CREATE TABLE federation_servers (
    server     TEXT PRIMARY KEY,
    failed     BIGINT NOT NULL DEFAULT 0,
    next_at    BIGINT NOT NULL DEFAULT 0,
    reached_at BIGINT NOT NULL DEFAULT 0
);

-- Events of the log that wait for a server.
CREATE TABLE federation_events (
    server   TEXT   NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (server, position)
);

-- What else waits for a server (EDUs). Of one key only the newest is worth sending.
CREATE TABLE federation_edus (
    server TEXT   NOT NULL,
    key    TEXT   NOT NULL,
    seq    BIGINT NOT NULL,
    edu    BYTEA  NOT NULL,
    PRIMARY KEY (server, key)
);
CREATE INDEX federation_edus_by_seq ON federation_edus (server, seq);

-- Transactions of other servers that were taken in, with what they were answered, so that the second time is harmless.
CREATE TABLE federation_received (
    server TEXT   NOT NULL,
    txn_id TEXT   NOT NULL,
    answer BYTEA  NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (server, txn_id)
);
CREATE INDEX federation_received_by_time ON federation_received (at);

-- +goose Down
DROP TABLE federation_received;
DROP TABLE federation_edus;
DROP TABLE federation_events;
DROP TABLE federation_servers;
DROP TABLE federation_progress;
