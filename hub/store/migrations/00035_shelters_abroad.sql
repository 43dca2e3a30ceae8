-- +goose Up

-- Shelters of other hubs, as those hubs' channels of numbers say: id:server, the channel, what its state says (JSON), and when that was heard.
CREATE TABLE shelters_abroad (
    shelter_id TEXT PRIMARY KEY,
    server     TEXT   NOT NULL,
    room_id    TEXT   NOT NULL,
    says       TEXT   NOT NULL,
    heard_at   BIGINT NOT NULL
);
CREATE INDEX shelters_abroad_by_server ON shelters_abroad (server);
CREATE INDEX shelters_abroad_by_room ON shelters_abroad (room_id);

-- +goose Down
DROP TABLE shelters_abroad;
