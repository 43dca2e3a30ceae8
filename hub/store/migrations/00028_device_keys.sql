-- +goose Up

-- What other devices must know of a device to encrypt for it: a signed JSON object, with the device's own signature alone. The row goes
-- with the session.
CREATE TABLE device_keys (
    user_id   TEXT NOT NULL,
    device_id TEXT NOT NULL,
    keys      TEXT NOT NULL,
    PRIMARY KEY (user_id, device_id)
);

-- Keys of which each begins one conversation: a row is deleted when it is given away. serial is the order in which they came.
CREATE TABLE device_one_time_keys (
    user_id   TEXT   NOT NULL,
    device_id TEXT   NOT NULL,
    algorithm TEXT   NOT NULL,
    key_id    TEXT   NOT NULL,
    key       TEXT   NOT NULL,
    serial    BIGINT NOT NULL,
    PRIMARY KEY (user_id, device_id, algorithm, key_id)
);

-- What is given away when no one-time key is left, as often as it takes. used tells the device that it is time for a new one.
CREATE TABLE device_fallback_keys (
    user_id   TEXT    NOT NULL,
    device_id TEXT    NOT NULL,
    algorithm TEXT    NOT NULL,
    key_id    TEXT    NOT NULL,
    key       TEXT    NOT NULL,
    used      BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (user_id, device_id, algorithm)
);

-- The keys by which a person vouches for devices and people. usage is master, self_signing or user_signing. keys is a signed JSON object,
-- of whose signatures the master key's alone are in it.
CREATE TABLE cross_signing_keys (
    user_id TEXT NOT NULL,
    usage   TEXT NOT NULL,
    keys    TEXT NOT NULL,
    PRIMARY KEY (user_id, usage)
);

-- Who vouched for what: target is a device, or the public part of a master key. signer_key is the name of the key that signed.
CREATE TABLE key_signatures (
    user_id    TEXT NOT NULL,
    target     TEXT NOT NULL,
    signer     TEXT NOT NULL,
    signer_key TEXT NOT NULL,
    signature  TEXT NOT NULL,
    PRIMARY KEY (user_id, target, signer, signer_key)
);
CREATE INDEX key_signatures_by_signer ON key_signatures (signer);

-- Whose devices or keys changed, and where in the log that stands. viewer is '' for what concerns everybody who shares a channel with the
-- person, and otherwise the one whom alone it concerns.
CREATE TABLE device_lists (
    viewer   TEXT   NOT NULL,
    user_id  TEXT   NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (viewer, user_id)
);
CREATE INDEX device_lists_by_position ON device_lists (position);

-- What devices sent each other: a row is kept until the device comes with a token from behind it.
CREATE TABLE device_messages (
    user_id   TEXT   NOT NULL,
    device_id TEXT   NOT NULL,
    position  BIGINT NOT NULL,
    sender    TEXT   NOT NULL,
    type      TEXT   NOT NULL,
    content   TEXT   NOT NULL,
    PRIMARY KEY (user_id, device_id, position)
);
CREATE INDEX device_messages_by_position ON device_messages (position);
CREATE INDEX device_messages_by_sender ON device_messages (user_id, device_id, sender, position);

-- A second sending with the same transaction id is known by it. at is Unix milliseconds.
CREATE TABLE device_sends (
    user_id   TEXT   NOT NULL,
    device_id TEXT   NOT NULL,
    type      TEXT   NOT NULL,
    txn_id    TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (user_id, device_id, type, txn_id)
);
CREATE INDEX device_sends_by_time ON device_sends (at);

-- +goose Down
DROP TABLE device_sends;
DROP TABLE device_messages;
DROP TABLE device_lists;
DROP TABLE key_signatures;
DROP TABLE cross_signing_keys;
DROP TABLE device_fallback_keys;
DROP TABLE device_one_time_keys;
DROP TABLE device_keys;
