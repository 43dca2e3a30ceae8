-- +goose Up

-- Keys that other servers published for their signatures. valid_until is up to when a key was said to sign, no further ahead than the
-- specification lets one believe; expired_at is since when it signs no more, or 0. Times are Unix milliseconds.
CREATE TABLE server_keys (
    server      TEXT   NOT NULL,
    key_id      TEXT   NOT NULL,
    public      BYTEA  NOT NULL,
    valid_until BIGINT NOT NULL,
    expired_at  BIGINT NOT NULL DEFAULT 0,
    fetched_at  BIGINT NOT NULL,
    PRIMARY KEY (server, key_id)
);

-- +goose Down
DROP TABLE server_keys;
