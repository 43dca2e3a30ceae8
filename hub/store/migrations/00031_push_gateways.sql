-- +goose Up

-- Push gateways of Matrix apps stand among what is told, beside browsers. Of a gateway, record is the app's name for the device, its key there and
-- the gateway's address, sealed where the hub has a key; endpoint_hash is of app, key and person, and key_hash of app and key. A device has one
-- browser, and may have several gateways.
ALTER TABLE push_subscriptions ADD COLUMN gateway BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE push_subscriptions ADD COLUMN key_hash BYTEA;
DROP INDEX push_subscriptions_by_device;
CREATE UNIQUE INDEX push_subscriptions_by_browser ON push_subscriptions (user_id, device_id) WHERE NOT gateway;
CREATE INDEX push_subscriptions_by_device ON push_subscriptions (user_id, device_id);
CREATE INDEX push_subscriptions_by_key ON push_subscriptions (key_hash);

-- +goose Down
DELETE FROM push_subscriptions WHERE gateway;
DROP INDEX push_subscriptions_by_key;
DROP INDEX push_subscriptions_by_device;
DROP INDEX push_subscriptions_by_browser;
ALTER TABLE push_subscriptions DROP COLUMN key_hash;
ALTER TABLE push_subscriptions DROP COLUMN gateway;
CREATE UNIQUE INDEX push_subscriptions_by_device ON push_subscriptions (user_id, device_id);
