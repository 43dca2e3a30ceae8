-- +goose Up

-- What people say of the words in their language, until a steward has settled it. place is the screen that it was sent from.
CREATE TABLE corrections (
    correction_id TEXT PRIMARY KEY,
    user_id       TEXT   NOT NULL,
    at            BIGINT NOT NULL,
    language      TEXT   NOT NULL,
    words         TEXT   NOT NULL,
    better        TEXT   NOT NULL,
    place         TEXT   NOT NULL
);
CREATE INDEX corrections_by_time ON corrections (at);

-- +goose Down
DROP TABLE corrections;
