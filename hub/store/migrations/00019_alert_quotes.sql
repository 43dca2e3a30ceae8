-- +goose Up
-- Posts that quote an alert outside its channel, under a label that says who may read them. read_in is a channel whose members read the post or may
-- come to it: the one it stands in and those by way of which people come in.
CREATE TABLE alert_quotes (
    event_id TEXT NOT NULL,
    alert_id TEXT NOT NULL,
    room_id  TEXT NOT NULL,
    read_in  TEXT NOT NULL,
    PRIMARY KEY (event_id, alert_id, read_in)
);
CREATE INDEX alert_quotes_by_reading ON alert_quotes (read_in);
CREATE INDEX alert_quotes_by_alert ON alert_quotes (alert_id);

-- +goose Down
DROP TABLE alert_quotes;
