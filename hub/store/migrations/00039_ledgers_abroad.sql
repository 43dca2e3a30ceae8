-- +goose Up

-- Ledgers of shelters of other hubs, as they were verified: up to which entry, as the chain stands there (JSON; "" before the first), when that was,
-- and what was wrong the last time that anything was. next_at is when it is looked at again.
CREATE TABLE ledgers_abroad (
    shelter_id  TEXT PRIMARY KEY,
    server      TEXT   NOT NULL,
    mark        TEXT   NOT NULL,
    entries     BIGINT NOT NULL,
    verified_at BIGINT NOT NULL,
    next_at     BIGINT NOT NULL,
    trouble     TEXT   NOT NULL,
    trouble_seq BIGINT NOT NULL,
    trouble_at  BIGINT NOT NULL
);
CREATE INDEX ledgers_abroad_by_next ON ledgers_abroad (next_at);

-- +goose Down
DROP TABLE ledgers_abroad;
