-- +goose Up

-- Who is on the way into which room of other servers, so that every node of the hub knows that what comes early for the room is to wait. over_at
-- is when the way is over at the latest, also where the node that went it is lost. Times are Unix milliseconds.
CREATE TABLE room_arrivals (
    id       TEXT   PRIMARY KEY,
    room_id  TEXT   NOT NULL,
    began_at BIGINT NOT NULL,
    over_at  BIGINT NOT NULL
);
CREATE INDEX room_arrivals_by_room ON room_arrivals (room_id);

-- How often events were put off whose server could not be asked for what they build on; at is when it was the last time.
CREATE TABLE events_put_off (
    event_id TEXT   PRIMARY KEY,
    times    BIGINT NOT NULL,
    at       BIGINT NOT NULL
);
CREATE INDEX events_put_off_by_time ON events_put_off (at);

-- The number of the last EDU that was put into a server's queue. It only grows, so that what was taken of a batch is never taken for something newer.
ALTER TABLE federation_servers ADD COLUMN edu_seq BIGINT NOT NULL DEFAULT 0;
UPDATE federation_servers SET edu_seq = COALESCE((SELECT MAX(seq) FROM federation_edus q WHERE q.server = federation_servers.server), 0);

-- +goose Down
ALTER TABLE federation_servers DROP COLUMN edu_seq;
DROP TABLE events_put_off;
DROP TABLE room_arrivals;
