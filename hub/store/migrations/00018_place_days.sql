-- +goose Up

-- What was free in a country, and who waited, once on each day (2026-11-26, in UTC): how things go cannot be read from what is so now.
-- country is '' for shelters that do not say where they are. No row says of which shelter it is.
CREATE TABLE place_days (
    day      TEXT   NOT NULL,
    country  TEXT   NOT NULL,
    category TEXT   NOT NULL,
    free     BIGINT NOT NULL,
    waiting  BIGINT NOT NULL,
    PRIMARY KEY (day, country, category)
);

-- +goose Down
DROP TABLE place_days;
