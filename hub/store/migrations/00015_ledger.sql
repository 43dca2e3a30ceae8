-- +goose Up

-- What became of a shelter's places, one entry for each change, in a chain for each shelter. body is canonical JSON that holds the hash of the
-- entry before it; hash is its SHA-256 and signature the hub's over it. Nothing here says who anybody is.
CREATE TABLE place_ledger (
    shelter_id TEXT   NOT NULL,
    seq        BIGINT NOT NULL,
    body       TEXT   NOT NULL,
    hash       TEXT   NOT NULL,
    key_id     TEXT   NOT NULL,
    signature  TEXT   NOT NULL,
    PRIMARY KEY (shelter_id, seq)
);

-- +goose Down
DROP TABLE place_ledger;
