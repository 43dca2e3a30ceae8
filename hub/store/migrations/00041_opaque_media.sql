-- +goose Up

-- Files that the hub cannot look into: encrypted ones, which events name where the hub cannot read it either. due is when it is looked at whether such
-- a file is still kept (Unix milliseconds), and 0 for all other files. at_position is the log's head when a file came, or its place was reserved.
ALTER TABLE media ADD COLUMN due BIGINT NOT NULL DEFAULT 0;
ALTER TABLE media ADD COLUMN at_position BIGINT NOT NULL DEFAULT 0;
CREATE INDEX media_by_due ON media (due) WHERE due > 0;

-- Whether its sender says that an upload is of no kind (application/octet-stream).
ALTER TABLE uploads ADD COLUMN opaque BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE uploads DROP COLUMN opaque;
DROP INDEX media_by_due;
ALTER TABLE media DROP COLUMN at_position;
ALTER TABLE media DROP COLUMN due;
