-- +goose Up

-- The channels of alerts: one for each audience, found by the hash of its sorted parts. audience is JSON.
CREATE TABLE alert_channels (
    room_id      TEXT PRIMARY KEY,
    audience_key TEXT   NOT NULL,
    audience     TEXT   NOT NULL,
    created_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX alert_channels_by_key ON alert_channels (audience_key);

-- Whose people an audience takes in, to find the channels of an organisation.
CREATE TABLE alert_channel_organisations (
    room_id         TEXT NOT NULL,
    organisation_id TEXT NOT NULL,
    PRIMARY KEY (room_id, organisation_id)
);
CREATE INDEX alert_channels_by_organisation ON alert_channel_organisations (organisation_id);

-- People who are in a channel by name, for as long as they are of that organisation: those of the audience itself (alert_id is '') and those
-- who were called to one alert.
CREATE TABLE alert_channel_people (
    room_id         TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    alert_id        TEXT NOT NULL DEFAULT '',
    organisation_id TEXT NOT NULL,
    PRIMARY KEY (room_id, user_id, alert_id)
);
CREATE INDEX alert_channels_by_person ON alert_channel_people (user_id);

-- The present state of each alert: what its last version says. It follows from the log alone, but for organisation_id (the sender's, when it
-- was sent) and closed_at (when its end was noted). Times are Unix milliseconds; areas have a space on both sides of each.
CREATE TABLE alerts (
    alert_id        TEXT PRIMARY KEY,
    room_id         TEXT   NOT NULL,
    organisation_id TEXT   NOT NULL,
    sender          TEXT   NOT NULL,
    sent_at         BIGINT NOT NULL,
    position        BIGINT NOT NULL,
    last_event_id   TEXT   NOT NULL,
    updated_at      BIGINT NOT NULL,
    last_position   BIGINT NOT NULL,
    msg_type        TEXT   NOT NULL,
    status          TEXT   NOT NULL,
    code            TEXT   NOT NULL,
    slots           TEXT   NOT NULL,
    urgency         TEXT   NOT NULL,
    severity        TEXT   NOT NULL,
    certainty       TEXT   NOT NULL,
    tlp             TEXT   NOT NULL,
    areas           TEXT   NOT NULL,
    expires_at      BIGINT NOT NULL,
    words           TEXT   NOT NULL,
    language        TEXT   NOT NULL,
    closed_at       BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX alerts_by_room ON alerts (room_id, position);
CREATE INDEX alerts_by_end ON alerts (closed_at, expires_at);

-- The versions of an alert: the first one, updates, a cancel. block is what the event says, as JSON.
CREATE TABLE alert_versions (
    event_id TEXT PRIMARY KEY,
    alert_id TEXT   NOT NULL,
    position BIGINT NOT NULL,
    sender   TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    block    TEXT   NOT NULL
);
CREATE INDEX alert_versions_by_alert ON alert_versions (alert_id, position);

-- All answers; of each person the last one stands.
CREATE TABLE alert_answers (
    event_id        TEXT PRIMARY KEY,
    alert_id        TEXT   NOT NULL,
    user_id         TEXT   NOT NULL,
    organisation_id TEXT   NOT NULL,
    position        BIGINT NOT NULL,
    at              BIGINT NOT NULL,
    answer          TEXT   NOT NULL,
    why             TEXT   NOT NULL,
    whole           BOOLEAN NOT NULL,
    note            TEXT   NOT NULL
);
CREATE INDEX alert_answers_by_alert ON alert_answers (alert_id, position);

-- Translations of an alert's words, each of one version; of each version and language the last one stands.
CREATE TABLE alert_translations (
    event_id   TEXT PRIMARY KEY,
    alert_id   TEXT   NOT NULL,
    version_id TEXT   NOT NULL,
    language   TEXT   NOT NULL,
    sender     TEXT   NOT NULL,
    position   BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    words      TEXT   NOT NULL
);
CREATE INDEX alert_translations_by_alert ON alert_translations (alert_id, position);

-- Who should have an alert, and when a device of theirs took it; 0 for not that anybody knows.
CREATE TABLE alert_recipients (
    alert_id        TEXT   NOT NULL,
    user_id         TEXT   NOT NULL,
    organisation_id TEXT   NOT NULL,
    position        BIGINT NOT NULL,
    reached_at      BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (alert_id, user_id)
);
CREATE INDEX alert_recipients_by_person ON alert_recipients (user_id, reached_at, position);

-- What each organisation was sent and when it first answered; 0 for not yet. It says nothing of what the alert was about, and outlives it.
CREATE TABLE alert_figures (
    alert_id        TEXT   NOT NULL,
    organisation_id TEXT   NOT NULL,
    status          TEXT   NOT NULL,
    sent_at         BIGINT NOT NULL,
    answered_at     BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (alert_id, organisation_id)
);
CREATE INDEX alert_figures_by_time ON alert_figures (sent_at);

-- What was asked to be sent, once for each transaction id of a device: as an alert, or as a draft that waits.
CREATE TABLE alert_sends (
    user_id   TEXT   NOT NULL,
    device_id TEXT   NOT NULL,
    txn_id    TEXT   NOT NULL,
    alert_id  TEXT   NOT NULL DEFAULT '',
    event_id  TEXT   NOT NULL DEFAULT '',
    draft_id  TEXT   NOT NULL DEFAULT '',
    at        BIGINT NOT NULL,
    PRIMARY KEY (user_id, device_id, txn_id)
);

-- Alerts that wait for a second person. wish is what shall be sent, as JSON; it is emptied when it was decided.
CREATE TABLE alert_drafts (
    draft_id        TEXT PRIMARY KEY,
    organisation_id TEXT   NOT NULL,
    author          TEXT   NOT NULL,
    device_id       TEXT   NOT NULL,
    wish            TEXT   NOT NULL,
    causes          TEXT   NOT NULL,
    at              BIGINT NOT NULL,
    until_at        BIGINT NOT NULL,
    standing        TEXT   NOT NULL,
    decided_by      TEXT   NOT NULL DEFAULT '',
    decided_at      BIGINT NOT NULL DEFAULT 0,
    reason          TEXT   NOT NULL DEFAULT '',
    alert_id        TEXT   NOT NULL DEFAULT ''
);
CREATE INDEX alert_drafts_by_standing ON alert_drafts (standing, organisation_id);

-- +goose Down
DROP TABLE alert_drafts;
DROP TABLE alert_sends;
DROP TABLE alert_figures;
DROP TABLE alert_recipients;
DROP TABLE alert_translations;
DROP TABLE alert_answers;
DROP TABLE alert_versions;
DROP TABLE alerts;
DROP TABLE alert_channel_people;
DROP TABLE alert_channel_organisations;
DROP TABLE alert_channels;
