-- +goose Up

-- The public keys of devices to which sealed notes are encrypted (age, X25519). A row is of no use once the device's session is over.
CREATE TABLE place_keys (
    user_id   TEXT   NOT NULL,
    device_id TEXT   NOT NULL,
    recipient TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (user_id, device_id)
);

-- Notes that were encrypted on a device for the devices of both sides: addresses, telephones, arrangements. The hub cannot read them.
CREATE TABLE place_notes (
    note_id    TEXT PRIMARY KEY,
    request_id TEXT   NOT NULL,
    user_id    TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    sealed     BYTEA  NOT NULL
);
CREATE INDEX place_notes_by_request ON place_notes (request_id, at);

-- To whom an organisation's open requests pass when it is in danger.
CREATE TABLE place_partners (
    organisation_id TEXT PRIMARY KEY,
    partner_id      TEXT NOT NULL
);

-- When somebody looked and nothing was free, once for each person, category and day.
-- country is where the people were, '' for not said. No row says who looked.
CREATE TABLE place_unmet (
    unmet_id TEXT PRIMARY KEY,
    at       BIGINT NOT NULL,
    country  TEXT   NOT NULL,
    category TEXT   NOT NULL
);
CREATE INDEX place_unmet_by_time ON place_unmet (at);

-- A way over several places: its legs in order, each of which may become an asking. plan is JSON, and emptied when it is purged.
CREATE TABLE place_journeys (
    journey_id      TEXT PRIMARY KEY,
    organisation_id TEXT   NOT NULL,
    worker          TEXT   NOT NULL,
    at              BIGINT NOT NULL,
    plan            TEXT   NOT NULL,
    ended_at        BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX place_journeys_by_organisation ON place_journeys (organisation_id, at);

-- +goose Down
DROP TABLE place_journeys;
DROP TABLE place_unmet;
DROP TABLE place_partners;
DROP TABLE place_notes;
DROP TABLE place_keys;
