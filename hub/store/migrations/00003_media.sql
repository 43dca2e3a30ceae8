-- +goose Up

-- A file that people share, cleaned of what it said about them. blob names its bytes in the store; '' while they are still to come
-- (Matrix, "Content repository": POST /create). What no event uses and nobody wears as their picture a day
-- after created_at goes.
CREATE TABLE media (
    media_id        TEXT PRIMARY KEY,
    user_id         TEXT   NOT NULL,
    organisation_id TEXT   NOT NULL,
    name            TEXT   NOT NULL,
    mimetype        TEXT   NOT NULL,
    size            BIGINT NOT NULL,
    width           BIGINT NOT NULL,
    height          BIGINT NOT NULL,
    duration_ms     BIGINT NOT NULL,
    blob            TEXT   NOT NULL,
    created_at      BIGINT NOT NULL
);
CREATE INDEX media_by_organisation ON media (organisation_id, size);
CREATE INDEX media_by_time ON media (created_at);
CREATE INDEX media_by_user ON media (user_id, blob);

-- Smaller pictures of a picture. Their sizes count as their picture's organisation's.
CREATE TABLE media_thumbnails (
    media_id        TEXT   NOT NULL,
    organisation_id TEXT   NOT NULL,
    method          TEXT   NOT NULL,
    width           BIGINT NOT NULL,
    height          BIGINT NOT NULL,
    mimetype        TEXT   NOT NULL,
    size            BIGINT NOT NULL,
    blob            TEXT   NOT NULL,
    PRIMARY KEY (media_id, method, width, height)
);
CREATE INDEX media_thumbnails_by_organisation ON media_thumbnails (organisation_id, size);

-- Which event uses which file: whoever may see one of the events may read the file, and with the last one it goes.
CREATE TABLE media_uses (
    media_id TEXT NOT NULL,
    room_id  TEXT NOT NULL,
    event_id TEXT NOT NULL,
    PRIMARY KEY (media_id, event_id)
);
CREATE INDEX media_uses_by_event ON media_uses (event_id);

-- Who wears a file as their picture.
CREATE INDEX people_by_avatar ON people (avatar_url);

-- An upload under way. length is its whole size in bytes, or the most that it may be while its sender has not said.
-- state is open, done or refused; refusal is then the reason, as JSON. media_id is the file that it became or is to become.
CREATE TABLE uploads (
    upload_id       TEXT PRIMARY KEY,
    user_id         TEXT    NOT NULL,
    organisation_id TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    length          BIGINT  NOT NULL,
    received        BIGINT  NOT NULL,
    media_id        TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    refusal         TEXT    NOT NULL,
    expires_at      BIGINT  NOT NULL
);
CREATE INDEX uploads_by_user ON uploads (user_id, state);
CREATE INDEX uploads_by_organisation ON uploads (organisation_id, state, length);
CREATE INDEX uploads_by_expiry ON uploads (expires_at);

-- What has arrived of an upload, in pieces. The key makes one of two that arrive for the same place the only one.
CREATE TABLE upload_parts (
    upload_id TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    size      BIGINT NOT NULL,
    blob      TEXT   NOT NULL,
    PRIMARY KEY (upload_id, at)
);

-- Blobs that nothing names any more, until the store has deleted them. A blob is entered here before it is written and taken out by
-- the transaction that names it, so that none is forgotten when the hub is killed between the two.
CREATE TABLE media_gone (
    blob TEXT PRIMARY KEY,
    due  BIGINT NOT NULL
);
CREATE INDEX media_gone_by_due ON media_gone (due);

-- +goose Down
DROP INDEX people_by_avatar;
DROP TABLE media_gone;
DROP TABLE upload_parts;
DROP TABLE uploads;
DROP TABLE media_uses;
DROP TABLE media_thumbnails;
DROP TABLE media;
