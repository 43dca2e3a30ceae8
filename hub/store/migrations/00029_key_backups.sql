-- +goose Up

-- Backups of the keys of conversations, which their person alone can open. The row of one that is gone stays, so that no number is used twice
-- by the same person. etag changes with every change of what is kept. count is how many keys it holds.
CREATE TABLE key_backups (
    user_id   TEXT    NOT NULL,
    version   BIGINT  NOT NULL,
    algorithm TEXT    NOT NULL,
    auth_data TEXT    NOT NULL,
    etag      BIGINT  NOT NULL DEFAULT 0,
    count     BIGINT  NOT NULL DEFAULT 0,
    gone      BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (user_id, version)
);

CREATE TABLE key_backup_sessions (
    user_id         TEXT    NOT NULL,
    version         BIGINT  NOT NULL,
    room_id         TEXT    NOT NULL,
    session_id      TEXT    NOT NULL,
    first_index     BIGINT  NOT NULL,
    forwarded_count BIGINT  NOT NULL,
    verified        BOOLEAN NOT NULL,
    session_data    TEXT    NOT NULL,
    PRIMARY KEY (user_id, version, room_id, session_id)
);

-- +goose Down
DROP TABLE key_backup_sessions;
DROP TABLE key_backups;
