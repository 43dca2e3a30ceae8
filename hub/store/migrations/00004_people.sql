-- +goose Up

-- Why an organisation stands as it does: the code of a reason, or ''.
ALTER TABLE organisations ADD COLUMN reason TEXT NOT NULL DEFAULT '';

-- What people say of themselves: the languages that they speak, as BCP 47 tags with spaces between, and what to ask them about.
ALTER TABLE people ADD COLUMN speaks TEXT NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN ask_about TEXT NOT NULL DEFAULT '';

-- Whose organisation an entry concerns; its administrators may read it. '' is for stewards alone.
ALTER TABLE audit ADD COLUMN organisation_id TEXT NOT NULL DEFAULT '';
CREATE INDEX audit_by_organisation ON audit (organisation_id, at);

-- Who is on duty, from when until when. A span that was cut short has its end moved. position is where everybody is told of the
-- last change; ended tells that its end was told.
CREATE TABLE duty (
    duty_id         TEXT PRIMARY KEY,
    organisation_id TEXT    NOT NULL,
    user_id         TEXT    NOT NULL,
    from_at         BIGINT  NOT NULL,
    until_at        BIGINT  NOT NULL,
    set_by          TEXT    NOT NULL,
    note            TEXT    NOT NULL DEFAULT '',
    ended           BOOLEAN NOT NULL DEFAULT FALSE,
    position        BIGINT  NOT NULL
);
CREATE INDEX duty_by_person ON duty (user_id, until_at);
CREATE INDEX duty_by_position ON duty (position);
CREATE INDEX duty_by_end ON duty (ended, until_at);

-- What people report: a post (room_id and event_id), a channel (room_id) or a person. user_id is whom it is about, or ''.
CREATE TABLE reports (
    report_id       TEXT PRIMARY KEY,
    at              BIGINT NOT NULL,
    reporter        TEXT   NOT NULL,
    room_id         TEXT   NOT NULL DEFAULT '',
    event_id        TEXT   NOT NULL DEFAULT '',
    user_id         TEXT   NOT NULL DEFAULT '',
    organisation_id TEXT   NOT NULL DEFAULT '',
    audience        TEXT   NOT NULL,
    code            TEXT   NOT NULL,
    words           TEXT   NOT NULL,
    standing        TEXT   NOT NULL,
    taken_by        TEXT   NOT NULL DEFAULT '',
    note            TEXT   NOT NULL DEFAULT '',
    settled_at      BIGINT
);
CREATE INDEX reports_by_standing ON reports (standing, at);

-- Accounts that were left and of which something is still to be taken away: memberships, names, posts.
CREATE TABLE erasures (
    user_id TEXT PRIMARY KEY,
    posts   BOOLEAN NOT NULL,
    at      BIGINT  NOT NULL
);

-- +goose Down
DROP TABLE erasures;
DROP TABLE reports;
DROP TABLE duty;
DROP INDEX audit_by_organisation;
ALTER TABLE audit DROP COLUMN organisation_id;
ALTER TABLE people DROP COLUMN ask_about;
ALTER TABLE people DROP COLUMN speaks;
ALTER TABLE organisations DROP COLUMN reason;
