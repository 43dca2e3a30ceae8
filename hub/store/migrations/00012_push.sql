-- +goose Up

-- What people are to be told outside the app. key makes the second telling of one thing harmless; a row is kept for some days after it
-- went out, and done_at is 0 until then. position is where the thing stands in the log. Times are Unix milliseconds.
CREATE TABLE push_notices (
    user_id  TEXT    NOT NULL,
    key      TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    urgent   BOOLEAN NOT NULL,
    room_id  TEXT    NOT NULL DEFAULT '',
    event_id TEXT    NOT NULL DEFAULT '',
    position BIGINT  NOT NULL,
    at       BIGINT  NOT NULL,
    due_at   BIGINT  NOT NULL,
    done_at  BIGINT  NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX push_notices_by_due ON push_notices (done_at, due_at);

-- Where a device's browser takes notices. record is its address and keys, sealed where the hub has a key. The row goes with the session.
CREATE TABLE push_subscriptions (
    subscription_id TEXT PRIMARY KEY,
    user_id         TEXT   NOT NULL,
    device_id       TEXT   NOT NULL,
    endpoint_hash   BYTEA  NOT NULL,
    record          BYTEA  NOT NULL,
    created_at      BIGINT NOT NULL,
    sent_at         BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX push_subscriptions_by_device ON push_subscriptions (user_id, device_id);
CREATE UNIQUE INDEX push_subscriptions_by_endpoint ON push_subscriptions (endpoint_hash);

-- How a person wants to be told. quiet_from and quiet_until are minutes of the day in zone, or both 0 for no quiet hours. mail is the
-- confirmed address and pending the one that waits for its code, both sealed.
CREATE TABLE push_people (
    user_id     TEXT PRIMARY KEY,
    push_kinds  TEXT    NOT NULL,
    mail_kinds  TEXT    NOT NULL,
    open        BOOLEAN NOT NULL DEFAULT FALSE,
    quiet_from  BIGINT  NOT NULL DEFAULT 0,
    quiet_until BIGINT  NOT NULL DEFAULT 0,
    zone        TEXT    NOT NULL DEFAULT '',
    mail        BYTEA,
    mailed_at   BIGINT  NOT NULL DEFAULT 0,
    pending     BYTEA,
    code_hash   BYTEA,
    code_until  BIGINT  NOT NULL DEFAULT 0,
    code_tries  BIGINT  NOT NULL DEFAULT 0
);

-- What goes out, one row for each target and topic: what is not sent yet takes in what comes after it. target is a subscription, or '' for
-- mail. Whoever sends claims a row until claimed_until; version tells whether something was added meanwhile.
CREATE TABLE push_outbox (
    user_id       TEXT    NOT NULL,
    target        TEXT    NOT NULL,
    topic         TEXT    NOT NULL,
    send_id       TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    urgent        BOOLEAN NOT NULL,
    count         BIGINT  NOT NULL,
    room_id       TEXT    NOT NULL DEFAULT '',
    event_id      TEXT    NOT NULL DEFAULT '',
    position      BIGINT  NOT NULL,
    version       BIGINT  NOT NULL DEFAULT 0,
    tries         BIGINT  NOT NULL DEFAULT 0,
    next_at       BIGINT  NOT NULL,
    claimed_until BIGINT  NOT NULL DEFAULT 0,
    expires_at    BIGINT  NOT NULL,
    PRIMARY KEY (user_id, target, topic)
);
CREATE INDEX push_outbox_by_time ON push_outbox (next_at);

-- The key by which push services know this hub (RFC 8292), sealed where the hub has a key.
CREATE TABLE push_keys (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    private    BYTEA  NOT NULL,
    created_at BIGINT NOT NULL
);

-- Up to where the log was read for notices. 0 is before the first reading.
CREATE TABLE push_progress (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    live BIGINT  NOT NULL
);
INSERT INTO push_progress (id, live) VALUES (1, 0);

-- +goose Down
DROP TABLE push_progress;
DROP TABLE push_keys;
DROP TABLE push_outbox;
DROP TABLE push_people;
DROP TABLE push_subscriptions;
DROP TABLE push_notices;
