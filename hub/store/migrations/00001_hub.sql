-- +goose Up

-- The one counter: every durable change that someone may have to be told of takes the next number,
-- inside the transaction that makes the change. It has no holes and follows the order of commits.
CREATE TABLE counter (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    head BIGINT  NOT NULL
);
INSERT INTO counter (id, head) VALUES (1, 0);

-- Facts about this hub that must never change under it, such as its server name.
CREATE TABLE facts (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- Ed25519 seeds with which this hub signs. expired_at is set when a key is only kept to verify old events.
CREATE TABLE signing_keys (
    key_id     TEXT PRIMARY KEY,
    seed       BYTEA  NOT NULL,
    created_at BIGINT NOT NULL,
    expired_at BIGINT
);

CREATE TABLE organisations (
    organisation_id TEXT PRIMARY KEY,
    name            TEXT   NOT NULL,
    kind            TEXT   NOT NULL,
    country         TEXT   NOT NULL,
    standing        TEXT   NOT NULL,
    space_id        TEXT   NOT NULL DEFAULT '',
    created_by      TEXT   NOT NULL,
    created_at      BIGINT NOT NULL
);

CREATE TABLE people (
    user_id         TEXT PRIMARY KEY,
    name            TEXT   NOT NULL,
    name_folded     TEXT   NOT NULL,
    avatar_url      TEXT   NOT NULL DEFAULT '',
    passphrase_hash TEXT   NOT NULL,
    organisation_id TEXT   NOT NULL DEFAULT '',
    role            TEXT   NOT NULL,
    language        TEXT   NOT NULL DEFAULT '',
    standing        TEXT   NOT NULL,
    created_at      BIGINT NOT NULL
);
CREATE INDEX people_by_organisation ON people (organisation_id);
CREATE INDEX people_by_name ON people (name_folded);

CREATE TABLE devices (
    user_id    TEXT   NOT NULL,
    device_id  TEXT   NOT NULL,
    token_hash BYTEA  NOT NULL,
    name       TEXT   NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    PRIMARY KEY (user_id, device_id)
);
CREATE UNIQUE INDEX devices_by_token ON devices (token_hash);

CREATE TABLE invitations (
    invitation_id   TEXT PRIMARY KEY,
    token_hash      BYTEA  NOT NULL,
    organisation_id TEXT   NOT NULL DEFAULT '',
    role            TEXT   NOT NULL,
    language        TEXT   NOT NULL DEFAULT '',
    invited_by      TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    used_by         TEXT   NOT NULL DEFAULT '',
    used_at         BIGINT,
    revoked_at      BIGINT
);
CREATE UNIQUE INDEX invitations_by_token ON invitations (token_hash);

-- What administrators did. detail is JSON without secrets and without message text.
CREATE TABLE audit (
    audit_id TEXT PRIMARY KEY,
    at       BIGINT NOT NULL,
    actor    TEXT   NOT NULL,
    act      TEXT   NOT NULL,
    target   TEXT   NOT NULL,
    detail   TEXT   NOT NULL
);
CREATE INDEX audit_by_time ON audit (at);

CREATE TABLE rooms (
    room_id    TEXT PRIMARY KEY,
    version    TEXT   NOT NULL,
    creator    TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

-- The log. pdu is the signed event in the form that federates; redactions blank it but keep the row.
CREATE TABLE events (
    position    BIGINT PRIMARY KEY,
    event_id    TEXT   NOT NULL,
    room_id     TEXT   NOT NULL,
    type        TEXT   NOT NULL,
    state_key   TEXT,
    sender      TEXT   NOT NULL,
    origin_ts   BIGINT NOT NULL,
    depth       BIGINT NOT NULL,
    pdu         BYTEA  NOT NULL,
    relates_to  TEXT   NOT NULL DEFAULT '',
    rel_type    TEXT   NOT NULL DEFAULT '',
    redacted_by TEXT   NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX events_by_id ON events (event_id);
CREATE INDEX events_by_room ON events (room_id, position);
CREATE INDEX events_by_relation ON events (relates_to, position);

-- Signed events that were right where they were made but are refused by the room's present state (soft failure). They are not in
-- the log and nobody is told of them; they are kept because later events may build on them.
CREATE TABLE soft_failed (
    event_id TEXT PRIMARY KEY,
    room_id  TEXT   NOT NULL,
    pdu      BYTEA  NOT NULL,
    at       BIGINT NOT NULL
);
CREATE INDEX soft_failed_by_room ON soft_failed (room_id);

-- The state after an event of a forked room, as its differences from the room's state at a position: a JSON list of type, state
-- key and event id ('' where nothing stands). An event without a row here has the room's state at its own position.
CREATE TABLE event_states (
    event_id TEXT PRIMARY KEY,
    room_id  TEXT   NOT NULL,
    base     BIGINT NOT NULL,
    differs  TEXT   NOT NULL
);

-- The events that no event of the room names yet as a parent.
CREATE TABLE extremities (
    room_id  TEXT   NOT NULL,
    event_id TEXT   NOT NULL,
    depth    BIGINT NOT NULL,
    PRIMARY KEY (room_id, event_id)
);

-- The room's state over time: a row stands from its position until the one that replaced it.
CREATE TABLE room_state (
    room_id        TEXT   NOT NULL,
    type           TEXT   NOT NULL,
    state_key      TEXT   NOT NULL,
    event_id       TEXT   NOT NULL,
    from_position  BIGINT NOT NULL,
    until_position BIGINT,
    PRIMARY KEY (room_id, type, state_key, from_position)
);
CREATE UNIQUE INDEX room_state_now ON room_state (room_id, type, state_key) WHERE until_position IS NULL;

-- Who stands how to which room now; the history is in room_state.
CREATE TABLE memberships (
    room_id    TEXT   NOT NULL,
    user_id    TEXT   NOT NULL,
    membership TEXT   NOT NULL,
    event_id   TEXT   NOT NULL,
    position   BIGINT NOT NULL,
    forgotten  BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (room_id, user_id)
);
CREATE INDEX memberships_by_user ON memberships (user_id, membership);

-- A second send with the same device and transaction id finds the first one's event here.
CREATE TABLE transactions (
    user_id   TEXT   NOT NULL,
    device_id TEXT   NOT NULL,
    scope     TEXT   NOT NULL,
    txn_id    TEXT   NOT NULL,
    event_id  TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (user_id, device_id, scope, txn_id)
);

CREATE TABLE aliases (
    alias      TEXT PRIMARY KEY,
    room_id    TEXT   NOT NULL,
    creator    TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX aliases_by_room ON aliases (room_id);

CREATE TABLE published_rooms (
    room_id TEXT PRIMARY KEY
);

-- type is m.read, m.read.private or m.fully_read; thread is '' for an unthreaded receipt.
CREATE TABLE receipts (
    room_id        TEXT   NOT NULL,
    user_id        TEXT   NOT NULL,
    type           TEXT   NOT NULL,
    thread         TEXT   NOT NULL DEFAULT '',
    event_id       TEXT   NOT NULL,
    event_position BIGINT NOT NULL,
    at             BIGINT NOT NULL,
    position       BIGINT NOT NULL,
    PRIMARY KEY (room_id, user_id, type, thread)
);
CREATE INDEX receipts_by_position ON receipts (position);

-- room_id is '' for what concerns the whole account.
CREATE TABLE account_data (
    user_id  TEXT   NOT NULL,
    room_id  TEXT   NOT NULL DEFAULT '',
    type     TEXT   NOT NULL,
    content  TEXT   NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (user_id, room_id, type)
);
CREATE INDEX account_data_by_position ON account_data (position);

CREATE TABLE filters (
    user_id   TEXT NOT NULL,
    filter_id TEXT NOT NULL,
    filter    TEXT NOT NULL,
    PRIMARY KEY (user_id, filter_id)
);

-- +goose Down
DROP TABLE filters;
DROP TABLE account_data;
DROP TABLE receipts;
DROP TABLE published_rooms;
DROP TABLE aliases;
DROP TABLE transactions;
DROP TABLE memberships;
DROP TABLE room_state;
DROP TABLE extremities;
DROP TABLE event_states;
DROP TABLE soft_failed;
DROP TABLE events;
DROP TABLE rooms;
DROP TABLE audit;
DROP TABLE invitations;
DROP TABLE devices;
DROP TABLE people;
DROP TABLE organisations;
DROP TABLE signing_keys;
DROP TABLE facts;
DROP TABLE counter;
