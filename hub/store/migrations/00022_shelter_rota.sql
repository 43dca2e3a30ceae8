-- +goose Up
-- A shelter has a rota of its own; '' is the organisation's.
ALTER TABLE rota_slots ADD COLUMN shelter_id TEXT NOT NULL DEFAULT '';
ALTER TABLE rota_overrides ADD COLUMN shelter_id TEXT NOT NULL DEFAULT '';
ALTER TABLE rota_notes ADD COLUMN shelter_id TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE rota_slots DROP COLUMN shelter_id;
ALTER TABLE rota_overrides DROP COLUMN shelter_id;
ALTER TABLE rota_notes DROP COLUMN shelter_id;
