-- +goose Up

-- Shelters. There is no column for an address. Where one is: its country and province, '' for what is not disclosed. name may be an alias.
-- services, languages, criteria and capacity are JSON; times are Unix milliseconds; hold_ms is how long places are held; zone is minutes east
-- of UTC. shown is what the board's state says of it, to tell whether it says something new.
CREATE TABLE shelters (
    shelter_id      TEXT PRIMARY KEY,
    organisation_id TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    country         TEXT    NOT NULL DEFAULT '',
    province        TEXT    NOT NULL DEFAULT '',
    facility        TEXT    NOT NULL,
    services        TEXT    NOT NULL,
    languages       TEXT    NOT NULL,
    criteria        TEXT    NOT NULL,
    seen_by         TEXT    NOT NULL,
    zone            BIGINT  NOT NULL,
    hold_ms         BIGINT  NOT NULL,
    capacity        TEXT    NOT NULL,
    confirmed_at    BIGINT  NOT NULL,
    closed          BOOLEAN NOT NULL DEFAULT FALSE,
    frozen          BOOLEAN NOT NULL DEFAULT FALSE,
    created_at      BIGINT  NOT NULL,
    shown           TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX shelters_by_organisation ON shelters (organisation_id);

-- Who of the organisation takes people in. Without a row all of it do.
CREATE TABLE shelter_staff (
    shelter_id TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    PRIMARY KEY (shelter_id, user_id)
);
CREATE INDEX shelter_staff_by_person ON shelter_staff (user_id);

-- What somebody asks for, of one shelter or several. wish is what they need, as JSON; it is emptied when it is purged. consent is none, given
-- or withdrawn, words names the wording that was read out, and language in which.
CREATE TABLE place_asks (
    ask_id           TEXT PRIMARY KEY,
    organisation_id  TEXT   NOT NULL,
    worker           TEXT   NOT NULL,
    at               BIGINT NOT NULL,
    wish             TEXT   NOT NULL,
    consent          TEXT   NOT NULL,
    consent_at       BIGINT NOT NULL DEFAULT 0,
    consent_words    TEXT   NOT NULL DEFAULT '',
    consent_language TEXT   NOT NULL DEFAULT '',
    purged_at        BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX place_asks_by_organisation ON place_asks (organisation_id, at);

-- One asking of one shelter, and what became of it. until_at is the end of a hold; asked_at is since when the shelter can decide, 0 while the
-- request has only waited; decided_at is when the shelter first said yes or no. Of a request that is over this row is what stays.
CREATE TABLE place_requests (
    request_id TEXT PRIMARY KEY,
    ask_id     TEXT    NOT NULL,
    shelter_id TEXT    NOT NULL,
    category   TEXT    NOT NULL,
    places     BIGINT  NOT NULL,
    urgency    TEXT    NOT NULL,
    at         BIGINT  NOT NULL,
    state      TEXT    NOT NULL,
    until_at   BIGINT  NOT NULL DEFAULT 0,
    lapsed     BOOLEAN NOT NULL DEFAULT FALSE,
    reason     TEXT    NOT NULL DEFAULT '',
    room_id    TEXT    NOT NULL DEFAULT '',
    asked_at   BIGINT  NOT NULL DEFAULT 0,
    decided_at BIGINT  NOT NULL DEFAULT 0,
    ended_at   BIGINT  NOT NULL DEFAULT 0,
    updated_at BIGINT  NOT NULL
);
CREATE INDEX place_requests_by_shelter ON place_requests (shelter_id, state);
CREATE INDEX place_requests_by_ask ON place_requests (ask_id);
CREATE INDEX place_requests_by_hold ON place_requests (state, until_at);
CREATE INDEX place_requests_by_room ON place_requests (room_id);

-- What was done, once for each transaction id of a device, and which thing it was about.
CREATE TABLE place_acts (
    user_id   TEXT   NOT NULL,
    device_id TEXT   NOT NULL,
    txn_id    TEXT   NOT NULL,
    about     TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (user_id, device_id, txn_id)
);
CREATE INDEX place_acts_by_time ON place_acts (at);

-- The channels in which the shelters' numbers stand: one for the network ('') and one for each country.
CREATE TABLE place_boards (
    country TEXT PRIMARY KEY,
    room_id TEXT NOT NULL
);

-- What people are told. One about a request has its id, one about a shelter the shelter's.
CREATE TABLE place_notices (
    notice_id  TEXT PRIMARY KEY,
    user_id    TEXT   NOT NULL,
    about      TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    position   BIGINT NOT NULL,
    settled_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX place_notices_by_person ON place_notices (user_id, about, kind);
CREATE INDEX place_notices_by_about ON place_notices (about, settled_at);

-- +goose Down
DROP TABLE place_notices;
DROP TABLE place_boards;
DROP TABLE place_acts;
DROP TABLE place_requests;
DROP TABLE place_asks;
DROP TABLE shelter_staff;
DROP TABLE shelters;
