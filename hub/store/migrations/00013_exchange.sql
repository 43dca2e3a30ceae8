-- +goose Up

-- Alerts that came in as CAP files, each once for a channel. event_id is the post that shows it.
CREATE TABLE cap_imports (
    room_id    TEXT   NOT NULL,
    sender     TEXT   NOT NULL,
    identifier TEXT   NOT NULL,
    event_id   TEXT   NOT NULL DEFAULT '',
    at         BIGINT NOT NULL,
    PRIMARY KEY (room_id, sender, identifier)
);

-- Feeds of others that the hub reads, and where it stands with each. Times are Unix milliseconds; trouble is the key of a sentence, or ''.
CREATE TABLE cap_sources (
    source_id     TEXT PRIMARY KEY,
    address       TEXT   NOT NULL,
    room_id       TEXT   NOT NULL,
    entered_by    TEXT   NOT NULL,
    entered_at    BIGINT NOT NULL,
    next_at       BIGINT NOT NULL,
    read_at       BIGINT NOT NULL DEFAULT 0,
    failures      BIGINT NOT NULL DEFAULT 0,
    trouble       TEXT   NOT NULL DEFAULT '',
    etag          TEXT   NOT NULL DEFAULT '',
    last_modified TEXT   NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX cap_sources_by_address ON cap_sources (room_id, address);
CREATE INDEX cap_sources_by_turn ON cap_sources (next_at);

-- What of a feed was looked at, so that no file is fetched twice.
CREATE TABLE cap_entries (
    source_id TEXT NOT NULL,
    entry     TEXT NOT NULL,
    PRIMARY KEY (source_id, entry)
);

-- Feeds of an organisation's alerts for programs outside: of all its audiences, or of one (room_id). token_hash is SHA-256 of the token that
-- opens it. Revoked ones stay, so that the log of what was opened can be read.
CREATE TABLE alert_feeds (
    feed_id         TEXT PRIMARY KEY,
    organisation_id TEXT   NOT NULL,
    room_id         TEXT   NOT NULL DEFAULT '',
    name            TEXT   NOT NULL,
    token_hash      TEXT   NOT NULL,
    made_by         TEXT   NOT NULL,
    made_at         BIGINT NOT NULL,
    used_at         BIGINT NOT NULL DEFAULT 0,
    revoked_at      BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX alert_feeds_by_organisation ON alert_feeds (organisation_id);

-- +goose Down
DROP TABLE alert_feeds;
DROP TABLE cap_entries;
DROP TABLE cap_sources;
DROP TABLE cap_imports;
