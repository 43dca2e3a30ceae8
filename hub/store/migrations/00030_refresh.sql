-- +goose Up

-- Until when a device's access token lasts, Unix milliseconds; 0 for one that lasts until the session is ended.
ALTER TABLE devices ADD COLUMN token_until BIGINT NOT NULL DEFAULT 0;

-- With what an app renews its access token. All refresh tokens that a device is given, one after the other, belong to one chain. token_hash is the
-- one that holds, next_hash the one that was given for it and has not been seen yet, NULL when there is none. former_hash is the access
-- token before the present one.
CREATE TABLE refresh_tokens (
    chain_hash  BYTEA PRIMARY KEY,
    user_id     TEXT  NOT NULL,
    device_id   TEXT  NOT NULL,
    token_hash  BYTEA NOT NULL,
    next_hash   BYTEA,
    former_hash BYTEA
);
CREATE UNIQUE INDEX refresh_tokens_by_device ON refresh_tokens (user_id, device_id);
CREATE INDEX refresh_tokens_by_former ON refresh_tokens (former_hash);

-- +goose Down
DROP TABLE refresh_tokens;
ALTER TABLE devices DROP COLUMN token_until;
