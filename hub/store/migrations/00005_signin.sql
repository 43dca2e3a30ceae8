-- +goose Up

-- Where a device was last used, as a country's code and never as an address, and when it last proved who holds it.
ALTER TABLE devices ADD COLUMN country TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN proved_at BIGINT NOT NULL DEFAULT 0;

-- By what passkeys know a person: 64 random bytes that tell nothing of them (WebAuthn, 14.6.1).
CREATE TABLE passkey_owners (
    user_id TEXT PRIMARY KEY,
    handle  BYTEA NOT NULL
);
CREATE UNIQUE INDEX passkey_owners_by_handle ON passkey_owners (handle);

-- record is the whole credential, sealed where the hub has a key. cloned_at is set when its counter went back: it is refused from then on.
CREATE TABLE passkeys (
    credential_id BYTEA PRIMARY KEY,
    user_id       TEXT   NOT NULL,
    name          TEXT   NOT NULL,
    record        BYTEA  NOT NULL,
    sign_count    BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    used_at       BIGINT,
    cloned_at     BIGINT
);
CREATE INDEX passkeys_by_user ON passkeys (user_id);

-- The shared secret of a code app, sealed where the hub has a key. A code of last_step or earlier is not taken again.
CREATE TABLE totp (
    user_id    TEXT PRIMARY KEY,
    secret     BYTEA  NOT NULL,
    last_step  BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at    BIGINT
);

CREATE TABLE recovery_codes (
    user_id   TEXT  NOT NULL,
    code_hash BYTEA NOT NULL,
    PRIMARY KEY (user_id, code_hash)
);

-- What is under way for a few minutes: a sign-in that waits for its second factor, a passkey's challenge, a set-up. Each is used once.
CREATE TABLE ceremonies (
    token_hash BYTEA PRIMARY KEY,
    kind       TEXT   NOT NULL,
    user_id    TEXT   NOT NULL,
    device_id  TEXT   NOT NULL,
    data       BYTEA  NOT NULL,
    tries      BIGINT NOT NULL DEFAULT 0,
    expires_at BIGINT NOT NULL
);
CREATE INDEX ceremonies_by_end ON ceremonies (expires_at);
CREATE INDEX ceremonies_by_kind ON ceremonies (kind, user_id);

-- Somebody is let back in by two others. token_hash is there once the second has confirmed; opens_at is when the link begins to work.
CREATE TABLE recoveries (
    recovery_id  TEXT PRIMARY KEY,
    user_id      TEXT   NOT NULL,
    started_by   TEXT   NOT NULL,
    started_at   BIGINT NOT NULL,
    opens_at     BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    confirmed_by TEXT   NOT NULL DEFAULT '',
    confirmed_at BIGINT,
    token_hash   BYTEA,
    ended_at     BIGINT,
    ended_by     TEXT   NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX recoveries_by_token ON recoveries (token_hash);
CREATE INDEX recoveries_by_user ON recoveries (user_id);

-- What a person must be told until they have answered: a sign-in on a new device, a recovery under way. about is the device or recovery.
CREATE TABLE notices (
    notice_id TEXT PRIMARY KEY,
    user_id   TEXT   NOT NULL,
    kind      TEXT   NOT NULL,
    about     TEXT   NOT NULL,
    detail    TEXT   NOT NULL,
    at        BIGINT NOT NULL
);
CREATE INDEX notices_by_user ON notices (user_id, at);
CREATE INDEX notices_by_subject ON notices (kind, about);

-- +goose Down
DROP TABLE notices;
DROP TABLE recoveries;
DROP TABLE ceremonies;
DROP TABLE recovery_codes;
DROP TABLE totp;
DROP TABLE passkeys;
DROP TABLE passkey_owners;
ALTER TABLE devices DROP COLUMN proved_at;
ALTER TABLE devices DROP COLUMN country;
