-- +goose Up

-- Which organisation coordinates a country: its administrators are asked when one of that country does not answer.
CREATE TABLE alert_leads (
    country         TEXT PRIMARY KEY,
    organisation_id TEXT   NOT NULL,
    set_by          TEXT   NOT NULL,
    at              BIGINT NOT NULL
);

-- Who of an organisation is on duty in an ordinary week. weekday 0 is Monday; minutes are of the day in the organisation's own time, and until
-- before from means the next day. place 1 is asked first.
CREATE TABLE rota_slots (
    slot_id         TEXT PRIMARY KEY,
    organisation_id TEXT    NOT NULL,
    weekday         INTEGER NOT NULL,
    from_minute     INTEGER NOT NULL,
    until_minute    INTEGER NOT NULL,
    user_id         TEXT    NOT NULL,
    place           INTEGER NOT NULL
);
CREATE INDEX rota_slots_by_organisation ON rota_slots (organisation_id);

-- For a span of time somebody else is on duty (user_id), instead of somebody or of nobody in particular (instead is '').
CREATE TABLE rota_overrides (
    override_id     TEXT PRIMARY KEY,
    organisation_id TEXT   NOT NULL,
    from_at         BIGINT NOT NULL,
    until_at        BIGINT NOT NULL,
    user_id         TEXT   NOT NULL,
    instead         TEXT   NOT NULL DEFAULT '',
    note            TEXT   NOT NULL DEFAULT '',
    set_by          TEXT   NOT NULL
);
CREATE INDEX rota_overrides_by_organisation ON rota_overrides (organisation_id, until_at);

-- What one shift leaves for the next.
CREATE TABLE rota_notes (
    note_id         TEXT PRIMARY KEY,
    organisation_id TEXT   NOT NULL,
    author          TEXT   NOT NULL,
    at              BIGINT NOT NULL,
    words           TEXT   NOT NULL
);
CREATE INDEX rota_notes_by_organisation ON rota_notes (organisation_id, at);

-- The steps of asking an organisation again. A step is fired once, or stopped; called are the ids of those who were asked, with spaces between.
CREATE TABLE alert_steps (
    alert_id        TEXT    NOT NULL,
    organisation_id TEXT    NOT NULL,
    step            INTEGER NOT NULL,
    due_at          BIGINT  NOT NULL,
    fired_at        BIGINT  NOT NULL DEFAULT 0,
    stopped_at      BIGINT  NOT NULL DEFAULT 0,
    called          TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (alert_id, organisation_id, step)
);
CREATE INDEX alert_steps_by_time ON alert_steps (fired_at, stopped_at, due_at);

-- What somebody must be told of an alert or a draft. position is the place in the log from which on it is told. It holds no words.
CREATE TABLE alert_notices (
    notice_id  TEXT PRIMARY KEY,
    user_id    TEXT   NOT NULL,
    alert_id   TEXT   NOT NULL DEFAULT '',
    kind       TEXT   NOT NULL,
    about      TEXT   NOT NULL DEFAULT '',
    at         BIGINT NOT NULL,
    position   BIGINT NOT NULL,
    settled_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX alert_notices_once ON alert_notices (user_id, alert_id, kind, about);
CREATE INDEX alert_notices_by_position ON alert_notices (position);
CREATE INDEX alert_notices_by_alert ON alert_notices (alert_id);

-- Who translates which version into which language just now.
CREATE TABLE alert_claims (
    version_id TEXT   NOT NULL,
    language   TEXT   NOT NULL,
    user_id    TEXT   NOT NULL,
    until_at   BIGINT NOT NULL,
    PRIMARY KEY (version_id, language)
);

-- +goose Down
DROP TABLE alert_claims;
DROP TABLE alert_notices;
DROP TABLE alert_steps;
DROP TABLE rota_notes;
DROP TABLE rota_overrides;
DROP TABLE rota_slots;
DROP TABLE alert_leads;
