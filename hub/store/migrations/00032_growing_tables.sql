-- +goose Up

-- What is asked for again and again, in tables that grow for years.
CREATE INDEX alert_channel_people_by_alert ON alert_channel_people (alert_id);
CREATE INDEX place_journeys_open ON place_journeys (at) WHERE ended_at = 0;
CREATE INDEX place_notices_settled ON place_notices (settled_at) WHERE settled_at > 0;
CREATE INDEX receipts_by_person ON receipts (user_id);

-- +goose Down
DROP INDEX receipts_by_person;
DROP INDEX place_notices_settled;
DROP INDEX place_journeys_open;
DROP INDEX alert_channel_people_by_alert;
