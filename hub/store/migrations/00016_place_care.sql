-- +goose Up

-- Which step of asking again was taken last for a request that nobody answers, and of which age of a shelter's numbers its people were told.
ALTER TABLE place_requests ADD COLUMN step BIGINT NOT NULL DEFAULT 0;
ALTER TABLE shelters ADD COLUMN reminded BIGINT NOT NULL DEFAULT 0;
CREATE INDEX place_requests_by_end ON place_requests (ended_at);
CREATE INDEX place_asks_by_purge ON place_asks (purged_at);

-- +goose Down
DROP INDEX place_asks_by_purge;
DROP INDEX place_requests_by_end;
ALTER TABLE shelters DROP COLUMN reminded;
ALTER TABLE place_requests DROP COLUMN step;
